"""`fairhand conduct …`: decisions about people, appeals against them, who reports to whom.

Nobody is suspended and no appeal is decided here: a shell is a machine's door as much as a
person's. Those who do so sign in and do it on the page, under their name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import opened, owner_id_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from fairhand.people.conduct.appeal_store import ListedDecision

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Decisions about people and their appeals: list them, let silence uphold, reporting.",
)


@group.command("decisions")
def decisions(
    person: Annotated[
        int | None, typer.Option(help="Only about the person of this number.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """List decisions about people, the newest first; an open appeal is not shown.

    Example:  fairhand conduct decisions --person 4 --json
    """
    from dataclasses import asdict

    from fairhand.use_cases.read_appeals import read_conduct

    with opened(workspace) as house:
        found = read_conduct(house.db, None)
    rows = [_row(one) for one in found.decisions if person in (None, one.decision.person_id)]
    shown = table("", ">Number", "About", "What", "By", "Made", "Appeal")
    for row in rows:
        names = ("id", "person", "kind", "by", "made_at", "appeal")
        shown.add_row(*(str(row[name]) for name in names))
    content = {"decisions": rows, "counter": asdict(found.counter)}
    tell(content, shown if rows else "Nothing has been decided about anybody.")


@group.command("appeals")
def appeals(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Count appeals: opened, waiting, upheld, declined, and days to an answer. Names nobody.

    Example:  fairhand conduct appeals --json
    """
    from dataclasses import asdict

    from fairhand.use_cases.read_appeals import read_counter

    with opened(workspace) as house:
        counter = read_counter(house.db)
    shown = table("", "Appeals", ">Number")
    for name, value in asdict(counter).items():
        shown.add_row(name.replace("_", " "), "–" if value is None else str(value))
    tell(asdict(counter), shown)


@group.command("silence")
def silence(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Uphold appeals whose time is over and lift suspensions that have ended; the server does too.

    Example:  fairhand conduct silence
    """
    from fairhand.use_cases.lift_suspensions import lift_suspensions
    from fairhand.use_cases.mend_statistics import mend_statistics
    from fairhand.use_cases.uphold_silent_appeals import uphold_silent_appeals

    with opened(workspace) as house:
        upheld = uphold_silent_appeals(house.db, house.clock())
        lifted = lift_suspensions(house.db, house.clock())
        mended = mend_statistics(house.db, house.clock)
    content = {"upheld": upheld, "lifted": lifted, "projects_learned_anew": mended}
    words = f"Upheld {upheld} appeals, lifted {lifted} suspensions, learned {mended} projects anew."
    tell(content, words)


@group.command("reports-to")
def reports_to(
    person: Annotated[int, typer.Argument(metavar="PERSON", help="The number of who reports.")],
    boss: Annotated[
        int | None, typer.Argument(metavar="BOSS", help="To whom; left out: to nobody.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Say who reports to whom: nobody hears an appeal against what their boss decided.

    Example:  fairhand conduct reports-to 5 2
    """
    from fairhand.use_cases.set_reporting import SetReporting, set_reporting

    with opened(workspace) as house:
        command = SetReporting(owner_id_of(house), person, boss)
        set_reporting(house.db, command, house.clock())
    to = "nobody" if boss is None else f"person {boss}"
    tell({"person": person, "reports_to": boss}, f"Person {person} reports to {to}.")


def _row(one: ListedDecision) -> dict[str, Any]:
    from fairhand.core.clock import iso

    decision = one.decision
    return {
        "id": decision.id,
        "person_id": decision.person_id,
        "person": one.person,
        "project_id": decision.project_id,
        "kind": decision.kind,
        "by": one.decider or decision.system,
        "reason": decision.reason,
        "made_at": iso(decision.made_at),
        "appeal_by": iso(decision.appeal_by),
        "appeal": one.appeal.state if one.appeal else "",
    }


def register(app: typer.Typer) -> None:
    """Add the group to the command."""
    app.add_typer(group, name="conduct")
