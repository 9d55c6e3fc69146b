// What runs beside the page, so that it never freezes: one member at a time.

import { outputLayer, readMember, states } from "./lstm.js";
import { fitLayer, simulate } from "./readout.js";
import { inputsOf, scaled } from "./scale.js";

export const LEAD = 365; // days that bring the state up, as in Python's tests

// Flow of one member, mm/day. With `flow` and `penalty`, also that of an output layer that was fitted
// on the days `fit`; with `layer`, that of this one; with `cells`, the states of the cells.
export function run(member, { river, fit, flow, penalty, layer, cells, wasm }) {
  const { scaler } = member.header, scale = scaler.streamflow;
  const state = states(member, scaled(scaler, inputsOf(river, fit), LEAD), LEAD, { cells, wasm });
  const own = outputLayer(member), result = { flow: simulate(scale, state, own) };
  if (flow) result.layer = fitLayer(scale, state, flow, own, penalty, fit);
  if (flow || layer) result.fitted = simulate(scale, state, layer || result.layer);
  if (cells) Object.assign(result, { cells: state.c, units: state.units });
  return result;
}

const members = new Map();

export function listen(scope) {
  scope.onmessage = ({ data: { id, number, bytes, task } }) => {
    try {
      if (bytes) members.set(number, readMember(bytes));
      const result = task ? run(members.get(number), task) : null;
      scope.postMessage({ id, result });
    } catch (error) {
      scope.postMessage({ id, error: error.message });
    }
  };
}
