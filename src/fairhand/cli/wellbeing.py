"""`fairhand wellbeing policy`: what holds for hard content, and proposing a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from fairhand.use_cases.house import House

group = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Hard content: the policy that protects."
)


def register(app: typer.Typer) -> None:
    """Add `wellbeing`."""
    app.add_typer(group, name="wellbeing")


@group.callback()
def _group() -> None:
    """What one person has seen is shown to that person alone, on their own page; never here."""


@group.command("policy")
def policy(
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=NUMBER", help="Propose a change; may be repeated."),
    ] = None,
    project: Annotated[
        str | None, typer.Option(help="In one project; it can only protect more.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show what holds for hard content, or propose a change to the council.

    Doses are thousandths of a severity-minute, times are milliseconds.

    Example:  fairhand wellbeing policy --set limits.hour=15000 --set rotation_days=2
    """
    with opened(workspace) as house:
        project_id = find_project(house, project).id if project else 0
        if change:
            _propose(house, project_id, change)
        else:
            _show(house, project_id)


def _show(house: House, project_id: int) -> None:
    from fairhand.use_cases.read_exposure_policy import read_exposure_policy

    found = read_exposure_policy(house.db, house.clock(), project_id)
    shown = table("", "What", "Now")
    for title, value in found.words:
        shown.add_row(title, value)
    version = f"Version {found.versions[-1].version}." if found.versions else "The defaults hold."
    tell(found.as_json(), shown, version)


def _propose(house: House, project_id: int, change: list[str]) -> None:
    from fairhand.use_cases.apply_signed_policies import apply_signed_policies
    from fairhand.use_cases.set_exposure_policy import SetExposurePolicy, set_exposure_policy

    command = SetExposurePolicy(owner_id_of(house), _terms(change), project_id)
    done = set_exposure_policy(house.db, command, house.clock())
    apply_signed_policies(house.db, house.clock())
    told: dict[str, Any] = {"proposal_id": done.proposal.id, "state": done.proposal.state}
    waits = done.proposal.state == "waiting"
    words = "It waits for the council." if waits else "It holds now: it only protects more."
    tell(told | {"changes": list(done.changes)}, "\n".join([*done.changes, words]))


def _terms(change: list[str]) -> dict[str, Any]:
    """Read `limits.hour=15000` and `weights=0,1000,3000,10000`."""
    from fairhand.core.errors import InvalidError

    terms: dict[str, Any] = {}
    for one in change:
        name, _, value = one.partition("=")
        parts = [part.strip() for part in value.split(",")]
        if not all(part.isascii() and part.isdigit() and len(part) <= 15 for part in parts):
            raise InvalidError(f"--set {one}: give a whole number, as --set limits.hour=15000.")
        numbers = [int(part) for part in parts]
        place = terms
        *outer, last = name.strip().split(".")
        for step in outer:
            place = place.setdefault(step, {})
        place[last] = numbers[0] if len(numbers) == 1 else numbers
    return terms
