"""The cells of a notebook: read, parsed, and run in this process."""

import ast
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from tests.synthetic import ROOT


def cells(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def parsed(cell: dict[str, Any]) -> ast.Module:
    return ast.parse(TransformerManager().transform_cell(text(cell)))


@dataclass(frozen=True)
class Page:
    """A notebook that was run: its variables, and what its cells show."""

    names: dict[str, Any]
    shown: list[Any]

    def tables(self) -> list[Any]:
        """The frames of the tables shown, in order."""
        return [value.data for value in self.shown if hasattr(value, "hide")]

    def remarks(self) -> str:
        """The paragraphs that cells wrote."""
        return "\n\n".join(v.data for v in self.shown if isinstance(getattr(v, "data", 0), str))


def run_cells(name: str, *, start: str = "", stop: str = "", **parameters: Any) -> Page:
    """Run the code cells of a notebook with other parameters.

    ``start`` and ``stop`` are texts: between the parameters and the first cell that contains
    ``start``, and from the first cell that contains ``stop`` on, cells are left out.
    """
    names: dict[str, Any] = {}
    shown = []
    set_up = started = False
    for cell in cells(ROOT / "notebooks" / f"{name}.ipynb"):
        started = started or start in text(cell)
        if cell["cell_type"] != "code" or "google.colab" in text(cell) or (set_up and not started):
            continue
        if stop and stop in text(cell):
            break
        *body, last = parsed(cell).body
        # the project's own notebooks, nothing else, are run here
        exec(compile(ast.Module(body, []), name, "exec"), names)  # noqa: S102
        if isinstance(last, ast.Expr):
            shown.append(eval(compile(ast.Expression(last.value), name, "eval"), names))  # noqa: S307
        else:
            exec(compile(ast.Module([last], []), name, "exec"), names)  # noqa: S102
        if "parameters" in cell["metadata"].get("tags", []):
            unknown = set(parameters) - set(names)
            assert not unknown, f"{name} has no parameters {unknown}"
            names.update(parameters)
            set_up = True
    return Page(names, shown)
