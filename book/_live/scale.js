// Scaled inputs of a river: hydrotl_core/scaling.py and arrays.py. What is missing is 0, its mean,
// and a flag beside it is 1.

import { climate, daily } from "./derive.js";

const CYCLE = 365;

// z = (transform(x) - mean) / std.
export function forward(scale, x) {
  if (scale.transform === "log_sqrt") x = Math.log10(Math.sqrt(x) + 0.1);
  if (scale.low != null && x < scale.low) x = scale.low;
  if (scale.high != null && x > scale.high) x = scale.high;
  return Math.fround((x - scale.mean) / scale.std);
}

// Streamflow in mm/day of a scaled one, not below 0.
export function inverse(scale, z) {
  let x = z * scale.std + scale.mean;
  if (scale.transform === "log_sqrt") x = Math.max(10 ** x - 0.1, 0) ** 2;
  return Math.max(x, 0);
}

// What the network is given of a river: daily inputs by name and attributes by name. The climate is
// that of the days `fit` = [first, stop].
export function inputsOf(river, fit = [0, river.prcp.length]) {
  const days = daily(river), fixed = climate(days, river.start, ...fit);
  if (river.area > 0) fixed.land_area = river.area;
  return { days, fixed };
}

// Attributes that lie outside of what the source was trained on, where they are cut.
export function outside(scaler, fixed) {
  return Object.entries(scaler.static).flatMap(([name, { low, high }]) => {
    const value = fixed[name];
    const beyond = low != null && (value < low || value > high);
    return beyond ? [{ name, value, low, high }] : [];
  });
}

// Arrays of the network: `lead` days that bring the state up (the first year again, as land-surface
// models are spun up) and all days of the record, [lead + day][input]; attributes and flags.
export function scaled(scaler, { days, fixed }, lead) {
  const names = Object.keys(scaler.dynamic), n = days.prcp.length;
  const total = lead + n, cycle = Math.min(CYCLE, n);
  const dynamic = new Float32Array(total * names.length);
  names.forEach((name, column) => {
    if (!days[name]) return;
    for (let t = 0; t < total; t++) {
      const day = t < lead ? (((t - lead) % cycle) + cycle) % cycle : t - lead;
      const z = forward(scaler.dynamic[name], days[name][day]);
      dynamic[t * names.length + column] = Number.isNaN(z) ? 0 : z;
    }
  });
  const known = (name) => Number.isFinite(fixed[name]) || (days[name] && days[name].some(Number.isFinite));
  const values = scaler.attributes.map((name) => (known(name) ? forward(scaler.static[name], fixed[name]) : 0));
  const flags = Object.values(scaler.optional).flat().map((name) => (known(name) ? 0 : 1));
  return { dynamic, fixed: Float32Array.from([...values, ...flags]), total, nDynamic: names.length };
}
