"""GR4J, with and without the snow routine CemaNeige, as the package ``grsuite`` computes it.

GR4J (Perrin et al. 2003, doi:10.1016/S0022-1694(03)00225-7) turns the water that reaches the
ground into streamflow with two stores and two unit hydrographs; CemaNeige (Valéry et al. 2014,
doi:10.1016/j.jhydrol.2014.04.058) keeps snow back and melts it by degree-days. Snow lies in one
layer at the basin's mean temperature: elevation bands would need a hypsometric curve. Between
-1 and 3 °C a linearly falling part of precipitation is snow.

The benchmark is calibrated and has snow (:func:`snow_model`, calibrated in the module
``calibration``); the teacher has neither (:func:`default_flow`).
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.evaporation import mean_temperature, oudin
from hydrotl.data.manifest import Attributes, Dataset
from hydrotl.process_based import WARM_UP_DAYS, flow_array, require_warm_up, whole_record
from hydrotl_core.arrays import with_lead
from hydrotl_core.errors import DataError
from hydrotl_core.recipe import Period

#: Name of the calibrated model in results, and in grsuite.
NAME, SNOW_MODEL = "cemaneige-gr4j", "CemaNeigeGR4J"
#: Name of evaporation that is computed from temperature and latitude, as in Oudin et al. (2005).
OUDIN = "oudin"
#: Evaporation of the data set that is used where Oudin's cannot be computed.
OTHER_EVAPORATION = ("pet_hargreaves", "pet_gleam", "pet_interception")

#: Parameters of the teacher, which know nothing of a basin: the defaults of GR4J in the package
#: lumod (version 0.1.3, https://pypi.org/project/lumod). X1 production store, mm; X2 exchange with
#: other catchments, mm/day; X3 routing store, mm; X4 base of the unit hydrograph, days.
DEFAULTS = {"X1": 500.0, "X2": 3.0, "X3": 200.0, "X4": 5.0}
#: How full the production and the routing store are at first, from there too.
DEFAULT_LEVELS = (1.0, 0.5)


def library() -> ModuleType:
    """The package ``grsuite``; a DataError if it is not installed."""
    try:
        import grsuite
    except ImportError as error:
        raise DataError("GR4J comes with the package grsuite: pip install grsuite") from error
    return grsuite


def evaporation_source(ds: xr.Dataset, attributes: Attributes) -> str:
    """Name of the potential evapotranspiration to use: a variable of ``ds``, or ``oudin``.

    The data set's ``pet``; else the formula of Oudin et al. (2005), with which GR4J was developed
    and which needs only temperature and latitude; else another product of the data set. (The
    climate of a basin, ``data.basins.climate_indices``, prefers a formula, the same for all data
    sets, since it compares basins.)

    Raises
    ------
    DataError
        If there is neither a latitude nor a potential evapotranspiration.
    """
    if "pet" in ds:
        return "pet"
    if attributes.latitude is not None and attributes.latitude in ds:
        return OUDIN
    other = [name for name in OTHER_EVAPORATION if name in ds]
    if other:
        return other[0]
    raise DataError(
        "GR4J needs potential evapotranspiration: name the attribute with the latitude in the "
        "manifest entry (attributes: latitude), or give a variable pet or "
        f"{', '.join(OTHER_EVAPORATION)}"
    )


def _forcing(ds: xr.Dataset, attributes: Attributes, source: str) -> pd.DataFrame:
    """Rain, temperature and evaporation of one basin from its first to its last day with all.

    In between, a missing day counts as dry and as warm as its neighbours. Empty if no day has all.
    """
    index = pd.DatetimeIndex(ds["time"].values)
    columns = {"rain": ds["prcp"].values, "temperature": mean_temperature(ds).values}
    frame = pd.DataFrame(columns, index=index, dtype=float)
    if source != OUDIN:
        frame["evaporation"] = np.maximum(ds[source].values.astype(float), 0.0)
    frame = whole_record(frame).fillna({"rain": 0.0}).interpolate()
    if source == OUDIN:
        day = pd.DatetimeIndex(frame.index).day_of_year
        frame["evaporation"] = oudin(frame["temperature"], day, float(ds[attributes.latitude]))
    return frame


def basin_weather(ds: xr.Dataset, attributes: Attributes, period: Period) -> pd.DataFrame:
    """Weather of one basin over ``period`` and the warm-up year before it.

    Nothing after the period's end is looked at. The weather begins and ends with the basin's
    record of forcing if that is shorter; where it begins too late for the warm-up, its first
    year is repeated backwards, as for the LSTM. Inside the record a missing day counts as dry
    and as warm as its neighbours.

    Returns
    -------
    pandas.DataFrame
        Per day, without NaN: ``rain`` and potential ``evaporation`` in mm/day, mean ``temperature``
        in degC, and ``snow``, the share of precipitation that falls as snow.

    Raises
    ------
    DataError
        If a variable or the latitude is missing, or the basin has no forcing in the period.
    """
    start, end, day = pd.Timestamp(period.start), pd.Timestamp(period.end), pd.Timedelta(1, "D")
    window = ds.sel(time=slice(start - WARM_UP_DAYS * day, end - day))
    weather = _forcing(window, attributes, evaporation_source(ds, attributes))
    record = pd.DatetimeIndex(weather.index)
    if not len(record) or record[-1] < start:
        raise DataError(
            f"basin {ds['basin'].item()} has no day of forcing in {period.start}..{period.end}"
        )
    first = int(record.searchsorted(start))
    weather = weather.iloc[with_lead(len(record), first, len(record), WARM_UP_DAYS)]
    weather.index = pd.date_range(end=record[-1], periods=len(weather))
    # A layer without elevation: series stay as they are, snow depends on the mean temperature.
    layer = library().data_alti_extrapolation_valery(
        None,
        weather["rain"].to_numpy(),
        weather["temperature"].to_numpy(),
        z_inputs=0.0,
        hypso_data=None,
        n_layers=1,
    )
    return weather.assign(snow=layer["LayerFracSolidPrecip"][0])


def yearly_snow(weather: pd.DataFrame) -> float:
    """Mean snowfall after the warm-up, mm/year; CemaNeige's melt depends on it."""
    fall = (weather["rain"] * weather["snow"]).to_numpy()
    return float(np.mean(fall[WARM_UP_DAYS:])) * 365.25


def prepared(weather: pd.DataFrame, model: str, **options: Any) -> tuple[Any, Any]:
    """Inputs and options of a run after the warm-up, as the package's functions take them.

    ``weather`` is that of :func:`basin_weather`, with ``snow`` only for a model with snow;
    ``options`` are further ones of grsuite's ``RunOptions``.
    """
    grsuite = library()
    series = {str(name): column.to_numpy() for name, column in weather.items()}
    rain, temperature = series["rain"], series["temperature"]
    layers = {}
    if "snow" in series:
        layers = {
            "layer_precip": [rain],
            "layer_temp_mean": [temperature],
            "layer_frac_solid_precip": [series["snow"]],
        }
    inputs = grsuite.InputsModel(
        weather.index.values, rain, series["evaporation"], temp_mean=temperature, **layers
    )
    days = np.arange(len(weather))
    run, warm_up = days[WARM_UP_DAYS:], days[:WARM_UP_DAYS]
    return inputs, grsuite.RunOptions(inputs, model, run, warm_up, **options)


def snow_model(weather: pd.DataFrame, snow: float) -> Callable[[np.ndarray], np.ndarray]:
    """GR4J with snow in one basin: parameters X1, X2, X3, X4, CTG, Kf to streamflow.

    The streamflow, ``[day]`` in mm/day, is of the days after the warm-up. The mean snowfall
    ``snow``, mm/year (:func:`yearly_snow`), belongs to the calibrated model: take it from the
    training years in every run.
    """
    prepared_run = prepared(weather, SNOW_MODEL, mean_an_solid_precip=[snow])
    simulate = library().run_model_cemaneige_gr4j
    return lambda parameters: simulate(*prepared_run, parameters)["Qsim"]


def default_flow(ds: xr.Dataset, dataset: Dataset) -> xr.DataArray:
    """Streamflow of GR4J without snow and with :data:`DEFAULTS`, which knows only the weather.

    It needs ``prcp``, a temperature (``tmean``, or ``tmin`` and ``tmax``) and the latitude, from
    which Oudin's evaporation follows.

    Returns
    -------
    xarray.DataArray
        mm/day, ``(basin, time)``; NaN outside a basin's record of forcing and in its first year,
        in which the stores fill.

    Raises
    ------
    DataError
        If the package, a variable or the latitude is missing, or a record is too short.
    """
    if dataset.attributes.latitude is None or dataset.attributes.latitude not in ds:
        raise DataError("GR4J as a teacher needs the latitude of each basin as an attribute")
    flows = []
    for row, basin in enumerate(ds["basin"].values):
        weather = _forcing(ds.isel(basin=row), dataset.attributes, OUDIN)
        require_warm_up(basin, weather, "GR4J")
        run = prepared(weather, "GR4J", ini_res_levels=(*DEFAULT_LEVELS, None, None))
        flow = library().run_model_gr4j(*run, list(DEFAULTS.values()))["Qsim"]
        flows.append(pd.Series(flow, weather.index[WARM_UP_DAYS:]))
    return flow_array(ds, flows)
