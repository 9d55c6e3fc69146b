"""How a network is trained and moved: settings of a training, inputs, periods and options."""

from __future__ import annotations

import datetime as dt
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

Dropout = Annotated[float, Field(ge=0, lt=1)]


def _once(names: list[str]) -> list[str]:
    twice = dict.fromkeys(name for name in names if names.count(name) > 1)
    if twice:
        raise ValueError(f"{', '.join(twice)} listed twice: keep one")
    return names


Names = Annotated[list[str], AfterValidator(_once)]
#: A year outside is a misprint, or has lost digits.
FIRST_YEAR, LAST_YEAR = 1700, 2200


def _choices(stated: Any) -> set[Any]:
    """Types that a field may have, without what is said about them."""
    if get_origin(stated) is Annotated:
        return _choices(get_args(stated)[0])
    if get_origin(stated) in (Union, UnionType):
        return set().union(*map(_choices, get_args(stated)))
    return {stated}


def _truth_as_number(value: Any, stated: Any) -> bool | None:
    """The first true or false in ``value``, in lists and mappings too, where a number belongs."""
    choices = _choices(stated)
    if isinstance(value, bool):
        return value if choices & {int, float} and bool not in choices else None
    if not isinstance(value, (dict, list, tuple)):
        return None
    inside = value.values() if isinstance(value, dict) else value
    # The last argument is what a mapping or list holds; pairs are of one type here.
    of = [get_args(c)[-1] for c in choices if get_origin(c) in (dict, list, tuple)]
    found = (_truth_as_number(one, kind) for kind in of for one in inside)
    return next((truth for truth in found if truth is not None), None)


class Strict(BaseModel):
    """Unknown keys are errors, numbers are finite, values never change after validation.

    True and false are no numbers.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth(cls, value: Any, info: ValidationInfo) -> Any:
        truth = _truth_as_number(value, cls.model_fields[str(info.field_name)].annotation)
        if truth is not None:
            raise ValueError(f"{str(truth).lower()} is no number: give one")
        return value


class Training(Strict):
    """How one model is trained. Defaults are the paper's choices (Table S2, hydroDL)."""

    hidden: int = Field(256, gt=0, le=10_000)
    dropconnect: Dropout = 0.5
    output_dropout: Dropout = 0.0
    forget_bias: float = 0.0
    window: int = Field(365, gt=1, le=100_000, description="days of one training instance")
    warmup: int = Field(0, ge=0, description="first days of a window outside the loss")
    warmup_gradient: bool = Field(True, description="gradients reach back through the warm-up")
    batch: int = Field(100, gt=0, le=100_000)
    updates: int | None = Field(
        None, gt=0, le=10**9, description="number of updates; or give epochs"
    )
    epochs: int | None = Field(None, gt=0, le=10**6, description="the paper's epochs")
    optimizer: Literal["adadelta", "adam", "adamw"] = "adadelta"
    lr: float = Field(1.0, gt=0)
    schedule: Literal["constant", "onecycle"] = "constant"
    weight_decay: float = Field(0.0, ge=0)
    clip: float | None = Field(None, gt=0, description="bound on the gradient's norm")
    loss: Literal["rmse", "mse", "nse"] = "rmse"
    transform: Literal["zscore", "log_sqrt"] = "log_sqrt"
    per_precipitation: bool = Field(True, description="flow divided by mean precipitation")
    precision: Literal["float32", "bfloat16"] = Field(
        "float32", description="of the LSTM layer in training; all else is float32"
    )
    drop: Dropout = Field(0.0, description="share of windows that lose optional inputs")
    drop_from: Dropout = Field(0.0, description="share of the updates before which none does")
    drop_family: Dropout = Field(0.5, description="of these, share without a given family")
    drop_one: Dropout = Field(0.1, description="of these, share without a given input of the rest")
    noise: float = Field(0.0, ge=0, description="on their attributes, in standard deviations")
    missing: Literal["replace", "mean"] = Field(
        "replace", description="missing inputs: 0 and a flag, or the mean of the families present"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Training:
        if (self.updates is None) == (self.epochs is None):
            raise ValueError("give either updates or epochs")
        if self.warmup >= self.window:
            raise ValueError(f"warmup ({self.warmup}) must be shorter than window ({self.window})")
        if self.loss == "nse" and (self.transform != "zscore" or self.per_precipitation):
            raise ValueError("loss nse weighs errors in mm/day: it needs plain z-scores")
        return self


class Inputs(Strict):
    """Input variables in the order of the columns of the input layer.

    Those in ``optional``, by family, may be missing: a flag beside each says so.
    """

    dynamic: Names = Field(min_length=1)
    static: Names = []
    optional: dict[str, Names] = {}

    @model_validator(mode="after")
    def _declared(self) -> Inputs:
        _once([*self.dynamic, *self.static])
        optional = [name for family in self.optional.values() for name in family]
        unknown = sorted(set(optional) - {*self.dynamic, *self.static})
        if unknown:
            raise ValueError(f"optional {', '.join(unknown)}: not among the inputs: add it there")
        if len(set(optional)) < len(optional):
            raise ValueError("an optional input belongs to one family, once")
        return self


class Period(Strict):
    """Days from ``start`` to before ``end``."""

    start: dt.date
    end: dt.date

    @model_validator(mode="before")
    @classmethod
    def _pair(cls, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            if len(value) != 2:
                raise ValueError("a period must be [first day, day after the last]")
            value = {"start": value[0], "end": value[1]}
        days = [value.get(key) for key in ("start", "end")] if isinstance(value, dict) else []
        for day in days:  # of a number, pydantic would count the seconds since 1970
            if isinstance(day, (int, float)) or (isinstance(day, str) and "-" not in day[1:]):
                raise ValueError(f"{day!r} is not a day in the form YYYY-MM-DD")
        return value

    @model_validator(mode="after")
    def _ordered(self) -> Period:
        if self.start.year < FIRST_YEAR or self.end.year > LAST_YEAR:
            raise ValueError(
                f"period {self.start}..{self.end} is not in the years {FIRST_YEAR} to {LAST_YEAR}: "
                "correct the year"
            )
        if self.start >= self.end:
            raise ValueError(
                f"period starts on {self.start}, not before its end {self.end}: "
                "put the earlier day first"
            )
        return self

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days


#: Parameters of :class:`hydrotl_core.model.StreamflowLSTM`; an option trains some of them.
PARAMETERS = (
    "input.weight",
    "input.bias",
    "lstm.weight_ih",
    "lstm.weight_hh",
    "lstm.bias_ih",
    "lstm.bias_hh",
    "output.weight",
    "output.bias",
)


class Option(Strict):
    """A way to transfer: where the input layer comes from, and what is trained of the model.

    ``trained`` are the parameters that train; all others stay frozen. With ``inputs: new``, as in
    the paper, the input layer is drawn anew for the region's variables and their own scales; with
    ``inputs: source`` it is the source's, with its scales. ``rates`` are factors of the recipe's
    learning rate per parameter. ``anchor`` pulls what trains towards the source's weights (L2-SP,
    Li et al. 2018, arXiv:1802.01483). ``readout`` fits the output layer anew in each basin, in
    closed form, with that penalty (:mod:`hydrotl_core.readout`).
    """

    title: str
    trained: list[str] = []
    inputs: Literal["new", "source"] = "new"
    rates: dict[str, Annotated[float, Field(gt=0)]] = {}
    anchor: float = Field(0.0, ge=0)
    readout: float | None = Field(None, gt=0, description="penalty of the closed form")

    @model_validator(mode="after")
    def _known(self) -> Option:
        unknown = sorted({*self.trained, *self.rates} - set(PARAMETERS))
        if unknown:
            known = ", ".join(PARAMETERS)
            raise ValueError(f"no parameter {', '.join(unknown)}; there are {known}")
        if self.inputs == "new" and not {"input.weight", "input.bias"} <= set(self.trained):
            raise ValueError("the input layer is new: input.weight and input.bias must train")
        if self.inputs == "new" and (self.anchor or self.readout is not None):
            raise ValueError("anchor and readout need the source's input layer (inputs: source)")
        return self
