"""Section 1: which data there are, which are at hand, and what they look like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.book.maps import basin_map
from hydrotl.book.pages import show
from hydrotl.config import load_region
from hydrotl.data.basins import locations
from hydrotl.data.catalog import dataset_folder, open_dataset
from hydrotl.data.manifest import Dataset, load_manifest
from hydrotl.experiments.records import basin_frame, read_record, results_dir
from hydrotl_core.errors import ConfigError

if TYPE_CHECKING:
    import holoviews as hv
    import panel as pn
    from IPython.display import Markdown
    from pandas.io.formats.style import Styler

DAYS_PER_YEAR = 365.25
# The sample package states no longitude. These are of the rivers' names, for the map alone.
SAMPLE_LONGITUDE = {"tamaulipas": -98.7, "sarapiqui": -84.0, "girnock": -3.1}


def at_hand(dataset: Dataset) -> bool:
    """Whether the data set's files are on this machine."""
    if dataset.package is not None:
        return find_spec(dataset.package) is not None
    folder = dataset_folder(dataset)
    if dataset.reader == "generic":
        pattern = str(dataset.options.get("series", "{basin}.csv")).replace("{basin}", "*")
        return folder.is_dir() and any(folder.glob(pattern))
    return folder.is_dir() and any(folder.iterdir())


def dataset_table() -> Styler:
    """All data sets of the manifest: key, title, country, variables, access, licence."""
    rows = []
    for key, entry in load_manifest().datasets.items():
        link = f"https://doi.org/{entry.doi}" if entry.doi else entry.landing_page
        title = f'<a href="{link}">{entry.title}</a>' if link else entry.title
        rows.append(
            {
                "key and data set": f"<code>{key}</code><br>{title}, {entry.country}",
                "variables": ", ".join(entry.variables),
                "access": entry.access,
                "at hand": "yes" if at_hand(entry) else "no",
                "licence": entry.licence,
            }
        )
    return show.table(pd.DataFrame(rows)).set_table_attributes('style="font-size: 85%"')


def open_those_at_hand(keys: Iterable[str]) -> dict[str, xr.Dataset]:
    """Data sets of ``keys`` whose files are on this machine.

    Raises
    ------
    ConfigError
        If a key is unknown or none is at hand.
    """
    manifest = load_manifest()
    keys = list(keys)
    opened = {key: open_dataset(key) for key in keys if at_hand(manifest[key])}
    if not opened:
        raise ConfigError(f"none of {', '.join(keys)} is at hand: `pip install lumod` gives sample")
    return opened


def absent_remark(keys: Iterable[str]) -> Markdown:
    """Which of ``keys`` this page was built without."""
    manifest = load_manifest()
    absent = [manifest[key].title for key in keys if not at_hand(manifest[key])]
    if not absent:
        return show.remark("All of the data sets asked for are at hand.")
    return show.remark(
        "This page was built without these data sets, which it would show too:\n\n"
        + show.bullets(absent)
    )


def basin_table(datasets: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """One row per basin: place, area, years of record and water balance.

    Precipitation and runoff (mm/year) are means over the days on which both are known, so that
    their ratio is not one of different years.
    """
    manifest = load_manifest()
    parts = []
    for key, ds in datasets.items():
        attributes = manifest[key].attributes
        both = ds["streamflow"].notnull() & ds["prcp"].notnull()
        frame = locations(ds, attributes)
        if key == "sample":
            frame["longitude"] = frame.index.map(SAMPLE_LONGITUDE)
        area = attributes.area
        frame["area, km2"] = ds[area].values if area in ds else np.nan
        frame["years of flow"] = ds["streamflow"].notnull().sum("time").values / DAYS_PER_YEAR
        for name, variable in (("precipitation", "prcp"), ("runoff", "streamflow")):
            mean = ds[variable].where(both).mean("time", dtype=float)
            frame[name] = mean.values * DAYS_PER_YEAR
        frame["runoff ratio"] = frame["runoff"] / frame["precipitation"]
        frame.insert(0, "data set", key)
        parts.append(frame.reset_index())
    return pd.concat(parts, ignore_index=True).round(
        {"area, km2": 1, "years of flow": 1, "precipitation": 0, "runoff": 0, "runoff ratio": 3}
    )


def source_basins() -> pd.DataFrame:
    """Places of the source model's basins as its committed check names them; may be empty."""
    path = results_dir() / "source" / "conus-check.json"
    return _places([("source model", read_record(path))] if path.is_file() else [])


def target_basins() -> pd.DataFrame:
    """Basins of all regions with committed results, once each; NaN where the place is not known.

    A basin that several regions hold is counted to the one with fewest basins.
    """
    records = []
    for path in sorted(results_dir().glob("*/*/*_*.json")):
        region = path.parent.parent.name
        records.append((f"target {region}", read_record(path)))
    records.sort(key=lambda item: len(item[1]["basins"]))
    frame = _places(records).sort_values("longitude", kind="stable", na_position="last")
    return frame.drop_duplicates(["data", "basin"]).sort_index()


def _places(records: Iterable[tuple[str, dict[str, Any]]]) -> pd.DataFrame:
    frames = []
    for label, record in records:
        frame = basin_frame(record).rename(columns={"area_km2": "area, km2"})
        frame = frame.rename(columns={"runoff_ratio": "runoff ratio"})
        frame["data"] = record.get("dataset") or load_region(record["region"]).dataset
        frames.append(frame.assign(**{"data set": label}))
    columns = ["basin", "longitude", "latitude", "area, km2", "aridity", "runoff ratio"]
    columns += ["data", "data set"]
    return (
        pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)
    )


def overview_map(basins: pd.DataFrame) -> hv.Overlay:
    """Source and target basins of the committed results, and others at hand (Figure S1)."""
    details = ["area, km2", "aridity", "years of flow", "runoff ratio"]
    study = pd.concat([source_basins(), target_basins()], ignore_index=True)
    at_hand = basins.assign(data=basins["data set"])
    shown = pd.concat([study, at_hand], ignore_index=True)
    shown = shown.drop_duplicates(["data", "basin"]).reset_index(drop=True)
    for name in details:
        shown[name] = shown.get(name, np.nan)
    return basin_map(shown, "data set", details)


def overview_remark() -> Markdown:
    """How many basins the map shows of each experiment, and which it cannot show."""
    study = pd.concat([source_basins(), target_basins()], ignore_index=True)
    lines = []
    for label, some in study.groupby("data set", sort=False):
        placed = some["longitude"].notna()
        line = f"{label}: {int(placed.sum())} basins"
        if not placed.all():
            names = some.loc[~placed, "basin"].tolist()
            line += (
                f"; {len(names)} more are left out, since the data set does not say where they "
                f"lie ({', '.join(names[:5])}{', ...' if len(names) > 5 else ''})"
            )
        lines.append(line)
    if not lines:
        return show.remark("*`results/` names no basins yet.*")
    return show.remark("Basins of the committed results:\n\n" + show.bullets(lines))


def example_hydrographs(
    datasets: Mapping[str, xr.Dataset], per_dataset: int = 3, years: int = 10
) -> pn.pane.Bokeh:
    """Rain and observed flow of a few basins of each data set, chosen in a list.

    The basins are spread evenly over the data set's order; of each, the last ``years`` years
    that have flow.
    """
    from hydrotl.book.figures import hydrographs

    frames, titles = {}, {}
    for key, ds in datasets.items():
        count = min(per_dataset, ds.sizes["basin"])
        for position in np.linspace(0, ds.sizes["basin"] - 1, count).round().astype(int):
            one = ds[["prcp", "streamflow"]].isel(basin=position)
            name = f"{key}: {one['basin'].item()}"
            record = one.to_dataframe()[["prcp", "streamflow"]]
            known = record["streamflow"].dropna().index
            if known.empty:
                continue
            first = max(known[0], known[-1] - pd.Timedelta(years * DAYS_PER_YEAR, "D"))
            frames[name] = record[first : known[-1]].rename(columns={"streamflow": "observed"})
            titles[name] = f"{name}, {known[0].year} to {known[-1].year}"
    return hydrographs(frames, titles)
