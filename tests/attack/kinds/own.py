"""One's own data as a region of the project: a folder, its parameters, names of basins."""

from __future__ import annotations

import json
import random
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.attack.case import Change, Mutation, Right
from tests.attack.probes import PARAMETERS
from tests.attack.world import BASIN, COLUMNS, TABLE, TARGET_FOLDER

AREA = "own data"
LAST = "0106"
#: New names of the last basin, with what is right; they sort last, as it does.
BASIN_NAMES: list[tuple[str, Right]] = [
    ("0106 upper", "same"),
    ("0106.5", "same"),
    ("0106-b", "same"),
    ("0106_b", "either"),
    ("0106\u00fc", "same"),
    ("0106<b>bold", "either"),
    ("0106<script>alert(1)<", "either"),
    ("0106&amp;", "either"),
    ("0106'x", "either"),
    ('0106"x', "either"),
    ("0106,x", "either"),
    ("0106;x", "either"),
    ("0106\nx", "either"),
    ("0106\tx", "either"),
    ("0106\\x", "either"),
    ("0106%2F", "either"),
    ("0106..", "either"),
    ("0106$(id)", "either"),
    ("0106{basin}", "either"),
    ("0106*", "either"),
    ("0106[x]", "either"),
    ("0106" + "x" * 190, "either"),
    ("0106\u202egpj", "either"),
    ("0106\u200b", "either"),
    ("zz\u6cb3", "same"),
    ("\U0001f4a7", "either"),
]


def mutations() -> Iterator[Mutation]:
    """Parameters, folders, names."""
    for title, (right, values, names) in PARAMETER_TABLE.items():
        yield of("parameters", title, right, parameters(**values), (*names, *values))
    for title, (right, change) in FOLDERS.items():
        names = (BASIN, "folder", TARGET_FOLDER.rsplit("/", 1)[-1], "own", "attributes.csv")
        yield of("folders", title, right, change, names)
    for name, right in BASIN_NAMES:
        shown = repr(name if len(name) < 40 else f"{name[:8]}... of {len(name)} signs")
        names = (name, LAST, "basin", "name")
        yield of("names of basins", shown, right, other_name(name), names, True)
    for form in ("NFC", "NFD"):
        name = unicodedata.normalize("NFC", "zz\u00e9t\u00e9")
        change = other_name(name, table=unicodedata.normalize(form, name), file_form="NFD")
        yield of(
            "names of basins",
            f"{form} in the table, NFD in the file",
            "same",
            change,
            (name,),
            True,
        )
    for folder in (
        "with blank",
        "\u00e4\u00f6\u00fc",
        "a&b",
        "<b>",
        "x'y",
        "#1",
        "100%",
        "[a]",
        "*",
    ):
        yield of("names of folders", repr(folder), "same", moved(folder), (folder, "folder"))


def of(
    kind: str,
    title: str,
    right: Right,
    change: Change,
    names: tuple[str, ...],
    renamed: bool = False,
) -> Mutation:
    """A mutation of one's own data."""
    return Mutation(AREA, kind, title, right, change, names, "own", renamed)


def parameters(**values: Any) -> Change:
    """Parameters of the description."""

    def change(root: Path, chance: random.Random) -> None:
        (root / PARAMETERS).write_text(json.dumps(values), encoding="utf-8")

    return change


def other_name(name: str, table: str | None = None, file_form: Any = None) -> Change:
    """The last basin with another name, in the table as well."""

    def change(root: Path, chance: random.Random) -> None:
        folder = root / TARGET_FOLDER
        file = unicodedata.normalize(file_form, name) if file_form else name
        (folder / f"{LAST}.csv").rename(folder / f"{file}.csv")
        text = (root / TABLE).read_text(encoding="utf-8")
        written = (table or name).replace('"', '""')
        quoted = f'"{written}"' if set(written) & set(',"\n') else written
        (root / TABLE).write_text(text.replace(f"{LAST},", f"{quoted},"), encoding="utf-8")

    return change


def moved(name: str) -> Change:
    """The folder under another name."""

    def change(root: Path, chance: random.Random) -> None:
        (root / "own").mkdir()
        (root / TARGET_FOLDER).rename(root / "own" / name)
        parameters(folder=f"./own/{name}")(root, chance)

    return change


def _columns(**changes: Any) -> dict[str, Any]:
    pairs = {name: list(pair) for name, pair in COLUMNS.items()} | changes
    return {"columns": {name: pair for name, pair in pairs.items() if pair is not None}}


_T, _S = "train", "test"
PARAMETER_TABLE: dict[str, tuple[Right, dict[str, Any], tuple[str, ...]]] = {
    "no streamflow": ("error", _columns(streamflow=None), ("streamflow",)),
    "no rain": ("error", _columns(prcp=None), ("prcp",)),
    "only streamflow": ("error", {"columns": {"streamflow": ["discharge", "m3/s"]}}, ("prcp",)),
    "no column": ("error", {"columns": {}}, ("streamflow",)),
    "an unknown variable": ("error", _columns(snow=["rain", "mm"]), ("snow",)),
    "an unknown column": ("error", _columns(prcp=["RAIN", "mm/day"]), ("RAIN",)),
    "an unknown unit": ("error", _columns(prcp=["rain", "buckets"]), ("buckets",)),
    "a unit of another kind": ("error", _columns(prcp=["rain", "kg"]), ("kg", "prcp")),
    "an empty unit": ("error", _columns(prcp=["rain", ""]), ("prcp", "units")),
    "kelvin said": ("error", _columns(tmax=["t_high", "K"]), ("tmax", "t_high")),
    "flow in mm": ("error", _columns(streamflow=["discharge", "mm"]), ("streamflow",)),
    "flow as rain": ("error", _columns(prcp=["discharge", "mm/day"]), ("prcp", "discharge")),
    "the date as rain": ("error", _columns(prcp=["date", "mm/day"]), ("date",)),
    "training in the test": ("error", {_T: ["2001-06-01", "2002-02-01"]}, ("overlap",)),
    "training backwards": ("error", {_T: ["2001-06-01", "2000-02-01"]}, ("train",)),
    "training with one date": ("error", {_T: ["2001-06-01"]}, ("train",)),
    "training of no dates": ("error", {_T: []}, ("train",)),
    "training in words": ("error", {_T: ["spring", "autumn"]}, ("train",)),
    "training before the record": ("error", {_T: ["1990-06-01", "1991-06-01"]}, ("training",)),
    "training of two digits": ("error", {_T: ["00-10-01", "01-10-01"]}, ("train",)),
    "test after the record": ("error", {_S: ["2010-06-01", "2011-06-01"]}, ("test",)),
    "no table but areas needed": (
        *("error", {"attributes": None, "id_column": None, "static": []}),
        ("area", "areas"),
    ),
    "no area column": ("error", {"area_column": None}, ("area", "areas")),
    "an unknown area column": ("error", {"area_column": "km2"}, ("km2",)),
    "an unknown id column": ("error", {"id_column": "gauge"}, ("gauge",)),
    "an unknown table": ("error", {"attributes": "table.csv"}, ("table.csv",)),
    "an unknown attribute": ("error", {"static": ["lithology"]}, ("lithology",)),
    "flow as an attribute": ("error", {"static": ["streamflow"]}, ("streamflow",)),
    "series without basin": ("error", {"series": "data.csv"}, ("data.csv",)),
    "series of another ending": ("error", {"series": "{basin}.txt"}, ("{basin}.txt",)),
    "series above": (
        "error",
        {"series": "../donor/{basin}.csv"},
        ("basin", "series", "{basin}.csv"),
    ),
    "an unknown source": ("error", {"source": "moon"}, ("moon",)),
    "an empty source": ("error", {"source": ""}, ("source",)),
    "a folder that is not there": ("error", {"folder": "./nowhere"}, ("nowhere",)),
    "a folder that is a file": ("error", {"folder": f"./{TABLE}"}, ("attributes.csv",)),
    "an empty folder": ("error", {"folder": "./experiments"}, ("experiments",)),
    "rain of zero is missing": ("doubt", {"missing": [0.0]}, ("prcp", "rain")),
}


def _more(name: str, content: str = "x\n") -> Change:
    """A file more."""

    def change(root: Path, chance: random.Random) -> None:
        path = root / TARGET_FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    return change


def unlink(*paths: Path) -> None:
    """Remove files."""
    for path in paths:
        path.unlink()


def _do(edit: Callable[[Path], object]) -> Change:
    return lambda root, chance: edit(root / TARGET_FOLDER)


FOLDERS: dict[str, tuple[Right, Change]] = {
    "a note": ("same", _more("README.md")),
    "a lock of an office program": ("same", _more(".~lock.0101.csv#")),
    "a list of a file manager": ("same", _more(".DS_Store")),
    "thumbnails": ("same", _more("Thumbs.db")),
    "hidden copies": ("same", _more("._0101.csv")),
    "a subfolder with series": ("same", _more("old/0101.csv")),
    "another table": ("error", _more("stations.csv", "id,name\n0101,Bach\n")),
    "an empty file": ("error", _more("0107.csv", "")),
    "a file of a basin not in the table": ("error", _more("0107.csv", "date,rain\n2000-01-01,1\n")),
    "a folder named like a file": ("either", _do(lambda f: (f / "0107.csv").mkdir())),
    "a loop of links": ("same", _do(lambda f: (f / "loop").symlink_to(f))),
    "a link to the home": ("same", _do(lambda f: (f / "home").symlink_to("/"))),
    "no series": ("error", _do(lambda f: unlink(*f.glob("0*.csv")))),
    "nothing": ("error", _do(lambda f: unlink(*f.iterdir()))),
    "no folder": ("error", _do(lambda f: shutil.rmtree(f))),
    "no table": ("error", _do(lambda f: (f / "attributes.csv").unlink())),
    "the table among series": ("same", _do(lambda f: None)),
    "endings in capitals": (
        "error",
        _do(lambda f: [p.rename(p.with_suffix(".CSV")) for p in f.glob("0*")]),
    ),
}
