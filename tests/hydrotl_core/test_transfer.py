"""TL-a, TL-b and TL-c train what they declare and nothing else, to the bit."""

from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from hydrotl.config import load_options
from hydrotl_core.arrays import build_arrays
from hydrotl_core.errors import WeightsError
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.recipe import PARAMETERS, Option, Training
from hydrotl_core.simulation import simulate
from hydrotl_core.training import make_optimizer, train
from hydrotl_core.transfer import (
    adapt,
    extended_scaler,
    freeze,
    hidden_size,
    initial_model,
    load_strict,
    warm_start,
)
from tests.synthetic import ROOT, canonical, fitted, period, training

INPUT = {"input.weight", "input.bias"}
OUTPUT = {"output.weight", "output.bias"}
RECURRENT = {"lstm.weight_hh", "lstm.bias_hh"}
LSTM = RECURRENT | {"lstm.weight_ih", "lstm.bias_ih"}
# The definition the project works with, written out a second time on purpose.
EXPECTED = {
    "TL-a": INPUT | OUTPUT,
    "TL-b": INPUT | OUTPUT | RECURRENT,
    "TL-c": INPUT | OUTPUT | LSTM,
}
CONFIGS = {
    "adamw": training(updates=5, weight_decay=0.1, output_dropout=0.2, clip=1.0),
    "adam": training(updates=5, optimizer="adam", weight_decay=0.1),
    "adadelta": training(updates=5, optimizer="adadelta", lr=1.0, dropconnect=0.5, loss="rmse"),
}


def options() -> dict[str, Option]:
    return load_options(ROOT / "experiments" / "options.yaml")


def source_weights(hidden: int = 8) -> dict[str, torch.Tensor]:
    torch.manual_seed(42)
    source = StreamflowLSTM(6, 4, hidden)
    return {name: p.detach().clone() for name, p in source.named_parameters()}


def snapshot(model: StreamflowLSTM) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def same_bits(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.shape == b.shape and torch.equal(a.view(torch.int32), b.view(torch.int32))


def test_the_shipped_options_are_the_three_of_the_paper() -> None:
    assert {name: set(option.trained) for name, option in options().items()} == EXPECTED
    for option in options().values():
        assert len(option.trained) == len(set(option.trained))


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_exactly_the_declared_parameters_change(
    name: str, config: Training, tmp_path: Path
) -> None:
    source = source_weights()
    given = {key: value.clone() for key, value in source.items()}
    scaler, arrays = fitted(canonical(), config)
    model = adapt(source, 0, scaler.n_dynamic, scaler.n_static, config)
    before = snapshot(model)
    for key in LSTM | OUTPUT:
        assert same_bits(before[key], given[key]), f"{key} is not the source's"
    assert before["input.weight"].shape == (8, scaler.n_dynamic + scaler.n_static)

    freeze(model, options()[name])
    checkpoint = tmp_path / "c.safetensors"
    train(model, arrays, scaler, config, seed=0, checkpoint=checkpoint, quiet=True)
    after = snapshot(model)
    changed = {key for key in after if not same_bits(after[key], before[key])}
    assert changed == EXPECTED[name]
    for key in (LSTM | OUTPUT) - EXPECTED[name]:
        assert same_bits(after[key], given[key]), f"{key} left the source's bits"
    assert all(same_bits(source[key], given[key]) for key in given), "source was written to"

    without_gradient = {key for key, p in model.named_parameters() if p.grad is None}
    assert without_gradient == set(after) - EXPECTED[name]
    with safe_open(checkpoint, framework="pt") as file:
        stateful = {key.split(".")[1] for key in file.keys() if key.startswith("optimizer.")}  # noqa: SIM118
    assert len(stateful) == len(EXPECTED[name])


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("kind", ["adamw", "adadelta"])
def test_optimiser_holds_and_remembers_only_what_trains(name: str, kind: str) -> None:
    model = adapt(source_weights(), 0, 2, 1, training())
    freeze(model, options()[name])
    optimizer = make_optimizer(model, training(optimizer=kind))
    flow, _ = model(torch.randn(5, 2, 2), torch.randn(2, 1))
    flow.square().sum().backward()
    optimizer.step()
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    own = dict(model.named_parameters())
    assert held == {id(own[key]) for key in EXPECTED[name]}
    assert {id(p) for p in optimizer.state} == held
    assert {key for key, p in own.items() if p.requires_grad} == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
def test_gradients_of_what_trains_do_not_depend_on_what_is_frozen(name: str) -> None:
    """The fused LSTM with half of its weights frozen gives the gradients of the whole."""
    dynamic, static = torch.randn(30, 3, 2), torch.randn(3, 1)
    grads = []
    for frozen in (False, True):
        model = adapt(source_weights(), 3, 2, 1, training(dropconnect=0.5))
        if frozen:
            freeze(model, options()[name])
        flow, _ = model(dynamic, static, generator=torch.Generator().manual_seed(8))
        flow.square().sum().backward()
        grads.append({key: p.grad for key, p in model.named_parameters()})
    for key in EXPECTED[name]:
        whole, partly = grads[0][key], grads[1][key]
        assert whole is not None
        assert partly is not None
        torch.testing.assert_close(partly, whole, rtol=1e-5, atol=1e-6)
        assert whole.abs().max() > 0


def test_input_layer_is_new_and_follows_the_seed() -> None:
    source, before = source_weights(), torch.get_rng_state()
    drawn = [adapt(source, seed, 6, 4, training()).input.weight.detach() for seed in (0, 0, 1)]
    assert torch.equal(torch.get_rng_state(), before), "the global generator was used"
    assert same_bits(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert not torch.equal(drawn[0], source["input.weight"]), "same shape, yet it must be new"


def test_initial_model_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    config = training(hidden=4)
    first, again, other = (initial_model(k, 2, 1, config) for k in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert same_bits(first.lstm["weight_hh"], again.lstm["weight_hh"])
    assert not torch.equal(first.lstm["weight_hh"], other.lstm["weight_hh"])


def test_adapted_model_does_not_share_memory_with_the_source() -> None:
    source = source_weights()
    model = adapt(source, 0, 2, 1, training())
    with torch.no_grad():
        model.lstm["weight_hh"].zero_()
    assert source["lstm.weight_hh"].abs().max() > 0


def test_another_hidden_size_than_the_sources_is_an_error() -> None:
    with pytest.raises(WeightsError, match="hidden size 12, the recipe asks for 8"):
        adapt(source_weights(12), 0, 2, 1, training(hidden=8))


def test_freeze_can_be_undone_by_another_option() -> None:
    model = adapt(source_weights(), 0, 2, 1, training())
    for name in ("TL-a", "TL-c", "TL-b"):
        freeze(model, options()[name])
        trained = {key for key, p in model.named_parameters() if p.requires_grad}
        assert trained == EXPECTED[name]


def test_option_with_an_unknown_parameter_is_refused() -> None:
    option = Option.model_construct(title="odd", trained=["input.weight", "lstm.weight_hx"])
    with pytest.raises(WeightsError, match=r"odd.*lstm\.weight_hx.*lstm\.weight_hh"):
        freeze(StreamflowLSTM(2, 1, 4), option)


def test_options_choose_from_the_parameters_of_the_model() -> None:
    assert set(PARAMETERS) == {name for name, _ in StreamflowLSTM(2, 1, 4).named_parameters()}
    with pytest.raises(ValueError, match="input layer is new"):
        Option(title="a random layer stays", trained=["input.weight", "output.weight"])


def test_missing_and_extra_parameters_name_both_sides() -> None:
    source = source_weights()
    del source["lstm.bias_hh"]
    source["lstm.peephole"] = torch.zeros(3)
    with pytest.raises(WeightsError, match=r"expects lstm\.bias_hh.*have lstm\.peephole"):
        adapt(source, 0, 2, 1, training())


@pytest.mark.parametrize("name", sorted(LSTM | OUTPUT))
def test_each_missing_parameter_is_an_error(name: str) -> None:
    source = source_weights()
    del source[name]
    with pytest.raises(WeightsError, match=name.replace(".", r"\.")):
        adapt(source, 0, 2, 1, training())


def test_another_shape_names_both_shapes() -> None:
    source = source_weights()
    source["lstm.bias_ih"] = torch.zeros(31)
    with pytest.raises(WeightsError, match=r"lstm\.bias_ih.*\(31,\).*\(32,\)"):
        adapt(source, 0, 2, 1, training())


def test_a_broadcastable_shape_is_still_an_error() -> None:
    source = source_weights()
    source["output.bias"] = torch.tensor(1.0)
    with pytest.raises(WeightsError, match=r"output\.bias"):
        adapt(source, 0, 2, 1, training())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.int32])
def test_another_dtype_names_both_dtypes(dtype: torch.dtype) -> None:
    source = source_weights()
    source["lstm.weight_ih"] = source["lstm.weight_ih"].to(dtype)
    with pytest.raises(WeightsError, match=rf"lstm\.weight_ih.*{dtype}.*torch\.float32"):
        adapt(source, 0, 2, 1, training())


def test_a_failed_load_leaves_the_model_as_it_was() -> None:
    model = StreamflowLSTM(6, 4, 8)
    before = snapshot(model)
    wrong = source_weights() | {"output.weight": torch.zeros(2, 8)}
    with pytest.raises(WeightsError, match=r"here\.safetensors: output\.weight"):
        load_strict(model, wrong, "here.safetensors")
    assert all(same_bits(before[key], value) for key, value in snapshot(model).items())


def test_hidden_size_is_read_off_the_recurrent_matrix() -> None:
    assert hidden_size(source_weights(12)) == 12
    with pytest.raises(WeightsError, match=r"no lstm\.weight_hh; they have other"):
        hidden_size({"other": torch.zeros(2)})


def warm_parts(extra: bool = True):
    """A source on three inputs, and the scales of a region that has two more."""
    ds = canonical()
    source_scaler, _ = fitted(ds, training(), dynamic=["prcp", "tmean"], static=["area"])
    source = initial_model(5, 2, 1, training())
    weights = {name: p.detach().clone() for name, p in source.named_parameters()}
    dynamic, static = (["pet"], ["slope"]) if extra else ([], [])
    own, _ = fitted(ds, training(), dynamic=["prcp", *dynamic], static=["area", *static])
    return ds, source, source_scaler, weights, extended_scaler(source_scaler, own)


def test_a_warm_start_is_the_source_whatever_the_new_inputs_hold() -> None:
    ds, source, source_scaler, weights, scaler = warm_parts()
    assert scaler.input_names == ["prcp", "tmean", "pet", "area", "slope"]
    assert scaler.dynamic["prcp"] == source_scaler.dynamic["prcp"]
    assert scaler.streamflow == source_scaler.streamflow
    model = warm_start(weights, source_scaler.input_names, scaler, training())
    days = [period("2000-01-01", "2001-01-01")] * 3
    flows = [
        simulate(net, build_arrays(ds, scales, days, days), scales)
        for net, scales in ((source, source_scaler), (model, scaler))
    ]
    assert flows[1] == pytest.approx(flows[0], abs=1e-5)
    assert bool((model.input.weight[:, [2, 4]] == 0).all())


def test_columns_of_new_inputs_learn() -> None:
    ds, _, source_scaler, weights, scaler = warm_parts()
    model = warm_start(weights, source_scaler.input_names, scaler, training())
    days = [period("2000-01-01", "2001-01-01")] * 3
    arrays = build_arrays(ds, scaler, days, days)
    freeze(model, load_options(ROOT / "experiments" / "warm.yaml")["warm-a"])
    train(model, arrays, scaler, training(), 0, quiet=True)
    assert bool((model.input.weight[:, [2, 4]] != 0).any())
    assert same_bits(model.lstm["weight_hh"], weights["lstm.weight_hh"])


def test_a_warm_start_refuses_what_does_not_fit() -> None:
    _, _, source_scaler, weights, scaler = warm_parts()
    names = source_scaler.input_names
    with pytest.raises(WeightsError, match="wind have no column"):
        warm_start(weights, [*names[:-1], "wind"], scaler, training())
    with pytest.raises(WeightsError, match="has 3 columns, its scaler names 2"):
        warm_start(weights, names[:2], scaler, training())
    with pytest.raises(WeightsError, match="hidden size 8"):
        warm_start(weights, names, scaler, training(hidden=16))


def test_rates_are_factors_of_the_learning_rate() -> None:
    """One step of Adam moves each weight by its learning rate."""
    ds = canonical()
    config = training(updates=1, optimizer="adam", lr=0.01)
    scaler, arrays = fitted(ds, config, static=["area"])
    model = initial_model(0, scaler.n_dynamic, scaler.n_static, config)
    before = snapshot(model)
    train(model, arrays, scaler, config, 0, quiet=True, rates={"output.weight": 0.1})
    moved = {n: (p - before[n]).abs().max().item() for n, p in model.named_parameters()}
    assert moved["output.weight"] == pytest.approx(0.001, rel=1e-2)
    assert moved["lstm.weight_hh"] == pytest.approx(0.01, rel=1e-2)


def test_an_anchor_holds_the_weights_back() -> None:
    ds = canonical()
    config = training(updates=30)
    scaler, arrays = fitted(ds, config, static=["area"])
    far = []
    for anchor in (0.0, 1.0, 1000.0):
        model = initial_model(0, scaler.n_dynamic, scaler.n_static, config)
        before = snapshot(model)
        train(model, arrays, scaler, config, 0, quiet=True, anchor=anchor)
        moves = [(p.detach() - before[n]).square().sum() for n, p in model.named_parameters()]
        far.append(float(torch.stack(moves).sum()))
    assert far[0] > far[1] > far[2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trained": ["output.bias"]}, "input layer is new"),
        ({"inputs": "new", "trained": list(PARAMETERS), "anchor": 0.1}, "inputs: source"),
        ({"inputs": "source", "rates": {"lstm": 0.1}}, "no parameter lstm"),
        ({"inputs": "source", "anchor": -1.0}, "anchor"),
    ],
)
def test_impossible_options_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Option.model_validate({"title": "x", **changes})
