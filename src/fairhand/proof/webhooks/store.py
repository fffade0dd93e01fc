"""SQL of webhooks: who is told, how far the log was read, what is on its way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import func, select, update

from fairhand.core.clock import Instant
from fairhand.proof.webhooks.rules import State, Told, Webhook
from fairhand.storage.database import Connection
from fairhand.storage.tables.office import delivery, webhook
from fairhand.storage.tables.proof import log_event, log_head
from fairhand.storage.tables.work import annotation

_DELIVERY: tuple[Any, ...] = (
    delivery.c.id,
    delivery.c.webhook_id,
    delivery.c.number,
    delivery.c.kind,
    delivery.c.body,
    delivery.c.state,
    delivery.c.attempts,
    delivery.c.next_at,
    delivery.c.status,
    delivery.c.trouble,
    delivery.c.made_at,
    delivery.c.ended_at,
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one webhook."""

    id: int
    webhook_id: int
    number: int
    kind: str
    body: str
    state: State
    attempts: int
    next_at: Instant
    status: int | None
    trouble: str
    made_at: Instant
    ended_at: Instant | None

    @property
    def message_id(self) -> str:
        """Its name, the same however often it is sent."""
        # The moment keeps it new after a restore, where numbers are given out a second time.
        return f"evt_{self.webhook_id}_{self.number}_{self.made_at:x}"


def log_size(connection: Connection) -> int:
    """How many events of the log have their number."""
    return connection.execute(select(log_head.c.size)).scalar_one_or_none() or 0


def add(
    connection: Connection,
    *,
    project_id: int,
    url: str,
    events: Sequence[str],
    with_content: bool,
    made_by: int,
    now: Instant,
) -> int:
    """Add a webhook that is told of what comes from now on; its secret is set next."""
    row = {
        "project_id": project_id,
        "url": url,
        "secret": b"",
        "events": orjson.dumps(list(events)).decode(),
        "with_content": with_content,
        "made_by": made_by,
        "made_at": now,
        "read_to": log_size(connection),
    }
    made = connection.execute(webhook.insert().values(row).returning(webhook.c.id))
    return int(made.scalar_one())


def change(connection: Connection, webhook_id: int, **values: Any) -> None:  # noqa: ANN401
    """Write some columns of a webhook."""
    connection.execute(update(webhook).where(webhook.c.id == webhook_id).values(**values))


def load(connection: Connection, webhook_id: int) -> Webhook | None:
    """Load one webhook, an ended one too."""
    row = connection.execute(select(webhook).where(webhook.c.id == webhook_id)).one_or_none()
    return None if row is None else _webhook(row)


def list_webhooks(connection: Connection, project_id: int) -> list[Webhook]:
    """List a project's webhooks (0: the workspace's), those that ended last."""
    chosen = select(webhook).where(webhook.c.project_id == project_id)
    ordered = chosen.order_by(webhook.c.ended_at.is_not(None), webhook.c.id)
    return [_webhook(row) for row in connection.execute(ordered)]


def list_active(connection: Connection) -> list[Webhook]:
    """List the webhooks that are told of things now."""
    chosen = select(webhook).where(webhook.c.active, webhook.c.ended_at.is_(None))
    return [_webhook(row) for row in connection.execute(chosen.order_by(webhook.c.id))]


def read_events(connection: Connection, start: int, most: int) -> list[Told]:
    """Read the log from a number on, in its order; what was erased says nothing."""
    columns = (
        log_event.c.leaf_index,
        log_event.c.kind,
        log_event.c.at,
        log_event.c.project_id,
        log_event.c.person_id,
        log_event.c.body,
    )
    within = log_event.c.leaf_index.between(start, start + most - 1)
    found = connection.execute(select(*columns).where(within).order_by(log_event.c.leaf_index))
    return [Told(*row[:-1], orjson.loads(row[-1] or "{}")) for row in found]


def load_answers(connection: Connection, annotation_ids: Collection[int]) -> dict[int, Any]:
    """Load what people answered, by annotation."""
    if not annotation_ids:
        return {}
    chosen = select(annotation.c.id, annotation.c.value)
    found = connection.execute(chosen.where(annotation.c.id.in_(sorted(annotation_ids))))
    return {row.id: orjson.loads(row.value) for row in found}


def advance(connection: Connection, one: Webhook, read_to: int, added: int) -> bool:
    """Say how far a webhook has read; False when somebody else went on meanwhile."""
    unmoved = (webhook.c.id == one.id, webhook.c.read_to == one.read_to, webhook.c.active)
    moved = update(webhook).where(*unmoved)
    values = {"read_to": read_to, "next_number": one.next_number + added}
    return connection.execute(moved.values(**values)).rowcount == 1


def add_deliveries(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put events on their way."""
    if rows:
        connection.execute(delivery.insert(), list(rows))


def count_waiting(connection: Connection, webhook_id: int) -> int:
    """Count what is on its way to a webhook."""
    chosen = select(func.count()).select_from(delivery)
    mine = (delivery.c.webhook_id == webhook_id, delivery.c.state == "waiting")
    return connection.execute(chosen.where(*mine)).scalar_one()


def counts(connection: Connection, webhook_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """Count the deliveries of webhooks by state."""
    chosen = select(delivery.c.webhook_id, delivery.c.state, func.count())
    grouped = chosen.where(delivery.c.webhook_id.in_(sorted(webhook_ids)))
    found: dict[int, dict[str, int]] = {one: {} for one in webhook_ids}
    for row in connection.execute(grouped.group_by(delivery.c.webhook_id, delivery.c.state)):
        found[row[0]][row[1]] = row[2]
    return found


def next_waiting(connection: Connection, webhook_id: int) -> Delivery | None:
    """The first that is on its way: no other may be sent before it."""
    mine = (delivery.c.webhook_id == webhook_id, delivery.c.state == "waiting")
    chosen = select(*_DELIVERY).where(*mine).order_by(delivery.c.number).limit(1)
    row = connection.execute(chosen).one_or_none()
    return None if row is None else Delivery(*row)


def claim(connection: Connection, one: Delivery, now: Instant, until: Instant) -> bool:
    """Take a delivery, so that no other process sends it meanwhile; counts the attempt."""
    free = (
        delivery.c.id == one.id,
        delivery.c.state == "waiting",
        delivery.c.attempts == one.attempts,
        delivery.c.next_at <= now,
    )
    taken = update(delivery).where(*free).values(next_at=until, attempts=one.attempts + 1)
    return connection.execute(taken).rowcount == 1


def settle(connection: Connection, delivery_id: int, **values: Any) -> bool:  # noqa: ANN401
    """Write how a delivery went; False when somebody has settled it meanwhile."""
    still = (delivery.c.id == delivery_id, delivery.c.state == "waiting")
    return connection.execute(update(delivery).where(*still).values(**values)).rowcount == 1


def list_deliveries(
    connection: Connection, webhook_id: int, most: int, before: int | None = None
) -> list[Delivery]:
    """List a webhook's deliveries, newest first; `before` a number for the next page."""
    chosen = select(*_DELIVERY).where(delivery.c.webhook_id == webhook_id)
    if before is not None:
        chosen = chosen.where(delivery.c.number < before)
    found = connection.execute(chosen.order_by(delivery.c.number.desc()).limit(most))
    return [Delivery(*row) for row in found]


def send_again(connection: Connection, webhook_id: int, number: int, now: Instant) -> bool:
    """Put one delivery on its way once more; False when there is none of this number."""
    mine = (delivery.c.webhook_id == webhook_id, delivery.c.number == number)
    return _wait_again(connection, mine, now) == 1


def take_up_again(connection: Connection, webhook_id: int, now: Instant) -> int:
    """Put all that was given up, or waits for a later hour, on its way now."""
    arrived = (delivery.c.webhook_id == webhook_id, delivery.c.state == "sent")
    # What was left out on purpose stays out: it would come after what followed it.
    newest = select(func.coalesce(func.max(delivery.c.number), 0)).where(*arrived)
    mine = (
        delivery.c.webhook_id == webhook_id,
        delivery.c.state != "sent",
        delivery.c.number > newest.scalar_subquery(),
    )
    return _wait_again(connection, mine, now)


def forget_sent(connection: Connection, before: Instant) -> int:
    """Forget deliveries that were over long ago, however they ended; the log holds the events."""
    old = (delivery.c.state != "waiting", delivery.c.ended_at < before)
    return connection.execute(delivery.delete().where(*old)).rowcount


def _wait_again(connection: Connection, chosen: Sequence[Any], now: Instant) -> int:
    values = {"state": "waiting", "attempts": 0, "next_at": now, "ended_at": None, "trouble": ""}
    return connection.execute(update(delivery).where(*chosen).values(**values)).rowcount


def _webhook(row: Any) -> Webhook:  # noqa: ANN401  # a row of the table, in its order
    return Webhook(
        row.id,
        row.project_id,
        row.url,
        row.secret,
        tuple(orjson.loads(row.events)),
        row.with_content,
        row.active,
        row.made_by,
        row.made_at,
        row.ended_at,
        row.read_to,
        row.next_number,
        row.failing_since,
    )
