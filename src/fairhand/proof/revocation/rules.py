"""Revocation lists: canonical, signed, and saying nothing but names of items; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from fairhand.core.clock import Instant, iso
from fairhand.core.errors import MalformedError
from fairhand.core.ids import sha256_hex
from fairhand.proof.log.note import Signer, Verifier, as_keys, open_note, sign_note

FORMAT: Final = "fairhand.revocations/v1"
_HEAD: Final = "fairhand.revocations/v1"


@dataclass(frozen=True, slots=True)
class SignedList:
    """A release's list at one moment: `file` is what `note` commits to."""

    file: bytes
    sha256: str
    note: str


def write_list(
    release_id: int, version: int, number: int, items: Sequence[tuple[str, str]], at: Instant
) -> bytes:
    """Write a list: item names in order with a class of reason each, and nothing of a person."""
    content = {
        "format": FORMAT,
        "release": release_id,
        "version": version,
        "number": number,
        "signed_at": iso(at),
        "items": [{"item": name, "reason": reason} for name, reason in sorted(items)],
    }
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS) + b"\n"


def sign_list(signer: Signer, file: bytes, release_id: int, number: int, items: int) -> SignedList:
    """Sign a list with the log's key, as a C2SP signed note over its hash and its counts."""
    sha256 = sha256_hex(file)
    body = f"{_HEAD}\nrelease {release_id}\nnumber {number}\nitems {items}\nsha256 {sha256}\n"
    return SignedList(file, sha256, sign_note(body, signer))


def read_list(file: bytes, note: str, key: Verifier | Sequence[Verifier]) -> dict[str, Any]:
    """Read a list that its note vouches for; raises MalformedError for any other."""
    try:
        lines = open_note(note, as_keys(key)).splitlines()
        content: dict[str, Any] = orjson.loads(file)
        said = dict(line.split(" ", 1) for line in lines[1:])
        fits = (
            lines[0] == _HEAD
            and said["sha256"] == sha256_hex(file)
            and int(said["release"]) == content["release"]
            and int(said["number"]) == content["number"]
            and int(said["items"]) == len(content["items"])
            and content["format"] == FORMAT
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise MalformedError(f"this is no signed revocation list: {error}") from error
    if not fits:
        raise MalformedError("the signature is of another revocation list")
    return content
