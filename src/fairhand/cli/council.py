"""`fairhand council …`: who sits, elections, proposals and signatures."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fairhand.cli.opening import opened, owner_id_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import table, tell

group = typer.Typer(
    rich_markup_mode=None,
    help="The elected council: who sits, elections, what waits for its signature.",
)


def register(app: typer.Typer) -> None:
    """Add `council`."""
    app.add_typer(group, name="council")


@group.callback(invoke_without_command=True)
def show(context: typer.Context, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Show who sits, the election that was called last, and what waits.

    Example:  fairhand council --json
    """
    if context.invoked_subcommand is not None:
        return
    from fairhand.use_cases.read_council import read_council
    from fairhand.web.api.council import council_json

    with opened(workspace) as house:
        page = read_council(house.db, owner_id_of(house), house.clock())
    content = council_json(page)
    waits = table("Waits", ">", "Kind", "What", "Until")
    for one in content["waiting"]:
        day = one["decide_by"][:16].replace("T", " ")
        waits.add_row(str(one["id"]), one["kind"], one["summary"], day)
    names = ", ".join(one["name"] for one in content["seats"]) or "nobody"
    decides = "" if page.council.can_decide else " No council can decide: the stricter rules hold."
    tell(content, f"On the council: {names}.{decides}", *_election(content["election"]), waits)


@group.command("call")
def call(
    seats: Annotated[int, typer.Option(help="How many sit.")] = 3,
    term_days: Annotated[int, typer.Option(help="For how many days.")] = 365,
    stand_days: Annotated[int, typer.Option(help="Days to stand.")] = 7,
    vote_days: Annotated[int, typer.Option(help="Days to vote.")] = 7,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Call an election; contributors can do the same on their page.

    Example:  fairhand council call --seats 5
    """
    from fairhand.core.clock import iso
    from fairhand.people.council.elections import Terms
    from fairhand.use_cases.call_election import CallElection, call_election

    with opened(workspace) as house:
        terms = Terms(seats, term_days, stand_days, vote_days)
        called = call_election(house.db, CallElection(owner_id_of(house), terms), house.clock())
    stands_until = iso(called.stands_until)
    content = {
        "id": called.id,
        "stands_until": stands_until,
        "votes_until": iso(called.votes_until),
    }
    until = stands_until[:16].replace("T", " ")
    tell(content, f"Election {called.id} is called. People stand until {until} UTC.")


@group.command("proposal")
def proposal(
    number: Annotated[int, typer.Argument(metavar="ID", min=1, help="The proposal's number.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show a proposal word for word, with its hash and its votes.

    Example:  fairhand council proposal 3
    """
    from fairhand.use_cases.read_council import read_proposal
    from fairhand.web.shared.policy_view import STATES, fields_of, proposal_json

    with opened(workspace) as house:
        found = read_proposal(house.db, number)
    content = proposal_json(found)
    said = [f"{name}: {text}" for name, text in fields_of(found.body)]
    votes = [f"{one['name']}: {one['vote']} {one['reason']}".rstrip() for one in content["votes"]]
    head = f"{number}. {found.proposal.summary} ({STATES[found.proposal.state]})"
    tell(content, head, *said, f"SHA-256 {found.proposal.sha256}", *votes)


@group.command("withdraw")
def withdraw(
    number: Annotated[int, typer.Argument(metavar="ID", min=1, help="The proposal's number.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Take a proposal back before the council has decided.

    Example:  fairhand council withdraw 3
    """
    from fairhand.use_cases.withdraw_policy import WithdrawPolicy, withdraw_policy

    with opened(workspace) as house:
        withdraw_policy(house.db, WithdrawPolicy(owner_id_of(house), number), house.clock())
    tell({"id": number, "state": "withdrawn"}, f"Proposal {number} is taken back.")


def _election(one: dict[str, Any] | None) -> list[str]:
    if one is None:
        return ["No election has been called yet: fairhand council call"]
    if one["phase"] == "standing":
        return [f"Election {one['id']}: {len(one['candidates'])} stand so far."]
    if one["phase"] == "voting":
        return [f"Election {one['id']}: {one['voted']} of {one['entitled']} have voted."]
    return [f"Election {one['id']} is {one['phase']}."]
