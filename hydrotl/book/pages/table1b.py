"""Section 5, the full results: Table 1b, models that learned a process model first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hydrotl.book.pages import show
from hydrotl.book.pages.table1a import gain, local_of, verdict
from hydrotl.book.paper import load_paper
from hydrotl.config import load_region
from hydrotl.experiments.cells import LOCAL, is_process
from hydrotl.experiments.records import read_record, record_products, region_records, results_dir
from hydrotl.experiments.uncertainty import interval

if TYPE_CHECKING:
    from IPython.display import Markdown

STARTS = (LOCAL, "TL-c")


def full(region: str) -> list[dict[str, Any]]:
    """Local, teacher-initialised and TL-c records of a region, scored on the test period."""
    records = [
        r
        for r in region_records(region, load_region(region).recipe)
        if r["scored_on"] == "test" and (r["option"] in STARTS or is_process(r["option"]))
    ]
    if not any(is_process(r["option"]) for r in records):
        return []
    order = {LOCAL: 0, "TL-c": 2}
    return sorted(records, key=lambda r: (r["setting"], order.get(r["option"], 1), r["option"]))


def table(region: str) -> pd.DataFrame:
    """Table 1b of a region: mean and median NSE, the median gain over local, and the paper's."""
    records, published = full(region), load_paper()
    rows = []
    for record in records:
        setting, option = record["setting"], record["option"]
        local = local_of(records, setting)
        if option == "process-swat":
            pair = published.table_1b.get(setting, (math.nan, math.nan))
        elif is_process(option):
            pair = (math.nan, math.nan)
        else:
            pair = published.table_1a["CHINA-MR"].get(setting, {}).get(option, (math.nan, math.nan))
        products = record_products(record)
        rows.append(
            {
                "training": setting,
                "model": option,
                "members": record["members"],
                "mean NSE": str(interval(products, np.nanmean)),
                "median NSE": str(interval(products, np.nanmedian)),
                "median gain over local": show.MISSING
                if option == LOCAL or local is None
                else str(gain(record, local)),
                "paper, CHINA-MR: mean": pair[0],
                "paper, CHINA-MR: median": pair[1],
            }
        )
    return pd.DataFrame(rows)


def verdicts(region: str) -> Markdown:
    """What learning from a teacher first gained, setting by setting."""
    records = full(region)
    lines = []
    for record in records:
        if is_process(record["option"]):
            local = local_of(records, record["setting"])
            if local is not None:
                found = gain(record, local)
                lines.append(
                    f"{record['setting']}, {record['option']}: {verdict(found, record)}, {found}"
                )
    return show.remark(show.bullets(lines) if lines else "*No committed results yet.*")


def deviations(region: str) -> list[str]:
    """Where Table 1b of a region departs from the paper, its SWAT+ included."""
    path = results_dir() / region / "swat" / "uncalibrated.json"
    teacher = read_record(path)["deviations"] if path.is_file() else []
    return list(dict.fromkeys([*load_region(region).deviations, *teacher]))


def reports(regions: list[str]) -> None:
    """Show Table 1b of each region."""
    from IPython.display import display

    for name in regions:
        loaded = load_region(name)
        display(show.remark(f"**{loaded.title} (`{name}`)**"))
        if not full(name):
            display(show.remark("*No committed results yet.*"))
            continue
        display(show.table(table(name)))
        display(verdicts(name))
        display(show.remark("Departures from the paper:\n\n" + show.bullets(deviations(name))))
