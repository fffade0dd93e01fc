"""What is on its way to webhooks is sent: each webhook in its order, none waiting for another.

A delivery is taken in the database before it is sent, and settled after; a process that dies in
between leaves it to be sent again, under the same id. So every receiver sees each event at least
once, and a later event never before an earlier one.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.backends.guard import GuardedClient, Limits, guarded_client
from fairhand.core.clock import MINUTE_MS, Clock, Instant
from fairhand.core.errors import FairhandError
from fairhand.proof.log import store as log
from fairhand.proof.webhooks import store
from fairhand.proof.webhooks.rules import Webhook, headers_of, wait_after
from fairhand.proof.webhooks.store import Delivery
from fairhand.storage.database import Connection, Database
from fairhand.storage.vault import Vault
from fairhand.use_cases.webhook_secret import open_secrets

LIMITS: Final = Limits(connect_s=5.0, total_s=15.0, max_bytes=4_096)
_CLAIM_MS: Final = MINUTE_MS  # longer than an attempt can take
_TURN_S: Final = 20.0
_AT_MOST: Final = 16
_GONE: Final = 410
_SAID: Final = 200

Spread = Callable[[float, float], float]


@dataclass(frozen=True, slots=True)
class Went:
    """How an attempt went."""

    status: int | None
    trouble: str = ""

    @property
    def arrived(self) -> bool:
        """Whether the receiver took it: any answer from 200 to 299."""
        return self.status is not None and 200 <= self.status < 300 and not self.trouble


@dataclass
class Post:
    """The house's letter carriers: at most one for each webhook, and none waits for another."""

    db: Database
    vault: Vault
    clock: Clock
    allowed: Collection[str] = ()
    spread: Spread = field(default_factory=lambda: random.Random().uniform)  # noqa: S311
    _out: dict[int, threading.Thread] = field(default_factory=dict)

    def send_due(self, wait_s: float = 0.0) -> int:
        """Send out for every webhook that has something due; gives how many went out.

        Waits no longer than `wait_s` for those that are out.
        """
        self._out = {number: one for number, one in self._out.items() if one.is_alive()}
        with self.db.read() as connection:
            active = [one.id for one in store.list_active(connection)]
            due = [number for number in active if self._is_due(connection, number)]
        free = [number for number in due if number not in self._out]
        for number in free[: max(0, _AT_MOST - len(self._out))]:
            carrier = threading.Thread(
                target=self._carry, args=(number,), name=f"webhook-{number}", daemon=True
            )
            self._out[number] = carrier
            carrier.start()
        until = monotonic() + wait_s
        for carrier in self._out.values():
            carrier.join(max(0.0, until - monotonic()))
        return len(free)

    def _is_due(self, connection: Connection, webhook_id: int) -> bool:
        first = store.next_waiting(connection, webhook_id)
        return first is not None and first.next_at <= self.clock()

    def _carry(self, webhook_id: int) -> None:
        until = monotonic() + _TURN_S
        with guarded_client(self.allowed) as client:
            while monotonic() < until and send_next(
                self.db, self.vault, webhook_id, self.clock, client, self.spread
            ):
                pass


def send_next(
    db: Database,
    vault: Vault,
    webhook_id: int,
    clock: Clock,
    client: GuardedClient,
    spread: Spread,
) -> bool:
    """Send a webhook's first waiting delivery, if it is due; says whether it arrived."""
    now = clock()
    with db.write() as connection:
        one = store.load(connection, webhook_id)
        first = store.next_waiting(connection, webhook_id)
        if one is None or first is None or one.state not in ("active", "failing"):
            return False
        if not store.claim(connection, first, now, Instant(now + _CLAIM_MS)):
            return False
    went = _send(vault, one, first, now, client)
    settle(db, one, first, went, clock(), spread)
    return went.arrived


def settle(
    db: Database, one: Webhook, sent: Delivery, went: Went, now: Instant, spread: Spread
) -> None:
    """Write how an attempt went: arrived, tried again later, given up, or wanted no more."""
    attempts = sent.attempts + 1
    wait = wait_after(attempts, spread)
    ends = went.status == _GONE
    with db.write() as connection:
        if went.arrived:
            store.settle(
                connection, sent.id, state="sent", status=went.status, trouble="", ended_at=now
            )
            if one.failing_since is not None:
                store.change(connection, one.id, failing_since=None)
            return
        told = {"status": went.status, "trouble": went.trouble[:500]}
        since = one.failing_since or now
        if wait is not None and not ends:
            store.settle(connection, sent.id, next_at=Instant(now + wait), **told)
            store.change(connection, one.id, failing_since=since)
            return
        if not store.settle(connection, sent.id, state="given_up", ended_at=now, **told):
            return  # somebody else settled it meanwhile, or the webhook was removed
        store.change(connection, one.id, active=False, failing_since=since)
        if ends:
            store.change(connection, one.id, ended_at=now)
        body = {"webhook": one.id, "project": one.project_id, "number": sent.number, "ended": ends}
        log.append(connection, "webhook.given_up", body, now, None, one.project_id or None)


def _send(vault: Vault, one: Webhook, first: Delivery, now: Instant, client: GuardedClient) -> Went:
    body = first.body.encode()
    try:
        signing = open_secrets(vault, one).valid(now)
        headers = headers_of(signing, first.message_id, now, body)
        status, said = client.send(one.url, body, headers, LIMITS)
    except AssistantError as error:
        return Went(None, error.message)
    except FairhandError as error:  # the key of the workspace is another one
        return Went(None, error.message)
    if 200 <= status < 300:
        return Went(status)
    if 300 <= status < 400:
        return Went(
            status, f"It answered {status}: redirects are not followed. Give the final address."
        )
    words = " ".join(said.decode("utf-8", "replace").split())[:_SAID]
    words = "".join(each for each in words if each.isprintable())
    return Went(status, f"It answered {status}{': ' + words if words else '.'}")
