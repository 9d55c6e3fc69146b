"""The model against equations 1-8 written out in numpy (tests/reference_lstm.py)."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hydrotl_core.model import StreamflowLSTM, dropout_mask
from tests.reference_lstm import reference_forward, reference_gradient, reference_slope

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
NAMES = [
    "input.weight",
    "input.bias",
    "lstm.weight_ih",
    "lstm.weight_hh",
    "lstm.bias_ih",
    "lstm.bias_hh",
    "output.weight",
    "output.bias",
]


def make_model(
    hidden: int = 8, dropconnect: float = 0.0, dynamic: int = 3, static: int = 2, seed: int = 0
) -> StreamflowLSTM:
    torch.manual_seed(seed)
    model = StreamflowLSTM(dynamic, static, hidden, dropconnect)
    with torch.no_grad():  # away from the small start, so that gates and ReLU really bend
        for parameter in model.parameters():
            parameter.mul_(2).add_(0.1 * torch.randn_like(parameter))
    return model


def parameters_of(model: StreamflowLSTM) -> dict[str, np.ndarray]:
    return {n: p.detach().cpu().double().numpy().copy() for n, p in model.named_parameters()}


def make_inputs(days: int, samples: int, seed: int = 1) -> tuple[Tensor, Tensor, np.ndarray]:
    rng = np.random.default_rng(seed)
    dynamic, static = rng.normal(size=(days, samples, 3)), rng.normal(size=(samples, 2))
    joined = np.concatenate([dynamic, np.broadcast_to(static, (days, samples, 2))], axis=-1)
    return torch.from_numpy(dynamic), torch.from_numpy(static), joined


def masks_from(seed: int, hidden: int, p: float, device: str) -> tuple[np.ndarray, np.ndarray]:
    """The two masks of the first forward pass of a generator: weight_ih's, then weight_hh's."""
    generator = torch.Generator(device).manual_seed(seed)
    shape = (4 * hidden, hidden)
    first = dropout_mask(shape, p, generator, torch.float64)
    return first.cpu().numpy(), dropout_mask(shape, p, generator, torch.float64).cpu().numpy()


def test_parameter_names_and_shapes_are_those_of_the_paper() -> None:
    shapes = {n: tuple(p.shape) for n, p in StreamflowLSTM(3, 2, 8).named_parameters()}
    assert shapes == {
        "input.weight": (8, 5),
        "input.bias": (8,),
        "lstm.weight_ih": (32, 8),
        "lstm.weight_hh": (32, 8),
        "lstm.bias_ih": (32,),
        "lstm.bias_hh": (32,),
        "output.weight": (1, 8),
        "output.bias": (1,),
    }


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("training", [False, True])
def test_forward_is_equations_1_to_8(device: str, training: bool) -> None:
    model = make_model().double().to(device).train(training)
    dynamic, static, joined = make_inputs(40, 5)
    flow, (h, c) = model(dynamic.to(device), static.to(device))
    expected, last_h, last_c = reference_forward(parameters_of(model), joined)
    assert flow.shape == (40, 5)
    np.testing.assert_allclose(flow.detach().cpu(), expected, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(h[0].detach().cpu(), last_h, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(c[0].detach().cpu(), last_c, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("device", DEVICES)
def test_forward_in_float32(device: str) -> None:
    model = make_model(hidden=64).to(device)
    dynamic, static, joined = make_inputs(365, 4)
    flow, _ = model(dynamic.float().to(device), static.float().to(device))
    expected, _, _ = reference_forward(parameters_of(model), joined)
    np.testing.assert_allclose(flow.detach().cpu(), expected, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dropconnect", [0.0, 0.5])
def test_every_gradient_entry_is_that_of_the_equations(device: str, dropconnect: float) -> None:
    hidden = 3
    model = make_model(hidden, dropconnect).double().to(device).train()
    dynamic, static, joined = make_inputs(6, 2)
    weight = np.random.default_rng(2).normal(size=(6, 2))
    masks = masks_from(7, hidden, dropconnect, device) if dropconnect else (1.0, 1.0)

    flow, _ = model(
        dynamic.to(device),
        static.to(device),
        generator=torch.Generator(device).manual_seed(7),
    )
    (flow * torch.from_numpy(weight).to(device)).sum().backward()
    own = parameters_of(model)
    for name, parameter in model.named_parameters():
        expected = reference_gradient(own, name, joined, weight, *masks)
        assert parameter.grad is not None
        np.testing.assert_allclose(
            parameter.grad.cpu(), expected, rtol=1e-5, atol=1e-7, err_msg=name
        )
        assert np.abs(expected).max() > 1e-3, f"{name}: gradient too small to tell anything"


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dropconnect", [0.25, 0.5])
def test_dropconnect_is_one_mask_per_matrix_shared_by_days_and_samples(
    device: str, dropconnect: float
) -> None:
    hidden = 16
    model = make_model(hidden, dropconnect).double().to(device).train()
    dynamic, static, joined = make_inputs(30, 4)
    mask_ih, mask_hh = masks_from(11, hidden, dropconnect, device)
    generator = torch.Generator(device).manual_seed(11)
    flow, _ = model(dynamic.to(device), static.to(device), generator=generator)
    own = parameters_of(model)
    expected, _, _ = reference_forward(own, joined, mask_ih, mask_hh)
    np.testing.assert_allclose(flow.detach().cpu(), expected, rtol=1e-9, atol=1e-10)
    assert np.abs(expected - reference_forward(own, joined)[0]).max() > 1e-3

    weight = np.random.default_rng(3).normal(size=(30, 4))
    (flow * torch.from_numpy(weight).to(device)).sum().backward()
    gradient = {n: p.grad.cpu().numpy() for n, p in model.named_parameters() if p.grad is not None}
    assert set(gradient) == set(NAMES)
    assert np.all(gradient["lstm.weight_ih"][mask_ih == 0] == 0)
    assert np.all(gradient["lstm.weight_hh"][mask_hh == 0] == 0)
    rng = np.random.default_rng(4)
    direction = {n: rng.normal(size=v.shape) for n, v in own.items()}
    slope = sum(float((gradient[n] * direction[n]).sum()) for n in NAMES)
    wanted = reference_slope(own, direction, joined, weight, mask_ih, mask_hh)
    assert slope == pytest.approx(wanted, rel=1e-5)


def test_masks_are_drawn_anew_at_each_forward_pass_and_repeat_with_the_seed() -> None:
    model = make_model(16, 0.5).train()
    dynamic, static, _ = make_inputs(10, 2)
    inputs = dynamic.float(), static.float()
    generator = torch.Generator().manual_seed(5)
    first, second = model(*inputs, generator=generator)[0], model(*inputs, generator=generator)[0]
    again = model(*inputs, generator=torch.Generator().manual_seed(5))[0]
    assert not torch.equal(first, second)
    assert torch.equal(first, again)


def test_the_global_generator_plays_no_part() -> None:
    model = make_model(16, 0.5).train()
    dynamic, static, _ = make_inputs(10, 2)
    before = torch.get_rng_state()
    model(dynamic.float(), static.float(), generator=torch.Generator().manual_seed(5))
    assert torch.equal(torch.get_rng_state(), before)


def test_dropout_is_off_in_evaluation() -> None:
    model = make_model(16, 0.5).double().eval()
    model.output_dropout = 0.5
    dynamic, static, joined = make_inputs(20, 3)
    generator = torch.Generator().manual_seed(5)
    state = generator.get_state()
    flow, _ = model(dynamic, static, generator=generator)
    expected = reference_forward(parameters_of(model), joined)[0]
    np.testing.assert_allclose(flow.detach(), expected, rtol=1e-9, atol=1e-10)
    assert torch.equal(generator.get_state(), state)


def test_biases_are_never_masked() -> None:
    """With all matrices zero only biases are left, so a mask on one would show."""
    model = make_model(16, 0.5).double().train()
    with torch.no_grad():
        model.lstm["weight_ih"].zero_()
        model.lstm["weight_hh"].zero_()
    dynamic, static, joined = make_inputs(8, 2)
    flow, _ = model(dynamic, static, generator=torch.Generator().manual_seed(1))
    expected = reference_forward(parameters_of(model), joined)[0]
    np.testing.assert_allclose(flow.detach(), expected, rtol=1e-9, atol=1e-10)


def test_output_dropout_zeroes_or_scales_what_reaches_the_output_layer() -> None:
    hidden, p = 32, 0.5
    torch.manual_seed(0)
    model = StreamflowLSTM(3, 2, hidden, 0.0, p).double().train()
    with torch.no_grad():
        model.output.weight.fill_(1.0)
        model.output.bias.zero_()
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            model.lstm[name].fill_(0.0)
        model.lstm["bias_ih"].fill_(1.0)
    dynamic, static, _ = make_inputs(50, 40)
    generator = torch.Generator().manual_seed(3)
    dropped = model(dynamic, static, generator=generator)[0].detach().numpy()
    whole = model.eval()(dynamic, static)[0].detach().numpy()
    kept = dropped / whole * hidden * (1 - p)  # number of units kept: all h_t are equal
    np.testing.assert_allclose(kept, kept.round(), atol=1e-9)
    assert len(np.unique(kept.round())) > 10, "one mask for all days and samples"
    assert kept.mean() == pytest.approx(hidden * (1 - p), rel=0.02)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("p", [0.1, 0.25, 0.3, 0.4, 0.5, 0.9])
def test_mask_values_are_0_or_the_inverse_of_the_share_kept(device: str, p: float) -> None:
    mask = dropout_mask((1000, 333), p, torch.Generator(device).manual_seed(0), torch.float64)
    values = mask.unique()
    assert values.numel() == 2
    assert values[0] == 0
    scale = values[1].item()
    # p is rounded to 1/256; with the rounded p, keep probability * scale is exactly 1.
    kept = 1 / scale
    assert kept * 256 == pytest.approx(round(kept * 256), abs=1e-9)
    assert abs(kept - (1 - p)) <= 0.5 / 256 + 1e-12
    assert (mask != 0).double().mean().item() == pytest.approx(kept, abs=5e-3)
    assert mask.mean().item() == pytest.approx(1, abs=0.02)


def test_mask_of_half_is_exactly_0_or_2() -> None:
    mask = dropout_mask((100, 7), 0.5, torch.Generator().manual_seed(0), torch.float32)
    assert mask.dtype == torch.float32
    assert set(mask.unique().tolist()) == {0.0, 2.0}


def test_mask_entries_are_independent_along_rows_and_columns() -> None:
    mask = dropout_mask((512, 512), 0.5, torch.Generator().manual_seed(9), torch.float64) - 1
    for lag in range(1, 17):  # bytes of one 64-bit word lie side by side
        assert abs((mask[:, lag:] * mask[:, :-lag]).mean().item()) < 0.01
        assert abs((mask[lag:] * mask[:-lag]).mean().item()) < 0.01


@pytest.mark.parametrize("p", [0.0, 0.999, 0.9999])
def test_extreme_probabilities_give_finite_masks(p: float) -> None:
    mask = dropout_mask((64, 64), p, torch.Generator().manual_seed(0), torch.float32)
    assert torch.isfinite(mask).all()
    assert bool((mask == 1).all()) == (p == 0.0)


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5])
@pytest.mark.parametrize("which", ["dropconnect", "output_dropout"])
def test_impossible_probabilities_are_refused(which: str, p: float) -> None:
    given = {"dropconnect": (p, 0.0), "output_dropout": (0.0, p)}
    with pytest.raises(ValueError, match=which):
        StreamflowLSTM(1, 0, 4, *given[which])


def test_training_with_dropout_asks_for_a_generator() -> None:
    dynamic, static, _ = make_inputs(5, 2)
    with pytest.raises(ValueError, match="generator"):
        make_model(8, 0.5).train()(dynamic.float(), static.float())


@pytest.mark.parametrize("device", DEVICES)
def test_equals_torch_layers_without_dropout(device: str) -> None:
    hidden = 16
    model = make_model(hidden).to(device).train()
    lstm = nn.LSTM(hidden, hidden).to(device)
    with torch.no_grad():
        for name, parameter in lstm.named_parameters():
            parameter.copy_(model.lstm[name.removesuffix("_l0")])
    dynamic, static, joined = make_inputs(50, 4)
    inputs = torch.from_numpy(joined).float().to(device)
    x = torch.relu(model.input(inputs))
    h, _ = lstm(x)
    expected = model.output(h)[..., 0]
    flow, _ = model(dynamic.float().to(device), static.float().to(device))
    torch.testing.assert_close(flow, expected, rtol=1e-5, atol=1e-5)


def test_split_input_layer_equals_the_concatenated_one() -> None:
    model = make_model().double()
    dynamic, static, joined = make_inputs(12, 3)
    own = parameters_of(model)
    expected = np.maximum(joined @ own["input.weight"].T + own["input.bias"], 0)
    np.testing.assert_allclose(model.embed(dynamic, static).detach(), expected, rtol=1e-12)
    assert (expected == 0).any(), "ReLU never at work"
    assert (expected > 0).any()


def test_no_attributes_is_a_valid_input() -> None:
    torch.manual_seed(0)
    model = StreamflowLSTM(3, 0, 8, 0.0).double()
    dynamic, _, _ = make_inputs(12, 3)
    flow, _ = model(dynamic, torch.zeros(3, 0, dtype=torch.float64))
    expected, _, _ = reference_forward(parameters_of(model), dynamic.numpy())
    np.testing.assert_allclose(flow.detach(), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("device", DEVICES)
def test_state_carried_over_pieces_equals_one_pass(device: str) -> None:
    model = make_model().double().to(device).eval()
    dynamic, static, _ = make_inputs(90, 3)
    dynamic, static = dynamic.to(device), static.to(device)
    whole, last = model(dynamic, static)
    state, parts = None, []
    for first, stop in ((0, 1), (1, 37), (37, 90)):
        flow, state = model(dynamic[first:stop], static, state)
        parts.append(flow)
    torch.testing.assert_close(torch.cat(parts), whole, rtol=1e-12, atol=1e-12)
    assert state is not None
    torch.testing.assert_close(state[0], last[0])
    restarted, _ = model(dynamic[37:], static)
    assert (restarted - whole[37:]).abs().max() > 1e-6, "the state makes no difference here"


def test_samples_do_not_touch_each_other() -> None:
    model = make_model().double().eval()
    dynamic, static, _ = make_inputs(20, 4)
    whole, _ = model(dynamic, static)
    alone, _ = model(dynamic[:, 2:3], static[2:3])
    torch.testing.assert_close(alone[:, 0], whole[:, 2], rtol=1e-12, atol=1e-12)


def test_start_is_uniform_within_one_over_root_h() -> None:
    hidden = 64
    torch.manual_seed(0)
    model = StreamflowLSTM(3, 2, hidden)
    bound = 1 / np.sqrt(hidden)
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        values = model.lstm[name].detach().numpy().ravel()
        assert np.abs(values).max() <= bound
        assert values.std() == pytest.approx(bound / np.sqrt(3), rel=0.1)
        assert abs(values.mean()) < bound / 5
        assert np.abs(values).max() > 0.9 * bound


def test_forget_bias_shifts_the_forget_gate_only() -> None:
    torch.manual_seed(0)
    plain = StreamflowLSTM(3, 2, 8)
    torch.manual_seed(0)
    shifted = StreamflowLSTM(3, 2, 8, forget_bias=3.0)
    difference = {
        n: (q - p).detach()
        for (n, p), q in zip(plain.named_parameters(), shifted.parameters(), strict=True)
    }
    moved = torch.cat([difference["lstm.bias_ih"][:, None], difference["lstm.bias_hh"][:, None]], 1)
    gates = moved.sum(1).view(4, 8)
    torch.testing.assert_close(gates[1], torch.full((8,), 3.0))
    assert torch.all(gates[[0, 2, 3]] == 0)
    assert all((difference[n] == 0).all() for n in NAMES if "lstm.bias" not in n)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("dropconnect", [0.0, 0.5])
def test_lstm_parameters_lie_in_one_piece_of_memory(dtype: torch.dtype, dropconnect: float) -> None:
    """Where they do not, cuDNN copies them at each call and warns."""
    model = make_model(dropconnect=dropconnect).train()
    found = model.matrices(torch.Generator().manual_seed(0), dtype)
    begin = found[0].data_ptr()
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    for matrix, name in zip(found, names, strict=True):
        parameter = model.lstm[name]
        assert matrix.data_ptr() == begin
        assert matrix.is_contiguous()
        assert (matrix.dtype, matrix.shape) == (dtype, parameter.shape)
        begin += matrix.numel() * matrix.element_size()
    assert torch.equal(found[2], model.lstm["bias_ih"].to(dtype))
