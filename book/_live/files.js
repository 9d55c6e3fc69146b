// What a reader takes along: series, fitted output layers, and a summary of one page.

import { isoDay } from "./derive.js";

export function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

const number = (v) => (Number.isFinite(v) ? String(+v.toPrecision(7)) : "");

// A line per day, flow in mm/day, and what the day was used for; an empty field is a missing value.
export function seriesFile({ river, zero, fitted, season, fit, score }) {
  const columns = { observed: river.flow, seasonal_mean: season, untouched_source: zero, fitted_source: fitted };
  const shown = Object.entries(columns).filter(([, values]) => values);
  const within = (t, days) => days && t >= days[0] && t < days[1], used = (t) => (within(t, fit) ? "fit" : within(t, score) ? "score" : "");
  const lines = [["date", "used_for", ...shown.map(([name]) => `${name}_mm_day`)].join(",")];
  zero.forEach((_, t) => lines.push([isoDay(river.start + t), used(t), ...shown.map(([, values]) => number(values[t]))].join(",")));
  return `${lines.join("\n")}\n`;
}

// Output layers [1, H + 1] of all members: weights of the states h, and the bias, of scaled flow.
export function layersFile({ river, layers, fit, penalty, headers, fixed }) {
  const inputs = ["prcp", "tmean", "tmin", "tmax"].filter((name) => river[name]);
  return `${JSON.stringify({
    format: "hydrotl-layers", version: 1,
    source: { name: headers[0].source, members: headers.map(({ member, sha256 }) => ({ file: member, sha256 })) },
    option: "readout", penalty,
    river: { latitude: river.latitude, area: river.area ?? null, inputs },
    fit: [isoDay(river.start + fit[0]), isoDay(river.start + fit[1])], // to before the second day
    attributes: fixed,
    layers: layers.map((layer) => [Array.from(layer)]),
  }, null, 1)}\n`;
}

// A page that stands alone: what was said, the scores and the hydrograph.
export function summaryFile({ name, river, penalty, headers, fit }, parts) {
  const plain = (text) => text.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign]);
  const [{ source, licence, citation, basins }] = headers;
  const body = parts.map((part) => part.outerHTML.replace(/ (id|hidden)="[^"]*"/g, "")).join("\n");
  const style = "body{font:15px/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse}td,th{border:1px solid #999;padding:.2rem .6rem;text-align:right}th[scope=row]{text-align:left}"
    + ".live-line{fill:none;stroke-width:1.5}path.live-observed{stroke:#555;stroke-width:3.6;opacity:.5}path.live-original{stroke:#0072b2}path.live-changed{stroke:#d55e00}path.live-season{stroke:#009e73;stroke-dasharray:2 3}path.live-dashed{stroke-dasharray:6 4}.live-grid,.live-axis{stroke:#ccc}.live-band{fill:#0001}svg{width:100%}svg text{font-size:11px}"
    + ".live-legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:1rem}.live-swatch{display:inline-block;width:1.6em;border-top:.3em solid;margin-right:.3em;vertical-align:middle}span.live-observed{border-color:#555;opacity:.5}span.live-original{border-color:#0072b2}span.live-changed{border-color:#d55e00}span.live-season{border-color:#009e73;border-top-style:dotted}span.live-dashed{border-top-style:dashed}";
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${plain(name)}</title><style>${style}</style></head><body>
<h1>${plain(name)}</h1>
<p>Latitude ${river.latitude}${river.area ? `, ${river.area} km²` : ""}. The source model "${plain(source)}": ${headers.length} networks trained on ${basins} basins of the United States${fit ? `; output layer fitted in closed form, penalty ${penalty}` : ""}. Made on ${new Date().toISOString().slice(0, 10)} in a browser, with hydrotl.</p>
${body}
<p>Data of the source: ${plain(licence)}. ${citation.map(plain).join(" ")}</p>
</body></html>
`;
}
