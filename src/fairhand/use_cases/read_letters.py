"""The outbox and the letters, as the administrator sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import HOUR_MS, Instant
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.people.post import store
from fairhand.people.post.rules import CHOSEN, Letter
from fairhand.storage.server_figures import letters_wait
from fairhand.use_cases.house import House
from fairhand.use_cases.letter_words import SAID, Told, write_letter

STATES: Final = ("waiting", "sent", "given_up")
_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Outbox:
    """A page of the outbox; `counts` by state of all of it, `before` where older ones follow."""

    letters: list[Letter]
    counts: Mapping[str, int]
    oldest_waits_s: float
    before: int | None


def read_outbox(house: House, most: int = 100) -> list[Letter]:
    """List what is on its way or ended lately, newest first; never what it says."""
    with house.db.read() as connection:
        return store.list_newest(connection, most)


def page_of_outbox(
    house: House, now: Instant, state: str = "", before: int | None = None
) -> Outbox:
    """Read one page of the outbox, newest first; raises InvalidError for a state that is none."""
    if state and state not in STATES:
        raise InvalidError(f"A letter is {', '.join(STATES)}; none is {state!r}.")
    with house.db.read() as connection:
        found = store.list_newest(connection, _PAGE + 1, state, before)
        counts, waits = letters_wait(connection, now)
    shown = found[:_PAGE]
    following = shown[-1].id if len(found) > _PAGE else None
    return Outbox(shown, {one: counts.get(one, 0) for one in STATES}, waits, following)


def preview_letter(house: House, kind: str, locale: str, now: Instant) -> tuple[str, str]:
    """Write a letter with example data; gives its subject and its words.

    Raises NotFoundError for a kind that is none.
    """
    if kind not in SAID:
        raise NotFoundError(f"There is no letter {kind!r}; choose from {', '.join(SAID)}.")
    base = house.settings.base_url
    needs_time = "{until}" in " ".join(SAID[kind][1])
    told = Told(
        kind,
        locale,
        "amina@example.org",
        house.name,
        f"{base}/example" if SAID[kind][2] else "",
        Instant(now + HOUR_MS) if needs_time else None,
        f"{base}/letters/stop/example" if kind in CHOSEN else "",
    )
    mail = house.settings.mail
    shown = mail if mail.sender else mail.model_copy(update={"sender": "fairhand@example.org"})
    letter = write_letter(shown, told, "<example@example.org>")
    body = letter.get_body(("plain",))
    return str(letter["Subject"]), body.get_content() if body else ""
