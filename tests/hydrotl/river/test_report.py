"""The report: what it says, that nothing in it is taken for markup, and that it asks nobody."""

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl.river.folder import Run, read_run, write_run_file
from hydrotl.river.report.figures import (
    MOST_DAYS,
    duration_curves,
    flow_figures,
    frames_of,
    monthly_means,
)
from hydrotl.river.report.map import place_map, side_by_side
from hydrotl.river.report.page import report, season_tables, write_report
from hydrotl.river.report.verdict import verdict
from hydrotl.river.runfile import Basin
from hydrotl.river.series import kept_series, write_series
from tests.chromium import chromium

pytestmark = pytest.mark.slow

EVIL = "</script><script>window.hit=1</script><img src=x onerror=window.hit=2>&amp;"
SECTIONS = ("verdict", "places", "flow", "scores", "choice", "data", "cost", "cite")


def with_evil_names(made: Run, folder: Path) -> Run:
    """A copy of a run whose title, first basin and finding are markup."""
    shutil.copytree(made.folder, folder)
    first, *others = made.basins
    names = [EVIL, *others]
    write_series(folder / "series.nc", kept_series(made).assign_coords(basin=names))
    scores = made.scores.replace({"basin": {first: EVIL}})
    scores.to_csv(folder / "scores.csv", index=False)
    basins = dict(zip(names, made.file.basins.values(), strict=True))
    changes = {"title": EVIL, "basins": basins, "findings": [EVIL], "citation": [EVIL]}
    write_run_file(folder, made.file.model_copy(update=changes))
    return read_run(folder)


def test_all_parts_are_there_in_less_than_5_mb(made: Run) -> None:
    path = made.folder / "report.html"
    page = path.read_text(encoding="utf-8")
    assert path.stat().st_size < 5_000_000
    assert re.findall(r'<h2 id="(\w+)">', page) == list(SECTIONS)
    assert all(f">{basin}</th>" in page for basin in made.basins)
    assert "<svg" in page
    assert 'lang="en"' in page


def test_no_part_is_fetched_from_anywhere(made: Run) -> None:
    page = (made.folder / "report.html").read_text(encoding="utf-8")
    before, after = page[: page.index("<script")], page.rsplit("</script>", 1)[1]
    for part in (before, after):
        assert not re.search(r"""(src|srcset|data|poster|action)\s*=\s*["']?http""", part)
        assert not re.search(r"url\(|@import", part)
    assert re.findall(r"<link[^>]*>", page) == ['<link rel="icon" href="data:,">']
    assert not re.search(r"<script[^>]*\ssrc", page)


def test_no_script_is_fetched_where_panel_is_loaded(made: Run) -> None:
    """Panel adds scripts of its own to all that Bokeh writes."""
    import panel  # noqa: F401

    _, scripts, _ = flow_figures(kept_series(made))
    assert scripts.count("<script") == scripts.count("</script>") >= 2
    assert not re.search(r"<script[^>]*\ssrc", scripts)
    assert len(scripts) > 1_000_000, "the program itself"


def test_no_name_is_taken_for_markup(made: Run, project: Path, tmp_path: Path) -> None:
    page = report(with_evil_names(made, tmp_path / "evil"))
    assert "<img src=x" not in page
    assert "<script>window" not in page
    scripts = (made.folder / "report.html").read_text(encoding="utf-8").count("</script>")
    assert page.count("</script>") == scripts


def test_the_verdict_follows_from_the_scores(made: Run) -> None:
    rows = [
        {"basin": basin, "model": model, "period": "test", "nse": nse, "bias_percent": bias}
        for basin, bias in (("upper", 3.0), ("lower", -40.0))
        for model, nse in (("simulated", 0.7), ("local", 0.4), ("gr4j", 0.71))
    ]
    series = kept_series(made)
    said = verdict(made.file, pd.DataFrame(rows), series)
    assert said.grade == "good"
    assert "better than the local network (0.40) and as good as GR4J (0.71)" in said.sentence
    assert any("off by more than a quarter in: lower (-40 %)" in line for line in said.reasons)
    poor = pd.DataFrame(rows).assign(nse=0.1)
    assert verdict(made.file, poor, series).grade == "poor"
    assert "do not rely on it" in verdict(made.file, poor, series).sentence
    none = pd.DataFrame(rows).assign(nse=np.nan)
    assert verdict(made.file, none, series).grade == "unknown"


def test_curves_and_seasons_are_of_the_test_days_that_were_observed(made: Run) -> None:
    one = kept_series(made).isel(basin=0)
    days = one.to_dataframe().query("period == 'test'").dropna(subset=["observed"])
    curves = duration_curves(one)
    expected = np.quantile(days["simulated"], 1 - curves["x"] / 100)
    np.testing.assert_allclose(curves["simulated"], np.maximum(expected, 1e-3), rtol=1e-4)
    january = days[pd.DatetimeIndex(days.index).month == 1]["observed"].mean()
    assert monthly_means(one)["observed"][0] == pytest.approx(january, rel=1e-4)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([10.0, 20.0, -5.0], [10.0, 20.0, -5.0]),
        ([-70.0], [-70.0]),
        ([179.0, -179.0], [179.0, 181.0]),
        ([-179.0, -170.0, 170.0], [-179.0, -170.0, -190.0]),
        ([350.0, 10.0], [-10.0, 10.0]),
    ],
)
def test_places_across_180_degrees_are_neighbours(
    given: list[float], expected: list[float]
) -> None:
    np.testing.assert_allclose(side_by_side(np.array(given)), expected)


def long_series(basins: int, days: int, period: str) -> xr.Dataset:
    time = pd.date_range("1900-01-01", periods=days)
    flow = (("basin", "time"), np.ones((basins, days), np.float32))
    lines = dict.fromkeys(("simulated", "observed"), flow)
    lines["period"] = (("basin", "time"), np.full((basins, days), period, dtype=object))
    return xr.Dataset(lines, {"basin": [f"b{k}" for k in range(basins)], "time": time})


def test_a_long_record_is_cut_in_the_figure_with_or_without_test_days() -> None:
    for period in ("test", "training"):
        frame = frames_of(long_series(4, 40_000, period))["b3"]
        assert len(frame) == MOST_DAYS // 4
        assert frame.index[-1] == pd.Timestamp("1900-01-01") + pd.Timedelta(39_999, "D")


def test_the_tables_of_seasons_say_that_there_are_more_basins() -> None:
    seven, five = (season_tables(long_series(k, 400, "test"), k) for k in (7, 5))
    assert seven.count("<table") == five.count("<table") == 5
    assert "(the first 5 of 7 basins; the others are in series.csv)" in seven
    assert "first" not in five


def test_places_lie_on_the_map_as_they_lie_on_earth() -> None:
    train, test = ["2000-01-01", "2001-01-01"], ["2001-01-01", "2002-01-01"]
    places = {"north": (60.0, 10.0), "south": (50.0, 10.0), "east": (55.0, 20.0)}
    basins = {
        name: Basin.model_validate(
            {"latitude": lat, "longitude": lon, "train": train, "test": test}
        )
        for name, (lat, lon) in places.items()
    }
    drawn = place_map(basins)
    points = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="6"><title>(\w+)<', drawn)
    x, y = ({name: float(p[k]) for *p, name in points} for k in (0, 1))
    assert y["north"] < y["east"] < y["south"]
    assert x["north"] == x["south"] < x["east"]
    # Fiji's rivers lie a degree or two apart, on both sides of 180 degrees.
    fiji = {"taveuni": (-16.8, -179.9), "labasa": (-16.4, 179.4), "rewa": (-17.9, 178.5)}
    drawn = place_map(
        {
            name: Basin.model_validate(
                {"latitude": lat, "longitude": lon, "train": train, "test": test}
            )
            for name, (lat, lon) in fiji.items()
        }
    )
    points = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="6"><title>(\w+)<', drawn)
    x = {name: float(across) for across, _, name in points}
    assert x["rewa"] < x["labasa"] < x["taveuni"]
    per_degree = (x["labasa"] - x["rewa"]) / 0.9
    assert x["taveuni"] - x["labasa"] == pytest.approx(0.7 * per_degree, abs=0.5)
    assert per_degree > 20, "not the whole world"
    assert re.search(r'<path d="M', drawn), "the islands are outlined"
    nowhere = Basin.model_validate({"latitude": 5.0, "train": train, "test": test})
    assert "no map" in place_map({"a": nowhere})


def test_the_report_draws_with_no_network_on_a_telephone_in_the_dark(
    made: Run, project: Path, tmp_path: Path
) -> None:
    path = write_report(with_evil_names(made, tmp_path / "evil"))
    asked: list[str] = []
    wrong: list[str] = []
    with chromium() as browser:
        context = browser.new_context(
            offline=True, viewport={"width": 375, "height": 800}, color_scheme="dark"
        )
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(path.as_uri())
        page.locator(".bk-Figure").first.wait_for(timeout=120_000)
        assert page.locator(".bk-Figure").count() == 4
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 25, 28)"
        assert page.evaluate("window.hit") is None
        assert page.locator("h1").inner_text() == EVIL
        select = page.locator("select")
        select.select_option(made.basins[1])
        drawn = page.evaluate(
            """() => Bokeh.documents[0]._all_models.size && [...Bokeh.documents[0]._all_models
                .values()].filter(m => m.type === "Select").map(m => m.value)"""
        )
        assert drawn == [made.basins[1]]
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert wrong == []
