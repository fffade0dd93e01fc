"""The log's SQL: append on the hot path, seal off it, load proofs.

An event is one INSERT inside the transaction of what happened, so the two are true together. The
sealer gives leaf numbers to committed events later, in the order of their ids.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, Issue, NotFoundError
from fairhand.proof.log import merkle, tiles, witness_store
from fairhand.proof.log.archived import ARCHIVED, goes_on
from fairhand.proof.log.audit import StoredEvent, audit_log, says_root
from fairhand.proof.log.checkpoint import Checkpoint, sign_checkpoint
from fairhand.proof.log.leaf import SALT_SIZE, Body, canonical, commitment, make_leaf
from fairhand.proof.log.note import Signer, Verifier
from fairhand.proof.log.receipt import Opening, Receipt
from fairhand.storage.database import insert
from fairhand.storage.tables.proof import checkpoint, log_event, log_head, tile
from fairhand.storage.tables.work import project

SEAL_LIMIT = 5_000
"""Events sealed in one transaction, unless asked otherwise: about 0.1 s of a writer's time."""


@dataclass(frozen=True, slots=True)
class AppendedEvent:
    """An event as it went into the log; the leaf's hash is what a promise is about."""

    id: int
    kind: str
    at: Instant
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that is to be appended; `append_many` takes them in their order."""

    kind: str
    body: Body
    person_id: int | None = None
    project_id: int | None = None


@dataclass(frozen=True, slots=True)
class SealResult:
    """What one sealing did: how many leaves it added, the log's size now, its checkpoint if any."""

    sealed: int
    size: int
    note: str | None


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint as stored."""

    size: int
    root: bytes
    note: str
    at: Instant


_APPEND = log_event.insert().values(
    at=bindparam("at"),
    kind=bindparam("kind"),
    person_id=bindparam("person_id"),
    project_id=bindparam("project_id"),
    body=bindparam("body"),
    salt=bindparam("salt"),
    leaf=bindparam("leaf"),
    leaf_hash=bindparam("leaf_hash"),
)
_ARCHIVED = select(project.c.archived_at).where(project.c.id == bindparam("of_project"))
_LOCK = update(log_head).where(log_head.c.id == 1).values(sealed_at=bindparam("now"))
_SIZE = select(log_head.c.size).where(log_head.c.id == 1)
_GROW = update(log_head).where(log_head.c.id == 1).values(size=bindparam("new_size"))
_UNSEALED = (
    select(log_event.c.id, log_event.c.leaf_hash)
    .where(log_event.c.leaf_index.is_(None))
    .order_by(log_event.c.id)
    .limit(bindparam("most"))
)
_OLDEST = (
    select(log_event.c.at).where(log_event.c.leaf_index.is_(None)).order_by(log_event.c.id).limit(1)
)
_PLACE = (
    update(log_event)
    .where(log_event.c.id == bindparam("event_id"))
    .values(leaf_index=bindparam("place"))
)
_TILE = select(tile.c.hashes).where(
    tile.c.level == bindparam("level"), tile.c.index == bindparam("index")
)
_CHECKPOINT = checkpoint.insert()
_LATEST = select(checkpoint).order_by(checkpoint.c.size.desc()).limit(1)
_EVENT = select(log_event).where(log_event.c.id == bindparam("event_id"))
_SEALED = (
    select(
        log_event.c.id,
        log_event.c.kind,
        log_event.c.at,
        log_event.c.body,
        log_event.c.salt,
        log_event.c.leaf,
        log_event.c.leaf_hash,
        log_event.c.leaf_index,
    )
    .where(log_event.c.leaf_index >= bindparam("start"))
    .order_by(log_event.c.leaf_index)
    .limit(1_000)
)
_LEAVES = (
    select(log_event.c.leaf)
    .where(log_event.c.leaf_index >= bindparam("start"), log_event.c.leaf_index < bindparam("end"))
    .order_by(log_event.c.leaf_index)
)
_CHECKPOINTS = select(checkpoint.c.size, checkpoint.c.root, checkpoint.c.note).order_by(
    checkpoint.c.size
)
_EVENTS_OF = (
    select(log_event.c.id)
    .where(log_event.c.person_id == bindparam("person_id"))
    .order_by(log_event.c.id)
)
_ERASE = (
    update(log_event)
    .where(log_event.c.person_id == bindparam("of_person"))
    .values(body=None, salt=None, person_id=None)
)


def append(
    connection: Connection,
    kind: str,
    body: Body,
    now: Instant,
    person_id: int | None = None,
    project_id: int | None = None,
) -> AppendedEvent:
    """Add one event in one statement; it is true when the caller's transaction is.

    Raises ConflictError for what does not go on in a project that is archived.
    """
    _refuse_archived(connection, kind, project_id)
    row = _row(NewEvent(kind, body, person_id, project_id), now)
    result = connection.execute(_APPEND, row)
    event_id: int = result.inserted_primary_key[0]  # type: ignore[index]  # one row, so a key
    return AppendedEvent(event_id, kind, now, row["leaf_hash"])


def append_many(connection: Connection, events: Sequence[NewEvent], now: Instant) -> None:
    """Add events in a few statements; each is true when the caller's transaction is."""
    if events:
        for kind, project_id in {(event.kind, event.project_id) for event in events}:
            _refuse_archived(connection, kind, project_id)
        connection.execute(_APPEND, [_row(event, now) for event in events])


def _refuse_archived(connection: Connection, kind: str, project_id: int | None) -> None:
    if project_id is None or goes_on(kind):
        return
    if connection.execute(_ARCHIVED, {"of_project": project_id}).scalar_one_or_none() is not None:
        raise ConflictError(ARCHIVED, code="archived")


def _row(event: NewEvent, now: Instant) -> dict[str, Any]:
    salt, text = os.urandom(SALT_SIZE), canonical(event.body)
    leaf = make_leaf(event.kind, now, commitment(salt, text))
    return {
        "at": now,
        "kind": event.kind,
        "person_id": event.person_id,
        "project_id": event.project_id,
        "body": text.decode(),
        "salt": salt,
        "leaf": leaf,
        "leaf_hash": merkle.leaf_hash(leaf),
    }


def seal(
    connection: Connection, signer: Signer, now: Instant, limit: int = SEAL_LIMIT
) -> SealResult:
    """Give leaf numbers to up to `limit` committed events and sign the new root.

    One sealer at a time: the others wait at the `log_head` row. Signs nothing when nothing is new.
    """
    size = _lock(connection, now)
    rows = connection.execute(_UNSEALED, {"most": limit}).all()
    if not rows:
        latest = latest_checkpoint(connection)
        return SealResult(0, size, latest.note if latest else None)
    connection.execute(
        _PLACE,
        [{"event_id": row.id, "place": size + step} for step, row in enumerate(rows)],
    )
    new_size = size + len(rows)
    _save_tiles(connection, tiles.grow(size, [row.leaf_hash for row in rows], _reader(connection)))
    root = tiles.root(new_size, _reader(connection))
    note = sign_checkpoint(Checkpoint(signer.name, new_size, root), signer)
    connection.execute(_CHECKPOINT, {"size": new_size, "root": root, "note": note, "at": now})
    connection.execute(_GROW, {"new_size": new_size})
    return SealResult(len(rows), new_size, note)


def latest_checkpoint(connection: Connection) -> SignedCheckpoint | None:
    """The newest checkpoint, or None before the first sealing."""
    row = connection.execute(_LATEST).one_or_none()
    return None if row is None else SignedCheckpoint(row.size, row.root, row.note, row.at)


def oldest_unsealed(connection: Connection) -> Instant | None:
    """When the event that has waited longest for its leaf happened; None when all are sealed."""
    return connection.execute(_OLDEST).scalar_one_or_none()


def load_proof(connection: Connection, event_id: int) -> Receipt | None:
    """Load the receipt of an event; None while it is not sealed.

    It is proven under the newest checkpoint that witnesses co-signed, where one covers the event;
    else under the newest of all.
    """
    row = connection.execute(_EVENT, {"event_id": event_id}).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no event {event_id} in the log.")
    if row.leaf_index is None:
        return None
    head = witness_store.newest_cosigned(connection, row.leaf_index + 1)
    if head is None:
        latest = latest_checkpoint(connection)
        if latest is None:
            return None
        head = witness_store.Head(latest.size, latest.note)
    hashes = tiles.inclusion_proof(row.leaf_index, head.size, _reader(connection))
    opening = None if row.body is None else Opening(row.kind, row.at, row.salt, row.body)
    return Receipt(row.leaf_index, tuple(hashes), head.note, row.leaf, opening)


def load_consistency(connection: Connection, old: int, new: int) -> list[bytes]:
    """Prove that the log of `new` leaves holds the log of `old` as its beginning."""
    return tiles.consistency_proof(old, new, _reader(connection))


def person_of(connection: Connection, event_id: int) -> int | None:
    """Say whom an event is about; None when it is about nobody, or there is no such event."""
    chosen = select(log_event.c.person_id).where(log_event.c.id == event_id)
    return connection.execute(chosen).scalar_one_or_none()


def audit(connection: Connection, keys: Sequence[Verifier]) -> Iterator[Issue]:
    """Check every sealed event, tile and checkpoint; nothing comes when all is as it was."""
    kept = connection.execute(_CHECKPOINTS).all()
    for row in kept:
        if not says_root(row.note, row.size, row.root):
            yield Issue(f"checkpoint {row.size}", "its root is not the one in its signed note")
    signed = [(row.size, row.note) for row in kept]
    yield from audit_log(_sealed(connection), signed, lru_cache(64)(_reader(connection)), keys)


def _sealed(connection: Connection) -> Iterator[StoredEvent]:
    start = 0
    while rows := connection.execute(_SEALED, {"start": start}).all():
        yield from (StoredEvent(*row) for row in rows)
        start = rows[-1].leaf_index + 1


def events_of(connection: Connection, person_id: int) -> Sequence[int]:
    """The ids of a person's events, oldest first."""
    return connection.execute(_EVENTS_OF, {"person_id": person_id}).scalars().all()


def erase_bodies(connection: Connection, person_id: int) -> int:
    """Erase what the log knows of a person; leaves and proofs stay. Returns how many events."""
    return connection.execute(_ERASE, {"of_person": person_id}).rowcount


def _lock(connection: Connection, now: Instant) -> int:
    if connection.execute(_LOCK, {"now": now}).rowcount == 0:
        first = insert(connection, log_head).on_conflict_do_nothing()
        connection.execute(first, {"id": 1, "size": 0, "sealed_at": now})
        connection.execute(_LOCK, {"now": now})
    size: int = connection.execute(_SIZE).scalar_one()
    return size


def tile_reader(connection: Connection) -> tiles.ReadTile:
    """Read the log's tiles."""
    return _reader(connection)


def load_leaves(connection: Connection, start: int, most: int) -> list[bytes]:
    """Load up to `most` leaves from a leaf number on; nothing else of their events is read."""
    found = connection.execute(_LEAVES, {"start": start, "end": start + most})
    return list(found.scalars())


def _reader(connection: Connection) -> tiles.ReadTile:
    def read(level: int, index: int) -> bytes:
        found = connection.execute(_TILE, {"level": level, "index": index}).scalar_one_or_none()
        return found or b""

    return read


def _save_tiles(connection: Connection, changed: tiles.Tiles) -> None:
    upsert = insert(connection, tile)
    upsert = upsert.on_conflict_do_update(
        index_elements=["level", "index"],
        set_={"width": upsert.excluded.width, "hashes": upsert.excluded.hashes},
    )
    rows = [
        {
            "level": level,
            "index": index,
            "width": len(hashes) // merkle.HASH_SIZE,
            "hashes": hashes,
        }
        for (level, index), hashes in changed.items()
    ]
    connection.execute(upsert, rows)
