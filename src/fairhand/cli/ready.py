"""`fairhand ready`: is a project ready to open, and is it time for compute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fairhand.cli.opening import find_project, opened
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from rich.table import Table

    from fairhand.use_cases.read_readiness import Readiness

_STATES = {"done": "done", "missing": "missing", "not_yet": "not yet"}


def register(app: typer.Typer) -> None:
    """Add `ready`."""
    app.command("ready")(ready)


def ready(
    project: ProjectName,
    compute: Annotated[
        bool, typer.Option("--compute", help="Ask for compute too, not only for opening.")
    ] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show the four stages of a project; exit code 1 while something is missing before it opens.

    Example:  fairhand ready digits --json
    """
    from fairhand.use_cases.read_readiness import read_readiness
    from fairhand.web.api.readiness import readiness_json

    with opened(workspace) as house:
        found = read_readiness(house.db, find_project(house, project).id, house.clock())
    is_ready = found.for_compute if compute else found.may_open
    if found.pilot_of is not None:
        words = f"{found.project.title} is itself a pilot; ask about {found.pilot_of.slug}."
        tell(readiness_json(found), words)
        raise typer.Exit(1)
    tell(readiness_json(found), _shown(found), _said(found, compute))
    if not is_ready:
        raise typer.Exit(1)


def _shown(found: Readiness) -> Table:
    shown = table("", "Stage", "What", "State", "What is there", "Who can mend it")
    for stage in found.stages:
        for place, item in enumerate(stage.items):
            state = _STATES[item.state] if item.blocks or item.state == "done" else "advice"
            when = f" {item.when.words}" if item.when and item.state != "done" else ""
            who = "" if item.state == "done" else ", ".join(item.who)
            name = "" if place else stage.name
            shown.add_row(name, item.title, state, item.detail + when, who)
    return shown


def _said(found: Readiness, compute: bool) -> str:
    if found.for_compute:
        return "All four stages are done: compute may be bought."
    if found.may_open:
        words = "Everything before compute is done."
        return f"{words} Compute comes after the first release." if compute else words
    stages = ", ".join(stage.name for stage in found.stages[:-1] if stage.state != "done")
    return f"Not ready yet: {stages}."
