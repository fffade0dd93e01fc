"""`fairhand pay disputes …`: what people contest about their pay, and the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import opened, owner_id_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.pay import group
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from fairhand.pay.disputes.store import ListedDispute
    from fairhand.use_cases.house import House

disputes = typer.Typer(
    rich_markup_mode=None, help="Disputes about pay: list them by deadline, answer one."
)
group.add_typer(disputes, name="disputes")


@disputes.callback(invoke_without_command=True)
def list_disputes(
    context: typer.Context, workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """List disputes: those that wait for an answer first, the next deadline on top.

    Example:  fairhand pay disputes --json
    """
    if context.invoked_subcommand is not None:
        return
    from dataclasses import asdict

    from fairhand.use_cases.read_disputes import read_dispute_queue

    with opened(workspace) as house:
        queue = read_dispute_queue(house.db)
    rows = [_row(one) for one in (*queue.waiting, *queue.ended)]
    shown = table("", ">Number", "Person", "Project", "Claims", "State", "Answer by")
    for row in rows:
        shown.add_row(*(str(row[name]) for name in _SHOWN))
    content = {"disputes": rows, "counter": asdict(queue.counter)}
    tell(content, shown if rows else "No dispute has been opened.")


@disputes.command("decide")
def decide(
    number: Annotated[int, typer.Argument(metavar="ID", help="The dispute's number.")],
    outcome: Annotated[str, typer.Option(help="upheld, partly or declined.")],
    reason: Annotated[str, typer.Option(help="Your reason; the person reads it.")],
    minutes: Annotated[int | None, typer.Option(help="With partly: how many minutes.")] = None,
    amount: Annotated[str | None, typer.Option(help="With partly: how much, as 2.50.")] = None,
    by: Annotated[
        int | None, typer.Option(help="The number of who answers (default: the owner).")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Answer a dispute under somebody's name; what is granted is owed at once.

    Example:  fairhand pay disputes decide 3 --outcome upheld --reason "The log shows it."
    """
    from fairhand.core.clock import MINUTE_MS
    from fairhand.pay.disputes.rules import Answer
    from fairhand.use_cases.decide_dispute import DecideDispute, decide_dispute

    with opened(workspace) as house:
        who = owner_id_of(house) if by is None else _who_may(house, by)
        micros = None if amount is None else _micros(house, number, amount)
        ms = None if minutes is None else minutes * MINUTE_MS
        command = DecideDispute(number, who, Answer(outcome, reason, ms, micros))
        ended = decide_dispute(house.db, command, house.clock())
    content = {
        "id": ended.id,
        "state": ended.state,
        "granted_ms": ended.granted_ms,
        "granted_micros": ended.granted_micros,
        "entry_id": ended.entry_id,
    }
    tell(content, f"Dispute {ended.id} is {ended.state}.")


_SHOWN = ("id", "person", "project", "claims", "state", "answer_by")


def _row(one: ListedDispute) -> dict[str, Any]:
    from fairhand.core.clock import iso
    from fairhand.pay.disputes.rules import claim_in_words

    dispute = one.dispute
    return {
        "id": dispute.id,
        "person": one.person,
        "project": one.project,
        "claims": claim_in_words(dispute.claim, dispute.currency),
        "state": dispute.state,
        "answer_by": iso(dispute.answer_by),
        "message": dispute.message,
        "reason": dispute.reason,
    }


def _micros(house: House, number: int, amount: str) -> int:
    from fairhand.core.errors import InvalidError, NotFoundError
    from fairhand.core.money import MICROS, parse_money
    from fairhand.pay.disputes.store import load_dispute

    with house.db.read() as connection:
        found = load_dispute(connection, number)
    if found is None:
        raise NotFoundError(f"There is no dispute {number}.")
    try:
        return parse_money(amount, found.currency).minor * MICROS
    except ValueError as error:
        raise InvalidError(f"--amount cannot be read: {error}.") from None


def _who_may(house: House, person_id: int) -> int:
    """Check that a person may answer disputes; raises ForbiddenError."""
    from fairhand.core.errors import ForbiddenError
    from fairhand.people.accounts.store import list_people
    from fairhand.use_cases.decide_dispute import MAY_DECIDE

    with house.db.read() as connection:
        roles = {person.id: roles for person, roles in list_people(connection)}
    if not set(MAY_DECIDE) & set(roles.get(person_id, ())):
        raise ForbiddenError(f"Person {person_id} is neither an owner nor a manager.")
    return person_id
