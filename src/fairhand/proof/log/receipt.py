"""A receipt: one text file that proves one event to anybody, offline (C2SP tlog-proof).

Its `extra` line holds what only the holder knows, the event's body and salt, from which the leaf
is made again. Nothing in the file is believed: everything is recomputed from the signed root.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.proof.log import merkle
from fairhand.proof.log.checkpoint import Checkpoint, open_checkpoint, parse_count
from fairhand.proof.log.leaf import SALT_SIZE, canonical, commitment, make_leaf
from fairhand.proof.log.note import NoteError, Verifier, decode64, encode64
from fairhand.proof.log.rotation import KeyChain

_HEAD = "c2sp.org/tlog-proof@v1"
_MAX_HASHES = 63
_MAX_RECEIPT = 1_500_000


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a leaf: its kind and time, and the body and salt it commits to."""

    kind: str
    at: Instant
    salt: bytes
    body: str

    def leaf(self) -> bytes:
        """Make the leaf again."""
        return make_leaf(self.kind, self.at, commitment(self.salt, self.body.encode()))


@dataclass(frozen=True, slots=True)
class Receipt:
    """A leaf's place in the log; `opening` is None once the event's body was erased."""

    index: int
    hashes: tuple[bytes, ...]
    note: str
    leaf: bytes
    opening: Opening | None

    def text(self) -> str:
        """Write the receipt as its holder keeps it, in a file `.tlog-proof`."""
        lines = [_HEAD, f"extra {encode64(self._extra())}", f"index {self.index}"]
        lines += [encode64(item) for item in self.hashes]
        return "\n".join(lines) + "\n\n" + self.note

    def event(self) -> dict[str, Any] | None:
        """The body of the event, if it is there."""
        return None if self.opening is None else dict(json.loads(self.opening.body))

    def _extra(self) -> bytes:
        if self.opening is None:
            return canonical({"leaf": self.leaf.decode(), "v": 1})
        return canonical(
            {
                "at": self.opening.at,
                "body": self.opening.body,
                "kind": self.opening.kind,
                "salt": self.opening.salt.hex(),
                "v": 1,
            }
        )


def parse_receipt(text: str) -> Receipt:
    """Read a receipt; raises NoteError saying which part is malformed."""
    if len(text) > _MAX_RECEIPT:
        raise NoteError("too large to be a receipt")
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    if not gap or len(lines) < 3 or lines[0] != _HEAD:
        raise NoteError(f"not a receipt: it starts with {_HEAD} and ends with a checkpoint")
    leaf, opening = _parse_extra(_after(lines[1], "extra "))
    hashes = tuple(decode64(line) for line in lines[3:])
    if len(hashes) > _MAX_HASHES or any(len(item) != merkle.HASH_SIZE for item in hashes):
        raise NoteError("the proof's hashes have 32 bytes each, and there are at most 63")
    return Receipt(parse_count(_after(lines[2], "index ")), hashes, note, leaf, opening)


def verify_receipt(text: str, public_key: Verifier | Sequence[Verifier]) -> list[Issue]:
    """Check a receipt offline; no error among the issues means that the event is in the log.

    A warning says that the body was erased, so that only the leaf is proven.
    """
    try:
        receipt = parse_receipt(text)
        check_receipt(receipt, public_key)
    except NoteError as error:
        return [Issue("receipt", error.message)]
    if receipt.opening is None:
        return [Issue("receipt", "the event's body was erased: only its leaf is proven", "warning")]
    return []


def check_receipt(receipt: Receipt, public_key: Verifier | Sequence[Verifier]) -> Checkpoint:
    """Return the checkpoint that a receipt is proven by; raises NoteError when it is not."""
    keys = [public_key] if isinstance(public_key, Verifier) else public_key
    return _check(receipt, open_checkpoint(receipt.note, keys), keys)


def check_dated(receipt: Receipt, chain: KeyChain) -> Checkpoint:
    """Do the same with the keys that may have signed it when its event was: no retired one."""
    signed = open_checkpoint(receipt.note, chain.keys)
    still = chain.at(moment_of(receipt), signed.size)
    try:
        open_checkpoint(receipt.note, still)
    except NoteError as error:
        words = "the key that signed it was retired before"
        raise NoteError(words) from error
    return _check(receipt, signed, still)


def moment_of(receipt: Receipt) -> Instant:
    """When the event was, as its leaf says; NoteError where it says none."""
    try:
        at = json.loads(receipt.leaf)["at"]
    except (ValueError, KeyError, TypeError) as error:
        raise NoteError("the leaf says no time") from error
    if type(at) is not int:
        raise NoteError("the leaf says no time")
    return Instant(at)


def _check(receipt: Receipt, signed: Checkpoint, keys: Sequence[Verifier]) -> Checkpoint:
    if signed.origin not in {key.name for key in keys}:
        raise NoteError(f"the checkpoint is of another log: {signed.origin}")
    leaf_hash = merkle.leaf_hash(receipt.leaf)
    if not merkle.verify_inclusion(
        leaf_hash, receipt.index, signed.size, receipt.hashes, signed.root
    ):
        raise NoteError("the event is not in the log under this root: it or the proof was changed")
    return signed


def _parse_extra(encoded: str) -> tuple[bytes, Opening | None]:
    data = decode64(encoded)
    try:
        extra = json.loads(data)
        if extra["v"] != 1 or canonical(extra) != data:
            raise NoteError("the receipt's own part is of an unknown version or not canonical")
        if "leaf" in extra:
            return str(extra["leaf"]).encode(), None
        opening = Opening(
            str(extra["kind"]), Instant(extra["at"]), bytes.fromhex(extra["salt"]), extra["body"]
        )
        if len(opening.salt) != SALT_SIZE or not isinstance(json.loads(opening.body), dict):
            raise NoteError("the receipt's salt or body is malformed")
        return opening.leaf(), opening
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NoteError(f"the receipt's own part cannot be read: {error}") from error


def _after(line: str, word: str) -> str:
    if not line.startswith(word):
        raise NoteError(f"a line that starts with {word.strip()!r} is missing")
    return line.removeprefix(word)
