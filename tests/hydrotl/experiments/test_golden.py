"""The numbers of every kind of training stay what they were."""

from collections.abc import Iterator

import pytest

from hydrotl_core import NUMERICS
from tests import golden

RUNS = list(golden.read()["runs"])


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
    one = {**pinned, "runs": {run: pinned["runs"][run]}}
    assert golden.moved(one, computed) == [], golden.__doc__


def test_a_moved_number_is_seen(computed: dict[str, dict[str, list[float]]]) -> None:
    run = RUNS[0]
    other = computed[run] | {"loss": [1.01 * value for value in computed[run]["loss"]]}
    assert golden.moved(golden.read(), computed | {run: other}) == [f"{run}, loss"]
