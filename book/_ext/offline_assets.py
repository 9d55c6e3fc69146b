"""Let the finished pages work with no network.

Bokeh and Panel outputs load their scripts and styles from content delivery networks, and so
does MathJax. After the build, this extension points those addresses at copies taken from the
installed packages, so that the page draws with exactly the versions that made it. Before, each
page is relieved of what it does not need (``hydrotl/book/light.py``).
"""

import re
import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from hydrotl.book.light import lightened

BOKEH_URL = re.compile(
    r"https://cdn\.bokeh\.org/bokeh/(?:release|dev)/"
    r"(?P<name>bokeh(?:-[a-z]+)?)-(?P<version>\d[\w.]*?)(?P<suffix>(?:\.min)?\.js)"
)
PANEL_URL = re.compile(
    r"https://cdn\.holoviz\.org/panel/(?P<version>\d[\w.]*)/dist/(?P<path>[\w.@^/~-]+)"
)
# Settings of a live-code button that this book does not have: they name another host, and come
# twice, which is a script error.
THEBE_SCRIPT = re.compile(r"<script>const THEBE_JS_URL = [^<]*</script>")
MATHJAX_PACKAGE = "sphinx-mathjax-offline"
# What formulas in TeX need, without the menu and the speech rules: those are most of the package.
MATHJAX_LOADS = ("input/tex", "output/chtml", "a11y/assistive-mml")
MATHJAX_PARTS = (
    "startup.js",
    "core.js",
    "input/tex.js",
    "input/tex/extensions",
    "output/chtml.js",
    "output/chtml",
    "a11y/assistive-mml.js",
)
OFFLINE = "_static/offline"
FIGURES = "_static/figures"


def installed_folder(package: str) -> Path:
    """Folder of an installed package.

    Raises
    ------
    ExtensionError
        If the package is not installed.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ExtensionError(
            f"{package} is not installed: pip install -c constraints.txt -e .[book]"
        )
    return Path(spec.origin).parent


def _bokeh_file(match: re.Match[str]) -> tuple[Path, str]:
    name = match["name"] + match["suffix"]
    return installed_folder("bokeh") / "server/static/js" / name, f"bokeh/{name}"


def _panel_file(match: re.Match[str]) -> tuple[Path, str]:
    return installed_folder("panel") / "dist" / match["path"], f"panel/{match['path']}"


def _check_version(package: str, wanted: str) -> None:
    if version(package) != wanted:
        raise ExtensionError(
            f"a notebook was run with {package} {wanted}, but {version(package)} is installed: "
            "run the notebooks again (hydrotl book)"
        )


def _copy(source: Path, target: Path, page: Path) -> None:
    if not source.is_file():
        raise ExtensionError(f"{page.name} needs {source.name}, which {source.parent} lacks")
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def localise(text: str, page: Path, html_dir: Path) -> str:
    """Text of ``page`` with outside addresses replaced; the files they name are copied.

    Parameters
    ----------
    text
        HTML of the page.
    page, html_dir
        The page's file and the folder of the whole book.

    Raises
    ------
    ExtensionError
        If the installed version differs from the one the page asks for, or lacks the file.
    """
    up = "../" * (len(page.relative_to(html_dir).parts) - 1)

    def replace(match: re.Match[str]) -> str:
        package = "bokeh" if match.re is BOKEH_URL else "panel"
        _check_version(package, match["version"])
        source, relative = (_bokeh_file if match.re is BOKEH_URL else _panel_file)(match)
        _copy(source, html_dir / OFFLINE / relative, page)
        # Browsers take a raw "^" in a path; some file servers do not.
        return f"{up}{OFFLINE}/{relative.replace('^', '%5E')}"

    return THEBE_SCRIPT.sub("", PANEL_URL.sub(replace, BOKEH_URL.sub(replace, text)))


def make_offline(app: Sphinx, exception: Exception | None) -> None:
    """Rewrite every finished page (event ``build-finished``)."""
    if exception is not None or app.builder.format != "html":
        return
    html_dir = Path(app.outdir)
    for page in html_dir.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        up = "../" * (len(page.relative_to(html_dir).parts) - 1)
        name = "-".join(page.relative_to(html_dir).with_suffix("").parts)
        light = lightened(text, name, f"{up}{FIGURES}")
        for figure, script in light.figures.items():
            path = html_dir / FIGURES / f"{figure}.js"
            path.parent.mkdir(parents=True, exist_ok=True)
            # addresses in it are those that the page asks for
            path.write_text(localise(script, page, html_dir), encoding="utf-8")
        new = localise(light.text, page, html_dir)
        if new != text:
            page.write_text(new, encoding="utf-8")
    if (html_dir / OFFLINE / "panel").is_dir():  # its style sheets refer to these pictures
        assets = installed_folder("panel") / "dist" / "assets"
        shutil.copytree(assets, html_dir / OFFLINE / "panel" / "assets", dirs_exist_ok=True)
    mathjax = installed_folder(MATHJAX_PACKAGE) / "static" / "mathjax"
    for part in MATHJAX_PARTS:
        target = html_dir / OFFLINE / "mathjax" / part
        if (mathjax / part).is_dir():
            shutil.copytree(mathjax / part, target, dirs_exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(mathjax / part, target)


def use_local_mathjax(app: Sphinx, config: Any) -> None:
    """Load MathJax from the book itself (event ``config-inited``)."""
    config.mathjax_path = "offline/mathjax/startup.js"
    config.mathjax3_config = (config.mathjax3_config or {}) | {
        "loader": {"load": list(MATHJAX_LOADS)},
    }


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("config-inited", use_local_mathjax)
    app.connect("build-finished", make_offline)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
