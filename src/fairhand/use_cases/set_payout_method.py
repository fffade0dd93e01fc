"""A person says where they want their money, or takes that back; the log keeps only a hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue
from fairhand.core.money import LARGEST_MINOR, exponent
from fairhand.pay.payouts import methods_store as store
from fairhand.pay.payouts.methods import KINDS, check_details, clean_details, hash_of
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class SetPayoutMethod:
    """A way of getting paid; an empty `rail` ends the one there is.

    `minimum_minor` is the person's own threshold in minor units: nobody else can set one.
    """

    person_id: int
    currency: str
    rail: str
    details: Mapping[str, str] = field(default_factory=dict)
    minimum_minor: int = 0


def set_payout_method(db: Database, command: SetPayoutMethod, now: Instant) -> int | None:
    """Keep a method in the place of the one before; gives its number, None when it was ended.

    Payouts that were made before keep the method that they were made with. Raises InvalidError
    naming every field that is wrong.
    """
    currency, person_id = command.currency, command.person_id
    rail = next((known for known in KINDS if known == command.rail), None)
    _check(command, is_known=rail is not None)
    details = clean_details(rail, command.details) if rail else {}
    issues = check_details(rail, currency, details) if rail else []
    if issues:
        raise InvalidError("This cannot be paid to yet.", code="payout_method", issues=issues)
    with db.write() as connection:
        ended = store.end_methods(connection, person_id, currency, now)
        if rail is None and not ended:
            return None
        method_id = None
        body: dict[str, str | int] = {"person": person_id, "currency": currency}
        if rail is not None:
            method_id = store.add_method(
                connection, person_id, rail, currency, details, command.minimum_minor, now
            )
            body |= {
                "method": method_id,
                "rail": rail,
                "details_sha256": hash_of(rail, currency, details),
                "minimum_minor": command.minimum_minor,
            }
        log.append(connection, "payout.method_set", body, now, person_id)
    return method_id


def _check(command: SetPayoutMethod, *, is_known: bool) -> None:
    issues = []
    try:
        exponent(command.currency)
    except ValueError as error:
        issues.append(Issue("currency", str(error)))
    if command.rail and not is_known:
        issues.append(Issue("rail", f"Choose one of {', '.join(KINDS)}."))
    if not 0 <= command.minimum_minor <= LARGEST_MINOR:
        issues.append(Issue("minimum", "The minimum is nothing or more."))
    if issues:
        raise InvalidError("This cannot be paid to yet.", code="payout_method", issues=issues)
