"""The hash of a data set: every change of it, and nothing else."""

import numpy as np

from hydrotl.data.canonical import data_hash
from tests.synthetic import canonical


def test_hash_tells_every_change_of_the_data() -> None:
    base = data_hash(canonical())
    assert base == data_hash(canonical())
    assert len(base) == 16
    flow, area, soil, moved = canonical(), canonical(), canonical(), canonical(start="2000-01-02")
    flow["streamflow"][1, 5] = 77
    area["area"][0] += 1e-9
    soil["soil"] = ("basin", np.array(["clay", "sand", "peat"]))
    others = [flow, area, soil, moved, canonical().isel(basin=[1, 0, 2])]
    hashes = {data_hash(ds) for ds in others}
    assert len(hashes) == len(others)
    assert base not in hashes


def test_hash_does_not_depend_on_how_text_is_stored() -> None:
    hashes = set()
    for kind in ("U4", object, np.dtypes.StringDType()):
        ds = canonical()
        ds["soil"] = ("basin", np.array(["clay", "sand", "loam"], dtype=kind))
        hashes.add(data_hash(ds))
    assert len(hashes) == 1
