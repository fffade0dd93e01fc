"""What the pages of decisions and appeals read: one's own, the queue, evidence without names."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace
from typing import Any

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ForbiddenError, NotFoundError
from fairhand.people.accounts import store as accounts
from fairhand.people.conduct import appeal_store, store
from fairhand.people.conduct.appeal_store import ListedDecision
from fairhand.people.conduct.appeals import Appeal, Review, blind, why_no_appeal
from fairhand.people.conduct.rules import AppealsPolicy
from fairhand.people.conduct.store import Decision
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.hear_appeal import reviewer_of, why_not
from fairhand.work.gold import quarantine
from fairhand.work.projects.store import load_task_sheet

_RECENT_MS = 14 * DAY_MS
_LEADS_TO_PERSON = frozenset(("annotation", "attempt", "decision", "enrolments"))


@dataclass(frozen=True, slots=True)
class Counter:
    """How appeals go here, for everybody; `median_days` is None before the first answer."""

    opened: int
    waiting: int
    upheld: int
    declined: int
    silent: int
    median_days: float | None


@dataclass(frozen=True, slots=True)
class OwnDecisions:
    """Every decision about a person, newest first, and how appeals go here."""

    decisions: tuple[ListedDecision, ...]
    counter: Counter
    policy: AppealsPolicy


@dataclass(frozen=True, slots=True)
class OwnDecision:
    """One decision about a person with its evidence; `why_no_appeal` where it cannot be."""

    listed: ListedDecision
    shown: Shown | None
    why_no_appeal: str | None
    policy: AppealsPolicy


@dataclass(frozen=True, slots=True)
class Shown:
    """The task that a decision is about: its text and its picture, as far as it has them."""

    task_id: int
    data: dict[str, Any]
    media_sha256: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An appeal in the queue of somebody who may hear it; it names nobody."""

    appeal_id: int
    kind: str
    project: str
    opened_at: Instant
    answer_by: Instant
    panel: int
    found: int
    is_taken: bool
    is_done: bool


@dataclass(frozen=True, slots=True)
class BlindAppeal:
    """An appeal as those see it who hear it: everything but whose it is.

    `also` counts how many others gave the person's answer to an overturnable gold task, of `of`.
    """

    appeal_id: int
    state: str
    kind: str
    project: str
    message: str
    language: str
    reason: str
    counterfactual: str
    pay_effect: str
    decided_in: str
    inputs: dict[str, Any]
    weights: list[tuple[str, float | str]]
    system: str
    opened_at: Instant
    answer_by: Instant
    panel: int
    shown: Shown | None
    reviews: tuple[Review, ...]
    mine: Review | None
    ended_because: str
    others: tuple[int, int] | None


def read_own_decisions(db: Database, person_id: int, now: Instant) -> OwnDecisions:
    """Load every decision about a person."""
    with db.read() as connection:
        return OwnDecisions(
            tuple(appeal_store.list_decisions(connection, person_id=person_id)),
            _counter(connection),
            store.policy_at(connection, now),
        )


def read_own_decision(db: Database, person_id: int, decision_id: int, now: Instant) -> OwnDecision:
    """Load one decision about a person; raises NotFoundError for anybody else's."""
    with db.read() as connection:
        found = appeal_store.list_decisions(
            connection, person_id=person_id, decision_id=decision_id
        )
        if not found:
            raise NotFoundError(f"There is no decision {decision_id} about you.")
        decision = found[0].decision
        return OwnDecision(
            found[0],
            _shown(connection, decision, person_id),
            why_no_appeal(decision.kind, decision.appeal_by, now),
            store.policy_at(connection, now),
        )


@dataclass(frozen=True, slots=True)
class Conduct:
    """What those see who answer for decisions; an open appeal is not shown, nor whose it is."""

    decisions: tuple[ListedDecision, ...]
    counter: Counter
    people: tuple[tuple[int, str], ...]
    projects: tuple[tuple[int, str], ...]
    reports: tuple[tuple[str, str], ...]

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The people, as a form offers them."""
        return [(str(one), name) for one, name in self.people]


def read_conduct(db: Database, project_ids: frozenset[int] | None) -> Conduct:
    """Load decisions about people in these projects (None: all), and who reports to whom."""
    with db.read() as connection:
        listed = appeal_store.list_decisions(connection, project_ids=project_ids)
        people = [
            (person.id, person.display_name)
            for person, _ in accounts.list_people(connection)
            if person.state == "active" and not person.is_simulated
        ]
        names = dict(people)
        reports = appeal_store.load_reports(connection)
        titles = appeal_store.list_titles(connection)
        counter = _counter(connection)
    return Conduct(
        tuple(_closed(one) for one in listed),
        counter,
        tuple(people),
        tuple(one for one in titles if project_ids is None or one[0] in project_ids),
        tuple((names.get(a, "?"), names.get(b, "?")) for a, b in sorted(reports.items())),
    )


def _closed(listed: ListedDecision) -> ListedDecision:
    """Leave an open appeal out, so that nobody who hears it can look up whose it is."""
    is_open = listed.appeal is not None and listed.appeal.is_open
    return replace(listed, appeal=None) if is_open else listed


def read_counter(db: Database) -> Counter:
    """Count appeals; it names nobody."""
    with db.read() as connection:
        return _counter(connection)


def read_appeal_queue(db: Database, reviewer_id: int, now: Instant) -> tuple[Waiting, ...]:
    """List the appeals that somebody may hear, the next deadline first."""
    with db.read() as connection:
        waiting = []
        for listed in appeal_store.list_decisions(connection, open_only=True):
            appeal = listed.appeal
            assert appeal is not None  # noqa: S101  # chosen by its appeal
            reviewer = reviewer_of(connection, reviewer_id, appeal)
            if why_not(connection, appeal, reviewer, now) is None:
                waiting.append(_waiting(connection, listed, appeal, reviewer_id))
        return tuple(waiting)


def read_appeal(db: Database, appeal_id: int, reviewer_id: int, now: Instant) -> BlindAppeal:
    """Load one appeal without its person's name, for somebody who has taken it.

    Raises ForbiddenError for everybody else: evidence is for those who hear it.
    """
    with db.read() as connection:
        found = appeal_store.list_decisions(connection, appeal_id=appeal_id)
        if not found or found[0].appeal is None:
            raise NotFoundError(f"There is no appeal {appeal_id}.")
        appeal, decision = found[0].appeal, found[0].decision
        reviews = appeal_store.reviews_of(connection, appeal_id)
        mine = next((one for one in reviews if one.reviewer_id == reviewer_id), None)
        if mine is None:
            why = None
            if appeal.is_open:
                why = why_not(connection, appeal, reviewer_of(connection, reviewer_id, appeal), now)
            raise ForbiddenError(why or "Take the appeal first.", code="not_taken")
        return _blind(connection, found[0], appeal, decision, reviews, mine)


def may_take(db: Database, appeal_id: int, reviewer_id: int, now: Instant) -> str | None:
    """Say why somebody may not take an appeal; None when they may."""
    with db.read() as connection:
        appeal = appeal_store.load_appeal(connection, appeal_id)
        if appeal is None:
            raise NotFoundError(f"There is no appeal {appeal_id}.")
        if not appeal.is_open:
            return "This appeal has ended."
        return why_not(connection, appeal, reviewer_of(connection, reviewer_id, appeal), now)


def read_news(db: Database, person_id: int, now: Instant) -> int:
    """Count the decisions of the last two weeks that a person could still appeal and has not."""
    with db.read() as connection:
        return appeal_store.count_news(connection, person_id, Instant(now - _RECENT_MS), now)


def _blind(
    connection: Connection,
    listed: ListedDecision,
    appeal: Appeal,
    decision: Decision,
    reviews: list[Review],
    mine: Review,
) -> BlindAppeal:
    names = appeal_store.names_in(connection, appeal.person_id)
    others = None
    if decision.kind == "gold_missed":
        others = quarantine.also_missed(connection, int(decision.subject["task"]))
    return BlindAppeal(
        appeal_id=appeal.id,
        state=appeal.state,
        kind=decision.kind,
        project=listed.project,
        message=blind(appeal.message, names),
        language=appeal.language,
        reason=blind(decision.reason, names),
        counterfactual=blind(decision.counterfactual, names),
        pay_effect=decision.pay_effect,
        inputs=_blind_values(decision.inputs, names),
        decided_in=decision.language,
        weights=decision.weights,
        system=decision.system,
        opened_at=appeal.opened_at,
        answer_by=appeal.answer_by,
        panel=appeal.panel,
        shown=_shown(connection, decision, appeal.person_id),
        reviews=tuple(one for one in reviews if one.reviewer_id != mine.reviewer_id),
        mine=mine,
        ended_because=appeal.reason,
        others=others,
    )


def _blind_values(inputs: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Take names out of what was looked at, and the numbers that lead to them."""
    return {
        key: blind(value, names) if isinstance(value, str) else value
        for key, value in inputs.items()
        if key not in _LEADS_TO_PERSON
    }


def _waiting(
    connection: Connection, listed: ListedDecision, appeal: Appeal, reviewer_id: int
) -> Waiting:
    reviews = appeal_store.reviews_of(connection, appeal.id)
    mine = next((one for one in reviews if one.reviewer_id == reviewer_id), None)
    return Waiting(
        appeal.id,
        listed.decision.kind,
        listed.project,
        appeal.opened_at,
        appeal.answer_by,
        appeal.panel,
        sum(one.finding is not None for one in reviews),
        mine is not None,
        mine is not None and mine.finding is not None,
    )


def _shown(connection: Connection, decision: Decision, person_id: int) -> Shown | None:
    if "task" not in decision.subject:
        return None
    sheet = load_task_sheet(connection, int(decision.subject["task"]), person_id)
    if sheet is None:
        return None
    media = sheet.task.media
    return Shown(sheet.task.id, sheet.task.data, None if media is None else media.sha256)


def _counter(connection: Connection) -> Counter:
    rows = appeal_store.count_states(connection)
    states = [state for state, _, _ in rows]
    days = [
        (ended - opened) / DAY_MS
        for state, opened, ended in rows
        if ended is not None and state in ("upheld", "declined", "silent")
    ]
    return Counter(
        opened=len(rows),
        waiting=states.count("open"),
        upheld=states.count("upheld") + states.count("silent"),
        declined=states.count("declined"),
        silent=states.count("silent"),
        median_days=round(statistics.median(days), 1) if days else None,
    )
