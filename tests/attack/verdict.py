"""What became of a mutation, and whether that is right.

A clear error is one of the project's own that names the file, line, variable or key that was
changed, says what to do, and is short enough to be read. Other numbers are silent unless a warning
or a caution names what was changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tests.attack.case import Mutation, Right

Ending = Literal["done", "refused", "broken", "hung"]
Class = Literal["clear", "unclear", "traceback", "hang", "same", "warned", "silent"]
CLASSES: tuple[Class, ...] = ("clear", "unclear", "traceback", "hang", "same", "warned", "silent")
#: What is right; ``unclear`` is counted for itself.
ACCEPTED: dict[Right, set[Class]] = {
    "error": {"clear"},
    "same": {"same"},
    "doubt": {"clear", "warned"},
    "either": {"clear", "same"},
}
LONGEST = 4000

#: What to do, as an order, or what is allowed.
_REMEDY = re.compile(
    r"\b(?:add|ask|check|choose|complete|convert|correct|cut|declare|delete|divide|drop|exclude|export|fetch"
    r"|free|give|install|keep|leave|list|make|mount|move|name|pass|put|raise|read|remove|rename"
    r"|replace|rerun|restore|run|save|set|sort|split|start|take|train|turn|unpack|use|write"
    r"|did you mean|expected|field required|it has|must|must be|need|needs|not permitted|one of"
    r"|should|there are|there is|these are)\b|swapped\?"
    # The place of a slip of the pen says what to do.
    r"|not valid YAML.*line \d+",
    re.IGNORECASE | re.DOTALL,
)
#: What only a programmer can read.
_INNARDS = re.compile(
    r"Traceback|<class |<[\w.]+ object at|0x[0-9a-f]{6,}|\.py\b.* line \d+|\bNoneType\b"
    r"|^\[Errno|not subscriptable|has no attribute|unexpected keyword|HDF error$|[A-Z]\w+Error\("
)


@dataclass(frozen=True)
class Observed:
    """How it ended in the worker: the text of its error, its numbers, and words of warning.

    ``late`` says that an error came when a model had been trained; ``look`` is what a glance at the
    clean data found.
    """

    ending: Ending
    text: str = ""
    digest: str = ""
    words: tuple[str, ...] = ()
    late: bool = False
    look: str = ""


@dataclass(frozen=True)
class Verdict:
    """A mutation, what became of it, the text that says so, and of which code."""

    mutation: Mutation
    found: Class
    text: str
    code: str = ""

    @property
    def accepted(self) -> bool:
        """Whether what became of it is right."""
        return self.found in ACCEPTED[self.mutation.right]


def mentions(text: str, names: Sequence[str]) -> bool:
    """Whether a text has one of ``names`` as a word of its own."""
    return any(
        re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", text, re.IGNORECASE) for name in names
    )


def is_clear(text: str, names: Sequence[str]) -> bool:
    """Whether an error can be acted on: see the module's description."""
    short = 20 <= len(text) <= LONGEST
    said = mentions(text, names) and _REMEDY.search(text) is not None
    return short and said and _INNARDS.search(text) is None


def judge(mutation: Mutation, observed: Observed, clean: Observed) -> Verdict:
    """The class of an outcome, beside that of the clean project."""
    text = observed.text
    if observed.ending == "hung":
        return Verdict(mutation, "hang", text)
    if observed.ending == "broken":
        return Verdict(mutation, "traceback", text)
    if observed.ending == "refused":
        clear = is_clear(text, mutation.names) and not observed.late
        told = f"after training: {text}" if observed.late else text
        return Verdict(mutation, "clear" if clear else "unclear", told)
    words = [word for word in observed.words if word not in clean.words]
    named = [word for word in words if mentions(word, mutation.names)]
    same = observed.digest == clean.digest or bool(clean.look and observed.look == clean.look)
    if mutation.renamed:
        same = observed.digest.split()[0] == clean.digest.split()[0]
    if same:
        # A word about numbers that did not change is what a doubt asks for, and else no matter.
        found: Class = "warned" if named and mutation.right == "doubt" else "same"
        return Verdict(mutation, found, "; ".join(named))
    return Verdict(mutation, "warned" if named else "silent", "; ".join(named or words))
