"""Whether a record is whole, and says one thing: what follows from its scores is computed again.

Of numbers from which no other follows, such as a KGE, the record's checksum tells what was written
from what a disk or an editor made of it.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Collection, Mapping, Sequence, Sized
from pathlib import Path
from typing import Annotated, Any, NoReturn

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hydrotl_core.errors import ConfigError, FileError
from hydrotl_core.files import reason, set_aside

#: Scores are rounded to four decimals and products of errors to six; means of them differ by less.
ROUNDING = 2e-4
#: Key of a record's file that holds the hash of all else in it; of the file, not of the result.
CHECKSUM = "checksum"
DIGITS = 16

Values = list[float | None]


class Scores(BaseModel):
    """What the scores of models in some basins are made of; more may be said of them."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    basins: list[str]
    nse: Values
    members: int | None = Field(None, gt=0)
    nse_mean: float | None = None
    nse_median: float | None = None
    member_nse_median: Values | None = None
    member_nse: dict[str, Values] | None = None
    error_products: list[Values] | None = None
    kge: Values | None = None
    days_observed: list[Annotated[int, Field(ge=0)]] | None = None

    def problem(self) -> str | None:
        """The first contradiction; None if there is none."""
        if len(set(self.basins)) < len(self.basins):
            return "a basin is listed twice"
        for name, scores in (("an NSE", self.nse), ("a KGE", self.kge or ())):
            if any(score is not None and score > 1 for score in scores):
                return f"{name} is above 1"
        return self._other_length() or self._other_sum() or self._other_products()

    def _other_length(self) -> str | None:
        """What has more or fewer values than there are basins or members."""
        basins, n = len(self.basins), self.members
        of_basins = {f"member_nse of {m}": nse for m, nse in (self.member_nse or {}).items()}
        wanted: list[tuple[str, Sized, int]] = [("nse", self.nse, basins)]
        wanted += [(name, values, basins) for name, values in of_basins.items()]
        for name in ("kge", "days_observed", "error_products"):
            if (values := getattr(self, name)) is not None:
                wanted.append((name, values, basins))
        if n is not None:
            of_members = (self.member_nse, self.member_nse_median)
            wanted += [("member_nse", one, n) for one in of_members if one is not None]
            wanted += [
                ("error_products of a basin", one, n * (n + 1) // 2)
                for one in self.error_products or ()
            ]
        for name, values, number in wanted:
            if len(values) != number:
                return f"{name} has {len(values)} values, not {number}"
        return None

    def _other_sum(self) -> str | None:
        """Which mean or median is not that of its scores."""
        said = self.model_fields_set
        sums = [
            (name, getattr(self, name), self.nse, statistic)
            for name, statistic in (("nse_mean", np.mean), ("nse_median", np.median))
            if name in said
        ]
        medians, members = self.member_nse_median or (), (self.member_nse or {}).values()
        for median, scores in zip(medians, members, strict=False):
            sums.append(("a member's median NSE", median, scores, np.median))
        for name, value, scores, statistic in sums:
            known = [score for score in scores if score is not None]
            computed = float(statistic(known)) if known else None
            if value is None or computed is None:
                if value is not computed:
                    return f"{name} is {value}, but the scores give {computed}"
            elif _differ(value, computed):
                return f"{name} is {value:g}, but the scores give {computed:.4f}"
        return None

    def _other_products(self) -> str | None:
        """Which NSE of a mean flow does not follow from the products of the members' errors."""
        if self.members is None or not self.error_products:
            return None
        rows, columns = np.triu_indices(self.members)
        weights = np.where(rows == columns, 1, 2) / self.members**2
        for basin, score, products in zip(self.basins, self.nse, self.error_products, strict=False):
            computed = 1 - float(weights @ np.array(products, dtype=float))
            if score is not None and np.isfinite(computed) and _differ(score, computed):
                return f"the NSE of basin {basin} is {score:g}, but its errors give {computed:.4f}"
        return None


class CellScores(Scores):
    """Scores of a model in a setting of a region, of which nothing may be missing."""

    region: str
    setting: str
    option: str
    recipe: str
    source: str | None
    periods: dict[str, Any]
    provenance: dict[str, Any]
    members: int = Field(gt=0)
    nse_mean: float | None
    nse_median: float | None
    member_nse_median: Values
    member_nse: dict[str, Values]
    kge: Values
    days_observed: list[Annotated[int, Field(ge=0)]]

    def problem(self) -> str | None:
        """As of all scores; and no score is of no day."""
        scored = zip(self.basins, self.nse, self.days_observed, strict=False)
        for basin, score, days in scored:
            if score is not None and not days:
                return f"basin {basin} has a score of no day"
        return super().problem()


def checksum(record: Mapping[str, Any]) -> str:
    """Hash of all that a record says, whatever the order of its keys and the layout of its file."""
    said = json.loads(json.dumps({key: v for key, v in record.items() if key != CHECKSUM}))
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


class DamagedRecordError(ConfigError):
    """A record that is not whole, or contradicts itself."""


def load_record(path: Path) -> dict[str, Any]:
    """A record from its file.

    Raises
    ------
    ConfigError
        If there is none, naming the command that makes it, or it is damaged.
    FileError
        If it cannot be read.
    """
    try:
        return parse_record(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"no results at {path}: `hydrotl run` or `hydrotl check` make them"
        ) from None
    except OSError as error:
        raise FileError(f"{path} cannot be read ({reason(error)})") from error
    except ValueError as error:  # also of text that is not UTF-8
        raise DamagedRecordError(
            f"{path} is not a results file, or damaged ({error}): restore it (`git checkout -- "
            "FILE` where it was committed), or move it away to have it computed again"
        ) from None


def heal_record(path: Path, keys: Collection[str] = (), basins: Sequence[str] = ()) -> None:
    """Set a damaged record aside where it is about to be computed again, and say so.

    One with a key of ``keys`` is of ``basins``; one that names others is damaged, too.
    """
    try:
        if path.is_file():
            record = load_record(path)
            if record.get("key") in keys and record.get("basins") != list(basins):
                raise DamagedRecordError(f"{path} names other basins than its data have")
    except DamagedRecordError as error:
        what = str(error).rsplit(": restore it", 1)[0]
        warnings.warn(f"{what}: kept as {set_aside(path).name}, and computed again", stacklevel=2)


def parse_record(text: str) -> dict[str, Any]:
    """A record from its JSON, without its checksum.

    A summary has no checksum: it is made of records, and again whenever one is added.

    Raises
    ------
    ValueError
        If it is not JSON, holds a key twice or a number that is none, lacks something, contradicts
        itself or its checksum.
    """
    try:
        record = json.loads(text, parse_constant=_no_number, object_pairs_hook=_once)
        if not isinstance(record, dict):
            raise ValueError("it is no mapping")
        written = checksum(record)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    of_cell = "option" in record or "setting" in record
    if CHECKSUM not in record and (of_cell or "test_products" in record):
        raise ValueError("its checksum is gone")
    if of_cell or "nse" in record:
        try:
            problem = (CellScores if of_cell else Scores).model_validate(record).problem()
        except ValidationError as error:
            first = error.errors()[0]
            raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
        if problem is not None:
            raise ValueError(problem)
    if record.pop(CHECKSUM, written) != written:
        raise ValueError("it is not what was written, by its checksum")
    return record


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} occurs twice")
        found[key] = value
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _differ(one: float, other: float) -> bool:
    return abs(one - other) > ROUNDING * max(1.0, abs(other))
