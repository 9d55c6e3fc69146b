// The days that a model is fitted on and those that it is scored on.

// Days with flow without which nothing is fitted, or scored.
export const LEAST_FIT = 330;
export const LEAST_SCORED = 180;
const FIT_SHARE = 2 / 3;

export const count = (values, first, stop) => values.slice(first, stop).reduce((n, v) => n + Number.isFinite(v), 0);

// The days to fit on: the first two thirds of those with flow.
export function defaultSplit(flow) {
  const known = flow.reduce((n, v) => n + Number.isFinite(v), 0);
  let seen = 0;
  return flow.findIndex((v) => (seen += Number.isFinite(v)) >= FIT_SHARE * known) + 1;
}
