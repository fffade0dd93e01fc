"""A named human decides about somebody: an answer is not taken, fraud, a suspension, an ending.

No token and no machine reaches this. Pay is never touched: what was earned stays owed and is paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    Issue,
    NotFoundError,
)
from fairhand.model.decision import NewDecision
from fairhand.people.accounts import store as accounts
from fairhand.people.conduct import appeal_store, effects, store, words
from fairhand.people.conduct.appeals import Reviewer
from fairhand.people.conduct.effects import Answer
from fairhand.people.conduct.rules import decision_issues
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.note_decision import note_decision

Kind = Literal["answer_not_taken", "redo_asked", "fraud_flag", "suspended", "ended"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
MAY_DECIDE: Final = frozenset(("owner", "manager"))
LONGEST_DAYS: Final = 30
"""A suspension is for a while; what should last is an ending, and says so."""


@dataclass(frozen=True, slots=True)
class DecideAboutPerson:
    """Who decides what about whom, and on what evidence.

    Project 0 is the whole workspace. `days` is how long a suspension holds; `annotation_id` is the
    answer that is not taken, or asked again.
    """

    decider_id: int
    person_id: int
    project_id: int
    kind: Kind
    reason: str
    counterfactual: str
    evidence: str
    client_key: str
    days: int | None = None
    annotation_id: int | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)


def decide_about_person(db: Database, command: DecideAboutPerson, now: Instant) -> int:
    """Keep a decision and let it take effect; the same key again gives the first one.

    Raises ForbiddenError for whoever may not decide here, InvalidError for a decision without
    reason, evidence or end, and ConflictError where it holds already.
    """
    if issues := _issues(command):
        raise InvalidError("This cannot be decided so.", issues=issues)
    with db.write() as connection:
        before = store.find_decision(connection, command.client_key)
        if before is not None:
            return before
        person = accounts.load_person(connection, command.person_id)
        if person is None:
            raise NotFoundError(f"There is no person {command.person_id}.")
        _check_decider(connection, command)
        subject, inputs, answer = _subject(connection, command, now)
        new = _new(command, subject, inputs)
        if issues := decision_issues(new):
            raise InvalidError("This cannot be decided so.", issues=issues)
        stopped: list[tuple[int, str]] = []
        if command.kind in ("suspended", "ended"):
            stopped = effects.stop_work(connection, command.person_id, command.project_id)
            new = _new(command, subject, {**inputs, "enrolments": stopped})
        elif answer is not None:
            effects.leave_out(connection, answer.id, answer.task_id)
        decision_id = note_decision(connection, new, now)
        body = {
            "decision": decision_id,
            "kind": command.kind,
            "person": command.person_id,
            "decided_by": command.decider_id,
            "projects": [project for project, _ in stopped],
            "annotation": command.annotation_id,
            **store.decided(connection, command.project_id, now),
        }
        project_id = command.project_id or None
        log.append(connection, "conduct.decided", body, now, command.person_id, project_id)
    return decision_id


def _issues(command: DecideAboutPerson) -> list[Issue]:
    issues = []
    if command.kind not in KINDS:
        issues.append(Issue("kind", f"Choose one of {', '.join(KINDS)}."))
    if command.kind == "suspended" and not 1 <= (command.days or 0) <= LONGEST_DAYS:
        issues.append(Issue("days", f"Say for how many days, from 1 to {LONGEST_DAYS}."))
    if command.kind in ("answer_not_taken", "redo_asked") and command.annotation_id is None:
        issues.append(Issue("annotation_id", "Say which answer."))
    if len(command.evidence.strip()) < 10:
        issues.append(Issue("evidence", "Say what you looked at: the person reads it."))
    return issues


def _check_decider(connection: Connection, command: DecideAboutPerson) -> None:
    who: Reviewer | None = appeal_store.reviewers_in(connection, command.project_id).get(
        command.decider_id
    )
    if who is None or who.is_simulated or not who.roles & MAY_DECIDE:
        raise ForbiddenError(
            "Only a named owner or manager decides about people here.", code="not_yours_to_decide"
        )


def _subject(
    connection: Connection, command: DecideAboutPerson, now: Instant
) -> tuple[dict[str, int | str], dict[str, Any], Answer | None]:
    """Find what the decision is about; raises for what is not there or holds already."""
    inputs: dict[str, Any] = {"evidence": command.evidence.strip(), **command.inputs}
    if command.kind in ("answer_not_taken", "redo_asked"):
        answer = effects.load_answer(connection, command.annotation_id or 0)
        place = (command.person_id, command.project_id)
        if answer is None or (answer.person_id, answer.project_id) != place:
            raise NotFoundError("This person has no such answer in this project.")
        if not answer.counted:
            raise ConflictError("This answer is not used already.", code="already_decided")
        subject: dict[str, int | str] = {"annotation": answer.id, "task": answer.task_id}
        return subject, {**inputs, **subject}, answer
    if command.kind in ("suspended", "ended"):
        bars = store.list_bars(connection, command.person_id, command.project_id, now)
        if any(bar.kind == command.kind or bar.kind == "ended" for bar in bars):
            raise ConflictError("This holds already for this person.", code="already_decided")
    if command.kind == "suspended":
        return {"until": now + (command.days or 0) * DAY_MS}, inputs, None
    return {}, inputs, None


def _new(
    command: DecideAboutPerson, subject: Mapping[str, int | str], inputs: Mapping[str, Any]
) -> NewDecision:
    stops = command.kind in ("suspended", "ended")
    return NewDecision(
        person_id=command.person_id,
        project_id=command.project_id,
        kind=command.kind,
        reason=command.reason.strip(),
        counterfactual=command.counterfactual.strip(),
        pay_effect=words.SUSPENDED_PAY if stops else words.NO_PAY_EFFECT,
        inputs=inputs,
        subject=subject,
        decider_id=command.decider_id,
        client_key=command.client_key,
    )
