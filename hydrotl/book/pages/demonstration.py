"""Two rivers of the sample, written as an agency hands tables out: what page 06 reads by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import load_manifest
from hydrotl.data.units import convert
from hydrotl.paths import project_root
from hydrotl_core.files import replacing

#: Rivers of the sample that the demonstration has, those with the shortest records.
RIVERS = ("girnock", "sarapiqui")
#: Columns of the demonstration's tables, as an agency may call them.
COLUMNS = {
    "prcp": "Rain (mm)",
    "tmax": "T.max",
    "tmin": "T.min",
    "streamflow": "Flow m3/s",
}


def demonstration_folder() -> Path:
    """A folder as an agency hands it out, written from rivers of the sample.

    Semicolons, decimal commas, days as dd/mm/yyyy, flow in m3/s, -999 for a missing value, no unit
    of the temperatures, and a table of areas and latitudes.
    """
    attributes = load_manifest()["sample"].attributes
    ds = open_dataset("sample", basins=list(RIVERS))
    folder = project_root() / "runs" / "new-region" / "rivers"
    places = []
    for basin in RIVERS:
        one = ds.sel(basin=basin)
        area = float(one[str(attributes.area)])
        series = one[list(COLUMNS)].to_dataframe()[list(COLUMNS)].dropna(subset=["prcp"])
        # m3/s as gauges are read; they are turned back into mm/day when the folder is
        series["streamflow"] /= float(convert(1.0, "m3/s", "mm/day", area))
        _write_table(folder / f"{basin}.csv", series.rename(columns=COLUMNS), "Date")
        latitude = float(one[str(attributes.latitude)])
        places.append({"Area (km2)": area, "Latitude": latitude})
    _write_table(folder / "stations.csv", pd.DataFrame(places, index=list(RIVERS)), "Station")
    return folder


def _write_table(path: Path, table: pd.DataFrame, index: str) -> None:
    form: dict[str, Any] = {"sep": ";", "decimal": ",", "na_rep": "-999"}
    form |= {"date_format": "%d/%m/%Y", "lineterminator": "\n", "index_label": index}
    text = table.astype(float).round(5).to_csv(**form)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
