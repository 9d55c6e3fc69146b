"""Scores of a simulation in one basin: as a whole, and of its floods and low flows.

NSE, KGE with its parts, and the bias are those of the library ``scores``. The same bias of a
segment of the flow duration curve is that of high and of low flow (Yilmaz et al. 2008,
doi:10.1029/2007WR006716: the curves are compared, not the days). Peak timing is the mean distance
in days between an observed peak and the simulated one nearest to it (Kratzert et al. 2021,
doi:10.5194/hess-25-2685-2021), peaks found by ``scipy``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import scores.continuous
import xarray as xr
from scipy.signal import find_peaks

from hydrotl_core.metrics import nse

#: Columns of a table of scores, with what they mean.
MEANING = {
    "nse": "Nash-Sutcliffe efficiency: 1 is perfect, 0 as good as the mean flow",
    "kge": "Kling-Gupta efficiency (2009): 1 is perfect, -0.41 as good as the mean flow",
    "r": "part of KGE: correlation",
    "alpha": "part of KGE: variability, simulated over observed",
    "beta": "part of KGE: mean flow, simulated over observed",
    "bias_percent": "error of the volume, % of the observed",
    "high_flow_percent": "error of the highest 2 % of the flow duration curve, %",
    "low_flow_percent": "error of its lowest 30 %, %; none where that is hardly a flow",
    "peak_days": "mean distance of a simulated from an observed peak, days",
    "days": "days with an observation",
}
HIGH, LOW = 0.02, 0.3
#: Days between two peaks, and days in which a simulated peak is looked for on either side.
APART, SEARCH = 100, 3
#: Below this share of the mean flow a low flow is hardly measured, and an error in % means nothing.
MEASURABLE = 0.01
#: Fewer observed days give no score.
LEAST_DAYS = 30


def basin_scores(simulated: np.ndarray, observed: np.ndarray) -> dict[str, float]:
    """Scores (:data:`MEANING`) of one basin; NaN where one is not defined.

    Parameters
    ----------
    simulated, observed
        mm/day, ``[day]``, of consecutive days; NaN = none.
    """
    seen = np.isfinite(simulated) & np.isfinite(observed)
    found = dict.fromkeys(MEANING, float("nan")) | {"days": float(seen.sum())}
    if seen.sum() < LEAST_DAYS or observed[seen].min() == observed[seen].max():
        return found
    flow, target = (xr.DataArray(v[seen].astype(float), dims="day") for v in (simulated, observed))
    found["nse"] = float(nse(flow, target))
    if float(flow.max()) > float(flow.min()):
        parts = scores.continuous.kge(flow, target, include_components=True)
        names = {"kge": "kge", "r": "rho", "alpha": "alpha", "beta": "beta"}
        found |= {name: float(parts[own]) for name, own in names.items()}
    found["bias_percent"] = _bias(flow.values, target.values)
    # Both curves from high to low.
    curves = [np.sort(v.values)[::-1] for v in (flow, target)]
    high, low = max(1, round(HIGH * len(flow))), max(1, round(LOW * len(flow)))
    found["high_flow_percent"] = _bias(*(curve[:high] for curve in curves))
    if curves[1][-low:].mean() > MEASURABLE * curves[1].mean():
        found["low_flow_percent"] = _bias(*(curve[-low:] for curve in curves))
    found["peak_days"] = peak_timing(simulated, observed)
    return found


def _bias(simulated: np.ndarray, observed: np.ndarray) -> float:
    if not observed.sum() > 0:
        return float("nan")
    flow, target = (xr.DataArray(v, dims="day") for v in (simulated, observed))
    return float(scores.continuous.pbias(flow, target))


def peak_timing(simulated: np.ndarray, observed: np.ndarray) -> float:
    """Mean distance in days of simulated from observed peaks; NaN where no peak was observed.

    A peak is at least :data:`APART` days from a higher one and rises by more than a standard
    deviation; the simulated one is the highest day within :data:`SEARCH` days.
    """
    if not np.isfinite(observed).any():
        return float("nan")
    filled = np.nan_to_num(observed, nan=float(np.nanmin(observed)))
    peaks, _ = find_peaks(filled, distance=APART, prominence=float(np.nanstd(observed)))
    distances = []
    for peak in peaks:
        first = max(0, peak - SEARCH)
        window = simulated[first : peak + SEARCH + 1]
        if np.isfinite(window).all():
            distances.append(abs(first + int(np.argmax(window)) - int(peak)))
    return float(np.mean(distances)) if distances else float("nan")


def score_table(series: xr.Dataset, models: list[str]) -> pd.DataFrame:
    """Scores of each basin, model and period: a row each.

    Parameters
    ----------
    series
        ``simulated`` and other models' flow on ``(basin, time)``, ``observed``, and ``period``
        with the values ``training``, ``test`` and an empty text.
    models
        Variables of ``series`` to score.
    """
    rows = []
    for basin in series["basin"].values:
        one = series.sel(basin=basin)
        for period in ("test", "training"):
            inside = one["period"].values == period
            if not inside.any():
                continue
            observed = one["observed"].values[inside]
            for model in models:
                found = basin_scores(one[model].values[inside], observed)
                rows.append({"basin": str(basin), "model": model, "period": period, **found})
    return pd.DataFrame(rows).astype({"days": int})
