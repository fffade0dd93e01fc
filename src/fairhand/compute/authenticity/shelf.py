"""Prints of everything that was given, in memory, so that a copy is found in milliseconds.

`BitShelf` holds prints of fixed length and finds the nearest by the bits that differ, exactly.
`KeyShelf` holds many keys for each item (pairs of peaks of sounds, bands of texts) and finds the
items that share most. Both grow; neither forgets: what is found is looked up in the database, and
what is not there any more is no copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_ROOM = 1_024

Owners = NDArray[np.int64]


@dataclass(slots=True)
class BitShelf:
    """Prints of `words` x 64 bits each; memory is 8 bytes a word and 8 an owner."""

    words: int = 1
    count: int = 0
    _bits: NDArray[np.uint64] = field(default_factory=lambda: np.empty((0, 0), np.uint64))
    _owners: Owners = field(default_factory=lambda: np.empty(0, np.int64))

    def add(self, owners: Sequence[int], prints: Sequence[bytes]) -> None:
        """Put prints on the shelf; those of another length are left out."""
        size = 8 * self.words
        kept = [(owner, one) for owner, one in zip(owners, prints, strict=True) if len(one) == size]
        if not kept:
            return
        self._make_room(self.count + len(kept))
        rows = np.frombuffer(b"".join(one for _, one in kept), "<u8").reshape(-1, self.words)
        self._bits[:, self.count : self.count + len(kept)] = rows.T
        self._owners[self.count : self.count + len(kept)] = [owner for owner, _ in kept]
        self.count += len(kept)

    def near(self, wanted: bytes, most_apart: int, most: int = 20) -> list[tuple[int, int]]:
        """Find the owners of prints at most so many bits away, nearest first, with the distance."""
        if len(wanted) != 8 * self.words or not self.count:
            return []
        apart = np.zeros(self.count, np.uint16)
        for row, word in zip(self._bits, np.frombuffer(wanted, "<u8"), strict=True):
            apart += np.bitwise_count(row[: self.count] ^ word)
        places = np.flatnonzero(apart <= most_apart)
        order = places[np.lexsort((places, apart[places]))][:most]
        return [(int(self._owners[at]), int(apart[at])) for at in order]

    def _make_room(self, wanted: int) -> None:
        room = self._bits.shape[1]
        if wanted <= room:
            return
        larger = max(_ROOM, wanted, room + room // 2)
        bits = np.zeros((self.words, larger), np.uint64)
        owners = np.zeros(larger, np.int64)
        if self.count:
            bits[:, : self.count] = self._bits[:, : self.count]
            owners[: self.count] = self._owners[: self.count]
        self._bits, self._owners = bits, owners


@dataclass(slots=True)
class KeyShelf:
    """Keys of items in order, and those that came since; memory is 16 bytes a key."""

    _keys: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    _owners: Owners = field(default_factory=lambda: np.empty(0, np.int64))
    _fresh: list[tuple[NDArray[np.uint64], int]] = field(default_factory=list)
    _fresh_count: int = 0

    @property
    def count(self) -> int:
        """How many keys are on the shelf."""
        return len(self._keys) + self._fresh_count

    def add(self, owner: int, keys: NDArray[np.unsignedinteger]) -> None:
        """Put an item's keys on the shelf."""
        self._fresh.append((np.unique(keys.astype(np.uint64)), owner))
        self._fresh_count += len(keys)
        if self._fresh_count > max(4 * _ROOM, len(self._keys) // 8):
            self._settle()

    def near(
        self, wanted: NDArray[np.unsignedinteger], most: int = 5, least: int = 1
    ) -> list[tuple[int, int]]:
        """Find the items that share most of these keys, at least `least`, with how many."""
        keys = np.unique(wanted.astype(np.uint64))
        starts = np.searchsorted(self._keys, keys, "left")
        counts = np.searchsorted(self._keys, keys, "right") - starts
        offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        hits = [self._owners[np.repeat(starts, counts) + offset]]
        for there, owner in self._fresh:
            shared = len(np.intersect1d(there, keys, assume_unique=True))
            hits.append(np.full(shared, owner, np.int64))
        owners, shares = np.unique(np.concatenate(hits), return_counts=True)
        order = np.lexsort((owners, -shares))[:most]
        return [(int(owners[at]), int(shares[at])) for at in order if shares[at] >= least]

    def _settle(self) -> None:
        keys = np.concatenate([self._keys, *(keys for keys, _ in self._fresh)])
        owners = np.concatenate(
            [self._owners, *(np.full(len(keys), owner) for keys, owner in self._fresh)]
        )
        order = np.argsort(keys, kind="stable")
        self._keys, self._owners = keys[order], owners[order].astype(np.int64)
        self._fresh, self._fresh_count = [], 0
