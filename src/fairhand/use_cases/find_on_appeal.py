"""Who hears an appeal says what they found; when enough have, it ends and takes effect at once."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.people.conduct import appeal_store, store, words
from fairhand.people.conduct.appeals import (
    Appeal,
    Review,
    finding_issues,
    is_due,
    outcome_of,
    why_not_hear,
)
from fairhand.people.conduct.rules import Finding
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.hear_appeal import be_paid_for_hearing, reviewer_of
from fairhand.use_cases.repair_decision import Why, repair_decision


@dataclass(frozen=True, slots=True)
class FindOnAppeal:
    """Who finds what on which appeal, and why."""

    reviewer_id: int
    appeal_id: int
    finding: str
    reason: str


def find_on_appeal(db: Database, command: FindOnAppeal, now: Instant) -> Appeal:
    """Keep a finding; once they suffice the appeal ends, and what is upheld is undone.

    Raises ForbiddenError for whoever has not taken the appeal, ConflictError when it has ended, its
    time is over or they found before, and InvalidError for a decline without reason.
    """
    if issues := finding_issues(command.finding, command.reason):
        raise InvalidError("This cannot be found so.", issues=issues)
    finding: Finding = "uphold" if command.finding == "uphold" else "decline"
    with db.write() as connection:
        appeal = _may_find(connection, command, now)
        be_paid_for_hearing(connection, command.reviewer_id, appeal, now)
        appeal_store.set_finding(
            connection, appeal.id, command.reviewer_id, finding, command.reason, now
        )
        reviews = appeal_store.reviews_of(connection, appeal.id)
        outcome = outcome_of(appeal, reviews)
        repaired: dict[str, object] = {}
        if outcome is not None:
            repaired = _end(connection, appeal, outcome, reviews, command.reviewer_id, now)
        body = {
            "appeal": appeal.id,
            "decision": appeal.decision_id,
            "reviewer": command.reviewer_id,
            "finding": finding,
            "outcome": outcome,
            "repaired": repaired,
            "reason_sha256": sha256_hex(command.reason.strip().encode()),
            **store.decided(connection, appeal.project_id, now),
        }
        project_id = appeal.project_id or None
        log.append(connection, "conduct.appeal_found", body, now, appeal.person_id, project_id)
        ended = appeal_store.load_appeal(connection, appeal.id)
    assert ended is not None  # noqa: S101  # it was held
    return ended


def _may_find(connection: Connection, command: FindOnAppeal, now: Instant) -> Appeal:
    appeal = appeal_store.hold_appeal(connection, command.appeal_id)
    if appeal is None:
        raise NotFoundError(f"There is no appeal {command.appeal_id}.")
    if not appeal.is_open:
        raise ConflictError("This appeal has ended.", code="answered")
    if is_due(appeal, now):
        raise ConflictError(
            "The time to answer is over: nobody did, so the person is right.", code="silent"
        )
    reviews = appeal_store.reviews_of(connection, appeal.id)
    mine = next((one for one in reviews if one.reviewer_id == command.reviewer_id), None)
    if mine is None:
        raise ForbiddenError("Take the appeal and look at it first.", code="not_taken")
    if mine.finding is not None:
        raise ConflictError("You have said what you found.", code="found")
    decision = store.load_decision(connection, appeal.decision_id)
    reviewer = reviewer_of(connection, command.reviewer_id, appeal)
    behind = frozenset[int]() if decision is None else decision.behind
    if why := why_not_hear(reviewer, appeal, behind, reviews):
        raise ForbiddenError(why, code="not_yours_to_hear")
    return appeal


def _end(
    connection: Connection,
    appeal: Appeal,
    outcome: Finding,
    reviews: list[Review],
    reviewer_id: int,
    now: Instant,
) -> dict[str, object]:
    said = [one.reason for one in reviews if one.finding == outcome and one.reason]
    reason = "\n\n".join(said)
    if outcome == "decline":
        appeal_store.end_appeal(connection, appeal.id, "declined", reason, {}, now)
        return {}
    decision = store.load_decision(connection, appeal.decision_id)
    assert decision is not None  # noqa: S101  # an appeal has its decision
    why = Why(words.RESTORED_BY_APPEAL, reviewer_id, appeal.id)
    repaired = repair_decision(connection, decision, why, now)
    appeal_store.end_appeal(connection, appeal.id, "upheld", reason, repaired, now)
    return repaired
