"""The lease queue's SQL.

The claim is one UPDATE that finds the best free task and takes a place in it. It reads only the
narrow `queue` table through a partial index of free tasks, so its cost does not grow with the
number of tasks. Two cursors per person keep it from walking over tasks the person has had: one
down the ranks, one along the tasks that were reopened behind the first. Cursors are a short cut,
never the truth: before anybody hears "nothing to do", the queue is looked through from the top,
and that last look waits for tasks which others have locked just now instead of passing them over.

On PostgreSQL rows are locked in one order everywhere, so that nobody waits in a circle: the
person's enrolment, their lease, the project, queue rows by task, slices, then pay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, text

from fairhand.core.clock import Instant
from fairhand.model.system import automated
from fairhand.storage.database import Connection
from fairhand.work.assignment.rules import ONLINE_HELD_MAX
from fairhand.work.holds import IS_CLOSED_STEP

_CANDIDATE = """
    SELECT q.task_id FROM queue AS q
    WHERE q.project_id = :project_id AND q.taken < q.wanted AND NOT q.held
      AND {position}
      AND (q.tier = 0 OR (q.tier <= :max_tier AND q.dose BETWEEN 1 AND :dose_left))
      AND (q.skill_id = 0 OR EXISTS (
            SELECT 1 FROM person_skill AS s
            WHERE s.person_id = :person_id AND s.skill_id = q.skill_id))
      AND (q.slice_id = 0 OR EXISTS (
            SELECT 1 FROM slice_quota AS z WHERE z.id = q.slice_id AND z.taken < z.quota))
      AND NOT EXISTS (
            SELECT 1 FROM lease AS l
            WHERE l.person_id = :person_id AND l.task_id = q.task_id AND l.state <> 'expired')
    ORDER BY q.{order} LIMIT 1 {lock}
"""
_CLAIM = {
    "sqlite": (
        "UPDATE queue SET taken = taken + 1 WHERE task_id = ({candidate}) "
        "RETURNING task_id, rank, reopened, tier, dose, slice_id"
    ),
    # A row that somebody changed since the statement began is checked again before it is updated
    # (PostgreSQL documentation, 13.2.1), and a subquery in WHERE would then look, and lock, anew.
    "postgresql": (
        "WITH found AS MATERIALIZED ({candidate}) "
        "UPDATE queue AS u SET taken = u.taken + 1 FROM found WHERE u.task_id = found.task_id "
        "RETURNING u.task_id, u.rank, u.reopened, u.tier, u.dose, u.slice_id"
    ),
}


def _claim_sql(position: str, order: str, lock: str) -> Any:  # noqa: ANN401  # TextClause
    candidate = _CANDIDATE.format(position=position, order=order, lock=lock)
    return text(_CLAIM["postgresql" if lock else "sqlite"].format(candidate=candidate))


def _claims(lock: str, passing: str) -> dict[str, Any]:
    """Build the three looks: on from each cursor, passing locked rows by, and the last one."""
    return {
        "rank": _claim_sql("q.rank > :after", "rank", passing),
        "reopened": _claim_sql("q.reopened > 0 AND q.reopened > :after", "reopened", passing),
        "whole": _claim_sql("q.rank > :after", "rank", lock),
    }


_CLAIMS = {
    "sqlite": _claims("", ""),
    "postgresql": _claims("FOR UPDATE OF q", "FOR UPDATE OF q SKIP LOCKED"),
}

_PLACE = """
    SELECT e.state AS enrolment_state, e.queue_epoch AS seen_epoch, e.rank_cursor,
           e.reopened_cursor,
           CASE WHEN p.archived_at IS NULL THEN p.mode ELSE 'closed' END AS mode,
           p.version, p.queue_epoch, p.reopened_seq, p.currency,
           p.rate_micros_per_hour, p.lease_ttl_ms, p.tier AS project_tier,
           h.max_tier, h.hours_from_min, h.hours_to_min, h.is_simulated, x.left_micros,
           p.gold_permille, e.handed_out, p.idle_cap_ms, p.wait_block_ms, c.rest_until
    FROM enrolment AS e
    JOIN project AS p ON p.id = e.project_id
    JOIN person AS h ON h.id = e.person_id
    LEFT JOIN escrow AS x ON x.project_id = p.id
    LEFT JOIN person_clock AS c ON c.person_id = e.person_id
    WHERE e.person_id = :person_id AND e.project_id = :project_id {lock}
"""
_LOAD_PLACE = {
    "sqlite": text(_PLACE.format(lock="")),
    # The row lock lets one request of a person through at a time: two tabs cannot race.
    "postgresql": text(_PLACE.format(lock="FOR UPDATE OF e")),
}

_TAKE_SLICE = text("UPDATE slice_quota SET taken = taken + 1 WHERE id = :id AND taken < quota")
_GIVE_SLICE = text("UPDATE slice_quota SET taken = taken - 1 WHERE id = :id AND taken > 0")
_LEASE = text(
    """
    INSERT INTO lease (task_id, person_id, project_id, state, hold, served_at, expires_at)
    VALUES (:task_id, :person_id, :project_id, 'live', :hold, :now, :expires_at)
    ON CONFLICT (person_id, task_id) DO UPDATE
       SET state = 'live', hold = excluded.hold, served_at = excluded.served_at,
           expires_at = excluded.expires_at, ended_at = NULL
     WHERE lease.state = 'expired'
    RETURNING id
    """
)
_MOVE_CURSORS = text(
    "UPDATE enrolment SET queue_epoch = :epoch, rank_cursor = :rank_cursor, "
    "reopened_cursor = :reopened_cursor, handed_out = handed_out + 1 "
    "WHERE person_id = :person_id AND project_id = :project_id"
)
_HELD = text(
    "SELECT id, task_id, person_id, project_id, state, hold, served_at, expires_at FROM lease "
    "WHERE person_id = :person_id AND project_id = :project_id AND state = 'live' "
    "ORDER BY served_at, id"
)
_IS_HARD = text("SELECT tier > 0 OR dose > 0 FROM queue WHERE task_id = :task_id")
_LEASE_OF = text(
    "SELECT l.id, l.task_id, l.person_id, l.project_id, l.state, l.hold, l.served_at, "
    "l.expires_at, p.idle_cap_ms FROM lease AS l JOIN project AS p ON p.id = l.project_id "
    "WHERE l.person_id = :person_id AND l.task_id = :task_id"
)
_DESK_SQL = """
    SELECT l.id, l.task_id, l.person_id, l.project_id, l.state, l.hold, l.served_at, l.expires_at,
           p.version, p.currency, p.rate_micros_per_hour, p.mode, t.width, t.height, q.dose,
           h.is_simulated, a.task_id AS earlier_task_id, a.reply AS earlier_reply,
           d.saved_at AS drafted_at, p.pay_basis, p.unit_micros,
           CASE WHEN p.pay_basis = 'audio' THEN t.data END AS audio_data,
           (SELECT y.valid_from FROM pay_policy AS y WHERE y.project_id = l.project_id
            ORDER BY y.version DESC LIMIT 1) AS terms_from, p.idle_cap_ms
    FROM lease AS l
    JOIN project AS p ON p.id = l.project_id
    JOIN task AS t ON t.id = l.task_id
    JOIN queue AS q ON q.task_id = l.task_id
    JOIN person AS h ON h.id = l.person_id
    JOIN enrolment AS e ON e.person_id = l.person_id AND e.project_id = l.project_id
    LEFT JOIN annotation AS a ON a.person_id = l.person_id AND a.client_key = :client_key
    LEFT JOIN draft AS d ON d.person_id = l.person_id AND d.task_id = l.task_id
    WHERE l.person_id = :person_id AND l.task_id = :task_id {lock}
"""
_DESK = {
    "sqlite": text(_DESK_SQL.format(lock="")),
    # One request of a person at a time: a retry racing its first try waits and sees it. The
    # enrolment is locked first, as when a task is handed out.
    "postgresql": text(_DESK_SQL.format(lock="FOR UPDATE OF e, l")),
}
_DOSE = text("SELECT dose FROM queue WHERE task_id = :task_id")
_TASK_EXISTS = text("SELECT 1 FROM task WHERE id = :task_id")
_END = text(
    "UPDATE lease SET state = :state, ended_at = :now WHERE id = :id AND state = :was RETURNING id"
)
_RENEW = text(
    "UPDATE lease SET expires_at = CASE WHEN expires_at < :expires_at THEN :expires_at "
    "ELSE expires_at END WHERE id = :id AND state = 'live' RETURNING expires_at"
)
_TAKE_IF_FREE = text(
    "UPDATE queue SET taken = taken + 1 WHERE task_id = :task_id AND taken < wanted "
    "RETURNING slice_id"
)
# A task that is named, where this person could be handed it: harmless, free, and new to them.
_CLAIM_NAMED = text(
    """
    UPDATE queue SET taken = taken + 1
    WHERE task_id = :task_id AND project_id = :project_id AND taken < wanted AND NOT held
      AND tier = 0 AND slice_id = 0
      AND (skill_id = 0 OR EXISTS (
            SELECT 1 FROM person_skill AS s
            WHERE s.person_id = :person_id AND s.skill_id = queue.skill_id))
    RETURNING task_id, rank, reopened, tier, dose, slice_id
    """
)
_LEAVE_AGAIN = text("UPDATE queue SET taken = taken - 1 WHERE task_id = :task_id")
_NEXT_REOPENED = text(
    "UPDATE project SET reopened_seq = reopened_seq + 1 WHERE id = :project_id "
    "RETURNING reopened_seq"
)
_GIVE_BACK = text(
    "UPDATE queue SET taken = taken - 1, reopened = :reopened WHERE task_id = :task_id "
    "RETURNING slice_id"
)
_RAISE_WANTED = text(
    "UPDATE queue SET wanted = :wanted, reopened = :reopened "
    "WHERE task_id = :task_id AND wanted < :wanted"
)
_OVERDUE = {
    "sqlite": text(
        "SELECT id, task_id, person_id, project_id, state, hold, served_at, expires_at FROM lease "
        "WHERE state = 'live' AND expires_at <= :now ORDER BY expires_at LIMIT :limit"
    ),
    "postgresql": text(
        "SELECT id, task_id, person_id, project_id, state, hold, served_at, expires_at FROM lease "
        "WHERE state = 'live' AND expires_at <= :now ORDER BY expires_at LIMIT :limit "
        "FOR UPDATE SKIP LOCKED"
    ),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person stands in a project's queue, with what decides whether they get a task."""

    enrolment_state: str
    seen_epoch: int
    rank_cursor: int
    reopened_cursor: int
    mode: str
    version: int
    queue_epoch: int
    reopened_seq: int
    currency: str
    rate_micros_per_hour: int
    lease_ttl_ms: int
    project_tier: int
    max_tier: int
    hours_from_min: int | None
    hours_to_min: int | None
    is_simulated: bool
    left_micros: int | None
    gold_permille: int
    handed_out: int
    idle_cap_ms: int | None
    wait_block_ms: int
    rest_until: Instant | None


@dataclass(frozen=True, slots=True)
class Lease:
    """A person's claim on a task."""

    id: int
    task_id: int
    person_id: int
    project_id: int
    state: str
    hold: str
    served_at: Instant
    expires_at: Instant
    idle_cap_ms: int | None = None  # of its project; known where one lease is loaded


@dataclass(frozen=True, slots=True)
class Desk:
    """A person's task on their desk, with what a submit needs to know about it."""

    lease: Lease
    project_id: int
    version: int
    currency: str
    rate_micros_per_hour: int
    mode: str
    width: int | None
    height: int | None
    has_dose: bool
    is_simulated: bool
    has_draft: bool
    earlier: tuple[int, str] | None  # (task, reply) of a submit with the same client key
    pay_basis: str
    unit_micros: int | None
    audio_data: str | None  # the task's data where audio is paid by its length
    idle_cap_ms: int | None
    terms_from: Instant | None  # when the project's newest pay policy holds; None: it has one only

    def is_late(self, now: Instant) -> bool:
        """Say whether the lease had lapsed or moved on before `now`."""
        if self.lease.state == "submitted":  # a revision is in time whenever it comes
            return False
        return self.lease.state != "live" or now > self.lease.expires_at


@dataclass(frozen=True, slots=True)
class Claimed:
    """A place taken in a task."""

    task_id: int
    rank: int
    reopened: int
    tier: int
    dose: int
    slice_id: int


def load_place(connection: Connection, person_id: int, project_id: int) -> Place | None:
    """Load where a person stands; None when they have not joined the project."""
    row = connection.execute(
        _LOAD_PLACE[connection.dialect.name], {"person_id": person_id, "project_id": project_id}
    ).one_or_none()
    return None if row is None else Place(*row)


def list_held(connection: Connection, person_id: int, project_id: int) -> list[Lease]:
    """List a person's live leases in a project, oldest first."""
    found = {"person_id": person_id, "project_id": project_id}
    return [Lease(*row) for row in connection.execute(_HELD, found)]


def list_hard(connection: Connection, leases: Sequence[Lease]) -> frozenset[int]:
    """List the tasks among these leases whose content is hard."""
    found = (
        connection.execute(_IS_HARD, {"task_id": lease.task_id}).scalar_one_or_none()
        for lease in leases
    )
    return frozenset(lease.task_id for lease, is_hard in zip(leases, found, strict=True) if is_hard)


def load_lease(connection: Connection, person_id: int, task_id: int) -> Lease | None:
    """Load a person's lease on a task, in whatever state it is."""
    found = {"person_id": person_id, "task_id": task_id}
    row = connection.execute(_LEASE_OF, found).one_or_none()
    return None if row is None else Lease(*row)


def load_desk(connection: Connection, person_id: int, task_id: int, client_key: str) -> Desk | None:
    """Load a person's task for a submit; None when it was never given to them."""
    row = connection.execute(
        _DESK[connection.dialect.name],
        {"person_id": person_id, "task_id": task_id, "client_key": client_key},
    ).one_or_none()
    if row is None:
        return None
    return Desk(
        lease=Lease(*row[:8]),
        project_id=row.project_id,
        version=row.version,
        currency=row.currency,
        rate_micros_per_hour=row.rate_micros_per_hour,
        mode=row.mode,
        width=row.width,
        height=row.height,
        has_dose=row.dose > 0,
        is_simulated=bool(row.is_simulated),
        has_draft=row.drafted_at is not None,
        earlier=None if row.earlier_task_id is None else (row.earlier_task_id, row.earlier_reply),
        pay_basis=row.pay_basis,
        unit_micros=row.unit_micros,
        audio_data=row.audio_data,
        terms_from=row.terms_from,
        idle_cap_ms=row.idle_cap_ms,
    )


def task_exists(connection: Connection, task_id: int) -> bool:
    """Say whether there is such a task at all."""
    return connection.execute(_TASK_EXISTS, {"task_id": task_id}).first() is not None


@automated(
    "work.next",
    title="Which task comes next",
    effect="routes",
    purpose="Gives a person who asks for work the first free task of the project's order that "
    "they may do.",
    reads=(
        "tasks the person had already",
        "skills they hold",
        "the severity they agreed to, and what is left of their own limits",
        "quotas of the project",
    ),
    parameters=(
        ("order", "import, or chosen", "the first free task wins; people are never ranked"),
        ("at hand", ONLINE_HELD_MAX, "tasks that one person holds at a time while online"),
    ),
    oversight="Skipping is free, paid and never counted. The owner can pause the project; work "
    "offered to those who appealed is compared with their peers' each month.",
)
def claim(
    connection: Connection, place: Place, person_id: int, project_id: int, dose_left: int
) -> Claimed | None:
    """Take a place in the best free task that this person may do; None when there is none."""
    fresh = place.seen_epoch == place.queue_epoch
    rank_cursor = place.rank_cursor if fresh else 0
    reopened_cursor = place.reopened_cursor if fresh else 0
    found = {
        "person_id": person_id,
        "project_id": project_id,
        "max_tier": place.max_tier,
        "dose_left": dose_left,
    }
    claimed = None
    if place.reopened_seq > reopened_cursor:
        claimed = _try_claim(connection, "reopened", found, reopened_cursor)
        # What was passed over is done or not for this person; reopening again gives a new number.
        reopened_cursor = claimed.reopened if claimed else place.reopened_seq
    if claimed is None:
        claimed = _try_claim(connection, "rank", found, rank_cursor)
        rank_cursor = claimed.rank if claimed else rank_cursor
    if claimed is None:
        claimed = _try_claim(connection, "whole", found, -1)
    if claimed is not None:
        connection.execute(
            _MOVE_CURSORS,
            {
                "epoch": place.queue_epoch,
                "rank_cursor": rank_cursor,
                "reopened_cursor": reopened_cursor,
                "person_id": person_id,
                "project_id": project_id,
            },
        )
    return claimed


def _try_claim(
    connection: Connection, way: str, found: dict[str, int], after: int
) -> Claimed | None:
    statement = _CLAIMS[connection.dialect.name][way]
    row = connection.execute(statement, {**found, "after": after}).one_or_none()
    if row is None:
        return None
    claimed = Claimed(*row)
    if claimed.slice_id and not connection.execute(_TAKE_SLICE, {"id": claimed.slice_id}).rowcount:
        # Somebody filled the slice between our look and our step: give the place back, look again.
        connection.execute(_LEAVE_AGAIN, {"task_id": claimed.task_id})
        return _try_claim(connection, way, found, after)
    return claimed


def claim_named(
    connection: Connection, person_id: int, project_id: int, task_id: int
) -> Claimed | None:
    """Take a place in one task, where it is harmless and free; None where it is not."""
    named = {"person_id": person_id, "project_id": project_id, "task_id": task_id}
    row = connection.execute(_CLAIM_NAMED, named).one_or_none()
    return None if row is None else Claimed(*row)


def save_lease(
    connection: Connection,
    claimed: Claimed,
    person_id: int,
    project_id: int,
    hold: str,
    now: Instant,
    expires_at: Instant,
) -> Lease:
    """Write the lease for a place just taken; the unique key forbids a task given twice."""
    row = connection.execute(
        _LEASE,
        {
            "task_id": claimed.task_id,
            "person_id": person_id,
            "project_id": project_id,
            "hold": hold,
            "now": now,
            "expires_at": expires_at,
        },
    ).one()
    return Lease(row.id, claimed.task_id, person_id, project_id, "live", hold, now, expires_at)


def dose_of(connection: Connection, task_id: int) -> int:
    """Say how hard a task's content is expected to be on whoever sees it."""
    found = connection.execute(_DOSE, {"task_id": task_id}).scalar_one_or_none()
    return int(found or 0)


def end_lease(connection: Connection, lease: Lease, state: str, now: Instant) -> bool:
    """Move a lease on from the state it was read in; False when it has moved since."""
    return bool(
        connection.execute(
            _END, {"state": state, "now": now, "id": lease.id, "was": lease.state}
        ).first()
    )


def renew_lease(connection: Connection, lease: Lease, expires_at: Instant) -> Lease | None:
    """Let a live lease run until `expires_at`, never shorter; None when it has lapsed meanwhile."""
    until = connection.execute(
        _RENEW, {"id": lease.id, "expires_at": expires_at}
    ).scalar_one_or_none()
    return None if until is None else replace(lease, expires_at=until)


def take_if_free(connection: Connection, task_id: int) -> bool:
    """Take a place in a task for a late answer; False when every place is taken."""
    slice_id = connection.execute(_TAKE_IF_FREE, {"task_id": task_id}).scalar_one_or_none()
    if slice_id is None:
        return False
    if slice_id and not connection.execute(_TAKE_SLICE, {"id": slice_id}).rowcount:
        connection.execute(_LEAVE_AGAIN, {"task_id": task_id})
        return False
    return True


def give_back(connection: Connection, leases: Sequence[Lease]) -> None:
    """Free the places of these leases and put their tasks where people will look again."""
    slices: list[int] = []
    for lease in sorted(leases, key=lambda lease: (lease.project_id, lease.task_id)):
        sequence = connection.execute(_NEXT_REOPENED, {"project_id": lease.project_id}).scalar_one()
        slices.append(
            connection.execute(
                _GIVE_BACK, {"task_id": lease.task_id, "reopened": sequence}
            ).scalar_one()
        )
    for slice_id in sorted(slices):
        if slice_id:
            connection.execute(_GIVE_SLICE, {"id": slice_id})


def reopen(connection: Connection, task_id: int, project_id: int, wanted: int) -> None:
    """Ask for answers up to `wanted` in a task that was full; never lowers what was asked for."""
    sequence = connection.execute(_NEXT_REOPENED, {"project_id": project_id}).scalar_one()
    connection.execute(_RAISE_WANTED, {"task_id": task_id, "wanted": wanted, "reopened": sequence})


_ASK_AGAIN = text(
    "UPDATE queue SET wanted = taken + 1, reopened = :reopened WHERE task_id = :task_id "
    "AND project_id = :project_id AND wanted <= taken AND taken < :most AND NOT held "
    f"AND NOT {IS_CLOSED_STEP}"
)


def ask_again(connection: Connection, project_id: int, task_id: int, most: int) -> bool:
    """Ask one more person about a task that was full; False when it is open, held or at `most`."""
    sequence = connection.execute(_NEXT_REOPENED, {"project_id": project_id}).scalar_one()
    found = {"task_id": task_id, "project_id": project_id, "reopened": sequence, "most": most}
    return connection.execute(_ASK_AGAIN, found).rowcount > 0


_GIVEN_BEFORE = (
    "(SELECT count(*) FROM annotation AS a WHERE a.task_id = queue.task_id AND a.counted "
    "AND NOT a.superseded AND a.project_version < :version)"
)
_LOCK_TASKS = text(
    "SELECT task_id FROM queue WHERE task_id IN :ids ORDER BY task_id FOR UPDATE"
).bindparams(bindparam("ids", expanding=True))
_ASK_BEYOND = text(
    f"""
    UPDATE queue SET reopened = :reopened, wanted = CASE
        WHEN {_GIVEN_BEFORE} + :people > :most THEN :most ELSE {_GIVEN_BEFORE} + :people END
    WHERE task_id IN :ids AND project_id = :project_id AND NOT held AND taken < :most
      AND wanted < :most AND wanted < :people + {_GIVEN_BEFORE} AND NOT {IS_CLOSED_STEP}
    """
).bindparams(bindparam("ids", expanding=True))


def ask_beyond(
    connection: Connection,
    project_id: int,
    task_ids: Sequence[int],
    version: int,
    people: int,
    most: int,
) -> int:
    """Want `people` besides those who answered before a version; gives how many tasks open.

    Doing it again opens nothing more.
    """
    ids = sorted(task_ids)
    if not ids:
        return 0
    sequence = connection.execute(_NEXT_REOPENED, {"project_id": project_id}).scalar_one()
    if connection.dialect.name != "sqlite":
        connection.execute(_LOCK_TASKS, {"ids": ids})
    asked = {"project_id": project_id, "reopened": sequence, "version": version, "ids": ids}
    return connection.execute(_ASK_BEYOND, {**asked, "people": people, "most": most}).rowcount


_ACTIVE = text("SELECT count(*) FROM enrolment WHERE project_id = :project_id AND state = 'active'")


def count_active(connection: Connection, project_id: int) -> int:
    """Count the people who take part in a project."""
    return int(connection.execute(_ACTIVE, {"project_id": project_id}).scalar_one())


_SOME_FREE = text(
    "SELECT count(*) FROM (SELECT 1 FROM queue WHERE project_id = :project_id "
    "AND taken < wanted AND NOT held LIMIT :most) AS free"
)
# The free tasks of one look, and whether anybody who takes part could still be given one of them.
_TAKERS = text(
    """
    SELECT count(*) FROM (
        SELECT 1 FROM (
            SELECT task_id FROM queue WHERE project_id = :project_id
            AND taken < wanted AND NOT held LIMIT :most) AS f
        JOIN enrolment AS e ON e.project_id = :project_id AND e.state = 'active'
        WHERE NOT EXISTS (
            SELECT 1 FROM lease AS l WHERE l.person_id = e.person_id AND l.task_id = f.task_id
            AND l.state <> 'expired')
        LIMIT 1) AS takers
    """
)


def count_free(connection: Connection, project_id: int, most: int) -> int:
    """Count tasks with a free place, stopping at `most`."""
    found = connection.execute(_SOME_FREE, {"project_id": project_id, "most": most})
    return int(found.scalar_one())


def has_takers(connection: Connection, project_id: int, most: int = 200) -> bool:
    """Say whether somebody who takes part has not had one of the first free tasks yet."""
    found = connection.execute(_TAKERS, {"project_id": project_id, "most": most})
    return bool(found.scalar_one())


def list_overdue(connection: Connection, now: Instant, limit: int) -> list[Lease]:
    """List live leases that have lapsed, oldest first."""
    statement = _OVERDUE[connection.dialect.name]
    return [Lease(*row) for row in connection.execute(statement, {"now": now, "limit": limit})]
