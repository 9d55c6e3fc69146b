"""Moving a source model to a region: a new input layer, chosen weights frozen.

``adapt`` makes the model, ``freeze`` chooses what trains. Which parameters that is, is data: the
paper's options TL-a, TL-b and TL-c are declared in ``experiments/options.yaml``.
"""

from __future__ import annotations

import torch

from hydrotl_core.errors import WeightsError
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.recipe import Option, Training

INPUT_LAYER = ("input.weight", "input.bias")


def freeze(model: StreamflowLSTM, option: Option) -> None:
    """Let exactly the parameters of ``option`` train.

    Raises
    ------
    WeightsError
        If the option names a parameter that the model does not have.
    """
    names = {name for name, _ in model.named_parameters()}
    unknown = sorted(set(option.trained) - names)
    if unknown:
        raise WeightsError(
            f"option {option.title!r} trains {', '.join(unknown)}, "
            f"but the model has {', '.join(sorted(names))}"
        )
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name in option.trained)


def initial_model(seed: int, n_dynamic: int, n_static: int, training: Training) -> StreamflowLSTM:
    """A model drawn at random from ``seed``, leaving torch's global random state as it was.

    Parameters
    ----------
    n_dynamic, n_static
        Number of daily inputs and of attributes.
    training
        Its hidden size, dropout and forget bias.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return StreamflowLSTM(
            n_dynamic,
            n_static,
            training.hidden,
            training.dropconnect,
            training.output_dropout,
            training.forget_bias,
        )


def adapt(
    source: dict[str, torch.Tensor], seed: int, n_dynamic: int, n_static: int, training: Training
) -> StreamflowLSTM:
    """A model for other inputs that starts from the source's LSTM and output layer.

    The input layer is drawn anew from ``seed``, since its columns belong to other variables;
    everything else is copied bit by bit.

    Parameters
    ----------
    source
        Parameters of the source model by name.
    n_dynamic, n_static
        Number of the region's daily inputs and attributes.
    training
        How the model will be trained.

    Raises
    ------
    WeightsError
        If ``source`` has another hidden size than ``training``, lacks a parameter, or has one of
        another name, shape or dtype.
    """
    if hidden_size(source) != training.hidden:
        raise WeightsError(
            f"the source has hidden size {hidden_size(source)}, the recipe asks for "
            f"{training.hidden}"
        )
    model = initial_model(seed, n_dynamic, n_static, training)
    fresh = {name: p.detach().clone() for name, p in model.named_parameters()}
    kept = {name: value for name, value in source.items() if name not in INPUT_LAYER}
    load_strict(model, {**kept, **{name: fresh[name] for name in INPUT_LAYER}}, "source weights")
    return model


def hidden_size(parameters: dict[str, torch.Tensor]) -> int:
    """Hidden size H read off ``lstm.weight_hh`` ``[4H, H]``."""
    name = "lstm.weight_hh"
    if name not in parameters:
        raise WeightsError(f"weights have no {name}; they have {', '.join(sorted(parameters))}")
    return parameters[name].shape[-1]


def load_strict(model: StreamflowLSTM, parameters: dict[str, torch.Tensor], origin: str) -> None:
    """Copy ``parameters`` into ``model``; every name, shape and dtype must agree.

    Raises
    ------
    WeightsError
        Naming the parameter and what each side has.
    """
    own = dict(model.named_parameters())
    missing, extra = sorted(set(own) - set(parameters)), sorted(set(parameters) - set(own))
    if missing or extra:
        raise WeightsError(
            f"{origin}: model expects {', '.join(missing) or 'nothing more'}; "
            f"weights also have {', '.join(extra) or 'nothing more'}"
        )
    for name, parameter in own.items():
        given = parameters[name]
        if given.shape != parameter.shape or given.dtype != parameter.dtype:
            raise WeightsError(
                f"{origin}: {name} is {tuple(given.shape)} {given.dtype} in the weights, "
                f"{tuple(parameter.shape)} {parameter.dtype} in the model"
            )
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(parameters[name])
