"""What a valid YAML file may say that cannot be: settings, names, names of other files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.attack.case import Change, Mutation, Right, below, both, edit_yaml
from tests.attack.kinds.impossible import NAMES, TABLES
from tests.attack.world import MANIFEST, OPTIONS, REGION, SOURCE, STUDY

#: Names that may become paths or be shown in pages.
ODD_NAMES = (
    *(
        "../outside",
        "a/b",
        "/tmp/x",
        "..",
        ".",
        "",
        " ",
        "a\\b",
        "<b>bold</b>",
        "x\ny",
        "con",
        "-rf",
    ),
    *(
        "a" * 300,
        "\u00e9t\u00e9",
        "x\0y",
        "<script>alert(1)</script>",
        "a;b",
        "~",
        "$HOME",
        "%2e%2e",
    ),
)


def setting(path: str, where: str, value: Any) -> Change:
    """A value at a key (``a.b.c``) of a YAML file; keys that are not there are made."""

    def edit(content: Any) -> None:
        *parents, last = where.split(".")
        for key in parents:
            content = content.setdefault(key, {})
        content[last] = value

    return edit_yaml(path, edit)


def mutations() -> Iterator[Mutation]:
    """A table for each kind of file, and names in each."""
    for area, (path, probe, table) in TABLES.items():
        for title, (right, where, value) in table.items():
            names = (path.rsplit("/", 1)[-1], *where.split("."), *NAMES.get(where, ()))
            names = (*names, *(str(v) for v in (value if isinstance(value, list) else [value])))
            yield Mutation(
                *(area, "impossible settings", title, right),
                setting(path, where, value),
                tuple(name for name in names if name),
                probe,
            )
    for name in ODD_NAMES:
        shown = repr(name if len(name) < 40 else f"{name[:20]}... of {len(name)} signs")
        yield from names_of_settings(name, shown)
    for area, path, probe, keys in REFERENCES:
        for key in keys:
            for name in (
                "nowhere",
                "../regions/target",
                "/etc/passwd",
                "target.yaml",
                "a\0b",
                "17",
            ):
                yield Mutation(
                    *(area, "names of others", f"{key} {name!r}", "error"),
                    setting(path, key, name),
                    (path.rsplit("/", 1)[-1], key, str(name), key.rsplit(".", 1)[-1], "name"),
                    probe,
                )
    yield from extensions()


def names_of_settings(name: str, shown: str) -> Iterator[Mutation]:
    """A name for a setting, an option, a screen and a data set."""

    def rename(path: str, where: list[str], old: str) -> Change:
        def edit(content: Any) -> None:
            parent = below(content, where)
            new = {name if key == old else key: value for key, value in parent.items()}
            parent.clear()
            parent.update(new)

        return edit_yaml(path, edit)

    said = (
        name or "''",
        "target.yaml",
        "setting",
        "screen",
        "option",
        "name",
        "data_manifest.yaml",
    )
    yield Mutation(
        *("region", "names", f"a setting {shown}", "error"),
        rename(REGION, ["settings"], "1-year"),
        (*said, "1-year"),
        "run",
    )
    yield Mutation(
        *("options", "names", f"an option {shown}", "error"),
        rename(OPTIONS, [], "TL-b"),
        (*said, "TL-b", "options.yaml"),
        "run",
    )
    yield Mutation(
        *("manifest entry", "names", f"a data set {shown}", "error"),
        rename(MANIFEST, ["datasets"], "target"),
        said,
        "run",
    )
    yield Mutation(
        *("manifest entry", "names", f"series in {shown}", "error"),
        setting(MANIFEST, "datasets.target.options.series", f"{name}/{{basin}}.csv"),
        (*said, "series", "folder", f"{name}/{{basin}}.csv"),
        "run",
    )
    title = setting(REGION, "title", name)
    right: Right = "error" if not name.strip() else "either"
    yield Mutation("region", "names", f"a title {shown}", right, title, (*said, "title"), "run")


def extensions() -> Iterator[Mutation]:
    """Files that extend themselves, each other, or nothing."""
    for name in ("target", "nowhere", "../recipes/tiny", "", "/etc/passwd", 3, None, ["a"]):
        yield Mutation(
            *("region", "extensions", f"extends {name!r}", "error"),
            setting(REGION, "extends", name),
            ("target.yaml", "extends", str(name) or "''"),
            "run",
        )
    yield Mutation(
        *("region", "extensions", "two that extend each other", "error"),
        both(
            setting(REGION, "extends", "other"),
            lambda root, chance: (root / "experiments/regions/other.yaml").write_text(
                "extends: target\n", encoding="utf-8"
            ),
        ),
        ("target.yaml", "other.yaml"),
        "run",
    )


REFERENCES = (
    ("region", REGION, "run", ("dataset", "source", "recipe", "basins.screen")),
    ("source", SOURCE, "train", ("dataset", "recipe")),
    ("study", STUDY, "study", ("draws.dataset", "source", "recipe")),
)
