"""Transforms and z-scores, fitted on the training period and stored with the weights.

Two choices: plain z-scores (``zscore``), or the paper's ``log_sqrt``, which takes
log10(sqrt(x) + 0.1) of precipitation and streamflow first. Statistics are pooled over all training
basins and days. A missing input is 0 after scaling, which is its mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import xarray as xr
from pydantic import BaseModel, ConfigDict

from hydrotl_core.errors import DataError

Transform = Literal["none", "log_sqrt"]
STREAMFLOW = "streamflow"
PRECIPITATION = "prcp"


class Scale(BaseModel):
    """``z = (transform(x) - mean) / std``, for an optional attribute kept in ``low..high``."""

    model_config = ConfigDict(frozen=True)

    transform: Transform = "none"
    mean: float
    std: float
    low: float | None = None
    high: float | None = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Scaled values, float32, NaN kept."""
        if self.transform == "log_sqrt":
            x = np.log10(np.sqrt(x) + 0.1)
        if self.low is not None or self.high is not None:
            x = np.clip(x, self.low, self.high)
        return ((x - self.mean) / self.std).astype(np.float32)

    def inverse(self, z: np.ndarray) -> np.ndarray:
        """Physical values of ``z``; what the transform cannot produce is cut at 0."""
        x = z.astype(np.float64) * self.std + self.mean
        if self.transform == "log_sqrt":
            x = np.maximum(10.0**x - 0.1, 0.0) ** 2
        return x


class Scaler(BaseModel):
    """All scales of one model; goes into the metadata of its weights.

    ``static`` maps a numeric attribute to its scale, ``categories`` a categorical one to its
    categories over the training basins (one-hot; an unknown category is all zero). ``optional``
    are the inputs that may be missing, by family: each has a flag in the last static columns.
    """

    model_config = ConfigDict(frozen=True)

    dynamic: dict[str, Scale]
    static: dict[str, Scale]
    categories: dict[str, list[str]] = {}
    attributes: list[str] = []
    optional: dict[str, list[str]] = {}
    streamflow: Scale
    per_precipitation: bool = False

    @property
    def n_dynamic(self) -> int:
        """Number of daily inputs."""
        return len(self.dynamic)

    @property
    def n_static(self) -> int:
        """Number of static inputs after one-hot coding, flags included."""
        coded = sum(len(c) for c in self.categories.values())
        return len(self.static) + coded + len(self.flagged)

    @property
    def flagged(self) -> list[str]:
        """Inputs that may be missing, in the order of their flags."""
        return [name for family in self.optional.values() for name in family]

    @property
    def input_names(self) -> list[str]:
        """Names of the columns of the input layer, in order."""
        names = list(self.dynamic)
        for attribute in self.attributes:
            if attribute in self.categories:
                names += [f"{attribute}={c}" for c in self.categories[attribute]]
            else:
                names.append(attribute)
        return [*names, *(f"no {name}" for name in self.flagged)]


def _scale(values: np.ndarray, transform: Transform, name: str) -> Scale:
    """Scale with the statistics of ``values``; a constant variable gets std 1."""
    values = values[np.isfinite(values)].astype(np.float64)
    if values.size == 0:
        raise DataError(f"{name} has no value in the training period: nothing to scale by")
    if transform == "log_sqrt":
        values = np.log10(np.sqrt(values) + 0.1)
    # Compared, not computed: the rounding of a mean gives equal values a tiny deviation.
    std = float(values.std()) if values.min() < values.max() else 1.0
    return Scale(transform=transform, mean=float(values.mean()), std=std)


def require(ds: xr.Dataset, names: Sequence[str], what: str) -> None:
    """Raise a DataError that names the variables which ``ds`` lacks."""
    missing = [name for name in names if name not in ds.data_vars]
    if missing:
        has = sorted(str(name) for name in ds.data_vars)
        raise DataError(
            f"{what} {', '.join(missing)} not in data set "
            f"{ds.attrs.get('source', '')!s}, which has {', '.join(has)}: take some of these"
        )


def mean_precipitation(ds: xr.Dataset, training: np.ndarray) -> np.ndarray:
    """Mean precipitation of each basin over its training days, ``[basin]``, mm/day."""
    require(ds, [PRECIPITATION], "forcing")
    rain = np.where(training, ds[PRECIPITATION].values, np.nan)
    mean = np.nanmean(rain, axis=1)
    if not np.all(mean > 0):
        dry = ds["basin"].values[~(mean > 0)]
        raise DataError(f"mean precipitation is not positive in basin {', '.join(map(str, dry))}")
    return mean


def fit_scaler(
    ds: xr.Dataset,
    training: np.ndarray,
    dynamic: Sequence[str],
    static: Sequence[str],
    transform: Literal["zscore", "log_sqrt"],
    per_precipitation: bool,
    optional: Mapping[str, Sequence[str]] | None = None,
) -> Scaler:
    """Fit all scales on the training days.

    Parameters
    ----------
    ds
        Canonical data set.
    training
        True on the training days of each basin, ``[basin, time]``.
    dynamic, static
        Input variables in order.
    transform
        ``log_sqrt`` transforms precipitation and streamflow first.
    per_precipitation
        Divide streamflow by the basin's mean precipitation (the paper's recipe).
    optional
        Inputs that may be missing where the model is used, by family. Attributes among them are
        kept within the range of the training basins.

    Raises
    ------
    DataError
        If a variable is absent or has no value in the training period, or an optional one is text.
    """
    optional = optional or {}
    may_miss = {name for family in optional.values() for name in family}
    require(ds, [*dynamic, STREAMFLOW], "variables")
    require(ds, static, "attributes")
    skewed: Transform = "log_sqrt" if transform == "log_sqrt" else "none"

    scales = {
        name: _scale(
            ds[name].values[training],
            skewed if name.split("_")[0] == PRECIPITATION else "none",
            name,
        )
        for name in dynamic
    }
    numeric: dict[str, Scale] = {}
    categories: dict[str, list[str]] = {}
    for name in static:
        values = ds[name].values
        if values.dtype.kind in "OUST":
            if name in may_miss:
                raise DataError(f"optional attribute {name} is text: only numbers can be optional")
            present = {str(v) for v in values if isinstance(v, str) and v}
            categories[name] = sorted(present)
        else:
            numeric[name] = _scale(values, "none", name)
            if name in may_miss:
                ends = {"low": float(np.nanmin(values)), "high": float(np.nanmax(values))}
                numeric[name] = numeric[name].model_copy(update=ends)
    flow = ds[STREAMFLOW].values
    if per_precipitation:
        flow = flow / mean_precipitation(ds, training)[:, None]
    return Scaler(
        dynamic=scales,
        static=numeric,
        categories=categories,
        attributes=list(static),
        optional={family: list(names) for family, names in optional.items()},
        streamflow=_scale(flow[training], skewed, STREAMFLOW),
        per_precipitation=per_precipitation,
    )
