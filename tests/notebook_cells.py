"""The code of a notebook run in this process, so that a test can look at what it computed."""

import ast
import json
from collections.abc import Mapping
from typing import Any

from tests.synthetic import ROOT


def run_cells(
    name: str, parameters: Mapping[str, Any] | None = None, given: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Every name that the cells of ``notebooks/<name>.ipynb`` leave behind.

    ``given`` replaces what the notebook would compute (a training, say): statements that assign
    one of these names are left out.
    """
    path = ROOT / "notebooks" / f"{name}.ipynb"
    given = given or {}
    names: dict[str, Any] = dict(given)
    content = json.loads(path.read_text(encoding="utf-8"))
    _, *cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    for cell in cells:
        statements = ast.parse("".join(cell["source"])).body
        body = [s for s in statements if not given.keys() & _set_by(s)]
        code = compile(ast.Module(body, []), f"{path.name}, cell {cell['id']}", "exec")
        exec(code, names)  # noqa: S102  the project's own notebooks
        if "parameters" in cell["metadata"].get("tags", []):
            names.update(parameters or {})
    return names


def _set_by(statement: ast.stmt) -> set[str]:
    """Names that an assignment sets."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
