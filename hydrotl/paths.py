"""Where the project and its data live."""

import os
from functools import cache
from importlib import metadata
from pathlib import Path

from hydrotl_core.errors import ConfigError

MANIFEST_NAME = "data_manifest.yaml"


def project_root() -> Path:
    """Folder that holds ``data_manifest.yaml``, the experiments, weights and results.

    ``HYDROTL_ROOT`` if set, else the checkout that the package is installed from
    (``pip install -e .``), else what an installed package brings: the manifest, the experiments and
    the weights that a river of one's own is modelled with.

    Raises
    ------
    ConfigError
        If no manifest is found there.
    """
    named = os.environ.get("HYDROTL_ROOT")
    root = Path(named).expanduser() if named else Path(__file__).resolve().parents[1]
    if (root / MANIFEST_NAME).is_file():
        return root
    brought = None if named else _brought()
    if brought is None:
        raise ConfigError(
            f"no {MANIFEST_NAME} in {root}: install hydrotl again, from a checkout with "
            "`pip install -e .` or from a wheel, or set HYDROTL_ROOT to a checkout"
        )
    return brought


@cache
def _brought() -> Path | None:
    """Folder of the files that were installed with the package (``data-files`` of its wheel)."""
    try:
        files = metadata.files("hydrotl") or []
    except metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.name == MANIFEST_NAME and (path := Path(str(file.locate()))).is_file():
            return path.resolve().parent
    return None


def data_dir() -> Path:
    """Folder of the data sets: ``HYDROTL_DATA`` if set, else the user's cache folder."""
    return _cache_folder("HYDROTL_DATA")


def swat_folder() -> Path:
    """Folder of SWAT+ and its tables: ``HYDROTL_SWAT`` if set, else in the user's cache folder."""
    return _cache_folder("HYDROTL_SWAT", "swatplus")


def _cache_folder(variable: str, below: str = "") -> Path:
    named = os.environ.get(variable)
    if named:
        return Path(named).expanduser()
    import pooch  # lazy: most imports of this module never need it

    return Path(pooch.os_cache("hydrotl")) / below


def runs_folder(weights: Path) -> Path:
    """Folder of the checkpoints, locks and logs of the ensembles beside ``weights``.

    For weights in the project's ``weights/`` or ``runs/`` this is the project's ``runs/``; for
    others it is ``runs`` beside the folder, perhaps the one place that outlives the machine. It
    depends on the weights' folder only, so two runs that would write one file share its lock.
    """
    beside, root = weights.expanduser().resolve().parent, project_root().resolve()
    return root / "runs" if beside in (root / "weights", root / "runs") else beside / "runs"
