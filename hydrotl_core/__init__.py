"""Transfer streamflow LSTMs across continents (Ma et al. 2021).

To read the package in an hour, follow the data:

1. :mod:`~hydrotl_core.model`: the network, equations 1-8 of the paper.
2. :mod:`~hydrotl_core.transfer`: a new input layer for a region, and which weights stay frozen.
3. :mod:`~hydrotl_core.recipe`: what can be set: a training, inputs, periods, transfer options.
4. :mod:`~hydrotl_core.scaling` and :mod:`~hydrotl_core.arrays`: from an ``xarray.Dataset`` with the
   dimensions ``basin`` and ``time`` to scaled arrays.
5. :mod:`~hydrotl_core.training`, with :mod:`~hydrotl_core.windows` (a batch),
   :mod:`~hydrotl_core.loss`, :mod:`~hydrotl_core.engine` (an update on CPU or GPU) and
   :mod:`~hydrotl_core.checkpoint`: one loop, resumable to the bit.
6. :mod:`~hydrotl_core.weights`: files that know what they are.
7. :mod:`~hydrotl_core.simulation` and :mod:`~hydrotl_core.metrics`: flow, and how good it is;
   :mod:`~hydrotl_core.use`: from a weights file to flow in one call.

The public names below are imported when they are first used, so ``import hydrotl_core`` is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

#: Version of the arithmetic: raised whenever a change of the code moves a number (a simulation, a
#: score, an interval), for results of another version are then computed again.
NUMERICS = 1

if TYPE_CHECKING:
    from hydrotl_core.arrays import Arrays, build_arrays, in_period, observed_flow
    from hydrotl_core.metrics import ensemble_nse, kge, nse
    from hydrotl_core.model import StreamflowLSTM
    from hydrotl_core.recipe import Inputs, Option, Period, Training
    from hydrotl_core.scaling import Scaler, fit_scaler
    from hydrotl_core.simulation import series, simulate, to_dataset
    from hydrotl_core.training import train
    from hydrotl_core.transfer import adapt, freeze, initial_model
    from hydrotl_core.use import simulate_file
    from hydrotl_core.weights import Card, load_model, load_weights, save_weights

_PUBLIC = {
    "arrays": ("Arrays", "build_arrays", "in_period", "observed_flow"),
    "metrics": ("ensemble_nse", "kge", "nse"),
    "model": ("StreamflowLSTM",),
    "recipe": ("Inputs", "Option", "Period", "Training"),
    "scaling": ("Scaler", "fit_scaler"),
    "simulation": ("series", "simulate", "to_dataset"),
    "training": ("train",),
    "transfer": ("adapt", "freeze", "initial_model"),
    "use": ("simulate_file",),
    "weights": ("Card", "load_model", "load_weights", "save_weights"),
}
_HOME = {name: module for module, names in _PUBLIC.items() for name in names}
__all__ = [
    "NUMERICS",
    "Arrays",
    "Card",
    "Inputs",
    "Option",
    "Period",
    "Scaler",
    "StreamflowLSTM",
    "Training",
    "adapt",
    "build_arrays",
    "ensemble_nse",
    "fit_scaler",
    "freeze",
    "in_period",
    "initial_model",
    "kge",
    "load_model",
    "load_weights",
    "nse",
    "observed_flow",
    "save_weights",
    "series",
    "simulate",
    "simulate_file",
    "to_dataset",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
