"""Run the section notebooks with papermill and build the book from the copies that ran."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hydrotl.experiments.executors import run_processes
from hydrotl.paths import MANIFEST_NAME, data_dir, project_root
from hydrotl.yamlfile import load_yaml
from hydrotl_core.errors import ConfigError, HydroTLError

Parameters = Mapping[str, Mapping[str, Any]]

NOTEBOOKS = Path("notebooks")
RUN_NOTEBOOKS = Path("book") / "notebooks"  # git-ignored
QUICK = Path("book") / "quick.yaml"
# A change in any of these may change what a notebook shows.
WHAT_NOTEBOOKS_READ = (
    "hydrotl",
    "hydrotl_core",
    MANIFEST_NAME,
    "experiments",
    "weights",
    "results",
)
#: What the cell that papermill adds below a page's parameters begins with.
BUILT_WITH = "# This page was built with these values instead of those above, to be quick:"
KERNEL_ENVIRONMENT = {
    "PANEL_EMBED": "true",  # without it a selector in a static page does nothing
    "OMP_NUM_THREADS": "1",  # two notebooks run at a time
    "JUPYTER_PREFER_ENV_PATH": "1",  # this environment's kernel, not one of the user's
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}


@dataclass(frozen=True)
class Run:
    """One notebook to run; paths are relative to the project's root."""

    name: str
    parameters: Mapping[str, Any]
    key: str
    data: Mapping[str, str] = field(default_factory=dict)  # it takes no value that processes share

    @property
    def source(self) -> Path:
        """The committed notebook."""
        return NOTEBOOKS / f"{self.name}.ipynb"

    @property
    def output(self) -> Path:
        """The copy with outputs."""
        return RUN_NOTEBOOKS / f"{self.name}.ipynb"


def run_notebooks(
    parameters: str | Path | Parameters | None = None,
    names: Iterable[str] | None = None,
    jobs: int = 2,
    *,
    force: bool = False,
) -> list[Path]:
    """Run ``notebooks/<name>.ipynb`` into ``book/notebooks/``; the notebooks with their outputs.

    A notebook is not run again while its parameters and everything it reads are unchanged.

    Parameters
    ----------
    parameters
        Values per notebook, ``{name: {parameter: value}}``, or a YAML file of them. By default
        ``book/quick.yaml``; with ``{}`` every notebook keeps its own.
    names
        Notebooks to run (file names without the suffix); all by default.
    jobs
        How many run at a time.
    force
        Run also what is up to date.

    Raises
    ------
    ConfigError
        If a notebook or a parameter is unknown.
    HydroTLError
        If a notebook fails; the message names the cell and the file as far as it ran.
    """
    root = project_root()
    runs = _plan(root, _load_parameters(root / QUICK if parameters is None else parameters), names)
    stale = [run for run in runs if force or _key_of(root / run.output) != run.key]
    (root / RUN_NOTEBOOKS).mkdir(parents=True, exist_ok=True)
    failures = []
    with tqdm(total=len(runs), initial=len(runs) - len(stale), unit="notebook") as bar:
        # In processes of their own, even a single one: each has its own environment and folder.
        for run, error in run_processes(_run, stale, {}, max(1, jobs)):
            bar.set_description(run.name)
            bar.update()
            if error:
                failures.append(error)
    if failures:
        raise HydroTLError("\n".join(failures))
    return [root / run.output for run in runs]


def build_book() -> Path:
    """Build the book with Jupyter Book; a warning is an error.

    All pages are built afresh: a page shows numbers of other pages' notebooks, and Sphinx does
    not notice when only those change.

    Returns
    -------
    Path
        The front page.

    Raises
    ------
    HydroTLError
        If the build fails.
    """
    root = project_root()
    # by import, not by name: the environment need not be on the PATH
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    command += ["build", "book", "--all", "-W", "--keep-going", "-q"]
    # In a session of its own: at Ctrl-C it is ended, and says nothing of its own.
    done = subprocess.run(command, cwd=root, start_new_session=True)
    index = root / "_build" / "html" / "index.html"
    if done.returncode != 0 or not index.is_file():
        raise HydroTLError(
            "the book was not built: see the warnings above (jupyter-book 1.x is needed: "
            "pip install -c constraints.txt -e '.[book]')"
        )
    return index


def _load_parameters(parameters: str | Path | Parameters) -> Parameters:
    if isinstance(parameters, Mapping):
        return parameters
    content = load_yaml(Path(parameters)) or {}
    if not isinstance(content, dict) or not all(
        value is None or isinstance(value, dict) for value in content.values()
    ):
        raise ConfigError(f"{parameters} must map notebook names to their parameters")
    return {name: value or {} for name, value in content.items()}


def _plan(root: Path, parameters: Parameters, names: Iterable[str] | None) -> list[Run]:
    known = sorted(path.stem for path in (root / NOTEBOOKS).glob("*.ipynb"))
    chosen = known if names is None else list(names)
    unknown = sorted((set(chosen) | set(parameters)) - set(known))
    if unknown:
        raise ConfigError(
            f"no notebook {', '.join(unknown)} in {root / NOTEBOOKS}; "
            f"there are {', '.join(known) or 'none'}"
        )
    shared = _digest_of_inputs(root)
    runs = []
    for name in chosen:
        notebook, values = root / NOTEBOOKS / f"{name}.ipynb", parameters.get(name, {})
        _check_parameters(notebook, values)
        digest = shared.copy()
        digest.update(notebook.read_bytes())
        digest.update(json.dumps(values, sort_keys=True, default=str).encode())
        runs.append(Run(name, values, digest.hexdigest()))
    return runs


def _check_parameters(notebook: Path, values: Mapping[str, Any]) -> None:
    """Papermill itself only warns of a parameter that the notebook does not have."""
    import papermill

    try:
        known = papermill.inspect_notebook(str(notebook))
    except (ValueError, KeyError, AttributeError) as error:  # also what nbformat raises
        raise ConfigError(f"{notebook} is not a notebook ({error}): restore it") from None
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ConfigError(
            f"{notebook} has no parameter {', '.join(unknown)}; "
            f"its cell tagged 'parameters' has {', '.join(known) or 'none'}"
        )


def _digest_of_inputs(root: Path) -> hashlib._Hash:
    """Digest of package, manifest, experiments, weights, results, environment and data found."""
    digest = hashlib.sha256()
    for part in WHAT_NOTEBOOKS_READ:
        paths = sorted((root / part).rglob("*")) or [root / part]
        for path in (p for p in paths if p.is_file() and "__pycache__" not in p.parts):
            digest.update(str(path.relative_to(root)).encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    digest.update(repr(sorted((d.name, d.version) for d in distributions())).encode())
    manifest = load_yaml(root / MANIFEST_NAME) or {}
    try:
        folders = {str(entry["folder"]) for entry in (manifest.get("datasets") or {}).values()}
    except (AttributeError, KeyError, TypeError):
        raise ConfigError(f"{root / MANIFEST_NAME} does not map data sets to entries") from None
    found = sorted(folder for folder in folders if (data_dir() / folder).exists())
    digest.update(repr((str(data_dir()), found)).encode())
    return digest


def _key_of(notebook: Path) -> str | None:
    if not notebook.is_file():
        return None
    try:
        content = json.loads(notebook.read_text(encoding="utf-8"))
        return content["metadata"].get("hydrotl", {}).get("key")
    except (ValueError, KeyError, TypeError, AttributeError):  # damaged: it runs again
        return None


def _run(run: Run) -> str | None:
    """Run one notebook in a worker; return what went wrong."""
    import nbformat
    import papermill

    root = project_root()
    partial = run.output.with_suffix(".partial.ipynb")  # kept only if the run fails
    os.chdir(root)  # papermill records paths as given, so they must be relative
    os.environ.update(KERNEL_ENVIRONMENT, HYDROTL_ROOT=str(root))
    os.environ.pop("GLIBC_TUNABLES", None)  # memory settings of training, not of kernels
    try:
        papermill.execute_notebook(
            run.source.as_posix(),
            partial.as_posix(),
            parameters=dict(run.parameters),
            kernel_name="python3",
            progress_bar=False,
            extra_arguments=["--log-level=CRITICAL"],  # of the kernel
        )
    except papermill.PapermillExecutionError as error:
        return (
            f"{run.source}, cell {error.cell_index + 1}: {error.ename}: {error.evalue} "
            f"(as far as it ran: {partial})"
        )
    notebook = nbformat.read(partial, as_version=4)
    for cell in notebook.cells:
        if "outputs" in cell:  # HoloViews leaves empty ones, of which each becomes a figure
            cell.outputs = [one for one in cell.outputs if one.get("data") != {}]
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = cell.source.replace("# Parameters", BUILT_WITH, 1)
    notebook.metadata["hydrotl"] = {"key": run.key}
    nbformat.write(notebook, partial)
    partial.replace(run.output)
    return None
