"""What a lumped SWAT+ project has to know of its basin."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hydrotl_core.errors import DataError

#: Mean slope of the land where none is known, m/m.
SLOPE = 0.05

#: Elevation where none is known, m. It enters the pressure of the air.
ELEVATION = 0.0

#: Slope below which hillslopes have a length, m: the classes of the SWAT+ editor, as they appear in
#: the 771 units of the pinned project.
_HILLSLOPES = ((0.01, 121.0), (0.03, 90.0), (0.05, 60.0), (0.08, 30.0), (math.inf, 10.0))


@dataclass(frozen=True)
class Basin:
    """A basin: ``area`` km2, ``latitude`` degrees north, ``elevation`` m, ``slope`` m/m."""

    name: str
    area: float
    latitude: float
    elevation: float = ELEVATION
    slope: float = SLOPE

    def __post_init__(self) -> None:
        limits = {
            "area": (0.0, 1e7),
            "latitude": (-90.0, 90.0),
            "elevation": (-500.0, 9000.0),
            "slope": (0.0, 5.0),
        }
        for field, (low, high) in limits.items():
            value = getattr(self, field)
            if not low <= value <= high or (field == "area" and value == 0):
                raise DataError(
                    f"basin {self.name}: {field} is {value}, not between {low:g} and {high:g}; "
                    "correct the attribute, or its unit in the manifest entry"
                )

    @property
    def hectares(self) -> float:
        """Area, ha."""
        return 100 * self.area

    @property
    def hillslope(self) -> float:
        """Length of the hillslopes, m."""
        return next(length for limit, length in _HILLSLOPES if self.slope < limit)
