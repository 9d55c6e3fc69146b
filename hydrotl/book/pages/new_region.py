"""Page 06: a region of one's own, described by two YAML files, and the outcome in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import yaml

from hydrotl.book.pages import show
from hydrotl.config import Region, validated
from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import load_manifest, own_dataset
from hydrotl.data.units import convert
from hydrotl.paths import project_root
from hydrotl_core.errors import ConfigError
from hydrotl_core.files import replacing

if TYPE_CHECKING:
    from IPython.display import Markdown

SETTING = "own"  # the name of the region's only training and test period
LOCAL = "local"


def demonstration_folder(basins: Sequence[str] = ("girnock",)) -> Path:
    """A folder as one's own might look, written from the sample basins.

    One CSV file per basin (date, rain in mm, temperatures in degC, flow in m3/s) and a table of
    areas in km2. The names of the columns are deliberately not hydrotl's.
    """
    ds = open_dataset("sample", basins=list(basins))
    attributes = load_manifest()["sample"].attributes
    area, latitude = str(attributes.area), str(attributes.latitude)
    folder = project_root() / "runs" / "new-region" / "data"
    for basin in basins:
        one = ds.sel(basin=basin)
        frame = one[["prcp", "tmax", "tmin", "streamflow"]].to_dataframe()
        frame = frame[["prcp", "tmax", "tmin", "streamflow"]].dropna(subset=["prcp"])
        # m3/s as gauges are read; the reader turns them back into mm/day
        frame["streamflow"] /= float(convert(1.0, "m3/s", "mm/day", float(one[area])))
        frame.columns = pd.Index(["rain", "t_high", "t_low", "discharge"])
        with replacing(folder / f"{basin}.csv") as temporary:
            frame.round(5).to_csv(temporary, index_label="day", date_format="%Y-%m-%d")
    table = pd.DataFrame(
        {"area_km2": ds[area].values, "lat": ds[latitude].values}, index=list(basins)
    )
    with replacing(folder / "basins.csv") as temporary:
        table.to_csv(temporary, index_label="gauge")
    return folder


def write_region(
    folder: str | Path,
    columns: Mapping[str, Sequence[str]],
    train: Sequence[str],
    test: Sequence[str],
    *,
    date_column: str = "date",
    series: str = "{basin}.csv",
    attributes: str | None = None,
    id_column: str | None = None,
    area_column: str | None = None,
    static: Sequence[str] = (),
    missing: Sequence[float | str] = (),
    source: str = "conus",
    recipe: str = "fast",
    title: str = "own region",
) -> Path:
    """Describe a folder of files in two YAML files, the data set's and the region's.

    Parameters
    ----------
    folder
        Where the files are; empty means :func:`demonstration_folder`.
    columns
        Canonical variable -> (column, unit), ``streamflow`` among them. The others are inputs.
    train, test
        First day, and the day after the last.
    attributes, id_column, area_column
        Table of the basins, its column of ids and that of the areas in km2 (needed where flow is
        a volume).
    static
        Columns of the table that are inputs: none computed from observed flow, and useful only
        with several basins.
    missing
        Values that stand for a missing one.

    Returns
    -------
    pathlib.Path
        The region's file, which ``hydrotl run`` takes as well.

    Raises
    ------
    ConfigError
        If a variable, a period or the folder is not valid.
    """
    folder = Path(folder or demonstration_folder()).expanduser().absolute()
    if not folder.is_dir():
        raise ConfigError(f"there is no folder {folder}: correct the parameter `folder`")
    if "streamflow" not in columns:
        raise ConfigError("the parameter `columns` names no streamflow to train on")
    options = {"series": series, "date_column": date_column}
    if attributes:
        options["attributes"] = attributes
    dataset = own_dataset(
        folder,
        {name: (native, units) for name, (native, units) in columns.items()},
        title=title,
        options=options,
        missing=list(missing),
        attributes={"id_column": id_column or None, "area": area_column or None},
    )
    home = project_root() / "runs" / "new-region"
    described = home / "dataset.yaml"
    _write(described, dataset.model_dump(mode="json", exclude_defaults=True))
    content = {
        "title": title,
        "dataset": str(described),
        "inputs": {
            "dynamic": [name for name in columns if name != "streamflow"],
            "static": list(static),
        },
        "settings": {SETTING: {"train": list(train), "test": list(test)}},
        "source": source,
        "recipe": recipe,
    }
    validated(Region, content, "the parameters of this page")
    _write(home / "region.yaml", content)
    return home / "region.yaml"


def _write(path: Path, content: object) -> None:
    with replacing(path) as temporary:
        temporary.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def verdict(
    tried: Mapping[str, float], tested: Mapping[str, float], validation_days: int
) -> Markdown:
    """The outcome in words.

    Parameters
    ----------
    tried
        Median NSE of each model on the last training days; NaN where nothing could be scored.
    tested
        Median NSE in the test period of the models that were trained again.
    validation_days
        Number of the last training days.
    """
    days = f"the last {validation_days} training days"
    medians = pd.Series(dict(tried), dtype=float).dropna()
    if medians.empty:
        return show.remark(
            f"Nothing could be scored on {days}: they hold no gauge reading, or always the same "
            "one. So no model was chosen, and all of them are tested below. To take the best of "
            "them there would be a choice by the test period: rather change `train` or "
            "`validation_days`, so that these days hold readings."
        )
    chosen = str(medians.idxmax())
    text = f"On {days} **{chosen}** did best. "
    if math.isnan(tested[chosen]):
        return show.remark(
            f"{text}In the test period nothing could be scored: it holds no gauge reading, or "
            "always the same one."
        )
    text += (
        "Trained again on all training days, it reaches a median NSE of "
        f"{tested[chosen]:.2f} in the test period"
    )
    if chosen == LOCAL:
        return show.remark(f"{text}. Nothing was gained from the source model here.")
    return show.remark(f"{text}; the local model {tested[LOCAL]:.2f}.")
