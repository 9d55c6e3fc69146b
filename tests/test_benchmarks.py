"""The arithmetic of the benchmarks: operations, curves, and the peer written from equations."""

import doctest
import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import breakdown, curves, flops, frozen, memory
from benchmarks.common import crew, digits, summary, updates_for
from benchmarks.contestant import Contestant
from benchmarks.curves import checkpoints, comparison, first_passage
from benchmarks.data import write_netcdf
from benchmarks.engine import Work, fast_training, work
from benchmarks.flops import Size, direct_update_flops, forward_flops, update_flops
from benchmarks.hydrodl import CellLoopLSTM
from hydrotl_core.model import StreamflowLSTM
from tests.synthetic import canonical

# Two forcings, three attributes, H = 4. Of one day of one sample: input layer 2*2*4 = 16,
# W_ih and W_hh 2*16*4 = 128 each, output 2*4 = 8; once a window the attributes 2*3*4 = 24.
SMALL = Size(n_dynamic=2, n_static=3, hidden=4)


def test_operations_of_a_simulation() -> None:
    assert forward_flops(SMALL, days=10, samples=5) == 5 * (10 * (16 + 128 + 128 + 8) + 24)


def test_operations_of_an_update() -> None:
    # Input layer and attributes twice (no gradient of the inputs), all else three times.
    day = 2 * 16 + 3 * 128 + 3 * 128 + 3 * 8
    assert update_flops(SMALL, window=10, batch=5) == 5 * (10 * day + 2 * 24)


@pytest.mark.parametrize(
    ("frozen", "ih", "hh"),
    [
        (["lstm.weight_ih", "lstm.weight_hh"], 2, 2),
        (["lstm.weight_ih", "lstm.bias_ih"], 2, 3),
        ([], 3, 3),
    ],
)
def test_what_is_frozen_needs_no_weight_gradient(frozen: list[str], ih: int, hh: int) -> None:
    day = 2 * 16 + ih * 128 + hh * 128 + 3 * 8
    assert update_flops(SMALL, window=10, batch=1, frozen=frozen) == 10 * day + 2 * 24


def test_days_without_gradient_cost_a_forward_pass() -> None:
    forward, both = 16 + 128 + 128 + 8, 2 * 16 + 3 * 128 + 3 * 128 + 3 * 8
    counted = update_flops(SMALL, window=10, batch=1, days_without_gradient=4)
    assert counted == 4 * forward + 6 * both + 2 * 24


def test_operations_without_an_input_layer() -> None:
    # Five inputs straight into the gates, 2*16*5 = 160, twice.
    assert direct_update_flops(SMALL, window=10, batch=5) == 5 * 10 * (2 * 160 + 3 * 128 + 3 * 8)


def test_paper_size_in_round_numbers() -> None:
    # 3 * 2 * 4 * 256 * 512 = 3.146e6 a day and sample; 36,500 of them: 114.8e9, the rest 1 %.
    paper = update_flops(Size(6, 27, 256), window=365, batch=100)
    assert paper == pytest.approx(114.8e9, rel=0.01)


@pytest.mark.parametrize("module", [flops, curves])
def test_examples_in_the_text(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted > 0
    assert result.failed == 0


def test_cell_by_cell_is_the_model() -> None:
    torch.manual_seed(3)
    model = StreamflowLSTM(2, 3, 5, dropconnect=0.5).double().eval()
    loop = CellLoopLSTM(2 + 3, 5, dropconnect=0.5).double().eval()
    loop.load_state_dict(model.state_dict())
    dynamic = torch.randn(40, 7, 2, dtype=torch.float64)
    static = torch.randn(7, 3, dtype=torch.float64)
    expected, _ = model(dynamic, static)
    torch.testing.assert_close(loop(dynamic, static), expected, rtol=0, atol=1e-12)
    assert expected.std() > 0.01  # not two constants


def test_cell_by_cell_drops_whole_weights_of_a_pass() -> None:
    loop = CellLoopLSTM(1, 8, dropconnect=0.5).train()
    dropped = loop.dropped(torch.ones(400, 400))
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.02)


def test_checkpoints_grow_evenly_in_their_logarithm() -> None:
    assert checkpoints(1000, first=100, per_doubling=1) == [100, 200, 400, 800, 1000]
    assert checkpoints(30, first=50) == [30]


def test_levels_are_passed_between_points() -> None:
    passed = first_passage([0.1, 0.5, 0.4, 0.7], [1.0, 3.0, 5.0, 8.0], [0.05, 0.3, 0.5, 0.6, 0.8])
    # From 0.4 at 5 to 0.7 at 8: two thirds of the way is 7. The dip does not undo a level.
    assert passed == pytest.approx({0.05: 1.0, 0.3: 2.0, 0.5: 3.0, 0.6: 7.0, 0.8: None})


def test_comparison_at_equal_skill_and_in_all() -> None:
    def run(seconds: dict[str, float | None], hours: float) -> dict[str, object]:
        return {
            "seconds_to_nse": seconds,
            "flops_to_nse": {},
            "complete": {"hours": hours, "flops": 10 * hours, "updates": 3},
        }

    compared = comparison(
        {
            "fast": run({"0.50": 10.0, "0.60": 20.0, "0.70": None}, 0.5),
            "slow": run({"0.50": 40.0, "0.60": None, "0.70": 90.0}, 100.0),
        },
        base="fast",
    )
    assert list(compared) == ["slow"]
    assert compared["slow"]["seconds_to_nse"] == {"0.50": 4.0, "0.60": None, "0.70": None}
    assert compared["slow"]["complete"] == {"hours": 200.0, "flops": 200.0}


def test_numbers_of_a_record() -> None:
    assert summary([3.0, 1.0, 2.0, 9.0]) == {
        "median": 2.5,
        "min": 1.0,
        "repeats": [3.0, 1.0, 2.0, 9.0],
    }
    assert digits({"a": [1.23456, float("nan")], "b": 7}) == {"a": [1.235, None], "b": 7}


@pytest.mark.parametrize(("per_update", "expected"), [(0.1, 5), (3.0, 1), (0.001, 200)])
def test_updates_that_fill_a_repeat(per_update: float, expected: int) -> None:
    assert updates_for(0.5, per_update) == expected


@pytest.mark.slow
def test_the_last_members_share_the_cores(tmp_path: Path) -> None:
    """Of five members with two jobs, two run at first and three at the end; all are trained."""
    data, training = tmp_path / "data.nc", fast_training(4, 2)
    write_netcdf(canonical(2), data)
    with crew(3, one_thread=True) as team:
        while len(set(team.run(imported, [0.2] * 3)[1])) < 3:  # else one imports while others work
            pass
        row = Contestant(team, note_and_work, Work(data, training, 4, "cpu"), 5, jobs=2)
        assert row.seconds(4) > 0
    steps = [int(step) for step in (tmp_path / "steps").read_text(encoding="utf-8").split()]
    assert sorted(steps) == [-1] * 5 + [1] * 5
    running = np.cumsum(steps)
    assert running.max() == 3
    assert running[: steps.index(-1)].max() <= 2


def imported(seconds: float) -> int:
    """A moment's work for a process that has imported this module; which process it was."""
    time.sleep(seconds)
    return os.getpid()


def note_and_work(task: Work) -> float:
    """Train, with a note of the beginning and the end."""

    def note(step: int) -> None:
        with (task.data.parent / "steps").open("a", encoding="utf-8") as file:
            file.write(f"{step}\n")

    note(1)
    time.sleep(1.0)  # longer than the start of the others
    seconds = work(task)
    note(-1)
    return seconds


def test_backward_pass_without_weight_gradients_is_that_of_autograd() -> None:
    torch.manual_seed(0)
    hidden, days, samples = 5, 12, 3
    matrices = [torch.randn(4 * hidden, hidden, dtype=torch.float64) for _ in range(2)]
    x = torch.randn(days, samples, hidden, dtype=torch.float64, requires_grad=True)
    slope = torch.randn(days, samples, hidden, dtype=torch.float64)
    flow, gradient = frozen.by_hand(x, slope, [frozen.reordered(m) for m in matrices])
    wanted_flow, wanted = frozen.library(x, slope, matrices)
    torch.testing.assert_close(flow, wanted_flow, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(gradient, wanted, rtol=1e-10, atol=1e-12)


def test_time_of_an_update_is_shared_out(tmp_path: Path) -> None:
    by_hand = breakdown.shares(
        [
            ("aten::mkldnn_rnn_layer", 2.0),
            ("aten::mkldnn_rnn_layer_backward", 3.0),
            ("aten::_fused_adamw_", 1.0),
            ("aten::addmm", 1.5),
            ("aten::copy_", 0.5),
            ("autograd::engine::evaluate_function", 2.0),
        ]
    )
    assert by_hand == {
        "LSTM, backward": 0.3,
        "LSTM, forward": 0.2,
        "optimiser": 0.1,
        "matrix products": 0.15,
        "copies, sums, masks": 0.05,
        "Python and the rest": 0.2,
    }
    task = Work(write_netcdf(canonical(), tmp_path / "a.nc"), fast_training(64, 8), 2, "cpu")
    (found,) = breakdown.measured(task, repeats=1)
    assert sum(found.values()) == pytest.approx(1)
    # The names are those of this torch: none of the parts is empty.
    assert min(found.values()) > 0


def test_memory_of_a_command_is_that_of_all_its_processes() -> None:
    """Two processes that hold 100 MB each, in the second of which nothing is shared."""
    hold = "x = bytearray(b'1') * 100_000_000; import time; time.sleep(1.5)"
    command = f"import subprocess, sys; {hold.split(';')[0]}; subprocess.run(sys.argv[1:])"
    peak, seconds = memory.peak_of([sys.executable, "-c", command, sys.executable, "-c", hold])
    assert 200e6 < peak < 260e6
    assert seconds > 1.5


def test_tasks_of_nothing_come_back_once() -> None:
    found = memory.on_dask(25)
    assert (found["tasks"], found["lost"], found["doubled"]) == (25, 0, 0)
    assert found["seconds_per_task"] > 0
