// Inputs from rain, temperature, latitude and date: hydrotl/data/{derive,evaporation,climate}.py.
// Days are whole numbers since 1970-01-01; what is missing is NaN; latitude is in degrees north.

import { solve } from "./solve.js";

const MS = 86400000, MEGAJOULES = 0.0864, SOLAR_CONSTANT = 0.082, LEAST_RANGE = 0.01;
const MIN_DAYS = 330, YEAR = 365.25, FREEZING = 0, DRY_BELOW = 1, WET_TIMES = 5;
const clip = (x, low, high) => Math.min(Math.max(x, low), high);

export const yearOf = (day) => new Date(day * MS).getUTCFullYear();
export const isoDay = (day) => new Date(day * MS).toISOString().slice(0, 10);
export const dayNumber = (year, month, day) => {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const real = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return real ? date.getTime() / MS : NaN;
};
export const dayOfYear = (day) => day - dayNumber(yearOf(day), 1, 1) + 1;

// Declination (FAO-56, eq. 24) and sunset hour angle (eq. 25) in radians.
function sun(phi, day) {
  const declination = 0.409 * Math.sin((2 * Math.PI * day) / 365 - 1.39);
  return [declination, Math.acos(clip(-Math.tan(phi) * Math.tan(declination), -1, 1))];
}

// Hours from sunrise to sunset (eq. 34).
export function dayLength(latitude, day) {
  return (24 / Math.PI) * sun((latitude * Math.PI) / 180, day)[1];
}

// Radiation at the top of the atmosphere (eq. 21 to 25), here in W/m2.
export function topRadiation(latitude, day) {
  const phi = (latitude * Math.PI) / 180, [declination, sunset] = sun(phi, day);
  const distance = 1 + 0.033 * Math.cos((2 * Math.PI * day) / 365);
  const height = sunset * Math.sin(phi) * Math.sin(declination)
    + Math.cos(phi) * Math.cos(declination) * Math.sin(sunset);
  return (((24 * 60) / Math.PI) * SOLAR_CONSTANT * distance * height) / MEGAJOULES;
}

// Potential evapotranspiration, mm/day (Oudin et al. 2005, as in airGR).
export function oudin(tmean, day, latitude) {
  const phi = (latitude * Math.PI) / 180, declination = 0.4093 * Math.sin(day / 58.1 - 1.405);
  const noon = Math.max(Math.cos(phi - declination), 0.001);
  const cosine = clip(1 - noon / Math.cos(phi) / Math.cos(declination), -1, 1);
  const sunset = Math.acos(cosine);
  const both = Math.cos(phi) * Math.cos(declination);
  const mean = Math.max(noon + both * (Math.sqrt(1 - cosine ** 2) / sunset - 1), 0.001);
  const radiation = 446 * sunset * mean * (1 + Math.cos(day / 58.1) / 30);
  const water = (radiation * (tmean + 5)) / 100 / 28.5;
  return water < 0 ? 0 : water; // keeps NaN, which Math.max would too
}

// Daily inputs of a river {start, prcp, tmean | tmin and tmax, latitude}, by name. What was measured is
// float32, as in the package.
export function daily(river) {
  const { start, latitude } = river, n = river.prcp.length;
  const [tmin, tmax] = [river.tmin, river.tmax].map((values) => values && Float32Array.from(values));
  const tmean = Float32Array.from(river.tmean || tmin.map((low, t) => Math.fround(low + tmax[t]) / 2));
  const year = Array.from({ length: 367 }, (_, day) => day);
  const length = year.map((day) => dayLength(latitude, day));
  const top = year.map((day) => topRadiation(latitude, day));
  const found = { prcp: Float32Array.from(river.prcp), tmean };
  for (const name of ["day_length", "toa", "pet_oudin"]) found[name] = new Float32Array(n);
  for (let t = 0, day = dayOfYear(start); t < n; t++, day++) {
    if (day > 365) day = dayOfYear(start + t);
    found.day_length[t] = length[day];
    found.toa[t] = top[day];
    found.pet_oudin[t] = oudin(tmean[t], day, latitude);
  }
  if (tmin && tmax) {
    const span = Float32Array.from(tmin, (low, t) => Math.max(tmax[t] - low, 0));
    if (span.some((range) => range > LEAST_RANGE)) found.trange = span;
  }
  return found;
}

// Indices of climate of days first..stop (with_climate); {} where these are too few.
export function climate(inputs, start, first, stop) {
  const days = [], normal = Array.from({ length: 3 }, () => new Float64Array(3));
  for (let t = first; t < stop; t++) {
    if (Number.isFinite(inputs.prcp[t]) && Number.isFinite(inputs.tmean[t])) days.push(t);
  }
  const mean = (of) => days.reduce((sum, t) => sum + of(t), 0) / days.length;
  const rain = mean((t) => inputs.prcp[t]);
  if (days.length < MIN_DAYS || !(rain > 0)) return {};
  const waves = days.map((t) => {
    const angle = (2 * Math.PI * dayOfYear(start + t)) / YEAR;
    return [1, Math.cos(angle), Math.sin(angle)];
  });
  for (const w of waves) for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) normal[i][j] += w[i] * w[j];
  const wave = (values) => { // cosine and sine of one year, by least squares (Woods 2009)
    const right = new Float64Array(3);
    days.forEach((t, k) => { for (let i = 0; i < 3; i++) right[i] += waves[k][i] * values[t]; });
    return solve(normal, right).slice(1);
  };
  const wet = wave(inputs.prcp), warm = wave(inputs.tmean);
  const amplitude = Math.hypot(...wet), swing = Math.hypot(...warm);
  const pet = mean((t) => inputs.pet_oudin[t]);
  return {
    clim_prcp: rain,
    clim_pet: pet,
    clim_aridity: pet / rain,
    clim_seasonality: amplitude / rain,
    clim_phase: amplitude * swing > 0 ? (wet[0] * warm[0] + wet[1] * warm[1]) / (amplitude * swing) : 0,
    clim_snow: mean((t) => (inputs.tmean[t] < FREEZING ? inputs.prcp[t] : 0)) / rain,
    clim_wet: mean((t) => (inputs.prcp[t] >= WET_TIMES * rain ? 1 : 0)),
    clim_dry: mean((t) => (inputs.prcp[t] < DRY_BELOW ? 1 : 0)),
    clim_tmean: mean((t) => inputs.tmean[t]),
    clim_trange: 2 * swing,
  };
}
