// Whether a model is worth anything, in one word and its reasons: hydrotl/river/report/verdict.py.

import { digits } from "./metrics.js";

const GOOD = 0.65, FAIR = 0.5, SAME = 0.02, BIASED = 20, FLOODS = 15;
const USE = {
  good: "It can be used for such weather as it was tested on.",
  fair: "Use it with care, for means and seasons rather than for single floods.",
  poor: "Do not rely on it.",
};

// Scores {nse, bias, high} of the untouched source, of the fitted one and of the mean of the season, or null.
export function verdict({ zero, fitted, season }) {
  const best = fitted || zero, name = fitted ? "The fitted model" : "The untouched source", number = (v) => digits(v, 2);
  if (!Number.isFinite(best.nse)) return "Verdict: unknown. Flow does not vary in the days to score, so nothing can be said of the model.";
  const biased = Math.abs(best.bias) > BIASED, useless = season && !(best.nse > season.nse), worse = fitted && zero.nse > fitted.nse + SAME;
  const grade = useless || best.nse < FAIR ? "poor" : biased || best.nse < GOOD ? "fair" : "good";
  const others = [season && `the mean of the season ${number(season.nse)}`, fitted && `the untouched source ${number(zero.nse)}`].filter(Boolean);
  const said = [`Verdict: ${grade}. ${name} has an NSE of ${number(best.nse)} (1 is perfect, 0 no better than the mean flow)${others.length ? `; ${others.join(", ")}` : ""}.`];
  if (useless) said.push("It is no better than the mean of the season, which knows no weather.");
  if (worse) said.push("Fitting made it worse: the years of the fit are too few, or unlike those of the score.");
  if (biased) said.push(`It has ${Math.abs(best.bias).toFixed(0)} % too ${best.bias > 0 ? "much" : "little"} water.`);
  if (Math.abs(best.high) > FLOODS) said.push(`Its highest flows are ${Math.abs(best.high).toFixed(0)} % too ${best.high > 0 ? "high" : "low"}: not for floods without a correction.`);
  said.push(grade === "fair" && biased ? "Use it with care, for when flow rises and falls, not for how much there is." : USE[grade]);
  return said.join(" ");
}
