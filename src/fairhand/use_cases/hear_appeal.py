"""Somebody who had no part in a decision takes an appeal against it, and sees the evidence."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import MINUTE_MS, Instant
from fairhand.core.errors import ConflictError, ForbiddenError, NotFoundError
from fairhand.pay import store as pay
from fairhand.pay.paid_time.rules import TimeEvent
from fairhand.people.accounts import store as accounts
from fairhand.people.conduct import appeal_store, store
from fairhand.people.conduct.appeals import (
    Appeal,
    Review,
    Reviewer,
    drawn,
    is_drawn,
    why_not_hear,
)
from fairhand.people.conduct.store import Decision
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database

HEARING_CAP_MS = 15 * MINUTE_MS
"""How long a quiet stretch counts while somebody reads the evidence."""

NOBODY = Reviewer(0, frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class HearAppeal:
    """Who takes which appeal."""

    reviewer_id: int
    appeal_id: int


def hear_appeal(db: Database, command: HearAppeal, now: Instant) -> bool:
    """Take a place at an appeal; False when one had it before.

    Raises ForbiddenError for whoever may not hear it, ConflictError when it has ended.
    """
    with db.write() as connection:
        appeal = appeal_store.hold_appeal(connection, command.appeal_id)
        if appeal is None:
            raise NotFoundError(f"There is no appeal {command.appeal_id}.")
        if not appeal.is_open:
            raise ConflictError("This appeal has ended.", code="answered")
        reviewer = reviewer_of(connection, command.reviewer_id, appeal)
        if why := why_not(connection, appeal, reviewer, now):
            raise ForbiddenError(why, code="not_yours_to_hear")
        reviews = appeal_store.reviews_of(connection, appeal.id)
        if any(one.reviewer_id == command.reviewer_id for one in reviews):
            return False
        be_paid_for_hearing(connection, command.reviewer_id, appeal, now)
        is_peer = reviewer.is_peer
        appeal_store.add_review(connection, appeal.id, command.reviewer_id, now, is_peer=is_peer)
        body = {"appeal": appeal.id, "reviewer": command.reviewer_id, "peer": is_peer}
        log.append(
            connection,
            "conduct.appeal_taken",
            body,
            now,
            command.reviewer_id,
            appeal.project_id or None,
        )
    return True


def be_paid_for_hearing(
    connection: Connection, reviewer_id: int, appeal: Appeal, now: Instant
) -> None:
    """Hear that somebody reads an appeal: who is paid by the hour here is paid for it.

    The appeal's project pays, else the one in which they worked last.
    """
    last = store.last_project(connection, reviewer_id)
    if last:
        event = TimeEvent(appeal.project_id or last, "appeal", now, HEARING_CAP_MS)
        pay.hear(connection, reviewer_id, None, event, now)


def reviewer_of(connection: Connection, person_id: int, appeal: Appeal) -> Reviewer:
    """Find what matters of somebody who would hear an appeal."""
    return appeal_store.reviewers_in(connection, appeal.project_id).get(person_id, NOBODY)


def why_not(connection: Connection, appeal: Appeal, reviewer: Reviewer, now: Instant) -> str | None:
    """Say why somebody may not hear an appeal; None when they may."""
    decision = store.load_decision(connection, appeal.decision_id)
    assert decision is not None  # noqa: S101  # an appeal has its decision
    reviews = appeal_store.reviews_of(connection, appeal.id)
    if why := why_not_hear(reviewer, appeal, decision.behind, reviews):
        return why
    if not reviewer.is_peer or any(one.reviewer_id == reviewer.person_id for one in reviews):
        return None
    return None if _is_drawn(connection, appeal, decision, reviewer, reviews, now) else _NOT_DRAWN


def who_may_hear(connection: Connection, appeal: Appeal, now: Instant) -> list[int]:
    """List those who may hear an appeal: whose task it is, and the peers drawn by lot."""
    decision = store.load_decision(connection, appeal.decision_id)
    workspace = accounts.load_workspace(connection)
    if decision is None or workspace is None:
        return []
    reviews = appeal_store.reviews_of(connection, appeal.id)
    able = [
        one
        for one in appeal_store.reviewers_in(connection, appeal.project_id).values()
        if why_not_hear(one, appeal, decision.behind, reviews) is None
    ]
    peers = [one.person_id for one in able if one.is_peer]
    lot = drawn(workspace[1], appeal, peers, now)
    return sorted([*(one.person_id for one in able if not one.is_peer), *lot])


def _is_drawn(
    connection: Connection,
    appeal: Appeal,
    decision: Decision,
    reviewer: Reviewer,
    reviews: list[Review],
    now: Instant,
) -> bool:
    workspace = accounts.load_workspace(connection)
    assert workspace is not None  # noqa: S101  # people live in a workspace
    peers = [
        one.person_id
        for one in appeal_store.reviewers_in(connection, appeal.project_id).values()
        if one.is_peer and why_not_hear(one, appeal, decision.behind, reviews) is None
    ]
    return is_drawn(workspace[1], appeal, reviewer.person_id, peers, now)


_NOT_DRAWN = "Others were drawn by lot to hear this appeal."
