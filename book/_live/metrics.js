// Scores over the days first..stop with an observation: hydrotl_core/metrics.py.

function moments(simulated, observed, first, stop) {
  const m = { n: 0, s: 0, o: 0, ss: 0, oo: 0, so: 0, low: Infinity, high: -Infinity }, days = [];
  for (let t = first; t < stop; t++) {
    if (Number.isFinite(simulated[t]) && Number.isFinite(observed[t])) days.push(t);
  }
  for (const t of days) {
    m.s += simulated[t] / days.length;
    m.o += observed[t] / days.length;
    m.low = Math.min(m.low, observed[t]);
    m.high = Math.max(m.high, observed[t]);
  }
  for (const t of days) {
    const s = simulated[t] - m.s, o = observed[t] - m.o;
    m.ss += s * s;
    m.oo += o * o;
    m.so += s * o;
    m.n++;
  }
  return m;
}

// A number with so many digits; never "-0.00".
export const digits = (v, d) => (Number.isFinite(v) ? v.toFixed(d).replace(/^-(0\.?0*)$/, "$1") : "–");

// Error of the highest 2 % of the flow duration curve, in percent (FHV of Yilmaz et al. 2008).
function highest(simulated, observed, first, stop) {
  const pairs = [simulated, observed].map(() => []);
  for (let t = first; t < stop; t++) {
    if (Number.isFinite(simulated[t]) && Number.isFinite(observed[t])) [simulated, observed].forEach((v, k) => pairs[k].push(v[t]));
  }
  const n = Math.max(1, Math.round(0.02 * pairs[0].length));
  const [s, o] = pairs.map((values) => values.sort((a, b) => b - a).slice(0, n).reduce((a, b) => a + b, 0));
  return o > 0 ? 100 * (s / o - 1) : NaN;
}

// Nash-Sutcliffe efficiency, Kling-Gupta efficiency (2009), bias in percent of the observed volume, and
// that of the highest flows.
export function scores(simulated, observed, first = 0, stop = observed.length) {
  const m = moments(simulated, observed, first, stop);
  if (m.n < 2 || !(m.high > m.low)) return { n: m.n, nse: NaN, kge: NaN, bias: NaN, high: NaN };
  let error = 0;
  for (let t = first; t < stop; t++) {
    const e = simulated[t] - observed[t];
    if (Number.isFinite(e)) error += e * e;
  }
  const r = m.so / Math.sqrt(m.ss * m.oo), alpha = Math.sqrt(m.ss / m.oo), beta = m.s / m.o;
  const kge = 1 - Math.hypot(r - 1, alpha - 1, beta - 1);
  return { n: m.n, nse: 1 - error / m.oo, kge, bias: 100 * (beta - 1), high: highest(simulated, observed, first, stop) };
}

export function correlation(a, b) {
  const m = moments(a, b, 0, a.length);
  return m.ss > 0 && m.oo > 0 ? m.so / Math.sqrt(m.ss * m.oo) : 0;
}

// Mean flow of the same time of year (15 days) in the days first..stop: a benchmark that knows no weather.
export function seasonalMean(flow, dayOfYear, first, stop) {
  const sum = new Float64Array(366), count = new Float64Array(366), wide = (k) => (k + 366) % 366;
  let all = 0, n = 0;
  for (let t = first; t < stop; t++) {
    if (!Number.isFinite(flow[t])) continue;
    for (let k = -7; k <= 7; k++) {
      sum[wide(dayOfYear[t] - 1 + k)] += flow[t];
      count[wide(dayOfYear[t] - 1 + k)]++;
    }
    all += flow[t];
    n++;
  }
  return Float64Array.from(dayOfYear, (day) => (count[day - 1] ? sum[day - 1] / count[day - 1] : all / n));
}
