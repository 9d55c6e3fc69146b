// Your river: a table that is dropped, what was understood of it, the model, and how good it is.

import { decoded, readTable, understood, UNITS, VOLUMES } from "./csv.js";
import { mean, riverOf } from "./checks.js";
import { meanOf } from "./crew.js";
import { dayNumber, dayOfYear, isoDay } from "./derive.js";
import { digits, scores, seasonalMean } from "./metrics.js";
import { hydrograph, make, table } from "./plots.js";
import { layersFile, save, seriesFile, summaryFile } from "./files.js";
import { inputsOf, outside } from "./scale.js";
import { count, defaultSplit, LEAST_FIT, LEAST_SCORED } from "./split.js";
import { verdict } from "./verdict.js";

const TITLES = { date: "Date", prcp: "Rain", tmean: "Mean temperature", tmin: "Lowest temperature", tmax: "Highest temperature", flow: "Flow" };
const byId = (id) => document.getElementById(`live-${id}`);

// Names of attributes in words.
const WORDS = {
  clim_prcp: "mean rain (mm/day)", clim_pet: "mean potential evapotranspiration (mm/day)", clim_aridity: "evapotranspiration over rain",
  clim_seasonality: "seasonality of rain", clim_phase: "lag of rain behind warmth", clim_snow: "share of rain as snow", clim_wet: "share of very wet days",
  clim_dry: "share of dry days", clim_tmean: "mean temperature (°C)", clim_trange: "temperature of summer less winter (K)", land_area: "area (km²)",
};

export function yourRiver(crew, members, penalty, headers, example) {
  const file = byId("file"), drop = byId("drop"), form = byId("columns"), alertBox = byId("error");
  let read = null, name = "", outcome = null, turn = 0;

  const fail = (error) => {
    alertBox.textContent = error ? `${name ? `${name}: ` : ""}${error.message}.` : "";
    alertBox.hidden = !error;
    if (error) byId("results").hidden = true;
    if (error) byId("correct").open = true;
  };
  // What is shown of an earlier run is pale until the answer is there.
  const busy = (is) => byId("own").setAttribute("aria-busy", String(is));
  const status = (text) => { byId("river-status").textContent = text; };

  function take(buffer, title) {
    name = title;
    outcome = null;
    byId("results").hidden = true;
    form.hidden = true;
    byId("correct").open = false;
    byId("understood").replaceChildren();
    fail(null);
    status("");
    try {
      read = readTable(decoded(buffer));
      const guess = understood(read.header);
      for (const role of Object.keys(TITLES)) fillRole(role, guess.columns[role]);
      for (const kind of Object.keys(UNITS)) byId(`unit-${kind}`).value = guess.units[kind] || (kind === "flow" ? "" : Object.keys(UNITS[kind])[0]);
      byId("split").value = "";
      form.hidden = false;
      simulate();
    } catch (error) {
      fail(error);
    }
  }
  function fillRole(role, chosen) {
    const select = byId(`role-${role}`);
    select.replaceChildren();
    make("option", { value: "" }, select, "none");
    read.header.forEach((title, k) => make("option", { value: String(k) }, select, title));
    if (Array.isArray(chosen)) make("option", { value: chosen.join() }, select, chosen.map((k) => read.header[k]).join(", "));
    select.value = chosen === undefined ? "" : String(chosen);
  }
  function asked() {
    const columns = {}, units = {}, number = (id) => (byId(id).value.trim() === "" ? undefined : Number(byId(id).value.replace(",", ".")));
    for (const role of Object.keys(TITLES)) {
      const value = byId(`role-${role}`).value;
      if (value !== "") columns[role] = value.includes(",") ? value.split(",").map(Number) : Number(value);
    }
    for (const kind of Object.keys(UNITS)) units[kind] = byId(`unit-${kind}`).value;
    return [columns, units, { latitude: number("latitude"), area: number("land-area") }];
  }
  // Reads the table as the form says; the river, or null with the error shown.
  function check() {
    if (!read) return null;
    byId("results").hidden = true;
    const [columns, units, place] = asked();
    byId("area-needed").hidden = !(columns.flow !== undefined && VOLUMES.includes(units.flow));
    const list = byId("understood");
    list.replaceChildren();
    try {
      const found = riverOf(read, columns, units, place), { river, notes, doubts } = found;
      const { start, flow } = river, n = river.prcp.length, text = (role) => `${TITLES[role].toLowerCase()} "${read.header[columns[role]]}"`;
      const warmth = river.tmean || river.tmin.map((low, t) => (low + river.tmax[t]) / 2);
      const facts = [
        `${n} days, ${isoDay(start)} to ${isoDay(start + n - 1)}; ${["prcp", "tmean", "tmin", "tmax", "flow"].filter((r) => columns[r] !== undefined).map(text).join(", ")}.`,
        `Means: rain ${mean(Array.from(river.prcp)).toFixed(2)} mm/day (${(365.25 * mean(Array.from(river.prcp))).toFixed(0)} mm a year), temperature ${mean(Array.from(warmth)).toFixed(1)} °C${flow ? `, flow ${mean(Array.from(flow)).toFixed(2)} mm/day on ${count(flow, 0, n)} days` : ""}.`,
      ];
      for (const fact of [...facts, ...notes]) make("li", {}, list, fact);
      for (const doubt of doubts) make("li", { class: "live-doubt" }, list, `Doubtful: ${doubt}`);
      if (flow && !byId("split").value) byId("split").value = isoDay(start + defaultSplit(flow));
      byId("split-row").hidden = !flow;
      fail(null);
      return found;
    } catch (error) {
      fail(error);
      return null;
    }
  }
  // The days to fit on and to score, or why there are none.
  function parts({ start, flow }) {
    const n = flow ? flow.length : 0;
    if (!flow) return { fit: null, said: "Without flow the untouched source is all there is, and nobody can say how good it is here." };
    const text = byId("split").value, m = text.match(/^(\d{4})-(\d\d)-(\d\d)$/), day = m ? dayNumber(+m[1], +m[2], +m[3]) : NaN;
    if (!(day > start && day <= start + n)) throw new Error(`the day on which scoring begins must lie between ${isoDay(start + 1)} and ${isoDay(start + n)}, as 2010-01-31`);
    const split = day - start, before = count(flow, 0, split), after = count(flow, split, n);
    if (before < LEAST_FIT) return { fit: null, score: [0, n], said: `Flow is known on ${before} days before ${text}; fitting needs ${LEAST_FIT}. So only the untouched source is shown, scored on all days.` };
    const said = after < LEAST_SCORED ? `Flow is known on ${after} days from ${text} on; a score needs ${LEAST_SCORED}. The model is fitted, but how good it is remains unknown.` : "";
    return { fit: [0, split], score: after < LEAST_SCORED ? null : [split, n], said };
  }
  async function simulate() {
    const mine = ++turn, found = check();
    if (!found) { busy(false); status(""); return; }
    const { river } = found, { flow } = river, n = river.prcp.length;
    try {
      const { fit, score, said } = parts(river), own = { ...river, flow: undefined };
      status("Simulating …");
      busy(true);
      const task = { river: own, fit: fit || [0, n], ...(fit ? { flow, penalty } : {}) };
      const results = await crew.all(task);
      if (mine !== turn) return; // another run was asked for meanwhile
      const zero = meanOf(results, (r) => r.flow), fitted = fit ? meanOf(results, (r) => r.fitted) : null;
      const season = fit ? seasonalMean(flow, Array.from(flow, (_, t) => dayOfYear(river.start + t)), ...fit) : null;
      const rate = (values) => (values && score ? scores(values, flow, ...score) : null);
      const scaler = headers.get(0).scaler, inputs = inputsOf(own, task.fit);
      outcome = {
        name, river, zero, fitted, season, fit, score, said, layers: fit ? results.map((r) => r.layer) : null,
        rated: { zero: rate(zero), fitted: rate(fitted), season: rate(season) }, penalty, headers: Array.from({ length: members }, (_, k) => headers.get(k)),
        fixed: inputs.fixed, outside: outside(scaler, inputs.fixed).map((o) => ({ ...o, words: WORDS[o.name] || o.name })), doubts: found.doubts, notes: found.notes,
      };
      show();
      busy(false);
      status("Done.");
    } catch (error) {
      busy(false);
      status("");
      fail(error);
    }
  }
  const days = ([a, b]) => `${isoDay(outcome.river.start + a)} to ${isoDay(outcome.river.start + b - 1)}`;
  function show() {
    const { river, rated, fit, score, said } = outcome, n = river.prcp.length;
    byId("results").hidden = false;
    const known = rated.zero ? verdict(rated) : "";
    byId("verdict").textContent = [said, known, fit && score ? `Fitted on ${days(fit)}, scored on ${days(score)}; the day between can be set above.` : score ? `Scored on ${days(score)}.` : fit ? `Fitted on ${days(fit)}.` : ""].filter(Boolean).join(" ");
    const list = byId("outside");
    list.replaceChildren();
    for (const o of outcome.outside) make("li", { class: "live-doubt" }, list, `Outside of what the source has seen: ${o.words} is ${o.value.toPrecision(3)}, the source's rivers have ${o.low.toPrecision(3)} to ${o.high.toPrecision(3)}. The model takes the nearest of these. ${known ? "The verdict holds for the years that were scored; be careful beyond them." : "Trust it less."}`);
    const rows = [["season", "mean of the season"], ["zero", "untouched source"], ["fitted", "fitted source"]].filter(([key]) => rated[key]);
    byId("scores").hidden = !rows.length;
    if (rows.length) {
      table(byId("scores"), `Scores on ${days(score)} (${rated.zero.n} days with flow)`, [
        ["model", "NSE", "KGE", "bias", "highest flows"],
        ...rows.map(([key, title]) => [title, digits(rated[key].nse, 2), digits(rated[key].kge, 2), `${digits(rated[key].bias, 0)} %`, `${digits(rated[key].high, 0)} %`]),
      ]);
    }
    const view = byId("river-view");
    view.replaceChildren();
    if (score) make("option", { value: "score" }, view, "days that are scored");
    make("option", { value: "all" }, view, "whole record");
    for (let y = +isoDay(river.start).slice(0, 4); y <= +isoDay(river.start + n - 1).slice(0, 4); y++) make("option", { value: String(y) }, view, String(y));
    drawFlow();
    byId("save-layers").disabled = !fit;
  }
  function drawFlow() {
    const { river, zero, fitted, season, fit, score } = outcome, { start, flow } = river, n = zero.length, chosen = byId("river-view").value;
    const first = (y) => dayNumber(+y, 1, 1);
    const [from, to] = chosen === "all" ? [start, start + n] : chosen === "score" ? score.map((t) => t + start) : [Math.max(start, first(chosen)), Math.min(start + n, first(+chosen + 1))];
    hydrograph(byId("river-flow"), {
      label: "Hydrograph of your river: observed, seasonal mean, fitted and untouched source", unit: "mm/day", start, from, to, band: fit ? fit.map((t) => t + start) : null,
      series: [
        ...(flow ? [{ name: "observed", kind: "observed", values: flow }] : []), ...(season ? [{ name: "mean of the season", kind: "season", values: season }] : []),
        ...(fitted ? [{ name: "fitted source", kind: "changed", values: fitted }] : []), { name: "untouched source", kind: "original", dashed: Boolean(fitted), values: zero },
      ],
    });
  }
  file.addEventListener("change", async () => {
    if (file.files[0]) take(await file.files[0].arrayBuffer(), file.files[0].name);
    file.value = "";
  });
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    drop.addEventListener(kind, async (event) => {
      event.preventDefault();
      drop.classList.toggle("live-over", kind === "dragenter" || kind === "dragover");
      const given = kind === "drop" ? event.dataTransfer.files : [];
      if (given.length > 1) { name = ""; fail(new Error("drop one file at a time: one river")); } else if (given.length) take(await given[0].arrayBuffer(), given[0].name);
    });
  }
  const tried = byId("example");
  tried.hidden = !example;
  tried.addEventListener("click", () => {
    const { text, latitude, area } = example();
    [byId("latitude").value, byId("land-area").value] = [String(latitude), String(area)];
    take(new TextEncoder().encode(text).buffer, "example.csv");
  });
  form.addEventListener("change", simulate);
  for (const id of ["latitude", "land-area"]) byId(id).addEventListener("change", () => { if (read) simulate(); });
  form.addEventListener("submit", (event) => { event.preventDefault(); simulate(); });
  byId("river-view").addEventListener("change", drawFlow);
  const base = () => outcome.name.replace(/\.[^.]*$/, "");
  byId("save-series").addEventListener("click", () => save(`${base()}-flow.csv`, "text/csv", seriesFile(outcome)));
  byId("save-layers").addEventListener("click", () => save(`${base()}-layers.json`, "application/json", layersFile(outcome)));
  byId("save-summary").addEventListener("click", () => save(`${base()}-summary.html`, "text/html", summaryFile(outcome, [byId("verdict"), byId("outside"), byId("scores"), byId("river-flow"), byId("understood")])));
}
