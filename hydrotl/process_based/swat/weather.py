"""Weather files of a SWAT+ project: one station with a daily record and its monthly statistics."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from hydrotl.process_based.swat.inputs import Basin
from hydrotl.process_based.swat.landscape import Lines
from hydrotl_core.errors import DataError

#: Extension of a daily file -> its columns of the weather record.
DAILY = {"pcp": ["prcp"], "tmp": ["tmax", "tmin"], "slr": ["srad"], "hmd": ["humidity"]}

#: Wind speed at 2 m where none was measured, m/s: "the average over 2000 weather stations around
#: the globe" (FAO-56, chapter 3).
WIND_SPEED = 2.0

#: Share of a month's heaviest rain that falls within half an hour. It shapes the peak of a storm
#: within its day, which drives erosion; the daily flow does not depend on it.
HALF_HOUR_SHARE = 1 / 3


def weather_files(weather: pd.DataFrame, basin: Basin) -> dict[str, Lines]:
    """Daily files of the station, and the weather generator.

    Parameters
    ----------
    weather
        Every day once and no gaps: ``prcp`` mm/day, ``tmin`` ``tmax`` degC, ``srad``
        MJ m-2 day-1, ``humidity`` 0 to 1, as ``inputs.weather_record`` gives it.

    Raises
    ------
    DataError
        If the record lacks a column, a day or a value.
    """
    check_weather(weather, basin)
    days = pd.DatetimeIndex(weather.index)
    place = (basin.latitude, 0.0, basin.elevation)
    years = str(days[-1].year - days[0].year + 1)
    head = [
        ["nbyr", "tstep", "lat", "lon", "elev"],
        [years, "0", *(f"{value:.3f}" for value in place)],
    ]
    dates = [[str(day.year), str(day.day_of_year)] for day in days]
    files: dict[str, Lines] = {}
    for extension, columns in DAILY.items():
        rows = zip(dates, _decimals(weather[columns]), strict=True)
        files[f"station.{extension}"] = [*head, *(date + values for date, values in rows)]
    table = monthly_statistics(weather)
    files["weather-wgn.cli"] = [
        ["generator", *_decimals([place])[0], str(days.year.nunique())],
        list(table.columns),
        *_decimals(table),
    ]
    return files


def _decimals(rows: npt.ArrayLike) -> Lines:
    return np.char.mod("%.5f", np.asarray(rows, dtype=float)).tolist()


def check_weather(weather: pd.DataFrame, basin: Basin) -> None:
    """Raise DataError unless the record has every column, day and value, in order."""
    columns = [column for group in DAILY.values() for column in group]
    lacking = [column for column in columns if column not in weather]
    if lacking:
        raise DataError(f"basin {basin.name}: the weather record lacks {', '.join(lacking)}")
    days = pd.DatetimeIndex(weather.index)
    if not len(days) or not days.equals(pd.date_range(days[0], days[-1], freq="D")):
        raise DataError(f"basin {basin.name}: the weather record does not have every day once")
    gaps = [column for column in columns if weather[column].isna().any()]
    if gaps:
        raise DataError(f"basin {basin.name}: the weather record has gaps in {', '.join(gaps)}")


def monthly_statistics(weather: pd.DataFrame) -> pd.DataFrame:
    """Statistics of the weather generator, a row per month of the year.

    SWAT+ takes heat units and the first soil temperature from them, and generates wind, which no
    daily file has and which Priestley-Taylor's evapotranspiration does not need. A month that the
    record lacks takes the mean over the others.

    Returns
    -------
    pandas.DataFrame
        Index 1 to 12. Rain and its wet days are of a mean month; standard deviation and skewness
        are of rain on wet days; ``wet_dry`` and ``wet_wet`` are probabilities of rain after a
        dry and a wet day.
    """
    days = pd.DatetimeIndex(weather.index)
    month = pd.Index(days.month, name="month")
    by_month = weather.groupby(month)
    wet = weather["prcp"] > 0
    years = (1 / pd.Series(days.days_in_month, index=days, dtype=float)).groupby(month).sum()
    rain = weather["prcp"].where(wet).groupby(month)
    yesterday = wet.astype(float).shift(1)

    def after(state: float) -> pd.Series:
        same = (yesterday == state).to_numpy()
        return wet[same].astype(float).groupby(month[same]).mean()

    table = pd.DataFrame(
        {
            "tmp_max_ave": by_month["tmax"].mean(),
            "tmp_min_ave": by_month["tmin"].mean(),
            "tmp_max_sd": by_month["tmax"].std(),
            "tmp_min_sd": by_month["tmin"].std(),
            "pcp_ave": by_month["prcp"].sum() / years,
            "pcp_sd": rain.std(),
            "pcp_skew": rain.skew(),
            "wet_dry": after(0.0),
            "wet_wet": after(1.0),
            "pcp_days": wet.groupby(month).sum() / years,
            "pcp_hhr": by_month["prcp"].max() * HALF_HOUR_SHARE,
            "slr_ave": by_month["srad"].mean(),
            # A value below 1 is a relative humidity to SWAT+, else a dew point.
            "dew_ave": by_month["humidity"].mean(),
        }
    ).reindex(range(1, 13))
    table = table.fillna(table.mean()).fillna(0.0)
    return table.assign(wnd_ave=WIND_SPEED)
