"""Where a simulation may be written: never over a run, or over data."""

from __future__ import annotations

from pathlib import Path

from hydrotl.data.ownfile import REGION_FILE
from hydrotl.river.runfile import RUN
from hydrotl_core.errors import ConfigError
from hydrotl_core.files import require_writable

#: Folder in a run for what is simulated with it.
SIMULATIONS = "simulations"
ENDINGS = (".csv", ".nc")


def simulation_place(run: Path, forcing: Path, out: Path | None = None) -> Path:
    """The file for a simulation: ``out``, by default in :data:`SIMULATIONS` of the run.

    Raises
    ------
    ConfigError
        If it has another ending, lies elsewhere in a run's folder, or may be of the forcing or of
        another folder of data.
    FileError
        If it cannot be written.
    """
    out = (out or run / SIMULATIONS / f"{forcing.resolve().stem}.csv").expanduser()
    if out.suffix not in ENDINGS:
        raise ConfigError(f"{out} must end in .csv or .nc")
    # As the system will find it, whatever links and dots there are on the way.
    place, weather = out.resolve(), forcing.expanduser().resolve()
    holder = next((p for p in place.parents if (p / RUN).is_file()), None)
    if holder is not None:
        if holder / SIMULATIONS in place.parents:
            require_writable(out)
            return out
        raise ConfigError(
            f"{out} is in the folder of the run {holder}, whose files stay as they are: name a "
            f"place elsewhere (--out), or in its {SIMULATIONS}/"
        )
    beside = place.parent == weather or (place.parent / REGION_FILE).is_file()
    if place == weather or beside or (weather in place.parents and place.exists()):
        raise ConfigError(
            f"{out} is, or would be read as, a file of the data in "
            f"{place.parent if beside else forcing}: name a place elsewhere (--out)"
        )
    require_writable(out)
    return out
