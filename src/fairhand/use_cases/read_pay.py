"""What pay pages and the API read."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.pay.earnings import store
from fairhand.pay.earnings.store import Earnings, StatementDocument
from fairhand.pay.earnings.today import paid_ms_since
from fairhand.people.accounts.rules import Actor, may
from fairhand.proof.release.rules import PayFacts, PersonPay, pay_facts
from fairhand.storage.database import Database


def read_earnings(db: Database, person_id: int) -> Earnings:
    """Load a person's own earnings."""
    with db.read() as connection:
        return store.load_earnings(connection, person_id)


def read_paid_ms(db: Database, person_id: int, since: Instant) -> int:
    """Count a person's paid milliseconds since an instant."""
    with db.read() as connection:
        return paid_ms_since(connection, person_id, since)


def read_statement(db: Database, actor: Actor, statement_id: int) -> StatementDocument:
    """Load a statement for its person, or for who pays or audits; else there is none to see."""
    with db.read() as connection:
        found = store.load_statement(connection, statement_id)
    if found is None or (found.person_id != actor.person_id and not may(actor, "pay.view_all")):
        raise NotFoundError(f"There is no statement {statement_id} for you to see.")
    return found


def read_project_pay(db: Database, project_id: int, currency: str) -> PayFacts | None:
    """Sum up what an hour in a project came to over people; None when no time was paid."""
    with db.read() as connection:
        paid = store.pay_facts(connection, project_id)
    people = [
        PersonPay(str(one.person_id), one.paid_ms, one.amount_micros, one.floor_micros)
        for one in paid
    ]
    return pay_facts(currency, people)
