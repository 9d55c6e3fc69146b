"""Weather files of a SWAT+ project: one station with a daily record and its monthly statistics."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from hydrotl.process_based.swat.basin import Basin
from hydrotl.process_based.swat.estimates import WIND_SPEED
from hydrotl.process_based.swat.tables import NULL, Cell, cell, write_lines, write_table

STATION = "station"
GENERATOR = "generator"

#: Extension of a daily file -> its columns of the weather record.
DAILY = {
    "pcp": ("prcp",),
    "tmp": ("tmax", "tmin"),
    "slr": ("srad",),
    "hmd": ("humidity",),
}

#: Share of a month's heaviest rain that falls within half an hour. It shapes the peak of a storm
#: within its day, which drives erosion; the daily flow does not depend on it.
HALF_HOUR_SHARE = 1 / 3


def write_weather(folder: Path, weather: pd.DataFrame, basin: Basin) -> None:
    """Write the daily files, their lists, the station and the weather generator.

    Parameters
    ----------
    weather
        Every day once and no gaps: ``prcp`` mm/day, ``tmin`` ``tmax`` degC, ``srad``
        MJ m-2 day-1, ``humidity`` 0 to 1.
    """
    for extension, columns in DAILY.items():
        _write_daily(folder / f"{STATION}.{extension}", weather, columns, basin)
        write_lines(folder / f"{extension}.cli", [["filename"], [f"{STATION}.{extension}"]])
    station: dict[str, Cell] = {"name": STATION, "wgn": GENERATOR}
    station |= {extension: f"{STATION}.{extension}" for extension in DAILY}
    station |= {"wnd": "sim", "pet": NULL, "atmo_dep": NULL}
    write_table(folder / "weather-sta.cli", [station])
    table = monthly_statistics(weather)
    years = pd.DatetimeIndex(weather.index).year.nunique()
    place = (GENERATOR, *map(cell, (basin.latitude, 0.0, basin.elevation)), str(years))
    rows = ([cell(float(value)) for value in row] for row in table.to_numpy())
    write_lines(folder / "weather-wgn.cli", [place, list(table.columns), *rows])


def _write_daily(path: Path, weather: pd.DataFrame, columns: tuple[str, ...], basin: Basin) -> None:
    days = pd.DatetimeIndex(weather.index)
    years = days[-1].year - days[0].year + 1
    head = [
        ["nbyr", "tstep", "lat", "lon", "elev"],
        [str(years), "0", *(f"{v:.3f}" for v in (basin.latitude, 0.0, basin.elevation))],
    ]
    values = weather[list(columns)].to_numpy(dtype=float)
    rows = (
        [str(year), str(day), *(f"{value:.5f}" for value in row)]
        for year, day, row in zip(days.year, days.day_of_year, values, strict=True)
    )
    write_lines(path, [*head, *rows])


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
