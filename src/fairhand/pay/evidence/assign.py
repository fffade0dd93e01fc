"""Find for each entry of a statement the line that counts it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from fairhand.pay.evidence.entries import Entry, EvidenceError
from fairhand.pay.evidence.reading import TOP_UP, Document, Line
from fairhand.pay.evidence.rules import ledger_hash

_Key = tuple[object, ...]
_FEW: Final = 40
_MOST_STEPS: Final = 20_000


def assign_lines(document: Document, entries: Iterable[Entry]) -> list[Entry]:
    """Number each entry with its line, in the order of their ids.

    A line of one entry names it. Others take what is of their kind, project, activity, rate, price
    and floor. Where lines differ only in their reason, the ledger hash of each says which entries
    are its own. Raises EvidenceError for entries that no line counts.
    """
    lines: dict[_Key, list[Line]] = defaultdict(list)
    named = {line.first: line.n for line in document.lines if line.entries == 1}
    for line in document.lines:
        if line.entries > 1:
            lines[_key_of_line(document, line)].append(line)
    groups: dict[_Key, list[Entry]] = defaultdict(list)
    found: dict[int, int] = {}
    for entry in entries:
        if entry.entry_id in named:
            found[entry.entry_id] = named[entry.entry_id]
        groups[_key_of(document, entry)].append(entry)
    for key, group in groups.items():
        left = sorted((one for one in group if one.entry_id not in found), key=_id_of)
        if left:
            found |= _share(left, lines.get(key, []))
    everything = (one for group in groups.values() for one in group)
    return sorted((replace(one, line=found[one.entry_id]) for one in everything), key=_id_of)


def _share(entries: Sequence[Entry], lines: Sequence[Line]) -> dict[int, int]:
    """Share entries of one kind out over lines of that kind."""
    if sum(line.entries for line in lines) == len(entries):
        if len(lines) == 1:
            return {one.entry_id: lines[0].n for one in entries}
        for numbers in _tries(entries, lines):
            found = dict(zip((one.entry_id for one in entries), numbers, strict=True))
            if all(_is_whole(line, entries, found) for line in lines):
                return found
    raise EvidenceError(f"no line of the statement counts entry {entries[0].entry_id}")


def _tries(entries: Sequence[Entry], lines: Sequence[Line]) -> Iterator[list[int]]:
    """Try ways to share out: one line after the other by number and by time, then any, if few."""
    in_turn = [
        n for line in sorted(lines, key=lambda one: one.first) for n in [line.n] * line.entries
    ]
    for order in (_id_of, _ended, _started):
        by_id = dict(
            zip((one.entry_id for one in sorted(entries, key=order)), in_turn, strict=True)
        )
        yield [by_id[one.entry_id] for one in entries]
    if len(entries) <= _FEW:
        yield from _any_way(entries, lines)


def _any_way(entries: Sequence[Entry], lines: Sequence[Line]) -> Iterator[list[int]]:
    waiting: list[list[int]] = [[]]
    for _ in range(_MOST_STEPS):
        if not waiting:
            return
        so_far = waiting.pop()
        if len(so_far) == len(entries):
            yield so_far
            continue
        entry_id = entries[len(so_far)].entry_id
        waiting += [
            [*so_far, line.n]
            for line in lines
            if line.first <= entry_id <= line.last and so_far.count(line.n) < line.entries
        ]


def _is_whole(line: Line, entries: Sequence[Entry], found: dict[int, int]) -> bool:
    mine = [one for one in entries if found[one.entry_id] == line.n]
    return len(mine) == line.entries and line.sha256 == ledger_hash(mine)


def _key_of_line(document: Document, line: Line) -> _Key:
    key = (line.kind, line.project_id, line.activity, line.is_late, line.rate_micros)
    return key if document.version == 1 else (*key, line.unit_micros, line.floor_minor)


def _key_of(document: Document, entry: Entry) -> _Key:
    is_late = entry.basis != TOP_UP and entry.ended_at < document.starts_at
    rate = entry.rate_micros_per_hour
    key = (entry.basis, entry.project_id, entry.activity, is_late, rate)
    if document.version == 1:
        return key
    return (*key, entry.unit_micros, entry.floor_minor_per_hour)


def _id_of(entry: Entry) -> int:
    return entry.entry_id


def _ended(entry: Entry) -> tuple[int, int]:
    return entry.ended_at, entry.entry_id


def _started(entry: Entry) -> tuple[int, int]:
    return entry.started_at, entry.entry_id
