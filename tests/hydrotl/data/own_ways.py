"""Ways to write a table of weather and flow, and to get it wrong, on three real rivers.

Each is planted in the rivers of the package lumod. The page "Your own region" shows the same list.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

#: Basin -> example of lumod, and a year in which four years of its record begin.
RIVERS = {"girnock": (3, "2003-10-01"), "tamaulipas": (1, "2001-01-01")}
NAMES = {"p": "prcp (mm)", "x": "tmax (C)", "n": "tmin (C)", "q": "Q (m3/s)"}
CANONICAL = {"p": "prcp", "x": "tmax", "n": "tmin", "q": "streamflow"}
Frames = dict[str, pd.DataFrame]


def area(basin: str) -> float:
    """Area in km2."""
    return float(rivers()[1]["area"][basin])


@cache
def rivers() -> tuple[Frames, pd.DataFrame]:
    """Four years of each river (rain in mm, degC, flow in m3/s), and area and latitude."""
    from lumod import load_example

    frames, places = {}, {}
    for basin, (number, start) in RIVERS.items():
        info, record = load_example(number)
        record = record.loc[start:].iloc[:1460]
        frame = record[["prec", "tmax", "tmin", "qt"]].set_axis(list("pxnq"), axis=1)
        frames[basin] = frame.round({"p": 1, "x": 1, "n": 1, "q": 3})
        places[basin] = {"area": float(info["area"]), "lat": float(info["lat"])}
    return frames, pd.DataFrame.from_dict(places, orient="index").rename_axis("id")


def clean() -> Frames:
    """Copies of the rivers' tables."""
    return {basin: frame.copy() for basin, frame in rivers()[0].items()}


def expected() -> xr.Dataset:
    """The canonical values, with flow in mm/day computed by hand."""
    frames, _ = rivers()
    parts = []
    for basin, frame in frames.items():
        one = frame.rename(columns=CANONICAL).rename_axis("time")
        one["streamflow"] *= 86.4 / area(basin)  # m3/s over km2 in mm/day
        parts.append(one.to_xarray().expand_dims(basin=[basin]))
    return xr.concat(parts, "basin", join="outer")


@dataclass(frozen=True)
class Way:
    """A way to write files: what it is, how to plant it, and what comes of it.

    ``says`` is part of the error or finding with its remedy; without, the values are read.
    ``when`` it is said: by ``init``, or by ``check``.
    """

    title: str
    plant: Callable[[Path], None]
    says: str = ""
    when: str = "init"
    lost: tuple[tuple[str, int], ...] = ()

    @property
    def outcome(self) -> str:
        """What a reader of the page is told."""
        if not self.says:
            return "read"
        return f"`hydrotl {self.when}` says: \u2026 {self.says} \u2026"


def table(folder: Path, text: str | None = None) -> None:
    """The two-column table of area and latitude."""
    (folder / "basins.csv").write_text(text or rivers()[1].to_csv(), encoding="utf-8")


def put(
    folder: Path,
    frames: Frames | None = None,
    *,
    names: dict[str, str] | None = None,
    date: str = "date",
    form: str = "%Y-%m-%d",
    sep: str = ",",
    decimal: str = ".",
    head: str = "",
    below: str = "",
    encoding: str = "utf-8",
    end: str = "\n",
    name: str = "{basin}.csv",
    change: Callable[[str], str] = lambda text: text,
    with_table: bool = True,
) -> None:
    """Write a file per river in a dialect."""
    if with_table:
        table(folder)
    for basin, frame in (frames or clean()).items():
        out = frame.rename(columns=names or {k: NAMES[k] for k in frame if k in NAMES})
        out.insert(0, date, pd.DatetimeIndex(frame.index).strftime(form))
        text = out.to_csv(sep=sep, decimal=decimal, index=False, lineterminator="\n")
        first, rest = text.split("\n", 1)
        text = change(f"{head}{first}\n{below}{rest}")
        path = folder / name.format(basin=basin)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.replace("\n", end).encode(encoding))


def times(column: str, factor: float, offset: float = 0.0, digits: int = 6) -> Frames:
    """The rivers with one column (or several) in another unit."""
    frames = clean()
    for frame in frames.values():
        for one in column:
            frame[one] = (frame[one] * factor + offset).round(digits)
    return frames


def renamed(**names: str) -> dict[str, str]:
    return NAMES | names


def thousands(folder: Path, sign: str, decimal: str, sep: str) -> None:
    """Flow in l/s with a sign between groups of three digits."""
    frames = times("q", 1000.0, digits=0)
    for frame in frames.values():
        frame["q"] = [
            f"{v:,.1f}".replace(",", "_").replace(".", decimal).replace("_", sign)
            for v in frame["q"]
        ]
    put(folder, frames, names=renamed(q="Q (l/s)"), sep=sep, decimal=decimal)


def aligned(folder: Path) -> None:
    put(folder, names=dict(zip("pxnq", ["prcp", "tmax", "tmin", "q_m3/s"], strict=True)), sep=" ")
    for basin in RIVERS:
        path = folder / f"{basin}.csv"
        lines = [line.split(" ") for line in path.read_text().splitlines()]
        text = "\n".join("".join(f"{field:>12}" for field in line) for line in lines)
        path.with_suffix(".txt").write_text(text + "\n")
        path.unlink()


def parts(folder: Path, columns: dict[str, Callable[[pd.DatetimeIndex], Any]]) -> None:
    """Dates in several columns."""
    frames = clean()
    for frame in frames.values():
        days = pd.DatetimeIndex(frame.index)
        for place, (name, of) in enumerate(columns.items()):
            frame.insert(place, name, of(days))
    put(folder, frames, date="drop")
    for basin in RIVERS:
        path = folder / f"{basin}.csv"
        pd.read_csv(path).drop(columns="drop").to_csv(path, index=False)


def codes(folder: Path, code: str, columns: str = "q") -> None:
    """Ten days without a value, from the 201st on."""
    frames = clean()
    for frame in frames.values():
        for column in columns:
            frame[column] = frame[column].astype(object)
            frame.iloc[200:210, list(frame).index(column)] = code
    put(folder, frames)


def apart(folder: Path) -> None:
    """Weather and flow in files of their own, of other dialects."""
    weather = {basin: frame[list("pxn")] for basin, frame in clean().items()}
    flow = {basin: frame[["q"]] for basin, frame in clean().items()}
    put(folder, weather, sep=";", decimal=",", form="%d.%m.%Y", name="weather_{basin}.csv")
    put(folder, flow, form="%m/%d/%Y", name="flow_{basin}.txt", sep="\t")


def yearly(folder: Path) -> None:
    """A file per year."""
    table(folder)
    for basin, frame in clean().items():
        for year, part in frame.groupby(pd.DatetimeIndex(frame.index).year):
            put(folder, {basin: part}, name=f"{{basin}}_{year}.csv", with_table=False)


def long(folder: Path) -> None:
    """All rivers in one file, with a column of ids."""
    table(folder)
    frames = [
        frame.rename(columns=NAMES).assign(station=basin).rename_axis("date")
        for basin, frame in clean().items()
    ]
    pd.concat(frames).to_csv(folder / "all.csv")


def wide(folder: Path) -> None:
    table(folder)
    for key, name in {"p": "rain_mm", "x": "tmax_C", "n": "tmin_C", "q": "flow_m3s"}.items():
        out = pd.concat({basin: frame[key] for basin, frame in clean().items()}, axis=1)
        out = out.rename_axis("Datum").sort_index()
        out["remark"] = ""
        out.to_csv(folder / f"{name}.csv", sep=";", decimal=",", date_format="%d/%m/%Y")


def grdc(folder: Path) -> None:
    """Flow as GRDC hands it out; the places of the stations are in it alone."""
    weather = {basin: frame[list("pxn")] for basin, frame in clean().items()}
    put(folder, weather, with_table=False, name="{basin}_weather.csv")
    for basin, frame in clean().items():
        place = rivers()[1].loc[basin]
        flow = frame["q"].map("{:.3f}".format)
        flow.iloc[200:210] = "-999.000"
        days = pd.DatetimeIndex(frame.index).strftime("%Y-%m-%d")
        rows = [f"{day};--:--;   {value}" for day, value in zip(days, flow, strict=True)]
        head = [
            "# Title:                 GRDC STATION DATA FILE",
            "#                        --------------",
            f"# GRDC-No.:              {basin}",
            f"# Latitude (DD):       {place['lat']}",
            "# Longitude (DD):      3.1",
            f"# Catchment area (km\u00b2):      {place['area']}",
            "# Altitude (m ASL):        -999.0",
            "# Unit of measure:                  m\u00b3/s",
            "# Data lines: 1460",
            "# DATA",
            "YYYY-MM-DD;hh:mm; Value",
        ]
        text = "\n".join([*head, *rows]) + "\n"
        (folder / f"{basin}_Q_Day.Cmd.txt").write_bytes(text.encode("latin-1"))


def usgs(folder: Path) -> None:
    """Flow as the USGS hands it out (RDB), in cubic feet per second."""
    weather = {basin: frame[list("pxn")] for basin, frame in clean().items()}
    put(folder, weather, name="{basin}_weather.csv")
    for basin, frame in clean().items():
        feet = (frame["q"] / 0.3048**3).round(5)
        days = pd.DatetimeIndex(frame.index).strftime("%Y-%m-%d")
        rows = [f"USGS\t{basin}\t{d}\t{v}\tA" for d, v in zip(days, feet, strict=True)]
        head = [
            "# ---------------------------------- WARNING ------------------------",
            "# Some of the data are provisional.",
            f"#    USGS {basin} A CREEK NEAR A TOWN",
            "agency_cd\tsite_no\tdatetime\t12345_00060_00003\t12345_00060_00003_cd",
            "5s\t15s\t20d\t14n\t10s",
        ]
        (folder / f"{basin}_flow.rdb").write_text("\n".join([*head, *rows]) + "\n")


CARAVAN = {
    "p": "total_precipitation_sum",
    "x": "temperature_2m_max",
    "n": "temperature_2m_min",
    "q": "streamflow",
}


def in_depth() -> Frames:
    """The rivers with flow in mm/day."""
    frames = clean()
    for basin, frame in frames.items():
        frame["q"] = frame["q"] * 86.4 / area(basin)
    return frames


def caravan(folder: Path) -> None:
    """The folders of Caravan, with CSV files."""
    put(
        folder,
        in_depth(),
        names=CARAVAN,
        name="timeseries/csv/own/own_{basin}.csv",
        with_table=False,
    )
    places = rivers()[1].rename(index="own_{}".format).rename_axis("gauge_id")
    (folder / "attributes" / "own").mkdir(parents=True)
    other = places.rename(columns={"lat": "gauge_lat"})
    other.to_csv(folder / "attributes" / "own" / "attributes_other_own.csv")


def grids(folder: Path, names: dict[str, str], path: str, units: bool) -> None:
    """NetCDF files of a basin each, as of Caravan and neuralhydrology."""
    table(folder)
    of = {"p": "mm/day", "x": "degC", "n": "degC", "q": "mm/day"}
    for basin, frame in in_depth().items():
        ds = frame.rename(columns=names).rename_axis("date").to_xarray()
        for key, name in names.items():
            ds[name].attrs = {"units": of[key]} if units else {}
        target = folder / path.format(basin=basin)
        target.parent.mkdir(parents=True, exist_ok=True)
        ds.to_netcdf(target)


def one_grid(folder: Path) -> None:
    """One NetCDF file with a dimension of basins."""
    table(folder)
    expected()[["prcp", "tmax", "tmin"]].to_netcdf(folder / "all.nc")


def no_leap(folder: Path) -> None:
    """A NetCDF file whose years all have 365 days."""
    table(folder)
    ds = clean()["girnock"].rename(columns=CANONICAL).reset_index(drop=True).to_xarray()
    ds = ds.rename(index="time")
    ds["time"].attrs = {"units": "days since 2001-01-01", "calendar": "noleap"}
    ds.to_netcdf(folder / "girnock.nc")


def shifted(folder: Path, days: int) -> None:
    """Flow of other days: negative is too early."""
    frames = clean()
    for frame in frames.values():
        frame["q"] = frame["q"].shift(days)
    put(folder, frames)


def edited(folder: Path, line: int, old: str, new: str) -> None:
    """A field of the first river's file replaced."""
    put(folder)
    path = folder / "girnock.csv"
    lines = path.read_text().splitlines(keepends=True)
    assert old in lines[line - 1], lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new)
    path.write_text("".join(lines))


def swap_dates(text: str) -> str:
    """Day and month swapped where that is possible, as a spreadsheet of another country does."""
    out = []
    for line in text.split("\n"):
        day, month, rest = line[:2], line[3:5], line[5:]
        odd = day.isdigit() and month.isdigit() and int(day) > 12 and int(day) % 2
        out.append(f"{month}/{day}{rest}" if odd else line)
    return "\n".join(out)


def serial(folder: Path) -> None:
    frames = clean()
    put(folder, frames)
    for basin, frame in frames.items():
        path = folder / f"{basin}.csv"
        days = (pd.DatetimeIndex(frame.index) - pd.Timestamp("1899-12-30")).days
        pd.read_csv(path).assign(date=days).to_csv(path, index=False)


def hourly(folder: Path) -> None:
    """Two rows of each day, of midnight and noon."""
    put(
        folder,
        form="%Y-%m-%d 00:00",
        change=lambda text: re.sub(r"(.*) 00:00(.*\n)", r"\1 00:00\2\1 12:00\2", text),
    )


def book(folder: Path) -> None:
    table(folder)
    (folder / "girnock.csv").write_bytes(b"PK\x03\x04" + bytes(2000))


def odd_area(folder: Path, factor: float) -> None:
    put(folder)
    places = rivers()[1].copy()
    places["area"] *= factor
    table(folder, places.to_csv())


def with_places(folder: Path, text: str) -> None:
    """The rivers with another table of area and latitude."""
    put(folder)
    table(folder, text)


def large(folder: Path) -> None:
    """Basins twenty times as large, whose flow in m3/s is said to be mm/day."""
    put(folder, times("q", 20), names=renamed(q="Q (mm/d)"))
    places = rivers()[1]
    table(folder, places.assign(area=places["area"] * 20).to_csv())


def with_sun(folder: Path, factor: float, name: str) -> None:
    """A column of radiation, of a usual yearly course in W/m2 times ``factor``."""
    frames = clean()
    for frame in frames.values():
        day = pd.DatetimeIndex(frame.index).day_of_year.to_numpy()
        sun = 150 + 90 * np.sin(2 * np.pi * (day - 80) / 365.25)
        frame["s"] = ((sun + np.random.default_rng(0).normal(0, 15, len(day))) * factor).round(4)
    put(folder, frames, names=renamed(s=name))


GERMAN = dict(
    zip("pxnq", ["Niederschlag [mm]", "T.max", "T.min", "Abfluss (m\u00b3/s)"], strict=True)
)
FRENCH = dict(
    zip(
        "pxnq",
        [
            "Pr\u00e9cipitations (mm)",
            "Temp\u00e9rature maximale",
            "Temp\u00e9rature minimale",
            "D\u00e9bit (m3/s)",
        ],
        strict=True,
    )
)
SPANISH = dict(
    zip(
        "pxnq",
        ["Lluvia", "Temperatura m\u00e1xima", "Temperatura m\u00ednima", "Caudal (m3/s)"],
        strict=True,
    )
)
SHORT = dict(zip("pxnq", ["PCP_mm", "T.max", "T.min", "Flow m3/s"], strict=True))
PLAIN = dict(zip("pxnq", ["P", "Tmax", "Tmin", "Q"], strict=True))
YMD = {"Year": lambda d: d.year, "Month": lambda d: d.month, "Day": lambda d: d.day}
DOY = {"year": lambda d: d.year, "doy": lambda d: d.day_of_year}


def beside(folder: Path, columns: dict[str, tuple[str, float]], **names: str) -> None:
    """The rivers with columns in front that are another's multiples: of q by 1.3, simulated."""
    frames = clean()
    for frame in frames.values():
        for place, (name, (of, factor)) in enumerate(columns.items()):
            frame.insert(place, name, (frame[of] * factor).round(3))
    every = {name: name for name in columns}
    put(folder, frames, names=renamed(**names) | every)


def in_american_units() -> Frames:
    """The rivers with rain in inches and degrees Fahrenheit."""
    frames = times("xn", 1.8, 32, 2)
    for frame in frames.values():
        frame["p"] = (frame["p"] / 25.4).round(7)
    return frames


def above_the_series(folder: Path) -> None:
    """No table, but lines on top of each file."""
    for basin, place in rivers()[1].iterrows():
        degrees, rest = divmod(round(place["lat"] * 3600, 4), 3600)
        minutes, seconds = divmod(rest, 60)
        head = (
            f"# Drainage area: {place['area'] / 2.589988110336:,.8f} square miles\n"
            f"# Latitude: {degrees:.0f}\u00b0 {minutes:.0f}' {seconds:.2f}\" N\n"
        )
        put(folder, {str(basin): clean()[str(basin)]}, head=head, with_table=False)


def areas(folder: Path, name: str, factor: float = 1.0, **more: float) -> None:
    """A table whose area is in another unit or of another name, behind ``more`` shares of it."""
    places = rivers()[1]
    one = pd.DataFrame({key: (places["area"] * share).round(3) for key, share in more.items()})
    one[name] = places["area"] / factor
    with_places(folder, one.assign(lat=places["lat"]).to_csv())


#: Files that are right, in the dialects of agencies.
DIALECTS = [
    Way("commas, ISO dates", put),
    Way(
        "semicolons, decimal commas, dd/mm/yyyy",
        partial(put, sep=";", decimal=",", form="%d/%m/%Y"),
    ),
    Way("tabs", partial(put, sep="\t")),
    Way("columns aligned with blanks", aligned),
    Way("vertical bars", partial(put, sep="|")),
    Way("dd.mm.yyyy", partial(put, form="%d.%m.%Y")),
    Way("mm/dd/yyyy", partial(put, form="%m/%d/%Y")),
    Way("dd-mm-yyyy with a time of day", partial(put, form="%d-%m-%Y 00:00")),
    Way("yyyymmdd", partial(put, form="%Y%m%d")),
    Way("ddmmyyyy without signs", partial(put, form="%d%m%Y")),
    Way("yyyy/mm/dd", partial(put, form="%Y/%m/%d")),
    Way("ISO dates with time and offset", partial(put, form="%Y-%m-%dT00:00:00Z")),
    Way("months as words (01-Jan-2001)", partial(put, form="%d-%b-%Y")),
    Way("an index without a name, as pandas writes it", partial(put, date="")),
    Way(
        'quoted decimal commas ("1,2") between commas',
        partial(put, change=lambda t: re.sub(r"(?<=,)(-?\d+)\.(\d+)", r'"\1,\2"', t)),
    ),
    Way(
        "names over two lines, between quotation marks",
        partial(put, names={key: name.replace(" ", "\n") for key, name in NAMES.items()}),
    ),
    Way("year, month and day in three columns", partial(parts, columns=YMD)),
    Way("year and day of the year", partial(parts, columns=DOY)),
    Way("points between thousands (1.234,5)", partial(thousands, sign=".", decimal=",", sep=";")),
    Way('commas between thousands ("1,234.5")', partial(thousands, sign=",", decimal=".", sep=",")),
    Way("blanks between thousands (1 234,5)", partial(thousands, sign=" ", decimal=",", sep=";")),
    Way("UTF-8 with a byte order mark", partial(put, encoding="utf-8-sig")),
    Way("UTF-16", partial(put, encoding="utf-16")),
    Way("Latin-1, French names", partial(put, names=FRENCH, encoding="latin-1")),
    Way(
        "German names, decimal commas",
        partial(put, names=GERMAN, date="Datum", sep=";", decimal=",", form="%d.%m.%Y"),
    ),
    Way("Spanish names", partial(put, names=SPANISH, date="Fecha")),
    Way("`PCP_mm`, `T.max`, `Flow m3/s`", partial(put, names=SHORT)),
    Way("ends of lines of Windows", partial(put, end="\r\n")),
    Way("ends of lines of old Macintoshes", partial(put, end="\r")),
    Way("lines with # on top", partial(put, head="# Agency of water\n# 2024\n")),
    Way("lines without a sign on top", partial(put, head="Agency of water,,,,\nstation 7,,,,\n")),
    Way(
        "units in a line below the names", partial(put, names=PLAIN, below="d,mm,degC,degC,m3/s\n")
    ),
    Way(
        "a separator at the end of each row", partial(put, change=lambda t: t.replace("\n", ",\n"))
    ),
    Way(
        "all fields in quotation marks",
        partial(
            put,
            change=lambda t: "\n".join(
                ",".join(f'"{f}"' for f in line.split(",")) if line else ""
                for line in t.split("\n")
            ),
        ),
    ),
    Way(
        "the newest day first",
        partial(
            put,
            change=lambda t: (
                t.split("\n", 1)[0] + "\n" + "\n".join(t.strip().split("\n")[:0:-1]) + "\n"
            ),
        ),
    ),
    Way("flow in l/s", lambda f: put(f, times("q", 1000), names=renamed(q="Q (l/s)"))),
    Way(
        "flow in cubic feet per second",
        lambda f: put(f, times("q", 0.3048**-3), names=renamed(q="discharge_cfs")),
    ),
    Way("flow in mm/day", lambda f: put(f, in_depth(), names=renamed(q="Qobs (mm/d)"))),
    Way("flow without a unit: from the water balance, as a guess", partial(put, names=PLAIN)),
    Way("flow in l/s without a unit: a guess", lambda f: put(f, times("q", 1000), names=PLAIN)),
    Way(
        "kelvin, not stated",
        lambda f: put(f, times("xn", 1, 273.15, 2), names=renamed(x="tmax", n="tmin")),
    ),
    Way(
        "degrees Fahrenheit, not stated",
        lambda f: put(f, times("xn", 1.8, 32, 2), names=renamed(x="tmax", n="tmin")),
    ),
    Way(
        "tenths of degrees, not stated",
        lambda f: put(f, times("xn", 10, 0, 0), names=renamed(x="TMAX", n="TMIN")),
    ),
    Way("rain in metres, not stated", lambda f: put(f, times("p", 0.001), names=renamed(p="tp"))),
    Way(
        "rain in inches",
        lambda f: put(f, times("p", 1 / 25.4, digits=7), names=renamed(p="PRCP (in)")),
    ),
    Way(
        "rain in tenths of mm, `Rain (0.1 mm)`",
        lambda f: put(f, times("p", 10, digits=0), names=renamed(p="Rain (0.1 mm)")),
    ),
    Way(
        "rain in hundredths of inches, `Precip (1/100 in)`",
        lambda f: put(f, times("p", 100 / 25.4, digits=5), names=renamed(p="Precip (1/100 in)")),
    ),
    Way(
        "rain and temperature in tenths, not stated",
        lambda f: put(f, times("pxn", 10, 0, 0), names=renamed(p="RR", x="TX", n="TN")),
    ),
    Way(
        "rain in inches with Fahrenheit, not stated",
        lambda f: put(f, in_american_units(), names=renamed(p="PRCP", x="TMAX", n="TMIN")),
    ),
    Way(
        "flow in thousands of cubic feet per second",
        lambda f: put(f, times("q", 0.3048**-3 / 1000, digits=9), names=renamed(q="Q (kcfs)")),
    ),
    Way(
        "words in brackets: `Temp (max)`, `Discharge (mean)`",
        partial(put, names=renamed(x="Temp (max)", n="Temp (min)", q="Discharge (mean)")),
    ),
    Way(
        "`Q (sim)` before `Q (obs)`",
        partial(beside, columns={"Q (sim)": ("q", 1.3)}, q="Q (obs)"),
    ),
    Way(
        "`Discharge (min)` and `Discharge (max)` beside the mean",
        partial(
            beside,
            columns={"Discharge (min)": ("q", 0.8), "Discharge (max)": ("q", 1.4)},
            q="Discharge (mean)",
        ),
    ),
    Way(
        "`Total Rain (mm)` before `Total Precip (mm)`",
        partial(beside, columns={"Total Rain (mm)": ("p", 0.7)}, p="Total Precip (mm)"),
    ),
    Way(
        "`precipitation_hours` before `precipitation_sum`",
        partial(beside, columns={"precipitation_hours": ("p", 0.5)}, p="precipitation_sum"),
    ),
    Way(
        "`P (hPa)`, which is a pressure, before `Rain`",
        partial(beside, columns={"P (hPa)": ("x", 30.0)}, p="Rain"),
    ),
    *(
        Way(f"`{code}` for a missing value", partial(codes, code=code), lost=(("q", 200),))
        for code in ("-999", "-9999.0", "-99.99", "NA", "-", "NaN", "***", "Ice", "n/a")
    ),
    Way(
        "-99.9 for missing temperatures",
        partial(codes, code="-99.9", columns="xn"),
        lost=(("x", 200), ("n", 200)),
    ),
    Way("weather and flow in separate files of other dialects", apart),
    Way("a file per year", yearly),
    Way("all basins in one file, with their ids", long),
    Way("a file per variable, with a column per basin", wide),
    Way("GRDC station files, with area and latitude in them", grdc, lost=(("q", 200),)),
    Way("USGS RDB files", usgs),
    Way("Caravan, CSV", caravan),
    Way(
        "Caravan, NetCDF",
        partial(grids, names=CARAVAN, path="timeseries/netcdf/own/{basin}.nc", units=False),
    ),
    Way(
        "neuralhydrology `generic`, NetCDF",
        partial(
            grids,
            names=dict(zip("pxnq", ["prcp", "tmax", "tmin", "qobs"], strict=True)),
            path="time_series/{basin}.nc",
            units=True,
        ),
    ),
    Way(
        "area in hectares",
        lambda f: with_places(
            f,
            rivers()[1]
            .assign(area=rivers()[1]["area"] * 100)
            .rename(columns={"area": "area_ha"})
            .to_csv(),
        ),
    ),
    Way(
        "area in square miles",
        lambda f: with_places(
            f,
            rivers()[1]
            .assign(area=rivers()[1]["area"] / 2.589988110336)
            .rename(columns={"area": "Area (sq mi)"})
            .to_csv(),
        ),
    ),
    *(
        Way(f"area as `{name}`", partial(areas, name=name, factor=factor))
        for name, factor in {
            "Drainage area (square miles)": 2.589988110336,
            "drain_area_va": 2.589988110336,
            "Area [acres]": 0.00404687260987,
            "AREA_SQKM": 1.0,
            "basin_km2": 1.0,
            "Area (1000 km2)": 1000.0,
        }.items()
    ),
    Way(
        "areas of forest, lakes and glaciers before that of the basin",
        partial(areas, name="area_km2", forest_area_km2=0.6, lake_area=0.03, glacier_area_pct=0.1),
    ),
    Way(
        "a table with names before the ids",
        lambda f: with_places(
            f,
            rivers()[1]
            .assign(name=["River A", "River B"])[["name"]]
            .join(rivers()[1])
            .reset_index()[["name", "id", "area", "lat"]]
            .to_csv(index=False),
        ),
    ),
    Way(
        "area in square miles and latitude in degrees and minutes above the series",
        above_the_series,
    ),
    Way(
        "table of basins with decimal commas",
        lambda f: with_places(f, rivers()[1].to_csv(sep=";", decimal=",")),
    ),
]

#: Files that are wrong, and what is said of them.
FAULTS = [
    Way(
        "decimal commas and points in one file",
        partial(put, sep=";", change=lambda t: t.replace(".", ",", 40)),
        "same decimal sign",
    ),
    Way("years of two digits", partial(put, form="%d/%m/%y"), "years with four digits"),
    Way("dates as spreadsheets count them", serial, "as spreadsheets count them"),
    Way(
        "day and month change places",
        partial(put, form="%d/%m/%Y", change=swap_dates),
        "day and month change places",
    ),
    Way("a day twice", lambda f: edited(f, 100, "2004-01-07", "2004-01-06"), "occurs twice"),
    Way("hours instead of days", hourly, "the data must be daily", "check"),
    Way(
        "no line of names",
        partial(put, change=lambda t: t.split("\n", 1)[1]),
        "no line names the columns",
    ),
    Way("an Excel workbook", book, "save each sheet as CSV"),
    Way("a word among the numbers", lambda f: edited(f, 50, ",", ",about "), "is not a number"),
    Way("a row cut off", lambda f: edited(f, 700, ",", "\n"), "fields"),
    Way(
        "names of columns that mean nothing",
        partial(put, names=dict(zip("pxnq", "abcd", strict=True))),
        "name them such as prcp",
    ),
    Way(
        "no rain among the columns",
        lambda f: put(f, {b: x[list("xnq")] for b, x in clean().items()}),
        "no precipitation",
    ),
    Way(
        "a unit of rain that is not understood",
        partial(put, names=renamed(p="Rain (mm*10)")),
        "unit 'mm*10' of column 'Rain (mm*10)' is not understood",
    ),
    Way(
        "a unit of area that is not understood",
        partial(areas, name="Area (rai)", factor=0.0016),
        "unit 'rai' of column 'Area (rai)' is not understood",
    ),
    Way(
        "two gauges of rain, of which one is taken",
        partial(beside, columns={"precip_A": ("p", 0.5)}, p="precip_B"),
        "column 'precip_A' is taken; it may be 'precip_B' as well",
        "check",
    ),
    Way(
        "one name over two columns",
        partial(
            put,
            change=lambda t: (
                "date,Rain,Temperature,,Discharge\n,mm,Max,Min,m3/s\n" + t.split("\n", 1)[1]
            ),
        ),
        "write one line with a name for each column",
    ),
    Way("all basins in one NetCDF file", one_grid, "has a dimension 'basin' besides 'time'"),
    Way("a NetCDF file without leap days", no_leap, "the calendar 'noleap'"),
    Way("no area although flow is in m3/s", partial(put, with_table=False), "area", "check"),
    Way(
        "ids of the table are not those of the files",
        lambda f: with_places(f, rivers()[1].rename(index={"girnock": "Girnock"}).to_csv()),
        "did you mean 'Girnock'",
    ),
    Way(
        "flow in l/s declared as m3/s",
        lambda f: put(f, times("q", 1000)),
        "if it were in L/s",
        "check",
    ),
    Way(
        "flow in cubic feet declared as m3/s",
        lambda f: put(f, times("q", 0.3048**-3)),
        "if it were in ft3/s",
        "check",
    ),
    Way(
        "flow in mm/h declared as mm/day",
        lambda f: put(
            f,
            {b: x.assign(q=(x["q"] / 24).round(6)) for b, x in in_depth().items()},
            names=renamed(q="Q (mm/d)"),
        ),
        "if it were in mm/h",
        "check",
    ),
    Way("flow in m3/s declared as mm/day, of a large basin", large, "if it were in m3/s", "check"),
    Way("area in m2 declared as km2", partial(odd_area, factor=1e6), "is it in m2", "check"),
    Way(
        "area a hundred times too small", partial(odd_area, factor=0.01), "times the rain", "check"
    ),
    Way(
        "kelvin declared as degC",
        lambda f: put(f, times("xn", 1, 273.15, 2)),
        "are they in K?",
        "check",
    ),
    Way(
        "Fahrenheit declared as degC",
        lambda f: put(f, times("xn", 1.8, 32, 2)),
        "are they in degF?",
        "check",
    ),
    Way(
        "tmin and tmax swapped",
        lambda f: put(f, names=renamed(x="tmin (C)", n="tmax (C)")),
        "two columns swapped",
        "check",
    ),
    Way("flow a day early", partial(shifted, days=-2), "before rain", "check"),
    Way(
        "flow a month late",
        partial(shifted, days=31),
        "are flow and weather of the same days",
        "check",
    ),
    Way(
        "radiation in MJ declared as W/m2",
        partial(with_sun, factor=0.0864, name="srad (W/m2)"),
        "are they in MJ/m2/day?",
        "check",
    ),
    Way("a code for missing that is not usual", partial(codes, code="-555"), "negative", "check"),
    Way(
        "latitude with the wrong sign",
        lambda f: with_places(f, rivers()[1].assign(lat=-rivers()[1]["lat"]).to_csv()),
        "south is negative",
        "check",
    ),
    Way("rain in m declared as mm", lambda f: put(f, times("p", 0.001)), "m/day", "check"),
    Way(
        "a flow that is a copy of another basin's",
        lambda f: put(f, dict.fromkeys(RIVERS, clean()["girnock"])),
        "copy of the other",
        "check",
    ),
]
WAYS = [*DIALECTS, *FAULTS]


def page_table() -> str:
    """The table of the page "Your own region"."""
    rows = [(way.title.replace("|", "\\|"), way.outcome) for way in WAYS]
    lines = [f"| {title} | {outcome} |" for title, outcome in rows]
    return "\n".join(["| In the files | What happens |", "|---|---|", *lines])
