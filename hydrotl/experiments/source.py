"""Source models: the pre-trained ensemble of a data-rich region, its training and its check."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from hydrotl.config import Source, load_recipe, load_source
from hydrotl.data.canonical import data_hash
from hydrotl.data.climate import CLIMATE_NEEDS, has_climate
from hydrotl.data.coverage import check_coverage
from hydrotl.data.places import places_of
from hydrotl.data.regions import hold_out, source_inputs
from hydrotl.experiments.member import Member, Trained, train_member
from hydrotl.experiments.names import file_name
from hydrotl.experiments.provenance import code_version, provenance
from hydrotl.experiments.run import Task
from hydrotl.paths import project_root, runs_folder
from hydrotl_core import NUMERICS
from hydrotl_core.errors import ConfigError
from hydrotl_core.recipe import Period, Training
from hydrotl_core.scaling import STREAMFLOW
from hydrotl_core.training import total_updates
from hydrotl_core.weights import Card, load_weights, member_number, save_weights

SUBSET_SEED = 20210427
#: What of a source its weights depend on; its title or test period may change.
DECISIVE = ("dataset", "inputs", "train", "subset")
VALIDATE_EVERY = 1000  # updates


def source_folder(name: str) -> Path:
    """Folder of the weights of source ``name`` (or of the source in a YAML file)."""
    return project_root() / "weights" / file_name("sources", name)


def nested_subset(basins: list[str], n: int) -> list[str]:
    """The first ``n`` basins of one documented random order of all of them.

    The order depends on the set of basins only, so that a smaller subset is part of every
    larger one.
    """
    if n > len(basins):
        raise ConfigError(f"a subset of {n} basins was asked for, there are {len(basins)}")
    order = np.random.default_rng(SUBSET_SEED).permutation(sorted(basins))
    return [str(b) for b in order[:n]]


def source_data(source: Source, data: Path | None = None) -> xr.Dataset:
    """The data set of ``source`` with its inputs, streamflow and basins only.

    Read from the NetCDF file ``data`` (:func:`hydrotl.data.catalog.save_dataset`) if it is given,
    the same values to the bit.
    """
    ds = source_inputs(source, data)
    wanted = [*source.inputs.dynamic, *source.inputs.static, STREAMFLOW]
    if has_climate(source.inputs):
        wanted += CLIMATE_NEEDS
    ds = ds[list(dict.fromkeys(name for name in wanted if name in ds))]
    if source.subset is not None:
        chosen = nested_subset([str(b) for b in ds["basin"].values], source.subset)
        ds = ds.sel(basin=sorted(chosen))
    return ds


def source_member(
    source: Source,
    training: Training,
    seed: int,
    basins: int,
    device: str = "cpu",
    validation_days: int = 0,
) -> Member:
    """Member ``seed`` of a source ensemble on so many ``basins``.

    With ``validation_days`` the last days of the training period are held out, and the median NSE
    on them is part of the log: to choose a recipe without the test period.
    """
    fit, test = [source.train] * basins, list[Period]()
    if validation_days:
        fit, test = hold_out(fit, validation_days)
    return Member(
        inputs=source.inputs,
        training=training,
        fit=tuple(fit),
        test=tuple(test),
        seed=seed,
        device=device,
        validate_every=VALIDATE_EVERY if validation_days else 0,
    )


def source_tasks(
    name: str,
    members: int = 0,
    *,
    folder: Path | None = None,
    recipe: str | None = None,
    device: str = "cpu",
    validation_days: int = 0,
    data: Path | None = None,
    checkpoint_seconds: float = 60.0,
) -> list[Task]:
    """Tasks that train the members of a source into ``folder``.

    Their data are the shared value :func:`shared_name`.

    Parameters
    ----------
    name
        File name in ``experiments/sources/``, or a path.
    members
        Number of members; 0 for as many as the source asks for.
    folder
        By default ``weights/NAME``. Checkpoints and locks lie in ``runs`` beside it.
    recipe
        In place of the source's own.
    validation_days
        See :func:`source_member`.
    data
        File with the data (``hydrotl pack``), to count the basins where the recipe has epochs.

    Raises
    ------
    WeightsError, ConfigError
        If there are weights that are damaged, or of something else.
    """
    source = load_source(name)
    if recipe is not None:
        source = source.model_copy(update={"recipe": recipe})
    folder = folder or source_folder(name)
    training = load_recipe(source.recipe).source_training(source.subset)
    updates = training.updates
    if updates is None:  # the paper's epochs depend on the number of basins
        basins = source.subset or source_data(source, data).sizes["basin"]
        updates = total_updates(training, basins, source.train.days - validation_days)
    kind = f"-held-out-{validation_days}" if validation_days else ""
    compute = partial(
        train_source,
        name=name,
        source=source,
        training=training,
        device=device,
        validation_days=validation_days,
        code=code_version(),
        checkpoint_seconds=checkpoint_seconds,
    )
    for path in folder.glob("member*.safetensors"):  # also those that are not asked for
        _require_same(path, source, training, validation_days)
    tasks = []
    for seed in range(members or source.members):
        path = folder / f"member-{seed}.safetensors"
        tasks.append(
            Task(
                title=f"{file_name('sources', name)} member {seed}",
                product=path,
                checkpoint=runs_folder(folder) / f"{folder.name}{kind}-{seed}.checkpoint",
                compute=partial(compute, seed=seed),
                write=write_weights,
                data={"data": shared_name(name)},
                updates=updates,
            )
        )
    return tasks


def shared_name(name: str) -> str:
    """Name of a source's data among the values that tasks share."""
    return f"source {name}"


def train_source(
    checkpoint: Path | None,
    data: xr.Dataset,
    *,
    name: str,
    source: Source,
    training: Training,
    seed: int,
    device: str,
    validation_days: int,
    code: str,
    checkpoint_seconds: float,
) -> tuple[dict[str, torch.Tensor], Card]:
    """Parameters and card of one trained member of ``source``; ``code`` is the version that trains.

    See :func:`source_member` and :func:`hydrotl.experiments.member.train_member`.
    """
    basins = data.sizes["basin"]
    member = source_member(source, training, seed, basins, device, validation_days)
    trained = train_member(
        member, data, checkpoint=checkpoint, checkpoint_seconds=checkpoint_seconds
    )
    held_out = {"validation": trained.log.validation} if validation_days else {}
    card = _card(source, member, trained, data, source=name, code=code, **held_out)
    return dict(trained.model.named_parameters()), card


def _card(
    trained_as: Source, member: Member, trained: Trained, ds: xr.Dataset, **more: Any
) -> Card:
    """What the weights of a member say of themselves."""
    log = trained.log
    return Card(
        inputs=trained.scaler.input_names,
        scaler=trained.scaler,
        training=member.training,
        protocol=trained_as.model_dump(mode="json"),
        seed=member.seed,
        provenance=provenance(
            member.device,
            log.seconds,
            dataset=trained_as.dataset,
            data_hash=data_hash(ds),
            numerics=NUMERICS,
            references=str(ds.attrs.get("references", "")),
            licence=str(ds.attrs.get("licence", "")),
            basins=ds.sizes["basin"],
            trained_on=places_of(ds),
            loss=[log.losses[0], log.losses[-1]],
            arithmetic=log.arithmetic,
            **more,
        ),
    )


def write_weights(path: Path, trained: tuple[dict[str, torch.Tensor], Card]) -> None:
    """Write parameters and card to ``path``, completely or not at all."""
    save_weights(path, *trained)


def _require_same(path: Path, source: Source, training: Training, validation_days: int) -> None:
    """Raise unless the weights at ``path`` are what would be trained now."""
    _, card = load_weights(path)
    other = differing(card, source)
    if card.seed != member_number(path):
        other.append("seed")
    if card.training != training:
        other.append("recipe")
    if card.provenance.get("numerics", 1) != NUMERICS:  # not named before there was a second
        other.append("version of the arithmetic")
    if ("validation" in card.provenance) != bool(validation_days):
        other.append("days held out")
    if other:
        raise ConfigError(
            f"{path} was trained with another {', another '.join(other)}: move it away, or train "
            "into another folder (--out)"
        )


def differing(card: Card, source: Source) -> list[str]:
    """Keys in which weights are of another source than ``source``."""
    trained = Source.model_validate(card.protocol)
    return [key for key in DECISIVE if getattr(trained, key) != getattr(source, key)]


def shared_data(names: Sequence[str], data: Path | None = None) -> dict[str, xr.Dataset]:
    """Data of sources under the names by which their tasks ask for them, complete enough."""
    found = {}
    for name, source in ((name, load_source(name)) for name in names):
        ds = found[shared_name(name)] = source_data(source, data)
        check_coverage(ds, source.inputs, [source.train] * ds.sizes["basin"], [], Path(name).stem)
    return found
