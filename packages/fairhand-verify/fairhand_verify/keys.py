"""The keys of a log: what they signed, how one handed over to the next, when one was retired."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_DASH: Final = "\u2014"
_HANDOVER: Final = "fairhand.log-handover/v1"
_RETIREMENT: Final = "fairhand.log-retirement/v1"
_MOST_NOTES: Final = 1_000
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


class RefusedError(Exception):
    """Something does not hold; the message says what."""


@dataclass(frozen=True)
class Key:
    """A log's public key."""

    name: str
    raw: bytes

    @classmethod
    def parse(cls, text: str) -> Key:
        """Read `name+id+base64`; RefusedError when it contradicts itself."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        data = decode(encoded)
        if not name or len(data) != 33 or data[:1] != b"\x01":
            raise RefusedError("this is not a public key of a log")
        key = cls(name, data[1:])
        if key.id.hex() != key_id:
            raise RefusedError("the public key does not match its own id: it was changed or cut")
        return key

    @property
    def id(self) -> bytes:
        """The first four bytes of SHA-256(name, newline, 0x01, key)."""
        return hashlib.sha256(self.name.encode() + b"\n\x01" + self.raw).digest()[:4]

    def signed(self, signature: bytes, message: bytes) -> bool:
        """Say whether this key made the signature."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Chain:
    """Keys that are trusted, and of those that sign no more until when and to which size."""

    keys: tuple[Key, ...]
    retired: dict[Key, tuple[str, int]]

    def at(self, moment: str, size: int | None = None) -> tuple[Key, ...]:
        """Give the keys that may have signed what is of a moment, or of a size of the log."""
        ends = {key: self.retired.get(key) for key in self.keys}
        return tuple(
            key
            for key, end in ends.items()
            if end is None or (moment <= end[0] and (size is None or size <= end[1]))
        )


def link(keys: list[Key], notes: list[str]) -> Chain:
    """Follow notes from known keys, to later and to earlier ones."""
    if len(notes) > _MOST_NOTES:
        raise RefusedError("these are too many handovers")
    over: set[tuple[Key, Key]] = set()
    ends: list[tuple[Key, Key, str, int]] = []
    for note in notes:
        head, old, new, size, at = _read(note)
        if head == _HANDOVER:
            over.add((old, new))
        else:
            ends.append((old, new, at, size))
    known = list(dict.fromkeys(keys))
    for key in known:  # it grows on the way
        near = [b for a, b in over if a == key] + [a for a, b in over if b == key]
        known += [one for one in dict.fromkeys(near) if one not in known]
    given = [old for old, _ in over if old in known]
    if len(set(given)) < len(given):
        raise RefusedError("a key handed over to two others: one of them is a stranger's")
    retired: dict[Key, tuple[str, int]] = {}
    for old, by, at, size in ends:
        if by in known and (old, by) in over:
            retired[old] = min((at, size), retired.get(old, (at, size)))
    return Chain(tuple(known), retired)


def read_notes(text: str) -> list[str]:
    """Read a log's file of handovers."""
    try:
        notes = json.loads(text)
    except (ValueError, RecursionError):
        raise RefusedError("the list of handovers cannot be read") from None
    if not isinstance(notes, list) or not all(isinstance(one, str) for one in notes):
        raise RefusedError("the list of handovers is no list of notes")
    return notes


def signed_by(note: str, keys: tuple[Key, ...]) -> str:
    """The text of a note that one of these keys signed; RefusedError where none did."""
    text, gap, tail = note.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise RefusedError("the checkpoint is not a signed note")
    body, trusted = text + "\n", False
    for line in tail[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        blob = decode(encoded)
        if dash != _DASH or not name or len(blob) < 5:
            raise RefusedError("a line under the checkpoint is not a signature")
        for key in keys:
            if (key.name, key.id) == (name, blob[:4]):
                if not key.signed(blob[4:], body.encode()):
                    raise RefusedError(f"the signature of {name} does not match")
                trusted = True
    if not trusted:
        raise RefusedError("the checkpoint is not signed under the key given")
    return body


def _read(note: str) -> tuple[str, Key, Key, int, str]:
    """Read a note about keys: its kind, both keys, size and moment; signed by all who must."""
    lines = note.partition("\n\n")[0].split("\n")
    if len(lines) != 6 or lines[0] not in (_HANDOVER, _RETIREMENT):
        raise RefusedError("this is no handover of a log's key")
    head, name, first, second, size, at = lines
    old, new = Key.parse(first), Key.parse(second)
    if not name == old.name == new.name or old == new or not _MOMENT.fullmatch(at):
        raise RefusedError("the handover holds fields or forms that it should not")
    for key in (old, new) if head == _HANDOVER else (new,):
        signed_by(note, (key,))
    return head, old, new, number(size), at


def text_of(value: object) -> str:
    """Take a text; RefusedError for anything else."""
    if not isinstance(value, str):
        raise RefusedError("a text is none")
    return value


def decode(text: str) -> bytes:
    """Read standard base64 strictly."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise RefusedError("something in the receipt or key is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise RefusedError("base64 with stray bits")
    return data


def number(text: str) -> int:
    """Read a decimal count."""
    if len(text) > 19 or not text.isascii() or not text.isdigit() or str(int(text)) != text:
        raise RefusedError(f"{text[:40]!r} is not a count")
    return int(text)
