"""An owner sets money aside for a project before work opens."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.core.money import MICROS, Money
from fairhand.pay.earnings.store import project_currency
from fairhand.pay.ledger import store as ledger
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class FundProject:
    """How much, by whom; `key` makes a retry count once."""

    project_id: int
    funded_by: int
    amount: Money
    key: str


@dataclass(frozen=True, slots=True)
class Funded:
    """What is in escrow now, in micros; `again` when this key had funded before."""

    left_micros: int
    again: bool


def fund_project(db: Database, command: FundProject, now: Instant) -> Funded:
    """Put money into a project's escrow, once per key.

    Raises InvalidError for an amount that is not positive or not in the project's currency.
    """
    amount, project_id = command.amount, command.project_id
    if amount.minor <= 0:
        raise InvalidError("Funding must be more than nothing.", code="amount_not_positive")
    with db.write() as connection:
        currency = project_currency(connection, project_id)
        if currency is None:
            raise NotFoundError(f"There is no project {project_id}.")
        if currency != amount.currency:
            raise InvalidError(
                f"This project pays in {currency}; it cannot be funded in {amount.currency}.",
                code="other_currency",
            )
        is_new = ledger.fund_escrow(
            connection,
            project_id=project_id,
            currency=currency,
            amount_micros=amount.minor * MICROS,
            idem_key=f"fund:{project_id}:{command.key}",
            now=now,
        )
        left = ledger.load_escrow(connection, project_id)
        if is_new:
            body = {"project": project_id, "amount": amount.decimal(), "currency": currency}
            log.append(connection, "project.funded", body, now, command.funded_by, project_id)
    return Funded(left, again=not is_new)
