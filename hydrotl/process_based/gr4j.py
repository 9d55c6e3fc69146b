"""GR4J with the snow routine CemaNeige, as the package ``grsuite`` computes it.

GR4J (Perrin et al. 2003, doi:10.1016/S0022-1694(03)00225-7) turns the water that reaches the
ground into streamflow with two stores and two unit hydrographs; CemaNeige (Valéry et al. 2014,
doi:10.1016/j.jhydrol.2014.04.058) keeps snow back and melts it by degree-days. Snow lies in one
layer at the basin's mean temperature: elevation bands would need a hypsometric curve. Between
-1 and 3 °C a linearly falling part of precipitation is snow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.manifest import Attributes
from hydrotl_core.arrays import with_lead
from hydrotl_core.errors import DataError
from hydrotl_core.recipe import Period

#: Name of the model in results.
NAME = "cemaneige-gr4j"
WARM_UP_DAYS = 365
OUDIN = "oudin"
#: Evaporation of the data set that is used where Oudin's cannot be computed.
OTHER_EVAPORATION = ("pet_hargreaves", "pet_gleam", "pet_interception")


@dataclass(frozen=True)
class Weather:
    """What drives the model in one basin, each ``[day]`` float64 without NaN.

    Attributes
    ----------
    rain, evaporation
        Precipitation and potential evapotranspiration, mm/day.
    temperature
        Daily mean, degC.
    snow
        Share of precipitation that falls as snow.
    lead
        First days, which only fill the stores.
    start
        Date of the day after the lead.
    """

    rain: np.ndarray
    evaporation: np.ndarray
    temperature: np.ndarray
    snow: np.ndarray
    lead: int
    start: np.datetime64

    @property
    def yearly_snow(self) -> float:
        """Mean snowfall, mm/year; CemaNeige's melt depends on it."""
        return float(np.mean((self.rain * self.snow)[self.lead :])) * 365.25


def library() -> ModuleType:
    """The package ``grsuite``.

    Raises
    ------
    DataError
        If it is not installed.
    """
    try:
        import grsuite
    except ImportError as error:
        raise DataError(
            "GR4J with snow comes with the package grsuite: pip install grsuite"
        ) from error
    return grsuite


def evaporation_source(ds: xr.Dataset, attributes: Attributes) -> str:
    """Where the potential evapotranspiration comes from: a variable of ``ds`` or ``oudin``.

    The data set's ``pet``; else the formula of Oudin et al. (2005,
    doi:10.1016/j.jhydrol.2004.08.026), with which GR4J grew up and which needs no more than
    temperature and latitude; else another product of the data set.

    Raises
    ------
    DataError
        If there is neither a latitude nor a potential evapotranspiration.
    """
    if "pet" in ds:
        return "pet"
    if attributes.latitude is not None and attributes.latitude in ds:
        return OUDIN
    for name in OTHER_EVAPORATION:
        if name in ds:
            return name
    raise DataError(
        "the conceptual model needs potential evapotranspiration: name the attribute with the "
        f"latitude in the manifest entry (attributes: latitude), or give a variable pet or "
        f"{', '.join(OTHER_EVAPORATION)}"
    )


def mean_temperature(ds: xr.Dataset) -> xr.DataArray:
    """Daily mean temperature, degC: ``tmean``, or the mean of ``tmin`` and ``tmax``.

    Raises
    ------
    DataError
        If neither is there.
    """
    if "tmean" in ds:
        return ds["tmean"]
    if "tmin" in ds and "tmax" in ds:
        return (ds["tmin"] + ds["tmax"]) / 2
    raise DataError("the conceptual model needs tmean, or tmin and tmax")


def basin_weather(ds: xr.Dataset, row: int, attributes: Attributes, period: Period) -> Weather:
    """Weather of basin ``row`` over ``period`` and the warm-up year before it.

    Nothing after the period's end is looked at. The weather begins and ends with the basin's
    record of forcing if that is shorter; where it begins too late for the warm-up, its first
    year is repeated backwards, as for the LSTM. Inside the record a missing day counts as dry
    and as warm as its neighbours.

    Raises
    ------
    DataError
        If a variable or the latitude is missing, or the basin has no forcing in the period.
    """
    start = np.datetime64(period.start, "D")
    days = ds["time"].values.astype("datetime64[D]")
    window = slice(
        *np.searchsorted(days, [start - WARM_UP_DAYS, np.datetime64(period.end, "D")]).tolist()
    )
    one = ds.isel(basin=row, time=window)
    source = evaporation_source(ds, attributes)
    forcing = pd.DataFrame(
        {"rain": one["prcp"].values, "temperature": mean_temperature(one).values},
        index=pd.DatetimeIndex(one["time"].values),
        dtype=float,
    )
    if source != OUDIN:
        forcing["evaporation"] = np.maximum(one[source].values.astype(float), 0.0)
    known = np.flatnonzero(forcing.notna().all(axis=1))
    if not known.size or forcing.index[known[-1]] < pd.Timestamp(period.start):
        raise DataError(
            f"basin {ds['basin'].values[row]} has no day of forcing in {period.start}..{period.end}"
        )
    forcing = forcing.iloc[known[0] : known[-1] + 1]
    forcing = forcing.fillna({"rain": 0.0}).interpolate()
    if source == OUDIN:
        latitude = float(ds[attributes.latitude].values[row])
        day = pd.DatetimeIndex(forcing.index).day_of_year.to_numpy()
        forcing["evaporation"] = library().pe_oudin(
            day, forcing["temperature"].to_numpy(), latitude, "deg"
        )
    record = forcing.index.values.astype("datetime64[D]")
    first = int(np.searchsorted(record, start))
    forcing = forcing.iloc[with_lead(len(record), first, len(record), WARM_UP_DAYS)]
    rain, temperature = forcing["rain"].to_numpy(), forcing["temperature"].to_numpy()
    # A layer without elevation: series pass as they are, snow is told by the mean temperature.
    layer = library().data_alti_extrapolation_valery(
        None, rain, temperature, z_inputs=0.0, hypso_data=None, n_layers=1
    )
    return Weather(
        rain=rain,
        evaporation=forcing["evaporation"].to_numpy(),
        temperature=temperature,
        snow=layer["LayerFracSolidPrecip"][0],
        lead=WARM_UP_DAYS,
        start=record[first],
    )


def model(weather: Weather, yearly_snow: float) -> Callable[[np.ndarray], np.ndarray]:
    """The model of one basin: parameters X1, X2, X3, X4, CTG, Kf to streamflow.

    Parameters
    ----------
    weather
        Forcing of the basin.
    yearly_snow
        Mean snowfall in mm/year. It belongs to the calibrated model: take it from the training
        years in every run.

    Returns
    -------
    callable
        Streamflow ``[day]`` of the days after the lead, mm/day.
    """
    inputs, options = _prepared(weather, yearly_snow)
    simulate = library().run_model_cemaneige_gr4j

    def run(parameters: np.ndarray) -> np.ndarray:
        return simulate(inputs, options, parameters)["Qsim"]

    return run


def airgr_calibration(
    weather: Weather, yearly_snow: float, observed: np.ndarray, fixed: np.ndarray
) -> np.ndarray:
    """Parameters that airGR's own calibration finds: a coarse grid, then steepest descent.

    Michel's algorithm (Coron et al. 2017, doi:10.1016/j.envsoft.2017.05.002) on the NSE. It is
    quick and knows where GR4J's parameters mostly lie, but may end in a local optimum.

    Parameters
    ----------
    weather, yearly_snow
        As for :func:`model`.
    observed
        Streamflow of the days after the lead, ``[day]``, mm/day, NaN = missing.
    fixed
        A value for each parameter that is not to be fitted, NaN for the others.
    """
    grsuite = library()
    found = grsuite.calibration_michel(
        *_prepared(weather, yearly_snow),
        grsuite.InputsCrit("NSE", obs=observed.astype(float)),
        grsuite.CalibOptions("CemaNeigeGR4J", fixed_param=fixed),
        verbose=False,
    )
    return np.asarray(found.param_final_r, dtype=float)


def _prepared(weather: Weather, yearly_snow: float) -> tuple[Any, Any]:
    """The library's inputs and options of a run."""
    grsuite = library()
    days = weather.start - weather.lead + np.arange(len(weather.rain))
    inputs = grsuite.InputsModel(
        days,
        weather.rain,
        weather.evaporation,
        temp_mean=weather.temperature,
        layer_precip=[weather.rain],
        layer_temp_mean=[weather.temperature],
        layer_frac_solid_precip=[weather.snow],
    )
    options = grsuite.RunOptions(
        inputs,
        "CemaNeigeGR4J",
        ind_period_run=np.arange(weather.lead, len(days)),
        ind_period_warmup=np.arange(weather.lead),
        mean_an_solid_precip=[yearly_snow],
    )
    return inputs, options
