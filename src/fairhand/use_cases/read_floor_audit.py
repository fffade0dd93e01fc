"""Compare the wage floors in the tables with what the log said when they were loaded and approved.

A floor that somebody lowers past the guards would lower what the next period tops up to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fairhand.core.clock import Instant, iso
from fairhand.core.errors import Issue
from fairhand.core.ids import sha256_hex
from fairhand.pay.floors import store
from fairhand.pay.floors.reader import read_floor_rows
from fairhand.pay.floors.rules import FloorRow, hourly
from fairhand.pay.floors.shipped import shipped_floors
from fairhand.proof.log.bodies import Lines

_FIGURES: Final = (
    "country", "region", "amount", "currency", "period", "hours_per_week", "payments_per_year",
    "valid_from", "source_class",
)  # fmt: skip


def audit_floors(lines: Lines) -> Iterator[Issue]:
    """Name the rows whose figures are others than those that were loaded or approved."""
    yield from _approved(lines)
    yield from _shipped(lines)


def _approved(lines: Lines) -> Iterator[Issue]:
    for page in lines.pages("pay.floor_approved"):
        for one in page:
            if one.body is None:
                continue
            row_id = str(one.body["row"])
            stored = _as_of(lines, row_id, one.at)
            said = one.body["minor_per_hour"], one.body["currency"]
            if not stored:
                yield _gone(row_id, one.at)
            elif said not in [(str(hourly(row)), row.currency) for row in stored]:
                words = f"the log says that {said[0]} minor units of {said[1]} an hour were "
                yield Issue(f"wage floor {row_id}", f"{words}approved on {iso(one.at)}")


def _shipped(lines: Lines) -> Iterator[Issue]:
    """Of files, the log has a hash: the one that comes along can be read again."""
    text = shipped_floors()
    sha256 = sha256_hex(text.encode())
    for page in lines.pages("pay.wage_floors_loaded"):
        for one in page:
            if one.body is None or one.body["file_sha256"] != sha256:
                continue
            kept = 0
            for row in read_floor_rows(text).rows:
                stored = _as_of(lines, row.id, one.at)
                kept += bool(stored)
                if stored and _figures(row) not in map(_figures, stored):
                    words = f"its figures are not those of the file that was loaded {iso(one.at)}"
                    yield Issue(f"wage floor {row.id}", words)
            if kept != one.body["added"] + one.body["changed"]:
                words = f"{one.body['added'] + one.body['changed']} rows were loaded by the log on "
                yield Issue("wage floors", f"{words}{iso(one.at)}; the tables have {kept} of then")


def _as_of(lines: Lines, row_id: str, at: Instant) -> list[FloorRow]:
    """What was recorded of a row at that very instant."""
    return [row for then, row in store.load_versions(lines.connection, row_id) if then == at]


def _gone(row_id: str, at: Instant) -> Issue:
    words = f"the log has its approval of {iso(at)}, and the tables have not"
    return Issue(f"wage floor {row_id}", words)


def _figures(row: FloorRow) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in _FIGURES)
