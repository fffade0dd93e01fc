"""Numbered slots that one process holds at a time, and that its death sets free.

On SQLite a slot is a locked file beside the database; on PostgreSQL an advisory lock of a
session (PostgreSQL documentation, section 13.3.5), so it works across machines.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Callable

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from fairhand.storage.database import Database

__all__ = ["Slot", "take_slot"]

_PING = text("SELECT 1")
_LOCK = text("SELECT pg_try_advisory_lock(:family, :number)")


class Slot:
    """A slot that this process holds until `release` or its end.

    On PostgreSQL also a session that breaks ends it: `is_held` asks.
    """

    def __init__(
        self, number: int, release: Callable[[], None], is_held: Callable[[], bool] = lambda: True
    ) -> None:
        self.number = number
        self.release = release
        self.is_held = is_held


def take_slot(database: Database, family: str, number: int) -> Slot | None:
    """Take a slot; None when another process (or another part of this one) holds it."""
    if database.is_sqlite:
        return _take_file(f"{make_url(database.url).database}.{family}-{number}", number)
    return _take_advisory(database, family, number)


def _take_file(path: str, number: int) -> Slot | None:
    handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return Slot(number, lambda: os.close(handle))


def _take_advisory(database: Database, family: str, number: int) -> Slot | None:
    connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    key = zlib.crc32(family.encode()) - 2**31
    if connection.execute(_LOCK, {"family": key, "number": number}).scalar():
        connection.detach()  # a session of its own: closing it is what frees the lock
        return Slot(number, lambda: _let_go(connection), lambda: _answers(connection))
    connection.close()
    return None


def _answers(connection: Connection) -> bool:
    try:
        connection.execute(_PING)
    except (DBAPIError, PendingRollbackError):
        return False
    return True


def _let_go(connection: Connection) -> None:
    try:
        connection.close()
    except DBAPIError:  # it broke: the lock is free already
        connection.invalidate()
