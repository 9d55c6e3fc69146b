"""The live page without the book around it, in a browser, and the same computed by the package."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.book.live import SOURCE, write_live
from hydrotl.data.climate import with_climate
from hydrotl.data.derive import derive
from hydrotl.data.manifest import Attributes
from hydrotl_core.arrays import Arrays, build_arrays
from hydrotl_core.recipe import Period
from hydrotl_core.scaling import Scaler
from tests import chromium
from tests.synthetic import ROOT

STATIC = ROOT / "book" / "_live"
WEIGHTS = ROOT / "weights" / SOURCE
ROLES = Attributes(area="area", latitude="latitude")
LEAD = 365
#: JSON has no NaN: null stands for it on the way to the page.
RECEIVE = """const number = (v) => v === null || typeof v === "number";
const numeric = (v) => Array.isArray(v) && v.every(number);
const list = (values) => Float64Array.from(values, (v) => v === null ? NaN : v);
const received = (text) => JSON.parse(text, (key, v) => numeric(v) && key !== "fit" ? list(v) : v);
"""


def write_site(folder: Path) -> Path:
    """A bare page with the live page's files; the page's path."""
    write_live(folder / "_live", STATIC, WEIGHTS)
    body = (STATIC / "page.html").read_text(encoding="utf-8")
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    page = f'<!doctype html><html lang="en"><head>{head}<title>Live</title></head>'
    path = folder / "live.html"
    path.write_text(f"{page}<body><main>{body}</main></body></html>", encoding="utf-8")
    return path


class Visit(chromium.Visit):
    """The live page, opened as a file with no network."""

    def __init__(self, browser: Any, path: Path, width: int = 1280, scheme: str = "light") -> None:
        super().__init__(browser, width, scheme)
        self.open(path)

    def evaluate(self, code: str, **values: Any) -> Any:
        """What ``code``, the body of an async function of ``given``, returns in the page."""
        text = json.dumps(sent(values), allow_nan=False)
        # As text both ways: the browser's own transport takes long for many numbers.
        body = f"const given = received(text); const run = async () => {{ {code} }};"
        answer = f"async (text) => {{ {RECEIVE} {body} return JSON.stringify(await run()); }}"
        return json.loads(self.page.evaluate(answer, text))


def sent(value: Any) -> Any:
    """``value`` as JSON holds it: arrays as lists, NaN as None."""
    if isinstance(value, dict):
        return {key: sent(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return [v if np.isfinite(v) else None for v in value.tolist()]
    if isinstance(value, (list, tuple)):
        return [sent(item) for item in value]
    return value


def as_dataset(river: dict[str, Any]) -> xr.Dataset:
    """A river of the page as canonical data with derived inputs."""
    days = np.datetime64(0, "D") + river["start"] + np.arange(len(river["prcp"]))
    flow = np.full(len(days), np.nan)
    daily = {"streamflow": flow} | {
        name: river[name]
        for name in ("prcp", "tmin", "tmax", "tmean", "streamflow")
        if name in river
    }
    units = {"prcp": "mm/day", "streamflow": "mm/day"}
    ds = xr.Dataset(
        {
            name: (
                ("basin", "time"),
                np.asarray(values, np.float32)[None],
                {"units": units.get(name, "degC")},
            )
            for name, values in daily.items()
        },
        coords={"basin": ["river"], "time": pd.DatetimeIndex(days).as_unit("ns")},
    ).assign(latitude=("basin", [river["latitude"]]))
    if "area" in river:
        ds = ds.assign(area=("basin", [river["area"]]))
    return derive(ds, ROLES)


def days_of(ds: xr.Dataset, first: int = 0, stop: int | None = None) -> Period:
    """Days ``first..stop`` of ``ds``."""
    days = ds["time"].values.astype("datetime64[D]")
    days = np.append(days, days[-1] + 1)
    ends = days[first], days[-1 if stop is None else stop]
    return Period.model_validate([str(end) for end in ends])


def arrays_of(
    ds: xr.Dataset, scaler: Scaler, fit: Period | None = None
) -> tuple[xr.Dataset, Arrays]:
    """``ds`` with the climate of the days ``fit``, and arrays of its whole record."""
    whole = days_of(ds)
    ds = with_climate(ds, [fit or whole])
    return ds, build_arrays(ds, scaler, [whole], [fit or whole], lead=LEAD)
