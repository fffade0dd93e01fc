"""Check a statement against its entries: every figure is computed again, in whole numbers.

Nothing is believed but the entries themselves, and those only so far as the statement's own ledger
hashes name them. The formulas are those of the pay rules, written down a second time on purpose: a
mistake in the first writing cannot hide in the second.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from fairhand.pay.evidence.entries import Entry, EvidenceError, show_amount
from fairhand.pay.evidence.reading import TOP_UP, Document, Line, ProjectFloor

State = Literal["ok", "failed", "open"]
CheckName = Literal[
    "form", "fingerprint", "lines", "amounts", "floor", "sums", "carry", "receipt", "signature"
]
MINOR: Final = 1_000_000
HOUR: Final = 3_600_000
MINUTE: Final = 60_000
COUNTING: Final = ("time", "piece", "audio")
_SHOWN: Final = 3
# What one unit of `unit_micros` is worth of `quantity`, by basis; a piece is one, time is counted
# in milliseconds.
_PER: Final[Mapping[str, int]] = {
    "piece": 1,
    "audio": MINUTE,
    "block": HOUR,
    "premium": HOUR,
    "expense": HOUR,
    "overtime": HOUR,
}
_SUMS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "base": (*COUNTING, "block", "cancellation"),
    "premiums": ("premium", "overtime"),
    "expenses": ("expense",),
    "royalties": ("royalty",),
    "corrections": ("correction",),
    "top_up": (TOP_UP,),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked, how it went, and what that means in words."""

    name: CheckName
    state: State
    words: str


def check_statement(document: Document, entries: Sequence[Entry]) -> list[Check]:
    """Recompute a statement from its entries; every check comes back, those that failed too."""
    counted = len(entries)
    return [
        _check("lines", _lines(document, entries), f"every line is the sum of its entries "
               f"({counted} in {len(document.lines)} lines)"),
        _check("amounts", _amounts(entries), "every amount is what its formula gives"),
        _check("floor", _floor(document, entries), "what the floor asks, and the top-up to it, "
               "are what the formula gives; no project's pay is below the floor"),
        _check("sums", _sums(document, entries), "the totals are the sums of the lines"),
        _check("carry", _carry(document), "what is carried is below one minor unit, and follows "
               "from the statement before"),
    ]  # fmt: skip


def counts_for_floor(basis: str, paid_ms: int) -> bool:
    """Say whether a line's money and time are held against the floor."""
    return basis in COUNTING or (basis == "correction" and paid_ms > 0)


def ledger_hash(entries: Iterable[Entry]) -> str:
    """Hash entries as a statement's line does: id, milliseconds and micros, in their order."""
    ordered = sorted(entries, key=lambda one: one.entry_id)
    listing = "".join(f"{one.entry_id} {one.paid_ms} {one.amount_micros}\n" for one in ordered)
    return hashlib.sha256(listing.encode()).hexdigest()


def formula_amount(entry: Entry) -> int | None:
    """Give what an entry must come to in micros; None where a person or a split decided it.

    Time: rate * milliseconds / 3,600,000, rounded up. Otherwise unit * quantity, where a unit is a
    piece, a minute of audio, or an hour.
    """
    if entry.basis == "time":
        return -(-entry.rate_micros_per_hour * entry.paid_ms // HOUR)
    per = _PER.get(entry.basis)
    if per is None or entry.unit_micros is None or entry.quantity is None:
        return None
    return -(-entry.unit_micros * entry.quantity // per)


def due_minor(entries: Iterable[Entry], version: int) -> Fraction:
    """Sum what the floor asks for entries that have one, in minor units, exactly.

    A statement of the second format asks for the higher of floor and guarantee, stretch by stretch.
    """
    total = 0
    for one in entries:
        asked = (one.floor_minor_per_hour or 0) * MINOR
        if version > 1:
            asked = max(asked, one.rate_micros_per_hour)
        total += asked * one.paid_ms
    return Fraction(total, HOUR * MINOR)


def floored(document: Document, entries: Iterable[Entry]) -> list[Entry]:
    """Keep the entries that a top-up is computed from; the first format left out unknown floors."""
    counting = {line.n for line in document.lines if counts_for_floor(line.kind, line.paid_ms)}
    return [
        one
        for one in entries
        if one.line in counting and (document.version > 1 or one.floor_minor_per_hour is not None)
    ]


def _check(name: CheckName, wrong: Iterable[str], words: str) -> Check:
    found = list(wrong)
    if not found:
        return Check(name, "ok", words)
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return Check(name, "failed", "; ".join(found[:_SHOWN]) + more)


def _lines(document: Document, entries: Sequence[Entry]) -> Iterator[str]:
    by_line: dict[int, list[Entry]] = defaultdict(list)
    for one in entries:
        by_line[one.line].append(one)
    if len({one.entry_id for one in entries}) != len(entries):
        yield "an entry is there twice"
    if [one.entry_id for one in entries] != sorted(one.entry_id for one in entries):
        yield "the entries are not in their order"
    if unknown := set(by_line) - {line.n for line in document.lines}:
        yield f"there is no line {min(unknown)}"
    for line in document.lines:
        yield from _line(document, line, by_line[line.n])


def _line(document: Document, line: Line, entries: Sequence[Entry]) -> Iterator[str]:
    place = f"line {line.n}"
    ids = [one.entry_id for one in entries]
    if not ids or (len(ids), min(ids), max(ids)) != (line.entries, line.first, line.last):
        yield f"{place} does not name just the entries that are here"
        return
    if sum(one.paid_ms for one in entries) != line.paid_ms:
        yield f"{place}: the entries' time is not the line's"
    total = sum(one.amount_micros for one in entries)
    if total != line.amount_micros:
        said = show_amount(line.amount_micros, document.currency)
        yield f"{place}: the entries come to {show_amount(total, document.currency)}, not {said}"
    needs_hash = document.version > 1 or line.kind != TOP_UP
    if line.sha256 != ledger_hash(entries) and (needs_hash or line.sha256 is not None):
        yield f"{place}: its hash over the ledger is not that of the entries"
    for one in entries:
        if not _fits(document, line, one):
            yield f"{place}: entry {one.entry_id} is of another kind, project, rate or time"
    if line.counts_for_floor not in (None, counts_for_floor(line.kind, line.paid_ms)):
        yield f"{place}: whether it counts for the floor is said wrongly"
    if line.quantity is not None and line.quantity != sum(one.quantity or 0 for one in entries):
        yield f"{place}: its quantity is not that of the entries"


def _fits(document: Document, line: Line, entry: Entry) -> bool:
    same = (entry.basis, entry.project_id) == (line.kind, line.project_id)
    same = same and entry.activity == line.activity
    if line.rate_micros is not None:
        same = same and entry.rate_micros_per_hour == line.rate_micros
    if line.unit_micros is not None:
        same = same and entry.unit_micros == line.unit_micros
    if document.version > 1:
        same = same and entry.floor_minor_per_hour == line.floor_minor
        same = same and (entry.quantity is None) == (line.quantity is None)
    is_late = entry.ended_at < document.starts_at
    in_time = entry.started_at <= entry.ended_at < document.ends_at
    return same and in_time and (line.kind == TOP_UP or is_late == line.is_late)


def _amounts(entries: Sequence[Entry]) -> Iterator[str]:
    for one in entries:
        asked = formula_amount(one)
        if asked is not None and asked != one.amount_micros:
            yield f"entry {one.entry_id} should come to {asked} micros, not {one.amount_micros}"
        if one.paid_ms and not counts_for_floor(one.basis, one.paid_ms):
            yield f"entry {one.entry_id} has paid time and is kept from the floor"


def _floor(document: Document, entries: Sequence[Entry]) -> Iterator[str]:
    by_project: dict[int, list[Entry]] = defaultdict(list)
    for one in floored(document, entries):
        by_project[one.project_id].append(one)
    if [one.project_id for one in document.projects] != sorted(by_project):
        yield "the projects held against the floor are not those of the entries"
        return
    tops = _top_ups(document.lines)
    for said in document.projects:
        yield from _project(document, said, by_project[said.project_id], tops)
    if set(tops) - set(by_project):
        yield "a top-up is for a project without work"
    yield from _floors_used(document, entries)


def _project(
    document: Document, said: ProjectFloor, entries: Sequence[Entry], tops: Mapping[int, int]
) -> Iterator[str]:
    place = f"project {said.project_id}"
    accrued = sum(one.amount_micros for one in entries)
    due = due_minor(entries, document.version)
    top_up = max(0, _ceil(due - Fraction(accrued, MINOR))) * MINOR
    if (sum(one.paid_ms for one in entries), accrued) != (said.paid_ms, said.accrued_micros):
        yield f"{place}: its time or pay before the top-up is not that of its entries"
    if due != said.due_minor:
        yield f"{place}: the floor asks {due} minor units, not {said.due_minor}"
    if not top_up == said.top_up_micros == tops.get(said.project_id, 0):
        yield f"{place}: the top-up should be {show_amount(top_up, document.currency)}"
    if Fraction(said.accrued_micros + said.top_up_micros, MINOR) < due:
        yield f"{place}: its pay is below the floor"


def _floors_used(document: Document, entries: Sequence[Entry]) -> Iterator[str]:
    said: dict[int, int] = defaultdict(int)
    for floor in document.floors:
        said[floor.minor_per_hour] += floor.paid_ms
    used: dict[int, int] = defaultdict(int)
    unfloored = 0
    for one in entries:
        if one.floor_minor_per_hour is None:
            unfloored += one.paid_ms
        else:
            used[one.floor_minor_per_hour] += one.paid_ms
    if {rate: ms for rate, ms in said.items() if ms} != {r: ms for r, ms in used.items() if ms}:
        yield "the floors that were used, or the time under them, are not those of the entries"
    if unfloored != document.unfloored_ms:
        yield "the time without a known floor is not that of the entries"


def _sums(document: Document, entries: Sequence[Entry]) -> Iterator[str]:
    totals = document.totals
    if document.total_ms != sum(one.paid_ms for one in entries):
        yield "the paid time in all is not that of the lines"
    whole = sum(line.amount_micros for line in document.lines)
    parts = _parts(document)
    for name, asked in parts.items():
        if totals.get(name) != asked:
            yield f"{name} should be {show_amount(asked, document.currency)}"
    if _total(totals, "gross") != whole:
        yield "gross is not the sum of the lines"
    to_pay, carried = _total(totals, "to_pay"), _total(totals, "carried_out")
    if _total(totals, "carried_in") + whole != to_pay + carried:
        yield "what was brought over and earned is not what is paid and carried on"


def _parts(document: Document) -> dict[str, int]:
    """What each sum must be; every line is in just one of them."""
    of_kind: dict[str, int] = defaultdict(int)
    for line in document.lines:
        of_kind[line.kind] += line.amount_micros
    if document.version == 1:
        return {"accrued": of_kind["time"], "top_up": of_kind[TOP_UP]}
    return {name: sum(of_kind[kind] for kind in kinds) for name, kinds in _SUMS_OF.items()}


def _carry(document: Document) -> Iterator[str]:
    before, after = document.totals["carried_in"], document.totals["carried_out"]
    if not 0 <= before < MINOR or not 0 <= after < MINOR:
        yield "what is carried is not below one minor unit"
    if document.totals["to_pay"] % MINOR:
        yield "what is to be paid is not in whole minor units"
    if document.previous_sha256 is None and before:
        yield "something was brought over, and no statement before it is named"
    if document.previous_sha256 is not None and not _is_sha256(document.previous_sha256):
        yield "the statement before it is not named by a SHA-256"


def _top_ups(lines: Iterable[Line]) -> dict[int, int]:
    found: dict[int, int] = {}
    for line in lines:
        if line.kind == TOP_UP:
            found[line.project_id] = found.get(line.project_id, 0) + line.amount_micros
    return found


def _total(totals: Mapping[str, int], name: str) -> int:
    if name not in totals:
        raise EvidenceError(f"the statement has no total {name!r}")
    return totals[name]


def _is_sha256(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


def _ceil(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)
