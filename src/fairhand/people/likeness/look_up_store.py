"""What looking up reads: one's own contributions, their prints, where they went; and the count."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, exists, func, insert, select

from fairhand.core.clock import Instant
from fairhand.people.likeness.suspect import OPEN
from fairhand.storage.database import Connection
from fairhand.storage.tables.campaigns import contribution, fingerprint, look_up
from fairhand.storage.tables.licensing import licence, licensee, release_item, trained_model
from fairhand.storage.tables.proof import release
from fairhand.storage.tables.work import project


@dataclass(frozen=True, slots=True)
class OwnFile:
    """Something that somebody gave, as looking up needs it."""

    id: int
    project_id: int
    title: str
    modality: str
    state: str
    media_type: str
    given_at: Instant
    original_sha256: str
    open_sha256: str | None


@dataclass(frozen=True, slots=True)
class Holder:
    """A release that holds something, and who got it (None: it was made for the house)."""

    contribution_id: int
    release_id: int
    version: int
    made_at: Instant
    licensee: str | None
    licence_ends_at: Instant | None


_OWN = (
    select(
        contribution.c.id,
        contribution.c.project_id,
        project.c.title,
        contribution.c.modality,
        contribution.c.state,
        contribution.c.media_type,
        contribution.c.given_at,
        contribution.c.original_sha256,
        contribution.c.open_sha256,
    )
    .join_from(contribution, project, project.c.id == contribution.c.project_id)
    .where(contribution.c.person_id == bindparam("p_person"), contribution.c.state != "erased")
    .order_by(contribution.c.id)
)
_PRINTS = (
    select(fingerprint.c.contribution_id, fingerprint.c.kind, fingerprint.c.bits)
    .join_from(fingerprint, contribution, contribution.c.id == fingerprint.c.contribution_id)
    .where(
        contribution.c.person_id == bindparam("p_person"),
        contribution.c.state != "erased",
        fingerprint.c.kind.in_(bindparam("p_kinds", expanding=True)),
    )
    .order_by(fingerprint.c.contribution_id)
)
_UNPRINTED = (
    select(contribution.c.id, contribution.c.open_sha256, contribution.c.media_type)
    .where(
        contribution.c.person_id == bindparam("p_person"),
        contribution.c.state == "ready",
        contribution.c.open_sha256.is_not(None),
        contribution.c.open_sha256 != contribution.c.original_sha256,
        contribution.c.media_type.like(bindparam("p_media")),
        ~exists().where(
            fingerprint.c.contribution_id == contribution.c.id,
            fingerprint.c.kind.like(OPEN + "%"),
        ),
    )
    .order_by(contribution.c.id.desc())
    .limit(bindparam("p_most"))
)
_HOLDERS = (
    select(
        release_item.c.contribution_id,
        release.c.id,
        release.c.version,
        release.c.created_at,
        licensee.c.name,
        licence.c.ends_at,
    )
    .join_from(release_item, release, release.c.id == release_item.c.release_id)
    .outerjoin(licence, licence.c.release_id == release.c.id)
    .outerjoin(licensee, licensee.c.id == licence.c.licensee_id)
    .where(
        release_item.c.contribution_id.in_(bindparam("p_ids", expanding=True)),
        release.c.state == "published",
    )
    .order_by(release.c.id.desc(), licence.c.id)
)
_MODELS = (
    select(release_item.c.contribution_id, trained_model.c.name, trained_model.c.version)
    .join_from(release_item, trained_model, trained_model.c.release_id == release_item.c.release_id)
    .where(release_item.c.contribution_id.in_(bindparam("p_ids", expanding=True)))
    .distinct()
    .order_by(trained_model.c.name, trained_model.c.version)
)
_COUNT = select(func.count()).where(
    look_up.c.person_id == bindparam("p_person"), look_up.c.at > bindparam("p_since")
)


def count_since(connection: Connection, person_id: int, since: Instant) -> int:
    """Count somebody's look-ups after a moment."""
    found = {"p_person": person_id, "p_since": since}
    return int(connection.execute(_COUNT, found).scalar_one())


def add_look_up(
    connection: Connection, person_id: int, kind: str, found: int, now: Instant
) -> None:
    """Remember that somebody looked something up; never what."""
    row = {"person_id": person_id, "kind": kind, "found": found, "at": now}
    connection.execute(insert(look_up), row)


def list_own(connection: Connection, person_id: int) -> dict[int, OwnFile]:
    """List what somebody gave and was not erased, withdrawn things too."""
    return {row.id: OwnFile(*row) for row in connection.execute(_OWN, {"p_person": person_id})}


def list_prints(
    connection: Connection, person_id: int, kinds: Collection[str]
) -> list[tuple[int, str, bytes]]:
    """List the prints of what somebody gave, as they came in and as others see it."""
    wanted = {"p_person": person_id, "p_kinds": [*kinds, *(OPEN + kind for kind in kinds)]}
    return [(row[0], row[1], bytes(row[2])) for row in connection.execute(_PRINTS, wanted)]


def list_unprinted(
    connection: Connection, person_id: int, media: str, most: int
) -> list[tuple[int, str, str]]:
    """List one's own contributions whose open file has no prints yet: id, file, media type.

    `media` is the first word of the media type: image, audio or text.
    """
    wanted = {"p_person": person_id, "p_media": f"{media}/%", "p_most": most}
    return [(row[0], row[1], row[2]) for row in connection.execute(_UNPRINTED, wanted)]


def add_prints(connection: Connection, contribution_id: int, prints: Mapping[str, bytes]) -> None:
    """Keep prints of a contribution's open file; another look-up may have been quicker."""
    known = exists().where(
        fingerprint.c.contribution_id == contribution_id, fingerprint.c.kind.like(OPEN + "%")
    )
    place = select(contribution.c.project_id).where(contribution.c.id == contribution_id, ~known)
    project_id = connection.execute(place).scalar_one_or_none()
    if project_id is not None:
        row = {"contribution_id": contribution_id, "project_id": project_id}
        rows = [{**row, "kind": kind, "bits": bits} for kind, bits in sorted(prints.items())]
        connection.execute(insert(fingerprint), rows)


def list_open_prints(connection: Connection, contribution_id: int) -> dict[str, bytes]:
    """List the prints of a contribution's open file, by kind."""
    chosen = select(fingerprint.c.kind, fingerprint.c.bits).where(
        fingerprint.c.contribution_id == contribution_id, fingerprint.c.kind.like(OPEN + "%")
    )
    return {row.kind: bytes(row.bits) for row in connection.execute(chosen)}


def list_holders(connection: Connection, ids: Collection[int]) -> dict[int, list[Holder]]:
    """List the published releases that hold contributions, the newest first."""
    found: dict[int, list[Holder]] = {}
    for row in connection.execute(_HOLDERS, {"p_ids": list(ids)}):
        found.setdefault(row[0], []).append(Holder(*row))
    return found


def list_models(connection: Connection, ids: Collection[int]) -> dict[int, list[str]]:
    """List the models that are registered as trained on releases with these contributions."""
    found: dict[int, list[str]] = {}
    for row in connection.execute(_MODELS, {"p_ids": list(ids)}):
        found.setdefault(row[0], []).append(f"{row.name} {row.version}")
    return found


def same_file(file: OwnFile, sha256: str) -> bool:
    """Say whether a file is, byte for byte, what was given or what others see of it."""
    return sha256 in (file.original_sha256, file.open_sha256)
