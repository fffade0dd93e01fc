"""Letters are put in the outbox with what they tell of, and leave it by `send_letters`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant
from fairhand.core.ids import token_hash
from fairhand.people.post import store
from fairhand.people.post.rules import FORMER
from fairhand.storage.database import Connection, Database
from fairhand.storage.vault import Vault
from fairhand.use_cases.house import House
from fairhand.use_cases.letter_readers import (
    KINDS,
    ToTell,
    letters_about,
    letters_about_money,
)

_LOOK_BACK: Final = 20_000
_NEWS_MS: Final = DAY_MS


@dataclass(frozen=True, slots=True)
class Outbox:
    """Where letters with a one-time link are put, sealed, in the transaction of their link."""

    vault: Vault

    def put_link(
        self,
        connection: Connection,
        kind: str,
        to: tuple[int, str, str],
        link: tuple[str, str, int],
        now: Instant,
    ) -> None:
        """Put a letter to (number, address, language) with a link (path, secret, hours)."""
        (person_id, address, locale), (path, secret, hours) = to, link
        about = token_hash(secret)
        said = {"path": path + secret, "until": now + hours * HOUR_MS}
        sealed = self.vault.seal_secret(connection, orjson.dumps(said), f"letter {about}")
        store.put(
            connection,
            person_id=person_id,
            address=address.lower(),
            kind=kind,
            locale=locale,
            about=about,
            sealed=sealed,
            now=now,
        )

    def put_former(
        self,
        connection: Connection,
        kind: str,
        to: tuple[int, str, str],
        event_id: int,
        now: Instant,
    ) -> None:
        """Put a letter to the address that somebody had until this event."""
        person_id, address, locale = to
        store.put(
            connection,
            person_id=person_id,
            address=address.lower(),
            kind=kind,
            locale=locale,
            about=f"{FORMER}{event_id}",
            sealed=None,
            now=now,
        )


def outbox_of(house: House) -> Outbox | None:
    """Give the outbox; None where the settings name no mail server."""
    return Outbox(house.vault) if house.settings.mail.host else None


@dataclass
class News:
    """Puts letters about what the log says happened; reads each leaf once."""

    db: Database
    _read_to: int | None = field(default=None)

    def put_new(self, now: Instant) -> int:
        """Put letters about what is new in the log; says of how many readers it knew."""
        with self.db.read() as connection:
            size = store.log_size(connection)
            first = max(0, size - _LOOK_BACK) if self._read_to is None else self._read_to
            since = Instant(now - _NEWS_MS)
            found = store.events_between(connection, first, size, KINDS, since)
            told = [one for event in found for one in letters_about(connection, event, now)]
        put_all(self.db, told, now)
        self._read_to = size
        return len(told)


def put_budgets(db: Database, now: Instant) -> int:
    """Tell owners of projects whose money is nearly spent, once for what was set aside so far."""
    with db.read() as connection:
        told = letters_about_money(connection)
    return put_all(db, told, now)


def put_all(db: Database, told: Sequence[ToTell], now: Instant) -> int:
    """Put letters; one that is there is not put again. Says how many are new."""
    if not told:
        return 0
    with db.write() as connection:
        return sum(
            store.put(
                connection,
                person_id=one.person_id,
                address=one.address,
                kind=one.kind,
                locale=one.locale,
                about=one.about,
                sealed=None,
                now=now,
            )
            for one in told
        )
