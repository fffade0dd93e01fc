"""Files that lie elsewhere: in a bucket, in a folder of the server, behind a web address."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, Final, Literal, Protocol, cast

from fairhand.core.errors import FairhandError, Issue
from fairhand.core.ids import sha256_hex

Hop = Literal[
    "settings",
    "dns",
    "connection",
    "tls",
    "credentials",
    "bucket",
    "permission",
    "prefix",
    "object",
    "answer",
]

_IN_MEMORY: Final = 2 * 1024 * 1024
TOO_LARGE: Final = "too_large"


class ElsewhereError(FairhandError):
    """A place elsewhere does not give what is asked of it; `hop` says where it fails.

    `again` says whether trying once more may help.
    """

    code = "source_failed"
    status = 502

    def __init__(
        self, message: str, hop: Hop, *, again: bool = False, code: str | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.hop: Hop = hop
        self.again = again


def too_large(max_bytes: int) -> ElsewhereError:
    """Make the refusal of a file that is larger than it may be."""
    return ElsewhereError(f"is larger than {max_bytes} bytes", "object", code=TOO_LARGE)


@dataclass(frozen=True, slots=True)
class Found:
    """A file as its place lists it; `version` is its etag, or else its time and size.

    An address out of a table comes with the rest of its `row`, and the name of its `column`. Of an
    address neither size nor version is known before it is fetched.
    """

    key: str
    size: int = 0
    version: str = ""
    row: Mapping[str, Any] | None = None
    column: str = ""

    @property
    def key_hash(self) -> str:
        """What it is known by: the same address with other data beside it is another."""
        beside = "" if self.row is None else f"\n{sorted(self.row.items())!r}"
        return sha256_hex((self.key + beside).encode("utf-8", "surrogatepass"))

    @property
    def shown(self) -> str:
        """What it is called in messages: what follows ? or # in an address may be a key to it,
        and so may what stands before its host."""
        if self.version:  # listed: a key, and no address
            return self.key
        path = re.split(r"[?#]", self.key, maxsplit=1)[0]
        scheme, slashes, rest = path.partition("://")
        host, slash, below = rest.partition("/")
        shown = f"{scheme}{slashes}{host.rpartition('@')[2]}{slash}{below}"
        return f"{shown}?…" if len(path) < len(self.key) else shown


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file's content, to be closed by whoever asked for it, and the version that came."""

    file: IO[bytes]
    version: str
    size: int


def new_spool() -> IO[bytes]:
    """Open a file that is in memory while it is small, and gone once it is closed."""
    made = tempfile.SpooledTemporaryFile(_IN_MEMORY, prefix="fairhand-spool-")  # noqa: SIM115
    return cast("IO[bytes]", made)


class Place(Protocol):
    """Where files lie."""

    def walk(self, prefix: str) -> Iterator[Found | Issue]:
        """List what lies below a folder, page by page, and say what cannot be listed.

        Raises ElsewhereError when nothing can be.
        """

    def fetch(self, key: str, max_bytes: int) -> Fetched:
        """Read a file into a spool; raises ElsewhereError, also when it is larger."""
