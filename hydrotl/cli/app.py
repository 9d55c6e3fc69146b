"""The commands, put together.

They import what they need when they run, so that ``hydrotl --help`` is quick.
"""

from __future__ import annotations

import typer

from hydrotl.cli.book import book
from hydrotl.cli.data import describe, fetch, pack
from hydrotl.cli.ending import in_one_line
from hydrotl.cli.experiments import reproduce, run, sweep
from hydrotl.cli.own import init, list_names, options
from hydrotl.cli.process_based import calibrate, swat, swat_fetch
from hydrotl.cli.river import compare, export, simulate
from hydrotl.cli.source import card, check, train_source
from hydrotl.cli.study import auto, beyond

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Transfer streamflow LSTMs across continents.",
    epilog="Your own river: hydrotl init ~/rivers, hydrotl check ~/rivers, hydrotl run ~/rivers.",
    callback=options,
)
PANELS = {
    "Your own river": (init, check, run, simulate, compare, export),
    "The study": (list_names, train_source, card, sweep, reproduce, beyond, auto, book),
    "Data sets": (fetch, describe, pack),
    "Process-based models": (calibrate, swat_fetch, swat),
}
for panel, commands in PANELS.items():
    for command in commands:
        name = "list" if command is list_names else None
        app.command(name, rich_help_panel=panel)(in_one_line(command))
