"""A wage row ends on a day that has not passed; what people had stays with them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.pay.floors import store
from fairhand.pay.floors.approval import end_issues
from fairhand.pay.floors.rules import FloorRow, local_date
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class EndFloor:
    """Which row, its last day (the place's own date), by whom and why."""

    row_id: str
    last_day: str
    ended_by: int
    reason: str


def end_floor(db: Database, command: EndFloor, now: Instant) -> FloorRow:
    """Give an approved row its last day; the same day again changes nothing.

    Whoever worked under the row keeps its amount where they take part: the ratchet holds it.
    """
    with db.write() as connection:
        row = store.load_row(connection, command.row_id)
        if row is None:
            raise NotFoundError(f"There is no wage row {command.row_id[:80]!r}.")
        if row.valid_to == command.last_day and row.valid_to:
            return row
        today = local_date(row.country, now)
        if issues := end_issues(row, command.last_day, today, command.reason):
            raise InvalidError("This row cannot end so.", issues=issues)
        ended = replace(row, valid_to=command.last_day)
        saved = store.save_rows(connection, [ended], now)
        body = {
            "row": row.id,
            "last_day": command.last_day,
            "reason": command.reason.strip(),
            "rows_sha256": saved.sha256,
        }
        log.append(connection, "pay.floor_ended", body, now, command.ended_by)
    return ended
