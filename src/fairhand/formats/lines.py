"""Lines of a file in bounded memory, whatever the file holds."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from fairhand.core.errors import MalformedError

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SKIP_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its number; `content` is None when it is longer than the limit."""

    number: int
    content: bytes | None


def unzipped(file: BinaryIO) -> BinaryIO:
    """Read through gzip when the file is packed so."""
    packed = file.read(2) == _GZIP
    file.seek(0)
    return cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file


def lines(file: BinaryIO, limit: int, name: str) -> Iterator[Line]:
    """Yield lines without their end, never holding more than `limit` bytes of one.

    Raises MalformedError when the file is UTF-16, or is a gzip file that breaks off.
    """
    source = unzipped(file)
    number = 0
    try:
        while raw := source.readline(limit + 2):
            number += 1
            if number == 1:
                raw = _without_bom(raw, name)
            content = raw.rstrip(b"\r\n")
            if len(content) > limit:
                _skip_rest(source, raw)
                yield Line(number, None)
            else:
                yield Line(number, content)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise MalformedError(f"{name} is a damaged gzip file after line {number}") from error


def _without_bom(raw: bytes, name: str) -> bytes:
    if raw.startswith(_UTF16):
        raise MalformedError(f"{name} is in UTF-16; save it as UTF-8")
    return raw.removeprefix(_BOM)


def _skip_rest(source: BinaryIO, raw: bytes) -> None:
    while raw and not raw.endswith(b"\n"):
        raw = source.readline(_SKIP_BYTES)


@dataclass(slots=True)
class BlankRun:
    """Counts blank lines, so that a run of them is one message and the file's end is none."""

    first: int = 0
    last: int = 0

    def add(self, number: int) -> None:
        """Count one blank line."""
        self.first = self.first or number
        self.last = number

    def end(self, name: str) -> tuple[str, str] | None:
        """Give place and message of the run that just ended, None if there was none."""
        if not self.first:
            return None
        first, last = self.first, self.last
        self.first = 0
        if first == last:
            return f"{name} line {first}", "is empty"
        return f"{name} lines {first} to {last}", "are empty"
