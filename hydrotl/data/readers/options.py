"""The reader options of a manifest entry, checked against the reader's own model."""

from typing import Literal, TypeVar

from pydantic import Field

from hydrotl.config import validated
from hydrotl.data.manifest import Dataset
from hydrotl_core.recipe import Strict

OnFault = Literal["error", "nan"]


class ReaderOptions(Strict):
    """Options of every reader."""

    gaps: OnFault = Field("error", description="a day that a record skips; nan: missing values")
    tmin_above_tmax: OnFault = Field(
        "error", description="a day with tmin above tmax; nan: both are missing"
    )


OptionsT = TypeVar("OptionsT", bound=ReaderOptions)


def parse_options(model: type[OptionsT], dataset: Dataset) -> OptionsT:
    """Options of ``dataset`` as the reader's ``model``.

    Raises
    ------
    ConfigError
        Naming the data set, the option and the reason; an unknown option is an error.
    """
    known = ", ".join(model.model_fields)
    return validated(model, dataset.options, f"{dataset.title}: `options` (known: {known})")
