"""Hold the rows of a table to what the log said when they came or changed.

Each kind of line says which row it is about and what must stand in it. A row that no line names,
a line whose row is gone, and a value that differs are each an issue; what an older version of the
product wrote, which said less, is counted and told as a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fairhand.core.chunks import chunks
from fairhand.core.clock import Instant, iso
from fairhand.core.errors import Issue
from fairhand.proof.log.bodies import Lines, Told
from fairhand.storage.kept import Kept, Key, Row

ONLY_LOGGED: Final = "the log has it, and the tables have not"
ONLY_STORED: Final = "the tables have it, and the log has not"
_AT_ONCE: Final = 1_000
"""Rows that are held in memory: one line may tell of many."""
_OF: Final = {"file_sha256": "bytes"}


@dataclass(frozen=True, slots=True)
class Said:
    """What a line says of one row; `whole` is false where an older version said less."""

    key: Key
    values: Mapping[str, object] = field(default_factory=dict)
    whole: bool = True


Says = Callable[[Told, Mapping[str, Any]], Iterable[Said]]


@dataclass(frozen=True, slots=True)
class Held:
    """A table, the kinds of lines that its rows come by, and the column of when they came.

    `must` says of which rows a line has to tell; `who` are the columns that name people: somebody
    who was erased takes their lines with them. `reads` gives what the log
    has of a row where that is no column as it is.
    """

    name: str
    kept: Kept
    kinds: Mapping[str, Says]
    at: str
    place: Callable[[Row], str]
    who: tuple[str, ...] = ()
    must: Callable[[Row], bool] = lambda _row: True
    only_stored: str = ONLY_STORED
    reads: Mapping[str, Callable[[Row], object]] = field(default_factory=dict)


def hold(lines: Lines, held: Held, erased: Collection[int]) -> Iterator[Issue]:
    """Compare a table with its lines in the log."""
    seen = bytearray(held.kept.highest(lines.connection) + 1)
    emptied: set[Instant] = set()
    less = 0
    for kind, says in held.kinds.items():
        for page in lines.pages(kind):
            emptied.update(one.at for one in page if one.body is None)
            told = (
                (one, said) for one in page if one.body is not None for said in says(one, one.body)
            )
            for some in chunks(told, _AT_ONCE):
                rows = held.kept.load(lines.connection, {said.key for _, said in some})
                for one, said in some:
                    less += not said.whole
                    row = rows.get(said.key)
                    if row is not None:
                        seen[row[held.kept.number]] = 1
                        yield from _differences(held, row, said, one.at)
                    elif said.whole:
                        yield Issue(_named(held, said.key), ONLY_LOGGED)
    for row in held.kept.each(lines.connection):
        if (
            not seen[row[held.kept.number]]
            and held.must(row)
            and not _excused(held, row, emptied, erased)
        ):
            yield Issue(held.place(row), held.only_stored)
    if less:
        yield held_less(held.name, less)


def held_less(name: str, count: int) -> Issue:
    """Say how many lines said less than those of today: no fault, and not hidden."""
    return Issue(name, f"{count:,} of them", "warning")


def _named(held: Held, key: Key) -> str:
    return held.place(dict(zip(held.kept.key, key, strict=True)))


def _differences(held: Held, row: Row, said: Said, at: Instant) -> Iterator[Issue]:
    for name, value in {**said.values, held.at: at}.items():
        read = held.reads.get(name)
        stored = row[name] if read is None else read(row)
        if stored != value:
            yield Issue(held.place(row), differs(name, stored, value))


def differs(name: str, stored: object, logged: object) -> str:
    """Say that a value is another than the log's; of a digest, what it is of."""
    if name.endswith("_sha256"):
        return f"the log has it with other {_OF.get(name, name.removesuffix('_sha256'))}"
    return (
        f"its {name} is {_shown(name, stored)} in the tables, and {_shown(name, logged)} in the log"
    )


def _shown(name: str, value: object) -> str:
    if value is None:
        return "none"
    if (
        isinstance(value, int)
        and name.endswith(("_at", "_from", "_until", "_by"))
        and value > 10**11
    ):
        return iso(Instant(value))
    return str(value) if len(str(value)) <= 80 else f"{str(value)[:80]}…"


def _excused(held: Held, row: Row, emptied: Collection[Instant], erased: Collection[int]) -> bool:
    """Say whether its line may be one that was emptied with somebody who is erased."""
    if not erased or row[held.at] not in emptied:
        return False
    return not held.who or any(row[name] is None or row[name] in erased for name in held.who)
