"""Page 06: from a folder of tables to a model that is used, with what the commands work with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.book.escape import code, fenced, plain
from hydrotl.book.pages import show
from hydrotl.book.pages.demonstration import demonstration_folder
from hydrotl.config import Setting, validated
from hydrotl.data.canonical import MEANING, dynamic_variables
from hydrotl.data.findings import Finding
from hydrotl.data.init import init_folder
from hydrotl.data.own_words import HEADS, grouped
from hydrotl.data.ownfile import REGION_FILE, OwnRegion, load_own
from hydrotl.data.readers.own_forms import NETCDF, PLACES
from hydrotl.experiments.covered import FLOWS, coverage
from hydrotl.experiments.intervals import LEVEL
from hydrotl.paths import project_root
from hydrotl_core.errors import ConfigError
from hydrotl_core.files import replacing
from hydrotl_core.recipe import Period
from hydrotl_core.scaling import STREAMFLOW

if TYPE_CHECKING:
    from IPython.display import Markdown

#: Heads of a check's table where the terminal's are too short.
HEADS_OF_PAGE = {
    "flow_years": "years with flow",
    "prcp": "P, mm/year",
    "pet": "PET, mm/year",
    "flow": "Q, mm/year",
    "tmean": "T, °C",
    "lag": "lag, days",
    "zero_flow": "share without flow",
    "flat_days": "days still",
    "unusual": "unusual values",
}
#: Columns of the table of a check by what they look at; all at once are wider than a page.
LOOKS = {
    "record": (
        "years",
        "flow_years",
        "flow_gaps",
        "weather_gaps",
        "zero_flow",
        "flat_days",
        "unusual",
    ),
    "water": ("prcp", "pet", "flow", "tmean", "runoff_ratio", "budyko", "lag"),
}
#: Lines of a file that are shown, and characters of a line.
GLIMPSE, GLIMPSE_WIDTH = 4, 76
#: Differences of flow below this, mm/day, come from computing in single precision.
ROUNDING = 1e-3


def described_folder(
    folder: str | Path,
    columns: Mapping[str, Sequence[str]],
    years: Mapping[str, Sequence[str]],
    replace: bool = False,
) -> Path:
    """A folder with its ``region.yaml``, which is written if it is not there.

    Parameters
    ----------
    folder
        With tables; empty means :func:`~hydrotl.book.pages.demonstration.demonstration_folder`.
    columns
        Canonical variable -> (column, unit), where the names of the columns do not tell it.
    years
        ``train`` and ``test``, each with its first day and the day after its last; empty: chosen
        from the record.
    replace
        Write over a ``region.yaml`` that is there.

    Raises
    ------
    ConfigError
        If a parameter is not valid, or says something else than the ``region.yaml`` that is there.
    DataError
        If the files are not understood.
    """
    wrong = [name for name, pair in columns.items() if isinstance(pair, str) or len(pair) != 2]
    if wrong:
        raise ConfigError(f"`columns`: {wrong[0]} needs a column and its unit: [NAME, UNIT]")
    setting = validated(Setting, dict(years), "the parameter `years`") if years else None
    home = Path(folder).expanduser().absolute() if folder else demonstration_folder()
    if not home.is_dir():
        raise ConfigError(f"there is no folder {home}: correct the parameter `folder`")
    if folder and not replace and (home / REGION_FILE).exists():
        if not _says(load_own(home), columns, setting):
            raise ConfigError(
                f"{home / REGION_FILE} is there already, and says something else than `columns` "
                "and `years`: edit it, or set `replace` to have it written anew"
            )
        return home
    init_folder(home, replace or not folder, columns, setting)
    return home


def _says(own: OwnRegion, columns: Mapping[str, Sequence[str]], years: Setting | None) -> bool:
    """Whether a ``region.yaml`` has these columns and years."""
    known = {
        (name, one.column, one.units) for files in own.files for name, one in files.columns.items()
    }
    same = all((name, *pair) in known for name, pair in columns.items())
    if years is None:
        return same
    own_years = own.years and (own.years.train, own.years.test)
    return same and own_years == (years.train, years.test)


def glimpse(home: Path) -> Markdown:
    """The first lines of a file of each kind, as they are, but for what does not fit a page."""
    own, parts = load_own(home), []
    encodings = {one.path: one.encoding for one in own.files}
    encodings |= {own.attributes.path: own.attributes.encoding} if own.attributes else {}
    for pattern, encoding in encodings.items():
        found = sorted(home.glob(pattern.replace("{basin}", "*")))
        for path in (one for one in found[:1] if one.suffix.lower() not in NETCDF):
            with path.open(encoding=encoding, errors="replace") as file:
                lines = [line[:GLIMPSE_WIDTH] for line in islice(file, GLIMPSE)]
            parts.append(f"{code(path.relative_to(home))}\n\n{fenced('text', lines)}")
    return show.remark("\n\n".join(parts) or "No tables: the files are NetCDF.")


def understood(home: Path) -> pd.DataFrame:
    """Which column of which files is what, in which unit, as ``region.yaml`` has it."""
    own = load_own(home)
    meaning = MEANING | {STREAMFLOW: "observed streamflow"}
    meaning |= {name: name.removesuffix("_km2").removesuffix("_m") for name in PLACES}
    parts = [(one.path, one.columns) for one in own.files]
    parts += [(own.attributes.path, own.attributes.columns)] if own.attributes else []
    return pd.DataFrame(
        [
            {
                "files": path,
                "column": one.column,
                "unit": one.units if one.scale == 1 else f"{one.scale:g} {one.units}",
                "is": meaning[name],
            }
            for path, columns in parts
            for name, one in columns.items()
        ]
    )


def guesses(home: Path) -> Markdown:
    """What was guessed, and where to correct it."""
    known = [f"Guessed: {plain(line)}." for line in load_own(home).guessed]
    said = known or ["Nothing had to be guessed."]
    return show.remark(
        show.bullets([*said, f"All of it is in {code(_shown(home / REGION_FILE))}."])
    )


def looks(table: pd.DataFrame, of: str) -> pd.DataFrame:
    """What a check says of the record or of the water, in a reader's words, a row per basin."""
    shown = table.astype({"lag": "Int64"})[[*LOOKS[of]]].rename(columns=HEADS | HEADS_OF_PAGE)
    return shown.rename_axis("basin").reset_index()


def findings(found: Sequence[Finding]) -> Markdown:
    """What a check found, each kind once, with the remedy."""
    lines = [f"**{word}:** {plain(text)}. *{plain(to_do)}*" for word, text, to_do in grouped(found)]
    return show.remark(show.bullets(lines or ["Nothing is odd."]))


def periods(
    basins: Sequence[str], fit: Sequence[Period], test: Sequence[Period] | None
) -> pd.DataFrame:
    """First and last day of training and, if there is one, of test of each basin, a row each."""
    found: dict[str, list[str]] = {"basin": list(basins)}
    both = {"training": fit, **({} if test is None else {"test": test})}
    for name, days in both.items():
        found[f"{name}, from"] = [f"{one.start}" for one in days]
        found[f"{name}, to"] = [f"{one.end - dt.timedelta(1)}" for one in days]
    return pd.DataFrame(found)


def outcome(sentence: str, reasons: Sequence[str], report: Path) -> Markdown:
    """The verdict, what it rests on, and where the report is."""
    return show.remark(
        f"{plain(sentence)}\n\n{show.bullets([*map(plain, reasons)])}\n\nThe whole report, which "
        f"needs no network: {code(_shown(report))}."
    )


def _shown(path: Path) -> Path:
    """A path as seen from the project, if it is inside."""
    root = project_root()
    return path.relative_to(root) if path.is_relative_to(root) else path


def held(series: xr.Dataset) -> pd.DataFrame:
    """Share of the observations of the test years inside the band, by flow, and its width."""
    tested = series.where(series["period"] == "test").transpose("basin", "time")
    low, high, observed = (tested[name].values for name in ("low", "high", "observed"))
    found = coverage(low, high, observed, LEVEL)
    shares = {"coverage": "inside, %", **{name: f"{name} flow, %" for name in FLOWS}}
    table = (100 * found[list(shares)]).rename(columns=shares)
    table["width over mean flow"] = found["width"]
    table.insert(0, "basin", [str(basin) for basin in series["basin"].values])
    return table


def last_year(ds: xr.Dataset, folder: Path) -> Path:
    """Weather of each basin's last 365 days, without flow, as a NetCDF file in ``folder``."""
    day = np.arange(ds.sizes["time"])
    known = np.isfinite(ds["prcp"].transpose("basin", "time").values)
    last = np.where(known, day, -1).max(axis=1, keepdims=True)
    inside = (day > last - 365) & (day <= last)
    mask = xr.DataArray(inside, dims=("basin", "time"))
    days = np.flatnonzero(inside.any(axis=0))
    names = [name for name in dynamic_variables(ds) if name != STREAMFLOW]
    weather = ds.drop_vars(STREAMFLOW).assign({name: ds[name].where(mask) for name in names})
    path = folder / "last-year.nc"
    with replacing(path) as temporary:
        weather.isel(time=slice(int(days[0]), int(days[-1]) + 1)).to_netcdf(temporary)
    return path


def finding(sentence: str, difference: float) -> list[str]:
    """What the page found, in sentences."""
    apart = f" to within {difference:.1g} mm/day" if difference else ""
    return [sentence, f"Simulated alone, the last year gives the run's series again{apart}."]


def compared(difference: float, days: int) -> Markdown:
    """How far a simulation alone is from the run's series on so many days of all rivers."""
    if not days:
        return show.remark("No day is in both series.")
    if not difference:
        return show.remark(f"On all {days} days, the two series are **the same**.")
    rounding = ", which is rounding" if difference < ROUNDING else ""
    return show.remark(
        f"On {days} days, the largest difference is **{difference:.1g} mm/day**{rounding}."
    )


def means(flow: xr.DataArray, observed: xr.DataArray) -> pd.DataFrame:
    """Mean flow of each basin on the days with an observation, mm/day, a row each."""
    both = flow.notnull() & observed.notnull()
    parts = {"simulated": flow, "observed": observed}
    found = {
        f"{name}, mm/day": one.where(both).mean("time", dtype=float).values
        for name, one in parts.items()
    }
    basins = [str(basin) for basin in flow["basin"].values]
    return pd.DataFrame({"basin": basins, "days": both.sum("time").values, **found})


def exported(network: Path, folder: Path, difference: float) -> Markdown:
    """Where the program of a network went, and how far its flow is from the original's, mm/day."""
    return show.remark(
        f"{code(f'{network.parent.name}/{network.name}')} is in {code(_shown(folder))}; its flow "
        f"differs from the original's by at most {difference:.0e} mm/day."
    )


def sides(chosen: Sequence[str], mind: Sequence[str]) -> Markdown:
    """What each run of a comparison chose, and what to mind."""
    lines = [f"Run {number} chose {plain(name)}." for number, name in enumerate(chosen, 1)]
    return show.remark(show.bullets([*lines, *(f"Mind: {plain(text)}." for text in mind)]))
