"""Contributions on their way in, what was noticed of them, and their prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import bindparam, exists, func, insert, or_, select, update

from fairhand.core.clock import Instant
from fairhand.people.contributions.intake import Finding, Item
from fairhand.storage.database import Connection
from fairhand.storage.database import insert as insert_new
from fairhand.storage.tables.campaigns import contribution, finding, upload
from fairhand.storage.tables.desk import recording
from fairhand.storage.tables.work import annotation, task

LOOK_BACK: Final = 1_000
"""Answers may commit out of order: so many ids before the newest are looked at again."""


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that is to be taken in."""

    id: int
    task_id: int
    person_id: int
    project_version: int
    value: Mapping[str, Any]
    submitted_at: Instant


@dataclass(frozen=True, slots=True)
class Waiting:
    """A contribution as it stands."""

    id: int
    project_id: int
    person_id: int
    task_id: int
    annotation_id: int
    question: str
    grant_id: int | None
    modality: str
    state: str
    media_type: str
    size_bytes: int
    sealed_sha256: str | None
    original_sha256: str
    open_sha256: str | None
    given_at: Instant


@dataclass(frozen=True, slots=True)
class OpenFile:
    """What others see of something given."""

    sha256: str
    media_type: str
    project_id: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a contribution when it was looked through."""

    state: str
    media_type: str
    size_bytes: int
    open_sha256: str | None
    anonymised: Sequence[Mapping[str, Any]] | None
    measures: Mapping[str, Any]


_LIVING: Final = ("new", "ready", "held")
_WAITING = [contribution.c[name] for name in Waiting.__dataclass_fields__]
_NEW = (
    select(
        annotation.c.id,
        annotation.c.task_id,
        annotation.c.person_id,
        annotation.c.project_version,
        annotation.c.value,
        annotation.c.submitted_at,
    )
    .where(
        annotation.c.project_id == bindparam("p_project_id"),
        annotation.c.id > bindparam("p_after"),
        ~annotation.c.simulated,
        ~exists().where(contribution.c.annotation_id == annotation.c.id),
    )
    .order_by(annotation.c.id)
    .limit(bindparam("p_most"))
)
_QUEUE = (
    select(contribution.c.id)
    .where(contribution.c.state == "new")
    .order_by(contribution.c.id)
    .limit(bindparam("p_most"))
)
_LOAD = select(*_WAITING).where(contribution.c.id == bindparam("p_id"))
_ANSWER_TEXT = select(annotation.c.value).where(annotation.c.id == bindparam("p_id"))
_FOUND = select(finding.c.kind).where(finding.c.contribution_id == bindparam("p_id"))
_SUPERSEDED = select(annotation.c.superseded).where(annotation.c.id == bindparam("p_id"))
_CLAIMS = select(upload.c.details).where(
    upload.c.blob_sha256 == bindparam("p_sha256"),
    upload.c.person_id == bindparam("p_person_id"),
    upload.c.task_id == bindparam("p_task_id"),
)
_SEAL = (
    update(contribution)
    .where(
        contribution.c.id == bindparam("p_id"),
        contribution.c.sealed_sha256.is_(None),
        contribution.c.state == "new",
    )
    .values(sealed_sha256=bindparam("p_sealed"), size_bytes=bindparam("p_size"))
)
_FINISH = (
    update(contribution)
    .where(contribution.c.id == bindparam("p_id"), contribution.c.state == "new")
    .values(
        state=bindparam("p_state"),
        media_type=bindparam("p_media_type"),
        size_bytes=bindparam("p_size"),
        open_sha256=bindparam("p_open"),
        anonymised=bindparam("p_anonymised"),
        measures=bindparam("p_measures"),
        ready_at=bindparam("p_ready_at"),
    )
)
_OPEN_FILE = (
    select(contribution.c.open_sha256, contribution.c.media_type, contribution.c.project_id)
    .where(
        contribution.c.original_sha256 == bindparam("p_sha256"),
        contribution.c.project_id == bindparam("p_project_id"),
        contribution.c.open_sha256.is_not(None),
        contribution.c.state.in_(("ready", "held")),
    )
    .order_by(contribution.c.id)
    .limit(1)
)
_NEVER_SEALED = (
    select(contribution.c.original_sha256)
    .where(
        contribution.c.project_id == bindparam("p_project_id"),
        contribution.c.state.in_(("withdrawn", "erased")),
        contribution.c.sealed_sha256.is_(None),
        contribution.c.open_sha256.is_(None),
        contribution.c.ended_at > bindparam("p_since"),
        ~contribution.c.media_type.like("text/%"),
    )
    .distinct()
)
_COUNTS = (
    select(contribution.c.state, func.count())
    .where(contribution.c.project_id == bindparam("p_project_id"))
    .group_by(contribution.c.state)
)


def list_new_answers(
    connection: Connection, project_id: int, taken_to: int, most: int
) -> list[Given]:
    """List answers that have no contribution yet, eldest first; simulated people give nothing."""
    wanted = {"p_project_id": project_id, "p_after": taken_to - LOOK_BACK, "p_most": most}
    return [
        Given(row[0], row[1], row[2], row[3], orjson.loads(row[4]), row[5])
        for row in connection.execute(_NEW, wanted)
    ]


def add_contribution(
    connection: Connection,
    project_id: int,
    given: Given,
    item: Item,
    grant_id: int | None,
    part: Mapping[str, str],
) -> bool:
    """Keep that something was given; False when that is known. `part` is the giver's profile."""
    row = {
        "project_id": project_id,
        "person_id": given.person_id,
        "task_id": given.task_id,
        "annotation_id": given.id,
        "question": item.question,
        "grant_id": grant_id,
        "modality": item.modality,
        "state": "new",
        "media_type": item.media_type,
        "size_bytes": item.size_bytes,
        "original_sha256": item.sha256,
        "slice": orjson.dumps(dict(part), option=orjson.OPT_SORT_KEYS).decode(),
        "given_at": given.submitted_at,
    }
    added = connection.execute(insert_new(connection, contribution).on_conflict_do_nothing(), row)
    return bool(added.rowcount)


def list_waiting(connection: Connection, most: int) -> list[int]:
    """List contributions that nothing has looked through yet, eldest first."""
    return list(connection.execute(_QUEUE, {"p_most": most}).scalars())


def load_waiting(connection: Connection, contribution_id: int) -> Waiting | None:
    """Load a contribution as it stands."""
    row = connection.execute(_LOAD, {"p_id": contribution_id}).one_or_none()
    return None if row is None else Waiting(*row)


def load_answer(connection: Connection, annotation_id: int) -> dict[str, Any]:
    """Load an answer's value."""
    value = connection.execute(_ANSWER_TEXT, {"p_id": annotation_id}).scalar_one()
    found: dict[str, Any] = orjson.loads(value)
    return found


def save_answer(connection: Connection, annotation_id: int, value: Mapping[str, Any]) -> None:
    """Write over an answer what others may see of it, and let it be counted anew."""
    connection.execute(
        update(annotation)
        .where(annotation.c.id == annotation_id)
        .values(value=orjson.dumps(dict(value)).decode(), aggregated=False)
    )


def mark_sealed(connection: Connection, contribution_id: int, sealed: str, size: int) -> bool:
    """Remember where the sealed original lies; False when it was sealed before."""
    found = {"p_id": contribution_id, "p_sealed": sealed, "p_size": size}
    return bool(connection.execute(_SEAL, found).rowcount)


def finish(connection: Connection, contribution_id: int, outcome: Outcome, now: Instant) -> bool:
    """Keep what became of a contribution; False when that is known."""
    done = None if outcome.anonymised is None else orjson.dumps(list(outcome.anonymised)).decode()
    row = {
        "p_id": contribution_id,
        "p_state": outcome.state,
        "p_media_type": outcome.media_type,
        "p_size": outcome.size_bytes,
        "p_open": outcome.open_sha256,
        "p_anonymised": done,
        "p_measures": orjson.dumps(dict(outcome.measures)).decode(),
        "p_ready_at": now if outcome.state == "ready" else None,
    }
    return bool(connection.execute(_FINISH, row).rowcount)


def add_findings(
    connection: Connection, found: Waiting, findings: Iterable[Finding], now: Instant
) -> None:
    """Keep what was noticed of a contribution."""
    rows = [
        {
            "contribution_id": found.id,
            "project_id": found.project_id,
            "kind": one.kind,
            "severity": one.severity,
            "words": one.words,
            "details": orjson.dumps(dict(one.details)).decode(),
            "found_at": now,
        }
        for one in findings
    ]
    if rows:
        connection.execute(insert(finding), rows)


def is_plain_needed(connection: Connection, sha256: str) -> bool:
    """Say whether the plain file is needed by something else than sealed contributions.

    That is an open file, a task's own file, a contribution that is not sealed yet, or a recording
    or upload that is no contribution of its person yet.
    """
    sealed_already = exists().where(
        contribution.c.original_sha256 == sha256,
        or_(contribution.c.sealed_sha256.is_not(None), ~contribution.c.state.in_(_LIVING)),
    )
    needs = (
        select(contribution.c.id).where(
            contribution.c.state.in_(_LIVING),
            or_(
                contribution.c.open_sha256 == sha256,
                (contribution.c.original_sha256 == sha256) & contribution.c.sealed_sha256.is_(None),
            ),
        ),
        select(task.c.id).where(task.c.media_sha256 == sha256),
        select(recording.c.id).where(
            recording.c.blob_sha256 == sha256,
            ~sealed_already.where(
                contribution.c.task_id == recording.c.task_id,
                contribution.c.person_id == recording.c.person_id,
            ),
        ),
        select(upload.c.id).where(
            upload.c.blob_sha256 == sha256,
            ~sealed_already.where(
                contribution.c.task_id == upload.c.task_id,
                contribution.c.person_id == upload.c.person_id,
            ),
        ),
    )
    return any(connection.execute(one.limit(1)).first() for one in needs)


def kinds_found(connection: Connection, contribution_id: int) -> set[str]:
    """Give the kinds of what was noticed of a contribution already."""
    return set(connection.execute(_FOUND, {"p_id": contribution_id}).scalars())


def claims_of_upload(connection: Connection, found: Waiting) -> dict[str, Any]:
    """Give what the file that was sent said of itself before it was cleaned."""
    wanted = {
        "p_sha256": found.original_sha256,
        "p_person_id": found.person_id,
        "p_task_id": found.task_id,
    }
    details = connection.execute(_CLAIMS, wanted).scalar()
    claims: dict[str, Any] = orjson.loads(details or "{}").get("claims", {})
    return claims


def is_superseded(connection: Connection, annotation_id: int) -> bool:
    """Say whether a newer answer took the place of this one."""
    return bool(connection.execute(_SUPERSEDED, {"p_id": annotation_id}).scalar_one())


def list_never_sealed(connection: Connection, project_id: int, since: Instant) -> list[str]:
    """List originals of what was taken back since then before it was sealed."""
    wanted = {"p_project_id": project_id, "p_since": since}
    return list(connection.execute(_NEVER_SEALED, wanted).scalars())


def find_open_file(
    connection: Connection, original_sha256: str, project_id: int
) -> OpenFile | None:
    """Find what others see of an original in a project: its open file; None while there is none."""
    wanted = {"p_sha256": original_sha256, "p_project_id": project_id}
    row = connection.execute(_OPEN_FILE, wanted).one_or_none()
    return None if row is None else OpenFile(*row)


def count_states(connection: Connection, project_id: int) -> dict[str, int]:
    """Count a project's contributions by state."""
    rows = connection.execute(_COUNTS, {"p_project_id": project_id})
    return {row[0]: row[1] for row in rows}
