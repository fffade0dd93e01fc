"""A promise: signed at once with each event, it says that the log will hold it within a minute.

It guards against omission: who holds a promise and finds no proof has evidence against the log.
The signature is over canonical JSON, which no note or checkpoint can be mistaken for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import MINUTE_MS, Instant, iso, parse_iso
from fairhand.core.errors import Issue
from fairhand.proof.log import merkle
from fairhand.proof.log.leaf import canonical
from fairhand.proof.log.note import NoteError, Signer, Verifier, decode64, encode64
from fairhand.proof.log.receipt import check_receipt, parse_receipt
from fairhand.proof.log.rotation import KeyChain

PROMISE_MS = MINUTE_MS
_TYPE = "fairhand.promise/v1"


@dataclass(frozen=True, slots=True)
class Promise:
    """`log` will hold the leaf of this hash by `by`."""

    log: str
    leaf_hash: bytes
    at: Instant
    by: Instant
    signature: bytes

    def as_json(self) -> dict[str, str]:
        """The promise as it travels in a reply."""
        return {**self._signed(), "signature": encode64(self.signature)}

    def message(self) -> bytes:
        """The bytes that are signed."""
        return canonical(self._signed())

    def _signed(self) -> dict[str, str]:
        return {
            "type": _TYPE,
            "log": self.log,
            "leaf_hash": self.leaf_hash.hex(),
            "at": iso(self.at),
            "by": iso(self.by),
        }


def make_promise(signer: Signer, leaf_hash: bytes, now: Instant) -> Promise:
    """Promise that the leaf will be in the log a minute from now."""
    by = Instant(now + PROMISE_MS)
    unsigned = Promise(signer.name, leaf_hash, now, by, b"")
    return Promise(signer.name, leaf_hash, now, by, signer.sign(unsigned.message()))


def parse_promise(data: Mapping[str, Any]) -> Promise:
    """Read a promise from JSON; NoteError when it is malformed."""
    try:
        if data["type"] != _TYPE:
            raise NoteError(f"not a promise of a kind known here: {data['type']!r}")
        leaf_hash = bytes.fromhex(data["leaf_hash"])
        at, by = parse_iso(data["at"]), parse_iso(data["by"])
        promise = Promise(str(data["log"]), leaf_hash, at, by, decode64(data["signature"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NoteError(f"the promise cannot be read: {error}") from error
    if promise.as_json() != dict(data) or len(leaf_hash) != merkle.HASH_SIZE:
        raise NoteError("the promise holds fields or forms that it should not")
    return promise


def verify_promise(data: Mapping[str, Any], public_key: Verifier) -> list[Issue]:
    """Say what is wrong with a promise; nothing means that this log made it."""
    try:
        promise = parse_promise(data)
    except NoteError as error:
        return [Issue("promise", error.message)]
    if promise.log != public_key.name:
        return [Issue("promise.log", f"made by {promise.log}, not by {public_key.name}")]
    if not public_key.accepts(promise.signature, promise.message()):
        return [Issue("promise.signature", "the signature does not match: it was changed")]
    return []


def check_promise(data: Mapping[str, Any], chain: KeyChain) -> None:
    """Raise NoteError unless a key of the chain made the promise, before it was retired."""
    issues = [verify_promise(data, key) for key in chain.keys]
    if all(issues):
        raise NoteError(issues[-1][0].message)
    if all(verify_promise(data, key) for key in chain.at(parse_promise(data).at)):
        raise NoteError("the key that signed the promise was retired before")


def verify_kept(data: Mapping[str, Any], receipt: str, public_key: Verifier) -> list[Issue]:
    """Say whether a receipt keeps a promise: both genuine, and of the same event."""
    issues = verify_promise(data, public_key)
    if issues:
        return issues
    try:
        parsed = parse_receipt(receipt)
        check_receipt(parsed, public_key)
    except NoteError as error:
        return [Issue("receipt", error.message)]
    if merkle.leaf_hash(parsed.leaf) != parse_promise(data).leaf_hash:
        return [Issue("receipt", "the receipt is of another event than the promise")]
    return []
