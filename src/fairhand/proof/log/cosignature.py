"""Cosignatures (C2SP tlog-cosignature 1.0, Ed25519): a witness says that it saw this checkpoint.

The statement is that, at the time that is signed along, this was the largest tree of the log that
the witness had seen, and that every earlier one it saw is its beginning.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from fairhand.core.clock import SECOND_MS, Instant
from fairhand.proof.log.note import DASH, NoteError, decode64, encode64, is_key_name, split_note

_TYPE = b"\x04"
_SIGNATURE = 64
_SECRET = "PRIVATE+KEY+"  # noqa: S105  # the head of a key file, no key


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """A witness's public key and the name it signs under."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise NoteError(f"{self.name!r} is no key name: no spaces, no plus signs")
        if len(self.public_key) != 32:
            raise NoteError("an Ed25519 public key has 32 bytes")

    @property
    def key_id(self) -> bytes:
        """SHA-256(name, newline, 0x04, public key), its first four bytes."""
        return sha256(self.name.encode() + b"\n" + _TYPE + self.public_key).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key as others keep it: `name+hexid+base64`, with the type of cosignatures."""
        return f"{self.name}+{self.key_id.hex()}+{encode64(_TYPE + self.public_key)}"


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness's signature under a checkpoint, and when it was made."""

    key: WitnessKey
    at: Instant


class WitnessSigner:
    """A witness's private key."""

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self.key = WitnessKey(name, private_key.public_key().public_bytes_raw())

    def cosign(self, text: str, now: Instant) -> str:
        """Sign the text of a checkpoint; gives the line that goes under its note."""
        seconds = now // SECOND_MS
        signature = self._private_key.sign(_message(text, seconds))
        blob = self.key.key_id + struct.pack(">Q", seconds) + signature
        return f"{DASH} {self.key.name} {encode64(blob)}\n"

    def skey(self) -> str:
        """The private key as text: keep it from everybody."""
        seed = encode64(_TYPE + self._private_key.private_bytes_raw())
        return f"{_SECRET}{self.key.name}+{self.key.key_id.hex()}+{seed}"


def parse_witness_key(text: str) -> WitnessKey:
    """Read a public key `name+hexid+base64` of a witness; NoteError when it contradicts itself."""
    name, key_id, data = _parts(text.strip())
    key = WitnessKey(name, data)
    if key.key_id.hex() != key_id:
        raise NoteError("the witness's key does not match its own id: it was changed or cut")
    return key


def parse_witness_signer(text: str) -> WitnessSigner:
    """Read a private key as `WitnessSigner.skey` writes it."""
    if not text.startswith(_SECRET):
        raise NoteError(f"a private key starts with {_SECRET}")
    name, key_id, seed = _parts(text.removeprefix(_SECRET).strip())
    signer = WitnessSigner(name, Ed25519PrivateKey.from_private_bytes(seed))
    if signer.key.key_id.hex() != key_id:
        raise NoteError("the private key does not match its own id: it was changed or cut")
    return signer


def read_cosignatures(note: str, keys: Sequence[WitnessKey]) -> list[Cosignature]:
    """List which of these witnesses signed a note, one line a key; others' lines are ignored.

    Raises NoteError when a line under a known key is wrong: it was changed.
    """
    text, lines = split_note(note)
    known = {(key.name, key.key_id): key for key in keys}
    found: dict[bytes, Cosignature] = {}
    for name, key_id, blob in lines:
        key = known.get((name, key_id))
        if key is None:
            continue
        if len(blob) != 8 + _SIGNATURE:
            raise NoteError(f"the cosignature of {name} has another length than it must")
        (seconds,) = struct.unpack(">Q", blob[:8])
        if seconds >= 2**63 or not _accepts(key, blob[8:], _message(text, seconds)):
            raise NoteError(f"the cosignature of {name} does not match the checkpoint")
        found[key.public_key] = Cosignature(key, Instant(seconds * SECOND_MS))
    return list(found.values())


def add_lines(note: str, lines: Sequence[str]) -> str:
    """Put signature lines under a note."""
    return note + "".join(lines)


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _accepts(key: WitnessKey, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _parts(text: str) -> tuple[str, str, bytes]:
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    data = decode64(encoded)
    if data[:1] != _TYPE or len(data) != 33:
        raise NoteError("this is not the Ed25519 key of a witness")
    return name, key_id, data[1:]
