"""The `fairhand` command and its groups."""

from __future__ import annotations

from typing import Annotated

import typer

import fairhand
from fairhand.cli import (
    aggregate,
    demo,
    gold,
    imports,
    init,
    log,
    pay,
    people,
    project,
    quality,
    release,
    serve,
    status,
    token,
    verify,
)
from fairhand.cli.group import Commands
from fairhand.cli.voice import voice

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Human data, done by a fair hand: people label, statistics make it true, "
    "pay never falls below a living floor, and every release proves it.\n\n"
    "Try it:  fairhand demo\n\n"
    "Begin:   fairhand init --owner Carmen --email carmen@example.org --country GB\n\n"
    "Exit codes: 0 done; 1 the thing asked about is not so; 2 wrong usage or input; "
    "3 not initialised or not available.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fairhand {fairhand.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show a traceback when something goes wrong.")
    ] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    voice().debug = debug


for _room in (
    demo,
    init,
    project,
    imports,
    gold,
    people,
    token,
    serve,
    status,
    quality,
    aggregate,
    pay,
    release,
    verify,
    log,
):
    _room.register(app)
