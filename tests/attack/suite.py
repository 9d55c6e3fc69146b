"""Running mutations: choosing them, building the clean project, judging each."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from hydrotl.experiments.provenance import code_version
from tests.attack.case import Mutation
from tests.attack.kinds import catalogue
from tests.attack.verdict import Observed, Verdict, judge
from tests.attack.worker import CLEAN, Worker


def chosen(
    number: int = 0, seed: int = 0, kinds: Sequence[str] = (), every: Sequence[Mutation] = ()
) -> list[Mutation]:
    """Mutations whose title begins with one of ``kinds``; of these ``number``, from each row.

    A row gives mutations by turns with the others, in an order that the seed decides; 0 is all.
    """
    found = [
        one
        for one in (every or catalogue())
        if not kinds or any(one.title.startswith(kind) for kind in kinds)
    ]
    if not number or number >= len(found):
        return found
    rows: dict[str, list[Mutation]] = {}
    for one in found:
        rows.setdefault(one.group, []).append(one)
    for group, row in rows.items():
        random.Random(f"{seed}:{group}").shuffle(row)
    longest = max(map(len, rows.values()))
    turns = [row[turn] for turn in range(longest) for row in rows.values() if turn < len(row)]
    wanted = {one.title for one in turns[:number]}
    return [one for one in found if one.title in wanted]


def build(folder: Path) -> Path:
    """The clean project, with results and a half-done training, built in a process of its own."""
    from multiprocessing import get_context

    from tests.attack.finished import write_finished

    root = folder / "clean"
    process = get_context("spawn").Process(target=write_finished, args=(root,))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError("the clean project could not be built")
    return root


def run(
    mutations: Sequence[Mutation], world: Path, seed: int = 0, seconds: float | None = None
) -> Iterator[Verdict]:
    """Verdicts one after another, until ``seconds`` are over."""
    code = code_version()
    began, worker, clean = time.monotonic(), Worker(world, seed), dict[str, Observed]()
    try:
        for mutation in mutations:
            if seconds is not None and time.monotonic() - began > seconds:
                return
            reference = mutation.like or CLEAN + mutation.probe
            if reference not in clean:
                clean[reference] = _clean(worker, reference)
            # A glance at the data does not hear the words that a doubt is to be said in.
            look = "" if mutation.right == "doubt" else clean[reference].look
            observed = worker.ask(mutation.title, look)
            yield replace(judge(mutation, observed, clean[reference]), code=code)
    finally:
        worker.close()


def _clean(worker: Worker, reference: str) -> Observed:
    found = worker.ask(reference, "")
    if found.ending != "done":
        raise RuntimeError(f"what is clean fails: {reference}: {found.text}")
    return found
