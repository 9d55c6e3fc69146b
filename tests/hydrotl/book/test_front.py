"""The front page: its sentence follows from the numbers, and its drawings show them."""

import json
import math
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hydrotl.book import drawings
from hydrotl.book.pages import data, front
from tests.chromium import Visit, chromium
from tests.synthetic import ROOT

#: Both forms shown in a box of a width and height.
INSIDE = """([width, height]) => {
    const drawing = document.querySelector("article > svg");
    drawing.querySelector("style").remove();
    drawing.setAttribute("width", width);
    drawing.setAttribute("height", height);
}"""
#: Texts of both forms: how large, and whether cut by the form's edge.
TEXTS = """() => [...document.querySelectorAll("article > svg text")].map((text) => {
    const form = text.ownerSVGElement, view = form.viewBox.baseVal, box = text.getBBox();
    const place = form.getScreenCTM().inverse().multiply(text.getScreenCTM());
    const corners = [[box.x, box.y], [box.x + box.width, box.y + box.height]]
        .map(([x, y]) => new DOMPoint(x, y).matrixTransform(place));
    return {
        words: text.textContent,
        form: form.getAttribute("class"),
        size: Number(text.getAttribute("font-size")),
        cut: corners.some((p) => p.x < 0 || p.y < 0 || p.x > view.width || p.y > view.height),
    };
})"""
SVG = "{http://www.w3.org/2000/svg}"


def part(mean: float, low: float, high: float, median: float | None = None) -> dict[str, float]:
    return {"mean": mean, "median": mean if median is None else median, "low": low, "high": high}


def found(local: dict[str, float], gr4j: dict[str, float]) -> dict[str, Any]:
    return {
        "settings": 7,
        "by_size": [
            {"basins": 1, "years": 5, "draws": 4},
            {"basins": 10, "years": 2, "draws": 2},
        ],
        "gain_over_local": local,
        "gain_over_gr4j": gr4j,
        "gain_over_local_scarce": None,
        "gain_over_untransferred": None,
        "untransferred_over_local": None,
        "ways_over_local": {"warm-c": gr4j},
        "loss": 0.02,
        "share_lost_to_local": 0.125,
    }


def test_sentence_says_gain_loss_or_neither_as_the_interval_does() -> None:
    assert front.compare(part(0.13, 0.09, 0.16), "B") == "is ahead of B by 0.13 (0.09 to 0.16)"
    assert front.compare(part(-0.13, -0.16, -0.09), "B") == "falls behind B by 0.13 (0.09 to 0.16)"
    assert front.compare(part(0.01, -0.02, 0.03), "B") == (
        "is not clearly ahead of or behind B, by +0.01 (-0.02 to +0.03)"
    )
    said = front.finding(found(part(0.13, 0.09, 0.16), part(0.0, -0.02, 0.03)))
    assert said.startswith("In 7 small targets, 6 random samples of up to 10 British rivers with ")
    assert "of record and 1 of small regions elsewhere, a weighted mean of networks" in said
    assert "is ahead of a network of the local data alone by 0.13 (0.09 to 0.16)" in said
    assert "is not clearly ahead of or behind the calibrated GR4J" in said
    assert "Half of" not in said
    said = front.finding(found(part(0.13, 0.09, 0.16), part(0.1, 0.05, 0.15, median=0.04)))
    assert said.endswith(" Half of the targets gain +0.04 or less over the calibrated GR4J.")
    mixed = {"untransferred_over_local": part(0.09, 0.06, 0.12)}
    said = front.finding(found(part(0.13, 0.09, 0.16), part(0.1, 0.05, 0.15)) | mixed)
    assert said.endswith("transferred, is ahead of the local network by 0.09 (0.06 to 0.12).")


def test_gain_of_what_a_study_lacks_is_no_number() -> None:
    figures = found(part(0.1, 0.05, 0.2), part(0.03, 0.01, 0.05))
    assert front.gain_of(figures, "warm-c") == 0.03
    assert math.isnan(front.gain_of(figures, "readout"))


@pytest.mark.parametrize(
    ("local", "without", "word"),
    [
        (part(0.1, 0.05, 0.2), part(0.03, 0.01, 0.05), "Yes, "),
        (part(0.1, 0.05, 0.2), part(0.01, -0.01, 0.03), "No, not clearly"),
        (part(0.1, -0.05, 0.2), part(0.03, 0.01, 0.05), "No, not clearly"),
        (part(0.1, 0.05, 0.2), part(-0.03, -0.05, -0.01), "No, on average it does not"),
    ],
)
def test_answer_begins_with_yes_or_no_as_the_intervals_say(
    local: dict[str, float], without: dict[str, float], word: str
) -> None:
    figures = found(local, without)
    assert front.pays({**figures, "gain_over_untransferred": without}).startswith(word)
    assert front.answer(figures).startswith(word), "without that mean GR4J stands for it"


def test_what_pays_is_said_only_of_what_is_there() -> None:
    said = front.pays(found(part(0.1, 0.05, 0.2), part(-0.1, -0.2, -0.05)))
    assert "With one year" not in said
    assert "without GR4J, falls behind the local network by 0.10 (0.05 to 0.20)." in said
    assert said.endswith("by more than 0.02 in 12 % of the targets.")


def test_other_local_networks_are_named_where_they_were_trained() -> None:
    figures = found(part(0.1, 0.05, 0.2), part(0.03, 0.01, 0.05))
    assert front.other_locals(figures) == ""
    rivals = {
        "local, each river alone": {"gain": part(0.07, 0.04, 0.09)},
        "another": {"gain": part(0.01, -0.01, 0.03)},
    }
    local = {"gain_over_local": part(0.17, 0.1, 0.2)}
    figures["rivals"] = {"settings": 22, "ways": rivals, **local}
    assert front.other_locals(figures) == (
        "In 22 of the targets other local networks were trained too, one member each. There, what "
        "is chosen (auto) is ahead of the local network by 0.17 (0.10 to 0.20), is ahead of "
        "networks that are trained for each river alone by 0.07 (0.04 to 0.09), and is not clearly "
        "ahead of or behind another, by +0.01 (-0.01 to +0.03)."
    )
    assert front.other_locals(figures) in front.pays(figures)


def test_the_strictest_model_without_a_source_decides_too() -> None:
    figures = found(part(0.1, 0.05, 0.2), part(0.03, 0.01, 0.05))
    figures["gain_over_untransferred"] = part(0.04, 0.02, 0.06)
    figures["gain_over_untransferred_single"] = part(0.03, 0.01, 0.08)
    ways = {
        "local, each river alone": {"gain": part(0.09, 0.06, 0.12)},
        "another": {"gain": part(0.1, 0.06, 0.12), "gain_over_mean": part(0.05, 0.02, 0.1)},
    }
    figures["rivals"] = {"settings": 9, "ways": ways, "gain_over_local": part(0.2, 0.1, 0.3)}
    assert front.answer(figures) == "Yes, on average over these rivers."
    assert "that is what transfer adds" in front.pays(figures)
    assert "With a single river it is ahead of that mean by 0.03 (0.01 to 0.08)" in (
        front.pays(figures)
    )
    ways["local, each river alone"]["gain_over_mean"] = part(0.01, -0.01, 0.04)
    assert front.answer(figures).startswith("Yes over a local network; over the best that was made")
    assert "that is what transfer adds" not in front.pays(figures)
    assert front.other_locals(figures).endswith(
        " It is not clearly ahead of or behind the mean of GR4J and networks that are trained for "
        "each river alone, by +0.01 (-0.01 to +0.04): in that, too, nothing is transferred."
    )


def test_what_transfer_adds_is_said_against_a_choice_without_it() -> None:
    figures = found(part(0.1, 0.05, 0.2), part(-0.1, -0.2, -0.05))
    said = front.pays({**figures, "gain_over_untransferred": part(0.03, 0.01, 0.05)})
    assert "is ahead of the mean of the local network and GR4J by 0.03 (0.01 to 0.05)" in said
    assert "that is what transfer adds" in said
    said = front.pays({**figures, "gain_over_untransferred": part(0.01, -0.01, 0.03)})
    assert "is not clearly ahead of or behind the mean of the local network and GR4J" in said
    assert "that is what transfer adds" not in said


def test_gains_by_size_are_differences_of_the_summary() -> None:
    gains = front.size_gains()
    path = ROOT / "results" / "summary" / "beyond.json"
    summary = json.loads(path.read_text(encoding="utf-8"))
    ways = {name: way for way, name in front.WAYS.items()}
    sizes = {(size["basins"], size["years"]): size["scores"] for size in summary["by_size"]}
    assert {*zip(gains["basins"], gains["years"], strict=True)} == set(sizes)
    for row in gains.to_dict("records"):
        scores = sizes[row["basins"], row["years"]]
        difference = scores[ways[row["model"]]]["mean"] - scores["local"]["mean"]
        assert row["gain"] == pytest.approx(difference, abs=2e-4)
        assert row["low"] <= row["gain"] <= row["high"]


def test_drawing_of_gains_has_a_point_per_row_higher_for_more() -> None:
    gains = pd.DataFrame(
        {
            "basins": [1, 1, 5],
            "years": [1, 2, 1],
            "samples": [14, 14, 3],
            "model": ["a & b", "a & b", "GR4J"],
            "gain": [0.1, 0.3, -0.2],
            "low": [0.0, 0.2, -0.3],
            "high": [0.2, 0.4, -0.1],
        }
    )
    drawing = ET.fromstring(drawings.gain_drawing(gains))
    assert not {"width", "height", "viewBox"} & set(drawing.keys()), "a browser would stretch it"
    page, narrow = drawing.findall(f"{SVG}svg")
    for form in (page, narrow):
        points = [c for c in form.iter(f"{SVG}circle") if c.find(f"{SVG}title") is not None]
        titles = [c.find(f"{SVG}title").text for c in points]  # type: ignore[union-attr]
        assert titles == [
            "a & b: +0.10 (+0.00 to +0.20)",
            "a & b: +0.30 (+0.20 to +0.40)",
            "GR4J: -0.20 (-0.30 to -0.10)",
        ]
        x, y = zip(*((float(c.get("cx", "")), float(c.get("cy", ""))) for c in points), strict=True)
        assert y[1] < y[0] < y[2]
        assert y[2] - y[0] == pytest.approx(1.5 * (y[0] - y[1]), abs=0.2), "to scale"
        assert x[0] < x[1] < x[2], "panels from few to many rivers"
        words = [t.text for t in form.iter(f"{SVG}text")]
        assert {"1 river", "5 rivers", "a & b", "GR4J", "0", "n = 14", "n = 3"} <= set(words)


@pytest.mark.slow
def test_gains_can_be_read_on_a_telephone_and_nothing_is_cut(tmp_path: Path) -> None:
    """Letters of at least 10 px in the narrow form, all of them within the picture."""
    drawing = drawings.gain_drawing(front.size_gains())
    style = (ROOT / "book" / "_static" / "book.css").read_text(encoding="utf-8")
    page = tmp_path / "page.html"
    (tmp_path / "gain.svg").write_text(drawing, encoding="utf-8")
    image = '<img src="gain.svg" style="width: 100%">'
    page.write_text(
        f'<style>{style}</style><article class="bd-article">{image}{drawing}</article>',
        encoding="utf-8",
    )
    with chromium() as browser:
        for width, shown in ((1280, "wide"), (375, "narrow")):
            visit = Visit(browser, width=width)
            opened = visit.open(page)
            box = opened.locator("img").bounding_box()
            form = {"wide": drawings.WIDE, "narrow": drawings.NARROW}[shown]
            assert box["width"] / box["height"] == pytest.approx(form.width / form.height, rel=0.01)
            # the same file, inside the page: what is shown there can be measured
            opened.evaluate(INSIDE, [box["width"], box["height"]])
            texts = opened.evaluate(TEXTS)
            assert len(texts) > 20
            assert {text["form"] for text in texts} == {"wide", "narrow"}
            texts = [text for text in texts if text["form"] == shown]
            assert min(text["size"] for text in texts) * box["width"] / form.width >= 9.5
            assert [text["words"] for text in texts if text["cut"]] == []
            visit.context.close()


def test_drawn_map_shows_rivers_with_a_place() -> None:
    places = pd.DataFrame(
        {
            "longitude": [-90.0, 0.0, math.nan],
            "latitude": [40.0, 52.0, 10.0],
            "source": [True, False, False],
        }
    )
    tree = ET.fromstring(drawings.map_drawing(places))
    dots = [c for c in tree.iter(f"{SVG}circle") if c.get("cy") and float(c.get("r", "9")) < 5]
    assert [float(c.get("cx", "")) for c in dots] == [190.0, 380.0]  # a quarter and half of 760
    assert float(dots[1].get("cy", "")) == pytest.approx((85 - 52) * 760 / 360, abs=0.1)


def test_every_target_region_is_on_the_map() -> None:
    study = data.study_basins()
    assert study["longitude"].notna().all()
    places = front.places()
    assert set(study["basin"]) <= set(places["basin"])
    assert (~places["source"]).sum() > 3


def test_drawings_are_written_where_there_is_a_study(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "size_gains", lambda: pd.DataFrame())
    assert front.write_front(tmp_path / "none") == []
    assert not (tmp_path / "none").exists()
    monkeypatch.undo()
    monkeypatch.setenv("HYDROTL_ROOT", str(ROOT))
    paths = front.write_front(tmp_path / "drawn")
    assert [path.name for path in paths] == ["gain.svg", "map.svg"]
    assert all(path.stat().st_size < 200_000 for path in paths)
