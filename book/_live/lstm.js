// The streamflow LSTM, equations 1-8 of hydrotl_core/model.py, in evaluation.

import { arena, packed } from "./kernel.js";

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const tanh = (x) => 1 - 2 / (Math.exp(2 * x) + 1);

// A member from its file: 8 bytes "HYDROTL1", the length of the header (uint32), the header (JSON,
// padded with blanks), then all parameters, float32 little endian.
export function readMember(buffer) {
  const bytes = new Uint8Array(buffer), decode = (a, b) => new TextDecoder().decode(bytes.subarray(a, b));
  if (decode(0, 8) !== "HYDROTL1") throw new Error("this is no member of a source");
  const length = new DataView(buffer).getUint32(8, true);
  const header = JSON.parse(decode(12, 12 + length)), parameters = {};
  let offset = 12 + length;
  for (const { name, shape } of header.parameters) {
    const n = shape.reduce((a, b) => a * b, 1);
    parameters[name] = new Float32Array(buffer, offset, n);
    offset += 4 * n;
  }
  return { header, parameters };
}

// Equation 1: x = ReLU(W (days, attributes) + b). Returns a function of the day that fills x. Where
// the source averages over families of inputs, the others take the share of one that is absent.
function embedding({ header, parameters }, { dynamic, fixed, nDynamic }, x) {
  const weight = parameters["input.weight"], bias = parameters["input.bias"];
  const inputs = nDynamic + fixed.length, first = fixed.length - header.families.flat().length;
  let share = 1;
  if (header.averaged) {
    let flag = first;
    const absent = header.families.filter((family) => {
      const flags = fixed.subarray(flag, (flag += family.length));
      return flags.every((value) => value > 0);
    });
    share = (1 + header.families.length) / (1 + header.families.length - absent.length);
  }
  const constant = Float32Array.from(x, (_, unit) => {
    let sum = 0;
    for (let k = 0; k < fixed.length; k++) sum += weight[unit * inputs + nDynamic + k] * fixed[k];
    return sum * share + bias[unit];
  });
  return (day) => {
    for (let unit = 0; unit < x.length; unit++) {
      let sum = 0;
      for (let k = 0; k < nDynamic; k++) sum += weight[unit * inputs + k] * dynamic[day * nDynamic + k];
      x[unit] = Math.max(constant[unit] + sum * share, 0);
    }
  };
}

// Equations 2-7: states h of all days after the lead, [day][unit]; with `cells` also c.
export function states(member, inputs, lead, { cells = false, wasm = true } = {}) {
  const { parameters } = member, H = parameters["input.bias"].length;
  const memory = arena([4 * H * H, 4 * H * H, H, H, 4 * H], wasm);
  const [ih, hh, x, h, gates] = memory.arrays;
  ih.set(packed(parameters["lstm.weight_ih"], 4 * H, H));
  hh.set(packed(parameters["lstm.weight_hh"], 4 * H, H));
  const bias = parameters["lstm.bias_ih"].map((b, k) => b + parameters["lstm.bias_hh"][k]);
  const embed = embedding(member, inputs, x), c = new Float32Array(H), days = inputs.total - lead;
  const kept = new Float32Array(days * H), keptCells = cells ? new Float32Array(days * H) : null;
  for (let t = 0; t < inputs.total; t++) {
    embed(t);
    gates.set(bias);
    memory.multiply(ih, x, gates);
    memory.multiply(hh, h, gates);
    for (let u = 0; u < H; u++) { // gates in the order i, f, g, o
      c[u] = sigmoid(gates[H + u]) * c[u] + sigmoid(gates[u]) * tanh(gates[2 * H + u]);
      h[u] = sigmoid(gates[3 * H + u]) * tanh(c[u]);
    }
    if (t >= lead) kept.set(h, (t - lead) * H);
    if (cells && t >= lead) keptCells.set(c, (t - lead) * H);
  }
  return { h: kept, c: keptCells, units: H, days };
}

// The source's own output layer, weights and bias, [H + 1].
export function outputLayer({ parameters }) {
  return Float64Array.from([...parameters["output.weight"], ...parameters["output.bias"]]);
}
