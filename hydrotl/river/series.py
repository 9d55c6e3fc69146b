"""Series of a run: every model, the band and the observation, day by day."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.river.bands import RunBands
from hydrotl.river.folder import Run
from hydrotl.river.models import chosen_flow, model_flow
from hydrotl.river.seal import SERIES, check_file
from hydrotl_core.arrays import in_period
from hydrotl_core.files import replacing
from hydrotl_core.scaling import STREAMFLOW

#: Models that are shown beside the chosen one.
BESIDE = ("local", "gr4j")
CSV_DIGITS = 4
#: What a day is for; in NetCDF by its number, as the CF conventions have it.
PERIODS = ("", "training", "test")


def kept_series(run: Run) -> xr.Dataset:
    """The series of a run; a ConfigError if they are not there, or not what was written."""
    return read_series(check_file(run.folder, run.file, SERIES))


def run_series(run: Run, bands: RunBands) -> xr.Dataset:
    """Series of the whole record of all basins of a run, on ``(basin, time)``.

    ``simulated``, ``low`` and ``high`` (the band), ``observed``, ``prcp``, the models beside it,
    and ``period``: training, test, or an empty text on other days.
    """
    ds, basins = run.inputs, run.basins
    flows = {"simulated": chosen_flow(run, ds, basins)}
    flows |= {n: model_flow(run, n, ds, basins) for n in BESIDE if n in run.file.models}
    period = np.full((len(basins), ds.sizes["time"]), "", dtype="U8")
    period[in_period(ds, run.fit)] = "training"
    test = [basin.test for basin in run.file.basins.values() if basin.test is not None]
    if test:
        period[in_period(ds, test)] = "test"
    observed, rain = (ds[n].transpose("basin", "time").values for n in (STREAMFLOW, "prcp"))
    found = with_band(flows["simulated"], basins, ds, bands)
    more = {**flows, "observed": observed, "prcp": rain}
    found = found.assign({name: (("basin", "time"), values) for name, values in more.items()})
    for name in more:
        found[name].attrs["units"] = "mm/day"
    return found.assign(period=(("basin", "time"), period))


def with_band(
    simulated: np.ndarray, basins: list[str], ds: xr.Dataset, bands: RunBands
) -> xr.Dataset:
    """``simulated``, ``low`` and ``high``, mm/day, on the basins and days of ``ds``."""
    ends = [bands.of(basin, row) for basin, row in zip(basins, simulated, strict=True)]
    low, high = (np.stack([one[side] for one in ends]) for side in (0, 1))
    values = {"simulated": simulated, "low": low, "high": high}
    return xr.Dataset(
        {
            name: (("basin", "time"), v.astype(np.float32), {"units": "mm/day"})
            for name, v in values.items()
        },
        coords={"basin": basins, "time": ds["time"].values},
    )


def series_frame(series: xr.Dataset) -> pd.DataFrame:
    """The series as a table: basin, date, a column per variable; days of no use are left out."""
    frame = series.to_dataframe().reset_index()
    there = frame[[n for n in ("simulated", "observed") if n in frame]].notna().any(axis=1)
    frame = frame[there].rename(columns={"time": "date"})
    frame["date"] = frame["date"].dt.strftime("%Y-%m-%d")
    return frame.round(CSV_DIGITS)


def write_series(path: Path, series: xr.Dataset) -> None:
    """Write a series, as CSV or as NetCDF by the file's ending; completely or not at all."""
    with replacing(path) as temporary:
        if path.suffix == ".csv":
            series_frame(series).to_csv(temporary, index=False)
        else:
            packed = _numbered(series)
            packed.to_netcdf(temporary, encoding={name: {"zlib": True} for name in packed})


def read_series(path: Path) -> xr.Dataset:
    """What :func:`write_series` wrote as NetCDF."""
    with xr.open_dataset(path) as file:
        series = file.load()
    series = series.assign_coords(basin=[str(basin) for basin in series["basin"].values])
    if "period" not in series:
        return series
    names = np.array(PERIODS)[series["period"].values.astype(int)]
    return series.assign(period=(("basin", "time"), names))


def _numbered(series: xr.Dataset) -> xr.Dataset:
    if "period" not in series:
        return series
    numbers = np.zeros(series["period"].shape, dtype=np.int8)
    for number, name in enumerate(PERIODS):
        numbers[series["period"].values == name] = number
    flags = {"flag_values": np.arange(3, dtype=np.int8), "flag_meanings": "other training test"}
    return series.assign(period=(("basin", "time"), numbers, flags))
