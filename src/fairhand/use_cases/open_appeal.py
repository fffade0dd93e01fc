"""A person contests a decision about them, in their own words and language; once, and paid."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import MINUTE_MS, Instant
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.pay import store as pay
from fairhand.pay.paid_time.record_store import lock_clock
from fairhand.pay.paid_time.rules import TimeEvent
from fairhand.people.accounts import store as accounts
from fairhand.people.conduct import appeal_store, store
from fairhand.people.conduct.appeals import (
    Appeal,
    answer_by,
    message_issues,
    panel_of,
    why_no_appeal,
)
from fairhand.people.conduct.rules import key_issues
from fairhand.people.conduct.store import Decision
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.begin_appeal import paying_project

WRITING_CAP_MS = 15 * MINUTE_MS
"""How long a quiet stretch counts while somebody writes an appeal: words take their time."""


@dataclass(frozen=True, slots=True)
class OpenAppeal:
    """Who contests which decision, and why."""

    person_id: int
    decision_id: int
    client_key: str
    message: str


@dataclass(frozen=True, slots=True)
class OpenedAppeal:
    """The appeal as it is kept; `again` when this key had opened it before."""

    appeal: Appeal
    again: bool


def open_appeal(
    db: Database, command: OpenAppeal, now: Instant, *, idle_cap_ms: int
) -> OpenedAppeal:
    """Open an appeal; writing it is paid time, and the same key opens it once.

    Raises NotFoundError for a decision about somebody else, ConflictError for one that was appealed
    before or whose time to appeal is over, InvalidError for an appeal without words.
    """
    issues = [*key_issues(command.client_key), *message_issues(command.message)]
    if issues:
        raise InvalidError("This appeal cannot be opened so.", issues=issues)
    with db.write() as connection:
        place = lock_clock(connection, command.person_id)  # one person's appeals take turns
        before = appeal_store.find_by_key(connection, command.person_id, command.client_key)
        if before is not None:
            return _same(before, command)
        decision = store.load_decision(connection, command.decision_id)
        if decision is None or decision.person_id != command.person_id:
            raise NotFoundError(f"There is no decision {command.decision_id} about you.")
        pays = paying_project(connection, decision)
        if pays:
            is_writing = place is not None and place[:2] == (pays, "appeal")
            cap = max(idle_cap_ms, WRITING_CAP_MS) if is_writing else idle_cap_ms
            event = TimeEvent(pays, "appeal", now, cap)
            pay.hear(connection, command.person_id, None, event, now)
        kept = _keep(connection, command, decision, now)
        body = {
            "appeal": kept.id,
            "decision": decision.id,
            "kind": decision.kind,
            "person": kept.person_id,
            "panel": kept.panel,
            "answer_by": kept.answer_by,
            "message_sha256": sha256_hex(kept.message.encode()),
        }
        project_id = decision.project_id or None
        log.append(connection, "conduct.appealed", body, now, kept.person_id, project_id)
    return OpenedAppeal(kept, again=False)


def _keep(connection: Connection, command: OpenAppeal, decision: Decision, now: Instant) -> Appeal:
    if why := why_no_appeal(decision.kind, decision.appeal_by, now):
        raise ConflictError(why, code="too_late" if now >= decision.appeal_by else "final")
    person = accounts.load_person(connection, command.person_id)
    policy = store.policy_at(connection, now)
    kept = appeal_store.add_appeal(
        connection,
        {
            "decision_id": decision.id,
            "person_id": command.person_id,
            "project_id": decision.project_id,
            "client_key": command.client_key,
            "message": command.message.strip(),
            "language": person.locale if person else decision.language,
            "panel": panel_of(decision.kind, policy),
            "opened_at": now,
            "answer_by": answer_by(policy, now),
        },
    )
    if kept is None:
        raise ConflictError(
            "You have appealed this decision before; an appeal is heard once.",
            code="already_appealed",
        )
    return kept


def _same(before: Appeal, command: OpenAppeal) -> OpenedAppeal:
    if before.decision_id != command.decision_id:
        raise ConflictError("This key opened another appeal.", code="client_key_reused")
    return OpenedAppeal(before, again=True)
