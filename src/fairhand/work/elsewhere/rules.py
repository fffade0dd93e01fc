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
    by_name = [_regex(one) for one in wanted if "/" not in one]
    by_key = [_regex(one.removeprefix("/")) for one in wanted if "/" in one]

    def fits(key: str) -> bool:
        name = key.rpartition("/")[2]
        return any(one.fullmatch(name) for one in by_name) or any(
            one.fullmatch(key) for one in by_key
        )

    return fits


def _regex(pattern: str) -> re.Pattern[str]:
    """Translate `**/`, `**`, `*` and `?`; everything else stands for itself."""
    made = ""
    for part in re.split(r"(\*\*/|\*\*|\*|\?)", pattern):
        made += {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(
            part, re.escape(part)
        )
    return re.compile(made, re.IGNORECASE | re.DOTALL)


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
