"""Running a command in a process of its own that is then disturbed: killed, short of space, locked.

The process is forked from a server that has imported everything, so that a kill may hit any part of
the work and not the imports. Mounts are of the process alone and end with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import resource
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal

from hydrotl_core.errors import HydroTLError

Job = Literal["run", "train"]
SECONDS = 300.0
MEMBERS = 2
RUN = (
    *("run", "target", "--option", "local", "--option", "TL-b", "--members", "1"),
    *("--device", "cpu", "--save"),
)
_NEW_MOUNTS, _PRIVATE, _BIND, _REMOUNT, _READ_ONLY = 0x20000, 1 << 18 | 1 << 14, 1 << 12, 1 << 5, 1


@dataclass(frozen=True)
class Hook:
    """What happens to the process from within.

    Attributes
    ----------
    write, moment
        At the rename with this number (from 1) the process is killed: before it, after it, or
        before it with half of the file lost, as in the middle of writing.
    largest
        Bytes that a file may have, as where a disk is full.
    disk
        Folder on a disk of its own of so many bytes.
    locked
        Folder that cannot be written to.
    clock
        Whether the clock runs backwards.
    """

    write: int = 0
    moment: Literal["before", "after", "within"] = "before"
    largest: int | None = None
    disk: tuple[str, int] | None = None
    locked: str | None = None
    clock: bool = False


@dataclass
class Ended:
    """How a process ended: its exit code (negative: the signal), what it said, its renames."""

    code: int
    said: str = ""
    renames: int = 0
    seconds: float = 0.0


@dataclass
class Disturbed:
    """A process that works in a project, from its start to its end."""

    root: Path
    job: Job = "run"
    jobs: int = 1
    hook: Hook = field(default_factory=Hook)

    def __post_init__(self) -> None:
        context = get_context("forkserver")
        context.set_forkserver_preload(["tests.attack.worker"])
        self.pipe, there = context.Pipe(duplex=False)
        self.process: Any = context.Process(
            target=_work, args=(there, self.root, self.job, self.jobs, self.hook)
        )
        self.began = time.monotonic()
        self.process.start()
        there.close()

    def send(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, number)

    def wait(self, seconds: float = SECONDS) -> Ended:
        """The end; what takes longer is killed and has the code of that."""
        said = ("", 0)
        with contextlib.suppress(EOFError, ConnectionError):
            if self.pipe.poll(seconds):
                said = self.pipe.recv()
            else:
                self.process.kill()
                said = ("no end", 0)
        self.process.join(30)
        taken = time.monotonic() - self.began
        return Ended(self.process.exitcode or 0, *said, taken)


def undisturbed(root: Path, job: Job = "run", jobs: int = 1) -> Ended:
    """The same work without a disturbance."""
    return Disturbed(root, job, jobs).wait()


def _work(pipe: Any, root: Path, job: Job, jobs: int, hook: Hook) -> None:
    """The body of the process."""
    import torch
    from tqdm import tqdm

    from hydrotl.cli import main

    torch.set_num_threads(1)
    tqdm.set_lock(threading.RLock())  # its own is of several processes, and outlives a kill
    os.environ.update(HYDROTL_ROOT=str(root), HYDROTL_DATA=str(root / "data"))
    os.chdir(root)
    said, code, renames = io.StringIO(), 0, [0]
    _count_renames(hook, renames)
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            _disturb(root, hook)
            if job == "train":
                train(root)
            else:
                sys.argv = ["hydrotl", *RUN, "--jobs", str(jobs)]
                main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except HydroTLError as error:
            said.write(f"error: {error}\n")
            code = 2
        except BaseException:
            said.write(traceback.format_exc())
            code = 1
    pipe.send((said.getvalue(), renames[0]))
    pipe.close()
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    os._exit(code)


def train(root: Path) -> None:
    """Train the source into ``runs/attack/donor``, with a checkpoint after every update."""
    from hydrotl.experiments.run import run_tasks
    from hydrotl.experiments.source import shared_data, source_tasks
    from tests.attack.probes import OUT

    tasks = source_tasks("donor", MEMBERS, folder=root / OUT, checkpoint_seconds=0)
    for _ in run_tasks(tasks, shared_data(["donor"])):
        pass


def _count_renames(hook: Hook, renames: list[int]) -> None:
    """Count what ``os.replace`` does, and die at the one that the hook names."""
    rename: Any = os.replace

    def counted(source: Any, target: Any, **more: Any) -> None:
        renames[0] += 1
        mine = renames[0] == hook.write
        if mine and hook.moment == "within":
            os.truncate(source, os.path.getsize(source) // 2)
        if mine and hook.moment != "after":
            os.kill(os.getpid(), signal.SIGKILL)
        rename(source, target, **more)
        if mine:
            os.kill(os.getpid(), signal.SIGKILL)

    setattr(os, "replace", counted)  # noqa: B010


def _disturb(root: Path, hook: Hook) -> None:
    if hook.largest is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hook.largest, hook.largest))
    if hook.disk is not None:
        small, size = root / hook.disk[0], hook.disk[1]
        small.mkdir(parents=True, exist_ok=True)
        own_mounts()
        _mount(b"tmpfs", small, b"tmpfs", 0, f"size={size}".encode())
    if hook.locked is not None:
        folder = root / hook.locked
        folder.mkdir(parents=True, exist_ok=True)
        own_mounts()
        _mount(str(folder).encode(), folder, None, _BIND)
        _mount(b"none", folder, None, _BIND | _REMOUNT | _READ_ONLY)
    if hook.clock:
        began, now = time.time(), time.time
        time.time = lambda: 2 * began - now()


_libc = ctypes.CDLL(None, use_errno=True)


def own_mounts() -> None:
    """Give this process mounts of its own; an OSError where that is not allowed."""
    if _libc.unshare(_NEW_MOUNTS):
        raise OSError(ctypes.get_errno(), "no mounts of one's own")
    _mount(b"none", Path("/"), None, _PRIVATE)


def _mount(source: bytes, target: Path, kind: bytes | None, flags: int, data: bytes = b"") -> None:
    if _libc.mount(source, str(target).encode(), kind, flags, data or None):
        raise OSError(ctypes.get_errno(), f"cannot mount on {target}")


def may_mount() -> bool:
    """Whether a process may have mounts of its own here."""
    context = get_context("forkserver")
    process: Any = context.Process(target=own_mounts)
    process.start()
    process.join()
    return bool(process.exitcode == 0)
