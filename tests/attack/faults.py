"""Faults of the machine: kills, full disks, locked folders, clocks, two at once, damaged files.

    python -m tests.attack.faults

After each fault the same command is run again. Its results must be those of an undisturbed run to
the bit, and no file may be half-written in the meantime.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from tests.attack.arena import (
    NAMES,
    RIGHT,
    Arena,
    Fault,
    Outcome,
    fault_counts,
    fault_frame,
    fault_summary,
    half_written,
    prepared,
)
from tests.attack.kinds.damage import DAMAGES
from tests.attack.machine import Disturbed, Hook, Job, may_mount
from tests.attack.verdict import is_clear

SIGNALS = {"SIGKILL": signal.SIGKILL, "SIGTERM": signal.SIGTERM, "SIGINT": signal.SIGINT}


def kills(arena: Arena, number: int) -> Iterator[Fault]:
    """Signals at random moments, several on the way to one result."""
    left, turn = number, 0
    while left > 0:
        job: Job = "train" if turn % 3 else "run"
        name = list(SIGNALS)[turn % len(SIGNALS)] if turn % 2 else "SIGKILL"
        root, done, torn = arena.fresh(), 0, ""
        for _ in range(min(4, left)):
            process = Disturbed(root, job)
            time.sleep(arena.chance.uniform(0, arena.ended[job].seconds))
            process.send(SIGNALS[name])
            ended = process.wait()
            done += 1
            torn = torn or half_written(root)
            if ended.code == 0:
                break
        yield arena.judge(f"{name} at random moments", f"{job} {turn}", root, job, done, torn)
        left, turn = left - done, turn + 1


def kills_at_writes(arena: Arena, every: int) -> Iterator[Fault]:
    """SIGKILL before, in and after the renames of a run (each, or one in ``every``)."""
    for job in ("run", "train"):
        count = arena.ended[job].renames
        chosen = sorted({*range(1, count + 1, every * max(count // 6, 1)), count})
        for write in chosen:
            for moment in ("before", "within", "after"):
                root = arena.fresh()
                Disturbed(root, job, hook=Hook(write=write, moment=moment)).wait()
                torn = half_written(root)
                name = f"{job}: {moment} rename {write} of {count}"
                yield arena.judge("SIGKILL while writing", name, root, job, 1, torn)


def kills_of_pools(arena: Arena, number: int) -> Iterator[Fault]:
    """SIGKILL of a run whose two workers are processes of their own."""
    for turn in range(number):
        root = arena.fresh()
        process = Disturbed(root, "run", jobs=2)
        time.sleep(arena.chance.uniform(2, 8 + 4 * arena.ended["run"].seconds))
        process.send(signal.SIGKILL)
        process.wait()
        time.sleep(1)  # until the workers notice
        kind = "SIGKILL of a run in two processes"
        yield arena.judge(kind, str(turn), root, "run", 1, half_written(root))


def shortages(arena: Arena) -> Iterator[Fault]:
    """Disks without space, folders that cannot be written to: said in words, then run again."""
    hooks = {f"files of at most {n} bytes": Hook(largest=n) for n in (0, 300, 3000, 6000)}
    kind = "full disk"
    for name, hook in hooks.items():
        yield from _short(arena, kind, name, hook)
    if not may_mount():
        why = "no mounts of one's own here (needs root)"
        yield Fault("full disk", "a small disk", "skipped", text=why)
        yield Fault("read-only folder", "any", "skipped", text=why)
        return
    for folder, size in (("runs", 4096), ("runs", 16384), ("runs/store", 8192), ("results", 4096)):
        name = f"{folder} on a disk of {size} bytes"
        yield from _short(arena, kind, name, Hook(disk=(folder, size)))
    for folder in ("results", "runs", "runs/store", "."):
        yield from _short(arena, "read-only folder", folder, Hook(locked=folder))


def _short(arena: Arena, kind: str, name: str, hook: Hook) -> Iterator[Fault]:
    for job in ("run", "train"):
        root = arena.fresh()
        ended = Disturbed(root, job, hook=hook).wait()
        said, torn = ended.said.replace(str(root), "PROJECT"), half_written(root)
        judged = arena.judge(kind, f"{job}: {name}", root, job, 0, torn)
        if "Traceback" in said:
            yield Fault(f"{kind}: what is said", f"{job}: {name}", "traceback", text=said[-1500:])
        elif ended.code:
            text = said[said.find("error:") :]
            outcome: Outcome = "identical" if is_clear(text, NAMES) else "unclear"
            yield Fault(f"{kind}: what is said", f"{job}: {name}", outcome, text=text[-1500:])
        yield judged


def clocks(arena: Arena) -> Iterator[Fault]:
    """A clock that runs backwards, and files from the future and from long ago."""
    for job in ("run", "train"):
        root = arena.fresh()
        ended = Disturbed(root, job, hook=Hook(clock=True)).wait()
        torn = ended.said if ended.code else ""
        yield arena.judge("clock", f"{job}: running backwards", root, job, 0, torn)
        for years in (-40, 10):
            root = arena.fresh()
            process = Disturbed(root, job)
            time.sleep(arena.ended[job].seconds * 0.6)
            process.send(signal.SIGKILL)
            process.wait()
            for path in root.rglob("*"):
                then = time.time() + years * 365 * 86400
                os.utime(path, (then, then))
            yield arena.judge("clock", f"{job}: files of {years} years hence", root, job, 1)


def at_once(arena: Arena, number: int) -> Iterator[Fault]:
    """Two of the same command at once, the second some moments later."""
    for turn in range(number):
        job: Job = "train" if turn % 2 else "run"
        root = arena.fresh()
        one = Disturbed(root, job)
        time.sleep(arena.chance.uniform(0, arena.ended[job].seconds) if turn > 1 else 0)
        other = Disturbed(root, job)
        ends = [one.wait(), other.wait()]
        torn = "\n".join(end.said for end in ends if end.code) or half_written(root)
        yield arena.judge("two at once", f"{job} {turn}", root, job, 0, torn)


PLACES: dict[str, tuple[Job, Callable[[Path], Path]]] = {
    "a simulation": ("run", lambda root: min((root / "runs/store").glob("*.safetensors"))),
    "a record": ("run", lambda root: min((root / "results/target").glob("*/*.json"))),
    "the table of basins": ("run", lambda root: root / "results/target/basins.csv"),
}


def damages(arena: Arena, every: int) -> Iterator[Fault]:
    """Damaged files between two runs of one command, of which the first was whole or was killed."""
    for what, (job, place) in PLACES.items():
        for number, (title, (_, damage)) in enumerate(DAMAGES.items()):
            if number % every:
                continue
            root = arena.done(job)
            path = place(root)
            path.write_bytes(damage(path.read_bytes(), arena.chance))
            if what == "a simulation":
                shutil.rmtree(root / "results")
            found = arena.judge(f"damage to {what}", title, root, job)
            # Not torn by the run, but left as it was.
            yield replace(found, outcome="other") if found.outcome == "torn" else found
    for number, (title, (_, damage)) in enumerate(DAMAGES.items()):
        if number % every:
            continue
        root = arena.fresh()
        Disturbed(root, "train", hook=Hook(write=10, moment="after")).wait()
        for path in (root / "runs").rglob("*.checkpoint"):
            path.write_bytes(damage(path.read_bytes(), arena.chance))
        yield arena.judge("damage to a checkpoint", title, root, "train", 1)


def faults(clean: Path, folder: Path, seed: int = 0, part: int = 1) -> Iterator[Fault]:
    """All faults, or one in ``part`` of them: kills, then the others by turns."""
    arena = Arena(folder, clean, seed)
    yield from kills(arena, 60 // part)
    one = _short(arena, "full disk", "files of at most 3000 bytes", Hook(largest=3000))
    others = [
        shortages(arena) if part == 1 else one,
        damages(arena, max(part, 2)),
        clocks(arena),
        kills_at_writes(arena, part),
        at_once(arena, max(6 // part, 2)),
        kills_of_pools(arena, 0 if part > 1 else 2),
    ]
    for turn in zip_longest(*others):
        yield from (found for found in turn if found is not None)


def every_fault(
    folder: Path, seed: int = 0, part: int = 1, seconds: float | None = None
) -> Iterator[Fault]:
    """Faults (one in ``part``) in an empty ``folder``, until ``seconds`` are over.

    With a line for every ten.
    """
    began = time.monotonic()
    for number, one in enumerate(faults(prepared(folder), folder, seed, part), 1):
        yield one
        if number % 10 == 0:
            print(f"{number} faults", file=sys.stderr)
        if seconds is not None and time.monotonic() - began > seconds:
            return


def main() -> int:
    """Try all faults, print the table and what is not right."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--part", type=int, default=1, help="try one in so many")
    parser.add_argument("--seconds", type=float, help="stop after so many; default: do all")
    parser.add_argument("--out", type=Path, help="write the counts to this JSON file")
    asked = parser.parse_args()
    found: list[Fault] = []
    with tempfile.TemporaryDirectory(prefix="hydrotl-faults-") as name:
        for one in every_fault(Path(name), asked.seed, asked.part, asked.seconds):
            found.append(one)
            if asked.out is not None:
                text = json.dumps(fault_summary(found, asked.seed))
                asked.out.write_text(text, encoding="utf-8")
            if one.outcome not in RIGHT:
                print(f"{one.outcome:9} {one.kind}: {one.name}\n    {one.text}", file=sys.stderr)
    print(fault_frame(fault_counts(found)).to_string())
    return int(any(one.outcome not in RIGHT for one in found))


if __name__ == "__main__":
    sys.exit(main())
