"""How those in a release stand to it, signed: what a machine without a network is let in by.

One small file holds a note under the log's key (whether everybody still agreed, and when that was
asked) and the signed revocation list that belongs to it. It names nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from fairhand.core.clock import Instant, iso, parse_iso
from fairhand.core.errors import MalformedError
from fairhand.core.ids import sha256_hex
from fairhand.proof.log.note import Signer, Verifier, as_keys, open_note, sign_note
from fairhand.proof.release.fitness import Standing
from fairhand.proof.revocation.rules import FORMAT as LIST_FORMAT
from fairhand.proof.revocation.rules import read_list

FORMAT: Final = "fairhand.standing/v1"
LARGEST: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SignedStanding:
    """A standing that its note vouches for: of which release, and the items taken back."""

    release_id: int
    manifest_sha256: str
    standing: Standing
    revoked: frozenset[str]


def sign_standing(
    signer: Signer,
    release_id: int,
    manifest_sha256: str,
    standing: Standing,
    listed: tuple[bytes, str],
) -> bytes:
    """Write the file: the signed note, and the newest list with its own note."""
    file, note = listed
    body = (
        f"{FORMAT}\nrelease {release_id}\nmanifest {manifest_sha256}\n"
        f"list {sha256_hex(file)}\npeople_left {standing.people_left}\n"
        f"items_revoked {standing.items_revoked}\n"
        f"settled {'yes' if standing.is_settled else 'no'}\nat {iso(standing.checked_at)}\n"
    )
    content = {
        "format": FORMAT,
        "note": sign_note(body, signer),
        "list": file.decode(),
        "list_note": note,
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def read_standing(data: bytes, key: Verifier | Sequence[Verifier]) -> SignedStanding:
    """Read a file signed under `key`, or one of several; raises MalformedError for any other."""
    try:
        content: dict[str, Any] = orjson.loads(data)
        if content.get("format") == LIST_FORMAT:
            raise MalformedError(
                "this is a revocation list alone, which does not say when it was asked for; "
                "`fairhand release standing ID -o FILE` writes a file that does"
            )
        file, lines = (
            content["list"].encode(),
            open_note(content["note"], as_keys(key)).splitlines(),
        )
        said = dict(line.split(" ", 1) for line in lines[1:])
        if lines[0] != FORMAT or said["list"] != sha256_hex(file):
            raise MalformedError("its parts do not belong together")
        items = read_list(file, content["list_note"], key)["items"]
        standing = Standing(
            people_left=int(said["people_left"]),
            items_revoked=int(said["items_revoked"]),
            is_settled=said["settled"] == "yes",
            checked_at=Instant(parse_iso(said["at"])),
        )
        names = frozenset(one["item"] for one in items)
        return SignedStanding(int(said["release"]), said["manifest"], standing, names)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise MalformedError(f"it is no signed standing of a release: {error}") from error
