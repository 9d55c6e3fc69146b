"""The numbers of every kind of training stay what they were."""

from collections.abc import Iterator

import numpy as np
import pytest

from hydrotl_core import NUMERICS
from tests import golden

RUNS = list(golden.read()["runs"])
#: Where the processor or torch is another one: of a value's own size, and of the run's largest.
RELATIVE, ABSOLUTE = 2e-3, 2e-3


@pytest.fixture(scope="module")
def computed(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, dict[str, list[float]]]]:
    root = tmp_path_factory.mktemp("golden")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYDROTL_ROOT", str(root))
        patch.setenv("HYDROTL_DATA", str(root / "data"))
        golden.write_golden_project(root)
        yield golden.compute(root)


def test_the_file_is_of_this_version_of_the_arithmetic() -> None:
    """Raised, and the file not written again: what is pinned would be the old numbers."""
    assert golden.read()["numerics"] == NUMERICS


def test_the_same_runs(computed: dict[str, dict[str, list[float]]]) -> None:
    assert list(computed) == RUNS


@pytest.mark.parametrize("run", RUNS)
def test_numbers_are_those_of_before(run: str, computed: dict[str, dict[str, list[float]]]) -> None:
    pinned = golden.read()
    same_machine = pinned["signature"] == golden.signature()
    assert list(computed[run]) == list(pinned["runs"][run])
    for name, wanted in pinned["runs"][run].items():
        found, expected = np.array(computed[run][name]), np.array(wanted)
        hint = f"{run}, {name}: numbers moved. If that is meant, {golden.__doc__}"
        if same_machine:
            np.testing.assert_array_equal(found, expected, hint)
        else:
            atol = ABSOLUTE * float(np.nanmax(np.abs(expected)))
            np.testing.assert_allclose(found, expected, RELATIVE, atol, err_msg=hint)
