"""Attack the project with wrong inputs and print what became of each.

    python -m tests.attack --list
    python -m tests.attack --kinds "text series" "weights: card"
    python -m tests.attack --seconds 300 --seed 3
    python -m tests.attack --out results/summary/attack.json    # all, as committed

A mutation is chosen by the beginning of its title, ``area: kind: name``. With ``--number`` each
kind gives by turns, in an order that the seed decides; with ``--seconds`` all are shuffled. Faults
are tried after the mutations, unless ``--faults`` names what is known of them. What ended as is
right in the ``--log`` of an earlier run with the same seed is not tried again.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.attack.arena import fault_summary
from tests.attack.case import Mutation
from tests.attack.faults import every_fault
from tests.attack.kinds import catalogue
from tests.attack.report import counts, failures, frame, laid_out, summary
from tests.attack.suite import build, chosen, run
from tests.attack.verdict import Verdict


def main() -> int:
    """The number of mutations that did not end as is right is the exit code, up to 1."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, help="stop after so many; default: do all")
    parser.add_argument("--number", type=int, default=0, help="how many; default: all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", default=[], help="beginnings of titles")
    parser.add_argument("--list", action="store_true", help="only list the mutations")
    parser.add_argument("--out", type=Path, help="write a summary there, with that of faults")
    parser.add_argument("--faults", type=Path, help="what `tests.attack.faults --out` wrote")
    parser.add_argument("--part", type=int, default=1, help="of faults try one in so many")
    parser.add_argument("--log", type=Path, help="write verdicts to this file, go on with it")
    asked = parser.parse_args()
    mutations = chosen(asked.number, asked.seed, asked.kinds)
    if asked.seconds is not None:
        random.Random(asked.seed).shuffle(mutations)
    if asked.list:
        for one in mutations:
            print(f"{one.right:7} {one.title}")
        print(f"{len(mutations)} mutations")
        return 0
    verdicts = tried(mutations, asked.seed, asked.seconds, asked.log)
    print(frame(counts(verdicts)).to_string())
    print(failures(verdicts))
    if asked.out is not None:
        content = summary(verdicts, asked.seed, len(catalogue()))
        if asked.faults is not None:
            content["faults"] = json.loads(asked.faults.read_text(encoding="utf-8"))
        else:
            with tempfile.TemporaryDirectory(prefix="hydrotl-faults-") as name:
                found = list(every_fault(Path(name), asked.seed, asked.part))
                content["faults"] = fault_summary(found, asked.seed)
        asked.out.write_text(laid_out(content), encoding="utf-8")
    return int(any(not one.accepted for one in verdicts))


def tried(
    mutations: list[Mutation], seed: int, seconds: float | None, log: Path | None
) -> list[Verdict]:
    """Verdicts, with a line for every hundred; what was wrong in the log is tried first."""
    found = logged(log, {one.title: one for one in mutations}) if log is not None else {}
    left = [one for one in mutations if one.title not in found or not found[one.title].accepted]
    left.sort(key=lambda one: one.title not in found)
    with tempfile.TemporaryDirectory(prefix="hydrotl-attack-") as folder:
        for number, verdict in enumerate(run(left, build(Path(folder)), seed, seconds), 1):
            title, right = verdict.mutation.title, verdict.mutation.right
            found[title] = verdict
            if log is not None:
                with log.open("a", encoding="utf-8") as file:
                    line = (title, right, verdict.found, verdict.accepted, verdict.text)
                    file.write(json.dumps([*line, verdict.code]) + "\n")
            if number % 100 == 0:
                wrong = sum(not one.accepted for one in found.values())
                print(f"{number} of {len(left)}, {wrong} wrong", file=sys.stderr)
    return [found[one.title] for one in mutations if one.title in found]


def logged(log: Path, wanted: Mapping[str, Mutation]) -> dict[str, Verdict]:
    """The last verdicts of an earlier run, of the mutations that are ``wanted``."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    found = {}
    for title, _, ending, _, text, code in map(json.loads, lines):
        if title in wanted:
            found[title] = Verdict(wanted[title], ending, text, code)
    return found


if __name__ == "__main__":
    sys.exit(main())
