"""Number formats, memory and the update of the training engine."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from torch import Tensor

from hydrotl_core.engine import Update, arithmetic, out_of_memory
from hydrotl_core.model import StreamflowLSTM
from tests.hydrotl_core.test_model import DEVICES, make_inputs, make_model, parameters_of
from tests.reference_lstm import reference_gradient


def relative(value: Tensor, wanted: Tensor) -> float:
    return float((value.double() - wanted.double()).norm() / wanted.double().norm())


def gradients(model: StreamflowLSTM, **settings: object) -> dict[str, Tensor]:
    """Gradients of a fixed weighted sum of the flow after the settings' warm-up."""
    dynamic, static, _ = make_inputs(40, 6)
    model.zero_grad(set_to_none=True)
    dtype = model.output.weight.dtype
    flow, _ = model(
        dynamic.to(dtype),
        static.to(dtype),
        generator=torch.Generator().manual_seed(3),
        **settings,
    )
    weight = torch.from_numpy(np.random.default_rng(5).normal(size=(40, 6))).to(dtype)
    (flow * weight[40 - len(flow) :]).sum().backward()
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def test_float32_is_float32_without_a_word() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert arithmetic("float32", "cpu") is torch.float32


def test_bfloat16_only_where_the_processor_has_it() -> None:
    """Against the flags that the kernel reports."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            able = "avx512_bf16" in file.read()
    except FileNotFoundError:
        able = False
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dtype = arithmetic("bfloat16", "cpu")
    assert dtype is (torch.bfloat16 if able else torch.float32)
    assert [str(w.message)[:35] for w in caught] == (
        [] if able else ["this cpu does not compute in bfloat"]
    )


def test_bfloat16_gradients_are_those_of_float32_within_its_precision() -> None:
    """bfloat16 keeps 8 bits: 0.4 % per rounding, some percent after 40 days and back."""
    model = make_model(hidden=16).train()
    wanted, lowered = gradients(model), gradients(model, dtype=torch.bfloat16)
    assert {g.dtype for g in lowered.values()} == {torch.float32}
    errors = {name: relative(lowered[name], wanted[name]) for name in wanted}
    assert max(errors.values()) < 0.1, errors
    assert errors["lstm.weight_hh"] > 1e-4, "nothing was rounded"


@pytest.mark.parametrize("parts", [2, 4, 6])
@pytest.mark.parametrize("settings", [{}, {"warmup": 15}, {"warmup": 15, "warmup_gradient": False}])
def test_a_batch_in_parts_gives_the_same_gradients(parts: int, settings: dict[str, int]) -> None:
    torch.manual_seed(0)
    model = StreamflowLSTM(3, 2, 8, dropconnect=0.5, output_dropout=0.4).double().train()
    whole, split = gradients(model, **settings), gradients(model, parts=parts, **settings)
    for name in whole:
        torch.testing.assert_close(split[name], whole[name], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("device", DEVICES)
def test_the_flow_of_the_warmup_is_left_out_and_changes_nothing_else(device: str) -> None:
    model = make_model().double().to(device)
    dynamic, static, _ = (v.to(device) if isinstance(v, Tensor) else v for v in make_inputs(30, 4))
    everything, state = model(dynamic, static)
    for gradient in (True, False):
        after, last = model(dynamic, static, warmup=12, warmup_gradient=gradient)
        torch.testing.assert_close(after, everything[12:], rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(last[1], state[1], rtol=1e-12, atol=1e-12)


def test_without_warmup_gradient_the_state_is_taken_as_given() -> None:
    """The gradient is that of a run that starts from the warmed-up state as a constant."""
    model = make_model(hidden=4).double().train()
    cut = gradients(model, warmup=10, warmup_gradient=False)
    dynamic, static, _ = make_inputs(40, 6)
    with torch.no_grad():
        _, state = model(dynamic[:10], static)
    model.zero_grad(set_to_none=True)
    flow, _ = model(dynamic[10:], static, state)
    weight = torch.from_numpy(np.random.default_rng(5).normal(size=(40, 6)))
    (flow * weight[10:]).sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None
        torch.testing.assert_close(cut[name], parameter.grad, rtol=1e-10, atol=1e-12)
    whole = gradients(model, warmup=10)
    assert relative(cut["lstm.weight_hh"], whole["lstm.weight_hh"]) > 1e-3


def test_with_warmup_gradient_it_is_that_of_the_equations() -> None:
    model = make_model(hidden=3).double().train()
    found = gradients(model, warmup=34)
    _, _, joined = make_inputs(40, 6)
    weight = np.random.default_rng(5).normal(size=(40, 6))
    weight[:34] = 0
    wanted = reference_gradient(parameters_of(model), "lstm.weight_hh", joined, weight, 1.0, 1.0)
    np.testing.assert_allclose(found["lstm.weight_hh"], wanted, rtol=1e-5, atol=1e-7)


def test_an_update_is_one_step_of_the_optimiser_on_the_clipped_gradient() -> None:
    """By hand: loss 3a + 4b has the gradient (3, 4), clipped to (0.6, 0.8), times lr 0.5."""
    a, b = (torch.tensor(1.0, requires_grad=True) for _ in range(2))
    optimizer = torch.optim.SGD([a, b], lr=0.5)
    update = Update(lambda parts: 3 * a + 4 * b, optimizer, 1.0, torch.Generator(), samples=2)
    assert update().item() == pytest.approx(7)
    assert (a.item(), b.item()) == (pytest.approx(0.7), pytest.approx(0.6))


def test_other_errors_are_not_taken_for_a_lack_of_memory() -> None:
    def broken(parts: int) -> Tensor:
        raise RuntimeError("shapes do not match")

    weight = torch.zeros(1, requires_grad=True)
    update = Update(broken, torch.optim.SGD([weight]), None, torch.Generator(), samples=8)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        update()
    assert update.parts == 1


def test_a_batch_that_did_not_fit_is_tried_again_with_the_same_masks() -> None:
    masks = torch.Generator().manual_seed(4)
    wanted = torch.rand(3, generator=torch.Generator().manual_seed(4)).sum().item()
    weight = torch.ones((), requires_grad=True)

    def loss(parts: int) -> Tensor:
        drawn = torch.rand(3, generator=masks).sum()
        return weight * (torch.empty(2**60).sum() if parts < 4 else drawn)

    update = Update(loss, torch.optim.SGD([weight], lr=0.0), None, masks, samples=8)
    with pytest.warns(UserWarning, match="out of memory") as caught:
        assert update().item() == pytest.approx(wanted)
    assert [str(w.message).split(" into ")[1][:7] for w in caught] == ["2 parts", "4 parts"]


OUT_OF_MEMORY = """
import resource, sys, warnings
import torch
from hydrotl_core.engine import Update
from hydrotl_core.model import StreamflowLSTM

torch.set_num_threads(1)
model = StreamflowLSTM(2, 1, 64).train()
dynamic, static = torch.randn(365, 128, 2), torch.randn(128, 1)

def loss(parts):
    return model(dynamic, static, generator=masks, parts=parts)[0].square().mean()

masks = torch.Generator().manual_seed(0)
update = Update(loss, torch.optim.SGD(model.parameters(), lr=0.0), None, masks, 128)
update()
free = update.parts
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[1]) * 2**20,) * 2)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    value = update()
print(free, update.parts, value.item() > 0, len(caught), caught[0].message if caught else "")
"""


def plain_environment() -> dict[str, str]:
    """Of a process that keeps no memory, also if this one does."""
    return {k: v for k, v in os.environ.items() if k != "GLIBC_TUNABLES"}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits its own memory through Linux")
def test_when_memory_runs_out_the_batch_goes_on_in_parts_with_a_warning() -> None:
    """A process that really may not allocate more: the whole batch needs 174 MiB at once."""
    done = subprocess.run(
        [sys.executable, "-c", OUT_OF_MEMORY, "150"],
        capture_output=True,
        text=True,
        check=True,
        env=plain_environment(),
    )
    free, parts, positive, warned, message = done.stdout.split(maxsplit=4)
    assert (free, positive) == ("1", "True")
    assert int(parts) > 1
    assert int(warned) >= 1
    assert "out of memory" in message
    assert "splitting the batch of 128 into 2 parts" in message


def test_what_counts_as_a_lack_of_memory() -> None:
    assert out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert out_of_memory(caught.value)
    assert not out_of_memory(RuntimeError("shapes do not match"))
