"""The seal of a run: the hash of every file of it that is read again, kept in ``run.yaml``."""

from __future__ import annotations

from pathlib import Path

from hydrotl.data.unpack import sha256_of
from hydrotl.river.runfile import AGAIN, RunFile
from hydrotl_core.errors import ConfigError, FileError
from hydrotl_core.files import reason

INPUTS, SERIES, SCORES, BAND = "inputs.nc", "series.nc", "scores.csv", "band.json"
#: What was found, and nothing is simulated with.
RESULTS = (SERIES, SCORES)


def seal_of(folder: Path, file: RunFile) -> dict[str, str]:
    """sha256 of each file of the run in ``folder`` that is read again, by its path in there."""
    paths = [*_single(file), *sorted(_networks(folder, file))]
    return {path: sha256_of(folder / path) for path in paths if (folder / path).is_file()}


def check_seal(folder: Path, file: RunFile) -> None:
    """Raise a ConfigError if a file of the model is missing, another one, or one too many.

    Its series and scores are looked at where they are read (:func:`check_file`): who opened a table
    elsewhere and saved it has the model all the same.

    Raises
    ------
    ConfigError
        It names the file and says what to do.
    FileError
        If a file cannot be read.
    """
    networks = _networks(folder, file)
    wanted = [*_single(file), *_needed(file), *file.files, *sorted(networks)]
    for path in dict.fromkeys(wanted):
        if path not in RESULTS:
            check_file(folder, file, path)


def check_file(folder: Path, file: RunFile, path: str) -> Path:
    """The file ``path`` of a run, if it is what was written; the errors of :func:`check_seal`."""
    place = folder / path
    if path not in file.files:
        what = "is not sealed in" if place.exists() else "is missing, also in"
        raise ConfigError(f"{place} {what} run.yaml (`files`): {AGAIN}")
    try:
        found = sha256_of(place)
    except FileNotFoundError:
        raise ConfigError(f"{place} is missing from the run: {AGAIN}") from None
    except OSError as error:
        raise FileError(f"{place} cannot be read ({reason(error)})") from error
    if found != file.files[path]:
        raise ConfigError(
            f"{place} is not what `hydrotl run` wrote, by its hash in run.yaml: {AGAIN}"
        )
    return place


def _single(file: RunFile) -> list[str]:
    tables = [model.parameters for model in file.models.values() if model.parameters]
    return [INPUTS, BAND, *RESULTS, *dict.fromkeys(tables)]


def _needed(file: RunFile) -> list[str]:
    """A first member of each network, and the output layers of each member that has them."""
    needed = []
    for model in file.models.values():
        if model.members is not None:
            needed.append(f"{model.members}/member-0.safetensors")
        if model.layers is not None:
            own = [path for path in file.files if path.startswith(f"{model.members}/")]
            needed += [f"{model.layers}/{Path(path).name}" for path in own]
    return needed


def _networks(folder: Path, file: RunFile) -> set[str]:
    """Weights and output layers that are in the folders of the run's models."""
    places = {p for model in file.models.values() for p in (model.members, model.layers) if p}
    return {
        f"{place}/{path.name}"
        for place in places
        for path in (folder / place).glob("*.safetensors")
        if not path.name.startswith(".")
    }
