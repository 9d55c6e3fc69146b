"""The address of the repository, and all that is made of it.

It stands in one place, ``repository: url`` of ``_config.yml``. While it is empty nothing points
anywhere: no line to clone, no Colab, no button to edit a page or to report an issue. The book's
pages follow it when they are built (``book/_ext/published_address.py``). Files that are read
without being built hold it themselves; this writes it into them::

    python -m hydrotl.book.address
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hydrotl.paths import project_root
from hydrotl.yamlfile import load_yaml
from hydrotl_core.errors import ConfigError

CONFIG = "_config.yml"
ADDRESS = re.compile(r"https://(?:github|gitlab|bitbucket)\.(?:com|org)/[\w.-]+/[\w.-]*[\w-]")
#: The notebook that the README lets a reader run with nothing installed.
FIRST_NOTEBOOK = "notebooks/06-new-region.ipynb"
#: Files that hold the address, below the project's root.
FILES = ("README.md", "CITATION.cff", "pyproject.toml", "book/*.md", "notebooks/*.ipynb")


def repository() -> str:
    """The configured address, or an empty text.

    Raises
    ------
    ConfigError
        If it is not the address of a repository.
    """
    path = project_root() / CONFIG
    config = (load_yaml(path) if path.is_file() else None) or {}
    section = config.get("repository") if isinstance(config, dict) else None
    if not isinstance(section or {}, dict):
        raise ConfigError(f"{path}: repository: {section!r} is no mapping with a `url`")
    return checked((section or {}).get("url") or "", path)


def checked(address: object, path: Path) -> str:
    """``address`` without a slash at its end, if it is empty or that of a repository.

    Raises
    ------
    ConfigError
        If it is something else; the message names ``path``.
    """
    text = str(address).rstrip("/").removesuffix(".git")
    if text and not ADDRESS.fullmatch(text):
        raise ConfigError(
            f"{path}: repository: url: {address!r} is not the address of a repository, such as "
            "https://github.com/OWNER/NAME (leave it empty as long as there is none)"
        )
    return text


def colab(address: str, notebook: str) -> str:
    """Where Colab opens a notebook of the repository; empty if it has no address there."""
    host, _, name = address.removeprefix("https://").partition("/")
    if host != "github.com":  # Colab opens notebooks of no other host
        return ""
    return f"https://colab.research.google.com/github/{name}/blob/main/{notebook}"


def _to_clone(match: re.Match[str], address: str) -> str:
    clone = f"git clone {address} && cd {address.rsplit('/', 1)[1]}" if address else ""
    return match["fence"] + (f"{match['indent']}{clone}\n" if clone else "") + match["make"]


def _in_notebook(match: re.Match[str], address: str) -> str:
    name = address.rsplit("/", 1)[1] if address else "hydrotl"
    clone = f'{match["indent"]}"    !git clone --depth 1 {address}\\n",\n' if address else ""
    return f'{clone}{match["indent"]}"    %cd {name}\\n",\n'


def _nothing_to_install(match: re.Match[str], address: str) -> str:
    link = colab(address, FIRST_NOTEBOOK)
    text = "- **Nothing to install?** Run the page *A new region, end to end* in\n"
    text += f"  [Colab]({link}).\n"
    return match["begin"] + (text if link else "") + match["end"]


def _of_citation(match: re.Match[str], address: str) -> str:
    return match["before"] + (f'repository-code: "{address}"\n' if address else "")


def _of_project(match: re.Match[str], address: str) -> str:
    urls = f'[project.urls]\nRepository = "{address}"\n\n' if address else ""
    return urls + match["after"]


@dataclass(frozen=True)
class Rule:
    """A place in files of one kind: with the address or without it, and how it is written."""

    suffix: str
    place: re.Pattern[str]
    write: Callable[..., str]


RULES = (
    Rule(
        ".md",
        re.compile(
            r"^(?P<fence>(?P<indent> *)```bash\n)(?: *git clone \S+ && cd \S+\n)?"
            r"(?P<make> *make book\b)",
            re.MULTILINE,
        ),
        _to_clone,
    ),
    Rule(
        ".md",
        re.compile(r"(?P<begin><!-- colab -->\n).*?(?P<end><!-- end of colab -->)", re.DOTALL),
        _nothing_to_install,
    ),
    Rule(
        ".ipynb",
        re.compile(r'(?: *"    !git clone [^"\n]*\\n",\n)?(?P<indent> *)"    %cd [\w.-]+\\n",\n'),
        _in_notebook,
    ),
    Rule(
        ".cff",
        re.compile(r'(?P<before>^license: .*\n)(?:repository-code: "[^"\n]*"\n)?', re.MULTILINE),
        _of_citation,
    ),
    Rule(
        ".toml",
        re.compile(
            r'(?:^\[project\.urls\]\nRepository = "[^"\n]*"\n\n)?'
            r"(?P<after>^\[tool\.setuptools\]\n)",
            re.MULTILINE,
        ),
        _of_project,
    ),
)


def with_address(text: str, suffix: str, address: str) -> str:
    """Text of a file with the given suffix in which each place holds ``address``, or nothing."""
    for rule in RULES:
        if rule.suffix == suffix:
            text = rule.place.sub(partial(rule.write, address=address), text)
    return text


def write_address(address: str) -> list[Path]:
    """Write ``address`` into the files that hold it; those that changed."""
    changed = []
    root = project_root()
    for path in sorted(path for pattern in FILES for path in root.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        new = with_address(text, path.suffix, address)
        if new != text:
            path.write_text(new, encoding="utf-8")
            changed.append(path)
    return changed


if __name__ == "__main__":
    for written in write_address(repository()):
        print(written)
