"""A log's next key: a note that the old key and the new one both sign hands over to it.

The log keeps its name and its tree. Whoever knows the old key learns the new one from the note,
and needs nobody's word for it: only the old key can have signed it.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def read_handover(note: str, keys: Sequence[Verifier]) -> Handover:
    """Read a handover from one of these keys; NoteError unless both of its keys signed it."""
    text, _ = split_note(note)
    head, name, old, new, size, at, *rest = [*text.split("\n"), *[""] * 6]
    if head != _HEAD:
        raise NoteError("this is no handover of a log's key")
    try:
        found = Handover(parse_vkey(old), parse_vkey(new), parse_count(size), parse_iso(at))
    except ValueError as error:
        raise NoteError(f"the handover cannot be read: {error}") from error
    if any(rest) or found.text() != text or not name == found.old.name == found.new.name:
        raise NoteError("the handover holds fields or forms that it should not")
    if found.old not in keys:
        raise NoteError("the handover is from a key that is not known")
    for key in (found.old, found.new):
        open_note(note, [key])
    return found


def follow(keys: Sequence[Verifier], notes: Sequence[str]) -> list[Verifier]:
    """Add the keys that known ones handed over to, in order; NoteError for a false handover."""
    known = list(keys)
    for note in notes:
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
