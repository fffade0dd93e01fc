"""Watching a log from outside: is it the one we knew, grown; does every leaf fit its root.

A monitor keeps the newest checkpoint that it believed. The next time, it asks for proof that the
old tree is the beginning of the new one, reads the leaves that came, and computes the root from
them. What does not fit is evidence: both signed heads, which only the log's key can have made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from fairhand.core.clock import Instant
from fairhand.proof.log import merkle, tiles
from fairhand.proof.log.checkpoint import Checkpoint, open_checkpoint
from fairhand.proof.log.note import NoteError
from fairhand.proof.log.places import (
    HANDOVERS,
    Place,
    read_checkpoint,
    read_entries,
    tile_reader,
)
from fairhand.proof.log.policy import Believed, Policy, believe
from fairhand.proof.log.rotation import follow, parse_handovers

_AHEAD_MS: Final = 5 * 60_000
"""How far the clock of a witness may run ahead of ours."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a monitor keeps: the note that it believed last, and its tree's frontier.

    `peaks` are the roots of the perfect trees of its leaves, the largest first: with them the next
    leaves alone give the next root.
    """

    note: str
    size: int
    root: bytes
    peaks: tuple[bytes, ...] = ()

    @property
    def origin(self) -> str:
        """The log that it is of."""
        return self.note.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two signed heads that cannot both be of one log, and why."""

    why: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Watched:
    """What a watch found: trouble in words, evidence if it proves something, and what to keep."""

    seen: Seen | None
    size: int
    new_leaves: int
    witnesses: tuple[str, ...]
    trouble: tuple[str, ...] = ()
    evidence: Evidence | None = None
    kinds: dict[str, int] = field(default_factory=dict)

    @property
    def is_well(self) -> bool:
        """Say whether all is as it must be."""
        return not self.trouble


def watch(
    place: Place,
    policy: Policy,
    before: Seen | None,
    now: Instant,
    max_age_ms: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    whole: bool = False,
) -> Watched:
    """Watch a log once; nothing is believed that the policy and the hashes do not show.

    With `max_age_ms`, a head that no witness signed for so long is stale. With `whole`, leaves that
    were read before are read again. Raises UnavailableError when the place does not answer.
    """
    try:
        note = read_checkpoint(place)
        trusted = with_handovers(place, policy)
        head = open_checkpoint(note, trusted.logs)
        if before is not None and before.origin != head.origin:
            raise NoteError(f"this is the log {head.origin}; {before.origin} was watched before")
    except NoteError as error:
        return _bad(before, str(error))
    # History first: a log that was rewritten is proven so whether or not its witnesses still sign.
    if before is not None and before.size:
        trouble, is_proof = _history(place, before, head)
        if trouble:
            evidence = Evidence(trouble, before.note, note) if is_proof else None
            return Watched(before, head.size, 0, (), (trouble,), evidence)
    try:
        found = believe(note, trusted)
    except NoteError as error:
        return _bad(before, str(error), head.size)
    names = tuple(sorted(one.key.name for one in found.cosignatures))
    if stale := _stale(found, now, max_age_ms):
        return _bad(before, stale, head.size, names)
    try:
        peaks, new, kinds = _read_on(place, None if whole else before, head, progress)
    except (NoteError, ValueError) as error:
        return _bad(before, str(error), head.size, names)
    return Watched(Seen(note, head.size, head.root, peaks), head.size, new, names, (), None, kinds)


def with_handovers(place: Place, policy: Policy) -> Policy:
    """Believe the keys, too, that those of the policy handed over to; NoteError for a false one."""
    found = place.fetch(HANDOVERS)
    if found is None:
        return policy
    return replace(policy, logs=tuple(follow(policy.logs, parse_handovers(found))))


@dataclass(frozen=True, slots=True)
class Compared:
    """What heads from several places show together: proof of two logs, and what stays open."""

    evidence: tuple[Evidence, ...] = ()
    unknown: tuple[str, ...] = ()


def compare_heads(
    notes: Sequence[tuple[str, str]], policy: Policy, places: Sequence[Place] = ()
) -> Compared:
    """Find heads that cannot be of one log among `(where, note)`: a split view.

    Heads of one size must have one root. Of different sizes, the larger log's tiles must prove that
    the smaller one is its beginning; where its place cannot, that is said. NoteError for a head
    that the log did not sign, or of another log.
    """
    heads = [(where, note, open_checkpoint(note, policy.logs)) for where, note in notes]
    if len(names := {head.origin for _, _, head in heads}) > 1:
        raise NoteError(f"these are heads of different logs: {', '.join(sorted(names))}")
    evidence, unknown = [], []
    for second in range(len(heads)):
        for first in range(second):
            one, other = sorted((first, second), key=lambda place: heads[place][2].size)
            small, large = heads[one], heads[other]
            place = places[other] if other < len(places) else None
            verdict = _verdict(place, small[2], large[2])
            if verdict == "differ":
                why = f"{small[0]} and {large[0]} show two different logs: a split view"
                evidence.append(Evidence(why, small[1], large[1]))
            elif verdict == "unknown":
                unknown.append(f"{small[0]} and {large[0]} could not be compared")
    return Compared(tuple(evidence), tuple(unknown))


def _verdict(place: Place | None, small: Checkpoint, large: Checkpoint) -> str:
    """Say whether the larger log begins with the smaller one: same, differ, or unknown."""
    if small.size == large.size:
        return "same" if small.root == large.root else "differ"
    if small.size == 0:
        return "same"
    old = None if place is None else proven_root(place, small.size, large)
    if old is None:
        return "unknown"
    return "same" if old == small.root else "differ"


def proven_root(place: Place, size: int, head: Checkpoint) -> bytes | None:
    """The root that the log of a signed head had at an earlier size, proven by its tiles.

    None where the tiles are missing or do not fit the head: then they prove nothing of its past.
    """
    read = tile_reader(place, head.size)
    try:
        old = tiles.root(size, read)
        proof = tiles.consistency_proof(size, head.size, read)
    except ValueError:
        return None
    holds = merkle.verify_consistency(size, head.size, old, head.root, proof)
    return old if holds else None


def _stale(found: Believed, now: Instant, max_age_ms: int | None) -> str | None:
    if max_age_ms is None:
        return None
    if found.newest is None:
        return "how old the checkpoint is cannot be known: no witness that we know signed it"
    age = now - found.newest
    if age < -_AHEAD_MS:
        return "a witness's signature is dated in the future: its clock or ours is wrong"
    if age > max_age_ms:
        return f"the checkpoint is stale: no witness signed it for {age // 60_000} minutes"
    return None


def _history(place: Place, before: Seen, head: Checkpoint) -> tuple[str, bool]:
    """Say what is wrong with a head after what was seen, and whether that is proven.

    Proven is what the log's own signed head and tiles show. Tiles that do not fit their head prove
    nothing but that they are broken.
    """
    if head.size == before.size:
        same = head.root == before.root
        words = f"another log of {head.size} leaves: its history was rewritten"
        return ("", False) if same else (words, True)
    if head.size < before.size:
        words = f"it shows an old head of {head.size} leaves; {before.size} were seen before"
        return words, False
    old = proven_root(place, before.size, head)
    if old is None:
        words = f"its tiles do not show that it holds the {before.size} leaves seen before"
        return f"{words}: some are broken or missing", False
    if old != before.root:
        words = f"it does not hold the {before.size} leaves seen before"
        return f"{words}: its history was rewritten", True
    return "", False


def tiles_fit(place: Place, head: Checkpoint) -> bool:
    """Say whether the tiles give the root that was signed."""
    try:
        return tiles.root(head.size, tile_reader(place, head.size)) == head.root
    except ValueError:
        return False


def _read_on(
    place: Place,
    before: Seen | None,
    head: Checkpoint,
    progress: Callable[[int, int], None],
) -> tuple[tuple[bytes, ...], int, dict[str, int]]:
    """Read the leaves that are new, check each against its tile, and the root at the end."""
    start = before.size if before is not None else 0
    frontier = merkle.Frontier.of(start, before.peaks if before is not None else ())
    read, kinds = tile_reader(place, head.size), dict[str, int]()
    for bundle in range(start // tiles.WIDTH, -(-head.size // tiles.WIDTH)):
        leaves = read_entries(place, bundle, head.size)
        if len(leaves) != tiles.tile_width(head.size, 0, bundle):
            raise NoteError(f"entry bundle {bundle} holds {len(leaves)} leaves: some are missing")
        tile = read(0, bundle)
        for offset, leaf in enumerate(leaves):
            index = bundle * tiles.WIDTH + offset
            hashed = merkle.leaf_hash(leaf)
            if tile[offset * 32 : offset * 32 + 32] != hashed:
                raise NoteError(f"leaf {index} is not what its tile says")
            if index >= start:
                frontier.push(hashed)
                kind = _kind(leaf)
                kinds[kind] = kinds.get(kind, 0) + 1
        progress(min((bundle + 1) * tiles.WIDTH, head.size) - start, head.size - start)
    if frontier.root() != head.root:
        raise NoteError("the leaves do not give the root that was signed")
    if not tiles_fit(place, head):
        raise NoteError("the tiles do not give the root that was signed")
    return frontier.peaks, head.size - start, kinds


def _kind(leaf: bytes) -> str:
    """The kind of event that a leaf names; what has none is counted as such."""
    _, found, rest = leaf.partition(b'"kind":"')
    return rest.partition(b'"')[0].decode(errors="replace") if found else "unnamed"


def _bad(before: Seen | None, why: str, size: int = 0, names: tuple[str, ...] = ()) -> Watched:
    return Watched(before, size, 0, names, (why,))
