"""`log.json`: the release's own receipt, the log's public key, and the root it is proven under."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairhand.core.errors import MalformedError
from fairhand.proof.log.checkpoint import Checkpoint
from fairhand.proof.log.note import NoteError, Verifier, as_keys, parse_vkey
from fairhand.proof.log.receipt import Receipt, check_receipt, parse_receipt
from fairhand.proof.release.manifest import dump_json

LOG_FORMAT = "fairhand.log/v1"
EVENT_KIND = "release.made"


@dataclass(frozen=True, slots=True)
class ReleaseProof:
    """A checked proof: the event's body, the checkpoint and the key it holds under."""

    body: dict[str, Any]
    checkpoint: Checkpoint
    key: Verifier


def dump_log(receipt: Receipt, key: Verifier) -> bytes:
    """Write the proof of the release event; NoteError when the receipt does not hold."""
    checkpoint = check_receipt(receipt, key)
    return dump_json(
        {
            "format": LOG_FORMAT,
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            "vkey": key.vkey,
            "receipt": receipt.text(),
        }
    )


def check_log(data: bytes, trusted: Verifier | Sequence[Verifier] | None) -> ReleaseProof:
    """Check the proof under a `trusted` key, or else under the key that came with it.

    Raises MalformedError (NoteError is one) saying what does not hold.
    """
    try:
        content = json.loads(data)
        if content["format"] != LOG_FORMAT or dump_json(content) != data:
            raise MalformedError("it is not in its one form: it was changed")
        own, receipt = parse_vkey(content["vkey"]), parse_receipt(content["receipt"])
    except KeyError as error:
        raise MalformedError(f"it cannot be read: it has no {error}") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise MalformedError(f"it cannot be read: {error}") from error
    known = as_keys(trusted)
    if known and own not in known:
        names = ", ".join(one.vkey for one in known)
        raise NoteError(f"it holds the key {own.vkey}, not the one to be trusted: {names}")
    checkpoint = check_receipt(receipt, own)
    if dump_log(receipt, own) != data:
        raise MalformedError("its origin, size or root are not those of its checkpoint")
    if receipt.opening is None or receipt.opening.kind != EVENT_KIND:
        raise MalformedError(f"its event is not {EVENT_KIND}")
    return ReleaseProof(receipt.event() or {}, checkpoint, own)
