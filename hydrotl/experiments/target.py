"""A target and the ways to model it, as tasks of the one runner.

A target is a few basins with a short record: a region's setting, or one of the random draws of a
study. Each way (a local network, a transfer option, the calibrated GR4J) simulates the test
period, and the training days block by block (:mod:`hydrotl.experiments.blocks`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Protocol

import numpy as np
import xarray as xr

from hydrotl.data.canonical import data_hash
from hydrotl.experiments.blocks import Held
from hydrotl.experiments.compute import train_and_simulate
from hydrotl.experiments.member import Member
from hydrotl.experiments.provenance import code_version
from hydrotl.experiments.run import Task
from hydrotl.experiments.start import Start
from hydrotl.experiments.store import (
    content_hash,
    member_key,
    read_product,
    stored,
    write_product,
)
from hydrotl_core.recipe import Inputs, Option, Period, Training
from hydrotl_core.training import total_updates


@dataclass(frozen=True)
class Target:
    """Basins with a record to train on and days to score.

    Attributes
    ----------
    name
        In file names and messages.
    ds
        Canonical data with derived inputs (:func:`hydrotl.data.derive.derive`).
    fit, test
        One period per basin.
    """

    name: str
    ds: xr.Dataset
    fit: tuple[Period, ...]
    test: tuple[Period, ...]

    @property
    def basins(self) -> list[str]:
        """Ids of the basins."""
        return [str(basin) for basin in self.ds["basin"].values]

    @cached_property
    def data_hash(self) -> str:
        """Hash of the data."""
        return data_hash(self.ds)


class Way(Protocol):
    """A way to model a target.

    Attributes
    ----------
    name
        In records and tables.
    members, fold_members
        How many members simulate the test, and how many each fold.
    """

    @property
    def name(self) -> str: ...
    @property
    def members(self) -> int: ...
    @property
    def fold_members(self) -> int: ...

    def shared(self, target: Target) -> dict[str, Any]:
        """Large values that the tasks take, by name."""

    def tasks(self, target: Target, seed: int, held: Held | None = None) -> list[Task]:
        """Tasks of member ``seed``, which simulate the test or, of a fold, all training days."""


@dataclass(frozen=True)
class Network:
    """A way to model a target with networks: local without an option, else a transfer.

    ``inputs`` are those of a new input layer; an option with the source's has the source's, less
    the family ``without``. With ``each``, every basin has a network of its own.
    """

    name: str
    training: Training
    inputs: Inputs
    option: Option | None = None
    starts: tuple[Start, ...] = ()
    members: int = 3
    fold_members: int = 1
    device: str = "cpu"
    without: str | None = None
    each: bool = False

    def shared(self, target: Target) -> dict[str, Any]:
        """Data of the target and parameters of the source's members."""
        data = {part.name: part.ds for part in self._parts(target)}
        return {**data, **{one.name: one.parameters for one in self.starts}}

    def _parts(self, target: Target) -> list[Target]:
        return one_each(target) if self.each else [target]

    def member(self, target: Target, seed: int, held: Held | None = None) -> Member:
        """Member ``seed``, which simulates the test or, of a fold, all training days."""
        scaler, inputs = None, self.inputs
        if self.option is not None and self.option.inputs == "source":
            scaler = self.start(seed).scaler
            hidden_ones = set(scaler.optional.get(self.without or "", ()))
            inputs = Inputs(
                dynamic=[name for name in scaler.dynamic if name not in hidden_ones],
                static=[name for name in scaler.attributes if name not in hidden_ones],
                optional={k: v for k, v in scaler.optional.items() if k != self.without},
            )
        return Member(
            inputs=inputs,
            training=self.training,
            fit=target.fit,
            test=target.test if held is None else target.fit,
            seed=seed,
            option=self.option,
            scaler=scaler,
            device=self.device,
        )

    def start(self, seed: int) -> Start:
        """What member ``seed`` starts from: the source's members in turn."""
        return self.starts[seed % len(self.starts)]

    def tasks(self, target: Target, seed: int, held: Held | None = None) -> list[Task]:
        """A task that trains and simulates member ``seed``, of each basin alone if so wanted."""
        return [self._task(part, seed, held) for part in self._parts(target)]

    def _task(self, target: Target, seed: int, held: Held | None) -> Task:
        member = self.member(target, seed, held)
        start = None if self.option is None else self.start(seed)
        key = member_key(member, target.data_hash, start.sha256 if start else None)
        path = stored(content_hash([key, held]))
        return Task(
            title=f"{target.name} {self.name} {seed}{_fold_name(held)}",
            product=path,
            checkpoint=path.with_suffix(".checkpoint"),
            compute=partial(train_and_simulate, member=member, held=held, code=code_version()),
            write=write_product,
            check=read_product,
            data={"data": target.name, **({"start": start.name} if start else {})},
            updates=total_updates(member.training, len(target.basins), member.fit[0].days)
            if self.option is None or self.option.trained
            else 1,
        )


def one_each(target: Target) -> list[Target]:
    """Each basin of a target as a target of its own."""
    basins = zip(target.basins, target.fit, target.test, strict=True)
    return [
        Target(f"{target.name} {basin}", target.ds.sel(basin=[basin]), (fit,), (test,))
        for basin, fit, test in basins
    ]


def _fold_name(held: Held | None) -> str:
    return "" if held is None else f", fold {held[0] + 1} of {held[1]}"


def flow_of(tasks: Sequence[Task]) -> np.ndarray:
    """What a member's ``tasks`` simulated, ``[basin, day]``, NaN past a basin's end."""
    parts = [np.atleast_2d(read_product(task.product).arrays["simulated"]) for task in tasks]
    longest = max(part.shape[1] for part in parts)
    ends = [((0, 0), (0, longest - part.shape[1])) for part in parts]
    return np.concatenate(
        [np.pad(part, end, constant_values=np.nan) for part, end in zip(parts, ends, strict=True)]
    )


def seconds_of(tasks: Sequence[Task]) -> float:
    """Seconds that computing ``tasks`` took on one core."""
    return float(sum(read_product(task.product).about["seconds"] for task in tasks))
