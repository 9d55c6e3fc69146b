"""A stopped, interrupted or killed run ends in the bits of an uninterrupted one."""

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from hydrotl_core.errors import WeightsError
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.recipe import Training
from hydrotl_core.training import Log, train
from tests.synthetic import canonical, fitted, model_for, training

PAPER = training(
    optimizer="adadelta",
    lr=1.0,
    dropconnect=0.5,
    loss="rmse",
    transform="log_sqrt",
    per_precipitation=True,
    updates=30,
)
FAST = training(
    schedule="onecycle",
    weight_decay=0.01,
    clip=1.0,
    output_dropout=0.4,
    warmup=20,
    loss="nse",
    updates=30,
)
ADAM = training(optimizer="adam", updates=30)
CONFIGS = {"paper": PAPER, "fast": FAST, "adam": ADAM}


def run(config: Training, seed: int = 5, **kwargs: Any) -> tuple[StreamflowLSTM, Log]:
    scaler, arrays = fitted(canonical(), config)
    model = model_for(scaler, config, seed=kwargs.pop("start", 0))
    log = train(model, arrays, scaler, config, seed, quiet=True, **kwargs)
    return model, log


def bits(model: StreamflowLSTM) -> dict[str, bytes]:
    return {name: p.detach().numpy().tobytes() for name, p in model.named_parameters()}


def step_of(checkpoint: Path) -> int:
    with safe_open(checkpoint, framework="pt") as file:
        return int(file.metadata()["progress"].split('"step": ')[1].split(",")[0])


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("stops", [[1], [17], [10, 20], [29]])
def test_resumed_run_is_bit_identical(config: Training, stops: list[int], tmp_path: Path) -> None:
    whole, log = run(config)
    checkpoint = tmp_path / "run.safetensors"
    run(config, checkpoint=checkpoint, stop_at=stops[0])
    for stop in stops[1:]:
        # Another start each time: everything must come from the checkpoint.
        run(config, checkpoint=checkpoint, stop_at=stop, start=stop)
    assert step_of(checkpoint) == stops[-1]
    resumed, resumed_log = run(config, checkpoint=checkpoint, start=99)
    assert bits(resumed) == bits(whole)
    assert resumed_log.losses == log.losses


@pytest.mark.parametrize("stop", [7, 203, 449])
def test_log_of_a_resumed_run_is_that_of_a_whole_one(stop: int, tmp_path: Path) -> None:
    """Also where the stop lies between two entries of the log."""
    config = training(updates=450, window=5, batch=1, hidden=2)
    _, whole = run(config, validate=lambda m: m.output.bias.item(), validate_every=100)
    checkpoint = tmp_path / "run.safetensors"
    parts: dict[str, Any] = {
        "validate": lambda m: m.output.bias.item(),
        "validate_every": 100,
        "checkpoint": checkpoint,
    }
    run(config, stop_at=stop, **parts)
    _, resumed = run(config, **parts)
    assert resumed.losses == whole.losses
    assert resumed.validation == whole.validation


def test_a_finished_run_is_not_trained_again(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.safetensors"
    done, log = run(FAST, checkpoint=checkpoint)
    again, logged = run(FAST, checkpoint=checkpoint, start=1)
    assert bits(done) == bits(again)
    assert logged.losses == log.losses


def test_an_earlier_stop_than_the_checkpoint_does_not_turn_it_back(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.safetensors"
    run(FAST, checkpoint=checkpoint, stop_at=20)
    run(FAST, checkpoint=checkpoint, stop_at=10)
    assert step_of(checkpoint) == 20
    resumed, _ = run(FAST, checkpoint=checkpoint)
    assert bits(resumed) == bits(run(FAST)[0])


def test_seconds_of_all_parts_add_up(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.safetensors"
    _, first = run(FAST, checkpoint=checkpoint, stop_at=15)
    _, second = run(FAST, checkpoint=checkpoint)
    assert second.seconds > first.seconds > 0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"config": FAST.model_copy(update={"lr": 0.02})}, "training"),
        ({"config": FAST.model_copy(update={"updates": 31})}, "training"),
        ({"seed": 6}, "seed"),
    ],
)
def test_checkpoint_of_another_run_is_refused(
    change: dict[str, Any], named: str, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "run.safetensors"
    change = dict(change)
    run(FAST, checkpoint=checkpoint, stop_at=10)
    with pytest.raises(WeightsError, match=rf"run\.safetensors.*another run.*{named}.*delete it"):
        run(change.pop("config", FAST), checkpoint=checkpoint, **change)


def test_checkpoint_of_other_data_is_refused(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.safetensors"
    run(FAST, checkpoint=checkpoint, stop_at=10)
    ds = canonical()
    ds["streamflow"][0, 400] += 1
    scaler, arrays = fitted(ds, FAST)
    with pytest.raises(WeightsError, match=r"another run.*data"):
        train(model_for(scaler, FAST), arrays, scaler, FAST, 5, checkpoint=checkpoint, quiet=True)


def test_checkpoint_of_another_frozen_set_is_refused(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.safetensors"
    run(FAST, checkpoint=checkpoint, stop_at=10)
    scaler, arrays = fitted(canonical(), FAST)
    model = model_for(scaler, FAST)
    model.lstm["weight_ih"].requires_grad_(False)
    with pytest.raises(WeightsError, match=r"another run.*trained"):
        train(model, arrays, scaler, FAST, 5, checkpoint=checkpoint, quiet=True)


@pytest.mark.parametrize("damage", ["cut", "empty", "noise", "foreign"])
def test_damaged_or_foreign_checkpoint_is_one_clear_error(damage: str, tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.safetensors"
    run(FAST, checkpoint=checkpoint, stop_at=10)
    whole = checkpoint.read_bytes()
    if damage == "foreign":
        save_file({"a": torch.zeros(2)}, checkpoint)
    else:
        content = {"cut": whole[: len(whole) // 2], "empty": b"", "noise": os.urandom(4000)}
        checkpoint.write_bytes(content[damage])
    with pytest.raises(WeightsError, match=r"run\.safetensors.*delete it"):
        run(FAST, checkpoint=checkpoint)


def test_nothing_but_the_checkpoint_is_left(tmp_path: Path) -> None:
    run(FAST, checkpoint=tmp_path / "deep" / "run.safetensors", checkpoint_seconds=0)
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["run.safetensors"]


def test_ctrl_c_loses_at_most_one_interval(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.safetensors"

    def press(model: StreamflowLSTM) -> float:
        raise KeyboardInterrupt

    parts: dict[str, Any] = {"checkpoint": checkpoint, "checkpoint_seconds": 0}
    with pytest.raises(KeyboardInterrupt):
        run(FAST, validate=press, validate_every=18, **parts)
    assert step_of(checkpoint) >= 17
    resumed, _ = run(FAST, checkpoint=checkpoint)
    assert bits(resumed) == bits(run(FAST)[0])


UPDATES = 3000
KILLS = 20


def long_run(checkpoint: Path) -> None:
    """What the child processes below do: many updates, saving at every other interval."""
    torch.set_num_threads(1)
    config = PAPER.model_copy(update={"updates": UPDATES})
    run(config, checkpoint=checkpoint, checkpoint_seconds=0.0)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_killed_at_twenty_moments_a_run_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    """SIGKILL from outside at random moments, while checkpoints are written all the time."""
    # A fork server that has imported torch already: a child starts in milliseconds.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.hydrotl_core.test_checkpoint"])
    checkpoint = tmp_path / "run.safetensors"
    moments = random.Random(20210427)
    reached = [0]
    while len(reached) <= KILLS:
        child = context.Process(target=long_run, args=(checkpoint,))
        child.start()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and child.is_alive():
            if checkpoint.is_file() and step_of(checkpoint) > reached[-1]:
                break
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.03))
        child.kill()
        child.join(60)
        # A fast machine may finish first; the state must be whole all the same.
        assert child.exitcode in (0, -signal.SIGKILL)
        assert reached[-1] < step_of(checkpoint)
        reached.append(step_of(checkpoint))
        if child.exitcode == 0:
            break
    assert len(reached) > KILLS // 2, f"only {len(reached) - 1} kills before the end: {reached}"
    child = context.Process(target=long_run, args=(checkpoint,))
    child.start()
    child.join(300)
    assert child.exitcode == 0
    assert step_of(checkpoint) == UPDATES

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in the children: sums in another order have other bits
    try:
        long_run(tmp_path / "whole.safetensors")
    finally:
        torch.set_num_threads(threads)
    with (
        safe_open(checkpoint, framework="pt") as resumed,
        safe_open(tmp_path / "whole.safetensors", framework="pt") as uninterrupted,
    ):
        assert set(resumed.keys()) == set(uninterrupted.keys())
        for name in resumed.keys():  # noqa: SIM118
            a, b = resumed.get_tensor(name), uninterrupted.get_tensor(name)
            assert a.numpy().tobytes() == b.numpy().tobytes(), name
