"""A named human answers a dispute: in full, in part, or not, and always with a reason."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fairhand.pay.disputes import store
from fairhand.pay.disputes.rules import (
    Answer,
    Dispute,
    answer_issues,
    granted,
    is_due,
    may_answer,
    statement_lines,
)
from fairhand.pay.earnings.store import load_statement
from fairhand.people.accounts import store as accounts
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database

MAY_DECIDE = ("owner", "manager")


@dataclass(frozen=True, slots=True)
class DecideDispute:
    """Which dispute, by whom, and the answer."""

    dispute_id: int
    decided_by: int
    answer: Answer


def decide_dispute(db: Database, command: DecideDispute, now: Instant) -> Dispute:
    """Write an answer; what is granted is owed at once and settled by the next close.

    Raises ConflictError when it was answered or its time is over, ForbiddenError for whoever may
    not answer this one, and InvalidError for an answer without reason or sense.
    """
    with db.write() as connection:
        dispute = store.hold_dispute(connection, command.dispute_id)
        if dispute is None:
            raise NotFoundError(f"There is no dispute {command.dispute_id}.")
        if not dispute.is_open:
            raise ConflictError(f"This dispute is {dispute.state} already.", code="answered")
        if is_due(dispute, now):
            raise ConflictError(
                "The seven days are over: nobody answered, so it is upheld in full.", code="silent"
            )
        if why := why_not(connection, dispute, command.decided_by):
            raise ForbiddenError(why, code="not_yours_to_answer")
        if issues := answer_issues(dispute, command.answer):
            raise InvalidError("This answer cannot be given so.", issues=issues)
        ended = settle(connection, dispute, command.answer, command.decided_by, now)
        log.append(
            connection,
            "pay.dispute_decided",
            decision_body(ended),
            now,
            ended.person_id,
            ended.project_id,
        )
    return ended


def settle(
    connection: Connection, dispute: Dispute, answer: Answer, decided_by: int | None, now: Instant
) -> Dispute:
    """Post what an answer grants, and write how the dispute ended."""
    rate = guarantee_of(connection, dispute)
    grant = granted(dispute, answer, rate)
    posted = None
    if grant is not None:
        posted = store.post_correction(connection, dispute, grant, rate, now).entry_id
    store.end_dispute(
        connection, dispute, answer.outcome, grant, decided_by, answer.reason, posted, now
    )
    ended = store.load_dispute(connection, dispute.id)
    assert ended is not None  # noqa: S101  # it is held
    return ended


def guarantee_of(connection: Connection, dispute: Dispute) -> int:
    """Find the hourly guarantee for granted time: the line's own rate, else the project's now."""
    if dispute.statement_id is not None:
        document = load_statement(connection, dispute.statement_id)
        lines = statement_lines(orjson.loads(document.body)) if document else []
        for line in lines:
            if line.number == dispute.line and line.rate_micros_per_hour:
                return line.rate_micros_per_hour
    project = store.load_project_pay(connection, dispute.project_id)
    return 0 if project is None else project.rate_micros_per_hour


def why_not(connection: Connection, dispute: Dispute, decider: int) -> str | None:
    """Say why somebody may not answer a dispute; None when they may."""
    project = store.load_project_pay(connection, dispute.project_id)
    setters = frozenset[int]() if project is None else store.setters_of(connection, project)
    deciders = [
        person.id
        for person, roles in accounts.list_people(connection)
        if not person.is_simulated and any(role in MAY_DECIDE for role in roles)
    ]
    return may_answer(decider, dispute.person_id, setters, deciders)


def decision_body(ended: Dispute) -> dict[str, object]:
    """Write what the log keeps of an answer."""
    return {
        "dispute": ended.id,
        "person": ended.person_id,
        "outcome": ended.state,
        "decided_by": ended.decided_by,
        "granted_ms": ended.granted_ms,
        "granted_micros": ended.granted_micros,
        "currency": ended.currency,
        "entry": ended.entry_id,
        "reason": ended.reason,
    }
