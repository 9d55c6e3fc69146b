// A reader's table of days: separators, decimal signs, dates, names and units of columns. What cannot
// be read is an Error that names the line and what to do.

import { dayNumber } from "./derive.js";

const MISSING = /^(|na|n\/a|nan|null|none|missing|-+|\.|\*|-9{2,5}(\.[09]+)?)$/i;
// Role of a column -> names, after accents and units are taken off; order matters.
const NAMES = {
  date: /^(date|datetime|day|time|timestamp|datum|fecha|data|tag|jour)$/,
  tmin: /^(t_?min|tn|tasmin|temp(erature)?_?(min|minimum|low)|min(imum)?_?t(emp(erature)?)?)$/,
  tmax: /^(t_?max|tx|tasmax|temp(erature)?_?(max|maximum|high)|max(imum)?_?t(emp(erature)?)?)$/,
  tmean: /^(t|ta|tas|tm|t2m|t_?(mean|avg)|temp(erature|eratur|eratura)?(_?(mean|avg))?|(mean|avg)_?t(emp(erature)?)?)$/,
  prcp: /^(rain|rainfall|r|rr|p|pr|pp|ppt|tp|prcp|prec|precip|precipitation|precipitacion|niederschlag|regen|lluvia|pluie)$/,
  flow: /^(q|qt|q_?obs|obs_?q|flow|discharge|streamflow|runoff|river_?flow|caudal|abfluss|durchfluss|debit)$/,
};
const UNIT_WORDS = {
  flow: [["m3/s", /m\^?[3³]|cms\b|cumec/], ["l/s", /\bl ?\/? ?s\b/], ["ft3/s", /ft\^?[3³]|cfs/], ["mm/day", /mm/]],
  prcp: [["0.1 mm", /0\.1 ?mm/], ["mm", /mm/], ["cm", /\bcm\b/], ["m", /\bm\b/], ["in", /\bin(ch(es)?)?\b/]],
  temperature: [["0.1 degC", /0\.1 ?(deg)?_?c/], ["degF", /deg_?f|°f|\bf\b/], ["K", /kelvin|\bk\b/], ["degC", /c/]],
};
// Unit -> factor and offset to mm/day or degC; flow volumes also need the area in km2.
export const UNITS = {
  prcp: { mm: [1, 0], "0.1 mm": [0.1, 0], cm: [10, 0], m: [1000, 0], in: [25.4, 0] },
  temperature: { degC: [1, 0], "0.1 degC": [0.1, 0], K: [1, -273.15], degF: [5 / 9, -160 / 9] },
  flow: { "m3/s": [86.4, 0], "mm/day": [1, 0], "l/s": [0.0864, 0], "ft3/s": [86.4 * 0.3048 ** 3, 0] },
};
export const VOLUMES = ["m3/s", "l/s", "ft3/s"];

function fields(line, separator) {
  if (separator === " ") return line.trim().split(/\s+/);
  const found = [];
  let field = "", quoted = false;
  for (const sign of line) {
    if (sign === '"') quoted = !quoted;
    else if (sign === separator && !quoted) { found.push(field.trim()); field = ""; } else field += sign;
  }
  return [...found, field.trim()];
}

// Text of a file: UTF-8, or Latin-1 where it is none.
export function decoded(buffer) {
  const bytes = new Uint8Array(buffer);
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) throw new Error("this is a spreadsheet or a zip archive, no text: save it as CSV");
  const wide = { "255,254": "utf-16le", "254,255": "utf-16be" }[bytes.slice(0, 2).join()];
  if (!wide && bytes.subarray(0, 1000).includes(0)) throw new Error("this is no text file: save the table as CSV");
  try {
    return new TextDecoder(wide || "utf-8", { fatal: true }).decode(buffer);
  } catch {
    return new TextDecoder("latin1").decode(buffer);
  }
}

// Header, rows [{line, cells}], the separator and the decimal sign.
export function readTable(text) {
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/).map((content, k) => ({ content, line: k + 1 }));
  const [head, ...rest] = lines.filter(({ content }) => content.trim() && !content.startsWith("#"));
  if (!head || !rest.length) throw new Error("the file has no rows: the first line names the columns, each other one is a day");
  const many = [";", "\t", ",", " "].map((sign) => [fields(head.content, sign).length, sign]);
  const separator = many.find(([n], k) => n > 1 && (k < 3 ? n >= Math.max(...many.slice(0, 3).map(([m]) => m)) : true))?.[1];
  if (!separator) throw new Error(`the first line, "${head.content.slice(0, 60)}", is one column: name date, rain, temperature and flow, with commas, semicolons or tabs between`);
  const header = fields(head.content, separator);
  if (header.filter((name) => /^[-+]?[\d.,:/-]+$/.test(name)).length > header.length / 2) throw new Error("the first line has numbers, no names: put the names of the columns there");
  const doubled = header.find((name, k) => header.indexOf(name) !== k);
  if (doubled !== undefined) throw new Error(`two columns are named "${doubled}": give each a name of its own`);
  const rows = rest.map(({ content, line }) => ({ line, cells: fields(content, separator) }));
  const ragged = rows.find(({ cells }) => cells.length !== header.length);
  if (ragged) {
    const comma = separator === "," ? " (decimal commas? Then put semicolons between the columns)" : "";
    throw new Error(`line ${ragged.line} has ${ragged.cells.length} fields, the first line ${header.length}${comma}`);
  }
  const decimal = separator !== "," || rows.some(({ cells }) => cells.some((c) => /^[-+]?\d+,\d+$/.test(c)));
  return { header, rows, separator, decimal: decimal && rows.some(({ cells }) => cells.some((c) => /^[-+]?\d+,\d+$/.test(c))) ? "," : "." };
}

const bare = (name) => name.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
const unitPart = /[_ ]*[([].*|[_ ]+(mm|cm|m|in|inch|0\.1.*|deg_?[cfk]|°?[cfk]|kelvin|celsius|m3.*|m\^?3.*|m³.*|l_?s|l\/s|cms|cumecs?|cfs|ft3.*|ft³.*|mm.*)$/;

// Columns by role, units as far as the header tells them.
export function understood(header) {
  const columns = {}, units = {}, names = header.map((name) => bare(name).trim());
  const dates = ["year", "month", "day"].map((part) => names.findIndex((n) => n === part || n === { year: "yyyy", month: "mm", day: "dd" }[part]));
  if (dates.every((k) => k >= 0)) columns.date = dates;
  for (const [role, pattern] of Object.entries(NAMES)) {
    if (columns[role] !== undefined) continue;
    const column = names.findIndex((name, k) => !dates.includes(k) && pattern.test(name.replace(unitPart, "").trim().replace(/[ .-]+/g, "_")));
    if (column >= 0) columns[role] = column;
  }
  for (const role of ["prcp", "tmin", "tmax", "tmean", "flow"]) {
    if (columns[role] === undefined) continue;
    const rest = names[columns[role]].match(unitPart)?.[0] || "", kind = UNIT_WORDS[role] ? role : "temperature";
    const told = UNIT_WORDS[kind].find(([, word]) => word.test(rest.replace(/_/g, " ")))?.[0];
    units[kind] ??= told || { prcp: "mm", temperature: "degC", flow: "" }[kind];
  }
  return { columns, units };
}

// Days since 1970 of all rows.
export function dates(rows, columns) {
  const parts = rows.map(({ line, cells }) => {
    const text = Array.isArray(columns) ? columns.map((k) => cells[k]).join("-") : cells[columns];
    let m = text.match(/^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})([T ].*)?$/) || text.match(/^(\d{4})(\d\d)(\d\d)$/);
    if (m) return { line, text, ymd: [+m[1], +m[2], +m[3]] };
    m = text.match(/^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})([T ].*)?$/);
    if (m) return { line, text, ends: [+m[1], +m[2]], year: +m[3] };
    throw new Error(`line ${line}: "${text}" is no date; write it as 2010-01-31`);
  });
  const over = [0, 1].map((k) => parts.some(({ ends }) => ends && ends[k] > 12)), some = parts.find(({ ends }) => ends);
  if (some && over[0] === over[1]) throw new Error(`dates such as "${some.text}" (line ${some.line}) ${over[0] ? "have" : "do not tell which is"} the day first and the month first: write them as 2010-01-31`);
  return parts.map(({ line, text, ymd, ends, year }) => {
    const day = ymd ? dayNumber(...ymd) : dayNumber(year, ...(over[0] ? [ends[1], ends[0]] : ends));
    if (Number.isNaN(day)) throw new Error(`line ${line}: ${text} is no day of the calendar`);
    return day;
  });
}

// Numbers of a column, NaN where a field means a missing one; codes are counted in `told`.
export function numbers(rows, column, decimal, name, told = new Map()) {
  return Float64Array.from(rows, ({ line, cells }) => {
    const text = cells[column];
    if (MISSING.test(text)) {
      if (text) told.set(text, (told.get(text) || 0) + 1);
      return NaN;
    }
    const value = Number(decimal === "," ? text.replace(",", ".") : text);
    if (!Number.isFinite(value)) throw new Error(`line ${line}: "${text}" in column "${name}" is no number; leave the field empty where it is missing`);
    return value;
  });
}
