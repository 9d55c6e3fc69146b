"""Simulating with the models of a run: each by itself, and the chosen one or mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from hydrotl.data.manifest import Attributes
from hydrotl.process_based.benchmark import benchmark_variables
from hydrotl.process_based.calibration import simulate_calibrated
from hydrotl.river.folder import Run, read_gr4j, read_layers
from hydrotl.river.plan import UNGAUGED
from hydrotl.river.runfile import Model
from hydrotl_core.arrays import in_period
from hydrotl_core.errors import WeightsError
from hydrotl_core.use import record_periods, simulate_file
from hydrotl_core.weights import load_weights, member_number, member_paths


def model_flow(run: Run, name: str, ds: xr.Dataset, basins: Sequence[str]) -> np.ndarray:
    """Flow that model ``name`` gives in basins of the run, mm/day, ``[basin, time]`` float32.

    Parameters
    ----------
    run
        Whose members, layers and parameters are used.
    ds
        Inputs of all ``basins``: weather on ``(basin, time)``, attributes as in ``inputs.nc``.
    basins
        Of the run, in the order wanted.
    """
    model, part = run.file.models[name], ds.sel(basin=list(basins))
    if model.parameters is not None:
        return _gr4j_flow(run, model.parameters, part)
    training = [run.file.basins[basin].train for basin in basins]
    flows = [
        simulate_file(
            path, part, layers=_layers(run, model, path, basins), training=training
        ).values
        for path in members(run.folder, model)
    ]
    mean: np.ndarray = np.mean(flows, axis=0)
    return mean


def chosen_flow(run: Run, ds: xr.Dataset, basins: Sequence[str]) -> np.ndarray:
    """Flow of the chosen model, or of the weighted mean of those chosen, ``[basin, time]``.

    In a basin that one of them cannot simulate, its weight goes to the others.
    """
    chosen = {name: m.weight for name, m in run.file.models.items() if m.weight > 0}
    flows = np.stack([model_flow(run, name, ds, basins) for name in chosen])
    there = np.isfinite(flows).any(axis=2)
    # GR4J has no parameters where nothing was observed: there the others are the model.
    weights = np.array(list(chosen.values()))[:, None] * there
    weights = weights / np.maximum(weights.sum(axis=0), 1e-9)
    flow = np.where(there[:, :, None], flows * weights[:, :, None], 0.0).sum(axis=0)
    flow[~there.any(axis=0)] = np.nan
    return flow.astype(np.float32)


def ungauged_flow(run: Run, ds: xr.Dataset) -> np.ndarray:
    """Flow that the source as it is gives in basins that are not of the run, ``[basin, time]``."""
    flows = [simulate_file(path, ds).values for path in members(run.folder, _source(run))]
    mean: np.ndarray = np.mean(flows, axis=0)
    return mean


def _source(run: Run) -> Model:
    if UNGAUGED not in run.file.models:
        raise WeightsError(f"{run.folder} holds no source ({UNGAUGED}) for basins without a gauge")
    return run.file.models[UNGAUGED]


def members(folder: Path, model: Model) -> list[Path]:
    """Weights of a model, by member; a WeightsError if there are none."""
    return member_paths(folder / str(model.members))


def _layers(run: Run, model: Model, path: Path, basins: Sequence[str]) -> np.ndarray | None:
    if model.layers is None:
        return None
    file = run.folder / model.layers / f"member-{member_number(path)}.safetensors"
    known = read_layers(file)
    missing = [basin for basin in basins if basin not in known]
    if missing:
        raise WeightsError(f"{file} has no output layer of basin {', '.join(missing)}")
    return np.stack([known[basin] for basin in basins])


def _gr4j_flow(run: Run, table: str, ds: xr.Dataset) -> np.ndarray:
    roles, parameters = Attributes(latitude=run.file.latitude), read_gr4j(run.folder / table)
    flow = np.full((ds.sizes["basin"], ds.sizes["time"]), np.nan, np.float32)
    scaler = load_weights(members(run.folder, _source(run))[0])[1].scaler
    known = benchmark_variables(ds, roles)
    for row, period in enumerate(record_periods(ds, scaler)):
        basin = str(ds["basin"].values[row])
        one = known.isel(basin=row)
        simulated = simulate_calibrated(one, roles, parameters[basin], period, period)
        inside: np.ndarray = in_period(ds.isel(basin=[row]), [period])[0]
        flow[row, np.flatnonzero(inside)[: len(simulated)]] = simulated
    return flow
