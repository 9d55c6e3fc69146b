"""The worker: a process that changes and runs projects, and may hang or die of it.

It is forked from a server that has imported what is slow to import, so that another one is there
in a moment. Whoever asks waits for a bounded time.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import resource
import shutil
import sys
import threading
import traceback
import warnings
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

# What the server imports before it forks; the commands themselves import these when they run.
import netCDF4  # noqa: F401
import torch
from tqdm import tqdm

import hydrotl.data.readers
import hydrotl.experiments.beyond
import hydrotl.experiments.sweep
import hydrotl.process_based.teachers  # noqa: F401
from hydrotl.cli import main
from hydrotl_core.errors import HydroTLError
from tests.attack.kinds import catalogue
from tests.attack.probes import PROBES, WITH_RESULTS, Probe, Step
from tests.attack.verdict import Observed

LIMIT_SECONDS = 90.0
MEMORY = 12 * 2**30
CLEAN = "clean "
_TRACEBACK = "Traceback (most recent call last)"


class Worker:
    """Asks the worker's process, and starts another where one hangs or dies."""

    def __init__(self, world: Path, seed: int, limit: float = LIMIT_SECONDS) -> None:
        self.world, self.seed, self.limit = world, seed, limit
        # The first to fork in a process decides what is imported beforehand.
        self.context = get_context("forkserver")
        self.context.set_forkserver_preload(["tests.attack.worker"])
        self.process: Any = None
        self.pipe: Connection | None = None

    def ask(self, title: str, clean: str) -> Observed:
        """Outcome of a mutation; ``clean`` is the digest of a glance at clean data."""
        if self.process is None or not self.process.is_alive():
            self._start()
        assert self.pipe is not None
        try:
            self.pipe.send((title, clean))
            if self.pipe.poll(self.limit):
                found: Observed = self.pipe.recv()
                return found
            self._kill()
            return Observed("hung", f"no end within {self.limit:.0f} s")
        except (EOFError, ConnectionError):
            self.process.join(10)
            code = self.process.exitcode
            self._kill()
            return Observed("broken", f"the process ended with {code}")

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self._kill()

    def _start(self) -> None:
        self.pipe, there = self.context.Pipe()
        self.process = self.context.Process(
            target=_serve, args=(there, self.world, self.seed), daemon=True
        )
        self.process.start()
        there.close()

    def _kill(self) -> None:
        self.process.kill()
        self.process.join()
        self.process = None


def _serve(pipe: Connection, world: Path, seed: int) -> None:
    """Answer until the other side is gone."""
    torch.set_num_threads(1)
    tqdm.set_lock(threading.RLock())  # its own is of several processes, and outlives this one
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    mutations = {one.title: one for one in catalogue()}
    place = world.parent / f"tried-{os.getpid()}"
    with contextlib.suppress(EOFError):
        while True:
            title, clean = pipe.recv()
            mutation = mutations.get(title)
            name = mutation.probe if mutation else title.removeprefix(CLEAN)
            prepare(place, world, name)
            if mutation is not None:
                mutation.apply(place, seed)
            pipe.send(observe(PROBES[name], place, clean))
    shutil.rmtree(place, ignore_errors=True)


def prepare(place: Path, world: Path, probe: str) -> None:
    """A fresh copy of the clean project at ``place``."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(world, place)
    if probe not in WITH_RESULTS:
        for name in ("results", "runs"):
            shutil.rmtree(place / name, ignore_errors=True)
    os.environ.update(HYDROTL_ROOT=str(place), HYDROTL_DATA=str(place / "data"))
    os.chdir(place)


def observe(probe: Probe, place: Path, clean: str) -> Observed:
    """Do the steps of a probe in the project at ``place``."""
    said, words = io.StringIO(), list[str]()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        if probe.look is not None and clean and _glance(probe, place) == clean:
            return Observed("done", look=clean)
        warned.clear()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            ended = _steps(probe.steps, place)
        # The project warns with UserWarning; other categories are libraries' to programmers.
        words += [str(one.message) for one in warned if issubclass(one.category, UserWarning)]
    output = said.getvalue()
    words += [line for line in output.splitlines() if line.startswith(("Mind: ", "warning: "))]
    told = tuple(dict.fromkeys(_shown(word, place) for word in words))
    if ended is None and _TRACEBACK in output:
        ended = Observed("broken", output[output.index(_TRACEBACK) :])
    if ended is None:
        try:
            text = probe.digest(place)
        except (OSError, ValueError, KeyError) as error:
            return Observed("broken", f"the result cannot be read: {error!r}")
        look = _glance(probe, place) if probe.look is not None and not clean else ""
        return Observed("done", digest=text, words=told, look=look)
    late = probe.early and any((place / "runs" / "store").glob("*.safetensors"))
    if _TRACEBACK in output and ended.ending == "refused":
        ended = replace(ended, ending="broken", text=f"{ended.text}\n{output[-1500:]}")
    return replace(ended, text=_shown(ended.text, place)[-6000:], words=told, late=late)


def _glance(probe: Probe, place: Path) -> str:
    assert probe.look is not None
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            return probe.look(place)
    except Exception:  # whatever it is, the steps below say it as a user sees it
        return ""


def _steps(steps: tuple[Step, ...], place: Path) -> Observed | None:
    """How the steps ended, if not well."""
    try:
        for step in steps:
            if isinstance(step, tuple):
                ended = _command(step)
                if ended is not None:
                    return ended
            else:
                step(place)
    except (HydroTLError, FloatingPointError) as error:
        return Observed("refused", str(error))
    except BaseException:
        return Observed("broken", traceback.format_exc())
    return None


def _command(words: tuple[str, ...]) -> Observed | None:
    """A command as it is typed: its error, if it had one."""
    sys.argv, errors = ["hydrotl", *words], io.StringIO()
    try:
        with contextlib.redirect_stderr(errors):
            main()
    except SystemExit as end:
        if end.code in (0, None):
            sys.stderr.write(errors.getvalue())
            return None
    said = errors.getvalue()
    if _TRACEBACK in said:
        return Observed("broken", said)
    # Progress bars are drawn over each other on one line.
    lines = [line for line in re.split(r"[\r\n]", said) if line.strip() and "update/s" not in line]
    start = next((n for n, line in enumerate(lines) if line.startswith("error:")), 0)
    return Observed("refused", "\n".join(lines[start:]))


def _shown(text: str, place: Path) -> str:
    return text.replace(str(place), "PROJECT")
