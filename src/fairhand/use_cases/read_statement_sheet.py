"""A statement in a person's words, for the page, the PDF and a short message."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from fairhand.core.words import Words, words_for
from fairhand.pay.evidence import store
from fairhand.pay.evidence.entries import Entry, show_amount
from fairhand.pay.evidence.rules import COUNTING
from fairhand.pay.evidence.store import StatementText
from fairhand.pay.own.years import Sums, by_year, read_sums, year_of
from fairhand.pay.paper.sheet import Beside, Sheet, Year, make_sheet
from fairhand.pay.paper.sms import short_message
from fairhand.people.accounts.rules import Actor
from fairhand.people.accounts.store import load_person
from fairhand.proof.log import events
from fairhand.proof.log.note import encode64
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_bundle import EVENT_KIND
from fairhand.use_cases.read_statement_bundle import find_statement


@dataclass(frozen=True, slots=True)
class StatementSheet:
    """A statement in words: its sheet, its document as it was written, its short message."""

    found: StatementText
    said: Mapping[str, Any]
    sheet: Sheet
    message: str
    words: Words

    def pdf(self) -> bytes:
        """Draw it; the same statement in the same language gives the same bytes."""
        from fairhand.pay.paper.pdf import make_pdf  # its fonts take long to load

        return make_pdf(self.sheet, self.words)


def read_statement_sheet(
    db: Database,
    actor: Actor,
    statement_id: int,
    *,
    log_name: str,
    address: str,
    locale: str | None = None,
) -> StatementSheet:
    """Put a statement into words: of `locale`, or of the person whose statement it is.

    `address` is where this workspace is reached. Raises NotFoundError for what is not the actor's
    to see.
    """
    with db.read() as connection:
        found = find_statement(connection, actor, statement_id)
        whose = load_person(connection, found.person_id)
        earlier = store.load_until(connection, found)
        entries = store.load_entries(connection, found)
        root, size = _root(connection, found)
    words = words_for(locale or (whose.locale if whose else ""))
    said = json.loads(found.body)
    beside = Beside(
        number=found.id,
        sha256=found.sha256,
        made_at=found.created_at,
        address=address.rstrip("/"),
        log=log_name,
        root=root,
        size=size,
        share=paid_share(entries),
        year=_year(found, earlier),
    )
    message = short_message(said, found.id, found.sha256, words)
    return StatementSheet(found, said, make_sheet(said, beside, words), message, words)


def paid_share(entries: Iterable[Entry]) -> Fraction | None:
    """Paid time over engaged time: from the first to the last moment of each stretch of work.

    Never above one: time that the person claimed back is paid beyond what the clock saw.
    """
    work = [one for one in entries if one.basis in COUNTING and one.paid_ms]
    engaged = sum(max(one.paid_ms, one.ended_at - one.started_at) for one in work)
    return Fraction(sum(one.paid_ms for one in work), engaged) if engaged else None


def _year(found: StatementText, earlier: Iterable[StatementText]) -> Year:
    this_year = year_of(found.ends_at)
    settled = [(one.ends_at, read_sums(json.loads(one.body))) for one in earlier]
    so_far = by_year((at, sums) for at, sums in settled if year_of(at) == this_year)
    sums: Sums = so_far[0].sums
    currency = found.currency
    return Year(
        year=this_year,
        statements=so_far[0].statements,
        paid_ms=sums.paid_ms,
        gross=show_amount(sums.gross, currency),
        top_up=show_amount(sums.top_up, currency),
        to_pay=show_amount(sums.to_pay, currency),
    )


def _root(connection: Connection, found: StatementText) -> tuple[str | None, int | None]:
    """The root and size of the first checkpoint that covers a statement: it stays the same."""
    event_id = events.find_event(connection, found.person_id, EVENT_KIND, found.sha256)
    first = None if event_id is None else events.first_root(connection, event_id)
    return (None, None) if first is None else (encode64(first[1]), first[0])
