"""Contributors make channels, hand each other their keys, and send sealed letters.

Nothing of it is logged: who speaks with whom is not for a log that managers read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.people.channel import store
from fairhand.people.channel.rules import read_letter, sealed_key_issues
from fairhand.people.channel.store import Member
from fairhand.people.council.store import electorate
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.join_channel import check_belongs

Keys = Mapping[str, Mapping[str, Any]]
_NAME = (2, 100)
_CLIENT_KEY = (8, 64)


@dataclass(frozen=True, slots=True)
class MakeChannel:
    """A channel's name, and its first key sealed for each member by their names."""

    person_id: int
    name: str
    keys: Keys


@dataclass(frozen=True, slots=True)
class ShareKeys:
    """The key of an epoch, sealed for those who have none yet; a new epoch is one more."""

    person_id: int
    channel_id: int
    epoch: int
    keys: Keys


@dataclass(frozen=True, slots=True)
class SendLetter:
    """A sealed letter (base64) of an epoch; its `client_key` counts once."""

    person_id: int
    channel_id: int
    epoch: int
    client_key: str
    sealed: str


def make_channel(db: Database, command: MakeChannel, now: Instant) -> int:
    """Make a channel; gives its number."""
    name = command.name.strip()
    if not _NAME[0] <= len(name) <= _NAME[1]:
        raise InvalidError("Name it.", issues=[Issue("name", "Use 2 to 100 characters.")])
    with db.write() as connection:
        own = _own(connection, command.person_id)
        number = store.add_channel(connection, name, command.person_id, now)
        _add_keys(connection, own, number, 1, command.keys)
    return number


def share_keys(db: Database, command: ShareKeys) -> None:
    """Let members in, or turn to a new key after somebody left.

    Raises ConflictError where another member was quicker, or the key has to be turned first.
    """
    with db.write() as connection:
        own = _own(connection, command.person_id)
        if not store.hold_channel(connection, command.channel_id):
            raise NotFoundError("There is no such channel.")
        newest = store.newest_epoch(connection, command.channel_id)
        held = store.holders(connection, command.channel_id, newest)
        if command.epoch == newest:
            if own.person_id not in held:
                raise NotFoundError("There is no such channel.")
            _check_turned(connection, held, own)
        elif command.epoch != newest + 1 or not _may_turn(connection, command.channel_id, own):
            raise ConflictError("Somebody else turned the key. Load the page anew.", code="turned")
        _add_keys(connection, own, command.channel_id, command.epoch, command.keys)


def send_letter(db: Database, command: SendLetter, now: Instant) -> None:
    """Carry a letter that the server cannot open.

    Raises ConflictError (`turn`) while somebody who may not read on still holds the epoch's key.
    """
    sealed = read_letter(command.sealed)
    if sealed is None or not _CLIENT_KEY[0] <= len(command.client_key) <= _CLIENT_KEY[1]:
        message = "Send sealed bytes of up to 16 kB, and a key of 8 to 64 characters."
        raise InvalidError(message, issues=[Issue("sealed", message)])
    with db.write() as connection:
        own = _own(connection, command.person_id)
        if not store.hold_channel(connection, command.channel_id):
            raise NotFoundError("There is no such channel.")
        newest = store.newest_epoch(connection, command.channel_id)
        held = store.holders(connection, command.channel_id, newest)
        if own.person_id not in held:
            raise NotFoundError("There is no such channel.")
        if command.epoch != newest:
            raise ConflictError("The channel has a newer key.", code="turned")
        _check_turned(connection, held, own)
        letter = (command.epoch, command.client_key, sealed)
        store.add_letter(connection, command.channel_id, own.person_id, letter, now)


def needs_turning(connection: Connection, held: frozenset[int]) -> bool:
    """Say whether somebody holds a key who has left, or who came to manage or audit."""
    inside = {one.person_id for one in store.list_members(connection)}
    return bool(held - (inside & electorate(connection)))


def _check_turned(connection: Connection, held: frozenset[int], own: Member) -> None:
    if needs_turning(connection, held):
        raise ConflictError("Somebody left: the channel needs a new key first.", code="turn")


def _may_turn(connection: Connection, channel_id: int, own: Member) -> bool:
    """Whoever holds any key of a channel may turn it."""
    return channel_id in store.own_keys(connection, own.person_id)


def _own(connection: Connection, person_id: int) -> Member:
    check_belongs(connection, person_id)
    found = store.load_own(connection, person_id)
    if found is None:
        raise ConflictError("Join first.", code="not_in")
    return found[0]


def _add_keys(connection: Connection, own: Member, channel_id: int, epoch: int, keys: Keys) -> None:
    allowed = electorate(connection)
    by_handle = {one.handle: one.person_id for one in store.list_members(connection)}
    sealed = []
    for handle, key in keys.items():
        person_id = by_handle.get(handle)
        if person_id is None or person_id not in allowed or key.get("from") != own.handle:
            raise InvalidError("Not a member.", issues=[Issue("keys", f"{handle} is not in.")])
        if issues := sealed_key_issues(key):
            raise InvalidError("A key is not sealed.", issues=issues)
        sealed.append((person_id, key))
    if epoch > store.newest_epoch(connection, channel_id) and own.handle not in keys:
        raise InvalidError("Seal it for yourself, too.", issues=[Issue("keys", "You are missing.")])
    store.add_keys(connection, channel_id, epoch, sealed)
