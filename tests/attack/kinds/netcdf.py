"""NetCDF series: forms, statements, values, times and damage."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.attack.case import Change, Mutation, Right
from tests.attack.kinds.damage import DAMAGES
from tests.attack.kinds.netcdf_files import (
    Edit,
    File,
    apart,
    attrs,
    masked_as,
    skipped,
    stamped,
    swapped,
    timed,
    together,
    twice,
    valued,
)
from tests.attack.world import BASIN, COLUMNS, DAYS, NATIVE, TARGET, TARGET_FOLDER

AREA = "NetCDF series"
NAMES = ("all.nc", f"{BASIN}.nc", BASIN)
FILL = 9.969209968386869e36
#: Beside which the others are held: values are decoded in float32, other than those of texts.
PLAIN = f"{AREA}: forms: one file of all"
MASKED = f"{AREA}: sentinels: nan in discharge"


def mutations() -> Iterator[Mutation]:
    """Forms, statements, values, times and damage."""
    yield of("forms", "one file of all", "same", together(File()))
    yield of("forms", "one file a basin", "same", apart(lambda ds, chance: None))
    for title, file in SAME.items():
        yield of("forms", title, "same", together(file))
    for title, (right, edit, names) in WRONG.items():
        yield of("wrong files", title, right, together(File(edit)), names)
    unit = ("units", "rain", "prcp", "t_high", "tmax", "discharge", "flow", "streamflow")
    for native, text, right in STATED:
        edit = attrs(native, units=text)
        title = f"{native} states {text!r}"
        yield of("stated units", title, right, together(File(edit)), (native, *unit))
    for title, (right, file) in TIMES.items():
        yield of("times", title, right, together(file), ("time",))
    yield of(
        "sentinels", "nan in discharge", "same", apart(valued("discharge", np.nan)), (), MASKED
    )
    for native in NATIVE:
        names = (native, *(k for k, v in COLUMNS.items() if v[0] == native))
        for value in (FILL, -999.0, 1e20, 32767.0, np.inf, -np.inf, -32768.0):
            right, like = ("doubt" if value == FILL else "error"), PLAIN
            if value == FILL and native == "discharge":
                right, like = "same", MASKED  # the library's own mark of a missing value
            change = apart(valued(native, value))
            yield of("sentinels", f"{value:g} in {native}", right, change, names, like)
    for title, (right, damage) in DAMAGES.items():
        yield of("damage", title, right, damaged(damage), (*NATIVE, *COLUMNS, "time"))


def of(
    kind: str,
    title: str,
    right: Right,
    change: Change,
    names: tuple[str, ...] = (),
    like: str = PLAIN,
) -> Mutation:
    """A mutation of the series as NetCDF."""
    return Mutation(AREA, kind, title, right, change, (*NAMES, *names), like=like)


def damaged(damage: Callable[[bytes, random.Random], bytes]) -> Change:
    """The one file, packed so that a flipped bit in the values is noticed, and then damaged."""
    packed: dict[str, dict[str, Any]] = {name: {"zlib": True, "complevel": 1} for name in NATIVE}

    def change(root: Path, chance: random.Random) -> None:
        together(File(encoding=packed))(root, chance)
        path = root / TARGET_FOLDER / "all.nc"
        path.write_bytes(damage(path.read_bytes(), chance))

    return change


_FLOAT = {name: {"dtype": "float32"} for name in NATIVE}
SAME: dict[str, File] = {
    "float32": File(encoding=_FLOAT),
    "compressed": File(encoding={n: {"zlib": True, "shuffle": True} for n in NATIVE}),
    "checksums": File(encoding={n: {"fletcher32": True} for n in NATIVE}),
    "classic": File(format="NETCDF3_CLASSIC"),
    "64 bit": File(format="NETCDF3_64BIT"),
    "classic model": File(format="NETCDF4_CLASSIC"),
    "time first": File(lambda ds, c: ds.transpose("time", "basin")),
    "big endian": File(encoding={n: {"dtype": ">f8"} for n in NATIVE}),
    "a dimension of one": File(lambda ds, c: ds.expand_dims(ensemble=[0]).transpose(..., "time")),
    "variables more": File(lambda ds, c: ds.assign(note=("basin", list("abcdef")), crs=1)),
    "other names of dimensions": File(
        lambda ds, c: ds.rename(basin="gauge", time="day"),
        {"day": {"units": "days since 1990-01-01"}},
        options={"time_name": "day", "basin_name": "gauge"},
    ),
    "no attributes but units": File(lambda ds, c: None),
    "global attributes": File(lambda ds, c: ds.assign_attrs(title="<b>x</b>", history="\n" * 9)),
    "missing as -999 with _FillValue": masked_as(-999.0, _FillValue=-999.0),
    "missing as -999 with missing_value": masked_as(-999.0, missing_value=-999.0),
    "missing as the library's fill value": masked_as(FILL),
    "missing as 1e20 with both": masked_as(1e20, _FillValue=1e20, missing_value=1e20),
}
WRONG: dict[str, tuple[Right, Edit, tuple[str, ...]]] = {
    "no rain": ("error", lambda ds, c: ds.drop_vars("rain"), ("rain",)),
    "rain named Rain": ("error", lambda ds, c: ds.rename(rain="Rain"), ("rain",)),
    "rain of basins only": ("error", lambda ds, c: ds.assign(rain=ds["rain"][:, 0]), ("rain",)),
    "rain of days only": ("error", lambda ds, c: ds.assign(rain=ds["rain"][0]), ("rain",)),
    "rain as text": ("error", lambda ds, c: ds.assign(rain=ds["rain"].astype(str)), ("rain",)),
    "rain on levels": (
        *("error", lambda ds, c: ds.assign(rain=ds["rain"].expand_dims(level=[1, 2]))),
        ("rain", "level"),
    ),
    "rain with a scale of 0": ("error", attrs("rain", scale_factor=0.0), ("rain", "prcp")),
    "rain with a scale of NaN": ("error", attrs("rain", scale_factor=np.nan), ("rain", "prcp")),
    "rain with a scale of infinity": (
        "error",
        attrs("rain", scale_factor=np.inf),
        ("rain", "prcp"),
    ),
    "rain with a scale as text": ("error", attrs("rain", scale_factor="a lot"), ("rain", "prcp")),
    "rain with a negative scale": ("error", attrs("rain", scale_factor=-1.0), ("rain", "prcp")),
    "rain with a scale of 0.01": ("doubt", attrs("rain", scale_factor=0.01), ("rain", "prcp")),
    "rain with an offset of -5": ("error", attrs("rain", add_offset=-5.0), ("rain", "prcp")),
    "temperature with an offset": (
        *("error", attrs("t_high", add_offset=273.15)),
        ("t_high", "tmax"),
    ),
    "flow with an offset as text": ("error", attrs("discharge", add_offset="x"), ("discharge",)),
    "no time": ("error", lambda ds, c: ds.isel(time=0), ("time",)),
    "no day": ("error", lambda ds, c: ds.isel(time=slice(0, 0)), ("time",)),
    "no basin": ("error", lambda ds, c: ds.isel(basin=slice(0, 0)), ("basin",)),
    "no basin ids": ("error", lambda ds, c: ds.drop_vars("basin"), ("basin",)),
    "a basin twice": (
        *("error", lambda ds, c: ds.assign_coords(basin=["0101", *TARGET[:-1]])),
        ("0101",),
    ),
    "basin ids without zeros": (
        *("error", lambda ds, c: ds.assign_coords(basin=[int(b) for b in TARGET])),
        ("101",),
    ),
    "basin ids as fractions": (
        *("error", lambda ds, c: ds.assign_coords(basin=[float(b) + 0.5 for b in TARGET])),
        ("101.5",),
    ),
    "an empty basin id": (
        *("error", lambda ds, c: ds.assign_coords(basin=[*TARGET[:-1], ""])),
        ("basin",),
    ),
    "unknown basin ids": (
        *("error", lambda ds, c: ds.assign_coords(basin=[f"x{b}" for b in TARGET])),
        ("x0101",),
    ),
    "all values missing": ("doubt", lambda ds, c: ds.where(False), (*NATIVE, *COLUMNS)),
    "only zeros": ("doubt", lambda ds, c: ds * 0, (*NATIVE, *COLUMNS)),
    "rain of complex name": ("error", lambda ds, c: ds.rename(rain="rain\u200b"), ("rain",)),
}
STATED: list[tuple[str, str | None, Right]] = [
    ("rain", "mm", "same"),
    ("rain", "mm d-1", "same"),
    ("rain", "mm day**-1", "same"),
    ("rain", "mm day-1", "same"),
    ("rain", "millimeters per day", "either"),
    ("rain", None, "same"),
    ("rain", "", "either"),
    ("rain", "unknown", "doubt"),
    ("rain", "m", "error"),
    ("rain", "kg m-2 s-1", "error"),
    ("rain", "inches/day", "error"),
    ("rain", "mm/month", "error"),
    ("rain", "degC", "error"),
    ("t_high", "degrees C", "same"),
    ("t_high", "degree_C", "same"),
    ("t_high", "degC", "same"),
    ("t_high", "Celsius", "same"),
    ("t_high", "celsius", "same"),
    ("t_high", "deg C", "same"),
    ("t_high", "degrees_Celsius", "same"),
    ("t_high", "C", "same"),
    ("t_high", "\u00b0C", "same"),
    ("t_high", "K", "error"),
    ("t_high", "kelvin", "error"),
    ("t_high", "degF", "error"),
    ("t_high", "W/m2", "error"),
    ("discharge", "m3 s-1", "same"),
    ("discharge", "m^3/s", "same"),
    ("discharge", "cumecs", "same"),
    ("discharge", "l/s", "error"),
    ("discharge", "mm/day", "error"),
    ("discharge", "ft3/s", "error"),
    ("discharge", "m3", "error"),
]
TIMES: dict[str, tuple[Right, File]] = {
    "hours": ("same", stamped(lambda n: np.arange(n) * 24, units="hours since 2000-01-01")),
    "seconds": ("same", stamped(lambda n: np.arange(n) * 86400, units="seconds since 2000-01-01")),
    "minutes": ("same", stamped(lambda n: np.arange(n) * 1440, units="minutes since 2000-01-01")),
    "fractions": ("same", stamped(lambda n: np.arange(n) + 0.5, units="days since 2000-01-01")),
    "a half-hour zone": (
        *("same", stamped(np.arange, units="days since 2000-01-01 00:00:00 +05:30")),
    ),
    "a zone": ("same", stamped(np.arange, units="days since 2000-01-01 00:00:00 -6:00")),
    "calendar gregorian": (
        *("same", stamped(np.arange, units="days since 2000-01-01", calendar="gregorian")),
    ),
    "calendar noleap": (
        *("error", stamped(np.arange, units="days since 2000-01-01", calendar="noleap")),
    ),
    "calendar of 360 days": (
        *("error", stamped(np.arange, units="days since 2000-01-01", calendar="360_day")),
    ),
    "calendar unknown": (
        *("error", stamped(np.arange, units="days since 2000-01-01", calendar="maya")),
    ),
    "calendar julian": (
        *("error", stamped(np.arange, units="days since 2000-01-01", calendar="julian")),
    ),
    "no units": ("error", stamped(np.arange)),
    "units that are none": ("error", stamped(np.arange, units="sunrises")),
    "units of an impossible day": ("error", stamped(np.arange, units="days since 2000-02-30")),
    "units of no day": ("error", stamped(np.arange, units="days since")),
    "months": ("error", stamped(np.arange, units="months since 2000-01-01")),
    "day numbers as units": ("error", stamped(np.arange, units="day as %Y%m%d.%f")),
    "texts": ("either", stamped(lambda n: DAYS.strftime("%Y-%m-%d").to_numpy())),
    "NaN": (*("error", stamped(lambda n: np.full(n, np.nan), units="days since 2000-01-01")),),
    "all alike": ("error", stamped(lambda n: np.zeros(n), units="days since 2000-01-01")),
    "too far": ("error", stamped(lambda n: np.arange(n) * 1e9, units="days since 2000-01-01")),
    "falling": ("either", timed(lambda t: t[::-1])),
    "two swapped": ("either", timed(swapped)),
    "a day twice": ("error", timed(twice)),
    "a day skipped": ("error", timed(skipped)),
    "every other day": ("error", timed(lambda t: t[0] + (t - t[0]) * 2)),
    "hours for days": ("error", timed(lambda t: t[0] + (t - t[0]) / 24)),
}
