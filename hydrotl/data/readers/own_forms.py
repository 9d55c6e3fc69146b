"""Forms of your own files: what ``region.yaml`` says of tables of days and of basins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from hydrotl.data.canonical import unit_of
from hydrotl.data.manifest import Canonical, Text
from hydrotl.data.readers.dates import DateFormat
from hydrotl.data.readers.generic import Decimal, Separator, known_encoding
from hydrotl.names import inner_path
from hydrotl_core.recipe import Strict

#: Attributes under the names that they get, and their units; degrees are not converted.
PLACES = {"area_km2": "km2", "latitude": "", "longitude": "", "elevation_m": "m"}
NETCDF = (".nc", ".nc4")
#: In place of a column's name: the column that has the basin's id as its name.
EACH_BASIN = "{basin}"


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _pattern(path: str) -> str:
    inner_path(path.replace("*", "x"), "path")
    return path


Pattern = Annotated[Text, AfterValidator(_pattern)]
Columns = Annotated[list[Text], BeforeValidator(_listed), Field(min_length=1, max_length=3)]


class OwnColumn(Strict):
    """A column, its unit, and what its values are to be multiplied by to be in that unit."""

    column: Text
    units: Text
    scale: float = Field(1.0, gt=0)
    missing: list[float] = Field([], description="numbers that mean a missing one in it alone")


class OwnFiles(Strict):
    """Files of one form."""

    path: Pattern = Field(description="in the folder; {basin} is the basin's id, * anything")
    basins: list[Text] = Field(
        [], description="only files (or, of a table with a column per basin, columns) of these"
    )
    basin_column: Text | None = Field(None, description="column of the ids: many basins in a file")
    separator: Separator = ","
    decimal: Decimal = "."
    thousands: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: Annotated[str, AfterValidator(known_encoding)] = "utf-8-sig"
    comment: Text | None = Field(None, description="lines on top that begin so are passed over")
    header: int = Field(1, ge=1, description="line that names the columns, below the comments")
    below_header: int = Field(0, ge=0, description="lines between it and the first day")
    date: Columns = Field(["date"], description="column of the date, or those of its parts")
    date_form: DateFormat | None = Field(None, description="strftime codes; none: YYYY-MM-DD")
    missing: list[float | str] = Field([], description="values that mean a missing one")
    columns: dict[Canonical, OwnColumn] = Field(min_length=1)

    @model_validator(mode="after")
    def _agreeing(self) -> Self:
        if self.decimal == self.thousands:
            raise ValueError("one sign cannot be decimal sign and that of thousands")
        if len(self.date) == 2 and self.date_form is None:
            raise ValueError("two columns of a date need a date_form, such as '%Y %j'")
        if self.wide:
            if len(self.columns) > 1 or self.basin_column is not None or "{basin}" in self.path:
                raise ValueError(
                    f"`column: '{EACH_BASIN}'` is of a table with one variable and a column per "
                    "basin: a path without {basin}, no `basin_column`, no other column"
                )
            if not self.basins:
                raise ValueError(f"`column: '{EACH_BASIN}'` needs `basins`, which columns to read")
        elif self.basin_column is None and self.path.count("{basin}") != 1:
            raise ValueError("`path` needs {basin} once, or the files a `basin_column`")
        return self

    @property
    def wide(self) -> bool:
        """Whether it is a table of one variable with a column per basin."""
        return any(one.column == EACH_BASIN for one in self.columns.values())


class OwnTable(Strict):
    """A table with a row per basin."""

    path: Pattern = Field(description="in the folder; with * several tables of the same basins")
    separator: Separator = ","
    decimal: Decimal = "."
    thousands: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: Annotated[str, AfterValidator(known_encoding)] = "utf-8-sig"
    comment: Text | None = Field(None, description="lines on top that begin so are passed over")
    header: int = Field(1, ge=1, description="line that names the columns, below the comments")
    below_header: int = Field(0, ge=0, description="lines between it and the first basin")
    id: Text = "id"
    missing: list[float | str] = Field([], description="values that mean a missing one")
    columns: dict[Text, OwnColumn] = Field(
        {}, description=f"columns of {', '.join(PLACES)}; all others keep their names"
    )
    text: list[Text] = Field([], description="columns of names or codes, also if of digits")
    leave_out: list[Text] = Field([], description="columns that are not read")

    @model_validator(mode="after")
    def _known(self) -> Self:
        if unknown := sorted(set(self.columns) - set(PLACES)):
            raise ValueError(f"no {', '.join(unknown)}: `columns` may name {', '.join(PLACES)}")
        return self


class OwnStation(Strict):
    """What is known of a basin that stands in no table."""

    area_km2: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    elevation_m: float | None = None


def native_units(files: Sequence[OwnFiles]) -> dict[str, str]:
    """Unit of each variable: that of the files, or the canonical one where these differ."""
    units: dict[str, set[str]] = {}
    for group in files:
        for name, column in group.columns.items():
            units.setdefault(name, set()).add(column.units)
    return {name: one.pop() if len(one) == 1 else unit_of(name) for name, one in units.items()}
