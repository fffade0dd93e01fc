"""Which files of a place are meant, and what is to become of each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from fairhand.core.errors import Issue
from fairhand.model.elsewhere import Found

State = Literal["begun", "taken", "refused", "failed"]
Fate = Literal["new", "again", "known", "changed", "refused", "not_matched", "empty", "too_large"]

PREFIX_MAX: Final = 1_000
PATTERN_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Met:
    """What became of a file when it was met before; `tasks` is how far its rows were read."""

    version: str
    state: State
    reason: str
    tasks: int
    import_id: int


def check_place(prefix: str, pattern: str) -> list[Issue]:
    """List what is wrong with the folder and the pattern that somebody gives."""
    issues = []
    parts = prefix.split("/")
    if len(prefix) > PREFIX_MAX or ".." in parts or "\\" in prefix or not prefix.isprintable():
        issues.append(Issue("prefix", "A folder is written as scans/2026, without '..'."))
    if len(pattern) > PATTERN_MAX or not pattern.isprintable():
        issues.append(Issue("pattern", f"A pattern has at most {PATTERN_MAX} plain characters."))
    return issues


def matcher(pattern: str) -> Callable[[str], bool]:
    """Make a test of keys: `*.jpg, *.png` looks at the name, `day-?/**/*.csv` at the whole key.

    Upper and lower case are the same: cameras write .JPG.
    """
    wanted = [one.strip() for one in pattern.split(",") if one.strip()]
    if not wanted:
        return lambda _key: True
    by_name = [_Glob(one) for one in wanted if "/" not in one]
    by_key = [_Glob(one.removeprefix("/")) for one in wanted if "/" in one]

    def fits(key: str) -> bool:
        name = key.rpartition("/")[2]
        return any(one.fits(name) for one in by_name) or any(one.fits(key) for one in by_key)

    return fits


class _Glob:
    """A pattern of `**/`, `**`, `*` and `?`; everything else stands for itself.

    A regular expression with many stars may try for ages, and whoever imports writes the pattern.
    So every place in it that has been reached is a bit of a number, and a key is read once.
    """

    def __init__(self, pattern: str) -> None:
        self._letters: dict[str, int] = {}
        self._any = self._stays = self._stays_in_folder = self._skips = self._after_slash = 0
        at = 0
        for part in re.findall(r"\*\*/|\*\*|\*|\?|.", _folded(pattern), re.DOTALL):
            bit = 1 << at
            if part == "*":
                self._stays_in_folder |= bit
                self._skips |= bit
            elif part in ("**", "**/"):
                self._stays |= bit
                # `**/` ends where it begins, or behind any slash.
                self._after_slash |= bit if part == "**/" else 0
                self._skips |= bit
            elif part == "?":
                self._any |= bit
            else:
                self._letters[part] = self._letters.get(part, 0) | bit
            at += 1
        self._end = 1 << at

    def fits(self, key: str) -> bool:
        """Say whether a whole key is like the pattern."""
        entered = self._entered(1)
        stays = 0
        for letter in _folded(key):
            # Of `**/` one is inside (`stays`) or has just arrived: only an arrival goes further.
            inside = (entered | stays) & self._stays
            on = entered & self._letters.get(letter, 0)
            if letter == "/":
                on |= inside & self._after_slash
                kept = 0
            else:
                on |= entered & self._any
                kept = entered & self._stays_in_folder
            free = inside & ~self._after_slash
            stays = inside & self._after_slash
            entered = self._entered((on << 1) | kept | free)
            if not entered and not stays:
                return False
        return bool(entered & self._end)

    def _entered(self, places: int) -> int:
        """Add what is reached without a letter: a star may stand for nothing."""
        while True:
            more = places | ((places & self._skips) << 1)
            if more == places:
                return places
            places = more


def _folded(text: str) -> str:
    """Write a letter as one letter, whatever its case: other foldings change the length."""
    return "".join(low if len(low := one.lower()) == 1 else one for one in text)


def fate_of(
    found: Found,
    met: Met | None,
    fits: Callable[[str], bool],
    max_bytes: int,
    *,
    takes_changed: bool,
) -> Fate:
    """Say what is to become of a file, from what is known before it is fetched."""
    listed = bool(found.version)
    if listed and not fits(found.key):
        return "not_matched"
    if listed and found.size == 0:
        return "empty"
    if found.size > max_bytes:
        return "too_large"
    if met is None:
        return "new"
    if met.state in ("begun", "failed"):
        return "again"
    changed = listed and met.version != found.version
    if changed or (not listed and takes_changed):
        return "changed"
    return "known" if met.state == "taken" else "refused"
