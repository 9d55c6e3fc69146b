"""One's own files as a data set and a region of the project, in two YAML files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hydrotl.config import Region, validated
from hydrotl.data.manifest import own_dataset
from hydrotl.paths import project_root
from hydrotl_core.errors import ConfigError
from tests.synthetic import write_yaml


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
        Where the files are.
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
    folder = Path(folder).expanduser().absolute()
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
    home = project_root() / "runs" / "new-region"
    described, region = home / "dataset.yaml", home / "region.yaml"
    write_yaml(described, dataset.model_dump(mode="json", exclude_defaults=True))
    dynamic = [name for name in columns if name != "streamflow"]
    content = {
        "title": "own region",
        "dataset": str(described),
        "inputs": {"dynamic": dynamic, "static": list(static)},
        "settings": {"own": {"train": list(train), "test": list(test)}},
        "source": source,
        "recipe": "fast",
    }
    validated(Region, content, "the parameters")
    write_yaml(region, content)
    return region
