"""Station forcing in the text form of CMADS and SWAT, and a flow file per basin.

CMADS (Meng et al. 2019) hands out its grid cells as stations in the form that ArcSWAT 2012 reads:
a file per station and quantity, the first day as YYYYMMDD on the first line, then a line per day
with one number (in temperature files two, ``maximum,minimum``). The days are not written, so no
day can be left out: all files of a basin must have the same days, or one has lost a line. The
basin mean is the weighted mean of the basin's stations, and missing on a day on which a station
with a weight is missing.

Files in the data set's folder, all but the station files under names of your own choice::

    precipitation/P<station>.txt    mm        temperature/T<station>.txt   degC, maximum,minimum
    solar/S<station>.txt            MJ/m2     humidity/R<station>.txt      fraction
    wind/W<station>.txt             m/s
    stations.csv                    gauge_id,station,weight
    streamflow/<id>.csv             date,streamflow
    attributes.csv                  gauge_id,area,...

Weights may be in any unit, such as the area of the cell inside the basin: they are divided by
their sum. Only files of variables in the manifest entry are needed; ``native`` is one of
``precipitation``, ``tmax``, ``tmin``, ``solar_radiation``, ``relative_humidity``, ``wind_speed``,
and for the flow its column.

Its options, besides those of every reader: ``series`` (file and columns of each quantity,
``{station}`` in the file), ``stations``, ``streamflow`` (``{basin}`` in it), ``attributes``,
``date_column`` and ``date_format`` of the flow files.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import Found, ReaderOptions, pick_basins
from hydrotl.data.readers.attributes import read_attributes
from hydrotl.data.readers.dates import DateFormat, parse_days
from hydrotl.data.readers.series import Record, read_series
from hydrotl.data.readers.text import read_header, read_table
from hydrotl.data.spelling import basin_id
from hydrotl.names import path_name
from hydrotl_core.errors import ConfigError, DataError
from hydrotl_core.recipe import Strict
from hydrotl_core.scaling import STREAMFLOW


class Quantity(Strict):
    """Station file of a quantity and the names of its columns."""

    file: str
    columns: tuple[str, ...]


_SERIES = (
    Quantity(file="precipitation/P{station}.txt", columns=("precipitation",)),
    Quantity(file="temperature/T{station}.txt", columns=("tmax", "tmin")),
    Quantity(file="solar/S{station}.txt", columns=("solar_radiation",)),
    Quantity(file="humidity/R{station}.txt", columns=("relative_humidity",)),
    Quantity(file="wind/W{station}.txt", columns=("wind_speed",)),
)


class Options(ReaderOptions):
    """See the module's description."""

    series: tuple[Quantity, ...] = _SERIES
    stations: str = "stations.csv"
    streamflow: str = "streamflow/{basin}.csv"
    attributes: str = "attributes.csv"
    date_column: str = "date"
    date_format: DateFormat | None = None


def read(folder: Path, dataset: Dataset, options: Options, basins: Sequence[str] | None) -> Found:
    """Read ``basins`` (None: all in the station table) (see :mod:`hydrotl.data.readers`)."""
    id_column = dataset.attributes.id_column or "gauge_id"
    weights = _read_weights(folder / options.stations, id_column)
    chosen = pick_basins(weights, basins, dataset.title)
    attributes = read_attributes(folder, options.attributes, dataset, chosen)
    records: dict[str, Record] = {}
    for basin in chosen:
        read: dict[Path, pd.DatetimeIndex] = {}
        records[basin] = {
            name: _basin_mean(folder, weights[basin], native, dataset, options, read)
            for name, native in dataset.natives(dataset.forcings).items()
        }
        _check_aligned(read, basin)
        if STREAMFLOW in dataset.variables:
            records[basin] |= read_series(
                folder / options.streamflow.replace("{basin}", basin),
                dataset.natives([STREAMFLOW]),
                [options.date_column],
                dataset,
                options.gaps,
                options.date_format,
            )
    return records, attributes


def _read_weights(path: Path, id_column: str) -> dict[str, dict[str, float]]:
    """Basin id -> station -> weight; the weights of a basin sum to one."""
    table = read_table(path, text=(id_column, "station"), values=("weight",))
    weights: dict[str, dict[str, float]] = {}
    for line, name, station, weight in table[[id_column, "station", "weight"]].itertuples():
        basin = basin_id(name)
        if not basin or not station:
            raise DataError(f"{path}, line {line}: no basin id or no station")
        path_name(basin, f"basin ({path}, line {line})", DataError)
        path_name(station, f"station ({path}, line {line})", DataError)
        if not weight > 0:
            raise DataError(
                f"{path}, line {line}: weight {weight} of station {station} is not positive; "
                "correct it or remove the line"
            )
        if station in weights.setdefault(basin, {}):
            raise DataError(f"{path}, line {line}: station {station} twice in basin {basin}")
        weights[basin][station] = float(weight)
    return {
        basin: {station: weight / sum(shares.values()) for station, weight in shares.items()}
        for basin, shares in weights.items()
    }


def _basin_mean(
    folder: Path,
    weights: dict[str, float],
    native: str,
    dataset: Dataset,
    options: Options,
    read: dict[Path, pd.DatetimeIndex],
) -> pd.Series:
    """Weighted mean of a quantity over the stations; ``read`` gets the days of each file."""
    quantity = next((q for q in options.series if native in q.columns), None)
    if quantity is None:
        columns = [column for q in options.series for column in q.columns]
        raise ConfigError(
            f"{dataset.title}: no station file holds '{native}' (there are {', '.join(columns)}); "
            "correct `native` or the option `series` in the manifest entry"
        )
    paths = [folder / quantity.file.replace("{station}", station) for station in weights]
    found = [_read_station(path, quantity.columns, native, dataset.missing) for path in paths]
    read |= {p: pd.DatetimeIndex(series.index) for p, series in zip(paths, found, strict=True)}
    mean = sum(weight * one for weight, one in zip(weights.values(), found, strict=True))
    return pd.Series(mean)


def _check_aligned(read: dict[Path, pd.DatetimeIndex], basin: str) -> None:
    """All station files of a basin must have the days that most of them have."""
    spans = {path: f"{days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}" for path, days in read.items()}
    counts = Counter(spans.values())
    for path, span in spans.items():
        usual, _ = counts.most_common(1)[0]
        if span != usual:
            raise DataError(
                f"{path}: {span}, but other station files of basin {basin} have {usual}; one has "
                "lost a line (and its days are no longer known), or cut them to the same days"
            )


def _read_station(
    path: Path, columns: tuple[str, ...], native: str, missing: Sequence[float | str]
) -> pd.Series:
    first = pd.DataFrame({"first day": read_header(path)[:1]}, index=[1])
    start = parse_days(first, ["first day"], path, "%Y%m%d")[0]
    table = read_table(path, values=(native,), missing=missing, names=columns, header_line=1)
    days = pd.date_range(start, periods=len(table), freq="D", unit="ns")
    return pd.Series(table[native].to_numpy(), days)
