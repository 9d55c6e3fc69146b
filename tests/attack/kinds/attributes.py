"""Attribute tables: ids, number columns, places, areas, and the form of the table."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from tests.attack.case import Change, Mutation, Right, both, edit_bytes, edit_text, edit_yaml
from tests.attack.kinds.damage import DAMAGES
from tests.attack.kinds.damage import cut as cut_at
from tests.attack.kinds.lines import at, by_line, column_more, every, insert, moved, quoted
from tests.attack.world import BASIN, MANIFEST, REGION, TABLE, TARGET

AREA = "attribute table"
NAMES = ("attributes.csv", "line")
Edit = Callable[[pd.DataFrame, random.Random], pd.DataFrame | None]


def in_table(edit: Edit) -> Change:
    """A change of the table, all of whose fields are texts."""

    def change(root: Path, chance: random.Random) -> None:
        table = pd.read_csv(root / TABLE, dtype=str, keep_default_na=False)
        edited = edit(table, chance)
        (table if edited is None else edited).to_csv(root / TABLE, index=False)

    return change


def put(column: str, text: str, row: int = 2) -> Edit:
    """A text in a field."""

    def edit(table: pd.DataFrame, chance: random.Random) -> None:
        table.loc[row, column] = text

    return edit


def scaled(column: str, factor: float, rows: slice = slice(None)) -> Edit:
    """A column in another unit."""

    def edit(table: pd.DataFrame, chance: random.Random) -> None:
        values = table[column].astype(float) * factor
        table.loc[table.index[rows], column] = values[rows].map(lambda v: f"{v:.6f}")

    return edit


def whole(column: str, write: Callable[[str], str]) -> Edit:
    """Every field of a column written otherwise."""

    def edit(table: pd.DataFrame, chance: random.Random) -> None:
        table[column] = table[column].map(write)

    return edit


def of(
    kind: str, title: str, right: Right, change: Change, names: tuple[str, ...] = ()
) -> Mutation:
    """A mutation of the table."""
    return Mutation(AREA, kind, title, right, change, (*NAMES, *names))


def mutations() -> Iterator[Mutation]:
    """Ids, numbers, places, form and damage."""
    for title, (right, edit) in IDS.items():
        names = ("gauge_id", BASIN, "103", "0106", "basin", "id")
        yield of("basin ids", title, right, in_table(edit), names)
    for column in ("area", "elevation", "slope", "forest"):
        for text in NO_NUMBERS:
            change = in_table(put(column, text))
            yield of("text among numbers", f"{text!r} in {column}", "error", change, (column,))
        for text in ("inf", "-inf", "1e400"):
            change = in_table(put(column, text))
            yield of("infinite", f"{text} in {column}", "error", change, (column,))
        for text in ("-999", "-9999", "1e20", "9.96921e36"):
            right = "error" if column in ("area", "elevation") else "doubt"
            change = in_table(put(column, text))
            yield of("sentinels", f"{text} in {column}", right, change, (column,))
        right = "error" if column != "elevation" else "either"  # whole numbers
        change = in_table(whole(column, lambda s: s.replace(".", ",")))
        yield of("decimal commas", f"{column}, quoted", right, change, (column,))
    for title, (right, edit, column) in PLACES.items():
        yield of(
            *("places and areas", title, right, in_table(edit)), (column, *MEANT.get(column, ()))
        )
    for title, (right, change_text) in FORMS.items():
        yield of("form", title, right, edit_text(TABLE, change_text), ("gauge_id",))
    for title, (right, damage) in DAMAGES.items():
        if "bit" not in title and not title.startswith(("cut", "512")):
            yield of("damage", title, right, edit_bytes(TABLE, damage))
    for share in (0.3, 0.6, 0.9):
        title, damage = f"cut off after {share:.0%}", cut_at(share)
        yield of("damage", title, "error", edit_bytes(TABLE, damage), tuple(TARGET))
    for name in FLOW:
        change = both(in_table(flow_like(name)), edit_yaml(REGION, also(name)))
        yield of("computed from flow", name, "error", change, (name,))
    for name in ("prcp", "time", "basin", "streamflow"):
        change = edit_text(TABLE, by_line(column_more(name, "1.5")))
        yield of("names", f"an attribute {name}", "error", change, (name,))
    options = {"attributes": "no.csv"}
    missing = edit_yaml(MANIFEST, lambda c: c["datasets"]["target"]["options"].update(options))
    yield of("names", "another file's name", "error", missing, ("no.csv",))


def also(name: str) -> Callable[[dict], object]:
    """An input more in a region."""
    return lambda content: content["inputs"]["static"].append(name)


def flow_like(name: str) -> Edit:
    """An attribute in a fixed ratio to the mean flow, or any numbers under a name of flow."""

    def edit(table: pd.DataFrame, chance: random.Random) -> None:
        table[name] = [f"{chance.uniform(0.2, 2):.3f}" for _ in table.index]

    return edit


MEANT = {
    "area": ("areas", "streamflow", "flow", "discharge"),
    "lat": ("latitude", "latitudes"),
    "lon": ("longitude", "longitudes"),
    "elevation": ("elevations",),
}
FLOW = ("q_mean", "runoff_ratio", "baseflow_index", "Q95", "stream_elas", "slope_fdc", "MQ")
NO_NUMBERS = (
    *("n/a", "N/A", "-", "?", "unknown", "12 m", "1,5", "<5", "~300", "1 200", "1.2.3", "#REF!"),
    *("null", "1.200,5", "45%", "high", "1e", "0x10", "300m", "three"),
)
IDS: dict[str, tuple[Right, Edit]] = {
    "rows in another order": ("same", lambda t, c: t.sample(frac=1, random_state=c.randrange(99))),
    "rows of other basins": (
        *("same", lambda t, c: pd.concat([t, t.assign(gauge_id=[f"9{b}" for b in t["gauge_id"]])])),
    ),
    "zeros lost": ("error", whole("gauge_id", lambda s: s.lstrip("0"))),
    "zeros lost in one": ("error", put("gauge_id", "103")),
    "a zero more": ("error", put("gauge_id", "00103")),
    "decimals": ("error", whole("gauge_id", lambda s: f"{int(s)}.0")),
    "powers of ten": ("error", whole("gauge_id", lambda s: f"{int(s):.2E}")),
    "quoted with a sign": ("error", whole("gauge_id", lambda s: f"'{s}")),
    "blanks around": ("same", whole("gauge_id", lambda s: f"  {s} ")),
    "a blank that does not break": ("either", whole("gauge_id", lambda s: f"\u00a0{s}")),
    "a zero width sign": ("either", whole("gauge_id", lambda s: f"{s}\u200b")),
    "wide digits": ("either", whole("gauge_id", lambda s: s.replace("1", "\uff11"))),
    "with the ending": ("error", whole("gauge_id", lambda s: f"{s}.csv")),
    "letters O for zeros": ("error", whole("gauge_id", lambda s: s.replace("0", "O"))),
    "an empty one": ("error", put("gauge_id", "")),
    "NA": ("error", put("gauge_id", "NA")),
    "one twice": ("error", put("gauge_id", "0102")),
    "one twice, all rows": ("error", lambda t, c: pd.concat([t, t.iloc[[2]]])),
    "one twice, other numbers": (
        *("error", lambda t, c: pd.concat([t, t.iloc[[2]].assign(area="1.0")])),
    ),
    "a basin lost": ("error", lambda t, c: t.drop(index=2)),
    "the last basin lost": ("error", lambda t, c: t.drop(index=5)),
    "all lost but one": ("error", lambda t, c: t.iloc[:1]),
    "no row": ("error", lambda t, c: t.iloc[:0]),
    "no id column": ("error", lambda t, c: t.drop(columns="gauge_id")),
    "id column renamed": ("error", lambda t, c: t.rename(columns={"gauge_id": "id"})),
    "id column at the end": ("same", lambda t, c: t[[*t.columns[1:], "gauge_id"]]),
    "two id columns": ("error", lambda t, c: pd.concat([t, t[["gauge_id"]]], axis=1)),
    "turned": ("error", lambda t, c: t.set_index("gauge_id").T.reset_index()),
}
PLACES: dict[str, tuple[Right, Edit, str]] = {
    "areas in m2": ("error", scaled("area", 1e6), "area"),
    "areas in ha": ("doubt", scaled("area", 100), "area"),
    "areas in square miles": ("doubt", scaled("area", 0.3861), "area"),
    "areas in thousand km2": ("doubt", scaled("area", 1e-3), "area"),
    "an area in m2": ("error", scaled("area", 1e6, slice(2, 3)), "area"),
    "an area in ha": ("doubt", scaled("area", 100, slice(2, 3)), "area"),
    "an area of 0": ("error", put("area", "0"), "area"),
    "a negative area": ("error", put("area", "-352.3"), "area"),
    "an area of NaN": ("error", put("area", "NaN"), "area"),
    "an area of a continent": ("error", put("area", "17098246"), "area"),
    "no areas": ("error", lambda t, c: t.drop(columns="area"), "area"),
    "latitude 95": ("error", put("lat", "95"), "lat"),
    "latitude -91": ("error", put("lat", "-91"), "lat"),
    "latitude in metres": ("error", scaled("lat", 111000), "lat"),
    "latitude of the other hemisphere": ("doubt", scaled("lat", -1), "lat"),
    "latitude of one basin in the other hemisphere": (
        *("doubt", scaled("lat", -1, slice(2, 3))),
        "lat",
    ),
    "latitude in degrees and minutes": (
        "error",
        whole("lat", lambda s: f"{s[:2]}\u00b030'N"),
        "lat",
    ),
    "latitude and longitude swapped": (
        *("error", lambda t, c: t.rename(columns={"lat": "lon", "lon": "lat"})),
        "lat",
    ),
    "longitude 400": ("error", put("lon", "400"), "lon"),
    "longitude -999": ("error", put("lon", "-999"), "lon"),
    "latitude -999": ("error", put("lat", "-999"), "lat"),
    "latitude as text": ("error", put("lat", "north"), "lat"),
    "latitude missing": ("doubt", put("lat", ""), "lat"),
    "elevation 20000": ("error", put("elevation", "20000"), "elevation"),
    "elevation in cm": ("error", scaled("elevation", 100), "elevation"),
    "elevation -5000": ("error", put("elevation", "-5000"), "elevation"),
    "no elevations": ("error", lambda t, c: t.drop(columns="elevation"), "elevation"),
    "no soils": ("error", lambda t, c: t.drop(columns="soil"), "soil"),
    "codes that tell every basin apart": (
        *("error", lambda t, c: t.assign(soil=[f"00{k}" for k in range(6)])),
        "soil",
    ),
}
FORMS: dict[str, tuple[Right, Callable[[str, random.Random], str]]] = {
    "CRLF": ("same", lambda t, c: t.replace("\n", "\r\n")),
    "CR": ("same", lambda t, c: t.replace("\n", "\r")),
    "byte order mark": ("same", lambda t, c: "\ufeff" + t),
    "no line end at the end": ("same", lambda t, c: t.rstrip("\n")),
    "empty lines at the end": ("same", lambda t, c: t + "\n\n"),
    "columns in another order": ("same", by_line(moved)),
    "some fields quoted": ("same", by_line(quoted)),
    "blanks after separators": ("same", by_line(every(lambda s: s.replace(",", ", ")))),
    "a column more": ("same", by_line(column_more("name", '"Bach, am Tor"'))),
    "a column without a name": ("same", by_line(column_more("", "x"))),
    "a second column area": ("error", by_line(column_more("area", "1.0"))),
    "a second column slope": ("error", by_line(column_more("slope", "1.0"))),
    "semicolons": ("error", lambda t, c: t.replace(",", ";")),
    "tabs": ("error", lambda t, c: t.replace(",", "\t")),
    "a field more": ("error", by_line(at(3, lambda s: s + ",1"))),
    "a field less": ("error", by_line(at(3, lambda s: s.rsplit(",", 1)[0]))),
    "an open quotation mark": ("error", by_line(at(3, lambda s: s.replace(",", ',"', 1)))),
    "a comment at the top": ("error", by_line(insert(0, "# attributes"))),
    "a row of units": ("error", by_line(insert(1, "-,km2,deg,deg,m,%,-,-"))),
    "a row of means": ("either", by_line(insert(7, "mean,400.1,45,-109,600,15,0.5,clay"))),
    "a blank line": ("either", by_line(insert(3, ""))),
    "a line of separators": ("error", by_line(insert(3, ",,,,,,,"))),
    "a null character": ("error", by_line(at(3, lambda s: s + "\0"))),
    "header only": ("error", lambda t, c: t[: t.index("\n") + 1]),
    "header twice": ("error", lambda t, c: t[: t.index("\n") + 1] + t),
    "all in capitals": ("error", lambda t, c: t.upper()),
    "the file twice": ("error", lambda t, c: t + t),
    "numbers with thousands": ("error", by_line(at(3, lambda s: s.replace(",", ',"1,200",', 1)))),
}
