// Play: a sample river under another climate, the change beside the original.

import { meanOf } from "./crew.js";
import { daily, isoDay, yearOf } from "./derive.js";
import { correlation, digits, scores } from "./metrics.js";
import { balance, durationCurve, hydrograph, make, table } from "./plots.js";
import { count, defaultSplit, LEAST_FIT, LEAST_SCORED } from "./split.js";

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

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const percent = (a, b) => `${b >= a ? "+" : "−"}${Math.abs(100 * (b / a - 1)).toFixed(0)} %`;

export function play(rivers, crew, penalty) {
  const section = byId("play");
  if (!rivers.length) {
    byId("play-status").textContent = "The book was built without the sample rivers (they come with the package lumod); your own river works.";
    section.querySelector("form").hidden = true;
    return;
  }
  const [choice, model, rain, warmth, area, year, view, store] = ["basin", "model", "rain", "warmth", "area", "year", "view", "store"].map(byId);
  for (const { id, title } of rivers) make("option", { value: id }, choice, title);
  let busy = false, again = false, original = null, shown = null;

  const values = () => ({ rain: +rain.value, warmth: +warmth.value, area: 10 ** +area.value, year: +year.value });
  const say = () => {
    const v = values();
    byId("rain-value").textContent = v.rain === 1 ? "as observed" : `${v.rain > 1 ? "+" : "−"}${Math.abs(100 * (v.rain - 1)).toFixed(0)} %`;
    byId("warmth-value").textContent = v.warmth === 0 ? "as observed" : `${v.warmth > 0 ? "+" : "−"}${Math.abs(v.warmth).toFixed(1)} °C`;
    byId("area-value").textContent = `${+(river().area * v.area).toPrecision(3)} km²`;
    byId("year-value").textContent = String(v.year);
  };
  const river = () => rivers.find(({ id }) => id === choice.value);
  // The river as it was: both models, and the days that one of them was fitted on.
  async function observed(one) {
    const flow = one.streamflow, n = flow.length, split = defaultSplit(flow);
    const fitted = count(flow, 0, split) >= LEAST_FIT && count(flow, split, n) >= LEAST_SCORED, fit = fitted ? [0, split] : [0, n];
    return simulated(one, { fit, score: fitted ? [split, n] : [0, n] }, fitted ? { flow, penalty } : {});
  }
  async function simulated(one, { fit, score, layers }, task = {}) {
    const river = { ...one, streamflow: undefined }, results = await crew.all({ river, fit, ...task }, (k) => (layers ? { layer: layers[k] } : {}));
    const inside = await crew.run(MEMBER, { river, fit, cells: true }), fitted = results[0].fitted ? meanOf(results, (r) => r.fitted) : null;
    const zero = meanOf(results, (r) => r.flow);
    return { river: one, fit, score, layers: layers || (fitted && results.map((r) => r.layer)), zero, fitted, inside, inputs: daily(one) };
  }
  async function update() {
    say();
    if (busy) { again = true; return; }
    busy = true;
    section.setAttribute("aria-busy", "true");
    try {
      do {
        again = false;
        const v = values(), key = `${choice.value} ${v.year}`, base = cut(river(), v.year);
        if (original?.key !== key) byId("play-status").textContent = `Computing ${river().title} …`;
        if (original?.key !== key) original = { title: river().title, key, ...(await observed(base)) };
        const same = v.rain === 1 && v.warmth === 0 && v.area === 1;
        shown = { ...(same ? original : await simulated(changed(base, v), original)), same };
        draw();
      } while (again);
    } catch (error) {
      byId("play-status").textContent = `The model could not be run: ${error.message}`;
    }
    busy = false;
    section.removeAttribute("aria-busy");
  }
  const flowOf = (one) => (model.value === "fitted" && one.fitted) || one.zero;
  // What is shown: the river as it was, and, where something was changed, that beside it.
  const lines = (of) => [
    ...(shown.same ? [] : [{ name: "model, with your change", kind: "changed", values: of(shown) }]),
    { name: "model, observed weather", kind: "original", dashed: !shown.same, values: of(original) },
  ];
  function draw() {
    const { start, streamflow } = original.river, n = streamflow.length, years = [yearOf(start), yearOf(start + n - 1)];
    const wanted = view.value;
    view.replaceChildren();
    make("option", { value: "all" }, view, "all years");
    for (let y = years[0]; y <= years[1]; y++) make("option", { value: String(y) }, view, String(y));
    view.value = [...view.options].some(({ value }) => value === wanted) ? wanted : String(Math.min(years[0] + 1, years[1]));
    drawView();
    const flows = [original, shown].map(flowOf), [a, b] = flows.map(mean), days = ([from, to]) => `${isoDay(start + from)} to ${isoDay(start + to - 1)}`;
    const score = ({ [model.value === "fitted" && original.fitted ? "fitted" : "zero"]: values }) => scores(values, streamflow, ...original.score).nse;
    const unlike = `untouched, the source has ${digits(scores(original.zero, streamflow, ...original.score).nse, 2)}`;
    byId("play-status").textContent = `${original.title}. ` + (flowOf(original) === original.fitted
      ? `Shown: the source model, fitted to this river's gauge in ${days(original.fit)}. In ${days(original.score)}, which the fit did not see, its NSE is ${digits(score(original), 2)} (1 is perfect, 0 no better than the mean flow); ${unlike}. `
      : `Shown: the source model as it is, which never saw this river. Its NSE in ${days(original.score)} is ${digits(score(original), 2)} (1 is perfect, 0 no better than the mean flow). `)
      + (shown.same ? `Mean flow with the observed weather: ${a.toFixed(2)} mm/day.` : `Mean flow ${a.toFixed(2)} mm/day with the observed weather, ${b.toFixed(2)} with your change (${percent(a, b)}).`);
    drawBalance(flows, start);
    // The days with a reading, if they are enough, so that all curves are of the same days.
    const gauged = count(streamflow, 0, n) >= LEAST_FIT, same = (values) => (gauged ? values.filter((_, t) => Number.isFinite(streamflow[t])) : values);
    durationCurve(byId("duration"), {
      label: "Flow duration curve: flow against the share of days on which it is exceeded", unit: "mm/day",
      series: [...(gauged ? [{ name: "observed", kind: "observed", values: streamflow }] : []), ...lines((one) => same(flowOf(one)))],
    });
  }
  function drawBalance(flows, start) {
    const sums = (values) => yearly(values, start)[1], years = yearly(flows[0], start)[0], all = ["observed weather", "with your change"];
    const groups = [original, shown].map(({ river: one, inputs }, k) => ({
      name: all[k], kind: ["original", "changed"][k], rain: sums(one.prcp), flow: sums(flows[k]), pet: sums(inputs.pet_oudin),
    })).slice(0, shown.same ? 1 : 2);
    const number = (v) => v.toFixed(0).replace("-", "−");
    byId("balance-text").textContent = !years.length ? "The record holds no complete calendar year." : groups.map(({ name, rain, flow, pet }) => {
      const [r, q] = [mean(rain), mean(flow)];
      return `${name[0].toUpperCase()}${name.slice(1)}, in a mean year: ${number(r)} mm of rain, ${number(q)} mm of flow (${number((100 * q) / r)} %), ${number(r - q)} mm left for evapotranspiration and storage, where ${number(mean(pet))} mm could evaporate.`;
    }).join(" ");
    balance(byId("balance"), { label: "Rain of each year, and how it is shared between flow and the rest", unit: "mm", years, groups });
    const parts = groups.map(({ rain, flow, pet }) => [rain, flow, rain.map((v, k) => v - flow[k]), pet]);
    table(byId("balance-table"), `Water of each calendar year in mm${shown.same ? "" : ": observed weather → with your change"}`, [
      ["year", "rain", "flow", "left", "potential evapotranspiration"],
      ...years.map((y, k) => [String(y), ...[0, 1, 2, 3].map((p) => parts.map((one) => number(one[p][k])).join(" → "))]),
    ]);
  }
  function span() {
    const { start } = original.river, n = original.zero.length, y = view.value;
    const first = (k) => Date.UTC(k, 0, 1) / 86400000;
    return y === "all" ? [start, start + n] : [Math.max(start, first(+y)), Math.min(start + n, first(+y + 1))];
  }
  function drawView() {
    const { start, streamflow } = original.river, [from, to] = span();
    hydrograph(byId("flow"), {
      label: "Hydrograph: observed, and simulated with the observed weather and with your change", unit: "mm/day", start, from, to,
      series: [{ name: "observed", kind: "observed", values: streamflow }, ...lines(flowOf)],
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
        ...lines((one) => standard(cellOf(one.inside, unit, n), sign)).map((line) => ({ ...line, name: line.name.replace("model", "cell") })),
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
  model.addEventListener("change", () => { if (original && shown) draw(); });
  byId("reset").addEventListener("click", () => {
    [rain.value, warmth.value, area.value] = ["1", "0", "0"];
    update();
  });
  choose();
}

