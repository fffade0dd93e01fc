"""Options that many commands share, so that each means the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from fairhand.cli.voice import remember_json

Workspace: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        envvar="FAIRHAND_WORKSPACE",
        help="The workspace folder (default: ./fairhand-workspace).",
        show_default=False,
    ),
]
AsJson: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--json",
        callback=remember_json,
        is_eager=True,
        help="Print one JSON document on stdout and nothing else.",
    ),
]
ProjectName: TypeAlias = Annotated[
    str, typer.Argument(metavar="PROJECT", help="A project's number or short name.")
]
