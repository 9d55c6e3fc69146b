"""The paper's published numbers, as data (``experiments/paper.yaml``)."""

from __future__ import annotations

import pandas as pd

from hydrotl.config import validated
from hydrotl.paths import project_root
from hydrotl.yamlfile import load_yaml
from hydrotl_core.recipe import Period, Strict

MeanMedian = tuple[float, float]
#: What the paper calls its models that learned SWAT first (Table 1b).
TAUGHT = "SWAT-initialised"


class PublishedCheck(Strict):
    """The source model tested in a later decade."""

    forcing: str
    basins: int
    train: Period
    test: Period
    median_nse: float


class PublishedSourceSize(Strict):
    """Median NSE before and with a number of source basins."""

    sources: int
    before: float
    after: float


class PublishedInputs(Strict):
    """Forcings of one of the paper's data sets; its attributes are in the manifest."""

    dataset: str
    forcing: list[str]


class Paper(Strict):
    """Published scores; ``table_1a[region][setting][option]`` is (mean, median) NSE."""

    citation: str
    doi: str
    source_check: PublishedCheck
    table_1a: dict[str, dict[str, dict[str, MeanMedian]]]
    table_1b: dict[str, MeanMedian]
    figure_2: PublishedSourceSize
    table_s1: dict[str, PublishedInputs]


def load_paper() -> Paper:
    """The published numbers.

    Raises
    ------
    ConfigError
        If the file is absent or not valid.
    """
    path = project_root() / "experiments" / "paper.yaml"
    return validated(Paper, load_yaml(path), str(path))


def published_scores() -> pd.DataFrame:
    """Mean and median NSE of the paper's Tables 1a and 1b, a row per region, training and model.

    Columns ``stands for`` (the region), ``training``, ``model``, ``paper: mean`` and
    ``paper: median``.
    """
    paper = load_paper()
    rows = [
        (region, training, model, *pair)
        for region, settings in paper.table_1a.items()
        for training, models in settings.items()
        for model, pair in models.items()
    ]
    rows += [("CHINA-MR", training, TAUGHT, *pair) for training, pair in paper.table_1b.items()]
    columns = ["stands for", "training", "model", "paper: mean", "paper: median"]
    return pd.DataFrame(rows, columns=columns)
