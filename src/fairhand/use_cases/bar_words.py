"""What somebody is told who may not work in a project just now, and where they contest it."""

from __future__ import annotations

from typing import Final

from fairhand.core.clock import Instant, iso
from fairhand.people.conduct.store import list_bars
from fairhand.storage.database import Connection

GIVEN_BACK: Final = "Your place here is being given back to you. Try again in some minutes."


def bar_words(connection: Connection, person_id: int, project_id: int, now: Instant) -> str | None:
    """Say what keeps a person from working in a project, until when; None when nothing does."""
    bars = list_bars(connection, person_id, project_id, now)
    if not bars:
        return None
    bar = bars[-1]
    until = "" if bar.until is None else f" until {iso(bar.until)[:10]}"
    return (
        f"You are not offered work here{until}: decision {bar.id} says why, and how to appeal it. "
        "All that you have earned is paid."
    )
