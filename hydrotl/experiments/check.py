"""The check of a source model: how good it is in years that its training did not see."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations
from pathlib import Path

import xarray as xr

from hydrotl.config import Source, load_source
from hydrotl.data.climate import has_climate, with_climate
from hydrotl.data.coverage import check_coverage
from hydrotl.data.derive import ESTIMATES
from hydrotl.experiments.ensemble import check_members
from hydrotl.experiments.member import TEST_LEAD_DAYS
from hydrotl.experiments.source import differing, source_data
from hydrotl_core.arrays import build_arrays, observed_flow
from hydrotl_core.errors import ConfigError
from hydrotl_core.simulation import simulate, to_dataset
from hydrotl_core.weights import load_model, member_paths


def check_source(
    name: str,
    folder: Path,
    device: str = "cpu",
    data: Path | None = None,
    missing: Collection[str] = (),
    estimated: Collection[str] = (),
) -> xr.Dataset:
    """Simulate the test period of source ``name`` with the ensemble in ``folder``.

    Parameters
    ----------
    data
        File to read instead of the data folder (``hydrotl pack``).
    missing
        Optional inputs that the model has to do without.
    estimated
        Inputs whose estimate (:data:`hydrotl.data.derive.ESTIMATES`) takes their place.

    Returns
    -------
    xarray.Dataset
        As :func:`hydrotl_core.simulation.to_dataset`.

    Raises
    ------
    ConfigError
        If the source has no test period, or the weights were trained for another source.
    """
    source = load_source(name)
    if source.test is None:
        raise ConfigError(f"source {name} has no test period")
    ds = check_data(source, data, estimated)
    ds = ds.drop_vars([name for name in missing if name in ds])
    n = ds.sizes["basin"]
    fit, test = [source.train] * n, [source.test] * n
    check_coverage(ds, source.inputs, fit, test, name)
    flows = []
    paths = member_paths(folder)
    check_members(paths, None)
    for path in paths:
        model, card = load_model(path)
        wanted = source.model_dump(mode="json")
        for key in differing(card, source):
            raise ConfigError(
                f"{path} was trained with {key} {card.protocol[key]}, "
                f"source {name} has {wanted[key]}"
            )
        lead = TEST_LEAD_DAYS if card.training.warmup else 0
        arrays = build_arrays(ds, card.scaler, test, fit, lead=lead)
        flows.append(simulate(model, arrays, card.scaler, device))
    return to_dataset(flows, observed_flow(ds, test), arrays.basins, arrays.starts)


def check_data(
    source: Source, data: Path | None = None, estimated: Collection[str] = ()
) -> xr.Dataset:
    """Data of ``source`` with the climate of its training years, some inputs being estimates."""
    estimates = {name: ESTIMATES[name] for name in estimated}
    dynamic = [estimates.get(name, name) for name in source.inputs.dynamic]
    inputs = source.inputs.model_copy(update={"dynamic": dynamic})
    ds = source_data(source.model_copy(update={"inputs": inputs}), data)
    ds = ds.rename({estimate: name for name, estimate in estimates.items()})
    if has_climate(source.inputs):
        ds = with_climate(ds, [source.train] * ds.sizes["basin"])
    return ds


def scenarios(source: Source) -> dict[str, list[str]]:
    """What may be missing: each family of optional inputs, and several of them together.

    Without the weather, rain and temperature are all that the model sees of a day.
    """
    families = dict(source.inputs.optional)
    return {
        " and ".join(names): [name for family in names for name in families[family]]
        for size in range(1, len(families) + 1)
        for names in combinations(families, size)
    }


def estimable(source: Source) -> list[str]:
    """Optional inputs of which there is an estimate."""
    optional = {name for family in source.inputs.optional.values() for name in family}
    return [name for name in ESTIMATES if name in optional]
