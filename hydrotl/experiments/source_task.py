"""One member of a source ensemble: its files, and whether it is trained already."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hydrotl.config import Source, load_recipe, load_source
from hydrotl_core.errors import ConfigError
from hydrotl_core.weights import Card, load_weights

# What of a source its weights depend on; its title or test period may change.
DECISIVE = ("dataset", "inputs", "train", "subset")


@dataclass(frozen=True)
class SourceTask:
    """One member of a source ensemble to train into ``folder``.

    ``data`` is a packed file to read instead of the data folder, ``recipe`` replaces the
    source's own. Checkpoint and lock are in ``runs``, named after the weights' folder.
    """

    name: str
    member: int
    folder: Path
    runs: Path
    device: str = "cpu"
    quiet: bool = False
    validation_days: int = 0
    validate_every: int = 1000
    data: Path | None = None
    recipe: str | None = None
    checkpoint_seconds: float = 60.0

    @property
    def title(self) -> str:
        """Name of the task in messages."""
        return f"{Path(self.name).stem} member {self.member}"

    @property
    def weights(self) -> Path:
        """The file that is written when training is done."""
        return self.folder / f"member-{self.member}.safetensors"

    @property
    def checkpoint(self) -> Path:
        """The file from which a stopped run goes on."""
        kind = f"-held-out-{self.validation_days}" if self.validation_days else ""
        return self.runs / f"{self.folder.name}{kind}-{self.member}.safetensors"

    @property
    def lock(self) -> Path:
        """The lock of the weights file, whatever is trained into it."""
        return self.runs / f"{self.folder.name}-{self.member}.lock"

    def source(self) -> Source:
        """The source, with the task's recipe."""
        source = load_source(self.name)
        return source.model_copy(update={"recipe": self.recipe}) if self.recipe else source


def finished(task: SourceTask) -> bool:
    """Whether the weights of ``task`` are there.

    Raises
    ------
    WeightsError
        If the file is damaged.
    ConfigError
        If it holds weights of something else.
    """
    if not task.weights.is_file():
        return False
    _, card = load_weights(task.weights)
    source = task.source()
    other = differing(card, source)
    if card.training != load_recipe(source.recipe).source_training(source.subset):
        other.append("recipe")
    if ("validation" in card.provenance) != bool(task.validation_days):
        other.append("days held out")
    if other:
        raise ConfigError(
            f"{task.weights} was trained with another {', another '.join(other)}: move it "
            "away, or train into another folder (--out)"
        )
    return True


def differing(card: Card, source: Source) -> list[str]:
    """Keys in which weights are of another source than ``source``."""
    wanted = source.model_dump(mode="json")
    return [key for key in DECISIVE if card.protocol[key] != wanted[key]]
