"""SQL of contributions once they are in: whose, what may be released, what was taken back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson
from sqlalchemy import Row, and_, bindparam, exists, func, or_, select, update

from fairhand.core.clock import Instant
from fairhand.storage.database import Connection
from fairhand.storage.tables.campaigns import contribution, finding
from fairhand.storage.tables.consent import data_grant
from fairhand.storage.tables.desk import media_part
from fairhand.storage.tables.licensing import release_item, release_terms
from fairhand.storage.tables.proof import release
from fairhand.storage.tables.work import task

State = Literal["new", "ready", "held", "withdrawn", "erased"]
LIVING: Final = ("new", "ready", "held")
PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Contribution:
    """One thing that somebody gave, as it is kept and as others see it."""

    id: int
    project_id: int
    person_id: int
    task_id: int
    annotation_id: int
    question: str
    grant_id: int | None
    modality: str
    state: State
    media_type: str
    size_bytes: int
    sealed_sha256: str | None
    original_sha256: str
    open_sha256: str | None
    anonymised: list[dict[str, Any]] | None
    measures: dict[str, Any]
    given_at: Instant
    ready_at: Instant | None
    ended_at: Instant | None


@dataclass(frozen=True, slots=True)
class Went:
    """A release that holds a contribution, under which name."""

    contribution_id: int
    release_id: int
    version: int
    item: str
    made_at: Instant


_COLUMNS = [contribution.c[name] for name in Contribution.__dataclass_fields__]
_ONE = select(*_COLUMNS).where(contribution.c.id == bindparam("p_id"))
_OWN = (
    select(*_COLUMNS)
    .where(
        contribution.c.person_id == bindparam("p_person"),
        contribution.c.id < bindparam("p_before"),
        or_(bindparam("p_project") == 0, contribution.c.project_id == bindparam("p_project")),
    )
    .order_by(contribution.c.id.desc())
    .limit(PAGE)
)
_RELEASABLE = (
    select(*_COLUMNS)
    .where(
        contribution.c.task_id.between(bindparam("p_first"), bindparam("p_last")),
        contribution.c.project_id + 0 == bindparam("p_project"),
        contribution.c.state == "ready",
        contribution.c.open_sha256.is_not(None),
    )
    .order_by(contribution.c.task_id, contribution.c.id)
)
_GRANTS = (
    select(contribution.c.grant_id, func.count())
    .where(
        contribution.c.project_id == bindparam("p_project"),
        contribution.c.state == "ready",
        contribution.c.open_sha256.is_not(None),
        contribution.c.grant_id.is_not(None),
    )
    .group_by(contribution.c.grant_id)
)
_BY_STATE = (
    select(contribution.c.state, func.count())
    .where(
        contribution.c.person_id == bindparam("p_person"),
        contribution.c.project_id == bindparam("p_project"),
    )
    .group_by(contribution.c.state)
)


def load_contribution(connection: Connection, contribution_id: int) -> Contribution | None:
    """Load a contribution as it stands."""
    row = connection.execute(_ONE, {"p_id": contribution_id}).one_or_none()
    return None if row is None else _contribution(row)


def answers_given(connection: Connection, annotation_ids: Collection[int]) -> set[int]:
    """Say which of these answers hold what somebody gave of themselves."""
    of_these = contribution.c.annotation_id.in_(annotation_ids)
    return set(connection.execute(select(contribution.c.annotation_id).where(of_these)).scalars())


def list_own(
    connection: Connection, person_id: int, project_id: int = 0, before: int = 2**62
) -> list[Contribution]:
    """List what somebody gave, the newest first, up to 200; `before` goes on from an id."""
    found = {"p_person": person_id, "p_project": project_id, "p_before": before}
    return [_contribution(row) for row in connection.execute(_OWN, found)]


def count_own(connection: Connection, person_id: int, project_id: int) -> dict[str, int]:
    """Count what somebody gave to a campaign by state."""
    rows = connection.execute(_BY_STATE, {"p_person": person_id, "p_project": project_id})
    return {row.state: row[1] for row in rows}


def list_releasable(
    connection: Connection, project_id: int, first_task: int, last_task: int
) -> list[Contribution]:
    """List contributions of a range of tasks that are ready; their grants are asked elsewhere."""
    found = {"p_project": project_id, "p_first": first_task, "p_last": last_task}
    return [_contribution(row) for row in connection.execute(_RELEASABLE, found)]


def count_by_grant(connection: Connection, project_id: int) -> dict[int, int]:
    """Count a campaign's ready contributions by the grant they came under."""
    rows = connection.execute(_GRANTS, {"p_project": project_id})
    return {row.grant_id: row[1] for row in rows}


def end_some(
    connection: Connection,
    person_id: int,
    contribution_ids: Collection[int],
    state: Literal["withdrawn", "erased"],
    now: Instant,
) -> list[int]:
    """End contributions of somebody; gives those that were living."""
    ended = (
        update(contribution)
        .where(
            contribution.c.person_id == person_id,
            contribution.c.id.in_(contribution_ids),
            contribution.c.state.in_(LIVING),
        )
        .values(state=state, ended_at=now)
        .returning(contribution.c.id)
    )
    return sorted(connection.execute(ended).scalars())


def end_under(
    connection: Connection,
    grant_id: int,
    state: Literal["withdrawn", "erased"],
    now: Instant,
    most: int,
) -> int:
    """End up to `most` contributions that came under a grant; gives how many."""
    chosen = (
        select(contribution.c.id)
        .where(contribution.c.grant_id == grant_id, contribution.c.state.in_(LIVING))
        .limit(most)
    )
    ended = (
        update(contribution)
        .where(contribution.c.id.in_(chosen.scalar_subquery()))
        .values(state=state, ended_at=now)
    )
    return connection.execute(ended).rowcount


def move_under(connection: Connection, old_grant_id: int, new_grant_id: int) -> int:
    """Let what came under a grant be judged by the one that took its place; gives how many."""
    moved = (
        update(contribution)
        .where(contribution.c.grant_id == old_grant_id)
        .values(grant_id=new_grant_id)
    )
    return connection.execute(moved).rowcount


def erase_all(connection: Connection, person_id: int, now: Instant) -> int:
    """End everything that somebody gave, what ended before too; gives how many were living."""
    mine = contribution.c.person_id == person_id
    ended = update(contribution).where(mine, contribution.c.state.in_(LIVING))
    many = connection.execute(ended.values(state="erased", ended_at=now)).rowcount
    connection.execute(update(contribution).where(mine).values(state="erased"))
    return many


def count_under(connection: Connection, grant_id: int) -> int:
    """Count the living contributions that came under a grant."""
    counted = select(func.count()).where(
        contribution.c.grant_id == grant_id, contribution.c.state.in_(LIVING)
    )
    return connection.execute(counted).scalar_one()


def grants_left(connection: Connection) -> list[int]:
    """List grants that are over, withdrawn or not, and still have living contributions."""
    chosen = (
        select(contribution.c.grant_id)
        .join_from(contribution, data_grant, data_grant.c.id == contribution.c.grant_id)
        .where(
            contribution.c.state.in_(LIVING),
            data_grant.c.replaced_by.is_(None),
            or_(data_grant.c.withdrawn_at.is_not(None), data_grant.c.ended_at.is_not(None)),
        )
        .distinct()
    )
    return sorted(connection.execute(chosen).scalars())


def list_gone_files(connection: Connection, person_id: int, most: int = 500) -> list[Row[Any]]:
    """List contributions that ended and whose files are still named; see `forget_files`."""
    chosen = (
        select(
            contribution.c.id,
            contribution.c.sealed_sha256,
            contribution.c.open_sha256,
            contribution.c.original_sha256,
        )
        .where(
            contribution.c.person_id == person_id,
            contribution.c.state.in_(("withdrawn", "erased")),
            contribution.c.files_gone_at.is_(None),
        )
        .limit(most)
    )
    return list(connection.execute(chosen))


def forget_files(connection: Connection, contribution_ids: Collection[int], now: Instant) -> None:
    """Remember that the files of contributions are deleted; what was measured of them goes."""
    connection.execute(
        update(contribution)
        .where(contribution.c.id.in_(contribution_ids))
        .values(sealed_sha256=None, files_gone_at=now, measures="{}", slice="{}")
    )
    connection.execute(  # of whoever is erased not even a hash stays
        update(contribution)
        .where(contribution.c.id.in_(contribution_ids), contribution.c.state == "erased")
        .values(open_sha256=None)
    )


def is_file_used(connection: Connection, sha256: str) -> bool:
    """Say whether a file is needed by something else than what was taken back.

    That is a living contribution, or a task that had it before anybody gave it: whoever sends the
    picture of a task and takes it back must not take it from the task.
    """
    living = select(contribution.c.id).where(
        or_(
            contribution.c.open_sha256 == sha256,
            and_(contribution.c.original_sha256 == sha256, contribution.c.sealed_sha256.is_(None)),
        ),
        contribution.c.state.in_(LIVING),
    )
    older = select(task.c.id).where(task.c.media_sha256 == sha256, ~_made_of_a_gift())
    return any(connection.execute(one.limit(1)).first() for one in (living, older))


def list_previews(connection: Connection, sha256s: Collection[str]) -> list[str]:
    """List what was made of files for tasks that were made of what somebody gave."""
    previews = select(task.c.preview_sha256).where(
        task.c.media_sha256.in_(sha256s), task.c.preview_sha256.is_not(None), _made_of_a_gift()
    )
    parts = select(media_part.c.blob_sha256).where(media_part.c.sha256.in_(sha256s))
    return [*connection.execute(previews).scalars(), *connection.execute(parts).scalars()]


def _made_of_a_gift() -> Any:  # noqa: ANN401  # a clause
    return exists().where(
        contribution.c.open_sha256 == task.c.media_sha256,
        contribution.c.given_at <= task.c.created_at,
    )


def where_they_went(connection: Connection, contribution_ids: Collection[int]) -> list[Went]:
    """List the releases that hold contributions, the newest first."""
    chosen = (
        select(
            release_item.c.contribution_id,
            release_item.c.release_id,
            release.c.version,
            release_item.c.item,
            release.c.created_at,
        )
        .join_from(release_item, release, release.c.id == release_item.c.release_id)
        .where(release_item.c.contribution_id.in_(contribution_ids))
        .order_by(release.c.id.desc())
    )
    return [Went(*row) for row in connection.execute(chosen)]


def list_findings(
    connection: Connection, contribution_ids: Collection[int]
) -> dict[int, list[Any]]:
    """List what was noticed of contributions, for their giver: kind, severity, words, outcome."""
    chosen = (
        select(
            finding.c.contribution_id,
            finding.c.kind,
            finding.c.severity,
            finding.c.words,
            finding.c.settled_as,
            finding.c.why,
        )
        .where(finding.c.contribution_id.in_(contribution_ids))
        .order_by(finding.c.id)
    )
    found: dict[int, list[Any]] = {}
    for row in connection.execute(chosen):
        found.setdefault(row.contribution_id, []).append(row)
    return found


def task_is_barred(connection: Connection, task_id: int, sha256: str) -> bool:
    """Say whether a task was made of what somebody gave, and all who gave it took it back."""
    states = (
        select(contribution.c.state)
        .join_from(contribution, task, task.c.id == task_id)
        .where(contribution.c.open_sha256 == sha256, contribution.c.given_at <= task.c.created_at)
    )
    found = set(connection.execute(states).scalars())
    return bool(found) and not found & set(LIVING)


def modalities_given(connection: Connection, project_id: int) -> set[str]:
    """List as what people have given something to a campaign."""
    given = select(contribution.c.modality).where(contribution.c.project_id == project_id)
    return set(connection.execute(given.distinct()).scalars())


def past_retention(
    connection: Connection, project_id: int, before: Instant, most: int
) -> Sequence[tuple[int, int]]:
    """List living contributions older than a moment: id and person."""
    chosen = (
        select(contribution.c.id, contribution.c.person_id)
        .where(
            contribution.c.project_id == project_id,
            contribution.c.state.in_(LIVING),
            contribution.c.given_at < before,
        )
        .order_by(contribution.c.id)
        .limit(most)
    )
    return [(row.id, row.person_id) for row in connection.execute(chosen)]


def iter_items_of(connection: Connection, release_id: int) -> Iterator[tuple[int, str]]:
    """Stream a release's contributions and their names in it."""
    chosen = select(release_item.c.contribution_id, release_item.c.item).where(
        release_item.c.release_id == release_id
    )
    for row in connection.execute(chosen):
        yield row.contribution_id, row.item


def terms_of_release(connection: Connection, release_id: int) -> Row[Any] | None:
    """Load what a release is for; None: it holds nothing that somebody gave of themselves."""
    chosen = select(release_terms).where(and_(release_terms.c.release_id == release_id))
    return connection.execute(chosen).one_or_none()


def _contribution(row: Row[Any]) -> Contribution:
    said = row._asdict()
    said["anonymised"] = None if row.anonymised is None else orjson.loads(row.anonymised)
    said["measures"] = orjson.loads(row.measures)
    return Contribution(**said)
