"""What the pages show, against independent numbers."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import yaml

from hydrotl.book import figures
from hydrotl.book.pages import (
    data,
    source,
    source_size,
    table1a,
    transfer,
)
from hydrotl.book.paper import load_paper
from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import load_manifest
from hydrotl.experiments.experiment import Cell, CellResult
from hydrotl.experiments.source import SourceTask, train_source_member
from hydrotl.experiments.uncertainty import Interval
from hydrotl_core.errors import ConfigError
from hydrotl_core.recipe import Training
from tests.synthetic import ROOT, write_project, write_yaml

figures.setup()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small project with the weights of one source, some results and the paper's numbers."""
    root = tmp_path_factory.mktemp("project")
    write_project(root)
    paper = ROOT / "experiments" / "paper.yaml"
    (root / "experiments" / "paper.yaml").write_bytes(paper.read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYDROTL_ROOT", str(root))
        patch.setenv("HYDROTL_DATA", str(root / "data"))
        for member in range(2):
            train_source_member(
                SourceTask("donor", member, root / "weights" / "donor", root / "runs", quiet=True)
            )
        yield root


def content(styler: Any) -> Any:
    """The frame that a styled table shows."""
    return styler.data


def cell_result(option: str, simulated: np.ndarray, observed: np.ndarray) -> CellResult:
    """Result of one member; ``[basin, day]``."""
    simulation = xr.Dataset(
        {
            "simulated": (("member", "basin", "day"), simulated[None]),
            "observed": (("basin", "day"), observed),
            "start": ("basin", np.array(["2001-01-01"] * len(observed), "datetime64[ns]")),
        },
        coords={"basin": ["a", "b"][: len(observed)], "member": [0]},
    )
    cell = Cell("target", "1-year", option)
    return CellResult(cell, simulation, Training(updates=1), 1.0, "hash")


def results() -> dict[Cell, CellResult]:
    observed = np.array([[1.0, 2, 3, 2], [4.0, 8, np.nan, 6]])
    parts = [
        # sum of squared errors 1 of 2 -> NSE 0.5; 8 of 8 -> NSE 0
        cell_result("local", np.array([[1.0, 2, 3, 3], [6.0, 6, 50, 6]]), observed),
        # NSE 1 and 0.5
        cell_result("TL-a", np.array([[1.0, 2, 3, 2], [4.0, 8, 50, 8]]), observed),
    ]
    return {part.cell: part for part in parts}


def test_papers_numbers_are_transcribed() -> None:
    paper = load_paper()
    assert paper.table_1a["CAMELS-CL"]["1-year"]["TL-a"] == (0.705, 0.725)
    assert paper.table_1a["CHINA-MR"]["multi-year"]["TL-c"] == (0.734, 0.749)
    assert paper.table_1a["CAMELS-GB"]["multi-year"]["local"] == (0.769, 0.853)
    assert paper.table_1b["multi-year"] == (0.693, 0.748)
    assert paper.source_check.median_nse == 0.72


def test_water_balance_of_the_sample_basins() -> None:
    """Against lumod's own tables, without hydrotl's reader and units."""
    from lumod import load_example

    table = data.basin_table({"sample": open_dataset("sample")}).set_index("basin")
    for number, basin in enumerate(("tamaulipas", "sarapiqui", "girnock"), start=1):
        info, frame = load_example(number)
        runoff = (frame["qt"] * 86.4 / info["area"]).mean() * 365.25
        rain = frame["prec"].mean() * 365.25
        row = table.loc[basin]
        assert row["runoff"] == pytest.approx(runoff, abs=0.6)
        assert row["runoff ratio"] == pytest.approx(runoff / rain, abs=1e-3)
        assert row["years of flow"] == pytest.approx(len(frame) / 365.25, abs=0.06)
        assert row["latitude"] == pytest.approx(info["lat"])


def test_means_are_of_days_with_both_rain_and_flow(project: Path) -> None:
    ds = open_dataset("target")
    row = data.basin_table({"target": ds}).set_index("basin").loc["0003"]
    rain, flow = (ds[name].sel(basin="0003").values for name in ("prcp", "streamflow"))
    known = ~np.isnan(flow)
    assert not known[:100].any()
    assert row["precipitation"] == pytest.approx(rain[known].mean(dtype=float) * 365.25, abs=0.6)
    assert row["runoff"] == pytest.approx(flow[known].mean(dtype=float) * 365.25, abs=0.6)


def test_page_says_which_data_it_lacks(project: Path, tmp_path: Path) -> None:
    assert data.at_hand(load_manifest()["target"])
    assert "at hand" in data.absent_remark(["target", "donor"]).data
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYDROTL_DATA", str(tmp_path))
        assert not data.at_hand(load_manifest()["target"])
        assert "Synthetic donor" in data.absent_remark(["donor"]).data
        with pytest.raises(ConfigError, match="none of donor"):
            data.open_those_at_hand(["donor"])
    assert list(data.open_those_at_hand(["target"])) == ["target"]


def test_model_card_is_read_from_the_weights(project: Path) -> None:
    card = dict(content(source.card_table("donor")).to_numpy())
    assert card["data set"] == "donor, 8 basins"
    assert card["training years"] == "2000-01-01 to before 2001-01-01"
    assert card["members, seeds"] == "2: 0, 1"
    assert card["licence of the data"] == "CC0"
    assert card["arithmetic of the LSTM"] == "float32"
    assert card["trained on"].startswith("cpu, ")
    assert source.ensembles() == ["donor"]


def check_record() -> dict[str, Any]:
    return {
        "source": "donor",
        "dataset": "donor",
        "train": {"start": "2000-01-01", "end": "2001-01-01"},
        "test": {"start": "2001-01-01", "end": "2001-09-01"},
        "members": 5,
        "basins": ["a", "b", "c"],
        "nse": [0.1, None, 0.9],
        "nse_mean": 0.5,
        "nse_median": 0.74,
        "member_nse_median": [0.7, 0.71],
        "locations": {"a": [-80.0, 40.0], "b": [-90.0, 41.0], "c": [-100.0, 42.0]},
        "provenance": {"date": "2026-01-01", "code": "1"},
    }


def test_check_stands_beside_the_paper(project: Path) -> None:
    record = check_record()
    table = content(source.check_table(record)).set_index("")
    assert table.loc["median NSE"].to_dict() == {"the paper": "0.72", "here": "0.740"}
    assert table.loc["forcing", "here"] == "Synthetic donor"
    assert "0.020 above" in source.check_remark(record).data
    assert source.check_values(record) == {
        "source_check_median_nse": 0.74,
        "source_check_mean_nse": 0.5,
        "source_members": 5,
        "source_basins": 3,
    }
    overlay: Any = source.check_map(record)
    _, points = overlay.values()
    shown = zip(points.dimension_values("basin"), points.dimension_values("NSE"), strict=True)
    assert list(shown) == [("a", 0.1), ("c", 0.9)]


def test_page_without_a_check_still_stands(project: Path) -> None:
    assert source.check_record("conus-check") is None
    assert math.isnan(source.check_values(None)["source_check_median_nse"])
    assert "hydrotl check" in source.check_remark(None).data
    assert list(content(source.check_table(None)).columns) == ["", "the paper"]


def test_scores_of_a_run() -> None:
    table: Any = transfer.summary(results()).set_index("model")
    assert table.loc["local", ["mean NSE", "median NSE"]].tolist() == [0.25, 0.25]
    assert table.loc["TL-a", ["mean NSE", "median NSE"]].tolist() == [0.75, 0.75]
    assert transfer.best_option(results(), "1-year") == "TL-a"
    changes = transfer.changes(results(), "1-year").set_index("basin")
    assert changes["change of NSE"].to_dict() == {"a": 0.5, "b": 0.5}
    # b: 18 simulated on the three observed days, 18 observed; TL-a 20
    assert changes.loc["b", "volume error local, %"] == 0.0
    assert changes.loc["b", "volume error TL-a, %"] == pytest.approx(11.1)


def test_numbers_for_the_front_page() -> None:
    values = transfer.quick_values(results(), "sample")
    assert values["sample_local_median"] == 0.25
    assert (values["sample_best_option"], values["sample_best_median"]) == ("TL-a", 0.75)
    other = transfer.quick_values(results(), "elsewhere")
    assert math.isnan(other["sample_best_median"])
    assert other["elsewhere_best_median"] == 0.75


def saved(
    root: Path,
    folder: str,
    option: str,
    nse: list[float],
    changes: dict[str, float] | None = None,
) -> None:
    """A results file of one member, whose only error product in a basin is 1 - NSE."""
    record = {
        "region": "target",
        "setting": "multi-year",
        "option": option,
        "recipe": "tiny",
        "changes": changes or {},
        "source": None if option == "local" else "donor",
        "source_members": 0 if option == "local" else 2,
        "members": 1,
        "basins": ["a", "b"],
        "nse": nse,
        "nse_mean": float(np.mean(nse)),
        "nse_median": float(np.median(nse)),
        "member_nse_median": [float(np.median(nse))],
        "error_products": [[1 - value] for value in nse],
        "scored_on": "test",
        "training": {"lr": 0.01, "batch": 4},
        "provenance": {"date": "2026-01-01", "code": "1"},
    }
    name = "_".join(["multi-year", option, *(f"{k}-{v:g}" for k, v in (changes or {}).items())])
    path = root / "results" / "target" / folder / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record), encoding="utf-8")


@pytest.fixture(scope="module")
def published(project: Path) -> Path:
    """Committed results: two basins that both gain 0.3 by TL-a, and lose by TL-b."""
    region = yaml.safe_load((project / "experiments" / "regions" / "target.yaml").read_text())
    write_yaml(
        project / "experiments" / "regions" / "target.yaml", {**region, "stands_for": "CHINA-MR"}
    )
    saved(project, "tiny", "local", [0.2, 0.4])
    saved(project, "tiny", "TL-a", [0.5, 0.7])
    saved(project, "tiny", "TL-b", [0.0, 0.1])
    saved(project, "conceptual", "gr4j", [0.3, 0.5])
    for option, nse in {"TL-a": 0.3, "TL-b": 0.6, "TL-c": 0.5}.items():
        saved(project, "validation/tiny", option, [nse, nse])
    saved(project, "validation/tiny", "TL-b", [0.1, 0.3], {"lr": 0.5})
    return project


def test_table_1a_beside_the_paper(published: Path) -> None:
    table: Any = table1a.table("target").set_index(["training", "model"])
    assert table.loc[("multi-year", "TL-a"), "paper: mean"] == 0.706
    assert table.loc[("multi-year", "TL-a"), "paper: median"] == 0.708
    # one member, and basins that differ: the bounds are the two basins themselves
    assert table.loc[("multi-year", "TL-a"), "median NSE"] == "0.600 (0.500 to 0.700)"
    assert table.loc[("multi-year", "TL-a"), "median gain over local"] == "0.300 (0.300 to 0.300)"
    assert table.loc[("multi-year", "local"), "median gain over local"] == "–"
    assert table.loc[("multi-year", "GR4J, calibrated"), "median NSE"] == "0.400"


def test_direction_of_the_gain_is_said_also_where_negative(published: Path) -> None:
    text = table1a.verdicts("target").data
    assert "multi-year, TL-a: higher, with too few basins or members for a verdict, 0.300" in text
    assert (
        "TL-b: lower, with too few basins or members for a verdict, -0.250 (-0.300 to -0.200)"
        in (text)
    )
    assert "(1 members, 2 of the source)" in text
    assert (
        "multi-year, GR4J calibrated: its median NSE of 0.400 is reached by a network "
        "(the best: TL-a, 0.600)" in text
    )
    values = table1a.values("target")
    assert values["target_multi_tla_median"] == 0.6
    assert values["target_multi_gr4j_median"] == 0.4
    assert values["target_basins"] == 2
    assert math.isnan(values["target_1yr_tlc_median"])
    assert math.isnan(values["target_1yr_gr4j_median"])
    assert (values["gain_count"], values["loss_count"], values["gain_cells"]) == (0, 0, 0)
    assert "all of it" in table1a.remark("target").data


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Interval(0.1, 0.02, 0.2), "a gain"),
        (Interval(0.1, -0.02, 0.2), "no clear difference"),
        (Interval(-0.1, -0.2, -0.01), "a loss"),
    ],
)
def test_verdict_needs_five_basins_and_three_members(found: Interval, words: str) -> None:
    for basins, members in ((5, 3), (49, 5)):
        assert table1a.verdict(found, {"basins": ["a"] * basins, "members": members}) == words
    for basins, members in ((4, 5), (600, 2)):
        few = table1a.verdict(found, {"basins": ["a"] * basins, "members": members})
        assert "too few" in few
        assert few.startswith("higher" if found.value > 0 else "lower")


def test_gain_figure_draws_bars_from_low_to_high(published: Path) -> None:
    figure: Any = table1a.gain_figure("multi-year")
    bars = [part for part in figure.values() if type(part).__name__ == "ErrorBars"]
    (value,), (below,) = (bars[1].dimension_values(d) for d in ("gain", "below"))
    assert (value, below) == (pytest.approx(-0.25), pytest.approx(0.05))
    nothing: Any = table1a.gain_figure("1-year")
    assert "No committed" in nothing.data


def test_option_is_chosen_on_training_years(published: Path) -> None:
    assert source_size.chosen_option("target") == "TL-b"  # in the test period TL-a is best
    boxes: Any = source_size.committed_boxes("target", "multi-year", "TL-a")
    _, points, _ = boxes.values()
    shown = [points.dimension_values(d) for d in ("model", "NSE", "basin")]
    assert list(zip(*shown, strict=True)) == [
        ("local", 0.2, "a"),
        ("local", 0.4, "b"),
        ("TL-a, 8 basins", 0.5, "a"),
        ("TL-a, 8 basins", 0.7, "b"),
    ]
    nothing: Any = source_size.committed_boxes("target", "1-year", "TL-a")
    assert "No committed" in nothing.data


def test_sweep_takes_sources_by_size(project: Path) -> None:
    assert source_size.sweep_sources(["donor"]) == {"donor": 8}
    # donor has a test period of its own: as a check it is not part of the default sweep
    assert source_size.sweep_sources() == {}
    with pytest.raises(ConfigError, match="source nowhere"):
        source_size.sweep_sources(["nowhere"])
    cells = source_size.sweep({"donor": 8}, "target", "1-year", "TL-a", members=1, updates=2)
    table = source_size.summary(cells, {"donor": 8})
    assert table["model"].tolist() == ["local", "TL-a, 8 basins"]
    assert table["source basins"].tolist() == [0, 8]
