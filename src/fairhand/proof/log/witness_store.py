"""SQL of witnesses: who they are, what they signed, and what is in the way."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, case, select, update

from fairhand.core.clock import Instant
from fairhand.storage.database import insert
from fairhand.storage.tables.proof import checkpoint, cosignature, witness

_KEPT_TROUBLE = 500


@dataclass(frozen=True, slots=True)
class WitnessRow:
    """A witness as kept; `trouble` says in words why it did not sign last time."""

    id: int
    vkey: str
    url: str
    added_at: Instant
    ended_at: Instant | None
    asked_at: Instant | None
    cosigned_size: int
    trouble: str


@dataclass(frozen=True, slots=True)
class Head:
    """A checkpoint's size and its note with the lines of its witnesses."""

    size: int
    note: str


_WITNESSES = select(
    witness.c.id,
    witness.c.vkey,
    witness.c.url,
    witness.c.added_at,
    witness.c.ended_at,
    witness.c.asked_at,
    witness.c.cosigned_size,
    witness.c.trouble,
).order_by(witness.c.id)
_LINES = (
    select(cosignature.c.witness_id, cosignature.c.line)
    .where(cosignature.c.size == bindparam("size"))
    .order_by(cosignature.c.witness_id, cosignature.c.at)
)
_NEWEST_COSIGNED = (
    select(checkpoint.c.size, checkpoint.c.note)
    .where(
        checkpoint.c.size >= bindparam("least"),
        select(cosignature.c.size).where(cosignature.c.size == checkpoint.c.size).exists(),
    )
    .order_by(checkpoint.c.size.desc())
    .limit(1)
)


def list_witnesses(connection: Connection, *, ended: bool = False) -> list[WitnessRow]:
    """List those who co-sign; with `ended`, those who did so too."""
    chosen = _WITNESSES if ended else _WITNESSES.where(witness.c.ended_at.is_(None))
    return [WitnessRow(*row) for row in connection.execute(chosen)]


def add_witness(
    connection: Connection, vkey: str, url: str, person_id: int | None, now: Instant
) -> int:
    """Remember a witness, or take one up again that was ended; gives its number."""
    found = connection.execute(select(witness.c.id).where(witness.c.vkey == vkey)).scalar()
    values = {"url": url, "added_at": now, "added_by": person_id, "ended_at": None, "trouble": ""}
    if found is not None:
        connection.execute(update(witness).where(witness.c.id == found).values(values))
        return int(found)
    result = connection.execute(witness.insert(), {"vkey": vkey, **values})
    witness_id: int = result.inserted_primary_key[0]  # type: ignore[index]  # one row, so a key
    return witness_id


def end_witness(connection: Connection, witness_id: int, now: Instant) -> bool:
    """Ask a witness no more; what it signed stays. Says whether there was such a one."""
    ended = (
        update(witness)
        .where(witness.c.id == witness_id, witness.c.ended_at.is_(None))
        .values(ended_at=now)
    )
    return connection.execute(ended).rowcount == 1


def keep_line(connection: Connection, witness_id: int, size: int, line: str, now: Instant) -> None:
    """Keep what a witness signed; doing it again does nothing."""
    row = {"size": size, "witness_id": witness_id, "line": line, "at": now}
    connection.execute(insert(connection, cosignature).on_conflict_do_nothing(), row)
    told = update(witness).where(witness.c.id == witness_id)
    furthest = case((witness.c.cosigned_size > size, witness.c.cosigned_size), else_=size)
    connection.execute(told.values(cosigned_size=furthest, asked_at=now, trouble=""))


def note_trouble(connection: Connection, witness_id: int, words: str, now: Instant) -> None:
    """Remember why a witness did not sign."""
    told = update(witness).where(witness.c.id == witness_id)
    connection.execute(told.values(asked_at=now, trouble=words[:_KEPT_TROUBLE]))


def lines_of(connection: Connection, size: int) -> list[str]:
    """The signature lines that witnesses put under a checkpoint, the last one of each."""
    newest = {row.witness_id: row.line for row in connection.execute(_LINES, {"size": size})}
    return list(newest.values())


def newest_shown(connection: Connection) -> Head | None:
    """The newest checkpoint that a witness who is asked now signed, with the lines; or None."""
    active = select(cosignature.c.size).join(witness, witness.c.id == cosignature.c.witness_id)
    newest = active.where(witness.c.ended_at.is_(None)).order_by(cosignature.c.size.desc()).limit(1)
    size = connection.execute(newest).scalar()
    return None if size is None else newest_cosigned(connection, size)


def newest_cosigned(connection: Connection, least: int) -> Head | None:
    """The newest checkpoint of at least `least` leaves that a witness signed, with the lines."""
    row = connection.execute(_NEWEST_COSIGNED, {"least": least}).one_or_none()
    if row is None:
        return None
    return Head(row.size, row.note + "".join(lines_of(connection, row.size)))
