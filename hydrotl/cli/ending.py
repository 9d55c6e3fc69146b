"""How a command ends: well, with one line that says what is wrong, or by Ctrl-C with another.

A traceback is left for defects alone.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from types import FrameType
from typing import Any, TextIO

from hydrotl_core.errors import HydroTLError

FAILED = 2
#: As shells count: 128 and the number of the signal.
INTERRUPTED, TERMINATED = 130, 143
STOPPED = "what was finished is kept; the same command goes on from there"


class Ended(SystemExit):
    """The end of a command of which the line was said."""


class Terminated(KeyboardInterrupt):
    """The process was asked to end, by ``kill`` or a batch system: it clears up as at Ctrl-C."""


def in_one_line(command: Callable[..., None]) -> Callable[..., None]:
    """``command``, ending as :func:`ending` says."""

    @wraps(command)
    def run(*words: Any, **options: Any) -> None:
        with ending():
            command(*words, **options)

    return run


@contextmanager
def ending() -> Iterator[None]:
    """Turn what ends the block early into a line on standard error and an exit status.

    Raises
    ------
    SystemExit
        With 2 for an error that a user can act on, 130 after Ctrl-C, 143 where the process was
        asked to end.
    """
    # Inside the commands: typer has another way with Ctrl-C, and none with the others.
    with warnings.catch_warnings(), _asked_to_end() as asked:
        warnings.showwarning = _teller()
        try:
            yield
            sys.stdout.flush()
        except Terminated:
            _end(TERMINATED, f"terminated: {STOPPED}")
        except KeyboardInterrupt:
            _end(INTERRUPTED, f"interrupted: {STOPPED}")
        except (HydroTLError, FloatingPointError) as error:
            _end(FAILED, f"error: {error}")
        except MemoryError:
            _end(FAILED, "error: there is not enough memory: take fewer --jobs, or fewer basins")
        except SystemExit as end:  # by typer, which says nothing of Ctrl-C
            if end.code != INTERRUPTED or isinstance(end, Ended):
                raise
            if asked:
                _end(TERMINATED, f"terminated: {STOPPED}")
            _end(INTERRUPTED, f"interrupted: {STOPPED}")
        except BrokenPipeError:  # whoever read our output has gone, which typer takes care of
            raise
        except OSError as error:
            _end(FAILED, f"error: {_told(error)}")


def _told(error: OSError) -> str:
    """What the system says, with the file and what to do."""
    what = " ".join(str(error.strerror or error).split())
    where = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
    return f"{where}{what}: make room, give access, or correct the path; what was finished is kept"


def _end(status: int, line: str) -> None:
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)
    try:
        sys.stdout.flush()
    except OSError:  # a full disk behind it: Python would try again, and complain, as it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    raise Ended(status) from None


@contextmanager
def _asked_to_end() -> Iterator[list[int]]:
    """Raise :class:`Terminated` where a signal would end the process without clearing up.

    Yields the signals that came.
    """
    asked: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        raise Terminated

    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    numbers = [getattr(signal, name) for name in names]
    caught = []
    with suppress(ValueError):  # not in the main thread: whose process it is decides
        for number in numbers:
            if signal.getsignal(number) == signal.SIG_DFL:  # `nohup` has it ignored
                signal.signal(number, end)
                caught.append(number)
    try:
        yield asked
    finally:
        for number in caught:
            signal.signal(number, signal.SIG_DFL)


def _teller() -> Callable[..., None]:
    """A function that tells a warning as one line, and each only once.

    Python's filter `once` forgets what it has shown whenever a library changes filters.
    """
    told: set[str] = set()

    def tell(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        # Of libraries, with the place in the code that it is about.
        place = "" if issubclass(category, UserWarning) else f"{filename}:{lineno}: "
        text = f"warning: {place}{' '.join(str(message).split())}"
        if text not in told:
            told.add(text)
            with suppress(OSError):
                print(text, file=sys.stderr)

    return tell
