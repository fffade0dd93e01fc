"""The `fairhand` command and its groups."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Annotated

import typer

import fairhand
from fairhand import cli as rooms
from fairhand.cli import (
    aggregate,
    assist,
    backup,
    campaign,
    conduct,
    contract,
    conversations,
    council,
    course,
    credential,
    demo,
    doctor,
    export,
    exports,
    gate,
    given,
    gold,
    grant,
    imports,
    init,
    intake,
    leaks,
    licence,
    log,
    mail,
    pay,
    people,
    pilot,
    pool,
    project,
    quality,
    ready,
    release,
    review,
    serve,
    sign_on,
    sources,
    status,
    systems,
    talent,
    task,
    template,
    token,
    value,
    verify,
    webhook,
    wellbeing,
    words,
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
    doctor,
    export,
    exports,
    init,
    template,
    project,
    campaign,
    grant,
    given,
    intake,
    leaks,
    licence,
    ready,
    pilot,
    imports,
    pool,
    gold,
    course,
    people,
    mail,
    sign_on,
    token,
    serve,
    sources,
    status,
    quality,
    review,
    aggregate,
    assist,
    backup,
    pay,
    release,
    gate,
    value,
    verify,
    credential,
    talent,
    task,
    log,
    conduct,
    conversations,
    council,
    contract,
    systems,
    webhook,
    wellbeing,
    words,
):
    _room.register(app)

# The rooms of pay and of projects add their commands to theirs when they are imported.
for _found in sorted(pkgutil.iter_modules(rooms.__path__), key=lambda module: module.name):
    if _found.name.startswith(("pay_", "project_")):
        import_module(f"{rooms.__name__}.{_found.name}")
