"""A person chooses how hard content is shown at first, and whether breaks are offered."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue
from fairhand.people.wellbeing import own_store
from fairhand.people.wellbeing.own_rules import STYLES
from fairhand.people.wellbeing.own_store import View
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class ChooseView:
    """The way that hard content is shown to a person at first."""

    person_id: int
    style: str
    offers_breaks: bool


def choose_view(db: Database, command: ChooseView, now: Instant) -> None:
    """Keep a person's taste; it changes neither dose nor pay, and nobody else hears of it."""
    if command.style not in STYLES:
        message = f"Choose one of {', '.join(STYLES)}."
        raise InvalidError(message, issues=[Issue("style", message)])
    with db.write() as connection:
        view = View(command.style, command.offers_breaks)
        own_store.save_view(connection, command.person_id, view, now)
