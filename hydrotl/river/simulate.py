"""A run used on other weather: other years, a forecast, a scenario, a basin without a gauge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.canonical import dynamic_variables, static_attributes
from hydrotl.data.climate import with_climate
from hydrotl.data.coverage import check_coverage
from hydrotl.data.manifest import Attributes
from hydrotl.river.bands import RunBands, read_bands
from hydrotl.river.folder import Run
from hydrotl.river.likeness import doubt_other_weather, refuse_other_places
from hydrotl.river.models import chosen_flow, members, ungauged_flow
from hydrotl.river.plan import UNGAUGED, weather_and_flow
from hydrotl.river.series import with_band
from hydrotl_core.errors import DataError
from hydrotl_core.recipe import Inputs, Period
from hydrotl_core.scaling import STREAMFLOW
from hydrotl_core.use import LEAD_DAYS, record_periods
from hydrotl_core.weights import load_weights


@dataclass(frozen=True)
class Simulation:
    """What was simulated: ``simulated``, ``low``, ``high`` (mm/day), and what to know of it."""

    series: xr.Dataset
    said: tuple[str, ...]


def simulate_run(run: Run, forcing: xr.Dataset, roles: Attributes) -> Simulation:
    """Streamflow that a run gives for other weather.

    A basin of the run is simulated by what the run has chosen. Its state comes from the run's own
    weather up to the first day of ``forcing``; so days of the run's record give the series of the
    run. Where days lie between the two, the first year of ``forcing``, repeated backwards, brings
    the state up instead. A basin that the run does not have is simulated by the source as it is.

    Parameters
    ----------
    run
        Whose models are used.
    forcing
        Canonical data with ``prcp`` and a temperature, and the latitude of basins that the run does
        not have; no flow is needed, and none that is there is looked at.
    roles
        Which attribute is the latitude, and so on.

    Returns
    -------
    Simulation
        Of the days of ``forcing``; NaN outside a basin's record.

    Raises
    ------
    DataError
        If ``forcing`` lacks what the models were trained with, or weather on some day of a record,
        or says that a basin of the run is elsewhere or of another size.

    Warns
    -----
    DoubtfulData
        Of a longitude that is not the run's, and of weather unlike all of the run's.
    """
    nothing = np.full((forcing.sizes["basin"], forcing.sizes["time"]), np.nan, np.float32)
    refuse_other_places(run, forcing, roles)
    blind = forcing.assign({STREAMFLOW: (("basin", "time"), nothing, {"units": "mm/day"})})
    blind, roles = _with_latitudes(run, blind, roles)
    given, bands = weather_and_flow(blind, roles), read_bands(run.folder)
    _refuse_gaps(run, given)
    ids = [str(basin) for basin in given["basin"].values]
    own = [basin for basin in ids if basin in run.file.basins]
    other = [basin for basin in ids if basin not in run.file.basins]
    doubt_other_weather(run, given, own)
    parts, said = [], []
    for group in _alike(run, given, own):
        joined, text = _joined(run, given.sel(basin=group))
        said.append(text)
        flow = chosen_flow(run, joined, group)
        parts.append(_banded(flow, group, joined, given, bands))
    if other:
        parts.append(_ungauged(run, given.sel(basin=other), other, bands))
        said.append(
            f"No gauge of {', '.join(other)} is known to the run: simulated by the source as it "
            f"is{_elsewhere(bands)}. Treat it as a first estimate"
        )
    return Simulation(xr.concat(parts, "basin").sel(basin=ids), tuple(dict.fromkeys(said)))


def _elsewhere(bands: RunBands) -> str:
    if bands.ungauged is None:
        return ", without a band, since no errors in such basins are known"
    return (
        ", with a band as wide as its errors were in the basins of the study, of which it had "
        "seen no day (no band below a year of weather)"
    )


def _with_latitudes(
    run: Run, forcing: xr.Dataset, roles: Attributes
) -> tuple[xr.Dataset, Attributes]:
    """``forcing`` with the latitudes that the run knows, where it has none of its own."""
    name = roles.latitude if roles.latitude in static_attributes(forcing) else None
    own = np.full(forcing.sizes["basin"], np.nan) if name is None else forcing[name].values
    known = [run.file.basins.get(str(basin)) for basin in forcing["basin"].values]
    filled = [
        basin.latitude if np.isnan(value) and basin and basin.latitude is not None else value
        for value, basin in zip(own, known, strict=True)
    ]
    column = name or run.file.latitude
    latitudes = ("basin", np.array(filled, dtype=float))
    return forcing.assign({column: latitudes}), roles.model_copy(update={"latitude": column})


def _refuse_gaps(run: Run, given: xr.Dataset) -> None:
    """Weather that is missing inside a record: as in training, little may be filled."""
    source = load_weights(members(run.folder, run.file.models[UNGAUGED])[0])[1].scaler
    every_day = given.assign({STREAMFLOW: given[STREAMFLOW].fillna(0.0)})
    inputs = Inputs(dynamic=["prcp", "tmean"])
    # Basin by basin: days before the first of one are not missing because another one has them.
    for basin, period in zip(given["basin"].values, record_periods(given, source), strict=True):
        own = every_day.sel(basin=[basin], time=slice(pd.Timestamp(period.start), None))
        check_coverage(own, inputs, (), [period], "forcing", "forcing")


def _alike(run: Run, given: xr.Dataset, basins: Sequence[str]) -> list[list[str]]:
    """Basins in groups whose weather begins on the same day."""
    groups: dict[pd.Timestamp, list[str]] = {}
    for basin in basins:
        one = given.sel(basin=basin)
        there = np.flatnonzero(np.isfinite(one["prcp"].values))
        if not there.size:
            raise DataError(f"no rain (prcp) in the forcing of basin {basin}")
        groups.setdefault(pd.Timestamp(one["time"].values[there[0]]), []).append(basin)
    return list(groups.values())


def _joined(run: Run, given: xr.Dataset) -> tuple[xr.Dataset, str]:
    """The run's own weather before ``given``, and ``given``; and what is said of it."""
    basins = [str(basin) for basin in given["basin"].values]
    known = run.inputs.sel(basin=basins)
    _refuse_less(known, given)
    first = _first_day(given)
    before = known.sel(time=slice(None, first - pd.Timedelta(1, "D")))
    names = ", ".join(basins)
    last = _last_day(before)
    fixed = known.drop_vars(dynamic_variables(known))
    daily = [name for name in dynamic_variables(given) if name in known]
    new = given[daily].sel(time=slice(first, None))
    if last is None or last < first - pd.Timedelta(1, "D"):
        text = (
            f"{names}: the run's weather does not reach {first.date()}, so {LEAD_DAYS} days of the "
            "forcing, repeated, bring the state up: mind the first months"
        )
        return xr.merge([fixed.drop_vars("time"), new], compat="override"), text
    days = pd.Timedelta(first - _first_day(before)).days
    text = f"{names}: {days} days of the run's own weather before {first.date()} bring the state up"
    series = xr.concat([before[daily], new], "time", data_vars="all", join="outer")
    return xr.merge([fixed.drop_vars("time"), series], compat="override"), text


def _first_day(ds: xr.Dataset) -> pd.Timestamp:
    there = np.isfinite(ds["prcp"].values).any(axis=0)
    return pd.Timestamp(ds["time"].values[int(np.argmax(there))])


def _last_day(ds: xr.Dataset) -> pd.Timestamp | None:
    """Last day on which all basins have rain."""
    there = np.flatnonzero(np.isfinite(ds["prcp"].values).all(axis=0))
    return pd.Timestamp(ds["time"].values[there[-1]]) if there.size else None


def _refuse_less(known: xr.Dataset, given: xr.Dataset) -> None:
    """The models saw these variables in training: without one they would be given its mean."""
    for name in dynamic_variables(known):
        if name == STREAMFLOW or name.endswith("_estimate"):
            continue
        had = np.isfinite(known[name].values).any(axis=1)
        has = np.isfinite(given[name].values).any(axis=1) if name in given else np.zeros_like(had)
        lacking = [str(basin) for basin in known["basin"].values[had & ~has]]
        if lacking:
            raise DataError(
                f"the forcing of basin {', '.join(lacking)} has no {name}, which the run's models "
                "were trained with: give it, or leave it out of the run's data and run again"
            )


def _ungauged(run: Run, given: xr.Dataset, basins: list[str], bands: RunBands) -> xr.Dataset:
    source = load_weights(members(run.folder, run.file.models[UNGAUGED])[0])[1].scaler
    periods: list[Period] = record_periods(given, source)
    ds = with_climate(given, periods)
    return with_band(ungauged_flow(run, ds), basins, given, bands)


def _banded(
    flow: np.ndarray, basins: list[str], joined: xr.Dataset, given: xr.Dataset, bands: RunBands
) -> xr.Dataset:
    """Flow with its band, of the days that were asked for in each basin."""
    found = with_band(flow, basins, joined, bands).reindex(time=given["time"].values)
    return found.where(given["time"] >= np.datetime64(_first_day(given.sel(basin=basins))))
