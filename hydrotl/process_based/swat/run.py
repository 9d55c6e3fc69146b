"""Run a SWAT+ project: the executable in the project's folder, with a time limit."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hydrotl.process_based.swat.readers import CHANNEL_FILE, swat_flow
from hydrotl_core.errors import ProcessModelError

LOG_NAME = "hydrotl.log"
TAIL = 12
#: Lines with which SWAT+ says its name, revision and build.
BANNER = 4


@dataclass(frozen=True)
class SwatRun:
    """Streamflow of a run, mm/day, a value per day; the program as its log names it; the log's
    last lines; how long it took.
    """

    flow: pd.Series
    build: str
    log: tuple[str, ...]
    seconds: float


def run_swat(project: Path, executable: Path, area: float, timeout: float = 600.0) -> SwatRun:
    """Run the executable in ``project`` and read its channel's flow.

    Parameters
    ----------
    project
        Folder with the input files; outputs and the log (``hydrotl.log``) are written there.
    executable
        SWAT+ program.
    area
        Basin area, km2.
    timeout
        Seconds after which the run is stopped.

    Raises
    ------
    ProcessModelError
        If the program cannot be started, fails, takes too long or prints no flow; the message
        has the last lines of its log.
    """
    log = project / LOG_NAME
    (project / CHANNEL_FILE).unlink(missing_ok=True)  # an older run's flow is not this one's
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    began = time.perf_counter()
    try:
        with log.open("w") as file:
            done = subprocess.run(
                [str(executable.resolve())],
                cwd=project,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                timeout=timeout,
            )
    except subprocess.TimeoutExpired:
        raise ProcessModelError(
            f"SWAT+ did not finish within {timeout:g} s in {project}:\n{_tail(log)}"
        ) from None
    except OSError as error:
        raise ProcessModelError(
            f"{executable} cannot be run ({error.strerror}): the fetched program is for Linux on "
            "x86-64; elsewhere name one for your system with HYDROTL_SWAT_EXE"
        ) from error
    seconds = time.perf_counter() - began
    if done.returncode or not (project / CHANNEL_FILE).is_file():
        raise ProcessModelError(
            f"SWAT+ failed in {project} (exit code {done.returncode}):\n{_tail(log)}"
        )
    lines = _lines(log)
    flow = swat_flow(project, 1, area)
    return SwatRun(flow, ", ".join(lines[:BANNER]), tuple(lines[-TAIL:]), seconds)


def _lines(log: Path) -> list[str]:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line.strip() for line in lines if line.strip()]


def _tail(log: Path) -> str:
    return "\n".join(_lines(log)[-TAIL:])
