"""Flow that is a volume where a depth is declared: it grows with the area of its basin.

What flows off a square metre differs between basins by rain and evapotranspiration, not in
proportion to their size. Flow in m3/s that is taken for mm/day does grow so.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from hydrotl.data.canonical import static_attributes
from hydrotl.data.findings import Finding
from hydrotl.data.manifest import Attributes
from hydrotl_core.scaling import STREAMFLOW

#: Basins that a relation needs, and how many times the smallest the largest of them is.
SEVERAL, RANGE = 4, 2.0
#: Flow over rain of which half of the basins have more; else all may be as it should.
RATIO = 1.1
#: Slope of the logarithm of that ratio over that of the area, and the correlation of the two.
SLOPE, CORRELATION = (0.8, 1.2), 0.9


def volume_findings(ds: xr.Dataset, roles: Attributes, ratio: np.ndarray) -> Iterator[Finding]:
    """Whether ``ratio``, flow over rain by basin (NaN where not known), grows with the area."""
    if roles.area not in static_attributes(ds) or ds[roles.area].dtype.kind != "f":
        return
    area = ds[roles.area].values.astype(float)
    known = (ratio > 0) & (area > 0) & np.isfinite(ratio) & np.isfinite(area)
    if known.sum() < SEVERAL or np.median(ratio[known]) <= RATIO:
        return
    size, yields = np.log(area[known]), np.log(ratio[known])
    if np.ptp(size) < np.log(RANGE):
        return
    slope = float(np.polyfit(size, yields, 1)[0])
    if SLOPE[0] <= slope <= SLOPE[1] and np.corrcoef(size, yields)[0, 1] >= CORRELATION:
        median = float(np.median(ratio[known]))
        text = (
            f"streamflow grows with the area of the basins, half of which yield {median:.2g} times "
            "their rain or more: it is a volume, declared as a depth"
        )
        remedy = "correct its unit in the manifest entry's `units`: is it in m3/s?"
        yield Finding("volume", "impossible", STREAMFLOW, "", median, text, remedy)
