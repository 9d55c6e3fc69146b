// The output layer of one river in closed form: hydrotl_core/readout.py.

import { forward, inverse } from "./scale.js";
import { solve } from "./solve.js";

// Equation 8 of all days: scaled flow w h + b.
function linear({ h, units, days }, layer) {
  return Float64Array.from({ length: days }, (_, t) => {
    let sum = layer[units];
    for (let u = 0; u < units; u++) sum += layer[u] * h[t * units + u];
    return sum;
  });
}

// Streamflow in mm/day.
export function simulate(scale, state, layer) {
  return linear(state, layer).map((z) => inverse(scale, z));
}

// argmin of mean((w h + b - y)^2) + penalty |(w, b) - start|^2 over the days first..stop with flow.
export function fitLayer(scale, state, flow, start, penalty, [first, stop]) {
  const { h, units } = state, n = units + 1, now = linear(state, start), row = new Float64Array(n).fill(1);
  const gram = Array.from({ length: n }, () => new Float64Array(n)), right = new Float64Array(n);
  let seen = 0;
  for (let t = first; t < stop; t++) {
    if (!Number.isFinite(flow[t])) continue;
    const error = forward(scale, flow[t]) - now[t];
    for (let u = 0; u < units; u++) row[u] = h[t * units + u];
    for (let i = 0; i < n; i++) {
      const value = row[i], line = gram[i];
      right[i] += value * error;
      for (let j = 0; j <= i; j++) line[j] += value * row[j];
    }
    seen++;
  }
  if (!seen) return start.slice();
  for (let i = 0; i < n; i++) {
    right[i] /= seen;
    for (let j = 0; j <= i; j++) gram[j][i] = gram[i][j] /= seen;
    gram[i][i] += penalty;
  }
  const step = solve(gram, right);
  return start.map((value, k) => value + step[k]);
}
