"""The table of a run: area and kind by class, the failures, and the committed summary.

    python -m tests.attack.report

writes the tables of the committed summary into the page of guarantees.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from hydrotl.experiments.provenance import machine, today
from tests.attack.arena import fault_frame
from tests.attack.verdict import CLASSES, Verdict
from tests.synthetic import ROOT

SUMMARY = ROOT / "results" / "summary" / "attack.json"
PAGE = ROOT / "book" / "guarantees.md"
BEGIN, END = "% attacks: begin\n", "% attacks: end\n"
#: Columns of the page's tables: which outcomes each counts.
SHOWN = {
    "refused in words": ["clear"],
    "same results": ["same"],
    "other results, said": ["warned"],
    "unclear error": ["unclear"],
    "traceback or hang": ["traceback", "hang"],
    "other results, unsaid": ["silent"],
    "not as is right": ["wrong"],
}
#: Those that are never right.
SHOWN_BEFORE = ("unclear error", "traceback or hang", "other results, unsaid")
SHOWN_FAULTS = {
    "same results": ["identical"],
    "refused in words": ["refused"],
    "unclear error": ["unclear"],
    "traceback or hang": ["traceback", "hang"],
    "half-written file": ["torn"],
    "other results": ["other"],
    "not possible here": ["skipped"],
}


def counts(verdicts: Iterable[Verdict]) -> dict[str, dict[str, int]]:
    """Number of each class in each row, and of those that are not right."""
    found: dict[str, Counter[str]] = {}
    for one in verdicts:
        row = found.setdefault(one.mutation.group, Counter())
        row[one.found] += 1
        row["wrong"] += not one.accepted
    return {group: dict(row) for group, row in found.items()}


def summary(verdicts: Sequence[Verdict], seed: int, of: int) -> dict[str, Any]:
    """What is committed of a run over ``len(verdicts)`` of ``of`` mutations.

    ``code`` says how many were tried of which version.
    """
    return {
        "seed": seed,
        "mutations": len(verdicts),
        "of": of,
        "code": dict(Counter(one.code for one in verdicts)),
        "date": today(),
        "machine": machine(),
        "rows": counts(verdicts),
    }


def laid_out(content: dict[str, Any]) -> str:
    """JSON of a summary, a row a line."""
    parts = []
    for key, value in content.items():
        text = json.dumps(value)
        if isinstance(value, dict):
            lines = [f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items()]
            text = "{\n" + ",\n".join(lines) + "\n }"
        parts.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def frame(rows: dict[str, dict[str, int]]) -> pd.DataFrame:
    """A row per area and kind, a column per class, and the sum below."""
    parts = [group.split(": ", 1) for group in rows]
    index = pd.MultiIndex.from_tuples([tuple(p) for p in parts], names=["area", "kind"])
    columns = ["mutations", *CLASSES, "wrong"]
    numbers = [
        [sum(row.get(c, 0) for c in CLASSES), *(row.get(c, 0) for c in [*CLASSES, "wrong"])]
        for row in rows.values()
    ]
    table = pd.DataFrame(numbers, index=index, columns=columns)
    table.loc[("all", ""), :] = table.sum()
    return table.astype(int)


def table(path: Path) -> pd.DataFrame:
    """The table of a summary: what the attacks on an area in a manner came to.

    Columns: number of mutations, and of these a clear error, an unclear one, a traceback, a hang,
    the clean numbers, other numbers with a word, other numbers without; and how many are wrong.
    """
    return frame(json.loads(path.read_text(encoding="utf-8"))["rows"])


def faults_table(path: Path) -> pd.DataFrame:
    """The table of faults of a summary: a row per kind, a column per outcome, and kills."""
    return fault_frame(json.loads(path.read_text(encoding="utf-8"))["faults"]["rows"])


def failures(verdicts: Iterable[Verdict]) -> str:
    """The mutations that did not end as is right, with what was said."""
    lines = []
    for one in verdicts:
        if not one.accepted:
            text = " ".join(one.text.split())
            shown = text if len(text) < 300 else f"{text[:140]} ... {text[-150:]}"
            lines.append(f"{one.found:9} ({one.mutation.right}) {one.mutation.title}\n    {shown}")
    return "\n".join(lines)


def page_tables(path: Path = SUMMARY) -> str:
    """What the page of guarantees shows of a summary, as Markdown."""
    content = json.loads(path.read_text(encoding="utf-8"))
    attacks = table(path).drop(index="all", level="area").groupby(level="area", sort=False).sum()
    attacks.loc["all"] = attacks.sum()
    faults = faults_table(path)
    faults.loc["all"] = faults.sum()
    return "\n".join(
        [
            f"{content['mutations']} of {content['of']} inputs of the suite, on {content['date']}, "
            f"seed {content['seed']}, versions {_versions(content['code'])}:",
            "",
            *_markdown("What was changed", attacks, {"tried": ["mutations"], **SHOWN}),
            "",
            last_column(attacks),
            "",
            f"Faults, on {content['faults']['date']}, seed {content['faults']['seed']}, version "
            f"{content['faults']['code']}:",
            "",
            *_markdown("Fault", faults, {"tried": ["tried"], "kills": ["kills"], **SHOWN_FAULTS}),
            "",
        ]
    )


def last_column(attacks: pd.DataFrame) -> str:
    """What the last column of the first table is, beside the three before it, in words."""
    before = [c for name in SHOWN_BEFORE for c in SHOWN[name]]
    more = attacks["wrong"] - attacks[before].sum(axis=1)
    where = {str(name): int(number) for name, number in more.items() if number and name != "all"}
    if not where:
        return "The last column is the sum of the three before it."
    listed = ", ".join(f"{name} {number}" for name, number in where.items())
    return (
        "The last column is the sum of the three before it and of what ended in one of the first "
        "ways where that way is not right (refused although it is true, or taken without the word "
        f"or the error that is due): {listed}."
    )


def _versions(codes: dict[str, int]) -> str:
    return ", ".join(f"{code} ({number})" for code, number in codes.items())


def _markdown(title: str, numbers: pd.DataFrame, shown: dict[str, list[str]]) -> list[str]:
    """Lines of a table; columns are sums of those named."""
    lines = [f"| {title} | {' | '.join(shown)} |", f"|---|{'--:|' * len(shown)}"]
    for name, row in numbers.iterrows():
        sums = [str(int(row[columns].sum())) for columns in shown.values()]
        lines.append(f"| {name} | {' | '.join(sums)} |")
    return lines


def write_page() -> None:
    """Put the tables of the committed summary into the page of guarantees."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{page_tables()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    write_page()
