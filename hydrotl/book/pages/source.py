"""Section 2: the source model, where it comes from and how good it is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from hydrotl.book.figures import nse_distribution
from hydrotl.book.maps import basin_map
from hydrotl.book.pages import show
from hydrotl.book.paper import load_paper
from hydrotl.data.manifest import load_manifest
from hydrotl.experiments.records import read_record, results_dir
from hydrotl.paths import project_root
from hydrotl_core.recipe import Period

if TYPE_CHECKING:
    import holoviews as hv
    from IPython.display import Markdown
    from pandas.io.formats.style import Styler

    from hydrotl_core.weights import Card


def ensembles() -> list[str]:
    """Names of the ensembles in ``weights/``."""
    folders = {path.parent for path in (project_root() / "weights").glob("*/member-*.safetensors")}
    return sorted(folder.name for folder in folders)


def cards(name: str) -> list[Card]:
    """What each member of an ensemble says of itself.

    Raises
    ------
    WeightsError
        If there is no such ensemble.
    """
    from hydrotl_core.weights import load_weights, member_paths

    return [load_weights(path)[1] for path in member_paths(project_root() / "weights" / name)]


def card_table(name: str) -> Styler:
    """The model card of an ensemble: data, years, recipe, members, licence, citation, cost."""
    from hydrotl.book.cards import arithmetic, by_member, places, terms

    members = cards(name)
    first = members[0]
    licence, references = terms(first)
    origin, protocol, training = first.provenance, first.protocol, first.training
    seconds = [float(card.provenance["seconds"]) for card in members]
    rows = {
        "model": protocol["title"],
        "data set": f"{origin['dataset']}, {origin['basins']} basins",
        "training years": _years(Period.model_validate(protocol["train"])),
        "daily inputs": ", ".join(first.scaler.dynamic),
        "attributes": ", ".join(first.scaler.attributes),
        "recipe": f"{protocol['recipe']}: {training.hidden} hidden units, "
        f"{training.updates or f'{training.epochs} epochs of'} updates of {training.batch} windows "
        f"of {training.window} days, loss {training.loss}, {training.optimizer}",
        "members, seeds": f"{len(members)}: {', '.join(str(card.seed) for card in members)}",
        "wall time": f"{min(seconds) / 60:.1f} to {max(seconds) / 60:.1f} minutes per member",
        "arithmetic of the LSTM": arithmetic(members),
        "trained on": places(members),
        "date": ", ".join(sorted({card.provenance["date"] for card in members})),
        "code": by_member(members, [card.provenance["code"] for card in members]),
        "licence of the data": licence,
        "cite": references,
    }
    return show.table(pd.DataFrame(list(rows.items()), columns=["", name]))


def _years(period: Period) -> str:
    return f"{period.start} to before {period.end}"


def check_record(name: str = "conus-check") -> dict[str, Any] | None:
    """The committed result of the source check; None if there is none."""
    path = results_dir() / "source" / f"{name}.json"
    return read_record(path) if path.is_file() else None


def check_table(record: dict[str, Any] | None) -> Styler:
    """The check beside the paper's: data, years, members and skill."""
    published = load_paper().source_check
    columns = {
        "the paper": {
            "forcing": published.forcing,
            "basins": published.basins,
            "training": _years(published.train),
            "test": _years(published.test),
            "median NSE": f"{published.median_nse:.2f}",
        }
    }
    if record is not None:
        columns["here"] = {
            "forcing": load_manifest()[record["dataset"]].title,
            "basins": len(record["basins"]),
            "training": _years(Period.model_validate(record["train"])),
            "test": _years(Period.model_validate(record["test"])),
            "members": record["members"],
            "median NSE": f"{record['nse_median']:.3f}",
            "mean NSE": f"{record['nse_mean']:.3f}",
            "median NSE of single members": ", ".join(
                f"{value:.3f}" for value in record["member_nse_median"]
            ),
            "computed": f"{record['provenance']['date']}, {record['provenance']['code']}",
        }
    rows = columns.get("here", columns["the paper"])
    frame = pd.DataFrame(
        {key: [values.get(row) for row in rows] for key, values in columns.items()}
    )
    frame.insert(0, "", list(rows))
    return show.table(frame.astype(object).where(frame.notna(), show.MISSING))


def check_remark(record: dict[str, Any] | None) -> Markdown:
    """How the check differs from the paper's, and the command that repeats it."""
    if record is None:
        return show.remark(
            "There is no result of the source check in `results/source/`. "
            "`hydrotl check conus-check` computes it from the weights and the data."
        )
    published = load_paper().source_check
    difference = record["nse_median"] - published.median_nse
    return show.remark(
        f"The median lies {abs(difference):.3f} {'above' if difference >= 0 else 'below'} the "
        f"paper's {published.median_nse:.2f}. The two are not the same experiment: the paper drove "
        f"its model with {published.forcing} forcing, this one was driven with the data named in "
        "the table, by another recipe. To compute it again from the weights and the data:\n\n"
        f"```bash\nhydrotl check {record['source']}\n```"
    )


def check_distribution(record: dict[str, Any] | None) -> hv.Overlay | Markdown:
    """Share of basins at or below each NSE, with the paper's median."""
    if record is None:
        return show.remark("*No distribution to show.*")
    published = load_paper().source_check.median_nse
    label = f"the paper's median, {published:.2f}"
    return nse_distribution(
        {f"mean of {record['members']} members": _nse(record)}, (label, published)
    )


def check_map(record: dict[str, Any] | None) -> hv.Overlay | Markdown:
    """Every basin at its gauge, coloured by NSE (0 and below share one colour)."""
    if record is None or "locations" not in record:
        return show.remark("*No map to show: the result names no places.*")
    places = pd.DataFrame(record["locations"]).T.set_axis(["longitude", "latitude"], axis=1)
    frame = places.rename_axis("basin").reset_index()
    frame["NSE"] = frame["basin"].map(dict(zip(record["basins"], _nse(record), strict=True)))
    return basin_map(frame.dropna(), "NSE", limits=(0.0, 1.0), zoom=True)


def _nse(record: dict[str, Any]) -> list[float]:
    return [math.nan if value is None else value for value in record["nse"]]


def check_values(record: dict[str, Any] | None) -> dict[str, Any]:
    """Numbers of the check under the names that other pages quote; NaN and 0 without a result."""
    if record is None:
        return {
            "source_check_median_nse": math.nan,
            "source_check_mean_nse": math.nan,
            "source_members": 0,
            "source_basins": 0,
        }
    return {
        "source_check_median_nse": record["nse_median"],
        "source_check_mean_nse": record["nse_mean"],
        "source_members": record["members"],
        "source_basins": len(record["basins"]),
    }
