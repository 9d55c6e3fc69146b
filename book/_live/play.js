// Play: a sample river under another climate, the change beside the original.

import { meanOf } from "./crew.js";
import { daily, isoDay, yearOf } from "./derive.js";
import { correlation, scores } from "./metrics.js";
import { bars, durationCurve, hydrograph, make, table } from "./plots.js";

const YEARS = 10, DAYS = Math.round(365.25 * YEARS), MEMBER = 0;
const byId = (id) => document.getElementById(`live-${id}`);

// Snow on the ground and water in the soil, mm, by the plainest of models: a degree-day of 3 mm/K and a
// bucket of 150 mm. They only name what a cell may follow.
export function stores({ prcp, tmean, pet_oudin: pet }) {
  const snow = new Float64Array(prcp.length), soil = new Float64Array(prcp.length);
  let s = 0, w = 75;
  prcp.forEach((rain, t) => {
    const water = Number.isFinite(rain) ? rain : 0, warmth = Number.isFinite(tmean[t]) ? tmean[t] : 0;
    const melt = Math.min(s, 3 * Math.max(warmth, 0));
    s += (warmth < 0 ? water : 0) - melt;
    w = Math.min(Math.max(w + (warmth < 0 ? 0 : water) + melt - ((pet[t] || 0) * w) / 150, 0), 150);
    [snow[t], soil[t]] = [s, w];
  });
  return { snow, soil };
}

// One cell of all days, and that which goes most closely with a store.
const cellOf = ({ cells, units }, unit, days) => Float64Array.from({ length: days }, (_, t) => cells[t * units + unit]);
function closest(result, store) {
  let best = [0, 0];
  for (let unit = 0; unit < result.units; unit++) {
    const r = correlation(cellOf(result, unit, store.length), store);
    if (Math.abs(r) > Math.abs(best[1])) best = [unit, r];
  }
  return best;
}

function standard(values, sign) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const spread = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length) || 1;
  return values.map((v) => (sign * (v - mean)) / spread);
}

// Sums per calendar year that is complete: [years, sums].
function yearly(values, start) {
  const sums = new Map();
  Array.from(values).forEach((v, t) => {
    const year = yearOf(start + t), [sum, n] = sums.get(year) || [0, 0];
    sums.set(year, [sum + (Number.isFinite(v) ? v : 0), n + 1]);
  });
  const whole = [...sums].filter(([, [, n]]) => n >= 365);
  return [whole.map(([year]) => year), whole.map(([, [sum]]) => sum)];
}

// The river from a first year on, for at most ten years.
function cut(river, year) {
  const from = Math.max(0, Date.UTC(year, 0, 1) / 86400000 - river.start), part = (v) => v.slice(from, from + DAYS);
  const series = Object.fromEntries(Object.entries(river.series).map(([name, v]) => [name, part(v)]));
  return { ...series, start: river.start + from, latitude: river.latitude, area: river.area };
}

const changed = (river, { rain, warmth, area }) => ({
  ...river,
  prcp: river.prcp.map((v) => v * rain),
  tmin: river.tmin.map((v) => v + warmth),
  tmax: river.tmax.map((v) => v + warmth),
  tmean: river.tmean.map((v) => v + warmth),
  area: river.area * area,
});

const percent = (a, b) => `${b >= a ? "+" : "−"}${Math.abs(100 * (b / a - 1)).toFixed(0)} %`;

export function play(rivers, crew) {
  const section = byId("play");
  if (!rivers.length) {
    byId("play-status").textContent = "The book was built without the sample rivers (they come with the package lumod); your own river works.";
    section.querySelector("form").hidden = true;
    return;
  }
  const [choice, rain, warmth, area, year, view, store] = ["basin", "rain", "warmth", "area", "year", "view", "store"].map(byId);
  for (const { id, title } of rivers) make("option", { value: id }, choice, title);
  let busy = false, again = false, original = null, shown = null;

  const values = () => ({ rain: +rain.value, warmth: +warmth.value, area: 10 ** +area.value, year: +year.value });
  const say = () => {
    const v = values();
    byId("rain-value").textContent = `× ${v.rain.toFixed(2)}`;
    byId("warmth-value").textContent = `${v.warmth >= 0 ? "+" : "−"}${Math.abs(v.warmth).toFixed(1)} °C`;
    byId("area-value").textContent = `× ${v.area.toPrecision(2)}`;
    byId("year-value").textContent = String(v.year);
  };
  const river = () => rivers.find(({ id }) => id === choice.value);
  const simulated = async (one) => {
    const results = await crew.all({ river: one }), inside = await crew.run(MEMBER, { river: one, cells: true });
    return { river: one, flow: meanOf(results, (r) => r.flow), inside, inputs: daily(one) };
  };
  async function update() {
    say();
    if (busy) { again = true; return; }
    busy = true;
    section.setAttribute("aria-busy", "true");
    try {
      do {
        again = false;
        const v = values(), key = `${choice.value} ${v.year}`, base = cut(river(), v.year);
        if (original?.key !== key) original = { key, ...(await simulated(base)) };
        const same = v.rain === 1 && v.warmth === 0 && v.area === 1;
        shown = { ...(same ? original : await simulated(changed(base, v))), same };
        draw();
      } while (again);
    } catch (error) {
      byId("play-status").textContent = `The model could not be run: ${error.message}`;
    }
    busy = false;
    section.removeAttribute("aria-busy");
  }
  function draw() {
    const { start, streamflow } = original.river, n = original.flow.length, years = [yearOf(start), yearOf(start + n - 1)];
    const wanted = view.value;
    view.replaceChildren();
    make("option", { value: "all" }, view, "all years");
    for (let y = years[0]; y <= years[1]; y++) make("option", { value: String(y) }, view, String(y));
    view.value = [...view.options].some(({ value }) => value === wanted) ? wanted : String(Math.min(years[0] + 1, years[1]));
    drawView();
    const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
    const [a, b] = [mean(original.flow), mean(shown.flow)], score = scores(original.flow, streamflow);
    const days = `${isoDay(start)} to ${isoDay(start + n - 1)}`, highest = [original, shown].map(({ flow }) => Math.max(...flow).toFixed(1));
    byId("play-status").textContent = (shown.same
      ? `${days}, weather as observed: mean flow ${a.toFixed(2)} mm/day, highest day ${highest[0]} mm/day. `
      : `${days}: mean flow ${a.toFixed(2)} mm/day with the observed weather, ${b.toFixed(2)} with the change (${percent(a, b)}); highest day ${highest[0]} and ${highest[1]} mm/day. `)
      + `Untouched source against the gauge: NSE ${score.nse.toFixed(2)}.`;
    const parts = [original, shown].map(({ river: one, flow, inputs }) => [one.prcp, inputs.pet_oudin, flow].map((v) => yearly(v, start)[1]));
    const whole = yearly(original.flow, start)[0];
    bars(byId("balance"), {
      label: "Flow of each year, original and changed", unit: "mm", years: whole,
      series: [{ name: "flow, original", kind: "original", values: parts[0][2] }, { name: "flow, changed", kind: "changed", values: parts[1][2] }],
    });
    const number = (v) => v.toFixed(0);
    table(byId("balance-table"), "Water of each calendar year in mm: original → changed", [
      ["year", "rain", "potential evapotranspiration", "flow"],
      ...whole.map((y, k) => [String(y), ...[0, 1, 2].map((p) => `${number(parts[0][p][k])} → ${number(parts[1][p][k])}`)]),
    ]);
    durationCurve(byId("duration"), {
      label: "Flow duration curve: flow against the share of days on which it is exceeded", unit: "mm/day",
      series: [{ name: "original", kind: "original", values: original.flow }, { name: "changed", kind: "changed", values: shown.flow }],
    });
  }
  function span() {
    const { start } = original.river, n = original.flow.length, y = view.value;
    const first = (k) => Date.UTC(k, 0, 1) / 86400000;
    return y === "all" ? [start, start + n] : [Math.max(start, first(+y)), Math.min(start + n, first(+y + 1))];
  }
  function drawView() {
    const { start, streamflow } = original.river, [from, to] = span();
    hydrograph(byId("flow"), {
      label: "Hydrograph: observed, simulated, and simulated with the change", unit: "mm/day", start, from, to,
      series: [{ name: "observed", kind: "observed", values: streamflow }, { name: "original", kind: "original", values: original.flow }, { name: "changed", kind: "changed", values: shown.flow }],
    });
    const name = store.value, water = stores(original.inputs)[name], [unit, r] = closest(original.inside, water);
    const empty = Math.max(...water) < 5, sign = Math.sign(r) || 1, n = water.length;
    byId("cell-text").textContent = empty
      ? "Hardly any snow falls here, so no cell can follow it."
      : `Of ${original.inside.units} cells of one network, number ${unit + 1} goes most closely with ${name === "snow" ? "the snow on the ground" : "the water in the soil"} (correlation ${Math.abs(r).toFixed(2)}${r < 0 ? ", turned upside down" : ""}). ${Math.abs(r) < 0.5 ? "That is not close: this river has no cell of the kind." : "The network was never told of it."}`;
    hydrograph(byId("cells"), {
      label: `A cell of the network and ${name}`, unit: "standard deviations", start, from, to,
      series: empty ? [] : [
        { name: `${name}, by a plain model`, kind: "observed", values: standard(water, 1) },
        { name: "cell, original", kind: "original", values: standard(cellOf(original.inside, unit, n), sign) },
        { name: "cell, changed", kind: "changed", values: standard(cellOf(shown.inside, unit, n), sign) },
      ],
    });
  }
  function choose() {
    const { start, series } = river(), last = yearOf(start + series.prcp.length - 1);
    const begin = yearOf(start);
    year.min = String(begin);
    year.max = String(Math.max(begin, last - 2));
    year.value = String(Math.max(begin, last - YEARS));
    year.disabled = year.min === year.max;
    view.value = "";
    update();
  }
  for (const slider of [rain, warmth, area, year]) slider.addEventListener("input", update);
  choice.addEventListener("change", choose);
  for (const select of [view, store]) select.addEventListener("change", drawView);
  byId("reset").addEventListener("click", () => {
    [rain.value, warmth.value, area.value] = ["1", "0", "0"];
    update();
  });
  choose();
}

