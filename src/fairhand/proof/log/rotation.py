"""A log's next key: a note that the old key and the new one both sign hands over to it.

The log keeps its name and its tree. Whoever knows the old key learns the new one from the note,
and needs nobody's word for it: only the old key can have signed it. And as the new key signed it
too, whoever knows that one learns which came before. When the old key signs no more, the new one
says so in a second note: what is dated later, the old key cannot have signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from fairhand.core.clock import Instant, iso, parse_iso
from fairhand.proof.log.checkpoint import parse_count
from fairhand.proof.log.note import (
    NoteError,
    Signer,
    Verifier,
    open_note,
    parse_vkey,
    sign_note,
    split_note,
)

_HEAD: Final = "fairhand.log-handover/v1"
_RETIRED: Final = "fairhand.log-retirement/v1"
_MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Handover:
    """From which key to which, from which size of the log on, and when."""

    old: Verifier
    new: Verifier
    from_size: int
    at: Instant

    def text(self) -> str:
        """The text that both keys sign."""
        lines = (_HEAD, self.old.name, self.old.vkey, self.new.vkey, self.from_size, iso(self.at))
        return "".join(f"{line}\n" for line in lines)


def make_handover(old: Signer, new: Signer, from_size: int, now: Instant) -> str:
    """Sign a handover with both keys; ValueError when they have two names."""
    if old.name != new.name:
        raise ValueError("a log keeps its name: the new key must have it too")
    text = Handover(old.verifier, new.verifier, from_size, now).text()
    return sign_note(text, Signer(old.name, old.private_key, also=new))


@dataclass(frozen=True, slots=True)
class Retirement:
    """Which key signs no more, who says so, from which size of the log on, and since when."""

    old: Verifier
    by: Verifier
    size: int
    at: Instant

    def text(self) -> str:
        """The text that the key after it signs."""
        lines = (_RETIRED, self.old.name, self.old.vkey, self.by.vkey, self.size, iso(self.at))
        return "".join(f"{line}\n" for line in lines)


def make_retirement(old: Verifier, by: Signer, size: int, now: Instant) -> str:
    """Say with the next key that the one before it signs no more."""
    text = Retirement(old, by.verifier, size, now).text()
    return sign_note(text, Signer(by.name, by.private_key))


def read_handover(note: str, keys: Sequence[Verifier]) -> Handover:
    """Read a handover from one of these keys; NoteError unless both of its keys signed it."""
    found = _read(note)
    if not isinstance(found, Handover):
        raise NoteError("this is no handover of a log's key")
    if found.old not in keys:
        raise NoteError("the handover is from a key that is not known")
    return found


def _read(note: str) -> Handover | Retirement:
    """Read a note about keys; NoteError unless all signed it who must."""
    text, _ = split_note(note)
    head, name, first, second, size, at, *rest = [*text.split("\n"), *[""] * 6]
    if head not in (_HEAD, _RETIRED):
        raise NoteError("this is no handover of a log's key")
    make = Handover if head == _HEAD else Retirement
    try:
        found = make(parse_vkey(first), parse_vkey(second), parse_count(size), parse_iso(at))
    except ValueError as error:
        raise NoteError(f"the handover cannot be read: {error}") from error
    other = found.new if isinstance(found, Handover) else found.by
    if any(rest) or found.text() != text or not name == found.old.name == other.name:
        raise NoteError("the handover holds fields or forms that it should not")
    if found.old == other:
        raise NoteError("a key does not hand over to itself")
    for key in (found.old, other) if isinstance(found, Handover) else (other,):
        open_note(note, [key])
    return found


@dataclass(frozen=True, slots=True)
class KeyChain:
    """The keys of a log that one trusts, and when those that sign no more were retired."""

    keys: tuple[Verifier, ...]
    retired: Mapping[Verifier, Retirement]

    def at(self, moment: Instant, size: int | None = None) -> tuple[Verifier, ...]:
        """Give the keys that may have signed what is of a moment, or of a size of the log."""
        return tuple(key for key in self.keys if self._may(key, moment, size))

    def _may(self, key: Verifier, moment: Instant, size: int | None) -> bool:
        end = self.retired.get(key)
        return end is None or (moment <= end.at and (size is None or size <= end.size))


def link(keys: Sequence[Verifier], notes: Sequence[str]) -> KeyChain:
    """Follow notes from known keys, to later and to earlier ones; notes of other logs are passed.

    Raises NoteError for a note that was not signed by all who must, and where one key handed over
    to two, of which one is a stranger's.
    """
    if len(notes) > _MOST:
        raise NoteError("these are too many handovers")
    read = [_read(note) for note in notes]
    over = {(one.old, one.new) for one in read if isinstance(one, Handover)}
    known = list(dict.fromkeys(keys))
    for key in known:  # it grows on the way
        near = [new for old, new in over if old == key] + [old for old, new in over if new == key]
        known += [one for one in sorted(near, key=lambda one: one.vkey) if one not in known]
    if len({old for old, _ in over if old in known}) < sum(old in known for old, _ in over):
        raise NoteError("a key handed over to two others: one of them is a stranger's")
    retired: dict[Verifier, Retirement] = {}
    for one in read:
        if isinstance(one, Retirement) and one.by in known and (one.old, one.by) in over:
            first = min(one, retired.get(one.old, one), key=lambda each: each.at)
            retired[one.old] = first
    return KeyChain(tuple(known), retired)


def follow(keys: Sequence[Verifier], notes: Sequence[str]) -> list[Verifier]:
    """Add the keys that known ones handed over to, in order; NoteError for a false handover."""
    known = list(keys)
    for note in notes:
        if note.startswith(_RETIRED):
            continue  # what an old key signed before stays true
        try:
            new = read_handover(note, known).new
        except NoteError as error:
            if "not known" in error.message:
                continue  # from before the first key that is known here
            raise
        if new not in known:
            known.append(new)
    return known


def dump_handovers(notes: Sequence[str]) -> bytes:
    """Write handovers as the file that is published, oldest first."""
    return orjson.dumps(list(notes), option=orjson.OPT_INDENT_2) + b"\n"


def parse_handovers(data: bytes) -> list[str]:
    """Read the file; NoteError when it is not one."""
    try:
        notes = orjson.loads(data)
    except ValueError as error:
        raise NoteError(f"the list of handovers cannot be read: {error}") from error
    good = isinstance(notes, list) and all(isinstance(note, str) for note in notes)
    if not good or len(notes) > _MOST:
        raise NoteError("the list of handovers is no list of notes")
    return list(notes)
