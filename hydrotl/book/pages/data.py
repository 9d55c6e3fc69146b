"""Page 1: which data there are, which of them are on this machine, and where the basins lie."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.book.escape import plain
from hydrotl.book.pages import show, source, table1a
from hydrotl.config import load_region
from hydrotl.data.basins import locations
from hydrotl.data.catalog import dataset_folder, open_dataset
from hydrotl.data.manifest import Dataset, load_manifest
from hydrotl.experiments.facts import basin_frame
from hydrotl_core.errors import ConfigError

if TYPE_CHECKING:
    from IPython.display import Markdown

DAYS_PER_YEAR = 365.25
# These data sets give no longitudes. The rivers' own, to half a degree, for the map alone.
LONGITUDE: dict[str, dict[str, float]] = {
    "sample": {"tamaulipas": -98.7, "sarapiqui": -84.0, "girnock": -3.1},
    "cl_csv": {"5410002": -70.5, "7336001": -72.5, "9414001": -71.5},
    "min_river": {"61019": 103.5},
}
#: The column of :func:`dataset_table` that is HTML.
LINKED = "key and data set"
DETAILS = {"area_km2": "area, km2", "runoff_ratio": "runoff ratio"}


def at_hand(dataset: Dataset) -> bool:
    """Whether the data set's files are on this machine."""
    if dataset.package is not None:
        return find_spec(dataset.package) is not None
    folder, pattern = dataset_folder(dataset), "*"
    if dataset.reader == "generic":
        pattern = str(dataset.options.get("series", "{basin}.csv")).replace("{basin}", "*")
    return folder.is_dir() and any(folder.glob(pattern))


def dataset_table() -> pd.DataFrame:
    """All data sets of the manifest: key, title, country, variables, access and licence.

    :data:`LINKED` is HTML, in which the titles are links.
    """
    rows = []
    for key, entry in load_manifest().datasets.items():
        link = f"https://doi.org/{entry.doi}" if entry.doi else entry.landing_page
        title = html.escape(entry.title)
        if link:
            title = f'<a href="{html.escape(link)}">{title}</a>'
        rows.append(
            {
                LINKED: f"<code>{key}</code><br>{title}, {html.escape(entry.country)}",
                "variables": ", ".join(entry.variables),
                "access": entry.access,
                "licence": entry.licence,
            }
        )
    return pd.DataFrame(rows)


def open_those_at_hand(keys: Iterable[str]) -> dict[str, xr.Dataset]:
    """Data sets of ``keys`` whose files are on this machine.

    Raises
    ------
    ConfigError
        If a key is unknown or none of the data sets is here.
    """
    manifest, keys = load_manifest(), list(keys)
    opened = {key: open_dataset(key) for key in keys if at_hand(manifest[key])}
    if not opened:
        raise ConfigError(
            f"none of {', '.join(keys)} is on this machine: `pip install lumod` gives sample"
        )
    return opened


def absent_remark(keys: Iterable[str]) -> Markdown:
    """Which of the data sets ``keys`` a reader would see too with their files."""
    manifest = load_manifest()
    absent = [plain(manifest[key].title) for key in keys if not at_hand(manifest[key])]
    text = (
        "These data sets are not part of the book. Once they are downloaded, as *access* says in "
        "the table above, the rest of this page shows their rivers too:\n\n"
    )
    return show.remark(text + show.bullets(absent) if absent else "All data sets are shown here.")


def gauges(datasets: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """A row per basin: data set, place (degrees), area (km2) and years of gauged flow."""
    frames = []
    for key, ds in datasets.items():
        attributes = load_manifest()[key].attributes
        frame = locations(ds, attributes)
        if key in LONGITUDE:
            frame["longitude"] = frame.index.map(LONGITUDE[key])
        area = attributes.area
        frame["area, km2"] = ds[area].values.round(1) if area in ds else np.nan
        days = ds["streamflow"].notnull().sum("time").values
        frame["years of flow"] = (days / DAYS_PER_YEAR).round(1)
        frames.append(frame.reset_index().assign(**{"data set": key}))
    return pd.concat(frames, ignore_index=True)


def study_basins() -> pd.DataFrame:
    """Basins of the source check and of all regions with committed results, each basin once.

    A basin that several regions hold counts as one of the smallest; regions that repeat another
    with one thing changed are left out. Columns ``experiment``, ``basin``, place, ``area, km2``,
    ``aridity`` and ``runoff ratio``, NaN where not known.
    """
    frames = []
    check = source.check_record()
    if check is not None:
        frames.append(basin_frame(check).assign(experiment="source model", data=check["dataset"]))
    for name in table1a.regions():
        region = load_region(name)
        if region.variant is None:
            frame = basin_frame(table1a.full(name)[0])
            frames.append(frame.assign(experiment=f"target: {region.name}", data=region.dataset))
    columns = ["experiment", "data", "basin", "longitude", "latitude", "aridity", *DETAILS]
    found = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)
    found["longitude"] = found["longitude"].astype(float)
    for key, known in LONGITUDE.items():
        theirs = found["basin"].map(known).where(found["data"] == key).astype(float)
        found["longitude"] = found["longitude"].fillna(theirs)
    return found[columns].rename(columns=DETAILS).drop_duplicates(["data", "basin"])


def example_records(
    datasets: Mapping[str, xr.Dataset], per_dataset: int = 3, years: int = 10
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Rain and flow (mm/day) of a few basins of each data set, and a title for each.

    The basins are spread evenly over the data set's order; of each, the last ``years`` years
    that have flow.
    """
    frames, titles = {}, {}
    for key, ds in datasets.items():
        count = min(per_dataset, ds.sizes["basin"])
        for position in np.linspace(0, ds.sizes["basin"] - 1, count).round().astype(int):
            one = ds[["prcp", "streamflow"]].isel(basin=position)
            record = one.reset_coords(drop=True).to_dataframe()
            known = record["streamflow"].dropna().index
            if known.empty:
                continue
            first = max(known[0], known[-1] - pd.Timedelta(years * DAYS_PER_YEAR, "D"))
            name = f"{key}: {one['basin'].item()}"
            frames[name] = record[first : known[-1]].rename(columns={"streamflow": "observed"})
            titles[name] = f"{name}, {known[0].year} to {known[-1].year}"
    return frames, titles
