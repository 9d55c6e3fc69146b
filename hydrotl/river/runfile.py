"""``run.yaml``: what was chosen, on which days, from which data, and the hash of every file used.

It has a checksum of its own, as records have. So a run that was copied badly, edited, or mixed with
another one is told from what ``hydrotl run`` wrote. Whoever changes a file with its hash and the
checksum is believed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from hydrotl.config import validated
from hydrotl.experiments.consistent import CHECKSUM, checksum
from hydrotl.names import inner_path, path_name
from hydrotl.river.plan import UNGAUGED
from hydrotl.yamlfile import dump_yaml, load_yaml
from hydrotl_core.errors import ConfigError
from hydrotl_core.recipe import Period, Strict

RUN = "run.yaml"
FORMAT: Literal[2] = 2
#: What to do with a run that is not as it was written.
AGAIN = "copy the whole folder again from where it came, or run `hydrotl run` again"
#: Shares are rounded to six digits, so that their sum may be off by as much for each.
ROUNDING = 1e-4


class Basin(Strict):
    """A basin of a run: where it is, and its days of training and, if there is one, of test."""

    latitude: float | None = None
    longitude: float | None = None
    area: float | None = Field(None, description="km2")
    train: Period
    test: Period | None = None


class Model(Strict):
    """A model of a run: its files, relative to the folder, and its share in the simulation."""

    weight: float = Field(0.0, ge=0, le=1)
    members: str | None = Field(None, description="folder of weights")
    layers: str | None = Field(None, description="folder of output layers of single basins")
    parameters: str | None = Field(None, description="table of GR4J's parameters")

    @field_validator("members", "layers", "parameters")
    @classmethod
    def _inside(cls, path: str | None) -> str | None:
        return path if path is None else str(inner_path(path, "path of a model's files"))

    @model_validator(mode="after")
    def _one_kind(self) -> Model:
        if (self.members is None) == (self.parameters is None):
            raise ValueError("a model has either `members` or `parameters`")
        if self.layers is not None and self.members is None:
            raise ValueError("`layers` are the output layers of `members`: name these, too")
        return self


class RunFile(Strict):
    """What ``run.yaml`` says."""

    format: Literal[2] = FORMAT
    title: str
    source: str
    study: str
    latitude: str = Field(description="attribute of inputs.nc that holds the latitude")
    basins: dict[str, Basin] = Field(min_length=1)
    models: dict[str, Model]
    chosen: str
    best: str = Field("", description="candidate that the held-out days point to")
    held_out: dict[str, float] = Field(description="NSE on held-out training days")
    default: str | None = Field(None, description="what the choice stays with if nothing is ahead")
    margin: float = 0.0
    pull: float = Field(0.0, description="share of the default in what is chosen")
    findings: list[str] = Field([])
    cautions: list[str] = Field([])
    citation: list[str] = Field([])
    seconds: dict[str, float] = Field({})
    data: dict[str, Any] = Field({})
    provenance: dict[str, Any] = Field({})
    files: dict[str, str] = Field({}, description="file of the run -> its sha256")

    @field_validator("models")
    @classmethod
    def _whole(cls, models: dict[str, Model]) -> dict[str, Model]:
        for name in models:
            path_name(name, "model")
        if UNGAUGED not in models or models[UNGAUGED].members is None:
            raise ValueError(
                f"no network {UNGAUGED!r}, the source as it is, which brings up the state of all "
                "others and simulates basins without a gauge"
            )
        total = sum(model.weight for model in models.values())
        if not abs(total - 1) < ROUNDING:
            raise ValueError(f"the weights of the models sum to {total:g}, not to 1")
        return models

    @field_validator("files")
    @classmethod
    def _inside(cls, files: dict[str, str]) -> dict[str, str]:
        for path in files:
            inner_path(path, "file of the run")
        return files

    @property
    def tested(self) -> bool:
        """Whether years were left for a test."""
        return any(basin.test is not None for basin in self.basins.values())


def write_yaml_file(folder: Path, file: RunFile) -> None:
    """Write :data:`RUN` with its checksum."""
    content = file.model_dump(mode="json", exclude_none=True)
    text = dump_yaml({**content, CHECKSUM: checksum(content)})
    (folder / RUN).write_text(text, encoding="utf-8")


def read_yaml_file(path: Path) -> RunFile:
    """What :func:`write_yaml_file` wrote.

    Raises
    ------
    ConfigError
        If it is not valid, not what was written, or of an earlier version.
    """
    content = load_yaml(path)
    if isinstance(content, dict):
        if content.get("format") == 1:
            raise ConfigError(
                f"{path} is of a run of an earlier version, which has no hashes of its files: run "
                "`hydrotl run` again (what took long is kept in its store)"
            )
        written = content.pop(CHECKSUM, None)
        if content.get("format") == FORMAT and written != _checksum(content):
            raise ConfigError(
                f"{path} is not what was written, by its checksum (`{CHECKSUM}`): {AGAIN}"
            )
    return validated(RunFile, content, str(path))


def _checksum(content: dict[str, Any]) -> str | None:
    try:
        return checksum(content)
    except (TypeError, ValueError):  # a date, or what else JSON does not know
        return None
