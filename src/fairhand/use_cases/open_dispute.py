"""A person disputes a line of a statement, or what they earned and is not settled yet."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.pay import store as pay
from fairhand.pay.disputes import store
from fairhand.pay.disputes.rules import (
    ANSWER_MS,
    WRITING_CAP_MS,
    Claim,
    Dispute,
    StatementLine,
    claim_issues,
    key_issues,
    known_activity,
    statement_lines,
)
from fairhand.pay.disputes.store import NewDispute
from fairhand.pay.earnings.store import load_statement
from fairhand.pay.paid_time.record_store import lock_clock
from fairhand.pay.paid_time.rules import TimeEvent
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class OpenDispute:
    """What is disputed: a line of a statement, or the unsettled work in a project."""

    person_id: int
    client_key: str
    claim: Claim
    statement_id: int | None = None
    line: int | None = None
    project_id: int | None = None
    activity: str = "annotate"


@dataclass(frozen=True, slots=True)
class OpenedDispute:
    """The dispute as it is kept; `again` when this key had opened it before."""

    dispute: Dispute
    again: bool


def open_dispute(
    db: Database, command: OpenDispute, now: Instant, *, idle_cap_ms: int
) -> OpenedDispute:
    """Open a dispute; writing it is paid time, and the same key opens it once.

    Raises NotFoundError for what is not the person's own, InvalidError for a claim without sense,
    and ConflictError while another dispute about the same line is open.
    """
    issues = [*key_issues(command.client_key), *claim_issues(command.claim)]
    if issues:
        raise InvalidError("This dispute cannot be opened so.", issues=issues)
    with db.write() as connection:
        new = _new(connection, command)
        place = lock_clock(connection, command.person_id)  # one person's disputes take turns
        before = store.find_by_key(connection, command.person_id, command.client_key)
        if before is not None:
            return _same(before, new)
        is_writing = place is not None and place[:2] == (new.project_id, "appeal")
        _be_paid_for_writing(connection, new, now, idle_cap_ms, is_writing=is_writing)
        if (other := store.find_open(connection, new)) is not None:
            raise ConflictError(
                f"Your dispute {other} about this is still open; it has to be answered first.",
                code="already_disputed",
            )
        kept = store.add_dispute(connection, new, now, Instant(now + ANSWER_MS))
        body = {
            "dispute": kept.id,
            "person": kept.person_id,
            "project": kept.project_id,
            "statement": kept.statement_id,
            "line": kept.line,
            "kind": kept.kind,
            "claimed_ms": kept.claimed_ms,
            "claimed_micros": kept.claimed_micros,
            "currency": kept.currency,
            "activity": kept.activity,
            "answer_by": kept.answer_by,
            "message_sha256": sha256_hex(kept.message.encode()),
        }
        log.append(connection, "pay.dispute_opened", body, now, kept.person_id, kept.project_id)
    return OpenedDispute(kept, again=False)


def line_of(
    connection: Connection, person_id: int, statement_id: int, number: int
) -> StatementLine:
    """Find a line of a person's own statement; raises NotFoundError."""
    found = load_statement(connection, statement_id)
    if found is None or found.person_id != person_id:
        raise NotFoundError(f"There is no statement {statement_id} of yours.")
    for line in statement_lines(orjson.loads(found.body)):
        if line.number == number:
            return line
    raise NotFoundError(f"Statement {statement_id} has no line {number}.")


def _new(connection: Connection, command: OpenDispute) -> NewDispute:
    project_id, activity = command.project_id, known_activity(command.activity)
    if command.statement_id is not None:
        line = line_of(connection, command.person_id, command.statement_id, command.line or 0)
        project_id, activity = line.project_id, line.activity
    elif project_id is None:
        raise InvalidError(
            "Say what it is about.", issues=[Issue("project", "Choose a project or a line.")]
        )
    mine = {one[0] for one in store.projects_of(connection, command.person_id)}
    project = store.load_project_pay(connection, project_id or 0)
    if project is None or project.id not in mine:
        raise NotFoundError("You have earned nothing in such a project.")
    return NewDispute(
        person_id=command.person_id,
        project_id=project.id,
        statement_id=command.statement_id,
        line=command.line if command.statement_id is not None else None,
        activity=activity,
        currency=project.currency,
        claim=command.claim,
        client_key=command.client_key,
    )


def _be_paid_for_writing(
    connection: Connection, new: NewDispute, now: Instant, idle_cap_ms: int, *, is_writing: bool
) -> None:
    """Hear that it was sent: the time since the form opened is paid, pauses for words included."""
    cap = max(idle_cap_ms, WRITING_CAP_MS) if is_writing else idle_cap_ms
    event = TimeEvent(new.project_id, "appeal", now, cap)
    pay.hear(connection, new.person_id, None, event, now)


def _same(before: Dispute, new: NewDispute) -> OpenedDispute:
    is_same = (before.project_id, before.statement_id, before.line, before.kind) == (
        new.project_id,
        new.statement_id,
        new.line,
        new.claim.kind,
    )
    if not is_same:
        raise ConflictError("This key opened another dispute.", code="client_key_reused")
    return OpenedDispute(before, again=True)
