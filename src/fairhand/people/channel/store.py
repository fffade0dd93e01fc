"""The contributors' channels in the database: public keys and sealed bytes, nothing that opens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, and_, func, select, update

from fairhand.core.clock import Instant
from fairhand.storage.database import insert
from fairhand.storage.tables.conduct import channel, channel_key, channel_letter, channel_member


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in the channels, under the name they chose."""

    person_id: int
    handle: str
    public_key: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Letter:
    """A sealed letter."""

    id: int
    epoch: int
    handle: str
    client_key: str
    sealed: bytes
    at: Instant


def load_own(connection: Connection, person_id: int) -> tuple[Member, dict[str, Any]] | None:
    """Load one's own membership with the private key as one sealed it; None for those outside."""
    mine = channel_member.c
    chosen = select(mine.handle, mine.public_key, mine.wrapped_key).where(
        mine.person_id == person_id, mine.left_at.is_(None)
    )
    row = connection.execute(chosen).first()
    if row is None:
        return None
    return Member(person_id, row[0], orjson.loads(row[1])), orjson.loads(row[2])


def find_handle(connection: Connection, handle: str) -> int | None:
    """Find whose name this is, of those who left, too."""
    chosen = select(channel_member.c.person_id).where(channel_member.c.handle == handle)
    found: int | None = connection.execute(chosen).scalar_one_or_none()
    return found


def keep_member(
    connection: Connection,
    member: Member,
    wrapped: Mapping[str, Any],
    now: Instant,
) -> None:
    """Let somebody in, or in again with new keys; keys that were sealed for old ones go."""
    values = {
        "handle": member.handle,
        "public_key": orjson.dumps(member.public_key).decode(),
        "wrapped_key": orjson.dumps(wrapped).decode(),
        "joined_at": now,
        "left_at": None,
    }
    connection.execute(channel_key.delete().where(channel_key.c.person_id == member.person_id))
    kept = insert(connection, channel_member).values(person_id=member.person_id, **values)
    connection.execute(kept.on_conflict_do_update(index_elements=["person_id"], set_=values))


def leave(connection: Connection, person_id: int, now: Instant) -> bool:
    """Let somebody go, with every key that was sealed for them; False when they are not in."""
    connection.execute(channel_key.delete().where(channel_key.c.person_id == person_id))
    chosen = update(channel_member).where(
        channel_member.c.person_id == person_id, channel_member.c.left_at.is_(None)
    )
    return connection.execute(chosen.values(left_at=now)).rowcount == 1


def list_members(connection: Connection) -> list[Member]:
    """List who is in, by the names they chose."""
    mine = channel_member.c
    chosen = (
        select(mine.person_id, mine.handle, mine.public_key)
        .where(mine.left_at.is_(None))
        .order_by(mine.handle)
    )
    return [Member(row[0], row[1], orjson.loads(row[2])) for row in connection.execute(chosen)]


def list_channels(connection: Connection) -> list[tuple[int, str]]:
    """List channels by number and name."""
    chosen = select(channel.c.id, channel.c.name).order_by(channel.c.id)
    return [(row[0], row[1]) for row in connection.execute(chosen)]


def add_channel(connection: Connection, name: str, person_id: int, now: Instant) -> int:
    """Make a channel; gives its number."""
    values = {"name": name, "made_by": person_id, "made_at": now}
    key = connection.execute(channel.insert(), values).inserted_primary_key
    assert key is not None  # noqa: S101  # a single-row INSERT always has one
    return int(key[0])


def hold_channel(connection: Connection, channel_id: int) -> bool:
    """Keep others from turning a channel's key until the transaction ends; False: there is none."""
    chosen = select(channel.c.id).where(channel.c.id == channel_id).with_for_update()
    return connection.execute(chosen).first() is not None


def newest_epoch(connection: Connection, channel_id: int) -> int:
    """Give the epoch that letters are sealed in now: of the keys, and of the letters."""
    of_keys = select(func.max(channel_key.c.epoch)).where(channel_key.c.channel_id == channel_id)
    of_letters = select(func.max(channel_letter.c.epoch)).where(
        channel_letter.c.channel_id == channel_id
    )
    found = (connection.execute(one).scalar() for one in (of_keys, of_letters))
    return max(int(one or 0) for one in found)


def holders(connection: Connection, channel_id: int, epoch: int) -> frozenset[int]:
    """Say who holds the key of an epoch."""
    chosen = select(channel_key.c.person_id).where(
        channel_key.c.channel_id == channel_id, channel_key.c.epoch == epoch
    )
    return frozenset(connection.execute(chosen).scalars())


def add_keys(
    connection: Connection,
    channel_id: int,
    epoch: int,
    sealed: Iterable[tuple[int, Mapping[str, Any]]],
) -> None:
    """Keep a channel's key, sealed for each of these people; one who has it keeps theirs."""
    for person_id, key in sealed:
        values = {
            "channel_id": channel_id,
            "epoch": epoch,
            "person_id": person_id,
            "sealed": orjson.dumps(key).decode(),
        }
        connection.execute(insert(connection, channel_key).values(values).on_conflict_do_nothing())


def own_keys(connection: Connection, person_id: int) -> dict[int, dict[int, dict[str, Any]]]:
    """Give one's own sealed keys by channel and epoch."""
    mine = channel_key.c
    chosen = select(mine.channel_id, mine.epoch, mine.sealed).where(mine.person_id == person_id)
    found: dict[int, dict[int, dict[str, Any]]] = {}
    for row in connection.execute(chosen):
        found.setdefault(row[0], {})[row[1]] = orjson.loads(row[2])
    return found


def add_letter(
    connection: Connection,
    channel_id: int,
    person_id: int,
    letter: tuple[int, str, bytes],
    now: Instant,
) -> None:
    """Keep a letter (epoch, client key, sealed bytes); sent twice it is kept once."""
    epoch, client_key, sealed = letter
    values = {
        "channel_id": channel_id,
        "epoch": epoch,
        "person_id": person_id,
        "client_key": client_key,
        "sealed": sealed,
        "at": now,
    }
    connection.execute(insert(connection, channel_letter).values(values).on_conflict_do_nothing())


def list_letters(
    connection: Connection, channel_id: int, person_id: int, after: int, most: int = 200
) -> list[Letter]:
    """List letters of the epochs whose key somebody holds: without `after` the newest ones."""
    letter, mine = channel_letter.c, channel_key.c
    has_key = and_(
        mine.channel_id == letter.channel_id,
        mine.epoch == letter.epoch,
        mine.person_id == person_id,
    )
    order = letter.id if after else letter.id.desc()
    chosen = (
        select(
            letter.id,
            letter.epoch,
            channel_member.c.handle,
            letter.client_key,
            letter.sealed,
            letter.at,
        )
        .join(channel_key, has_key)
        .join(channel_member, channel_member.c.person_id == letter.person_id)
        .where(letter.channel_id == channel_id, letter.id > after)
        .order_by(order)
        .limit(most)
    )
    return sorted((Letter(*row) for row in connection.execute(chosen)), key=lambda one: one.id)
