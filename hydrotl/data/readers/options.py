"""The reader options of a manifest entry, checked against the reader's own model."""

from typing import Literal, TypeVar

from hydrotl.config import validated
from hydrotl.data.manifest import Dataset
from hydrotl_core.recipe import Strict

#: What to do with a day that a record skips.
Gaps = Literal["error", "nan"]

#: What to do with a day whose tmin lies above its tmax.
CrossedTemperatures = Literal["error", "nan"]

OptionsT = TypeVar("OptionsT", bound=Strict)


def parse_options(model: type[OptionsT], dataset: Dataset) -> OptionsT:
    """Options of ``dataset`` as the reader's ``model``.

    Raises
    ------
    ConfigError
        Naming the data set, the option and the reason; an unknown option is an error.
    """
    known = ", ".join(model.model_fields)
    return validated(model, dataset.options, f"{dataset.title}: `options` (known: {known})")
