"""Draw the finding for the README: median NSE of each model in each region, from results/.

python book/_figures/finding.py   (writes book/_static/finding.svg)
"""

from pathlib import Path
from xml.sax.saxutils import escape

from hydrotl.config import load_options, load_region
from hydrotl.experiments.cells import LOCAL
from hydrotl.experiments.records import read_record, results_dir

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "book" / "_static" / "finding.svg"
REGIONS = ("gb", "gb-49", "gb-5", "ind")
SETTINGS = {"multi-year": "several years", "1-year": "one year"}
# Okabe and Ito's colours, as in the book's figures; shapes tell them apart without colour.
MARKS = {
    LOCAL: ("#E69F00", "square"),
    "TL-a": ("#56B4E9", "dot"),
    "TL-b": ("#009E73", "dot"),
    "TL-c": ("#0072B2", "dot"),
    "GR4J": ("#666666", "diamond"),
}
LEFT, RIGHT, TOP, STEP = 330, 900, 66, 38
LOWEST, HIGHEST = 0.1, 0.9


def medians(region: str, setting: str) -> dict[str, float]:
    """Median NSE over the region's basins of each model that has a record."""
    folder = results_dir() / region
    paths = {
        name: folder / load_region(region).recipe / f"{setting}_{name}.json"
        for name in (LOCAL, *load_options())
    }
    paths["GR4J"] = folder / "conceptual" / f"{setting}_cemaneige-gr4j.json"
    return {n: read_record(p)["nse_median"] for n, p in paths.items() if p.is_file()}


def place(nse: float) -> float:
    """Position on the NSE axis."""
    return LEFT + (RIGHT - LEFT) * (nse - LOWEST) / (HIGHEST - LOWEST)


def mark(x: float, y: float, name: str) -> str:
    """The symbol of a model, with what it stands for as a tooltip."""
    colour, shape = MARKS[name]
    paths = {
        "dot": f"M{x - 6:.1f} {y}a6 6 0 1 0 12 0a6 6 0 1 0 -12 0",
        "square": f"M{x - 8:.1f} {y - 8}h16v16h-16z",
        "diamond": f"M{x:.1f} {y - 7}l7 7l-7 7l-7 -7z",
    }
    # A hollow square leaves the dots that it holds in sight.
    paint = f'fill="none" stroke="{colour}" stroke-width="2.5"'
    paint = paint if shape == "square" else f'fill="{colour}"'
    return f'<path d="{paths[shape]}" {paint}><title>{name}</title></path>'


def words(x: float, y: float, text: str, anchor: str = "start", size: int = 14) -> str:
    """A line of text."""
    return (
        f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'
    )


def draw() -> str:
    """SVG: a row per region and setting, a symbol per model."""
    rows = [(r, s, found) for r in REGIONS for s in SETTINGS if (found := medians(r, s))]
    bottom = TOP + STEP * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 940 {bottom + 46}" role="img" '
        'font-family="Helvetica, Arial, sans-serif" fill="#222">',
        "<title>Median NSE of local, transferred and calibrated models in each region</title>",
        f'<rect width="940" height="{bottom + 46}" fill="#fff"/>',
    ]
    for number, name in enumerate(MARKS):
        x = LEFT + 115 * number
        parts += [
            mark(x, 24, name),
            words(x + 14, 29, f"{name}{', calibrated' * (name == 'GR4J')}"),
        ]
    for tenth in range(round(LOWEST * 10), round(HIGHEST * 10) + 1):
        x = place(tenth / 10)
        parts.append(f'<path d="M{x:.1f} {TOP - 20}V{bottom - 14}" stroke="#ddd"/>')
        parts.append(words(x, bottom + 6, f"{tenth / 10:.1f}", "middle", 13))
    for number, (region, setting, found) in enumerate(rows):
        y = TOP + STEP * number
        label = f"{load_region(region).name}, {SETTINGS[setting]}"
        parts.append(words(LEFT - 24, y + 5, label, "end"))
        parts += [mark(place(value), y, name) for name, value in found.items()]
    axis = "median NSE of the region's rivers in years that no training saw"
    parts.append(words((LEFT + RIGHT) / 2, bottom + 32, axis, "middle", 13))
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> None:
    """Write the drawing."""
    TARGET.write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
