"""What somebody is told who may not work in a project just now, and where they contest it."""

from __future__ import annotations

from typing import Final

from fairhand.core.clock import Instant, iso
from fairhand.core.words import SOURCE, words_for
from fairhand.core.words import later as _
from fairhand.people.accounts import store as accounts
from fairhand.people.conduct.store import list_bars
from fairhand.storage.database import Connection

GIVEN_BACK: Final = _("Your place here is being given back to you. Try again in some minutes.")


def bar_words(connection: Connection, person_id: int, project_id: int, now: Instant) -> str | None:
    """Say what keeps a person from working in a project, until when; None when nothing does."""
    bars = list_bars(connection, person_id, project_id, now)
    if not bars:
        return None
    bar = bars[-1]
    person = accounts.load_person(connection, person_id)
    words = words_for(person.locale if person else "")
    if bar.until is None:
        return words(
            "You are not offered work here: decision {number} says why, and how to appeal it. All "
            "that you have earned is paid.",
            number=bar.id,
        )
    day = iso(bar.until)[:10] if words.language == SOURCE else words.date(bar.until)
    return words(
        "You are not offered work here until {day}: decision {number} says why, and how to appeal "
        "it. All that you have earned is paid.",
        day=day,
        number=bar.id,
    )
