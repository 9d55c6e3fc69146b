// The live page: what the browser starts with.

import { crew, meanOf } from "./crew.js";
import { isoDay } from "./derive.js";
import { readMember } from "./lstm.js";
import { scores } from "./metrics.js";
import { play } from "./play.js";
import { yourRiver } from "./river.js";
import { inputsOf } from "./scale.js";
import { verdict } from "./verdict.js";

const folder = document.currentScript.src.replace(/[^/]*$/, ""), data = window.hydrotlData;
const arriving = new Map(), headers = new Map();
const bytesOf64 = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer;

// The bytes of a member: a script beside this one calls `member` with them.
function bytesOf(number) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    arriving.set(number, resolve);
    script.src = `${folder}member-${number}.js`;
    script.onerror = () => reject(new Error(`member-${number}.js, a file of this page, cannot be loaded`));
    document.head.append(script);
  });
}

function member(number, text) {
  const bytes = bytesOf64(text);
  headers.set(number, readMember(bytes).header);
  arriving.get(number)(bytes);
}

const rivers = data.rivers.map((river) => ({
  ...river,
  series: Object.fromEntries(Object.entries(river.series).map(([name, text]) => [name, new Float32Array(bytesOf64(text))])),
}));

// A table of the first sample river as a reader may have it.
function example() {
  const { start, series, latitude, area } = rivers[0], lines = ["date,rain_mm,tmin_degC,tmax_degC,flow_m3s"];
  const field = (v, digits) => (Number.isFinite(v) ? v.toFixed(digits) : "");
  series.prcp.forEach((rain, t) => {
    const flow = (series.streamflow[t] * area) / 86.4;
    lines.push([isoDay(start + t), field(rain, 2), field(series.tmin[t], 2), field(series.tmax[t], 2), field(flow, 4)].join(","));
  });
  return { text: lines.join("\n"), latitude, area };
}

const workers = crew(data.members, bytesOf);
window.hydrotlLive = { member, headers, crew: workers, meanOf, inputsOf, scores, verdict };
yourRiver(workers, data.members, data.penalty, headers, rivers.length ? example : null);
// The networks come after the page.
(window.requestIdleCallback ?? setTimeout)(() => play(rivers, workers, data.penalty));
