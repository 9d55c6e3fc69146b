// y += W x in WebAssembly with four numbers per instruction, assembled here byte by byte: no tool
// is needed to build it, and the text below is its source. Without WebAssembly, a loop does the same.
//
// W is packed in blocks of 32 outputs, each [input][32], so that memory is read in one go:
//
//   (func (param w x y inputs outputs)
//     loop over blocks:  a0..a7 = y[0..31]
//       loop over inputs:  s = splat(x[i]);  ak += s * w[4k..4k+3];  w += 32;  x += 1
//       y[0..31] = a0..a7;  y += 32;  x = its start)

const BLOCK = 32, LANES = 8;
const [W, X, Y, INPUTS, OUTPUTS, FROM, END, LAST, S, A] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const I32 = 0x7f, F128 = 0x7b;

const leb = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...leb(n >> 7)]); // unsigned
const signed = (n) => (n < 64 ? [n] : [(n & 127) | 128, ...signed(n >> 7)]); // of n >= 0
const get = (k) => [0x20, k], set = (k) => [0x21, k], tee = (k) => [0x22, k];
const constant = (n) => [0x41, ...signed(n)];
const add = [0x6a], shiftLeft = [0x74], lessUnsigned = [0x49];
const load = (offset) => [0xfd, 0, 2, ...leb(offset)], store = (offset) => [0xfd, 11, 2, ...leb(offset)];
const splat = [0xfd, 9, 2, 0]; // v128.load32_splat
const mul = [0xfd, ...leb(0xe6)], plus = [0xfd, ...leb(0xe4)]; // f32x4
const loop = (...body) => [0x03, 0x40, ...body.flat(), 0x0b];
const again = [0x0d, 0];
const section = (id, body) => [id, ...leb(body.length), ...body];
const lanes = (write) => Array.from({ length: LANES }, (_, k) => write(k)).flat();

export function kernelBytes() {
  const code = [
    ...get(X), ...set(FROM),
    ...get(X), ...get(INPUTS), ...constant(2), ...shiftLeft, ...add, ...set(END),
    ...get(Y), ...get(OUTPUTS), ...constant(2), ...shiftLeft, ...add, ...set(LAST),
    ...loop(
      lanes((k) => [...get(Y), ...load(16 * k), ...set(A + k)]),
      [...get(FROM), ...set(X)],
      loop(
        [...get(X), ...splat, ...set(S)],
        lanes((k) => [...get(A + k), ...get(S), ...get(W), ...load(16 * k), ...mul, ...plus, ...set(A + k)]),
        [...get(W), ...constant(4 * BLOCK), ...add, ...set(W)],
        [...get(X), ...constant(4), ...add, ...tee(X), ...get(END), ...lessUnsigned, ...again],
      ),
      lanes((k) => [...get(Y), ...get(A + k), ...store(16 * k)]),
      [...get(Y), ...constant(4 * BLOCK), ...add, ...tee(Y), ...get(LAST), ...lessUnsigned, ...again],
    ),
    0x0b,
  ];
  const body = [2, 3, I32, 1 + LANES, F128, ...code];
  const name = (text) => [text.length, ...new TextEncoder().encode(text)];
  return Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [1, 0x60, 5, I32, I32, I32, I32, I32, 0]),
    ...section(2, [1, ...name("m"), ...name("m"), 2, 0, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name("f"), 0, 0]),
    ...section(10, [1, ...leb(body.length), ...body]),
  ]);
}

// A matrix [output][input], row by row, in blocks of 32 outputs.
export function packed(matrix, outputs, inputs) {
  const blocks = new Float32Array(outputs * inputs);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      const at = (o - (o % BLOCK)) * inputs + i * BLOCK + (o % BLOCK);
      blocks[at] = matrix[o * inputs + i];
    }
  }
  return blocks;
}

// Memory for arrays of the given lengths, and the product of packed ones: multiply(w, x, y).
export function arena(lengths, wasm = true) {
  const sizes = lengths.map((n) => Math.ceil(n / 4) * 16), total = sizes.reduce((a, b) => a + b, 0);
  let memory = null, product = null;
  if (wasm && typeof WebAssembly === "object") {
    try {
      memory = new WebAssembly.Memory({ initial: Math.ceil(total / 65536) });
      const made = new WebAssembly.Module(kernelBytes());
      product = new WebAssembly.Instance(made, { m: { m: memory } }).exports.f;
    } catch { product = null; } // an old browser, or a page that may not run it
  }
  const buffer = product ? memory.buffer : new ArrayBuffer(total);
  let offset = 0;
  const arrays = lengths.map((n, k) => new Float32Array(buffer, (offset += sizes[k]) - sizes[k], n));
  const plain = (w, x, y) => { // four sums at a time, which stay in registers
    const n = x.length;
    for (let o = 0; o < y.length; o += 4) {
      let a = y[o], b = y[o + 1], c = y[o + 2], d = y[o + 3];
      for (let i = 0, at = (o - (o % BLOCK)) * n + (o % BLOCK); i < n; i++, at += BLOCK) {
        const s = x[i];
        a += s * w[at]; b += s * w[at + 1]; c += s * w[at + 2]; d += s * w[at + 3];
      }
      y[o] = a; y[o + 1] = b; y[o + 2] = c; y[o + 3] = d;
    }
  };
  const fast = (w, x, y) => product(w.byteOffset, x.byteOffset, y.byteOffset, x.length, y.length);
  return { arrays, multiply: product ? fast : plain };
}
