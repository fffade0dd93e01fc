"""What the pages of wage floors read: rows, drafts, and what the people of each place need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue, NotFoundError
from fairhand.pay.floors import store
from fairhand.pay.floors.approval import evidence_type, is_own, needs_hours
from fairhand.pay.floors.rules import (
    Floor,
    FloorRow,
    floor_for,
    is_active,
    local_date,
    row_warnings,
)
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.approve_floor import approver_of


@dataclass(frozen=True, slots=True)
class PlaceNeed:
    """How many people live in a place, the floor in force there, and how many drafts wait."""

    country: str
    region: str
    people: int
    floor: Floor | None
    drafts: int


@dataclass(frozen=True, slots=True)
class FloorOffice:
    """The page of wage floors; `nowhere` counts people whose account names no country."""

    needs: tuple[PlaceNeed, ...]
    nowhere: int
    in_force: tuple[FloorRow, ...]
    coming: tuple[FloorRow, ...]
    drafts: tuple[FloorRow, ...]
    past: tuple[FloorRow, ...]
    warnings: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class FloorPage:
    """One row: as it stands, everything it ever said, and what an approval of it needs."""

    row: FloorRow
    versions: tuple[tuple[Instant, FloorRow], ...]
    is_active: bool
    needs_hours: bool
    own_and_others_may: bool
    people: int
    today: date
    evidence_type: str | None


def read_floor_office(db: Database, now: Instant) -> FloorOffice:
    """Load all rows by what they do today, and what each place's people need."""
    with db.read() as connection:
        rows = store.load_rows(connection)
        places = store.count_places(connection)
    active = [row for row in rows if is_active(row)]
    today = {row.country: local_date(row.country, now).isoformat() for row in active}
    drafts = [row for row in rows if not is_active(row)]
    return FloorOffice(
        needs=tuple(
            PlaceNeed(
                country,
                region,
                people,
                floor_for(rows, country, region, now),
                sum(row.country == country for row in drafts),
            )
            for country, region, people in places
            if country
        ),
        nowhere=sum(people for country, _, people in places if not country),
        in_force=tuple(row for row in active if _is_now(row, today[row.country])),
        coming=tuple(row for row in active if row.valid_from > today[row.country]),
        drafts=tuple(drafts),
        past=tuple(row for row in active if row.valid_to and row.valid_to < today[row.country]),
        warnings=tuple(
            issue
            for row in active
            if _is_now(row, today[row.country])
            for issue in row_warnings(row, date.fromisoformat(today[row.country]))
        ),
    )


def read_floor(
    db: Database, blobs: BlobStore, row_id: str, person_id: int, now: Instant
) -> FloorPage:
    """Load one row for its page; raises NotFoundError."""
    with db.read() as connection:
        row = store.load_row(connection, row_id)
        if row is None:
            raise NotFoundError(f"There is no wage row {row_id[:80]!r}.")
        approver = approver_of(connection, person_id)
        places = store.count_places(connection)
        versions = tuple(store.load_versions(connection, row_id))
    return FloorPage(
        row=row,
        versions=versions,
        is_active=is_active(row),
        needs_hours=needs_hours(row),
        own_and_others_may=approver.others and is_own(row, approver),
        people=sum(people for country, _, people in places if country == row.country),
        today=local_date(row.country, now),
        evidence_type=_type_of(blobs, row.evidence_sha256),
    )


def read_evidence(db: Database, blobs: BlobStore, sha256: str) -> tuple[bytes, str]:
    """Load a piece of evidence that stands behind a row, and its type; raises NotFoundError."""
    with db.read() as connection:
        is_known = store.load_evidence(connection, sha256) is not None
    if not is_known:
        raise NotFoundError("There is no such evidence.")
    content = blobs.get(sha256, check=True)
    return content, evidence_type(content) or "application/octet-stream"


def _type_of(blobs: BlobStore, sha256: str) -> str | None:
    """Say what evidence is; None where the file is not kept here (a row from elsewhere)."""
    return evidence_type(blobs.get(sha256)) if sha256 and blobs.exists(sha256) else None


def _is_now(row: FloorRow, today: str) -> bool:
    return row.valid_from <= today and (not row.valid_to or today <= row.valid_to)
