"""`fairhand assist …`: models that propose while people decide.

Commands live in `assist_*.py`, which know this group; they are found by name.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

import typer

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Models that propose: tick a project, connect a backend, train, promote, measure.",
)


def register(app: typer.Typer) -> None:
    """Add `assist` with the commands of its rooms."""
    import fairhand.cli

    for room in sorted(one.name for one in pkgutil.iter_modules(fairhand.cli.__path__)):
        if room.startswith("assist_"):
            import_module(f"fairhand.cli.{room}")
    app.add_typer(group, name="assist")
