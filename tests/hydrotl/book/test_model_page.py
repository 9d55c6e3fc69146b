"""The page "The model, step by step": what it shows is right."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hydrotl.config import load_options
from hydrotl_core.model import StreamflowLSTM
from tests.notebook_cells import Page, run_cells
from tests.synthetic import ROOT


@pytest.fixture(scope="module")
def page() -> Page:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYDROTL_ROOT", str(ROOT))
        return run_cells("00-model")


def parameters(model: StreamflowLSTM) -> dict[str, np.ndarray]:
    return {name: p.detach().numpy() for name, p in model.named_parameters()}


def test_inputs_are_those_of_the_gauge(page: Page) -> None:
    from lumod import load_example

    _, frame = load_example(3)
    rain = frame["prec"].iloc[:731]
    expected = (rain - rain.mean()) / rain.std(ddof=0)
    np.testing.assert_allclose(page.names["dynamic"][:, 0, 0], expected, atol=1e-5)


def test_hand_and_library_agree(page: Page) -> None:
    for name in ("scaled", "input", "cell", "memory", "flow", "loss", "step"):
        assert page.names[f"{name}_apart"] < 1e-5, name


def test_cell_by_hand_is_an_lstm_cell(page: Page) -> None:
    """Against PyTorch's other implementation, which the page does not use."""
    names = page.names
    cell = torch.nn.LSTMCell(names["model"].hidden, names["model"].hidden)
    weights = {name: p.detach() for name, p in names["model"].lstm.items()}
    cell.load_state_dict(weights)
    before = (names["h"].detach()[None], names["s"].detach()[None])
    h, s = cell(names["x"].detach()[None], before)
    torch.testing.assert_close(names["h_next"], h[0], atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(names["s_next"], s[0], atol=1e-5, rtol=1e-5)


def test_frozen_parameters_do_not_move_at_all(page: Page) -> None:
    changes = page.names["changes"]
    start = parameters(page.names["model"])
    for name, option in load_options().items():
        trained = changes[name] > 0
        assert set(changes.index[trained]) == set(option.trained)
        assert (changes[name][~trained] == 0.0).all()
        moved = parameters(page.names["stepped"][name])
        for frozen in set(start) - set(option.trained):
            np.testing.assert_array_equal(moved[frozen], start[frozen])
    ratio = np.linalg.norm(
        parameters(page.names["stepped"]["TL-b"])["lstm.weight_hh"] - start["lstm.weight_hh"]
    ) / np.linalg.norm(start["lstm.weight_hh"])
    assert changes.loc["lstm.weight_hh", "TL-b"] == pytest.approx(100 * ratio, rel=1e-3)


def test_a_step_goes_downhill_by_as_much_as_the_slope_says(page: Page) -> None:
    losses = page.names["losses"].set_index("option")
    assert (losses["after"] < losses["before"]).all()
    assert losses["after"].is_monotonic_decreasing, "the more trains, the lower"
    # a change of the output bias by d moves the loss by d * slope, for a small d
    names: dict[str, Any] = page.names
    slope = names["model"].output.bias.grad.item()
    error = (names["before"] - names["observed"][names["warmup"] :]).detach()
    d = 1e-3
    difference = ((error + d) ** 2).nanmean() - ((error - d) ** 2).nanmean()
    assert slope == pytest.approx(difference.item() / (2 * d), rel=1e-3)


def test_page_is_in_the_book_after_the_method() -> None:
    chapters = Path(ROOT / "book" / "_toc.yml").read_text(encoding="utf-8").split()
    assert chapters[chapters.index("method") + 3] == "notebooks/00-model"
