"""Whether weather to simulate with is of the run's basins: where they are, and how it is there."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import xarray as xr

from hydrotl.data.canonical import static_attributes
from hydrotl.data.findings import Finding, say
from hydrotl.data.manifest import Attributes
from hydrotl.river.folder import Run
from hydrotl_core.errors import DataError, DoubtfulData

#: How far apart a basin may be said to lie, degrees, and how different its areas may be.
APART, LARGER = 0.1, 0.05
#: Means further from the run's than these are of no scenario of the climate: of temperature by a
#: difference, K, of rain by a factor. Both are compared with the run's in the same months.
WARMER, WETTER = 10.0, 4.0
#: Days that such a mean needs: rain of a few weeks may be any.
LEAST_DAYS = {"tmean": 30, "prcp": 365}
#: Rain below which a factor says nothing, mm/day.
LEAST_RAIN = 0.05


def refuse_other_places(run: Run, forcing: xr.Dataset, roles: Attributes) -> None:
    """Compare the places and areas that ``forcing`` gives basins of the run with the run's.

    Raises
    ------
    DataError
        If a latitude or an area is another one: then the id may be of another basin.

    Warns
    -----
    DoubtfulData
        If a longitude is, from which nothing is computed.
    """
    for role, unit, column in (
        ("latitude", "degrees", roles.latitude or run.file.latitude),
        ("area", "km2", roles.area or "area_km2"),
        ("longitude", "degrees", roles.longitude or "longitude"),
    ):
        if column not in static_attributes(forcing) or forcing[column].dtype.kind != "f":
            continue
        for basin, given in zip(forcing["basin"].values, forcing[column].values, strict=True):
            of_run = run.file.basins.get(str(basin))
            known = None if of_run is None else getattr(of_run, role)
            if known is None or not _differ(role, float(given), known):
                continue
            text = (
                f"forcing: basin {basin} has the {role} {given:g} {unit} ({column}), in the run "
                f"{known:g}: correct it, or give the basin another id if it is another one"
            )
            if role != "longitude":
                raise DataError(text)
            warnings.warn(text, DoubtfulData, stacklevel=3)


def _differ(role: str, given: float, known: float) -> bool:
    if role == "area":
        return abs(given - known) > LARGER * known
    if role == "longitude":
        return abs((given - known + 180) % 360 - 180) > APART
    return abs(given - known) > APART


def doubt_other_weather(run: Run, given: xr.Dataset, basins: Sequence[str]) -> None:
    """Warn of rain and temperature of the run's ``basins`` that are unlike the run's own.

    Warns
    -----
    DoubtfulData
        Once for rain and once for temperature.
    """
    found = []
    for name, days in LEAST_DAYS.items():
        for basin in basins:
            own, new = (ds[name].sel(basin=basin) for ds in (run.inputs, given))
            expected, mean = _means(own, new, days)
            if name == "tmean":
                odd = abs(mean - expected) > WARMER
            else:
                odd = expected > LEAST_RAIN and not 1 / WETTER < mean / expected < WETTER
            if odd and np.isfinite(mean):
                text = (
                    f"the mean of '{name}' is {mean:.3g} {new.attrs['units']} at basin {basin}, in "
                    f"the run's own weather of these months {expected:.3g}"
                )
                remedy = "is it of this basin, and in this unit? Of such weather the run knows none"
                found.append(Finding("weather", "doubtful", name, basin, mean, text, remedy))
    say(found, "forcing")


def _means(own: xr.DataArray, new: xr.DataArray, days: int) -> tuple[float, float]:
    """Mean that the run's weather has in the months of ``new``, and that of ``new``, or NaN."""
    new, own = (one.dropna("time") for one in (new, own))
    if new.sizes["time"] < days or not own.sizes["time"]:
        return float("nan"), float("nan")
    months = own.astype(float).groupby("time.month").mean().reindex(month=np.arange(1, 13))
    expected = months.values[new["time"].dt.month.values - 1]
    # Months that the run has none of do not count on either side.
    seen = np.isfinite(expected)
    if not seen.any():
        return float("nan"), float("nan")
    return float(expected[seen].mean()), float(new.values[seen].mean(dtype=float))
