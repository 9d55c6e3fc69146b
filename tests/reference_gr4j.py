"""GR4J and CemaNeige written from their papers, day by day, for comparison with a library.

Perrin et al. (2003), equations 2-18, and Valéry et al. (2014): the snow pack's thermal state,
degree-day melt, and the part of the basin under snow, in one layer.
"""

import math

import numpy as np


def cemaneige(
    rain: np.ndarray, warmth: np.ndarray, ctg: float, kf: float, yearly_snow: float
) -> np.ndarray:
    """Liquid water that reaches the ground, mm/day."""
    pack = state = 0.0
    water = []
    for fall, degrees in zip(rain, warmth, strict=True):
        solid = min(max((3.0 - degrees) / 4.0, 0.0), 1.0)
        pack += solid * fall
        state = min(ctg * state + (1 - ctg) * degrees, 0.0)
        possible = min(kf * degrees, pack) if state == 0 and degrees > 0 else 0.0
        covered = min(pack / (0.9 * yearly_snow), 1.0) if yearly_snow > 0 else 1.0
        melt = (0.9 * covered + 0.1) * possible
        pack -= melt
        water.append((1 - solid) * fall + melt)
    return np.array(water)


def _s_curve_1(t: float, x4: float) -> float:
    return 0.0 if t <= 0 else min(t / x4, 1.0) ** 2.5


def _s_curve_2(t: float, x4: float) -> float:
    if t <= 0:
        return 0.0
    if t <= x4:
        return 0.5 * (t / x4) ** 2.5
    return 1 - 0.5 * (2 - t / x4) ** 2.5 if t < 2 * x4 else 1.0


def gr4j(
    water: np.ndarray,
    evaporation: np.ndarray,
    x1: float,
    x2: float,
    x3: float,
    x4: float,
    *,
    levels: tuple[float, float] = (0.3, 0.5),
) -> np.ndarray:
    """Streamflow, mm/day, from stores filled to ``levels`` of their capacity."""
    store, routing = levels[0] * x1, levels[1] * x3
    reach = math.ceil(2 * x4) + 1
    slow = [_s_curve_1(j + 1, x4) - _s_curve_1(j, x4) for j in range(reach)]
    fast = [_s_curve_2(j + 1, x4) - _s_curve_2(j, x4) for j in range(reach)]
    routed = np.zeros(len(water) + reach)
    direct = np.zeros(len(water) + reach)
    flow = []
    for day, (fall, thirst) in enumerate(zip(water, evaporation, strict=True)):
        net, lack = max(fall - thirst, 0.0), max(thirst - fall, 0.0)
        full = store / x1
        gain = x1 * (1 - full**2) * math.tanh(net / x1) / (1 + full * math.tanh(net / x1))
        loss = store * (2 - full) * math.tanh(lack / x1) / (1 + (1 - full) * math.tanh(lack / x1))
        store += gain - loss
        percolation = store * (1 - (1 + (4 / 9 * store / x1) ** 4) ** -0.25)
        store -= percolation
        effective = percolation + net - gain
        for j in range(reach):
            routed[day + j] += 0.9 * slow[j] * effective
            direct[day + j] += 0.1 * fast[j] * effective
        exchange = x2 * (routing / x3) ** 3.5
        routing = max(0.0, routing + routed[day] + exchange)
        outflow = routing * (1 - (1 + (routing / x3) ** 4) ** -0.25)
        routing -= outflow
        flow.append(outflow + max(0.0, direct[day] + exchange))
    return np.array(flow)
