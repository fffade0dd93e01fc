"""SQL of what decisions do to people's work: enrolments stopped and given back, answers counted."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import text

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.money import ceil_fraction
from fairhand.storage.database import Connection

LOOK_BACK_DAYS = 28
"""What somebody earned in the four weeks before says what they lose while they may not work."""
_YEAR_DAYS = 365

_STOP = text(
    "UPDATE enrolment SET state = 'suspended' WHERE person_id = :person_id "
    "AND project_id = :project_id AND state = :state"
)
_WORKING = text(
    "SELECT project_id, state FROM enrolment WHERE person_id = :person_id "
    "AND (:project_id = 0 OR project_id = :project_id) AND state IN ('active', 'learning') "
    "ORDER BY project_id"
)
_GIVE_BACK = text(
    "UPDATE enrolment SET state = :state WHERE person_id = :person_id "
    "AND project_id = :project_id AND state = 'suspended'"
)
_EARNED = text(
    "SELECT project_id, currency, coalesce(sum(paid_ms), 0), coalesce(sum(amount_micros), 0), "
    "max(rate_micros_per_hour) FROM accrual WHERE person_id = :person_id "
    "AND (:project_id = 0 OR project_id = :project_id) AND activity <> 'top_up' "
    "AND ended_at > :since AND ended_at <= :until GROUP BY project_id, currency "
    "ORDER BY project_id, currency"
)
_COUNT = text(
    "UPDATE annotation SET counted = true, aggregated = false "
    "WHERE id = :annotation_id AND NOT counted AND NOT superseded"
)
_UNCOUNT = text(
    "UPDATE annotation SET counted = false, aggregated = false "
    "WHERE id = :annotation_id AND counted AND NOT superseded"
)
_MAKE_PLACE = text(
    "UPDATE queue SET taken = taken + 1, "
    "wanted = CASE WHEN wanted > taken THEN wanted ELSE taken + 1 END WHERE task_id = :task_id"
)
_FREE_PLACE = text("UPDATE queue SET taken = taken - 1 WHERE task_id = :task_id AND taken > 0")
_ANSWER = text(
    "SELECT id, task_id, person_id, project_id, counted FROM annotation "
    "WHERE id = :annotation_id AND NOT superseded"
)


@dataclass(frozen=True, slots=True)
class Lost:
    """What somebody would have earned in a project, by what they had earned before.

    `interest_micros` is on top; `paid_ms` is the time that the money stands for.
    """

    project_id: int
    currency: str
    paid_ms: int
    micros: int
    rate_micros_per_hour: int
    interest_micros: int


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that a decision is about."""

    id: int
    task_id: int
    person_id: int
    project_id: int
    counted: bool


def stop_work(connection: Connection, person_id: int, project_id: int) -> list[tuple[int, str]]:
    """Stop a person's work in a project (0: in all); says what was stopped, and its state before.

    Nothing that is owed changes, and what they have on hand can still be sent.
    """
    scope = {"person_id": person_id, "project_id": project_id}
    stopped = [(int(row[0]), str(row[1])) for row in connection.execute(_WORKING, scope)]
    for project, state in stopped:
        connection.execute(_STOP, {"person_id": person_id, "project_id": project, "state": state})
    return stopped


def let_work(connection: Connection, person_id: int, project_id: int, state: str) -> bool:
    """Give an enrolment its state back; False when it is not suspended any more."""
    found = {"person_id": person_id, "project_id": project_id, "state": state}
    return bool(connection.execute(_GIVE_BACK, found).rowcount)


def lost_by(
    connection: Connection,
    person_id: int,
    project_id: int,
    since: Instant,
    until: Instant,
    interest_percent: int,
) -> list[Lost]:
    """Say what a person could not earn from `since` to `until`, by project and currency.

    The mean of the four weeks before, for every day; simple interest for half of the time, as the
    loss grew evenly. Rounded up, in favour of the person.
    """
    span = Fraction(max(0, until - since), LOOK_BACK_DAYS * DAY_MS)
    interest = Fraction(interest_percent, 100) * Fraction(
        max(0, until - since), 2 * _YEAR_DAYS * DAY_MS
    )
    window = {
        "person_id": person_id,
        "project_id": project_id,
        "since": since - LOOK_BACK_DAYS * DAY_MS,
        "until": since,
    }
    found = []
    for project, currency, paid_ms, micros, rate in connection.execute(_EARNED, window):
        lost = ceil_fraction(int(micros) * span)
        if lost:
            more = ceil_fraction(lost * interest)
            ms = ceil_fraction(int(paid_ms) * span)
            found.append(Lost(int(project), currency, ms, lost, int(rate or 0), more))
    return found


def load_answer(connection: Connection, annotation_id: int) -> Answer | None:
    """Load the answer that a decision is about; None when there is none."""
    row = connection.execute(_ANSWER, {"annotation_id": annotation_id}).first()
    return None if row is None else Answer(row[0], row[1], row[2], row[3], bool(row[4]))


def count_answer(connection: Connection, annotation_id: int, task_id: int) -> bool:
    """Let an answer count, making it a place; False when it counts already."""
    if not connection.execute(_COUNT, {"annotation_id": annotation_id}).rowcount:
        return False
    connection.execute(_MAKE_PLACE, {"task_id": task_id})
    return True


def leave_out(connection: Connection, annotation_id: int, task_id: int) -> bool:
    """Let an answer count no more, so that somebody else is asked; it stays paid."""
    if not connection.execute(_UNCOUNT, {"annotation_id": annotation_id}).rowcount:
        return False
    connection.execute(_FREE_PLACE, {"task_id": task_id})
    return True
