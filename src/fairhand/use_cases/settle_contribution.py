"""A human looks at what was noticed of a contribution and says: keep, ask again, or leave out.

What is asked again or left out is a decision about a person: it is kept with its reason, told to
them, and can be contested; pay is never touched. No token reaches this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, Issue, NotFoundError
from fairhand.model.decision import DecisionKind, NewDecision
from fairhand.people.conduct import effects, words
from fairhand.people.conduct import store as conduct
from fairhand.people.contributions import review_store as store
from fairhand.people.contributions.intake import NEVER_KEPT, SETTLED, Settled
from fairhand.people.contributions.review_store import Noticed, Reviewed
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.note_decision import note_decision

LEAST_WHY: Final = 20
MOST_WHY: Final = 500
_KINDS: Final[dict[Settled, DecisionKind]] = {
    "ask_again": "redo_asked",
    "leave_out": "answer_not_taken",
}
_OTHERWISE: Final[dict[Settled, str]] = {
    "ask_again": "What you send again is used, when what is named here is not so any more.",
    "leave_out": "It would be used if what is named here were not so. If it is not so, contest it.",
}


@dataclass(frozen=True, slots=True)
class SettleContribution:
    """Who says what to all that was noticed of a contribution, and why (20 letters or more)."""

    reviewer_id: int
    project_id: int
    contribution_id: int
    settled_as: Settled
    why: str


@dataclass(frozen=True, slots=True)
class SettledContribution:
    """The state that a contribution came to, and the decision that its giver is told."""

    state: str
    decision_id: int | None


def settle_contribution(
    db: Database, command: SettleContribution, now: Instant
) -> SettledContribution:
    """Settle what waits of a contribution.

    Raises InvalidError without a reason, ForbiddenError for one's own, ConflictError where nothing
    waits any more.
    """
    if issues := _issues(command):
        raise InvalidError(issues[0].message, issues=issues)
    with db.write() as connection:
        found = store.load_reviewed(connection, command.project_id, [command.contribution_id])
        given = found.get(command.contribution_id)
        if given is None:
            raise NotFoundError("There is no such contribution in this project.")
        if given.person_id == command.reviewer_id:
            raise ForbiddenError("Somebody else looks at what you gave.", code="own_contribution")
        noticed = store.list_noticed(connection, [given.id])[given.id]
        waiting = [one for one in noticed if one.severity != "note" and one.settled_as is None]
        if not waiting:
            raise ConflictError("Nothing of this waits for anybody.", code="already_settled")
        state = _state(given, waiting, command.settled_as)
        store.settle(
            connection, given.id, command.settled_as, command.reviewer_id, command.why.strip(), now
        )
        store.set_state(connection, given.id, state, now)
        decision_id = _decide(connection, command, given, waiting, now)
        body = {
            "contribution": given.id,
            "person": given.person_id,
            "settled_as": command.settled_as,
            "found": sorted(one.kind for one in waiting),
            "state": state,
            "decision": decision_id,
            "decided_by": command.reviewer_id,
            **conduct.decided(connection, command.project_id, now),
        }
        log.append(
            connection, "contribution.settled", body, now, given.person_id, command.project_id
        )
    return SettledContribution(state, decision_id)


def _issues(command: SettleContribution) -> list[Issue]:
    issues = []
    if command.settled_as not in SETTLED:
        issues.append(Issue("settled_as", f"Choose one of {', '.join(SETTLED)}."))
    if not LEAST_WHY <= len(command.why.strip()) <= MOST_WHY:
        message = f"Say why in {LEAST_WHY} to {MOST_WHY} letters: the person reads it."
        issues.append(Issue("why", message))
    return issues


def _state(given: Reviewed, waiting: list[Noticed], settled_as: Settled) -> str:
    """Say where a contribution goes: what cannot be waved through is looked through anew."""
    if settled_as != "keep":
        return "held"
    if given.open_sha256 is None or any(one.kind in NEVER_KEPT for one in waiting):
        return "new"
    return "ready"


def _decide(
    connection: Connection,
    command: SettleContribution,
    given: Reviewed,
    waiting: list[Noticed],
    now: Instant,
) -> int | None:
    """Tell the giver of a decision that is not in their favour; the task is asked again."""
    if command.settled_as == "keep":
        return None
    effects.leave_out(connection, given.annotation_id, given.task_id)
    new = NewDecision(
        person_id=given.person_id,
        project_id=given.project_id,
        kind=_KINDS[command.settled_as],
        reason=command.why.strip(),
        counterfactual=_OTHERWISE[command.settled_as],
        pay_effect=words.NO_PAY_EFFECT,
        inputs={
            "contribution": given.id,
            "noticed": [{"kind": one.kind, "words": one.words} for one in waiting],
        },
        subject={
            "contribution": given.id,
            "annotation": given.annotation_id,
            "task": given.task_id,
        },
        decider_id=command.reviewer_id,
        client_key=f"contribution:{given.id}:{waiting[-1].id}",
    )
    return note_decision(connection, new, now)
