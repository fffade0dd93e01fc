"""What is in the outbox is handed to the mail server, no faster than the settings say.

A letter is taken in the database before it is handed over and settled after. A process that dies
between leaves it to be tried again under the same Message-ID, which mail servers know a letter by.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

import orjson

from fairhand.compute.mailing import Handed, hand_over
from fairhand.core.clock import DAY_MS, MINUTE_MS, Instant
from fairhand.core.errors import FairhandError, UnavailableError
from fairhand.people.post import store
from fairhand.people.post.rules import CHOSEN, FORMER, Letter, stop_token, wait_after
from fairhand.use_cases.house import House
from fairhand.use_cases.letter_words import UNWRITABLE, Told, path_of, write_letter

_CLAIM_MS: Final = 20 * MINUTE_MS  # longer than an attempt and writing it down can take
_SETTLE_WAITS_S: Final = (0.5, 1, 2, 5, 10, 30, 60, 60, 60, 60)


@dataclass
class Postman:
    """Carries letters, one at a time, in a thread of its own: a server that hangs holds nobody."""

    house: House
    _went: deque[Instant] = field(default_factory=deque)
    _out: threading.Thread | None = None

    def send_due(self, wait_s: float = 0.0) -> None:
        """Go out with what is due, unless somebody is out; waits no longer than `wait_s`."""
        if self._out is None or not self._out.is_alive():
            self._out = threading.Thread(target=self._carry, name="letters", daemon=True)
            self._out.start()
        self._out.join(wait_s)

    def _carry(self) -> None:
        try:
            while self._may_go() and send_next(self.house):
                self._went.append(self.house.clock())
        except UnavailableError:
            return  # the database is away; the next round looks again

    def _may_go(self) -> bool:
        while self._went and self._went[0] <= self.house.clock() - MINUTE_MS:
            self._went.popleft()
        return len(self._went) < self.house.settings.mail.per_minute


def send_next(house: House) -> bool:
    """Try the letter that has been due the longest; False when none is, or the server is away."""
    now = house.clock()
    with house.db.write() as connection:
        found = store.next_due(connection, now)
        if found is None or not store.claim(connection, found[0], Instant(now + _CLAIM_MS)):
            return False
        letter, sealed = found
        reachable = store.is_reachable(
            connection,
            letter.person_id or 0,
            letter.kind,
            letter.address,
            is_former=letter.about.startswith(FORMER),
        )
    went = _hand(house, letter, sealed, now) if reachable else _NOT_WANTED
    _settle(house, letter, went)
    return went.outcome != "later"


def forget_letters(house: House) -> int:
    """Forget what was sent or given up as long ago as the settings say."""
    now = house.clock()
    before = Instant(now - house.settings.mail.keep_days * DAY_MS)
    with house.db.write() as connection:
        return store.forget(connection, before, now)


_NOT_WANTED: Final = Handed("refused", "It is not wanted, or goes to this address no more.")
_TOO_LATE: Final = Handed("refused", "Its link had ended before it could be sent.")


def _hand(house: House, letter: Letter, sealed: bytes | None, now: Instant) -> Handed:
    path, until = path_of(letter.kind, letter.about), None
    try:
        if sealed is not None:
            said = orjson.loads(house.vault.open_secret(sealed, f"letter {letter.about}"))
            path, until = said["path"], Instant(said["until"])
    except FairhandError as error:  # the key of the workspace is another one
        return Handed("later", error.message)
    if until is not None and until <= now:
        return _TOO_LATE
    base, stop = house.settings.base_url, ""
    if letter.kind in CHOSEN and letter.person_id is not None:
        stop = f"{base}/letters/stop/{stop_token(house.secret, letter.person_id, letter.kind)}"
    mail = house.settings.mail
    told = Told(letter.kind, letter.locale, letter.address, house.name, base + path, until, stop)
    domain = mail.sender.rpartition("@")[2]
    try:
        written = write_letter(mail, told, f"<fairhand.{letter.id}.{letter.made_at}@{domain}>", now)
    except UNWRITABLE:
        return Handed("refused", "No letter can be addressed like this.")
    try:
        return hand_over(mail, written)
    except FairhandError as error:  # the password cannot be read
        return Handed("later", error.message)


def _settle(house: House, letter: Letter, went: Handed) -> None:
    """Write how it went, waiting for a database that is away: else a sent letter goes again."""
    for wait_s in _SETTLE_WAITS_S:
        try:
            return _write_down(house, letter, went)
        except UnavailableError:
            time.sleep(wait_s)
    return _write_down(house, letter, went)


def _write_down(house: House, letter: Letter, went: Handed) -> None:
    now = house.clock()
    wait = wait_after(letter.attempts + 1, random.Random().uniform)  # noqa: S311
    with house.db.write() as connection:
        if went.outcome == "sent":
            store.end(connection, letter.id, "sent", "", now)
        elif went.outcome == "refused" or wait is None:
            store.end(connection, letter.id, "given_up", went.words, now)
        else:
            store.wait(connection, letter.id, Instant(now + wait), went.words)
