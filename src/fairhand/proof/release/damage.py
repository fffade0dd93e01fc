"""What was done to rows and files that are not as they were, in words for whoever finds it.

Where one row is taken out, every later one stands in another place; that all of them "were changed"
would be true and would help nobody. So once something is wrong, rows are looked for by what they
hold, and files by their SHA-256, wherever they lie now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

MOST_NAMED: Final = 20
"""Rows named per file; more damage than that is summed up."""

_MOST_LINES: Final = 3

MOST_SOUGHT: Final = 2_000_000
"""Rows of a file that are looked for elsewhere in it: their hashes are held in memory."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A place in a file and what is wrong there."""

    place: str
    what: str


def row_faults(
    found: Sequence[bytes | str], wanted: Sequence[bytes], unit: str, first: int
) -> list[Fault]:
    """Say which rows were changed, moved, taken out or put in.

    `found` holds a row's hash, or in words why it cannot be read; rows are counted from `first`.
    """
    if len(found) == len(wanted):
        return list(islice(_in_place(found, wanted, unit, first), MOST_NAMED + 1))
    counted = Fault(f"{len(found)} {unit}s", f"instead of {len(wanted)}")
    return [counted, *islice(_in_all(found, wanted, unit, first), MOST_NAMED)]


def _in_place(
    found: Iterable[bytes | str], wanted: Sequence[bytes], unit: str, first: int
) -> Iterator[Fault]:
    belongs = {one: place for place, one in enumerate(wanted, first)}
    for place, (here, due) in enumerate(zip(found, wanted, strict=True), first):
        if isinstance(here, str):
            yield Fault(f"{unit} {place}", here)
        elif here != due:
            other = belongs.get(here)
            what = "was changed" if other is None else f"holds what belongs in {unit} {other}"
            yield Fault(f"{unit} {place}", what)


def _in_all(
    found: Sequence[bytes | str], wanted: Sequence[bytes], unit: str, first: int
) -> Iterator[Fault]:
    left = Counter(found)
    for place, due in enumerate(wanted, first):
        if left[due] == 0:
            yield Fault(f"{unit} {place}", "is missing")
        else:
            left[due] -= 1
    due_in_all = set(wanted)
    seen: set[bytes | str] = set()
    for place, here in enumerate(found, first):
        if isinstance(here, str):
            yield Fault(f"{unit} {place}", here)
        elif here not in due_in_all:
            yield Fault(f"{unit} {place}", "was changed or put in")
        elif here in seen:
            yield Fault(f"{unit} {place}", "stands there a second time")
        seen.add(here)


def whose_content(sha256: str, known: Mapping[str, str], path: str) -> str:
    """Say that a file's content is another file's of the release; nothing where it is nobody's."""
    other = known.get(sha256)
    return "" if other in (None, path) else f"; what it holds is {other}"


def changed_lines(name: str, kept: str, again: str) -> list[str]:
    """Compare a card with the one that a changed manifest would make, by the first lines."""
    lines = set(again.splitlines())
    before = [one for one in kept.splitlines() if one and one not in lines]
    lines = set(kept.splitlines())
    after = [one for one in again.splitlines() if one and one not in lines]
    said = [f"{name} says {one!r}" for one in before[:_MOST_LINES]]
    return said + [f"by the changed manifest it would say {one!r}" for one in after[:_MOST_LINES]]
