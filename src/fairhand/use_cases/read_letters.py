"""The outbox and the letters, as the administrator sees them."""

from __future__ import annotations

from fairhand.core.clock import HOUR_MS, Instant
from fairhand.people.post import store
from fairhand.people.post.rules import CHOSEN, Letter
from fairhand.use_cases.house import House
from fairhand.use_cases.letter_words import SAID, Told, write_letter


def read_outbox(house: House, most: int = 100) -> list[Letter]:
    """List what is on its way or ended lately, newest first; never what it says."""
    with house.db.read() as connection:
        return store.list_newest(connection, most)


def preview_letter(house: House, kind: str, locale: str, now: Instant) -> tuple[str, str]:
    """Write a letter with example data; gives its subject and its words."""
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
