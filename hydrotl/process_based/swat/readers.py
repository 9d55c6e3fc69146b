"""Streamflow of a SWAT run: SWAT+'s ``channel_sd_day.txt`` and SWAT2012's ``output.rch``.

Anyone's existing run can so be a teacher, whatever wrote it.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from hydrotl.data.units import check_area, convert
from hydrotl.process_based.swat.output_rch import read_output_rch
from hydrotl_core.errors import DataError

CHANNEL_FILE = "channel_sd_day.txt"
REACH_FILE = "output.rch"

#: Named columns before the first value of ``channel_sd_day.txt``.
_LEADING = ("jday", "mon", "day", "yr", "unit")


def swat_flow(path: Path, unit: int, area: float) -> pd.Series:
    """Streamflow of a channel (SWAT+) or reach (SWAT2012), mm/day.

    Parameters
    ----------
    path
        ``channel_sd_day.txt``, ``output.rch``, or the folder (``TxtInOut``) of either. A daily
        ``output.rch`` needs its ``file.cio`` beside it.
    unit
        Number of the channel or reach.
    area
        Area of the basin above it, km2.

    Returns
    -------
    pandas.Series
        Indexed by date: every day, or the first day of each month or year of which the file
        holds the mean.

    Raises
    ------
    DataError
        If the file is absent, damaged or has no such unit, or the area is not positive.
    """
    area = check_area(area, f"flow of {path} in mm/day")
    path = Path(path)
    if path.is_dir():
        found = [path / name for name in (CHANNEL_FILE, REACH_FILE) if (path / name).is_file()]
        if not found:
            raise DataError(
                f"{path} holds neither {CHANNEL_FILE} nor {REACH_FILE}: run SWAT, and let SWAT+ "
                "print channel_sd daily (print.prt)"
            )
        path = found[0]
    first = path.open(encoding="utf-8", errors="replace").read(200) if path.is_file() else ""
    if not first:
        raise DataError(f"{path} is absent or empty: run SWAT first")
    flow = read_channel(path, unit) if "SWAT+" in first else read_output_rch(path, unit)
    depth = convert(flow.to_numpy(), "m3/s", "mm/day", area)
    return pd.Series(depth, index=flow.index, name="streamflow")


def read_channel(path: Path, unit: int) -> pd.Series:
    """Daily flow out of a channel of SWAT+, m3/s, from ``channel_sd_day.txt``.

    Raises
    ------
    DataError
        If the file has no flow, no such unit, a line that cannot be read or a missing day.
    """
    values, days = [], []
    with path.open(encoding="utf-8", errors="replace") as file:
        names = [next(file, "").split() for _ in range(3)][1]
        if "flo_out" not in names or tuple(names[: len(_LEADING)]) != _LEADING:
            raise DataError(f"{path}, line 2: no column flo_out; is it SWAT+'s channel_sd_day.txt?")
        column, place = names.index("flo_out"), names.index("unit")
        for number, line in enumerate(file, 4):
            cells = line.split()
            try:
                if int(cells[place]) != unit:
                    continue
                values.append(float(cells[column]))
                days.append(pd.Timestamp(int(cells[3]), int(cells[1]), int(cells[2])))
            except (IndexError, ValueError) as error:
                raise DataError(
                    f"{path}, line {number} cannot be read ({error}): the run may have been "
                    "stopped; run it again"
                ) from None
    if not values:
        raise DataError(f"{path} has no channel {unit}")
    index = pd.DatetimeIndex(days)
    if not index.equals(pd.date_range(index[0], index[-1], freq="D")):
        raise DataError(f"{path}: the days of channel {unit} are not one after another")
    return pd.Series(values, index=index, name="flo_out")
