"""A person has money that is laid aside for their care paid out; nobody asks what for."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue
from fairhand.core.money import MICROS, Money
from fairhand.pay.ledger.book import post_entry
from fairhand.pay.ledger.rules import bringing_back
from fairhand.pay.ledger.store import Earning, post_earning
from fairhand.people.wellbeing import care_store
from fairhand.people.wellbeing.care_rules import kept_until, parts_of
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class UseAftercare:
    """How much somebody takes; `client_key` makes a retry count once."""

    person_id: int
    client_key: str
    amount: Money


def use_aftercare(db: Database, command: UseAftercare, now: Instant) -> bool:
    """Owe a person what they take of it, with their next payout; False when it was done before.

    In the books it stands as a correction, as many others do. Raises InvalidError for more than
    there is, ConflictError more than 24 months after the last hard item, when they have left.
    """
    micros = command.amount.minor * MICROS
    with db.write() as connection:
        key = f"care:{command.person_id}:{command.client_key}"
        if care_store.was_asked(connection, f"{key}:0"):
            return False
        _check_time(connection, command.person_id, now)
        funds = [
            one
            for one in care_store.list_funds(connection, command.person_id)
            if one.currency == command.amount.currency
        ]
        parts = parts_of(micros, funds) if micros > 0 else []
        if not parts:
            minor = sum(one.usable_micros for one in funds) // MICROS
            there = Money(minor, command.amount.currency)
            message = f"Take more than nothing, and at most {there}."
            raise InvalidError(message, issues=[Issue("amount", message)])
        for number, (project_id, part) in enumerate(parts):
            _pay(connection, command, f"{key}:{number}", project_id, part, now)
        body = {"person": command.person_id}
        log.append(connection, "own.changed", body, now, command.person_id, None)
    return True


def _check_time(connection: Connection, person_id: int, now: Instant) -> None:
    until = kept_until(
        care_store.last_seen(connection, person_id), care_store.takes_part(connection, person_id)
    )
    if until is not None and now > until:
        raise ConflictError(
            "It was kept for 24 months after your last hard item; that time is over.",
            code="too_late",
        )


def _pay(
    connection: Connection,
    command: UseAftercare,
    key: str,
    project_id: int,
    micros: int,
    now: Instant,
) -> None:
    currency = command.amount.currency
    lines = bringing_back(project_id, currency, micros)
    entry_id = post_entry(connection, "aftercare", key, project_id, lines, now, now)
    if entry_id is None:
        return
    care_store.use(connection, command.person_id, project_id, micros, currency, entry_id, now)
    earned = Earning(
        kind="accrual",
        idem_key=f"{key}:owed",
        person_id=command.person_id,
        project_id=project_id,
        activity="annotate",
        started_at=now,
        ended_at=now,
        paid_ms=0,
        rate_micros_per_hour=0,
        currency=currency,
        amount_micros=micros,
        basis="correction",
    )
    post_earning(connection, earned, now)
