"""Moving a source model to a region: a new input layer or the source's, chosen weights frozen.

``adapt`` (a new input layer, as in the paper) or ``warm_start`` (the source's, with its scales)
makes the model, ``freeze`` chooses what trains. Which parameters that is, is data: the options are
declared in ``experiments/options.yaml``.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from hydrotl_core.errors import WeightsError
from hydrotl_core.missing import flag_groups
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.recipe import Option, Training
from hydrotl_core.scaling import Scaler

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


def initial_model(
    seed: int,
    n_dynamic: int,
    n_static: int,
    training: Training,
    families: Sequence[Sequence[int]] = (),
) -> StreamflowLSTM:
    """A model drawn at random from ``seed``, leaving torch's global random state as it was.

    Parameters
    ----------
    n_dynamic, n_static
        Number of daily inputs and of attributes.
    training
        Its hidden size, dropout and forget bias.
    families
        See :class:`hydrotl_core.model.StreamflowLSTM`.
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
            families,
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
    require_hidden(source, training)
    model = initial_model(seed, n_dynamic, n_static, training)
    fresh = {name: p.detach().clone() for name, p in model.named_parameters()}
    kept = {name: value for name, value in source.items() if name not in INPUT_LAYER}
    load_strict(model, {**kept, **{name: fresh[name] for name in INPUT_LAYER}}, "source weights")
    return model


def averaged_families(scaler: Scaler, training: Training) -> list[list[int]]:
    """Flags of the families that the input layer averages over; empty where it adds them up."""
    return flag_groups(scaler) if training.missing == "mean" else []


def extended_scaler(source: Scaler, own: Scaler) -> Scaler:
    """The source's scales, and those of a region for the inputs that the source does not have.

    Streamflow keeps the source's scale, so that its output layer fits too.
    """
    attributes = [name for name in own.attributes if name not in source.attributes]
    return source.model_copy(
        update={
            "dynamic": source.dynamic
            | {name: own.dynamic[name] for name in own.dynamic if name not in source.dynamic},
            "static": source.static
            | {name: own.static[name] for name in attributes if name in own.static},
            "categories": source.categories
            | {name: own.categories[name] for name in attributes if name in own.categories},
            "attributes": [*source.attributes, *attributes],
        }
    )


def warm_start(
    source: dict[str, torch.Tensor], names: Sequence[str], scaler: Scaler, training: Training
) -> StreamflowLSTM:
    """A model that starts as the source, its input layer included.

    Columns of inputs that the source does not have start at 0: before training, the model is the
    source model, whatever they hold.

    Parameters
    ----------
    source
        Parameters of the source model by name.
    names
        Of the source's columns (:attr:`hydrotl_core.scaling.Scaler.input_names`).
    scaler
        Of the new model (:func:`extended_scaler`).
    training
        How the model will be trained.

    Raises
    ------
    WeightsError
        If an input of the source is missing, or its weights do not fit ``names`` or ``training``.
    """
    missing = [name for name in names if name not in scaler.input_names]
    if missing:
        raise WeightsError(f"the source's inputs {', '.join(missing)} have no column in the model")
    if source["input.weight"].shape[1] != len(names):
        raise WeightsError(
            f"the source's input layer has {source['input.weight'].shape[1]} columns, "
            f"its scaler names {len(names)}"
        )
    require_hidden(source, training)
    model = initial_model(
        0, scaler.n_dynamic, scaler.n_static, training, averaged_families(scaler, training)
    )
    weight = torch.zeros(training.hidden, len(scaler.input_names))
    weight[:, [scaler.input_names.index(name) for name in names]] = source["input.weight"]
    load_strict(model, {**source, "input.weight": weight}, "source weights")
    return model


def hidden_size(parameters: dict[str, torch.Tensor]) -> int:
    """Hidden size H read off ``lstm.weight_hh`` ``[4H, H]``."""
    name = "lstm.weight_hh"
    if name not in parameters:
        raise WeightsError(f"weights have no {name}; they have {', '.join(sorted(parameters))}")
    return parameters[name].shape[-1]


def require_hidden(source: dict[str, torch.Tensor], training: Training) -> None:
    """Raise a WeightsError if ``source`` has another hidden size than ``training``."""
    if (size := hidden_size(source)) != training.hidden:
        raise WeightsError(
            f"the source has hidden size {size}, the recipe asks for {training.hidden}: give the "
            "recipe's `transfer` the source's, or train the source again"
        )


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
