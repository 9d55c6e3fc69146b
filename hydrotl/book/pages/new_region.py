"""Page 06: a region of one's own, described by two YAML files, and the outcome in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from hydrotl.book.escape import code, plain
from hydrotl.book.pages import show
from hydrotl.config import Region, validated
from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import load_manifest, own_dataset
from hydrotl.data.units import convert
from hydrotl.experiments.cells import LOCAL
from hydrotl.paths import project_root
from hydrotl.yamlfile import dump_yaml
from hydrotl_core.errors import ConfigError
from hydrotl_core.files import replacing

if TYPE_CHECKING:
    from IPython.display import Markdown

SETTING = "own"  # the name of the region's only training and test period


def demonstration_folder() -> Path:
    """A folder as one's own might look, written from a basin of the sample.

    A CSV file (date, rain in mm, temperatures in degC, flow in m3/s) and a table of areas in km2.
    The names of the columns are deliberately not hydrotl's.
    """
    basin, attributes = "girnock", load_manifest()["sample"].attributes
    one = open_dataset("sample", basins=[basin]).sel(basin=basin)
    area, latitude = float(one[str(attributes.area)]), float(one[str(attributes.latitude)])
    columns = {"prcp": "rain", "tmax": "t_high", "tmin": "t_low", "streamflow": "discharge"}
    series = one[list(columns)].to_dataframe()[list(columns)].rename(columns=columns)
    series = series.dropna(subset=["rain"])
    # m3/s as gauges are read; the reader turns them back into mm/day
    series["discharge"] /= float(convert(1.0, "m3/s", "mm/day", area))
    table = pd.DataFrame({"area_km2": area, "lat": latitude}, index=[basin])
    folder = _home() / "data"
    _write(folder / f"{basin}.csv", series.round(5).to_csv(index_label="day"))
    _write(folder / "basins.csv", table.to_csv(index_label="gauge"))
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
    if set(columns) == {"streamflow"}:
        raise ConfigError("the parameter `columns` names no weather: add at least prcp, the rain")
    options = {"series": series, "date_column": date_column}
    if attributes:
        options["attributes"] = attributes
    dataset = own_dataset(
        folder,
        {name: (native, units) for name, (native, units) in columns.items()},
        title="own region",
        options=options,
        missing=list(missing),
        attributes={"id_column": id_column or None, "area": area_column or None},
    )
    described, region = _home() / "dataset.yaml", _home() / "region.yaml"
    _write_yaml(described, dataset.model_dump(mode="json", exclude_defaults=True))
    dynamic = [name for name in columns if name != "streamflow"]
    content = {
        "title": "own region",
        "dataset": str(described),
        "inputs": {"dynamic": dynamic, "static": list(static)},
        "settings": {SETTING: {"train": list(train), "test": list(test)}},
        "source": source,
        "recipe": "fast",
    }
    validated(Region, content, "the parameters of this page")
    _write_yaml(region, content)
    return region


def written(region: Path) -> Markdown:
    """Where :func:`write_region` has put its two files, and what they are good for."""
    path = region.relative_to(project_root())
    return show.remark(
        f"In the project's folder, {code(path.with_name('dataset.yaml'))} describes your data and "
        f"{code(path)} your region. {code(f'hydrotl run {path}')} trains the same models from the "
        "command line."
    )


def _home() -> Path:
    return project_root() / "runs" / "new-region"


def _write(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _write_yaml(path: Path, content: object) -> None:
    _write(path, dump_yaml(content))


def verdict(
    tried: Mapping[str, float],
    tested: Mapping[str, float],
    validation_days: int,
    unscored: Sequence[str] = (),
) -> Markdown:
    """The outcome in words.

    ``tried`` holds the median NSE of each model on the last ``validation_days`` of training, NaN
    where nothing could be scored; ``tested`` that in the test period of models trained again;
    ``unscored`` are the basins that have no score there.
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
    text = f"On {days} **{plain(chosen)}** did best. "
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
        text += ". Nothing was gained from the source model here."
    else:
        text += f"; the local model {tested[LOCAL]:.2f}."
    if unscored:
        text += (
            f" Not counted: {', '.join(unscored)}, without a gauge reading in the test period, or "
            "with always the same one."
        )
    return show.remark(text)
