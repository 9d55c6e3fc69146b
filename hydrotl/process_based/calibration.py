"""Calibrating GR4J with snow, basin by basin, on the training years.

The benchmark of a local LSTM: the same forcing and the same observed days, six parameters.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import differential_evolution

from hydrotl.data.manifest import Attributes
from hydrotl.process_based import WARM_UP_DAYS, gr4j
from hydrotl_core.arrays import in_period
from hydrotl_core.errors import DataError
from hydrotl_core.recipe import Period
from hydrotl_core.scaling import STREAMFLOW

#: Ranges to search: X1 and X3 of Raven's GR4J-CN (as RavenPy calibrates it), X2, X4 and the
#: degree-day factor Kf of MARRMoT (Knoben et al. 2019, doi:10.5194/gmd-12-2463-2019; Trotter et
#: al. 2022, doi:10.5194/gmd-15-6359-2022). The weight CTG is between 0 and 1 by its definition.
BOUNDS: dict[str, tuple[float, float]] = {
    "X1": (10.0, 2500.0),  # production store, mm
    "X2": (-20.0, 20.0),  # exchange with other catchments, mm/day
    "X3": (10.0, 700.0),  # routing store, mm
    "X4": (0.5, 15.0),  # base of the unit hydrograph, days
    "CTG": (0.0, 1.0),  # memory of the snow pack's temperature
    "Kf": (0.0, 20.0),  # melt, mm/degC/day
}
#: Where no snow fell in the training years there is nothing to fit: airGR's middle start values.
SNOWLESS = {"CTG": 0.04, "Kf": 4.96}
#: Searched on a logarithmic scale, for they span decades.
_LOGARITHMIC = np.array([name in ("X1", "X3", "X4") for name in BOUNDS])
#: Of one search: candidates per parameter, most generations, and the spread of the candidates'
#: loss at which it ends, relative and absolute.
POPULATION, GENERATIONS, TOLERANCE, SPREAD = 10, 200, 1e-3, 1e-5
#: A search may end in a local optimum: every other one has among its candidates what airGR's own
#: calibration finds (a coarse grid, then steepest descent: Coron et al. 2017,
#: doi:10.1016/j.envsoft.2017.05.002), and they are repeated until two agree on the best NSE.
SEARCHES, AGREEMENT = 6, 1e-3


def calibrate(
    ds: xr.Dataset, attributes: Attributes, period: Period, seed: int
) -> dict[str, float]:
    """Parameters that maximise the NSE in ``period``, by differential evolution.

    After Storn and Price (1997, doi:10.1023/A:1008202821328): the best of up to :data:`SEARCHES`
    searches, each with new random candidates, until two agree.

    Parameters
    ----------
    ds
        Canonical data of one basin on ``time``: ``prcp``, a temperature, streamflow, and a
        potential evapotranspiration or the latitude. No value after ``period`` is used.
    seed
        The same seed gives the same parameters.

    Returns
    -------
    dict
        The parameters (:data:`BOUNDS`), ``nse`` on the observed days, ``runs`` of the model, and
        ``snow``, the mean snowfall of the period in mm/year, which belongs to the model. NaN where
        no flow, or no variation of it, was observed.

    Raises
    ------
    DataError
        If a variable or the latitude is missing, the basin has flow but no forcing in the period,
        or the data do not cover it.
    """
    require_covered(ds, period)
    nothing = {**dict.fromkeys([*BOUNDS, "nse", "snow"], float("nan")), "runs": 0}
    if not np.isfinite(ds[STREAMFLOW].values[in_period(ds, [period])[0]]).any():
        return nothing
    weather = gr4j.basin_weather(ds, attributes, period)
    snow = gr4j.yearly_snow(weather)
    observed = ds[STREAMFLOW].sel(time=weather.index[WARM_UP_DAYS:]).values.astype(float)
    seen = np.isfinite(observed)
    flow = observed[seen]
    if not flow.size or flow.max() == flow.min():
        return nothing | {"snow": snow}
    variation = float(((flow - flow.mean()) ** 2).sum())
    run = gr4j.snow_model(weather, snow)
    limits = np.array(list(BOUNDS.values()))
    fixed = np.array([SNOWLESS.get(name, np.nan) if snow == 0 else np.nan for name in BOUNDS])
    free = np.isnan(fixed)
    start = _airgr_parameters(weather, snow, observed, fixed)
    searchable = np.column_stack([limits, np.clip(start, *limits.T)])
    searchable[_LOGARITHMIC] = np.log(searchable[_LOGARITHMIC])
    low, high, first = searchable[free].T

    def parameters(searched: np.ndarray) -> np.ndarray:
        values = fixed.copy()
        values[free] = searched
        values[_LOGARITHMIC] = np.exp(values[_LOGARITHMIC])
        return values

    def loss(searched: np.ndarray) -> float:
        error = run(parameters(searched))[seen] - flow
        return float((error**2).sum()) / variation

    found = []
    for search in range(SEARCHES):
        found.append(
            differential_evolution(
                loss,
                list(zip(low, high, strict=True)),
                x0=None if search % 2 else np.clip(first, low, high),
                rng=np.random.default_rng([seed, search]),
                popsize=POPULATION,
                maxiter=GENERATIONS,
                tol=TOLERANCE,
                atol=SPREAD,
            )
        )
        found.sort(key=lambda result: result.fun)
        if search and found[1].fun - found[0].fun < AGREEMENT:
            break
    return {
        **dict(zip(BOUNDS, parameters(found[0].x).tolist(), strict=True)),
        "nse": 1.0 - float(found[0].fun),
        "snow": snow,
        "runs": sum(int(result.nfev) for result in found),
    }


def _airgr_parameters(
    weather: pd.DataFrame, snow: float, observed: np.ndarray, fixed: np.ndarray
) -> np.ndarray:
    """Parameters that airGR's own calibration finds; those that are not NaN in ``fixed`` stay."""
    grsuite = gr4j.library()
    return grsuite.calibration_michel(
        *gr4j.prepared(weather, gr4j.SNOW_MODEL, mean_an_solid_precip=[snow]),
        grsuite.InputsCrit("NSE", obs=observed),
        grsuite.CalibOptions(gr4j.SNOW_MODEL, fixed_param=fixed),
        verbose=False,
    ).param_final_r


def simulate_calibrated(
    ds: xr.Dataset,
    attributes: Attributes,
    calibrated: Mapping[str, float],
    trained: Period,
    tested: Period,
) -> np.ndarray:
    """Streamflow of one basin in the period ``tested``, mm/day, ``[day]`` float32.

    A test after the training goes on from it: one run from the training's warm-up to the
    test's end, so that the stores are as filled as they can be.

    Returns
    -------
    numpy.ndarray
        NaN where the record of forcing does not reach, or without parameters.

    Raises
    ------
    DataError
        If the data do not cover the period or there is no forcing.
    """
    require_covered(ds, tested)
    parameters = np.array([calibrated[name] for name in BOUNDS])
    if not np.isfinite(parameters).all():
        return np.full(tested.days, np.nan, np.float32)
    span = Period(start=min(trained.start, tested.start), end=tested.end)
    weather = gr4j.basin_weather(ds, attributes, span)
    flow = gr4j.snow_model(weather, calibrated["snow"])(parameters)
    days = pd.date_range(tested.start, periods=tested.days)
    return pd.Series(flow, weather.index[WARM_UP_DAYS:]).reindex(days).to_numpy(np.float32)


def require_covered(ds: xr.Dataset, period: Period) -> None:
    """Raise a DataError if ``period`` reaches beyond the days of ``ds``, the data of a basin."""
    days = ds["time"].values.astype("datetime64[D]")
    if np.datetime64(period.start) < days[0] or np.datetime64(period.end) > days[-1] + 1:
        raise DataError(
            f"basin {ds['basin'].item()}: period {period.start}..{period.end} is not covered by "
            f"the data, which span {days[0]}..{days[-1]}"
        )
