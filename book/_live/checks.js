// From a table to a river, with the checks of hydrotl/data: what cannot be right is an Error, what is
// possible but rarely right a doubt.

import { dates, numbers, UNITS, VOLUMES } from "./csv.js";
import { dayOfYear, isoDay, oudin } from "./derive.js";
import { correlation } from "./metrics.js";

// Possible values of a day and of the mean (hydrotl/data/bounds.py), and the usual mean.
const BOUNDS = {
  prcp: { day: [0, 1825], mean: [0, 72.5], usual: [0.02, 35], unit: "mm/day", title: "rain" },
  tmin: { day: [-89.2, 56.7], mean: [-60, 36], usual: [-35, 33], unit: "degC", title: "lowest temperature" },
  flow: { day: [0, 2000], mean: [0, 72.5], usual: [0, 20], unit: "mm/day", title: "flow" },
};
BOUNDS.tmax = { ...BOUNDS.tmin, title: "highest temperature" };
BOUNDS.tmean = { ...BOUNDS.tmin, title: "temperature" };
const LONGEST_GAP = 30, MOST_GAPS = 0.05, LEAST_DAYS = 365, SEASONS = 700;

export const mean = (values) => {
  const known = values.filter(Number.isFinite);
  return known.reduce((a, b) => a + b, 0) / known.length;
};

function sortedDays(rows, column) {
  let days = dates(rows, column), order = rows;
  const notes = [];
  if (days.length > 1 && days.every((day, k) => !k || day < days[k - 1])) {
    [days, order] = [days.slice().reverse(), rows.slice().reverse()];
    notes.push("The file has the last day first: it was turned round.");
  }
  for (let k = 1; k < days.length; k++) {
    const step = days[k] - days[k - 1], { line } = order[k];
    if (step === 0) throw new Error(`line ${line}: ${isoDay(days[k])} is there twice; the page takes one line per day (sums of rain, means of temperature and flow)`);
    if (step < 0) throw new Error(`line ${line}: ${isoDay(days[k])} comes after ${isoDay(days[k - 1])}; sort the lines by date`);
  }
  const step = (days[days.length - 1] - days[0]) / Math.max(days.length - 1, 1);
  if (step > 5) throw new Error(`the dates are ${step.toFixed(0)} days apart in the mean; the page needs daily values`);
  return { days, order, notes };
}

function inBounds(values, name, start, unit) {
  const { day, mean: ends, unit: own, title } = BOUNDS[name], average = mean(Array.from(values));
  const hint = name === "prcp" || name === "flow" ? "" : average > 150 ? " Are they in K? Choose that unit." : average > 36 && average < 110 ? " Are they in degF? Choose that unit." : "";
  const at = values.findIndex((v) => v < day[0] || v > day[1]);
  if (at >= 0 && values[at] < 0 && day[0] === 0) throw new Error(`${title} is negative on ${isoDay(start + at)}: ${values[at]}; correct it, or leave the field empty if it means a missing value`);
  if (at >= 0) throw new Error(`${title} is ${values[at].toPrecision(4)} ${own} on ${isoDay(start + at)}, where on earth it lies between ${day[0]} and ${day[1]}: is "${unit}" its unit?${hint}`);
  if (average < ends[0] || average > ends[1]) throw new Error(`the mean of ${title} is ${average.toPrecision(4)} ${own}, which no place on earth has: is "${unit}" its unit?${hint}`);
}

function gaps(values, title, start) {
  let longest = 0, end = 0, run = 0, all = 0;
  values.forEach((v, t) => {
    run = Number.isFinite(v) ? 0 : run + 1;
    all += run > 0;
    if (run > longest) [longest, end] = [run, t];
  });
  if (all === values.length) throw new Error(`${title} has no value at all`);
  if (longest > LONGEST_GAP) throw new Error(`${title} is missing on ${longest} days in a row up to ${isoDay(start + end)}; at most ${LONGEST_GAP} can be bridged: fill them from a neighbouring station, or cut the record there`);
  if (all > MOST_GAPS * values.length) throw new Error(`${title} is missing on ${all} of ${values.length} days; at most ${100 * MOST_GAPS} % can be bridged`);
  return all;
}

// A river {start, prcp, tmin, tmax, tmean, latitude, area, flow} of a table, with notes and doubts.
export function riverOf(table, columns, units, { latitude, area }) {
  const { header, rows, decimal } = table;
  if (columns.date === undefined) throw new Error(`no column of dates was found among ${header.join(", ")}: choose it`);
  if (columns.prcp === undefined) throw new Error(`no column of rain was found among ${header.join(", ")}: choose it`);
  const both = columns.tmin !== undefined && columns.tmax !== undefined;
  if (columns.tmean === undefined && !both) throw new Error(`no temperature was found among ${header.join(", ")}: choose its mean, or both its lowest and highest`);
  const roles = ["prcp", ...(both ? ["tmin", "tmax"] : []), "tmean", "flow"].filter((role) => columns[role] !== undefined);
  const taken = roles.find((role, k) => roles.findIndex((r) => columns[r] === columns[role]) < k || columns[role] === columns.date);
  if (taken) throw new Error(`column "${header[columns[taken]]}" is chosen twice`);
  if (!(Math.abs(latitude) <= 90)) throw new Error("give the latitude of the basin in degrees, from -90 to 90, south negative: day length and evapotranspiration follow from it");
  if (area !== undefined && !(area > 0)) throw new Error("the area of the basin must be a positive number of km2");
  if (area > 7e6) throw new Error(`no basin has ${area} km2: is the area in m2? Divide it by a million`);
  if (columns.flow !== undefined && !UNITS.flow[units.flow]) throw new Error(`say in which unit the flow in column "${header[columns.flow]}" is`);
  if (columns.flow !== undefined && VOLUMES.includes(units.flow) && !(area > 0)) throw new Error(`flow in ${units.flow} needs the area of the basin in km2`);
  const { days, order, notes } = sortedDays(rows, columns.date);
  const start = days[0], n = days[days.length - 1] - start + 1, told = new Map();
  if (n < LEAST_DAYS) throw new Error(`the record has ${n} days; the page needs at least a year of weather`);
  if (n > days.length) notes.push(`${n - days.length} days have no line: they count as missing.`);
  const river = { start, latitude, area: area > 0 ? area : undefined };
  for (const role of roles) {
    const kind = UNITS[role] ? role : "temperature", unit = units[kind], [factor, offset] = UNITS[kind][unit];
    const values = new Float64Array(n).fill(NaN);
    numbers(order, columns[role], decimal, header[columns[role]], told).forEach((v, k) => {
      values[days[k] - start] = v * factor + offset;
    });
    if (role === "flow" && VOLUMES.includes(unit)) values.forEach((v, t) => { values[t] = v / area; });
    inBounds(values, role, start, unit);
    if (role === "flow") {
      if (!values.some(Number.isFinite)) throw new Error("flow has no value at all: choose no column for it if there is none");
    } else {
      const missing = gaps(values, BOUNDS[role].title, start);
      if (missing) notes.push(`${BOUNDS[role].title} is missing on ${missing} days: the mean of the source's rivers takes its place there.`);
    }
    river[role] = values;
  }
  for (const [code, count] of told) notes.push(`"${code}" (${count} fields) was taken for a missing value.`);
  const crossed = both ? river.tmin.findIndex((low, t) => low > river.tmax[t] + 1e-3) : -1;
  if (crossed >= 0) throw new Error(`the lowest temperature is above the highest on ${isoDay(start + crossed)}: are the two columns swapped?`);
  return { river, notes, doubts: doubtsOf(river) };
}

// What of the water and the seasons does not go together (hydrotl/data/{balance,seasons}.py).
function doubtsOf({ start, prcp, tmin, tmax, tmean, flow, latitude }) {
  const found = [], days = Array.from(prcp, (_, t) => t), warmth = tmean || tmin.map((low, t) => (low + tmax[t]) / 2);
  for (const [name, values] of Object.entries({ prcp, tmean: warmth, flow: flow || new Float64Array() })) {
    const { usual, title, unit } = BOUNDS[name], average = mean(Array.from(values));
    if (average < usual[0] || average > usual[1]) found.push(`The mean of ${title} is ${average.toPrecision(3)} ${unit}, which is rare: is the unit right?`);
  }
  if (prcp.length >= SEASONS) {
    const centre = mean(Array.from(warmth)), angle = (t) => (2 * Math.PI * dayOfYear(start + t)) / 365.25;
    const wave = (f) => 2 * mean(days.map((t) => (warmth[t] - centre) * f(angle(t))));
    const c = wave(Math.cos), s = wave(Math.sin), peak = ((Math.atan2(s, c) / (2 * Math.PI)) * 365.25 + 365.25) % 365.25;
    const away = Math.abs(((peak - (latitude >= 0 ? 205 : 22.4) + 547.9) % 365.25) - 182.6);
    if (Math.abs(latitude) >= 30 && Math.hypot(c, s) >= 3 && away > 120) throw new Error(`at latitude ${latitude} it is warmest in winter: correct the sign of the latitude (south is negative), or the dates`);
    if (Math.abs(latitude) >= 30 && Math.hypot(c, s) >= 3 && away > 60) found.push(`It is warmest ${away.toFixed(0)} days from the usual time of this latitude: are the dates right?`);
  }
  if (!flow) return found;
  const known = days.filter((t) => Number.isFinite(flow[t]) && Number.isFinite(prcp[t]));
  if (known.length < SEASONS) return found;
  const rain = mean(known.map((t) => prcp[t])), runs = mean(known.map((t) => flow[t])), ratio = runs / rain;
  const pet = mean(known.map((t) => oudin(warmth[t], dayOfYear(start + t), latitude))), phi = pet / rain;
  const budyko = 1 - Math.sqrt(phi * Math.tanh(1 / phi) * (1 - Math.exp(-phi)));
  if (ratio < 1e-4) throw new Error(`the river has ${ratio.toPrecision(2)} times its rain: the unit of flow or the area must be wrong`);
  if (ratio > 1.1 || ratio < 0.01) found.push(`The river has ${ratio.toPrecision(3)} times its rain (flow ${runs.toPrecision(3)}, rain ${rain.toPrecision(3)} mm/day): a wrong unit of flow or rain, or a wrong area?`);
  else if (ratio - budyko < -0.35 || ratio - budyko > 0.6) found.push(`${(100 * ratio).toFixed(0)} % of the rain runs off, where this climate lets expect about ${(100 * budyko).toFixed(0)} %: a wrong unit or area, or a dam or diversion?`);
  const last = known.slice(-731), lags = [];
  for (let lag = -3; lag <= 7; lag++) { // rise of flow with the rain of `lag` days before
    lags.push(correlation(last.map((t) => Math.sqrt(prcp[t - lag])), last.map((t) => Math.sqrt(flow[t]) - Math.sqrt(flow[t - 1]))));
  }
  const best = lags.indexOf(Math.max(...lags)) - 3;
  if (best < 0 && Math.max(...lags) > 0.25 && Math.max(...lags) > Math.max(...lags.slice(3)) + 0.05) found.push(`Flow rises ${-best} day(s) before the rain: are the dates of both of the same days?`);
  return found;
}
