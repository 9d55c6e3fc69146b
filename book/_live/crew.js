// Workers that hold the source's members, each member always in the same one.

const SCRIPT = "__WORKER__"; // the worker's own script, put here when the book is built

export function crew(members, bytesOf, most = 4) {
  const url = URL.createObjectURL(new Blob([SCRIPT], { type: "text/javascript" }));
  const count = Math.max(1, Math.min(most, members, navigator.hardwareConcurrency || 2));
  const waiting = new Map(), loaded = new Map();
  let last = 0;
  const workers = Array.from({ length: count }, () => {
    const worker = new Worker(url);
    worker.onmessage = ({ data: { id, result, error } }) => {
      const { resolve, reject } = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) resolve(result);
      else reject(new Error(error));
    };
    return worker;
  });
  const send = (number, message) => new Promise((resolve, reject) => {
    waiting.set(++last, { resolve, reject });
    workers[number % count].postMessage({ id: last, number, ...message });
  });
  const load = (number) => {
    if (!loaded.has(number)) loaded.set(number, bytesOf(number).then((bytes) => send(number, { bytes })));
    return loaded.get(number);
  };
  const run = async (number, task) => {
    await load(number);
    return send(number, { task });
  };
  // `own` is what only one member is given.
  const all = (task, own = () => ({})) => Promise.all(Array.from({ length: members }, (_, number) => run(number, { ...task, ...own(number) })));
  return { run, all, load };
}

// Mean over members of what `of` takes from each.
export function meanOf(results, of) {
  const sum = Float64Array.from(of(results[0]));
  for (const result of results.slice(1)) of(result).forEach((value, t) => { sum[t] += value; });
  return sum.map((value) => value / results.length);
}
