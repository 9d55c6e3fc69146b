"""Section 6: a region of one's own, from a folder of CSV files to a simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from hydrotl.book.pages import show, transfer
from hydrotl.config import Region, load_region, validated
from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import load_manifest, own_dataset
from hydrotl.data.units import convert
from hydrotl.experiments.sweep import run_region
from hydrotl.paths import project_root
from hydrotl.yamlfile import dump_yaml
from hydrotl_core.errors import ConfigError
from hydrotl_core.files import replacing

if TYPE_CHECKING:
    import panel as pn
    from IPython.display import Markdown
    from pandas.io.formats.style import Styler

    from hydrotl.experiments.cells import Cell
    from hydrotl.experiments.records import CellResult

SETTING = "own"


@dataclass(frozen=True)
class Choice:
    """Scores on the last training days, and the model they speak for."""

    results: dict[Cell, CellResult]
    validation_days: int
    chosen: str


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
        temporary.write_text(dump_yaml(content), encoding="utf-8")


def described(region: Path) -> Styler:
    """What was read: basins, days, and missing days of every variable."""
    loaded = load_region(region)
    ds = open_dataset(loaded.dataset)
    days = ds.indexes["time"]
    rows = [
        {
            "variable": name,
            "unit": ds[name].attrs["units"],
            "mean": float(ds[name].mean()),
            "lowest": float(ds[name].min()),
            "highest": float(ds[name].max()),
            "missing days": int(ds[name].isnull().sum()),
        }
        for name in [*loaded.inputs.dynamic, "streamflow"]
    ]
    caption = f"Basins: {ds.sizes['basin']}. Days: {days[0].date()} to {days[-1].date()}"
    return show.table(pd.DataFrame(rows), 2).set_caption(caption)


def choose(
    region: Path,
    members: int,
    updates: int | None = None,
    validation_days: int = 365,
    *,
    jobs: int = 1,
    device: str = "auto",
) -> Choice:
    """Try local and all transfer options on the last training days; the test is not touched.

    The model with the highest median NSE there is chosen.
    """
    results = run_region(
        str(region),
        [SETTING],
        members,
        updates,
        validation_days=validation_days,
        jobs=jobs,
        device=device,
    )
    medians = {cell.option: float(r.basin_nse.median()) for cell, r in results.items()}
    return Choice(results, validation_days, max(medians, key=lambda name: medians[name]))


def final(
    region: Path,
    choice: Choice,
    members: int,
    updates: int | None = None,
    *,
    jobs: int = 1,
    device: str = "auto",
) -> dict[Cell, CellResult]:
    """The local model and the chosen one, trained on all training days and tested once."""
    options = list(dict.fromkeys([transfer.LOCAL, choice.chosen]))
    return run_region(
        str(region), [SETTING], members, updates, options=options, jobs=jobs, device=device
    )


def verdict(choice: Choice, results: transfer.Results) -> Markdown:
    """The outcome in words."""
    medians = {cell.option: float(r.basin_nse.median()) for cell, r in results.items()}
    local, chosen = medians[transfer.LOCAL], medians[choice.chosen]
    text = (
        f"On the last {choice.validation_days} training days **{choice.chosen}** did best. Trained "
        f"again on all training days, it reaches a median NSE of {chosen:.2f} in the test period"
    )
    if choice.chosen == transfer.LOCAL:
        return show.remark(text + ". Nothing was gained from the source model here.")
    return show.remark(f"{text}; the local model {local:.2f}.")


def hydrographs(results: transfer.Results) -> pn.pane.Bokeh:
    """Observed flow, the local model and the chosen one in the test period."""
    return transfer.observed_and(transfer.of_setting(results, SETTING))
