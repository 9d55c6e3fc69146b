"""What a hydrologist looks at before anything trains: a row per basin, and what is wrong.

The findings are those of :mod:`hydrotl.data.examine` and, where flow does not fit the rain, the
unit or area that would explain it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data import evaporation
from hydrotl.data.balance import budyko
from hydrotl.data.bounds import bounds_of
from hydrotl.data.canonical import static_attributes
from hydrotl.data.examine import examine
from hydrotl.data.findings import Finding, Locate
from hydrotl.data.lags import EARLIEST, rise_after_rain
from hydrotl.data.manifest import Attributes
from hydrotl.data.own_water import SHIFT, UNIT, Means, water_findings
from hydrotl.data.ownfile import load_own, own_attrs, own_entry, own_words, region_file
from hydrotl.data.readers import read_unchecked
from hydrotl.data.suspects import rain_of
from hydrotl.data.values import run_lengths
from hydrotl_core.errors import DataError
from hydrotl_core.scaling import STREAMFLOW

YEAR = 365.25
#: A mean of fewer days may lack a season.
LEAST_DAYS = 330
#: Kinds of findings on flow that a wrong unit brings about.
_BY_UNIT = {"value", "mean", "volume", "runoff ratio", "water balance", "flood"}
#: Correlation of rising flow with rain below which no lag is told.
LEAST_CORRELATION = 0.1


def check_own(ds: xr.Dataset) -> tuple[pd.DataFrame, list[Finding]]:
    """Look at the data of a folder.

    Parameters
    ----------
    ds
        Data of :func:`hydrotl.data.own.open_own`, or canonical data with the same attributes.

    Returns
    -------
    table : pandas.DataFrame
        A row per basin, its id as index: ``first`` and ``last`` day of any variable, ``years``
        between them, ``flow_years`` and ``flow_gaps`` (observed years, and days without flow
        between the first and the last observed), ``weather_gaps`` (days on which some weather is
        missing), ``prcp``, ``pet`` (after Oudin, or the data's own) and ``flow`` in mm/year,
        ``tmean`` in degC, ``runoff_ratio``, ``aridity`` (evapotranspiration over rain) and
        ``budyko`` (runoff ratio that rain and evapotranspiration let expect), ``lag`` (days that
        flow rises after rain), ``zero_flow`` (share of the observed days), ``flat_days`` (longest
        run of one flow other than 0), ``unusual`` (values outside of what nature usually does).
        NaN where not known.
    findings
        What is impossible, then what is doubtful, each with a remedy; guesses of ``hydrotl init``
        come last.
    """
    roles = roles_of(ds)
    rows = {str(basin): _row(ds.sel(basin=basin), roles) for basin in ds["basin"].values}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("basin")
    found = examine(ds, roles)
    wrong = [one for one in found if one.grade == "impossible" and one.kind in _BY_UNIT | {"area"}]
    if all(one.variable == STREAMFLOW for one in wrong):
        found = _merged(water_findings(ds, row_means(ds)), found)
    accepted = set(str(ds.attrs.get("accept", "")).split("\n"))
    found = [replace(f, grade="doubtful") if f.kind in accepted else f for f in found]
    found = sorted(found, key=lambda finding: finding.grade == "doubtful")
    return table, [*found, *_without_flow(ds), *_guesses(ds)]


def look_own(folder: str | Path) -> tuple[pd.DataFrame, list[Finding]]:
    """:func:`check_own` of the files of a folder, whose values may be impossible.

    The texts of findings name file and line, where these are known.

    Raises
    ------
    ConfigError, DataError
        If there is no valid ``region.yaml``, or a file cannot be read as it says.
    """
    path = region_file(folder)
    own = load_own(path)
    entry = own_entry(own, path.parent)
    try:
        ds, locate = read_unchecked(path.parent, entry, None)
    except DataError as error:
        raise DataError(own_words(str(error))) from None
    table, findings = check_own(ds.assign_attrs(source=str(path), **own_attrs(own)))
    return table, [_placed(one, locate) for one in findings]


def _placed(finding: Finding, locate: Locate) -> Finding:
    """A finding that says in which file and line it is, in the words of ``region.yaml``."""
    place = locate(finding) if finding.day is not None else ""
    text = f"{finding.text} ({place})" if place else finding.text
    return replace(finding, text=own_words(text), remedy=own_words(finding.remedy))


def row_means(ds: xr.Dataset) -> dict[str, Means]:
    """Means of each basin, by its id."""
    roles = roles_of(ds)
    rows = {}
    for basin in map(str, ds["basin"].values):
        one = ds.sel(basin=basin)
        rain, flow, pet, _ = _daily(one, roles)
        both = np.isfinite(rain) & np.isfinite(flow)
        rows[basin] = Means(
            _mean(np.where(both, flow, np.nan)),
            _mean(np.where(both, rain, np.nan)),
            _ratio(_mean(pet), _mean(rain)),
            float(one["area_km2"]) if "area_km2" in one else np.nan,
        )
    return rows


def _merged(explained: list[Finding], found: list[Finding]) -> list[Finding]:
    """Findings with those that an explanation makes superfluous left out."""
    units = any(f.kind == UNIT for f in explained)
    moved = {f.basin for f in explained if f.kind == SHIFT}

    def superfluous(one: Finding) -> bool:
        if one.variable != STREAMFLOW:
            return False
        return (units and one.kind in _BY_UNIT) or (one.basin in moved and one.kind == "lag")

    return [*explained, *(one for one in found if not superfluous(one))]


def roles_of(ds: xr.Dataset) -> Attributes:
    """Which attributes of own data are the area, the latitude and so on."""
    names = {
        "area": "area_km2",
        "latitude": "latitude",
        "longitude": "longitude",
        "elevation": "elevation_m",
    }
    known = static_attributes(ds)
    there = {role: name for role, name in names.items() if name in known}
    return Attributes.model_validate({**there, "radiation": ds.attrs.get("radiation") or None})


def _without_flow(ds: xr.Dataset) -> list[Finding]:
    """Basins without a single reading; whether a file of theirs was lost, nothing else tells."""
    remedy = (
        "if it is gauged, see which of its files or columns region.yaml lacks; without a gauge it "
        "can be simulated but not tested"
    )
    return [
        Finding("no flow", "doubtful", STREAMFLOW, b, 0.0, f"basin {b} has no flow at all", remedy)
        for b in map(str, ds["basin"].values)
        if STREAMFLOW not in ds or not np.isfinite(ds[STREAMFLOW].sel(basin=b).values).any()
    ]


def _guesses(ds: xr.Dataset) -> list[Finding]:
    remedy = "if it is right, delete the line below `guessed` in region.yaml; else correct the file"
    lines = [line for line in str(ds.attrs.get("guessed", "")).split("\n") if line]
    return [Finding("guess", "doubtful", "", "", 0.0, line, remedy) for line in lines]


def _row(one: xr.Dataset, roles: Attributes) -> dict[str, object]:
    """The row of a basin, of data on ``time`` alone."""
    days = pd.DatetimeIndex(one["time"].values)
    daily = {
        str(n): a.values.astype(float) for n, a in one.data_vars.items() if a.dims == ("time",)
    }
    unknown = np.full(len(days), np.nan)
    known = np.flatnonzero(np.any(np.isfinite([*daily.values(), unknown]), axis=0))
    span = slice(known[0], known[-1] + 1) if known.size else slice(0, 0)
    weather = [values[span] for name, values in daily.items() if name != STREAMFLOW]
    rain, flow, pet, warm = _daily(one, roles)
    both = np.isfinite(rain) & np.isfinite(flow)
    rain_then, flow_then = (_mean(np.where(both, values, np.nan)) for values in (rain, flow))
    aridity = _ratio(_mean(pet), _mean(rain))
    return {
        "first": days[span][0] if known.size else pd.NaT,
        "last": days[span][-1] if known.size else pd.NaT,
        "years": round(len(days[span]) / YEAR, 1),
        "weather_gaps": int(np.isnan(weather).any(axis=0).sum()) if weather else 0,
        **_readings(flow),
        "prcp": round(_mean(rain) * YEAR, 0),
        "tmean": round(_mean(warm), 1),
        "pet": round(_mean(pet) * YEAR, 0),
        "flow": round(_mean(flow) * YEAR, 0),
        "runoff_ratio": round(_ratio(flow_then, rain_then), 2),
        "aridity": round(aridity, 2),
        "budyko": round(float(budyko(np.array([aridity]))[0]), 2),
        "lag": _lag(rain, flow),
        "unusual": sum(_outside(values, name) for name, values in daily.items()),
    }


def _daily(one: xr.Dataset, roles: Attributes) -> tuple[np.ndarray, ...]:
    """Rain, flow and potential evapotranspiration, mm/day, and mean temperature, degC."""
    days = pd.DatetimeIndex(one["time"].values)
    unknown = np.full(len(days), np.nan)
    warm = pet = unknown
    if "tmean" in one or ("tmin" in one and "tmax" in one):
        warm = evaporation.mean_temperature(one).values.astype(float)
    latitude = float(one[roles.latitude]) if roles.latitude is not None else np.nan
    published = [n for n in map(str, one.data_vars) if n.split("_")[0] == "pet"]
    if abs(latitude) <= 90 and np.isfinite(warm).any():
        pet = evaporation.oudin(warm, days.day_of_year.to_numpy(), latitude)
    elif published:
        pet = one[published[0]].values.astype(float)
    name = rain_of(one)
    rain = unknown if name is None else one[name].values.astype(float)
    flow = one[STREAMFLOW].values.astype(float) if STREAMFLOW in one else unknown
    return rain, flow, pet, warm


def _readings(flow: np.ndarray) -> dict[str, object]:
    """How much of the flow is there, and how much of it is 0 or stands still."""
    known = np.flatnonzero(np.isfinite(flow))
    if not known.size:
        return {"flow_years": 0.0, "flow_gaps": 0, "zero_flow": np.nan, "flat_days": 0}
    inside = flow[known[0] : known[-1] + 1]
    lengths, ends = run_lengths(inside[1:] == inside[:-1])
    moving = lengths[inside[ends] > 0]
    return {
        "flow_years": round(known.size / YEAR, 1),
        "flow_gaps": int(np.isnan(inside).sum()),
        "zero_flow": round(float((flow[known] == 0).mean()), 3),
        "flat_days": int(moving.max(initial=0)),
    }


def _lag(rain: np.ndarray, flow: np.ndarray) -> float:
    """Days that flow rises after rain; NaN where it does not follow rain."""
    if not np.isfinite(flow).any() or not np.isfinite(rain).any():
        return np.nan
    found = rise_after_rain(rain, flow)
    if not np.nanmax(found, initial=-1) > LEAST_CORRELATION:
        return np.nan
    return float(np.nanargmax(found) + EARLIEST)


def _outside(values: np.ndarray, name: str) -> int:
    """Number of values that are not usual anywhere."""
    low, high = bounds_of(name).usual
    return int(((values < low) | (values > high)).sum())


def _mean(values: np.ndarray) -> float:
    """Mean of the known values; NaN where these are fewer than :data:`LEAST_DAYS`."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size >= LEAST_DAYS else np.nan


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else np.nan
