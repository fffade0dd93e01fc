"""The items of the arrays of one large JSON object, found where they lie and read one by one.

The file is mapped, not read: only the bytes of the item that is wanted are held.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any, Final, TypeAlias

from fairhand.core.errors import MalformedError
from fairhand.formats.json_text import parse_json

Text: TypeAlias = "mmap.mmap | bytes"

_SIGN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["\[\]{}]', re.DOTALL)
_TEXT: Final = rb'"(?:[^"\\]++|\\.)*+"'
_LIST: Final = rb'\[(?:[^\[\]{}"]++|' + _TEXT + rb'|\[[^\[\]{}"]*+\])*+\]'
_INNER: Final = rb'\{(?:[^\[\]{}"]++|' + _TEXT + rb"|" + _LIST + rb")*+\}"
_ITEM: Final = re.compile(
    rb'\{(?:[^\[\]{}"]++|' + _TEXT + rb"|" + _LIST + rb"|" + _INNER + rb")*+\}", re.DOTALL
)
"""A whole object that nests no deeper than annotations do: found at once, not sign by sign."""

_SPACE: Final = b" \t\r\n"
_MAX_DEPTH: Final = 200
_PAIRS: Final = {b"]": b"[", b"}": b"{"}
_GAP: Final = 64 * 1024
WANTED: Final = frozenset({"images", "annotations", "categories", "features"})
"""Arrays that must hold objects alone."""


@dataclass(frozen=True, slots=True)
class Part:
    """One object of an array: the array's key, and the bytes from `start` to `end`."""

    key: str
    start: int
    end: int


def mapped(file: IO[bytes]) -> Text:
    """Map a file that lies on the disk; an empty one cannot be mapped, and holds nothing."""
    size = file.seek(0, 2)
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""


@dataclass(slots=True)
class _Walk:
    """Follows the brackets; knows the key of the array, and where its last object ended."""

    text: Text
    opened: list[bytes] = field(default_factory=list)
    key: str = ""
    last: str = ""
    begun: int = 0
    ended: int = 0

    def meet(self, sign: bytes, start: int, end: int) -> Part | None:
        """Take one sign; give the part that ends with it."""
        if len(sign) > 1:
            if len(self.opened) == 1:
                self.last = sign[1:-1].decode("utf-8", "replace")
            return None
        if sign == b'"':
            raise MalformedError("breaks off inside a text")
        if sign in b"[{":
            self._open(sign, start, end)
            return None
        return self._close(sign, start, end)

    @property
    def is_between(self) -> bool:
        """Say whether the next object is one of an array that is wanted."""
        return len(self.opened) == 2 and self.opened[1] == b"[" and bool(self.key)

    def skip(self, start: int, end: int) -> Part:
        """Take a whole object that was found at once."""
        _check_gap(self.text, self.key, self.ended, start)
        self.ended = end
        return Part(self.key, start, end)

    def _open(self, sign: bytes, start: int, end: int) -> None:
        if not self.opened:
            _check_begin(self.text, start, sign)
        if len(self.opened) == 1:
            self.key, self.ended = (self.last if sign == b"[" else ""), end
        self.opened.append(sign)
        if len(self.opened) > _MAX_DEPTH:
            raise MalformedError("is nested too deeply")
        if len(self.opened) == 3 and sign == b"{":
            self.begun = start
            _check_gap(self.text, self.key, self.ended, start)

    def _close(self, sign: bytes, start: int, end: int) -> Part | None:
        if not self.opened or self.opened.pop() != _PAIRS[sign]:
            raise MalformedError("has a bracket that closes nothing")
        if len(self.opened) == 2 and sign == b"}" and self.key and self.opened[1] == b"[":
            self.ended = end
            return Part(self.key, self.begun, end)
        if len(self.opened) == 1 and sign == b"]":
            _check_gap(self.text, self.key, self.ended, start)
        return None


def parts(text: Text) -> Iterator[Part]:
    """Yield the objects in the arrays of the one object that the text is.

    Raises MalformedError where the text stops being such a thing; the parts before have been given
    by then. Values that are not arrays of objects are passed over.
    """
    walk, at = _Walk(text), 0
    while (found := _SIGN.search(text, at)) is not None:
        if walk.is_between and found.group() == b"{" and (item := _ITEM.match(text, found.start())):
            at = item.end()
            yield walk.skip(item.start(), at)
            continue
        at = found.end()
        part = walk.meet(found.group(), found.start(), at)
        if part is not None:
            yield part
        if not walk.opened:
            if bytes(text[at : at + _GAP]).strip(_SPACE):
                raise MalformedError("has more text after its end")
            return
    raise MalformedError("breaks off before its end")


def object_at(text: Text, part: Part, limit: int) -> dict[str, Any]:
    """Read one part; raises MalformedError when it is too long or no strict JSON."""
    if part.end - part.start > limit:
        raise MalformedError(f"is longer than {limit} bytes")
    found: dict[str, Any] = parse_json(bytes(text[part.start : part.end]))
    return found


def _check_begin(text: Text, start: int, sign: bytes) -> None:
    if sign != b"{" or start > _GAP or bytes(text[:start]).strip(_SPACE + b"\xef\xbb\xbf"):
        raise MalformedError("must be one JSON object")


def _check_gap(text: Text, key: str, start: int, end: int) -> None:
    """Refuse an array of objects that holds other things between them."""
    if key in WANTED and (end - start > _GAP or bytes(text[start:end]).strip(_SPACE + b",")):
        raise MalformedError(f"has in {key!r} what is no object")
