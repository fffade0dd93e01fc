"""The prints of everything given in a workspace, in memory, kept up from the database.

One for each process that takes in contributions or looks something up. What is found is only a
candidate: the caller measures it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from fairhand.compute.authenticity.shelf import BitShelf, KeyShelf
from fairhand.compute.authenticity.sounds import around, read_prints
from fairhand.compute.authenticity.texts import bands
from fairhand.people.contributions import print_store as store
from fairhand.people.contributions.print_store import Print
from fairhand.storage.database import Connection, Database

REACH: Final[Mapping[str, int]] = {"phash": 16, "dhash": 12, "look": 56}
"""Bits by which a print may differ from that of a copy; about what is found see `alignment`."""
MOST: Final = 12
_CHUNK: Final = 20_000
_DENSE: Final = 200
_EVERY: Final = 4
"""Of a sound with more than 200 pairs every fourth is on the shelf; all are looked up."""


@dataclass(slots=True)
class Library:
    """Shelves by kind of print."""

    phash: BitShelf = field(default_factory=BitShelf)
    dhash: BitShelf = field(default_factory=BitShelf)
    look: BitShelf = field(default_factory=lambda: BitShelf(words=4))
    sounds: KeyShelf = field(default_factory=KeyShelf)
    texts: KeyShelf = field(default_factory=KeyShelf)
    newest: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keep_up(self, connection: Connection) -> None:
        """Put what came since on the shelves."""
        with self.lock:
            while fresh := store.list_prints(connection, self.newest, _CHUNK):
                self._add(fresh)
                self.newest = fresh[-1].id

    def near(self, prints: Mapping[str, bytes]) -> list[int]:
        """Give the contributions that these prints may be copies of, the likeliest first."""
        found: dict[int, None] = {}
        with self.lock:
            for one in self._candidates(prints):
                found.setdefault(one)
        return list(found)

    def _candidates(self, prints: Mapping[str, bytes]) -> Iterator[int]:
        shelves = (("phash", self.phash, "phash"), ("flip", self.phash, "phash"))
        for kind, shelf, reach in (
            *shelves,
            ("dhash", self.dhash, "dhash"),
            ("look", self.look, "look"),
        ):
            if prints.get(kind):
                near = shelf.near(prints[kind], REACH[reach], MOST)
                yield from (owner for owner, _ in near)
        if prints.get("sound"):
            keys = np.concatenate(around(read_prints(prints["sound"])["hash"]))
            yield from (owner for owner, _ in self.sounds.near(keys, MOST, least=3))
        if prints.get("minhash"):
            yield from (owner for owner, _ in self.texts.near(bands(prints["minhash"]), MOST))

    def _add(self, fresh: list[Print]) -> None:
        for kind, shelf in (("phash", self.phash), ("dhash", self.dhash), ("look", self.look)):
            some = [one for one in fresh if one.kind == kind]
            shelf.add([one.contribution_id for one in some], [one.bits for one in some])
        for one in fresh:
            if one.kind == "sound":
                hashes = read_prints(one.bits)["hash"]
                self.sounds.add(
                    one.contribution_id, hashes[::_EVERY] if len(hashes) > _DENSE else hashes
                )
            elif one.kind == "minhash":
                self.texts.add(one.contribution_id, bands(one.bits))


_LIBRARIES: WeakKeyDictionary[Database, Library] = WeakKeyDictionary()


def library_of(db: Database) -> Library:
    """Give the library of a database, in this process."""
    return _LIBRARIES.setdefault(db, Library())
