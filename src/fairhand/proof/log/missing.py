"""A promise held against the log: is its leaf there, and if not, what proves that it is missing.

Whoever holds a promise and a later head of the log needs nobody's word: the leaves of that head
are hashed to its signed root, and the promised one is among them or it is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from fairhand.core.clock import Instant, iso
from fairhand.proof.log import merkle
from fairhand.proof.log.checkpoint import open_checkpoint
from fairhand.proof.log.cosignature import WitnessKey, read_cosignatures
from fairhand.proof.log.note import NoteError, Verifier
from fairhand.proof.log.places import Place, read_checkpoint, tile_reader
from fairhand.proof.log.promise import parse_promise, verify_promise
from fairhand.proof.log.tiles import WIDTH

FORMAT: Final = "fairhand.missing/v1"

State = Literal["kept", "waiting", "missing", "unproven"]


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of a promise in the log as it was found; `index` where it was kept."""

    state: State
    size: int
    index: int | None
    note: str
    words: str


def look_for(
    promise: Mapping[str, Any],
    place: Place,
    keys: Sequence[Verifier],
    now: Instant,
    witnesses: Sequence[WitnessKey] = (),
) -> Looked:
    """Look for a promised leaf among all leaves of a log.

    A head does not say when it was made. So the leaf is `missing` only where one of `witnesses`
    signed the head after the promise was due; else it is `unproven`: an old copy of an honest log
    would look the same.

    Raises NoteError when the promise is not by one of the keys, or the log does not hold together:
    that is not for this to judge, but for a monitor.
    """
    issues = [verify_promise(promise, key) for key in keys]
    if not issues or all(issues):
        raise NoteError(issues[-1][0].message if issues else "a log's public key is needed")
    wanted = parse_promise(promise)
    note = read_checkpoint(place)
    head = open_checkpoint(note, keys)
    if head.origin != wanted.log:
        raise NoteError(f"this is the log {head.origin}, and {wanted.log} promised")
    index = _find(place, head.size, head.root, wanted.leaf_hash)
    if index is not None:
        words = f"The promise was kept: it is event {index} of {head.size:,} in the log."
        return Looked("kept", head.size, index, note, words)
    if now <= wanted.by:
        words = f"It is not in the log yet, and need not be before {iso(wanted.by)}."
        return Looked("waiting", head.size, None, note, words)
    signed = max((one.at for one in read_cosignatures(note, witnesses)), default=None)
    if signed is None or signed <= wanted.by:
        words = (
            f"It is not among the {head.size:,} events of this head, and it was promised by "
            f"{iso(wanted.by)}. How old the head is nobody proves: a copy from before would look "
            "the same. Ask the log at its own address, and name a witness who signs it."
        )
        return Looked("unproven", head.size, None, note, words)
    words = (
        f"MISSING: it was promised by {iso(wanted.by)}, and none of the {head.size:,} events in "
        f"the log is the one; a witness signed them at {iso(signed)}."
    )
    return Looked("missing", head.size, None, note, words)


def evidence(
    promise: Mapping[str, Any], found: Looked, now: Instant, witnesses: Sequence[WitnessKey]
) -> dict[str, Any]:
    """Write what proves the omission: the promise, the signed head without it, who signed it."""
    return {
        "format": FORMAT,
        "promise": dict(promise),
        "checkpoint": found.note,
        "looked_at": iso(now),
        "why": found.words,
        "witnesses": [one.vkey for one in witnesses],
    }


def _find(place: Place, size: int, root: bytes, leaf_hash: bytes) -> int | None:
    """Read every leaf hash, hold them to the root, and say where the wanted one is."""
    read, tree, found = tile_reader(place, size), merkle.Frontier(), None
    for tile in range(-(-size // WIDTH)):
        hashes = read(0, tile)
        for at in range(0, len(hashes), merkle.HASH_SIZE):
            one = hashes[at : at + merkle.HASH_SIZE]
            if one == leaf_hash and found is None:
                found = tree.size
            tree.push(one)
    if tree.size != size or tree.root() != root:
        raise NoteError("the log's tiles do not lead to its signed root: watch it with a monitor")
    return found
