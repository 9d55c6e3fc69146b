"""Calibrating GR4J with snow, basin by basin, on the training years.

The benchmark of a local LSTM: the same forcing and the same observed days, six parameters.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import differential_evolution

from hydrotl.data.manifest import Attributes
from hydrotl.process_based import WARM_UP_DAYS, gr4j
from hydrotl_core.arrays import observed_flow
from hydrotl_core.errors import DataError
from hydrotl_core.recipe import Period

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


def fit(weather: pd.DataFrame, observed: np.ndarray, seed: int) -> dict[str, float]:
    """Parameters that maximise the NSE, by differential evolution (Storn and Price 1997).

    Searches with new random candidates, every other one with the result of airGR's own
    calibration among them, are repeated until two of them reach the same best NSE, at most
    :data:`SEARCHES` times; the best is kept.

    Parameters
    ----------
    weather
        Weather of the training period (:func:`hydrotl.process_based.gr4j.basin_weather`).
    observed
        Streamflow of the days after the warm-up, ``[day]``, mm/day, NaN = missing.
    seed
        Seed of the searches; the same seed gives the same parameters.

    Returns
    -------
    dict
        The parameters (:data:`BOUNDS`), ``nse`` on the observed days and ``runs`` of the model;
        NaN if the observed flow has no variation to explain.
    """
    seen = np.isfinite(observed)
    flow = observed[seen].astype(float)
    if not flow.size or flow.max() == flow.min():
        return {**dict.fromkeys([*BOUNDS, "nse"], float("nan")), "runs": 0}
    variation = float(((flow - flow.mean()) ** 2).sum())
    snow = gr4j.yearly_snow(weather)
    run = gr4j.snow_model(weather, snow)
    limits = np.array(list(BOUNDS.values()))
    fixed = np.full(len(BOUNDS), np.nan)
    if snow == 0:
        fixed[[list(BOUNDS).index(name) for name in SNOWLESS]] = list(SNOWLESS.values())
    free = np.isnan(fixed)
    grsuite = gr4j.library()
    start = grsuite.calibration_michel(
        *gr4j.prepared(weather, gr4j.SNOW_MODEL, mean_an_solid_precip=[snow]),
        grsuite.InputsCrit("NSE", obs=observed.astype(float)),
        grsuite.CalibOptions(gr4j.SNOW_MODEL, fixed_param=fixed),
        verbose=False,
    ).param_final_r
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
        rng = np.random.default_rng([seed, search])
        found.append(
            differential_evolution(
                loss,
                list(zip(low, high, strict=True)),
                x0=None if search % 2 else np.clip(first, low, high),
                rng=rng,
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
        "runs": sum(int(result.nfev) for result in found),
    }


def calibrate(
    ds: xr.Dataset, attributes: Attributes, periods: Sequence[Period], seed: int
) -> pd.DataFrame:
    """Calibrate every basin on its period, after a warm-up year.

    Parameters
    ----------
    ds
        Canonical data with ``prcp``, a temperature, streamflow, and a potential
        evapotranspiration or the latitude. No value after a basin's period is used.
    attributes
        The data set's roles of attributes.
    periods
        Training period of each basin.
    seed
        Seed of the search.

    Returns
    -------
    pandas.DataFrame
        A row per basin: the parameters (:data:`BOUNDS`), ``snow`` (mean snowfall of the
        training years, mm/year, which belongs to the model), ``nse`` on the training days and
        ``runs`` of the model; NaN where no flow, or no variation of it, was observed.

    Raises
    ------
    DataError
        If a variable or the latitude is missing, a basin has flow but no forcing in its
        period, or the data do not cover a period.
    """
    require_covered(ds, periods)
    observed = observed_flow(ds, periods)
    rows = []
    for row, period in enumerate(periods):
        if not np.isfinite(observed[row]).any():
            rows.append({**dict.fromkeys([*BOUNDS, "snow", "nse"], float("nan")), "runs": 0})
            continue
        weather = gr4j.basin_weather(ds, row, attributes, period)
        first = (weather.index[WARM_UP_DAYS] - pd.Timestamp(period.start)).days
        flow = observed[row, first : first + len(weather) - WARM_UP_DAYS]
        rows.append({**fit(weather, flow, seed), "snow": gr4j.yearly_snow(weather)})
    return pd.DataFrame(rows, index=pd.Index(ds["basin"].values, name="basin"))


def simulate_calibrated(
    ds: xr.Dataset,
    attributes: Attributes,
    calibrated: pd.DataFrame,
    fit_periods: Sequence[Period],
    test_periods: Sequence[Period],
) -> np.ndarray:
    """Streamflow of the test periods, mm/day, ``[basin, day]`` float32.

    A test after the training goes on from it: one run from the training's warm-up to the
    test's end, so that the stores are as filled as they can be.

    Returns
    -------
    numpy.ndarray
        NaN past a basin's period, where its record of forcing does not reach, and in basins
        without parameters.

    Raises
    ------
    DataError
        If the data do not cover a period or a basin has no forcing there.
    """
    require_covered(ds, test_periods)
    flow = np.full((len(test_periods), max(p.days for p in test_periods)), np.nan, np.float32)
    for row, (trained, tested) in enumerate(zip(fit_periods, test_periods, strict=True)):
        values = calibrated.iloc[row]
        parameters = values[list(BOUNDS)].to_numpy(dtype=float)
        if not np.isfinite(parameters).all():
            continue
        begin = min(trained.start, tested.start)
        weather = gr4j.basin_weather(ds, row, attributes, Period(start=begin, end=tested.end))
        simulated = gr4j.snow_model(weather, float(values["snow"]))(parameters)
        offset = (weather.index[WARM_UP_DAYS] - pd.Timestamp(tested.start)).days
        simulated = simulated[max(-offset, 0) :]
        flow[row, max(offset, 0) : max(offset, 0) + len(simulated)] = simulated
    return flow


def require_covered(ds: xr.Dataset, periods: Sequence[Period]) -> None:
    """Raise a DataError if a period reaches beyond the days of ``ds``."""
    days = ds["time"].values.astype("datetime64[D]")
    for basin, period in zip(ds["basin"].values, periods, strict=True):
        if np.datetime64(period.start) < days[0] or np.datetime64(period.end) > days[-1] + 1:
            raise DataError(
                f"basin {basin}: period {period.start}..{period.end} is not covered by the "
                f"data, which span {days[0]}..{days[-1]}"
            )


def require_calibrated(calibrated: pd.DataFrame) -> None:
    """Raise a DataError if no basin could be calibrated."""
    if not calibrated["nse"].notna().any():
        raise DataError(
            "no basin has streamflow that varies in its training period: nothing to calibrate on"
        )
