"""Draw the transfer options from their declaration in experiments/options.yaml.

python book/_figures/transfer_options.py   (writes book/_static/transfer-options.svg)
"""

import re
from pathlib import Path
from xml.sax.saxutils import escape

import yaml

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "book" / "_static" / "transfer-options.svg"

# Box: title, symbols, parameters, left edge, width.
BOXES = (
    ("Input layer", "W_I, b_I", ("input.weight", "input.bias"), 190, 150),
    ("LSTM, input side", "W_ih, b_ih", ("lstm.weight_ih", "lstm.bias_ih"), 386, 150),
    ("LSTM, recurrent", "W_hh, b_hh", ("lstm.weight_hh", "lstm.bias_hh"), 550, 150),
    ("Output layer", "W_hy, b_y", ("output.weight", "output.bias"), 746, 150),
)
LSTM_LEFT, LSTM_RIGHT = 372, 714
ROW, TOP = 132, 34
# Fill, line and words of each state: told apart by the words too, not by colour alone.
STATES = {
    "new": ("#fbe3c8", "#b35900", "new, trained"),
    "trained": ("#d6e8f7", "#1f5f99", "from source, trained"),
    "frozen": ("#e6e6e6", "#666666", "from source, frozen"),
}


def state_of(parameters: tuple[str, ...], trained: set[str]) -> str:
    """State of a box; its parameters must share it."""
    if len({name in trained for name in parameters}) != 1:
        raise ValueError(f"{parameters} are partly trained: draw them as boxes of their own")
    if parameters[0] not in trained:
        return "frozen"
    return "new" if parameters[0].startswith("input.") else "trained"


def text(x: float, y: float, words: str, **style: str) -> str:
    """Text centred on ``x``; ``_name`` is set as a subscript."""
    lowered = '<tspan dy="4" font-size="75%">\\1</tspan><tspan dy="-4">\u200b</tspan>'
    words = re.sub(r"_(\w+)", lowered, escape(words))
    styles = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in style.items())
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle"{styles}>{words}</text>'


def arrow(x1: float, x2: float, y: float) -> str:
    """Horizontal arrow."""
    return f'<path d="M{x1:g} {y:g}H{x2 - 7:g}" class="arrow" marker-end="url(#tip)"/>'


def row(name: str, title: str, trained: set[str], top: float) -> list[str]:
    """One option."""
    middle = top + 50
    parts = [
        text(66, middle - 4, name, font_size="20", font_weight="bold"),
        text(66, middle + 18, title, font_size="12"),
        text(160, middle - 10, "I_t", font_size="14", font_style="italic"),
        arrow(140, 190, middle),
        arrow(340, LSTM_LEFT, middle),
        arrow(LSTM_RIGHT, 746, middle),
        arrow(896, 946, middle),
        text(924, middle - 10, "y_t", font_size="14", font_style="italic"),
        f'<rect x="{LSTM_LEFT}" y="{top}" width="{LSTM_RIGHT - LSTM_LEFT}" height="100" rx="10" '
        'class="cell"/>',
    ]
    for box_title, symbols, parameters, left, width in BOXES:
        fill, line, words = STATES[state_of(parameters, trained)]
        dash = ' stroke-dasharray="5 3"' if words.endswith("frozen") else ""
        centre = left + width / 2
        parts += [
            f'<rect x="{left}" y="{top + 14}" width="{width}" height="72" rx="6" fill="{fill}" '
            f'stroke="{line}" stroke-width="2"{dash}/>',
            text(centre, top + 36, box_title, font_size="14", font_weight="bold"),
            text(centre, top + 55, symbols, font_size="13", font_style="italic"),
            text(centre, top + 75, words, font_size="12", fill=line),
        ]
    return parts


def draw(options: dict[str, dict]) -> str:
    """SVG of all options, one row each."""
    height = TOP + ROW * len(options)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-20 0 980 {height}" role="img" '
        'font-family="Helvetica, Arial, sans-serif" fill="#222">',
        "<title>Which weights each transfer option trains</title>",
        "<style>.arrow{stroke:#222;stroke-width:1.6;fill:none}"
        ".cell{fill:#fff;stroke:#222;stroke-width:1.4}</style>",
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="2" refY="5" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" fill="#222"/></marker></defs>',
        f'<rect x="-20" width="980" height="{height}" fill="#fff"/>',
        text(160, 20, "forcing, attributes", font_size="12"),
        text(918, 20, "streamflow", font_size="12"),
    ]
    for number, (name, option) in enumerate(options.items()):
        parts += row(name, option["title"], set(option["trained"]), TOP + ROW * number)
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> None:
    """Write the drawing."""
    declared = (ROOT / "experiments" / "options.yaml").read_text(encoding="utf-8")
    TARGET.write_text(draw(yaml.safe_load(declared)), encoding="utf-8")


if __name__ == "__main__":
    main()
