"""A release is licensed or trained on: everybody who made it is owed their share at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairhand.core.clock import Instant, iso, parse_iso
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.core.ids import rows_sha256
from fairhand.core.money import LARGEST_MINOR, MICROS, Money
from fairhand.pay.earnings.store import project_currency
from fairhand.pay.royalties import store
from fairhand.pay.royalties.rules import (
    Divided,
    Terms,
    UsageKind,
    check_usage,
    divide,
    pool_micros,
    terms_in_force,
)
from fairhand.pay.royalties.store import NewUsage
from fairhand.proof.log import store as log
from fairhand.proof.release.store import load_release
from fairhand.proof.release.value_store import values_of_release
from fairhand.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class RecordUsage:
    """What was used, by whom, when; `key` makes a retry count once.

    `values` maps a task to what it was measured to be worth, as whole numbers on any scale; without
    them the newest value study of the release says it, where the terms let value decide a part.
    """

    project_id: int
    recorded_by: int
    key: str
    kind: UsageKind
    licensee: str
    happened_at: Instant
    quantity: int = 1
    revenue: Money | None = None
    release_id: int | None = None
    values: Mapping[int, int] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class RecordedUsage:
    """The use and where its pool went; `again` when this key had recorded it before."""

    usage_id: int
    currency: str
    pool_micros: int
    held_micros: int
    people: int
    again: bool


def preview_usage(db: Database, command: RecordUsage, now: Instant) -> Divided:
    """Say who would get what of a use; nothing is written."""
    with db.read() as connection:
        terms, currency = _terms(connection, command, now)
        return _divided(connection, command, terms, currency)


def record_usage(db: Database, command: RecordUsage, now: Instant) -> RecordedUsage:
    """Write a use down once, split its pool, and owe everybody their share.

    Raises InvalidError for a use that cannot be, ConflictError when the project grants no
    royalties at that time, or when the key was used for something else.
    """
    with db.write() as connection:
        return usage_within(connection, command, now)


def usage_within(connection: Connection, command: RecordUsage, now: Instant) -> RecordedUsage:
    """Write a use down within another story's transaction; raises as `record_usage` does."""
    known = store.find_usage(connection, command.key)
    if known is not None:
        return _known(known, command)
    terms, currency = _terms(connection, command, now)
    divided = _divided(connection, command, terms, currency)
    usage = _usage(command, terms, currency, divided)
    usage_id = store.add_usage(connection, usage, now)
    if usage_id is None:
        raise ConflictError("This use is being recorded just now; look at the list again.")
    store.pay_shares(connection, usage_id, usage, divided.shares, now)
    if divided.held_micros:
        store.hold(connection, usage_id, usage, now)
    body = {
        "usage": usage_id,
        "project": command.project_id,
        "release": command.release_id,
        "kind": command.kind,
        "licensee": command.licensee,
        "quantity": command.quantity,
        "revenue_minor": usage.revenue_minor,
        "currency": currency,
        "pool_micros": divided.pool_micros,
        "held_micros": divided.held_micros,
        "people": len(divided.shares),
        "shares_sha256": rows_sha256((one.person_id, one.amount_micros) for one in divided.shares),
        "terms_version": terms.version,
        "happened_at": iso(command.happened_at),
    }
    log.append(
        connection, "royalty.usage_recorded", body, now, command.recorded_by, command.project_id
    )
    return RecordedUsage(
        usage_id, currency, divided.pool_micros, divided.held_micros, len(divided.shares), False
    )


def _terms(connection: Connection, command: RecordUsage, now: Instant) -> tuple[Terms, str]:
    currency = project_currency(connection, command.project_id)
    if currency is None:
        raise NotFoundError(f"There is no project {command.project_id}.")
    if issues := _issues(command, currency, now):
        raise InvalidError(issues[0].message, issues=issues)
    terms = terms_in_force(store.list_terms(connection, command.project_id), command.happened_at)
    if terms is None:
        raise ConflictError(
            "This project promised no royalties at that time. Set its terms first.",
            code="no_royalties",
        )
    return terms, currency


def _issues(command: RecordUsage, currency: str, now: Instant) -> list[Issue]:
    issues = check_usage(command.kind, command.quantity, _revenue(command))
    if not command.licensee.strip() or len(command.licensee) > 200:
        issues.append(Issue("licensee", "Say who used it, in 1 to 200 characters."))
    if not command.key.strip() or len(command.key) > 120:
        issues.append(Issue("key", "Give the use a key of 1 to 120 characters, as an invoice."))
    if command.happened_at > now:
        issues.append(Issue("happened_at", "A use cannot lie in the future."))
    if command.revenue is not None and command.revenue.currency != currency:
        issues.append(Issue("revenue", f"This project pays in {currency}."))
    return issues


def _divided(connection: Connection, command: RecordUsage, terms: Terms, currency: str) -> Divided:
    pool = pool_micros(terms, command.kind, command.quantity, _revenue(command))
    if pool > LARGEST_MINOR * MICROS:
        message = "That is more than can be kept here; split the use into several."
        raise InvalidError(message, issues=[Issue("quantity", message)])
    given = store.contributions(
        connection,
        command.project_id,
        currency,
        made_until=_made_until(connection, command),
        used_at=command.happened_at,
        year=_year(command.happened_at),
        values=_values(connection, command, terms),
    )
    return divide(pool, terms, given)


def _values(connection: Connection, command: RecordUsage, terms: Terms) -> Mapping[int, int]:
    """What was given, or else what the release's newest value study measured."""
    if command.values or command.release_id is None or not terms.split.get("value", 0):
        return command.values
    return values_of_release(connection, command.release_id)


def _made_until(connection: Connection, command: RecordUsage) -> Instant:
    """A release holds what was made before it; without one, all that was made before the use."""
    if command.release_id is None:
        return command.happened_at
    release = load_release(connection, command.release_id)
    if release is None or release.project_id != command.project_id:
        message = f"There is no release {command.release_id} of this project."
        raise InvalidError(message, issues=[Issue("release_id", message)])
    return release.created_at


def _year(at: Instant) -> tuple[Instant, Instant]:
    year = int(iso(at)[:4])
    return parse_iso(f"{year}-01-01T00:00:00Z"), parse_iso(f"{year + 1}-01-01T00:00:00Z")


def _revenue(command: RecordUsage) -> int:
    return command.revenue.minor if command.revenue else 0


def _usage(command: RecordUsage, terms: Terms, currency: str, divided: Divided) -> NewUsage:
    return NewUsage(
        key=command.key,
        project_id=command.project_id,
        release_id=command.release_id,
        terms_version=terms.version,
        kind=command.kind,
        licensee=command.licensee.strip(),
        quantity=command.quantity,
        revenue_minor=_revenue(command),
        currency=currency,
        pool_micros=divided.pool_micros,
        held_micros=divided.held_micros,
        happened_at=command.happened_at,
        recorded_by=command.recorded_by,
        note=command.note.strip()[:2_000],
    )


def _known(known: store.UsageRow, command: RecordUsage) -> RecordedUsage:
    same = (
        known.project_id == command.project_id
        and known.kind == command.kind
        and known.quantity == command.quantity
        and known.revenue_minor == _revenue(command)
        and known.licensee == command.licensee.strip()
        and known.release_id == command.release_id
    )
    if not same:
        raise ConflictError(
            f"The key {command.key!r} was used for another use.", code="idem_key_reused"
        )
    return RecordedUsage(
        known.id, known.currency, known.pool_micros, known.held_micros, known.people, True
    )
