"""The page: its parts in order, in one file that asks no other host for anything."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.manifest import load_manifest
from hydrotl.river.folder import Run
from hydrotl.river.report.figures import flow_figures, judged_by, seasonal_rows
from hydrotl.river.report.map import place_map
from hydrotl.river.report.markup import listed, paragraph, section, table, text
from hydrotl.river.report.style import STYLE
from hydrotl.river.report.verdict import MODELS, NAMES, reason, tried, verdict
from hydrotl.river.runfile import RunFile
from hydrotl.river.scores import MEANING
from hydrotl.river.series import kept_series
from hydrotl_core import __version__
from hydrotl_core.files import replacing

REPORT = "report.html"
HEADS = {
    "basin": "basin",
    "nse": "NSE",
    "kge": "KGE",
    "r": "r",
    "alpha": "alpha",
    "beta": "beta",
    "bias_percent": "bias, %",
    "high_flow_percent": "high flow, %",
    "low_flow_percent": "low flow, %",
    "peak_days": "peaks, days",
    "days": "days",
}
DIGITS = {"bias_percent": 0, "high_flow_percent": 0, "low_flow_percent": 0, "peak_days": 1}
#: Basins whose seasons are in a table too, for readers who cannot see the figure.
TABLED = 5
PAPER = (
    "Ma, K. et al. (2021): Transferring hydrologic data across continents: leveraging data-rich "
    "regions to improve hydrologic prediction in data-sparse regions. Water Resources Research, "
    "57, e2020WR028600. https://doi.org/10.1029/2020WR028600"
)
GR4J = (
    "GR4J: Perrin, C. et al. (2003), https://doi.org/10.1016/S0022-1694(03)00225-7; snow: Valéry, "
    "A. et al. (2014), https://doi.org/10.1016/j.jhydrol.2014.04.058; as in the package grsuite"
)


def write_report(run: Run) -> Path:
    """Write ``report.html`` into the folder of a run."""
    path = run.folder / REPORT
    with replacing(path) as temporary:
        temporary.write_text(report(run), encoding="utf-8")
    return path


def report(run: Run) -> str:
    """The whole page."""
    file, series, scores = run.file, kept_series(run), run.scores
    said = verdict(file, scores, series)
    div, scripts, shown = flow_figures(series)
    left_out = len(file.basins) - shown
    about = (
        "Choose a basin; click a name in the legend to hide its line. Drag to zoom. "
        "“simulated” is the chosen model."
    )
    if left_out:
        about += f" {left_out} basins are not drawn here; series.csv has them all."
    years = f"{judged_by(series)} years"
    parts = [
        section("verdict", "Verdict", paragraph(said.sentence, "verdict"), listed(said.reasons)),
        section("places", "Where", place_map(file.basins), _basins(file)),
        section(
            "flow",
            "Flow",
            paragraph(about),
            f'<div class="figure">{div}</div>',
            season_tables(series, shown),
        ),
        section("scores", f"Scores in the {years}", *_score_tables(scores, judged_by(series))),
        section("choice", "What was chosen, and why", *_choice(file)),
        section("data", "What the check of the data found", _findings(file)),
        section("cost", "What it cost", _cost(file)),
        section("cite", "How to cite", listed(_citations(file))),
    ]
    body = "\n".join(parts)
    title = text(file.title)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<title>{title}</title>\n<style>{STYLE}</style>\n'
        f"</head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n{scripts}\n</body>\n</html>\n"
    )


def _basins(file: RunFile) -> str:
    rows = [
        {
            "basin": name,
            "latitude": basin.latitude,
            "longitude": basin.longitude,
            "area": basin.area,
            "train": f"{basin.train.start} to before {basin.train.end}",
            "test": "none"
            if basin.test is None
            else f"{basin.test.start} to before {basin.test.end}",
        }
        for name, basin in file.basins.items()
    ]
    heads = {
        "basin": "basin",
        "latitude": "latitude",
        "longitude": "longitude",
        "area": "area, km²",
        "train": "training",
        "test": "test",
    }
    return table("Basins, and their years", heads, rows, {"area": 1})


def season_tables(series: xr.Dataset, shown: int) -> str:
    """The seasons of the first basins as tables, folded; says that there are more."""
    tables, basins = [], series["basin"].values
    listed = basins[: min(TABLED, shown)]
    many = f" (the first {len(listed)} of {len(basins)} basins; the others are in series.csv)"
    for basin in listed:
        rows = seasonal_rows(series.sel(basin=basin))
        heads = {name: name for name in rows[0]}
        title = f"{basin}: mean flow of each month, {judged_by(series)} years, mm/day"
        tables.append(table(title, heads, rows))
    of = many if len(listed) < len(basins) else ""
    return f"<details><summary>The seasons as tables{of}</summary>{''.join(tables)}</details>"


def _score_tables(scores: pd.DataFrame, period: str) -> list[str]:
    """Scores of the chosen model in a period, and the NSE of all models side by side."""
    test = scores[scores["period"] == period]
    own = test[test["model"] == "simulated"]
    beside = test.pivot(index="basin", columns="model", values="nse")
    known = [name for name in NAMES if name in beside]
    rows = [
        {"basin": basin, **{name: float(beside.loc[basin, name]) for name in known}}
        for basin in own["basin"]
    ]
    if len(rows) > 1:
        middle = {
            name: float(np.nanmedian(beside[name])) if beside[name].notna().any() else np.nan
            for name in known
        }
        rows.append({"basin": "median", **middle})
    own_rows = [{name: row[name] for name in HEADS} for _, row in own.iterrows()]
    meanings = [f"{HEADS[name]}: {meaning}" for name, meaning in MEANING.items()]
    return [
        table(
            "The chosen model",
            HEADS,
            own_rows,
            DIGITS,
        ),
        table(
            "NSE beside a network of these data alone and calibrated GR4J",
            {"basin": "basin", **{name: NAMES[name] for name in known}},
            rows,
        ),
        f"<details><summary>What the columns mean</summary>{listed(meanings)}</details>",
    ]


def _choice(file: RunFile) -> list[str]:
    shown = tried(file)
    rows = [{"model": name, "nse": score} for name, score in shown.items()]
    names = "; ".join(f"{name}: {MODELS[name]}" for name in MODELS if name in shown)
    return [
        paragraph(reason(file)),
        table("NSE on held-out training days", {"model": "model", "nse": "NSE"}, rows, {"nse": 3}),
        paragraph(f"{names}."),
    ]


def _findings(file: RunFile) -> str:
    said = [*file.findings, *file.cautions]
    return listed(said) if said else paragraph("Nothing doubtful.")


def _cost(file: RunFile) -> str:
    minutes = {name: seconds / 60 for name, seconds in file.seconds.items()}
    told = ", ".join(f"{name} {value:.1f} min" for name, value in minutes.items())
    origin = file.provenance
    return paragraph(
        f"Wall time: {told} (less if some of it was there already). Machine: "
        f"{origin.get('machine', '')}, {origin.get('device', '')}; hydrotl "
        f"{origin.get('code', '')}, {origin.get('date', '')}."
    )


def _citations(file: RunFile) -> list[str]:
    said = [f"hydrotl, version {__version__} (software)", f"Method: {PAPER}"]
    source = load_manifest().datasets.get(str(file.data.get("source_dataset", "")))
    if source is not None:
        said.append(f"Data that the source was trained on: {'; '.join(source.citation)}")
    if any(model.parameters for model in file.models.values()):
        said.append(GR4J)
    said += [f"Your data: {one}" for one in file.citation]
    return said
