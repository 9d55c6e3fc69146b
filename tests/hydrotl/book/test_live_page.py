"""The live page as a reader uses it: sliders, tables that are dropped, and what is downloaded."""

import base64
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hydrotl.book.build import build_book
from hydrotl.book.live import penalty, sample_rivers
from hydrotl.experiments.layers import read_layers
from hydrotl_core.readout import fit_output, simulate_refitted, source_output, states
from hydrotl_core.simulation import simulate
from hydrotl_core.weights import load_model, member_paths
from tests.book_project import make_project
from tests.chromium import chromium, press, wait_for
from tests.live_page import (
    STATIC,
    WEIGHTS,
    Visit,
    arrays_of,
    as_dataset,
    days_of,
    write_site,
)
from tests.synthetic import ROOT, canonical

pytestmark = pytest.mark.slow

LATITUDE, AREA, START = 46.5, 250.0, "2001-01-01"
DROP = """async (given) => {
    const bytes = Uint8Array.from(atob(given.text), (c) => c.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], given.name, {type: "text/csv"}));
    const event = new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true});
    document.getElementById("live-drop").dispatchEvent(event);
    await new Promise((done) => setTimeout(done, 100));
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(tmp_path_factory.mktemp("live"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture
def visit(browser: Any, site: Path) -> Iterator[Visit]:
    visit = Visit(browser, site)
    visit.page.set_default_timeout(120_000)
    yield visit
    assert visit.asked == []
    assert visit.complaints == []
    visit.context.close()


def days() -> pd.DataFrame:
    """Five years of a river: rain and flow in mm/day, temperatures in degC."""
    one = canonical(1, START, 1826, seed=4).isel(basin=0)
    frame = pd.DataFrame(
        {
            "rain": one["prcp"].values.round(1),
            "low": (one["tmean"].values - 4).round(1),
            "high": (one["tmean"].values + 4).round(1),
            "flow": one["streamflow"].values.round(3),
        },
        index=pd.DatetimeIndex(one["time"].values),
    )
    return frame.astype(float).round(3)


def plain(frame: pd.DataFrame) -> bytes:
    """As the page's own text describes it."""
    named = frame.rename(columns={"low": "tmin", "high": "tmax", "flow": "flow_mm"})
    return named.to_csv(index_label="date").encode()


def german(frame: pd.DataFrame) -> bytes:
    """Semicolons, decimal commas, days first, Latin-1, a code for what is missing, m3/s."""
    named = frame.assign(flow=frame["flow"] * AREA / 86.4)
    named.columns = ["Niederschlag [mm]", "Tmin (°C)", "Tmax (°C)", "Abfluß m³/s"]
    named = named.rename(columns={"Abfluß m³/s": "Q (m³/s)"})
    text = named.to_csv(
        sep=";", decimal=",", na_rep="-999", index_label="Datum", date_format="%d.%m.%Y"
    )
    return text.replace("\n", "\r\n").encode("latin-1")


def american(frame: pd.DataFrame) -> bytes:
    """Tabs, months first, inches, degrees Fahrenheit, cubic feet per second, a comment."""
    named = pd.DataFrame(
        {
            "precip_in": frame["rain"] / 25.4,
            "tmax_degF": frame["high"] * 9 / 5 + 32,
            "tmin_degF": frame["low"] * 9 / 5 + 32,
            "discharge_cfs": frame["flow"] * AREA / 86.4 / 0.3048**3,
        }
    )
    text = named.to_csv(sep="\t", index_label="Date", date_format="%m/%d/%Y")
    return b"\xef\xbb\xbf# from a station\n" + text.encode()


def drop(visit: Visit, content: bytes, latitude: Any = LATITUDE, area: Any = AREA) -> Any:
    page = visit.page
    page.fill("#live-latitude", str(latitude))
    page.fill("#live-land-area", str(area))
    page.evaluate(DROP, {"name": "my.csv", "text": base64.b64encode(content).decode()})
    return page


def simulated(page: Any) -> None:
    press(page, "#live-simulate")
    wait_for(
        page,
        "document.getElementById('live-river-status').textContent === 'Done.'"
        " || !document.getElementById('live-error').hidden",
    )
    assert page.inner_text("#live-error") == ""


def scores(page: Any) -> dict[str, list[str]]:
    rows = page.locator("#live-scores tbody tr").all()
    cells = [row.locator("th, td").all_inner_texts() for row in rows]
    return {name: values for name, *values in cells}


def river(frame: pd.DataFrame) -> dict[str, Any]:
    """``frame`` as the package's tests hold it."""
    start = int(np.datetime64(START, "D").astype(int))
    names = {"prcp": "rain", "tmin": "low", "tmax": "high", "streamflow": "flow"}
    daily = {name: frame[column].to_numpy() for name, column in names.items()}
    return {**daily, "start": start, "latitude": LATITUDE, "area": AREA}


def by_hand(frame: pd.DataFrame, split: int) -> dict[str, np.ndarray]:
    """Mean of the members, untouched and fitted before day ``split``, by the package."""
    ds, found = as_dataset(river(frame)), {"zero": 0.0, "fitted": 0.0}
    paths = member_paths(WEIGHTS)
    for path in paths:
        model, card = load_model(path)
        _, arrays = arrays_of(ds, card.scaler, days_of(ds, 0, split))
        h, flow = states(model, arrays)[0], arrays.flow[0, arrays.lead :]
        layer = fit_output(h[:split], flow[:split], source_output(model), penalty())
        found["zero"] += simulate(model, arrays, card.scaler)[0] / len(paths)
        found["fitted"] += simulate_refitted(model, arrays, card.scaler, layer[None])[0] / len(
            paths
        )
    return {name: np.asarray(values) for name, values in found.items()}


def nse(simulated: np.ndarray, observed: np.ndarray) -> float:
    known = np.isfinite(observed)
    s, o = simulated[known], observed[known]
    return float(1 - ((s - o) ** 2).sum() / ((o - o.mean()) ** 2).sum())


def high_flow_error(simulated: np.ndarray, observed: np.ndarray) -> float:
    """Percent by which the highest 2 % of the flow duration curve is wrong."""
    known = np.isfinite(observed)
    count = round(0.02 * known.sum())
    s, o = (np.sort(values[known])[-count:].sum() for values in (simulated, observed))
    return float(100 * (s / o - 1))


SHOWN = """!document.getElementById('live-play').hasAttribute('aria-busy')
    && document.getElementById('live-play-status').textContent.includes('NSE')"""


def sample_river(number: int) -> dict[str, Any]:
    """A sample river as the page has it, in numbers."""
    given = sample_rivers()[number]
    series = {
        name: np.frombuffer(base64.b64decode(text), "<f4").astype(float)
        for name, text in given["series"].items()
    }
    return {name: given[name] for name in ("start", "latitude", "area")} | series


def split_of(flow: np.ndarray) -> int:
    """Days that the first two thirds of those with flow take up."""
    known = np.cumsum(np.isfinite(flow))
    return int(np.argmax(known >= 2 / 3 * known[-1])) + 1


def fitted_flows(own: dict[str, Any], changed: dict[str, Any]) -> list[np.ndarray]:
    """Mean of the members that are fitted to ``own``, on its weather and on a changed one."""
    split, flows = split_of(own["streamflow"]), []
    for path in member_paths(WEIGHTS):
        model, card = load_model(path)
        data = [as_dataset(one) for one in (own, changed)]
        before, after = (arrays_of(ds, card.scaler, days_of(ds, 0, split))[1] for ds in data)
        h, flow = states(model, before)[0][:split], before.flow[0, before.lead :][:split]
        layer = fit_output(h, flow, source_output(model), penalty())[None]
        flows.append(
            [simulate_refitted(model, one, card.scaler, layer)[0] for one in (before, after)]
        )
    return list(np.mean(flows, axis=0))


def test_page_opens_with_the_fitted_model_and_sliders_change_it(visit: Visit) -> None:
    pytest.importorskip("lumod", reason="data: the sample basins come with lumod")
    page = visit.page
    said = page.locator("#live-play-status")
    wait_for(page, SHOWN)
    own, title = sample_river(0), sample_rivers()[0]["title"]
    changed = own | {"prcp": own["prcp"] * 1.2}
    changed |= {name: own[name] + 5 for name in ("tmin", "tmax", "tmean")}
    flows, split = fitted_flows(own, changed), split_of(own["streamflow"])
    score = nse(flows[0][split:], own["streamflow"][split:])
    assert said.inner_text().startswith(
        f"{title}. Shown: the source model, fitted to this river's gauge"
    )
    assert f"which the fit did not see, its NSE is {score:.2f}" in said.inner_text()
    line = page.locator("#live-flow path.live-original")
    before = line.get_attribute("d")
    assert page.locator("#live-flow path.live-changed").count() == 0, "nothing was changed yet"
    assert page.locator("#live-duration path.live-observed").count() == 1
    page.focus("#live-rain")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.focus("#live-warmth")
    page.keyboard.press("End")
    assert page.inner_text("#live-rain-value") == "+20 %"
    assert page.inner_text("#live-warmth-value") == "+5.0 °C"
    assert page.inner_text("#live-area-value") == "30 km²"
    wait_for(page, SHOWN)
    means = [float(flow.mean()) for flow in flows]
    text = said.inner_text()
    assert f"Mean flow {means[0]:.2f} mm/day with the observed weather, {means[1]:.2f} with" in text
    assert line.get_attribute("d") == before
    assert "live-dashed" in str(line.get_attribute("class")), "the line below it can be seen"
    assert page.locator("#live-flow path.live-changed").get_attribute("d") != before
    balance_is_that_of(page, [own, changed], flows)
    page.select_option("#live-model", "untouched")
    untouched = nse(untouched_flow(own, split)[split:], own["streamflow"][split:])
    assert said.inner_text().startswith(f"{title}. Shown: the source model as it is")
    assert f"is {untouched:.2f} (1 is perfect" in said.inner_text()
    press(page, "#live-reset")
    wait_for(page, SHOWN)
    page.select_option("#live-model", "fitted")
    assert line.get_attribute("d") == before
    assert page.locator("#live-flow path.live-changed").count() == 0


def untouched_flow(own: dict[str, Any], split: int) -> np.ndarray:
    """Flow of the source as it is, with the climate of the days of the fit."""
    ds, flows = as_dataset(own), []
    for path in member_paths(WEIGHTS):
        model, card = load_model(path)
        arrays = arrays_of(ds, card.scaler, days_of(ds, 0, split))[1]
        flows.append(simulate(model, arrays, card.scaler)[0])
    return np.mean(flows, axis=0)


def balance_is_that_of(page: Any, rivers: list[dict[str, Any]], flows: list[np.ndarray]) -> None:
    """Rain, flow and what is left are the sums of each complete year, before and after."""
    days = np.datetime64(0, "D") + rivers[0]["start"] + np.arange(len(flows[0]))
    table = page.locator("#live-balance-table tbody tr")
    years = [row.locator("th, td").all_text_contents() for row in table.all()]
    assert [year for year, *_ in years] == ["2004", "2005", "2006"]
    for year, rain, flow, left, _ in years:
        inside = days.astype("datetime64[Y]") == np.datetime64(year, "Y")
        sums = [
            (np.nansum(one["prcp"][inside]), q[inside].sum())
            for one, q in zip(rivers, flows, strict=True)
        ]
        shown = [
            [float(v.replace("−", "-")) for v in cell.split(" → ")] for cell in (rain, flow, left)
        ]
        wanted = [[r for r, _ in sums], [q for _, q in sums], [r - q for r, q in sums]]
        np.testing.assert_allclose(shown, wanted, atol=0.6)
    # Of each year and either weather: flow, and what is left; a line where the rain ends.
    assert page.locator("#live-balance rect.live-bar").count() == 2 * 2 * 3
    assert page.locator("#live-balance line.live-rain").count() == 2 * 3


def test_another_river_and_a_later_start(visit: Visit) -> None:
    pytest.importorskip("lumod", reason="data: the sample basins come with lumod")
    page = visit.page
    wait_for(page, SHOWN)
    page.select_option("#live-basin", "tamaulipas")
    wait_for(page, "document.getElementById('live-play-status').textContent.includes('2000-')")
    wait_for(page, SHOWN)
    page.focus("#live-year")
    page.keyboard.press("Home")
    wait_for(page, "document.getElementById('live-play-status').textContent.includes('1981-')")
    page.select_option("#live-store", "snow")
    assert "Hardly any snow" in page.inner_text("#live-cell-text")  # at 24 degrees north
    page.select_option("#live-store", "soil")
    assert "cells of one network" in page.inner_text("#live-cell-text")
    page.select_option("#live-view", "all")
    assert page.locator("#live-cells path.live-line").count() == 2


def test_a_dropped_table_is_run_at_once_and_again_when_the_place_is_given(visit: Visit) -> None:
    page = drop(visit, plain(days()), latitude="")
    assert "give the latitude" in page.inner_text("#live-error")
    page.fill("#live-latitude", str(LATITUDE))
    page.press("#live-latitude", "Tab")
    wait_for(page, "document.getElementById('live-river-status').textContent === 'Done.'")
    assert page.inner_text("#live-verdict").startswith("Verdict: ")
    assert set(scores(page)) == {"mean of the season", "untouched source", "fitted source"}
    assert page.locator("#live-role-prcp").is_visible(), "opened by the error, it stays open"


VERDICT = """const rated = (nse, bias = 0) => Number.isFinite(nse) ? {nse, bias} : null;
const [zero, fitted] = [rated(...given.zero), rated(...given.fitted)];
return hydrotlLive.verdict({zero, fitted, season: rated(given.season)});"""


@pytest.mark.parametrize(
    ("zero", "fitted", "season", "said", "not_said"),
    [
        ([0.4, 0], [0.8, 5], 0.1, ["Verdict: good.", "can be used"], ["rely", "care"]),
        ([0.4, 0], [0.6, 5], 0.1, ["Verdict: fair.", "with care"], ["rely", "can be used"]),
        ([0.4, 0], [0.8, 30], 0.1, ["Verdict: fair.", "30 % too much", "not for how much"], ["be"]),
        ([0.4, 0], [0.4, -30], 0.1, ["Verdict: poor.", "30 % too little", "not rely"], ["care"]),
        ([0.4, 0], [0.8, 0], 0.9, ["Verdict: poor.", "no better than the mean of"], ["can be"]),
        ([0.9, 0], [0.7, 0], 0.1, ["Verdict: good.", "Fitting made it worse"], ["rely"]),
        ([0.7, 0], [None], None, ["Verdict: good. The untouched source"], ["season", "rely"]),
    ],
)
def test_verdict_is_one_word_and_nothing_contradicts_it(
    visit: Visit,
    zero: list[Any],
    fitted: list[Any],
    season: float | None,
    said: list[str],
    not_said: list[str],
) -> None:
    text = visit.evaluate(VERDICT, zero=zero, fitted=fitted, season=season)
    assert all(words in text for words in said)
    assert not any(f" {words} " in text for words in not_said)


@pytest.mark.parametrize("dialect", [plain, german, american])
def test_good_table_is_fitted_and_scored(visit: Visit, dialect: Any) -> None:
    frame = days()
    page = drop(visit, dialect(frame))
    assert page.inner_text("#live-error") == ""
    told = page.inner_text("#live-understood")
    assert "1826 days, 2001-01-01 to 2005-12-31" in told
    assert f"rain {frame['rain'].mean():.2f} mm/day" in told
    assert f"flow {frame['flow'].mean():.2f} mm/day" in told
    assert "Doubtful" not in told
    page.fill("#live-split", "2004-07-01")
    simulated(page)
    split = int((frame.index < "2004-07-01").sum())
    observed, wanted = frame["flow"].to_numpy()[split:], by_hand(frame, split)
    found = scores(page)
    for name, key in {"untouched source": "zero", "fitted source": "fitted"}.items():
        score = nse(wanted[key][split:], observed)
        assert float(found[name][0]) == pytest.approx(score, abs=0.0051)
        bias = 100 * (wanted[key][split:][np.isfinite(observed)].mean() / np.nanmean(observed) - 1)
        assert float(found[name][2].removesuffix(" %")) == pytest.approx(bias, abs=0.51)
        assert float(found[name][3].removesuffix(" %")) == pytest.approx(
            high_flow_error(wanted[key][split:], observed), abs=0.51
        )
    assert float(found["fitted source"][0]) > 0.5
    assert float(found["mean of the season"][0]) < float(found["fitted source"][0])
    said = page.inner_text("#live-verdict")
    assert "Fitted on 2001-01-01 to 2004-06-30, scored on 2004-07-01 to 2005-12-31; the" in said
    assert page.locator("#live-river-flow path.live-line").count() == 4


def broken(change: Any) -> bytes:
    """The plain table after ``change`` of its text lines."""
    lines = plain(days()).decode().splitlines()
    return "\n".join(change(lines)).encode()


def cell(line: int, column: int, value: str) -> Any:
    """A change of one field; the first line of a file is 1."""

    def change(lines: list[str]) -> list[str]:
        fields = lines[line - 1].split(",")
        fields[column] = value
        return [*lines[: line - 1], ",".join(fields), *lines[line:]]

    return change


def column(number: int, function: Any) -> Any:
    def change(lines: list[str]) -> list[str]:
        rows = [line.split(",") for line in lines[1:]]
        for row in rows:
            row[number] = function(row[number])
        return [lines[0], *(",".join(row) for row in rows)]

    return change


BAD = {
    "text in a number": (cell(10, 1, "trace"), 'line 10: "trace" in column "rain" is no number'),
    "negative rain": (cell(11, 1, "-3"), "rain is negative on 2001-01-10: -3"),
    "a doubled day": (
        lambda ls: [*ls[:20], ls[19], *ls[20:]],
        "line 21: 2001-01-19 is there twice",
    ),
    "days out of order": (
        lambda ls: [ls[0], ls[2], ls[1], *ls[3:]],
        "line 3: 2001-01-01 comes after 2001-01-02; sort",
    ),
    "no such day": (cell(5, 0, "2001-02-30"), "line 5: 2001-02-30 is no day of the calendar"),
    "two digits of the year": (cell(5, 0, "04/01/01"), 'line 5: "04/01/01" is no date'),
    "a short line": (lambda ls: [*ls[:6], "2001-01-06,1.0", *ls[7:]], "line 7 has 2 fields"),
    "a long gap of rain": (
        lambda ls: [
            *ls[:100],
            *(f"{x.split(',')[0]},,{x.split(',', 2)[2]}" for x in ls[100:140]),
            *ls[140:],
        ],
        "rain is missing on 40 days in a row",
    ),
    "kelvin": (
        lambda ls: column(2, lambda v: f"{float(v) + 273.15:.2f}")(
            column(3, lambda v: f"{float(v) + 273.15:.2f}")(ls)
        ),
        "Are they in K?",
    ),
    "temperatures swapped": (
        lambda ls: [ls[0].replace("tmin,tmax", "tmax,tmin"), *ls[1:]],
        "lowest temperature is above the highest on 2001-01-01: are the two columns swapped?",
    ),
    "no temperature": (
        lambda ls: [x.split(",")[0] + "," + x.split(",")[1] for x in ls],
        "no temper",
    ),
    "hours": (
        lambda ls: [
            ls[0],
            *(f"2001-01-01 {h:02d}:00,{x.split(',', 1)[1]}" for h, x in enumerate(ls[1:25])),
        ],
        "line 3: 2001-01-01 is there twice; the page takes one line per day",
    ),
    "months": (
        lambda ls: [ls[0], *(x for x in ls[1:] if x[8:10] == "01")],
        "the dates are 30 days apart in the mean; the page needs daily values",
    ),
    "no names": (lambda ls: ls[1:], "the first line has numbers, no names"),
    "a short record": (
        lambda ls: ls[:200],
        "the record has 199 days; the page needs at least a year",
    ),
    "nothing": (lambda ls: [], "the file has no rows"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_table_gets_a_clear_error(visit: Visit, kind: str) -> None:
    change, message = BAD[kind]
    page = drop(visit, broken(change))
    told = page.inner_text("#live-error")
    assert told.startswith("my.csv: ")
    assert message in told
    assert page.locator("#live-results").is_hidden()


@pytest.mark.parametrize(
    ("content", "latitude", "area", "message"),
    [
        (b"PK\x03\x04 and so on", LATITUDE, AREA, "a spreadsheet or a zip archive"),
        (plain(days()), "", AREA, "give the latitude of the basin"),
        (plain(days()), 120, AREA, "give the latitude of the basin"),
        (plain(days()), -LATITUDE, AREA, "warmest in winter: correct the sign of the latitude"),
        (german(days()), LATITUDE, "", "flow in m3/s needs the area"),
        (german(days()), LATITUDE, 2.5e8, "is the area in m2? Divide it by a million"),
        (german(days()), LATITUDE, 1e-3, "where on earth it lies between 0 and 2000"),
        (plain(days()).replace(b"flow_mm", b"flow"), LATITUDE, AREA, "say in which unit the flow"),
    ],
)
def test_what_does_not_go_together_is_refused(
    visit: Visit, content: bytes, latitude: Any, area: Any, message: str
) -> None:
    page = drop(visit, content, latitude, area)
    assert message in page.inner_text("#live-error")


def test_what_is_wrong_can_be_corrected_in_the_page(visit: Visit) -> None:
    frame = days()
    page = drop(visit, plain(frame).replace(b"rain", b"gauge 7").replace(b"flow_mm", b"flow"))
    assert "no column of rain was found among date, gauge 7" in page.inner_text("#live-error")
    page.select_option("#live-role-prcp", label="gauge 7")
    assert "say in which unit" in page.inner_text("#live-error")
    page.select_option("#live-unit-flow", "mm/day")
    assert page.locator("#live-error").is_hidden()
    page.fill("#live-split", "1999-01-01")
    press(page, "#live-simulate")
    assert "must lie between 2001-01-02 and 2006-01-01" in page.inner_text("#live-error")


def test_more_flow_than_rain_is_a_doubt(visit: Visit) -> None:
    frame = days()
    page = drop(visit, plain(frame.assign(flow=frame["flow"] * 3)))
    assert page.locator("#live-error").is_hidden()
    assert "times its rain" in page.inner_text("#live-understood .live-doubt")


def test_flow_before_the_rain_is_a_doubt(visit: Visit) -> None:
    frame = days()
    flow = np.roll(np.convolve(frame["rain"], [0.5, 0.2, 0.1])[: len(frame)], -2)
    page = drop(visit, plain(frame.assign(flow=flow.round(3))))
    assert "Flow rises 2 day(s) before the rain" in page.inner_text("#live-understood")


def test_model_of_noise_is_called_poor(visit: Visit) -> None:
    frame = days()
    noise = np.random.default_rng(0).permutation(frame["flow"].to_numpy())
    page = drop(visit, plain(frame.assign(flow=noise)))
    simulated(page)
    said = page.inner_text("#live-verdict")
    assert said.startswith("Verdict: poor.")
    assert "Do not rely on it." in said


def test_river_beyond_the_source_is_told(visit: Visit) -> None:
    frame = days().drop(columns="flow")
    page = drop(visit, plain(frame.assign(rain=frame["rain"] * 8)), area="")
    simulated(page)
    told = page.inner_text("#live-outside")
    mean = frame["rain"].mean() * 8
    assert f"Outside of what the source has seen: mean rain (mm/day) is {mean:.1f}" in told
    assert "nobody can say how good it is" in page.inner_text("#live-verdict")
    assert page.locator("#live-scores").is_hidden()
    assert page.is_disabled("#live-save-layers")


def saved(page: Any, button: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        press(page, button)
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_downloads_are_used_again_in_python(visit: Visit, tmp_path: Path) -> None:
    frame = days()
    page = drop(visit, plain(frame))
    page.fill("#live-split", "2004-07-01")
    simulated(page)
    series = pd.read_csv(saved(page, "#live-save-series", tmp_path), index_col="date")
    assert list(series) == [
        "used_for",
        *(f"{name}_mm_day" for name in ("observed", "seasonal_mean", "untouched_source")),
        "fitted_source_mm_day",
    ]
    split = int((frame.index < "2004-07-01").sum())
    assert list(series["used_for"]) == ["fit"] * split + ["score"] * (len(frame) - split)
    np.testing.assert_allclose(series["observed_mm_day"], frame["flow"], rtol=1e-6)
    path = saved(page, "#live-save-layers", tmp_path)
    assert path.name == "my-layers.json"
    layers = read_layers(path, WEIGHTS)
    own = river(frame)
    assert (layers.river.latitude, layers.river.area) == (own["latitude"], own["area"])
    ds, flow = as_dataset(own), []
    for number, member in enumerate(member_paths(WEIGHTS)):
        model, card = load_model(member)
        ds_fit, arrays = arrays_of(ds, card.scaler, layers.fit)
        for name, value in layers.attributes.items():
            wanted = AREA if name == "land_area" else float(ds_fit[name].values[0])
            assert value == pytest.approx(wanted, rel=1e-6)
        flow.append(simulate_refitted(model, arrays, card.scaler, layers.of_member(number))[0])
    apart = np.abs(series["fitted_source_mm_day"].to_numpy() - np.mean(flow, axis=0))
    assert apart.max() < 1e-4 * np.mean(flow)
    summary = saved(page, "#live-save-summary", tmp_path).read_text(encoding="utf-8")
    for words in ("<h1>my.csv</h1>", "The fitted model has an NSE of", "<svg", "UCAR"):
        assert words in summary


#: What texts of the page's drawings stick out of them or lie on each other, and what controls and
#: paragraphs are wider than the page.
CLIPPED = """() => {
    const found = [], boxes = (one, of) => [...one.querySelectorAll(of)]
        .map((text) => [text.textContent.slice(0, 40), text.getBoundingClientRect()]);
    for (const svg of document.querySelectorAll(".live-plot")) {
        const frame = svg.getBoundingClientRect(), texts = boxes(svg, "text");
        texts.forEach(([text, a], k) => {
            if (a.left < frame.left - 1 || a.right > frame.right + 1) found.push(`${text} is cut`);
            for (const [other, b] of texts.slice(k + 1)) {
                const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                const tall = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                if (wide > 1 && tall > 2) found.push(`${text} lies on ${other}`);
            }
        });
    }
    const whole = "label, output, button, select, li, p, summary, caption, h2, h3";
    for (const [text, box] of boxes(document.querySelector(".live"), whole)) {
        if (box.right > innerWidth + 1) found.push(`${text} is wider than the page`);
    }
    return found;
}"""


@pytest.mark.parametrize("width", [375, 1280])
def test_no_text_is_cut_or_lies_on_another(browser: Any, site: Path, width: int) -> None:
    """Headers are as long as those of archives, and the page as narrow as a telephone."""
    visit = Visit(browser, site, width=width, scheme="dark")
    visit.page.set_default_timeout(120_000)
    long = "_of_the_upper_catchment_from_the_gridded_product_version_4_2"
    names = {b"rain": f"rain{long}".encode(), b"tmin": f"tmin{long}".encode()}
    head, rest = plain(days()).split(b"\n", 1)
    for short, name in names.items():
        head = head.replace(short, name)
    page = drop(visit, head + b"\n" + rest)
    for role, name in {"prcp": names[b"rain"], "tmin": names[b"tmin"]}.items():
        page.evaluate("document.getElementById('live-correct').open = true")
        page.select_option(f"#live-role-{role}", label=name.decode())
    simulated(page)
    wait_for(page, SHOWN)
    page.evaluate("document.querySelectorAll('.live details').forEach((d) => { d.open = true; })")
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#live-river-flow svg").bounding_box()["width"] <= width
    assert visit.complaints == []
    visit.context.close()


def test_every_control_has_a_name(visit: Visit) -> None:
    nameless = visit.page.evaluate(
        """() => [...document.querySelectorAll(".live input, .live select, .live button")]
            .filter((one) => one.tagName !== "BUTTON" || !one.textContent.trim())
            .filter((one) => !one.labels.length)
            .map((one) => one.id)"""
    )
    assert nameless == []
    page = visit.page
    assert page.get_attribute("#live-error", "role") == "alert"
    assert page.get_attribute("#live-play-status", "aria-live") == "polite"


def test_lines_have_other_colours_on_a_dark_page(visit: Visit) -> None:
    colour = (
        "() => getComputedStyle(document.querySelector('.live')).getPropertyValue('--original')"
    )
    light = visit.page.evaluate(colour)
    visit.page.evaluate("() => document.documentElement.setAttribute('data-theme', 'dark')")
    assert visit.page.evaluate(colour) != light


def test_page_of_the_built_book_answers(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Sphinx builds it, within the theme: no warning, no request, no complaint, two widths."""
    project = make_project(tmp_path)
    shutil.rmtree(project / "notebooks")
    shutil.copytree(STATIC, project / "book" / "_live")
    text = (ROOT / "book" / "live.md").read_text(encoding="utf-8")
    # The links lead to pages that this small book does not have, and so do quoted numbers.
    text = re.sub(r"\[\]\([^)]*\)", "elsewhere", re.sub(r"\{py:\w+\}", "", text))
    text = re.sub(r"\{glue:text\}`[^`]*`", "some", text)
    (project / "book" / "live.md").write_text(text, encoding="utf-8")
    (project / "book" / "index.md").write_text("# Front\n\n[](live.md)\n", encoding="utf-8")
    toc = "format: jb-book\nroot: index\nchapters:\n  - file: live\n"
    (project / "book" / "_toc.yml").write_text(toc, encoding="utf-8")
    for name in ("weights", "experiments", "data_manifest.yaml"):
        (project / name).unlink(missing_ok=True)
        (project / name).symlink_to(ROOT / name)
    monkeypatch.setenv("HYDROTL_ROOT", str(project))
    page_path = build_book().with_name("live.html")
    for width in (375, 1280):
        visit = Visit(browser, page_path, width=width)
        visit.page.set_default_timeout(120_000)
        page = drop(visit, plain(days()))
        simulated(page)
        assert set(scores(page)) == {"mean of the season", "untouched source", "fitted source"}
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert visit.asked == []
        assert visit.complaints == []
        visit.context.close()
