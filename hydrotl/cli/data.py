"""Commands on data sets: fetch, describe, pack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def fetch(dataset: Annotated[str, typer.Argument(help="Key in data_manifest.yaml.")]) -> None:
    """Download a data set into the data folder, verified by sha256, resuming."""
    from hydrotl.data.download import fetch as fetch_dataset

    typer.echo(f"{dataset} is in {fetch_dataset(dataset)}")


def describe(dataset: Annotated[str, typer.Argument(help="Key in data_manifest.yaml.")]) -> None:
    """Read a data set and print what is in it."""
    from hydrotl.data.catalog import open_dataset

    typer.echo(open_dataset(dataset))


def pack(
    source: Annotated[str, typer.Argument(help="File name in experiments/sources/.")],
    file: Annotated[Path, typer.Argument(help="NetCDF file to write.")],
) -> None:
    """Write the data that training and checking a source need to one file."""
    from hydrotl.config import load_source
    from hydrotl.data.catalog import save_dataset
    from hydrotl.data.regions import source_inputs
    from hydrotl_core.files import require_writable

    require_writable(file)
    ds = source_inputs(load_source(source))
    save_dataset(ds, file)
    size = file.stat().st_size / 1e6
    typer.echo(f"wrote {file}: {ds.sizes['basin']} basins, {ds.sizes['time']} days, {size:.1f} MB")
