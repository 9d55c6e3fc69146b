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
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Transfer streamflow LSTMs across continents.",
    callback=options,
)
for command in (
    *(fetch, describe, pack),
    init,
    *(train_source, check, card),
    *(run, sweep, reproduce),
    *(beyond, auto),
    *(simulate, compare, export),
    *(swat_fetch, swat, calibrate),
    book,
):
    app.command()(in_one_line(command))
app.command("list")(in_one_line(list_names))
