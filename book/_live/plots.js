// Drawings in SVG: lines over days, duration curves, the water of years. Each has a text for those who
// do not see it.

const SVG = "http://www.w3.org/2000/svg", HEIGHT = 270, PAD = { left: 52, right: 18, top: 24, bottom: 30 };

function put(element, attributes, parent, text) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== null) element.textContent = text;
  if (parent) parent.append(element);
  return element;
}

// An element of the page, or one of a drawing.
export function make(name, attributes = {}, parent = null, text = null) {
  return put(document.createElement(name), attributes, parent, text);
}

function shape(name, attributes, parent, text = null) {
  return put(document.createElementNS(SVG, name), attributes, parent, text);
}

function steps(low, high, most) {
  const raw = (high - low) / most || 1, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((k) => k * power >= raw) * power, found = [];
  for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-6; v += step) found.push(+v.toPrecision(12));
  return found;
}

const decades = (low, high) => {
  const found = [];
  for (let p = Math.ceil(Math.log10(low)); 10 ** p <= high; p++) found.push(+(10 ** p).toPrecision(6));
  return found;
};

// Highest and lowest value of each pixel, so that no peak is lost.
function path(xs, ys, x, y) {
  let text = "", pen = false, column = null, low = 0, high = 0;
  const flush = () => {
    if (column === null) return;
    text += `${pen ? "L" : "M"}${column} ${low.toFixed(1)}`;
    if (high - low > 0.1) text += `L${column} ${high.toFixed(1)}`;
    [pen, column] = [true, null];
  };
  for (let k = 0; k < ys.length; k++) {
    if (!Number.isFinite(ys[k])) { flush(); pen = false; continue; }
    const at = Math.round(x(xs(k)) * 2) / 2, height = y(ys[k]);
    if (at === column) [low, high] = [Math.min(low, height), Math.max(high, height)];
    else { flush(); [column, low, high] = [at, height, height]; }
  }
  flush();
  return text;
}

function frame(host, { label, unit, low, high, log, ticks, from, to }) {
  host.replaceChildren();
  const width = Math.max(280, host.clientWidth || 600), inner = width - PAD.left - PAD.right, tall = HEIGHT - PAD.top - PAD.bottom;
  const svg = shape("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": label, class: "live-plot" }, host);
  const x = (v) => PAD.left + ((v - from) / (to - from || 1)) * inner;
  const f = log ? (v) => Math.log10(Math.max(v, low)) : (v) => v;
  const y = (v) => PAD.top + (1 - (f(v) - f(low)) / (f(high) - f(low) || 1)) * tall;
  for (const value of log ? decades(low, high) : steps(low, high, 5)) {
    shape("line", { x1: PAD.left, x2: width - PAD.right, y1: y(value), y2: y(value), class: "live-grid" }, svg);
    shape("text", { x: PAD.left - 6, y: y(value) + 4, "text-anchor": "end" }, svg, String(value));
  }
  const room = Math.max(1, Math.ceil((ticks.length * (10 + 7 * Math.max(...ticks.map(([, text]) => text.length)))) / inner));
  ticks.forEach(([value, text], k) => {
    if (k % room) return;
    shape("line", { x1: x(value), x2: x(value), y1: HEIGHT - PAD.bottom, y2: HEIGHT - PAD.bottom + 4, class: "live-axis" }, svg);
    // A label at an end of the axis stays within the drawing.
    const half = 3.5 * text.length, at = Math.min(Math.max(x(value), half), width - half);
    shape("text", { x: at, y: HEIGHT - PAD.bottom + 17, "text-anchor": "middle" }, svg, text);
  });
  shape("text", { x: 4, y: 11 }, svg, unit);
  return { svg, x, y };
}

function legend(host, series) {
  const list = make("ul", { class: "live-legend" }, host);
  for (const { name, kind, dashed } of series) {
    const item = make("li", {}, list);
    make("span", { class: `live-swatch live-${kind}${dashed ? " live-dashed" : ""}`, "aria-hidden": "true" }, item);
    item.append(name);
  }
}

// A line; a dashed one lets that below it be seen.
function line(svg, { kind, dashed }, d) {
  shape("path", { d, class: `live-line live-${kind}${dashed ? " live-dashed" : ""}` }, svg);
}

// Draws now, and again whenever the width changes.
export function drawn(host, draw) {
  host.liveDraw = draw;
  draw();
  if (host.liveObserver || typeof ResizeObserver !== "function") return;
  let width = host.clientWidth;
  host.liveObserver = new ResizeObserver(() => {
    if (host.clientWidth !== width) { width = host.clientWidth; host.liveDraw(); }
  });
  host.liveObserver.observe(host);
}

const first = (year) => Date.UTC(year, 0, 1) / 86400000;

// Lines over days: series [{name, kind, values}] that begin on day `start`, shown from `from` to `to`.
export function hydrograph(host, { label, unit, start, from, to, series, band }) {
  drawn(host, () => {
    const shown = series.map((one) => ({ ...one, values: one.values.slice(from - start, to - start) }));
    let high = -Infinity, low = Infinity;
    for (const { values } of shown) for (const v of values) if (Number.isFinite(v)) [high, low] = [Math.max(high, v), Math.min(low, v)];
    if (!(high > low)) [high, low] = [1, 0];
    const ticks = [], year = (day) => new Date(day * 86400000).getUTCFullYear();
    for (let y = year(from); y <= year(to); y++) if (first(y) >= from && first(y) < to) ticks.push([first(y), String(y)]);
    if (to - from < 740) {
      ticks.length = 0;
      for (let day = from; day < to; day++) {
        const date = new Date(day * 86400000);
        if (date.getUTCDate() === 1 && date.getUTCMonth() % 2 === 0) ticks.push([day, date.toISOString().slice(0, 7)]);
      }
    }
    const { svg, x, y } = frame(host, { label, unit, low: Math.min(0, low), high, ticks, from, to });
    if (band) {
      const [a, b] = [Math.max(band[0], from), Math.min(band[1], to)];
      if (b > a) shape("rect", { x: x(a), width: x(b) - x(a), y: PAD.top, height: HEIGHT - PAD.top - PAD.bottom, class: "live-band" }, svg);
    }
    for (const one of shown) line(svg, one, path((k) => from + k, one.values, x, y));
    legend(host, series);
  });
}

// Flow against the share of days on which it is exceeded, with a logarithmic axis.
export function durationCurve(host, { label, unit, series }) {
  drawn(host, () => {
    const sorted = series.map((one) => ({ ...one, values: Array.from(one.values).filter(Number.isFinite).sort((a, b) => b - a) }));
    const high = Math.max(...sorted.map(({ values }) => values[0] || 1), 0.01);
    const lowest = Math.min(...sorted.map(({ values }) => values[Math.floor(0.99 * values.length)] || 0));
    const low = Math.min(Math.max(lowest / 2, high / 1e4), high / 10), ticks = [0, 20, 40, 60, 80, 100].map((p) => [p, `${p} %`]);
    const { svg, x, y } = frame(host, { label, unit, low, high, log: true, ticks, from: 0, to: 100 });
    for (const one of sorted) line(svg, one, path((k) => (100 * (k + 0.5)) / one.values.length, one.values, x, y));
    legend(host, series);
  });
}

// The water of each year: flow and what is left of the rain above it, a line where the rain ends, for each
// of the groups [{name, kind, rain, flow}], whose values are sums of the years.
export function balance(host, { label, unit, years, groups }) {
  drawn(host, () => {
    const high = Math.max(...groups.flatMap(({ rain, flow }) => [...rain, ...flow]), 1);
    const ticks = years.map((year, k) => [k + 0.5, String(year)]);
    const { svg, x, y } = frame(host, { label, unit, low: 0, high, ticks, from: 0, to: years.length });
    const wide = Math.min((0.8 * (x(1) - x(0))) / groups.length, 60);
    groups.forEach(({ name, kind, rain, flow }, g) => years.forEach((year, k) => {
      const left = x(k + 0.5) + (g - groups.length / 2) * wide, amount = (v) => `${v.toFixed(0)} ${unit}`, rest = rain[k] - flow[k];
      const part = (low, top, of, text) => {
        const bar = shape("rect", { x: left, width: wide * 0.94, y: y(top), height: Math.max(y(low) - y(top), 0), class: `${of} live-${kind}` }, svg);
        shape("title", {}, bar, `${year}, ${name}: ${text}`);
      };
      part(0, flow[k], "live-bar", `flow ${amount(flow[k])}`);
      part(Math.min(flow[k], rain[k]), rain[k], "live-bar live-rest", rest < 0 ? `${amount(-rest)} more flow than rain` : `${amount(rest)} left for evapotranspiration and storage`);
      shape("line", { x1: left, x2: left + wide * 0.94, y1: y(rain[k]), y2: y(rain[k]), class: "live-rain" }, svg);
    }));
    legend(host, [
      ...groups.flatMap(({ name, kind }) => [{ name: `flow, ${name}`, kind }, { name: "left for evapotranspiration and storage", kind: `${kind} live-rest` }]),
      { name: "rain", kind: "rain" },
    ]);
  });
}

// A table with a caption: rows of cells, the first row and column are headings.
export function table(host, caption, [head, ...rows]) {
  host.replaceChildren();
  const element = make("table", { class: "live-table" }, host);
  make("caption", {}, element, caption);
  const line = make("tr", {}, make("thead", {}, element));
  for (const cell of head) make("th", { scope: "col" }, line, cell);
  const body = make("tbody", {}, element);
  for (const row of rows) {
    const own = make("tr", {}, body);
    row.forEach((cell, k) => make(k ? "td" : "th", k ? {} : { scope: "row" }, own, cell));
  }
}
