"""Praat's TextGrids, long and short, as tiers of intervals.

Praat reads numbers, quoted texts and flags that stand free, and passes over everything else; so
does this. A quote in a text is written twice.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fairhand.core.errors import MalformedError

MOST_INTERVALS: Final = 200_000
_TOKEN: Final = re.compile(
    r'"(?P<text>(?:[^"]|"")*)"|(?<!\S)(?P<flag><[a-z]+>)|(?<![^\s])(?P<number>-?\d+(?:\.\d*)?'
    r"(?:[eE][-+]?\d+)?)(?=\s|$)|(?P<comment>![^\n]*)"
)


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch in milliseconds with its text; silence has none."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier of intervals; `points` counts those of a tier of points, which are not read."""

    name: str
    intervals: tuple[Interval, ...]
    points: int = 0


def parse_grid(text: str) -> list[Tier]:
    """Read a TextGrid; raises MalformedError with a reason."""
    tokens = _Tokens(text)
    if (tokens.text(), tokens.text()) != ("ooTextFile", "TextGrid"):
        raise MalformedError("is no TextGrid")
    tokens.number()
    tokens.number()
    if tokens.flag() != "<exists>":
        return []
    return [_tier(tokens) for _ in range(tokens.count())]


def _tier(tokens: _Tokens) -> Tier:
    kind, name = tokens.text(), tokens.text()
    tokens.number()
    tokens.number()
    many = tokens.count()
    if kind == "TextTier":
        for _ in range(many):
            tokens.number()
            tokens.text()
        return Tier(name, (), many)
    if kind != "IntervalTier":
        raise MalformedError(f"has a tier of the class {kind[:40]!r}")
    found = [(tokens.number(), tokens.number(), tokens.text()) for _ in range(many)]
    return Tier(name, tuple(Interval(_ms(a), _ms(b), text) for a, b, text in found))


class _Tokens:
    """What stands free in a file, one after the other."""

    def __init__(self, text: str) -> None:
        self._found: Iterator[re.Match[str]] = (
            one for one in _TOKEN.finditer(text) if one.lastgroup != "comment"
        )

    def text(self) -> str:
        """Take the next token, which is a text."""
        return self._next("text").replace('""', '"')

    def flag(self) -> str:
        """Take the next token, which is a flag."""
        return self._next("flag")

    def number(self) -> float:
        """Take the next token, which is a number."""
        found = float(self._next("number"))
        if not math.isfinite(found):
            raise MalformedError("has a time that is not finite")
        return found

    def count(self) -> int:
        """Take the next token, which counts what follows."""
        found = self.number()
        if not 0 <= found <= MOST_INTERVALS or not found.is_integer():
            raise MalformedError(f"counts {found:g} entries; at most {MOST_INTERVALS:,} are read")
        return int(found)

    def _next(self, wanted: str) -> str:
        found = next(self._found, None)
        if found is None:
            raise MalformedError(f"breaks off where a {wanted} is wanted")
        if found.lastgroup != wanted:
            raise MalformedError(f"has {found.group()[:40]!r} where a {wanted} is wanted")
        return found.group(wanted)


def _ms(seconds: float) -> int:
    return round(min(max(seconds, -1.0), 1e7) * 1_000)
