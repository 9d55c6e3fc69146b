"""The data manifest: what each data set is, where it comes from and what its columns mean.

``data_manifest.yaml`` holds one entry per data set. Everything a reader needs to know about
names, units and missing codes is there, so another data set in a known layout is an entry, not
code. Entries are validated once, on loading; an error names the file, the key and the reason.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from hydrotl.config import Settings, validated
from hydrotl.data.canonical import UNITS
from hydrotl.names import PathName, inner_path, same_file
from hydrotl.paths import MANIFEST_NAME, project_root
from hydrotl.yamlfile import load_yaml
from hydrotl_core.errors import ConfigError
from hydrotl_core.recipe import Period, Strict
from hydrotl_core.scaling import STREAMFLOW

#: ``open``: fetched by URL; ``registration``, ``manual``: fetched by hand, with or without an
#: account; ``package``: inside an installed Python package; ``local``: files of your own.
Access = Literal["open", "registration", "manual", "package", "local"]


def _inside(folder: str) -> str:
    """A relative path that stays inside the folder it is relative to."""
    inner_path(folder, "folder")
    return folder


def _canonical(name: str) -> str:
    if name not in UNITS:
        raise ValueError(f"not a canonical variable; use one of {', '.join(UNITS)}")
    return name


def _host(name: str) -> str:
    if urlsplit(f"//{name}").hostname != name:
        raise ValueError(f"{name!r} is not the name of a host in small letters, such as zenodo.org")
    return name


def _unique(names: list[str]) -> list[str]:
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ValueError(f"{', '.join(doubled)} listed twice")
    return names


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=100)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]
Doi = Annotated[str, StringConstraints(pattern=r"^10\.\d{4,9}/\S+$")]
Inside = Annotated[str, AfterValidator(_inside)]
Host = Annotated[str, AfterValidator(_host)]
Canonical = Annotated[str, AfterValidator(_canonical)]
Names = Annotated[list[Text], AfterValidator(_unique)]


class RemoteFile(Strict):
    """One file of a data set as its publisher offers it."""

    name: PathName = Field(description="file name; where it is unpacked, the archive's name")
    url: Url | None = Field(None, description="none: it must be fetched by hand")
    sha256: Sha256 | None = Field(
        None, description="none: recorded at the first download and checked from then on"
    )
    size: int | None = Field(None, gt=0, description="bytes; none: as many as the server says")
    hosts: list[Host] = Field(
        [], description="hosts that the url's may redirect to; none: any, which is said"
    )
    unpack: Literal["zip", "tar"] | None = None
    into: Inside = Field("", description="folder of the file or archive inside the data set's")
    root: Inside = Field("", description="folder of the archive whose content is unpacked")
    members: list[Text] = Field(
        default_factory=list, description="patterns (`a/*`) under root to unpack; none: all"
    )
    note: Text | None = None

    @property
    def path(self) -> str:
        """Path of the file or archive inside the data set's folder."""
        return str(PurePosixPath(self.into) / self.name)


class Variable(Strict):
    """Native column and unit of a canonical variable."""

    native: Text
    units: Text


class Attributes(Strict):
    """Static attributes: roles that code relies on, and lists that experiments choose from."""

    id_column: Text | None = None
    area: Text | None = Field(None, description="attribute with the basin area in km2")
    latitude: Text | None = None
    longitude: Text | None = None
    elevation: Text | None = Field(None, description="attribute with the mean elevation in m")
    slope: Variable | None = Field(None, description="attribute with the mean slope, and its unit")
    radiation: Literal["daylight", "day"] | None = Field(
        None, description="whether srad is the mean of the hours of daylight or of all 24"
    )
    forest: Variable | None = Field(None, description="share of forest; `a + b` adds two columns")
    sand: Variable | None = Field(None, description="share of sand in the soil")
    clay: Variable | None = Field(None, description="share of clay in the soil")
    lai: Variable | None = Field(None, description="largest monthly leaf area index")
    soil_depth: Variable | None = Field(None, description="depth of the soil")
    table_s1: Names = Field([], description="attributes of the paper's Table S1")
    uses_flow: Names = Field([], description="attributes computed from observed streamflow")
    text: Names = Field([], description="attributes that are names or codes, also if of digits")
    not_flow: Names = Field([], description="those that are not, although their names say so")
    averaged: Period | None = Field(
        None, description="days that the published averages of weather and flow are of"
    )
    about: dict[Text, Text] = Field({}, description="meaning and unit of attributes, for tables")
    values: dict[Text, dict[Text, float]] = Field(
        {}, description="attributes by basin, of data that come without a table"
    )

    @model_validator(mode="after")
    def _one_role_each(self) -> Attributes:
        """A column is an id, an area, a coordinate or a height, but not two of them."""
        seen: dict[str, str] = {}
        for role in ("id_column", "area", "latitude", "longitude", "elevation"):
            column = getattr(self, role)
            if column is not None and seen.setdefault(column, role) != role:
                raise ValueError(
                    f"column {column!r} cannot be {seen[column]} and {role} at once: correct one"
                )
        return self


class Screen(Period):
    """Which basins an experiment uses: bounded share of missing flow, and a latitude band.

    ``start`` and ``end`` bound the days on which missing flow is counted.
    """

    max_missing: float = Field(ge=0, le=1, description="share of days; of a basin must be less")
    latitude: tuple[float, float] | None = None
    of_paper: bool = Field(False, description="the paper's own, which counts test days as well")

    @model_validator(mode="after")
    def _south_to_north(self) -> Screen:
        if self.latitude and not -90 <= self.latitude[0] < self.latitude[1] <= 90:
            raise ValueError(f"latitude {list(self.latitude)} must be [south, north] in degrees")
        return self


class Dataset(Strict):
    """One data set: origin, terms of use, files, layout and meaning of its columns."""

    title: Text
    country: Text
    landing_page: Url | None = None
    doi: Doi | None = None
    licence: Text
    citation: list[Text]
    access: Access
    access_note: Text | None = Field(None, description="how to obtain files that need a hand")
    package: Text | None = Field(None, description="Python package that holds the files")
    files: list[RemoteFile] = Field(default_factory=list)
    folder: Text = Field(
        description="relative to the data folder (`package`: in the package; `local`: or absolute)"
    )
    reader: Key
    options: dict[str, Any] = Field({}, description="validated by the reader")
    missing: list[float | str] = Field([], description="values that mean a missing one")
    variables: dict[Canonical, Variable] = Field(min_length=1)
    attributes: Attributes = Attributes()
    diurnal_range: float | None = Field(
        None, gt=0, description="mean tmax less tmin in K, for data with mean temperature only"
    )
    screens: dict[str, Screen] = Field(default_factory=dict)
    protocol: Settings = Field(
        default_factory=dict, description="training and test periods, by name"
    )
    notes: list[Text] = Field([], description="what a user of the data should know")

    @model_validator(mode="after")
    def _consistent(self) -> Dataset:
        if self.access != "local":
            _inside(self.folder)
            if self.landing_page is None or not self.citation:
                raise ValueError(f"access '{self.access}' needs landing_page and citation")
        if self.access == "open" and not (self.files and all(file.url for file in self.files)):
            raise ValueError("access 'open' needs files, each with a url")
        if self.access in ("registration", "manual", "package") and not self.access_note:
            raise ValueError(f"access '{self.access}' needs an access_note: what to do")
        if (self.access == "package") != (self.package is not None):
            raise ValueError("access 'package' and the key package belong together")
        _unique([same_file(file.path) for file in self.files])
        return self

    @property
    def forcings(self) -> list[str]:
        """Canonical names of the dynamic inputs, in the entry's order."""
        return [name for name in self.variables if name != STREAMFLOW]

    def natives(self, names: Iterable[str] | None = None) -> dict[str, str]:
        """Canonical name -> column in the files, of ``names`` (None: of all variables)."""
        wanted = self.variables if names is None else names
        return {name: self.variables[name].native for name in wanted}


class Manifest(Strict):
    """All data sets by key."""

    version: Literal[1]
    datasets: dict[Key, Dataset] = Field(min_length=1)

    def __getitem__(self, key: str) -> Dataset:
        """The data set ``key``; a ConfigError lists the known keys if there is none.

        A key that ends in ``.yaml`` is the path of a file with one entry, or of the
        ``region.yaml`` of a folder: your own data need no change to the project's manifest.
        """
        if key.endswith(".yaml"):
            content = load_yaml(Path(key))
            if isinstance(content, dict) and "files" in content and "reader" not in content:
                # That module is built on this one.
                from hydrotl.data.ownfile import load_own, own_entry

                return own_entry(load_own(key), Path(key).parent)
            return validated(Dataset, content, key)
        if key not in self.datasets:
            raise ConfigError(
                f"no data set '{key}' in the manifest; it has {', '.join(self.datasets)}"
            )
        return self.datasets[key]


def load_manifest(path: Path | None = None) -> Manifest:
    """Load and validate the manifest ``path``, by default ``data_manifest.yaml`` of the project.

    Raises
    ------
    ConfigError
        If the file is absent, is not YAML, holds a key twice or does not follow the schema;
        names the file, each wrong key and the reason.
    """
    path = project_root() / MANIFEST_NAME if path is None else Path(path)
    return validated(Manifest, load_yaml(path), str(path))


def own_dataset(
    folder: str | os.PathLike[str], variables: Mapping[str, tuple[str, str]], **fields: Any
) -> Dataset:
    """Manifest entry for a folder of your own files.

    Parameters
    ----------
    folder
        Absolute, or relative to the working directory.
    variables
        Canonical name -> (column name in the files, its unit), for example
        ``{"prcp": ("rain", "mm/day"), "streamflow": ("Q", "m3/s")}``.
    fields
        Other fields of :class:`Dataset`: ``title``, ``country``, ``licence`` and ``citation`` are
        copied into the canonical data; ``reader`` (by default ``generic``) and its ``options``
        describe the layout; ``missing`` lists values that mean a missing one, such as
        ``-999``; ``attributes`` names columns of the attribute table, of which ``area`` is needed
        where streamflow is in m3/s.

    Raises
    ------
    ConfigError
        If a variable is not canonical or any other field is not valid.
    """
    content = {
        "title": "own basins",
        "country": "unknown",
        "licence": "not stated",
        "citation": [],
        "reader": "generic",
        **fields,
        "access": "local",
        "folder": str(Path(folder).expanduser().absolute()),
        "variables": {
            name: {"native": native, "units": units} for name, (native, units) in variables.items()
        },
    }
    return validated(Dataset, content, f"own data set in {folder}")
