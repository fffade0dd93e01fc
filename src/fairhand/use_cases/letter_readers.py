"""Who is written to about what happened: the person themselves, who decides, who answers for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import orjson

from fairhand.core.clock import Instant
from fairhand.pay.overview import store as overview
from fairhand.pay.payouts import store as payouts
from fairhand.people.conduct import appeal_store
from fairhand.people.post import store
from fairhand.people.post.rules import ABOUT_EVENTS, ROLES, SPENT_OF
from fairhand.people.post.store import Happened
from fairhand.storage.database import Connection
from fairhand.use_cases.hear_appeal import who_may_hear

KINDS: Final = (
    *ABOUT_EVENTS,
    "person.signed_in",
    "conduct.appealed",
    "pay.dispute_opened",
    "payout.batch_sent",
    "webhook.given_up",
)


@dataclass(frozen=True, slots=True)
class ToTell:
    """A letter that is to be put: what about, and to whom."""

    kind: str
    about: str
    person_id: int
    address: str
    locale: str


def letters_about(connection: Connection, event: Happened, now: Instant) -> list[ToTell]:
    """List the letters about one line of the log."""
    about = f"event/{event.id}"
    match event.kind:
        case "conduct.appealed":
            return _to(connection, "appeal_filed", about, _who_hear(connection, event, now))
        case "pay.dispute_opened":
            able = store.holders(connection, ROLES["dispute_opened"], event.project_id or 0)
            others = [one for one in able if one != event.person_id]
            return _to(connection, "dispute_opened", about, others)
        case "payout.batch_sent":
            return _about_batch(connection, int(_body(event).get("batch", 0)))
        case "webhook.given_up":
            project = event.project_id or 0
            owners = store.holders(connection, ROLES["webhook"], project)
            return _to(connection, "webhook", f"webhook/{project}/{event.id}", owners)
        case "conduct.appeal_found" if not _body(event).get("outcome"):
            return []  # others of the panel have still to find
        case "person.signed_in":
            if "linked" not in _body(event):
                return []
            return _to(connection, "identity", about, _self(event))
    return _to(connection, ABOUT_EVENTS[event.kind], about, _self(event))


def letters_about_money(connection: Connection) -> list[ToTell]:
    """List letters about open projects that have less than a tenth of their money left."""
    rows = [one for one in overview.list_escrows(connection) if one.mode == "open"]
    funded = overview.fundings_of(connection, [one.project_id for one in rows])
    told: list[ToTell] = []
    for one in rows:
        times, whole = funded.get(one.project_id, (0, 0))
        if one.left_micros * SPENT_OF < whole:
            owners = store.holders(connection, ROLES["budget"], one.project_id)
            told += _to(connection, "budget", f"budget/{one.project_id}/{times}", owners)
    return told


def _self(event: Happened) -> list[int]:
    return [] if event.person_id is None else [event.person_id]


def _who_hear(connection: Connection, event: Happened, now: Instant) -> list[int]:
    """Those who may hear an appeal as it stands now; never whose it is."""
    appeal = appeal_store.load_appeal(connection, int(_body(event).get("appeal", 0)))
    if appeal is None or appeal.state != "open":
        return []
    return who_may_hear(connection, appeal, now)


def _about_batch(connection: Connection, batch_id: int) -> list[ToTell]:
    return [
        letter
        for one in payouts.payouts_of_batch(connection, batch_id)
        for letter in _to(connection, "paid", f"payout/{one.id}", [one.person_id])
    ]


def _to(connection: Connection, kind: str, about: str, people: Collection[int]) -> list[ToTell]:
    if not people:
        return []
    found = store.addresses_of(connection, people)
    return [ToTell(kind, about, *one) for one in found]


def _body(event: Happened) -> dict[str, Any]:
    """What the log says of it; nothing of what was erased since."""
    body = orjson.loads(event.body) if event.body else {}
    return body if isinstance(body, dict) else {}
