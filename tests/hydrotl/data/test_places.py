"""Places tell whether basins of two data sets are the same."""

import numpy as np
import pytest

from hydrotl.data.canonical import data_hash
from hydrotl.data.manifest import Attributes
from hydrotl.data.places import near, places_of, with_places
from tests.synthetic import canonical

ROLES = Attributes(latitude="lat", longitude="lon")


def test_places_are_told_and_change_no_hash() -> None:
    ds = canonical().assign(lat=("basin", [1.5, 2.5, np.nan]), lon=("basin", [3.0, 4.0, 5.0]))
    placed = with_places(ds, ROLES)
    assert places_of(placed) == {"0001": (1.5, 3.0), "0002": (2.5, 4.0), "0003": None}
    assert places_of(placed.isel(basin=[1])) == {"0002": (2.5, 4.0)}
    assert data_hash(placed) == data_hash(ds)
    assert places_of(with_places(ds, Attributes(latitude="lat"))) == dict.fromkeys(
        ["0001", "0002", "0003"]
    )


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((47.237, -68.583), "a"),  # given there as 47.24, -68.58
        ((47.26, -68.58), None),
        ((47.24, -68.60), None),
        ((0.0, -179.995), "c"),  # across the date line
        ((-68.58, 47.24), None),
        ((47.30, -68.589), "b"),
    ],
)
def test_the_nearest_gauge_within_a_kilometre(place: tuple[float, float], expected: str) -> None:
    others = {"a": (47.24, -68.58), "none": None, "b": (47.3, -68.58), "c": (0.0, 180.0)}
    assert near(place, others) == expected
