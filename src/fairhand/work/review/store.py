"""SQL of reviews: the queue, claims, findings, what stands, wishes and terms.

A task is open for review while nothing stands for it and somebody's answer is there: because
somebody wished it, because its consensus is in doubt, or because it is in the sample. After a
reviewer asked again it rests until a new answer is in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import orjson
from sqlalchemy import bindparam, select, text

from fairhand.core.clock import Instant
from fairhand.core.ids import rows_sha256
from fairhand.storage.database import Connection, insert
from fairhand.storage.kept import Kept
from fairhand.storage.permitted import permitted
from fairhand.storage.tables.office import (
    adjudication,
    review,
    review_claim,
    review_terms,
    review_wish,
)
from fairhand.work.review.rules import Because, ReviewTerms, Verdict

ORDER: Final[tuple[Because, ...]] = ("wish", "doubt", "sample")
"""What comes first: people's own wishes, then doubt, then the sample."""

_CANDIDATES: Final = """
    WITH candidate AS (
        SELECT w.task_id, 0 AS priority, 0.0 AS place FROM review_wish AS w
        WHERE w.project_id = :project_id AND w.answered_at IS NULL
        UNION ALL
        SELECT c.task_id, 1, c.confidence FROM consensus AS c
        JOIN queue AS q ON q.task_id = c.task_id JOIN project AS p ON p.id = c.project_id
        WHERE c.project_id = :project_id AND c.n_answers > 0 AND c.method <> 'spread'
          AND q.taken >= q.wanted
          AND (c.confidence < :doubt_below
               OR (q.wanted >= p.max_overlap AND c.confidence < p.target_confidence))
        UNION ALL
        SELECT q.task_id, 2, 0.0 FROM queue AS q
        WHERE q.project_id = :project_id AND q.taken >= q.wanted AND :permille > 0
          AND q.task_id * 2654435761 % 4294967296 * 1000 / 4294967296 < :permille
    ), waiting AS (
        SELECT task_id, min(priority) AS priority, max(place) AS place
        FROM candidate GROUP BY task_id
    )
    SELECT {columns} FROM waiting AS o JOIN queue AS q ON q.task_id = o.task_id
    JOIN task AS t ON t.id = o.task_id
    WHERE {open} {more}
"""
_OPEN: Final = f"""
    NOT q.held AND t.set_aside_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM adjudication AS j WHERE j.task_id = q.task_id)
    AND NOT EXISTS (SELECT 1 FROM gold_answer AS g WHERE g.task_id = q.task_id)
    AND EXISTS (SELECT 1 FROM annotation AS a WHERE a.task_id = q.task_id AND a.counted
                AND NOT a.superseded AND {permitted("a")})
    AND NOT EXISTS (SELECT 1 FROM review AS r WHERE r.task_id = q.task_id
                    AND r.verdict = 'asked_again' AND r.undone_at IS NULL
                    AND NOT EXISTS (SELECT 1 FROM annotation AS b WHERE b.task_id = q.task_id
                                    AND b.counted AND b.submitted_at > r.at))
"""
# Nobody reviews what they answered, or what they could still be asked themselves.
_MINE: Final = """
    AND NOT EXISTS (SELECT 1 FROM annotation AS m WHERE m.task_id = q.task_id
                    AND m.person_id = :reviewer_id)
    AND NOT EXISTS (SELECT 1 FROM lease AS l WHERE l.task_id = q.task_id
                    AND l.person_id = :reviewer_id AND l.state = 'live')
    AND NOT (q.taken < q.wanted AND EXISTS (
            SELECT 1 FROM enrolment AS e WHERE e.person_id = :reviewer_id
            AND e.project_id = q.project_id AND e.state = 'active')
        AND NOT EXISTS (SELECT 1 FROM lease AS l WHERE l.task_id = q.task_id
                        AND l.person_id = :reviewer_id AND l.state <> 'expired'))
"""
_UNCLAIMED: Final = """
    AND NOT EXISTS (SELECT 1 FROM review_claim AS k WHERE k.task_id = q.task_id
                    AND k.reviewer_id <> :reviewer_id AND k.expires_at > :now)
"""
# Hard content within what they agreed to and have left today; what they saw already is counted.
_WITHIN: Final = """
    AND (q.tier = 0 OR (q.tier <= :max_tier AND q.dose <= :dose_left)
         OR EXISTS (SELECT 1 FROM exposure AS x WHERE x.task_id = q.task_id
                    AND x.person_id = :reviewer_id AND x.state = 'seen'))
"""
_NEXT = text(
    _CANDIDATES.format(
        columns="o.task_id",
        open=_OPEN,
        more=f"{_MINE} {_WITHIN} {_UNCLAIMED} AND o.task_id <> :passed "
        "ORDER BY o.priority, o.place, o.task_id LIMIT 1",
    )
)
_COUNT = text(
    _CANDIDATES.format(
        columns="o.priority, count(*) AS tasks", open=_OPEN, more="GROUP BY o.priority"
    )
)
_LIST = text(
    _CANDIDATES.format(
        columns="o.task_id, o.priority",
        open=_OPEN,
        more="ORDER BY o.priority, o.place, o.task_id LIMIT :most",
    )
)
_WHY = text(_CANDIDATES.format(columns="o.priority", open="o.task_id = :task_id", more=""))
_ONE_OPEN = text(
    f"SELECT 1 FROM queue AS q JOIN task AS t ON t.id = q.task_id WHERE q.task_id = :task_id "
    f"AND q.project_id = :project_id AND {_OPEN} {_MINE}"
)
_ONE_WITHIN = text(f"SELECT 1 FROM queue AS q WHERE q.task_id = :task_id {_WITHIN}")
_CLAIM = text(
    "INSERT INTO review_claim (task_id, project_id, reviewer_id, expires_at) "
    "VALUES (:task_id, :project_id, :reviewer_id, :expires_at) "
    "ON CONFLICT (task_id) DO UPDATE SET reviewer_id = excluded.reviewer_id, "
    "expires_at = excluded.expires_at WHERE review_claim.expires_at <= :now "
    "OR review_claim.reviewer_id = excluded.reviewer_id RETURNING task_id"
)
_HELD = text(
    "SELECT task_id FROM review_claim WHERE reviewer_id = :reviewer_id "
    "AND project_id = :project_id AND expires_at > :now"
)
_RENEW = text(
    "UPDATE review_claim SET expires_at = :expires_at "
    "WHERE task_id = :task_id AND reviewer_id = :reviewer_id"
)
_UNCLAIM = text("DELETE FROM review_claim WHERE task_id = :task_id AND reviewer_id = :reviewer_id")
_UNCLAIM_OTHERS = text(
    "DELETE FROM review_claim WHERE reviewer_id = :reviewer_id AND task_id <> :task_id"
)
# Who has seen everybody's answers is not asked for one of their own any more.
_SEEN = text(
    "INSERT INTO lease (task_id, person_id, project_id, state, hold, served_at, expires_at, "
    "ended_at) VALUES (:task_id, :person_id, :project_id, 'released', 'online', :now, :now, :now) "
    "ON CONFLICT (person_id, task_id) DO UPDATE SET state = 'released', ended_at = :now "
    "WHERE lease.state = 'expired'"
)
_ANSWERS = text(
    "SELECT id, person_id, value, submitted_at, prediction_shown AND NOT prediction_changed "
    "AS as_proposed, project_version FROM annotation WHERE task_id = :task_id AND counted "
    f"AND NOT superseded AND {permitted('annotation')} ORDER BY id"
)
_CLOSE_PLACE = text(
    "UPDATE queue SET wanted = wanted - 1 WHERE task_id = :task_id AND taken < wanted"
)
_ANSWER_WISHES = text(
    "UPDATE review_wish SET answered_at = :now WHERE task_id = :task_id AND answered_at IS NULL"
)
_OPEN_WISHES = text(
    "UPDATE review_wish SET answered_at = NULL WHERE task_id = :task_id AND answered_at = :at"
)
_STANDING = select(adjudication).where(adjudication.c.task_id == bindparam("task_id"))
_ACCEPTED_WITH = text(
    "SELECT j.task_id, j.review_id, j.value FROM adjudication AS j "
    "JOIN review AS r ON r.id = j.review_id WHERE j.project_id = :project_id "
    "AND r.verdict = 'accepted' AND EXISTS (SELECT 1 FROM annotation AS a "
    "WHERE a.task_id = j.task_id AND a.person_id = :person_id AND a.counted) ORDER BY j.task_id"
)
_ADJUDICATED = select(adjudication.c.task_id).where(
    adjudication.c.task_id.in_(bindparam("ids", expanding=True))
)
_DONE = text(
    "SELECT verdict, because, value IS NULL AS as_found, count(*) AS reviews FROM review "
    "WHERE project_id = :project_id AND undone_at IS NULL "
    "GROUP BY verdict, because, value IS NULL"
)
_OWN_RECENT = text(
    "SELECT a.id, a.task_id, a.value, a.submitted_at, a.project_version, w.wished_at, "
    "w.answered_at, EXISTS (SELECT 1 FROM adjudication AS j WHERE j.task_id = a.task_id) "
    "AS stands FROM annotation AS a LEFT JOIN review_wish AS w ON w.annotation_id = a.id "
    "WHERE a.person_id = :person_id AND a.project_id = :project_id AND NOT a.superseded "
    "ORDER BY a.id DESC LIMIT :most"
)
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a reviewer found of a task."""

    id: int
    project_id: int
    task_id: int
    reviewer_id: int
    verdict: Verdict
    because: Because
    reason: str
    annotations: tuple[int, ...]
    value: dict[str, Any] | None
    at: Instant
    undone_at: Instant | None


@dataclass(frozen=True, slots=True)
class SeenAnswer:
    """One person's answer as a reviewer sees it; `as_proposed`: a model's proposal as it was."""

    annotation_id: int
    person_id: int
    value: dict[str, Any]
    submitted_at: Instant
    as_proposed: bool
    version: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Reviews of one verdict and cause; `as_found`: the consensus stood."""

    verdict: Verdict
    because: Because
    as_found: bool
    reviews: int


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """A contributor's own answer, and what came of their wish for a second look."""

    annotation_id: int
    task_id: int
    value: dict[str, Any]
    submitted_at: Instant
    version: int
    wished_at: Instant | None
    answered_at: Instant | None
    stands: bool


def load_terms(connection: Connection, project_id: int) -> ReviewTerms:
    """Load a project's terms; where nobody set any, what stays in doubt at the most answers."""
    row = connection.execute(
        select(review_terms).where(review_terms.c.project_id == project_id)
    ).first()
    if row is None:
        return ReviewTerms()
    return ReviewTerms(row.sample_permille, row.doubt_below, bool(row.release_waits))


def set_terms(
    connection: Connection, project_id: int, terms: ReviewTerms, by: int, now: Instant
) -> None:
    """Keep a project's terms."""
    values = {
        "sample_permille": terms.sample_permille,
        "doubt_below": terms.doubt_below,
        "release_waits": terms.release_waits,
        "set_by": by,
        "set_at": now,
    }
    kept = insert(connection, review_terms).values(project_id=project_id, **values)
    connection.execute(kept.on_conflict_do_update(index_elements=["project_id"], set_=values))


def count_open(connection: Connection, project_id: int, terms: ReviewTerms) -> dict[Because, int]:
    """Count what waits for a reviewer, each task once."""
    found = connection.execute(_COUNT, _asked(project_id, terms))
    counts = {row.priority: int(row.tasks) for row in found}
    return {because: counts.get(place, 0) for place, because in enumerate(ORDER)}


def list_open(
    connection: Connection, project_id: int, terms: ReviewTerms, most: int
) -> list[tuple[int, Because]]:
    """List what waits for a reviewer, what comes first first."""
    found = connection.execute(_LIST, {**_asked(project_id, terms), "most": most})
    return [(row.task_id, ORDER[row.priority]) for row in found]


def find_next(
    connection: Connection,
    project_id: int,
    reviewer_id: int,
    terms: ReviewTerms,
    now: Instant,
    passed: int = 0,
    *,
    max_tier: int,
    dose_left: int,
) -> int | None:
    """Find the task that this reviewer would be given now, other than the one they pass.

    Hard content is given up to `max_tier` and, a task, up to `dose_left`.
    """
    asked = {**_asked(project_id, terms), "reviewer_id": reviewer_id, "now": now}
    asked |= {"max_tier": max_tier, "dose_left": dose_left}
    return connection.execute(_NEXT, {**asked, "passed": passed}).scalar_one_or_none()


def find_held(
    connection: Connection, project_id: int, reviewer_id: int, now: Instant
) -> int | None:
    """Find the task that a reviewer has open."""
    held = {"project_id": project_id, "reviewer_id": reviewer_id, "now": now}
    return connection.execute(_HELD, held).scalars().first()


def find_claim(connection: Connection, task_id: int, now: Instant) -> int | None:
    """Say who has a task open; None: nobody."""
    claimed = select(review_claim.c.reviewer_id).where(
        review_claim.c.task_id == task_id, review_claim.c.expires_at > now
    )
    return connection.execute(claimed).scalar_one_or_none()


def why(connection: Connection, project_id: int, task_id: int, terms: ReviewTerms) -> Because:
    """Say why a task comes before a reviewer; chosen where nothing else brought it."""
    found = connection.execute(_WHY, {**_asked(project_id, terms), "task_id": task_id})
    priority = found.scalar_one_or_none()
    return "chosen" if priority is None else ORDER[priority]


def may_review(connection: Connection, project_id: int, task_id: int, reviewer_id: int) -> bool:
    """Say whether a task is open for review, and to this reviewer."""
    asked = {"project_id": project_id, "task_id": task_id, "reviewer_id": reviewer_id}
    return connection.execute(_ONE_OPEN, asked).first() is not None


def is_within(
    connection: Connection, task_id: int, reviewer_id: int, *, max_tier: int, dose_left: int
) -> bool:
    """Say whether a task's content is no harder than a reviewer may be shown now."""
    asked = {"task_id": task_id, "reviewer_id": reviewer_id}
    asked |= {"max_tier": max_tier, "dose_left": dose_left}
    return connection.execute(_ONE_WITHIN, asked).first() is not None


def claim(
    connection: Connection,
    project_id: int,
    task_id: int,
    reviewer_id: int,
    now: Instant,
    expires_at: Instant,
) -> bool:
    """Take a task, and give back any other; False when somebody else has it."""
    taken = {
        "task_id": task_id,
        "project_id": project_id,
        "reviewer_id": reviewer_id,
        "expires_at": expires_at,
        "now": now,
    }
    connection.execute(_UNCLAIM_OTHERS, {"reviewer_id": reviewer_id, "task_id": task_id})
    return connection.execute(_CLAIM, taken).first() is not None


def renew_claim(
    connection: Connection, task_id: int, reviewer_id: int, expires_at: Instant
) -> bool:
    """Keep a task longer; False when it is somebody else's by now."""
    kept = {"task_id": task_id, "reviewer_id": reviewer_id, "expires_at": expires_at}
    return connection.execute(_RENEW, kept).rowcount == 1


def give_up_claim(connection: Connection, task_id: int, reviewer_id: int) -> bool:
    """End a claim; False when it is not there: somebody else may have the task."""
    ended = {"task_id": task_id, "reviewer_id": reviewer_id}
    return connection.execute(_UNCLAIM, ended).rowcount == 1


def note_seen(
    connection: Connection, project_id: int, task_id: int, person_id: int, now: Instant
) -> None:
    """Remember that somebody has seen the answers to a task: it is never handed out to them."""
    seen = {"task_id": task_id, "person_id": person_id, "project_id": project_id, "now": now}
    connection.execute(_SEEN, seen)


def list_answers(connection: Connection, task_id: int) -> list[SeenAnswer]:
    """List the answers to a task that count, of those who have not withdrawn."""
    return [
        SeenAnswer(
            row.id,
            row.person_id,
            orjson.loads(row.value),
            row.submitted_at,
            bool(row.as_proposed),
            row.project_version,
        )
        for row in connection.execute(_ANSWERS, {"task_id": task_id})
    ]


def find_by_key(connection: Connection, reviewer_id: int, client_key: str) -> Reviewed | None:
    """Find a review that was sent before with the same key."""
    found = select(review).where(
        review.c.reviewer_id == reviewer_id, review.c.client_key == client_key
    )
    row = connection.execute(found).first()
    return None if row is None else _reviewed(row)


def add_review(connection: Connection, row: Mapping[str, Any]) -> int:
    """Keep a review; gives its number."""
    made = review.insert().returning(review.c.id)
    return cast(int, connection.execute(made, dict(row)).scalar_one())


def load_last(connection: Connection, project_id: int, reviewer_id: int) -> Reviewed | None:
    """Load the newest review of a reviewer that holds."""
    newest = (
        select(review)
        .where(
            review.c.project_id == project_id,
            review.c.reviewer_id == reviewer_id,
            review.c.undone_at.is_(None),
        )
        .order_by(review.c.id.desc())
        .limit(1)
    )
    row = connection.execute(newest).first()
    return None if row is None else _reviewed(row)


def is_newest(connection: Connection, one: Reviewed) -> bool:
    """Say whether nobody has looked at the task again since."""
    later = select(review.c.id).where(
        review.c.task_id == one.task_id, review.c.id > one.id, review.c.undone_at.is_(None)
    )
    return connection.execute(later.limit(1)).first() is None


def list_reviews(
    connection: Connection, project_id: int, most: int, task_id: int | None = None
) -> list[Reviewed]:
    """List reviews, the newest first."""
    found = select(review).where(review.c.project_id == project_id)
    if task_id is not None:
        found = found.where(review.c.task_id == task_id)
    rows = connection.execute(found.order_by(review.c.id.desc()).limit(most))
    return [_reviewed(row) for row in rows]


def tally(connection: Connection, project_id: int) -> list[Tally]:
    """Count the reviews that hold."""
    return [
        Tally(row.verdict, row.because, bool(row.as_found), int(row.reviews))
        for row in connection.execute(_DONE, {"project_id": project_id})
    ]


KEPT: Final = Kept(review)
STANDING_KEPT: Final = Kept(adjudication, ("task_id",), "task_id")


def content_sha256(row: Mapping[str, Any]) -> str:
    """Name what a review says: its reason, the answers looked at, and the answer given."""
    return rows_sha256([(row["reason"], row["annotations"], row["value"])])


def adjudicate(
    connection: Connection,
    project_id: int,
    task_id: int,
    review_id: int,
    value: Mapping[str, Any],
    now: Instant,
) -> None:
    """Let an answer stand for a task."""
    row = {
        "task_id": task_id,
        "project_id": project_id,
        "review_id": review_id,
        "value": orjson.dumps(value).decode(),
        "at": now,
    }
    connection.execute(adjudication.insert(), row)


def unadjudicate(connection: Connection, task_id: int, review_id: int) -> bool:
    """Let nothing stand for a task any more; False when it is not this review that stands."""
    gone = adjudication.delete().where(
        adjudication.c.task_id == task_id, adjudication.c.review_id == review_id
    )
    return connection.execute(gone).rowcount == 1


def load_standing(connection: Connection, task_id: int) -> tuple[int, dict[str, Any]] | None:
    """Load (review, answer) of what stands for a task."""
    row = connection.execute(_STANDING, {"task_id": task_id}).first()
    return None if row is None else (row.review_id, orjson.loads(row.value))


def list_accepted_with(
    connection: Connection, project_id: int, person_id: int
) -> list[tuple[int, int, dict[str, Any]]]:
    """List (task, review, answer) of what was accepted where somebody was among those heard."""
    heard = {"project_id": project_id, "person_id": person_id}
    return [
        (row.task_id, row.review_id, orjson.loads(row.value))
        for row in connection.execute(_ACCEPTED_WITH, heard)
    ]


def adjudicated_of(connection: Connection, task_ids: Sequence[int]) -> frozenset[int]:
    """Say for which of these tasks an answer stands."""
    found: set[int] = set()
    for start in range(0, len(task_ids), _CHUNK):
        ids = task_ids[start : start + _CHUNK]
        found.update(connection.execute(_ADJUDICATED, {"ids": ids}).scalars())
    return frozenset(found)


def list_adjudicated(connection: Connection, project_id: int) -> frozenset[int]:
    """List the tasks of a project for which an answer stands."""
    found = select(adjudication.c.task_id).where(adjudication.c.project_id == project_id)
    return frozenset(connection.execute(found).scalars())


def undo(connection: Connection, one: Reviewed, now: Instant) -> None:
    """Mark a review as taken back, and open again the wishes that it answered."""
    taken_back = review.update().where(review.c.id == one.id).values(undone_at=now)
    connection.execute(taken_back)
    connection.execute(_OPEN_WISHES, {"task_id": one.task_id, "at": one.at})


def close_place(connection: Connection, task_id: int) -> bool:
    """Ask one person fewer where nobody has taken the place yet."""
    return connection.execute(_CLOSE_PLACE, {"task_id": task_id}).rowcount == 1


def wish(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Keep a wish; False where the same answer was wished before."""
    kept = insert(connection, review_wish).values(**row)
    kept = kept.on_conflict_do_nothing(index_elements=["annotation_id"])
    made = kept.returning(review_wish.c.annotation_id)
    return connection.execute(made).first() is not None


def answer_wishes(connection: Connection, task_id: int, now: Instant) -> None:
    """Mark the wishes about a task as answered."""
    connection.execute(_ANSWER_WISHES, {"task_id": task_id, "now": now})


def list_wishes(connection: Connection, task_id: int) -> dict[int, str]:
    """Give what people wrote with their wishes, by annotation."""
    found = select(review_wish.c.annotation_id, review_wish.c.words).where(
        review_wish.c.task_id == task_id
    )
    return {row.annotation_id: row.words for row in connection.execute(found)}


def list_own(connection: Connection, person_id: int, project_id: int, most: int) -> list[OwnAnswer]:
    """List a person's own newest answers, those to gold tasks like any other."""
    found = {"person_id": person_id, "project_id": project_id, "most": most}
    return [
        OwnAnswer(
            row.id,
            row.task_id,
            orjson.loads(row.value),
            row.submitted_at,
            row.project_version,
            row.wished_at,
            row.answered_at,
            bool(row.stands),
        )
        for row in connection.execute(_OWN_RECENT, found)
    ]


def drop_claims(connection: Connection, reviewer_id: int) -> None:
    """Give back whatever a reviewer has open."""
    gone = review_claim.delete().where(review_claim.c.reviewer_id == reviewer_id)
    connection.execute(gone)


def _asked(project_id: int, terms: ReviewTerms) -> dict[str, Any]:
    return {
        "project_id": project_id,
        "doubt_below": terms.doubt_below or 0.0,
        "permille": terms.sample_permille,
    }


def _reviewed(row: Any) -> Reviewed:  # noqa: ANN401  # a result row
    return Reviewed(
        row.id,
        row.project_id,
        row.task_id,
        row.reviewer_id,
        row.verdict,
        row.because,
        row.reason,
        tuple(orjson.loads(row.annotations)),
        None if row.value is None else orjson.loads(row.value),
        row.at,
        row.undone_at,
    )
