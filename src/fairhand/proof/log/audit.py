"""Auditing a whole log: every stored byte is computed again from the leaves up."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.proof.log import merkle, tiles
from fairhand.proof.log.checkpoint import Checkpoint, open_checkpoint
from fairhand.proof.log.leaf import commitment, make_leaf
from fairhand.proof.log.note import NoteError, Verifier


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as stored; unsealed while `leaf_index` is None, erased when `body` is."""

    id: int
    kind: str
    at: Instant
    body: str | None
    salt: bytes | None
    leaf: bytes
    leaf_hash: bytes
    leaf_index: int | None


def check_event(event: StoredEvent) -> list[Issue]:
    """Say what is wrong with one event: its hash, or a body that its leaf did not commit to."""
    place = f"event {event.id}"
    if merkle.leaf_hash(event.leaf) != event.leaf_hash:
        return [Issue(place, "its leaf does not fit its hash: one of them was changed")]
    if not _leaf_says(event):
        return [Issue(place, "its kind, time, body or salt is not what its leaf commits to")]
    return []


def _leaf_says(event: StoredEvent) -> bool:
    """Say whether the leaf is of this kind, time and body; an erased body cannot be compared."""
    try:
        committed = str(json.loads(event.leaf)["commitment"])
        if event.body is not None and event.salt is not None:
            committed = commitment(event.salt, event.body.encode())
        return make_leaf(event.kind, event.at, committed) == event.leaf
    except (ValueError, KeyError, TypeError):
        return False


def audit_log(
    sealed: Iterable[StoredEvent],
    checkpoints: Sequence[tuple[int, str]],
    read_tile: tiles.ReadTile,
    keys: Sequence[Verifier],
) -> Iterator[Issue]:
    """Check every sealed event, every checkpoint `(size, note)` and every tile.

    `sealed` comes in the order of leaf numbers. Memory stays bounded whatever the log's size.
    """
    frontier = merkle.Frontier()
    to_come = iter(sorted(checkpoints))
    due = next(to_come, None)
    for event in sealed:
        yield from check_event(event)
        if event.leaf_index != frontier.size:
            message = f"has leaf number {event.leaf_index} instead of {frontier.size}"
            yield Issue(f"event {event.id}", message)
        yield from _check_in_tile(event, frontier.size, read_tile)
        frontier.push(event.leaf_hash)
        while due is not None and due[0] == frontier.size:
            yield from _check_checkpoint(*due, frontier.root(), keys)
            due = next(to_come, None)
    if due is not None:
        yield Issue(f"checkpoint {due[0]}", f"the log holds {frontier.size} events only")
    elif checkpoints and max(checkpoints)[0] != frontier.size:
        yield Issue("log", f"the newest checkpoint does not cover all {frontier.size} events")
    yield from _check_upper_tiles(frontier, read_tile)


def _check_in_tile(event: StoredEvent, index: int, read_tile: tiles.ReadTile) -> Iterator[Issue]:
    tile, place = divmod(index, tiles.WIDTH)
    at = place * merkle.HASH_SIZE
    if read_tile(0, tile)[at : at + merkle.HASH_SIZE] != event.leaf_hash:
        yield Issue(tiles.tile_path(0, tile), f"does not hold event {event.id} at place {place}")


def _check_upper_tiles(frontier: merkle.Frontier, read_tile: tiles.ReadTile) -> Iterator[Issue]:
    try:
        same = tiles.root(frontier.size, read_tile) == frontier.root()
    except ValueError as error:
        yield Issue("tiles", str(error))
        return
    if not same:
        yield Issue("tiles", "they give another root than the events")
    yield from _each_tile(frontier.size, read_tile)


def _each_tile(size: int, read_tile: tiles.ReadTile) -> Iterator[Issue]:
    """Compare each hash above the leaves with the full tile that it stands for."""
    level = 1
    while count := size >> (tiles.HEIGHT * level):
        for index in range(count):
            tile, place = divmod(index, tiles.WIDTH)
            at = place * merkle.HASH_SIZE
            below = read_tile(level - 1, index)
            hashes = [below[start : start + 32] for start in range(0, len(below), 32)]
            if read_tile(level, tile)[at : at + merkle.HASH_SIZE] != merkle.root(hashes):
                yield Issue(tiles.tile_path(level, tile), f"place {place} is not its tile's root")
        level += 1


def _check_checkpoint(
    size: int, note: str, root: bytes, keys: Sequence[Verifier]
) -> Iterator[Issue]:
    place = f"checkpoint {size}"
    try:
        signed = open_checkpoint(note, keys)
    except NoteError as error:
        yield Issue(place, error.message)
        return
    if signed != Checkpoint(signed.origin, size, root):
        yield Issue(place, "it was signed for another history than the events give")


def says_root(note: str, size: int, root: bytes) -> bool:
    """Say whether a note's text is of this size and root; who signed it is asked elsewhere."""
    lines = note.split("\n")
    return lines[1:3] == [str(size), base64.b64encode(root).decode()]
