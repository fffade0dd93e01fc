"""The public board: who holds what people gave, and how they answer when it is taken back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from fairhand.core.clock import Instant
from fairhand.proof.licensing import store
from fairhand.storage.database import Database


@dataclass(slots=True)
class Row:
    """One licence on the board; `mean_ms` is how long settled answers took, None for none."""

    licensee: str
    country: str
    project_id: int
    title: str
    ends_at: Instant
    in_force: bool
    notices: Counter[str] = field(default_factory=Counter)
    unlearning: Counter[str] = field(default_factory=Counter)
    mean_ms: int | None = None


def read_compliance(db: Database, now: Instant) -> list[Row]:
    """List every licence with its counts; names of licensees, never of people."""
    with db.read() as connection:
        rows = {
            one.id: Row(
                one.name,
                one.country,
                one.project_id,
                one.title,
                one.ends_at,
                one.starts_at <= now < one.ends_at and one.ended_at is None,
            )
            for one in store.list_recipients(connection)
        }
        for number, state, count, took in store.count_answers(connection):
            rows[number].notices[state] = count
            if state == "attested" and took is not None:
                rows[number].mean_ms = int(took)
        for number, state, count in store.count_unlearned(connection):
            rows[number].unlearning[state] = count
    return list(rows.values())
