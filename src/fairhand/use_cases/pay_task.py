"""What a submit and a skip share: the time before them is paid in their transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from fairhand.core.clock import MINUTE_MS, Instant
from fairhand.core.money import MICROS, Money
from fairhand.pay import store as pay
from fairhand.pay.paid_time.rules import TimeEvent, idle_cap_for
from fairhand.pay.policies import store as policies
from fairhand.pay.policies.pieces import Terms, Worth, audio_length, better_of, worth_of
from fairhand.storage.database import Connection
from fairhand.work.assignment.store import Desk

WORTH_ASKING_MS: Final = MINUTE_MS
"""A cut shorter than this is listed in a person's own time record and not asked about."""


@dataclass(frozen=True, slots=True)
class Paid:
    """What a person is told: what they were paid, and what the cap cut, if anything."""

    told: dict[str, Any]
    cut: dict[str, Any]


def pay_task(
    connection: Connection,
    desk: Desk,
    kind: Literal["submit", "skip"],
    idem_key: str,
    now: Instant,
    *,
    idle_cap_ms: int,
    annotation_id: int | None = None,
    worked_ms: int | None = None,
) -> Paid:
    """Turn a person's pending time into money owed to them; returns what they are told of it.

    `worked_ms` is how long the person's device saw them at this task. It pays for time that the
    cap has cut, such as answers given without network, and never reaches back before the task was
    handed to them.
    """
    lease = desk.lease
    if worked_ms is not None:
        worked_ms = max(0, min(worked_ms, now - lease.served_at))
    cap = idle_cap_for(idle_cap_ms, desk.idle_cap_ms)
    event = TimeEvent(desk.project_id, kind, now, cap, worked_ms)
    heard = pay.hear(connection, lease.person_id, lease.task_id, event, now)
    paid_ms = heard.pending_ms
    accrued = pay.accrue(
        connection,
        person_id=lease.person_id,
        project_id=desk.project_id,
        activity="annotate",
        rate_micros_per_hour=desk.rate_micros_per_hour,
        currency=desk.currency,
        paid_ms=paid_ms,
        started_at=Instant(now - paid_ms),
        now=now,
        idem_key=idem_key,
        annotation_id=annotation_id,
        worth=_worth(connection, desk, kind, paid_ms),
    )
    told = {
        "milliseconds": paid_ms,
        "micros": accrued.amount_micros,
        "amount": Money(accrued.amount_micros // MICROS, desk.currency).decimal(),
        "currency": desk.currency,
    }
    return Paid(told, told_of_cut(heard))


def told_of_cut(heard: pay.Heard) -> dict[str, Any]:
    """Say what the cap cut off, so that the person may be asked once; nothing when it is little."""
    if heard.cut_ms < WORTH_ASKING_MS:
        return {}
    return {"cut": {"id": heard.event_id, "milliseconds": heard.cut_ms}}


def _worth(
    connection: Connection, desk: Desk, kind: Literal["submit", "skip"], paid_ms: int
) -> Worth:
    """Say what is earned: a first answer by the policy, a skip or a revision by its time.

    A task that was handed out before the newest terms keeps the old ones where they pay better.
    """
    is_answer = kind == "submit" and desk.lease.state != "submitted"
    basis = desk.pay_basis if is_answer else "time"
    now = Terms(basis, desk.rate_micros_per_hour, desk.unit_micros)
    worth = worth_of(now, paid_ms, _audio_ms(desk.audio_data, basis))
    if desk.terms_from is None or desk.lease.served_at >= desk.terms_from:
        return worth
    known = policies.load_policy_at(connection, desk.project_id, desk.lease.served_at)
    if known is None:
        return worth
    basis = known.basis if is_answer else "time"
    then = Terms(basis, known.rate_micros_per_hour, known.unit_micros)
    data = policies.load_task_data(connection, desk.lease.task_id) if basis == "audio" else None
    return better_of(worth, worth_of(then, paid_ms, _audio_ms(data, basis)), paid_ms)


def _audio_ms(data: str | None, basis: str) -> int | None:
    return audio_length(orjson.loads(data)) if data and basis == "audio" else None
