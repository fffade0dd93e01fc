"""A bank's answer is read in: payouts are confirmed or come back, the rest is listed.

The same file twice changes nothing. A line that names no payout by its id and amount is kept for
a person to look at; nothing is guessed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from fairhand.core.clock import Instant
from fairhand.core.money import Money
from fairhand.pay.payouts import bank_store, store
from fairhand.pay.payouts.answers import BankLine, read_answer
from fairhand.pay.payouts.matching import NOT_OURS, Match, match
from fairhand.pay.payouts.rules import State
from fairhand.pay.payouts.store import Batch, Payout
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database

_Body: TypeAlias = dict[str, str | int | None]


@dataclass(frozen=True, slots=True)
class ImportBankFile:
    """A file as it came, and who sent it."""

    name: str
    content: bytes
    read_by: int | None


@dataclass(slots=True)
class BankFileRead:
    """What a file said, in numbers of lines and of payouts."""

    lines: int = 0
    known: int = 0
    matched: int = 0
    unmatched: int = 0
    confirmed: int = 0
    returned: int = 0
    reasons: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Reading:
    """One reading: payouts by id as they stand now, and the events it leads to."""

    connection: Connection
    command: ImportBankFile
    now: Instant
    evidence: str
    payouts: dict[str, Payout] = field(default_factory=dict)
    said_paid: set[int] = field(default_factory=set)
    events: list[tuple[str, _Body, int | None]] = field(default_factory=list)
    batches: set[int] = field(default_factory=set)


def import_bank_file(db: Database, command: ImportBankFile, now: Instant) -> BankFileRead:
    """Read a camt.053, pain.002 or CSV answer; each of its lines is taken once.

    Raises MalformedError, InvalidError or TooLargeError for a file that cannot be read: then
    nothing is taken.
    """
    lines = read_answer(command.name, command.content)
    sha256 = hashlib.sha256(command.content).hexdigest()
    with db.write() as connection:
        store.lock(connection)
        known = bank_store.known_lines(connection, [line.fingerprint for line in lines])
        fresh = [line for line in lines if line.fingerprint not in known]
        result = BankFileRead(len(lines), len(lines) - len(fresh))
        reading = _Reading(connection, command, now, f"{command.name[:60]} {sha256[:16]}")
        reading.payouts = store.find_payouts(connection, _names(fresh))
        for line in fresh:
            _take(reading, line, result)
        store.finish_batches(connection, reading.batches)
        if fresh:
            body: _Body = {
                "file_sha256": sha256,
                "lines": len(fresh),
                "matched": result.matched,
                "unmatched": result.unmatched,
            }
            reading.events.insert(0, ("payout.bank_file_read", body, command.read_by))
        for kind, about, person_id in reading.events:
            log.append(connection, kind, about, now, person_id)
    return result


def _names(lines: Iterable[BankLine]) -> set[str]:
    return {name for line in lines for name in line.references}


def _take(reading: _Reading, line: BankLine, result: BankFileRead) -> None:
    """Take one line: a payout's, a whole batch's, or nobody's."""
    one = next((reading.payouts[name] for name in line.references if name in reading.payouts), None)
    if one is not None:
        found = match(line, one, is_repeated=one.id in reading.said_paid)
        if found.is_matched:
            _move(reading, one, found, line, result)
    else:
        found, one = _whole_batch(reading, line, result)
    if line.kind == "paid" and one is not None:
        reading.said_paid.add(one.id)
    reason = found.reason or line.reason
    matched_id = one.id if one is not None and found.is_matched else None
    bank_store.add_line(
        reading.connection, line, reading.command.name, matched_id, reason, reading.now
    )
    result.matched += found.is_matched
    result.unmatched += not found.is_matched
    if not found.is_matched:
        result.reasons.append(f"{line.reference or 'a line without a reference'}: {reason}")


def _whole_batch(
    reading: _Reading, line: BankLine, result: BankFileRead
) -> tuple[Match, Payout | None]:
    """Take a line that names a batch: one booking for all of it, or its refusal as a whole."""
    batches = (store.find_batch_by_message(reading.connection, name) for name in line.references)
    batch = next((one for one in batches if one is not None), None)
    if batch is None:
        return NOT_OURS, None
    payouts = store.payouts_of_batch(reading.connection, batch.id)
    wrong = _why_not_whole(line, batch, payouts)
    if line.kind == "paid" and payouts[0].id in reading.said_paid:
        wrong = f"batch {batch.id} is said to be paid twice: look into it"
    if wrong:
        return Match(False, reason=wrong), None
    for one in payouts:
        now_known = reading.payouts.get(one.end_to_end_id, one)
        alone = BankLine(line.kind, (one.end_to_end_id,), 0, "", line.booked_on, line.reason)
        found = match(alone, now_known)
        if found.is_matched:
            _move(reading, now_known, found, alone, result)
    return Match(True, reason=f"batch {batch.id} as a whole"), payouts[0]


def _why_not_whole(line: BankLine, batch: Batch, payouts: list[Payout]) -> str:
    """Say why a line cannot stand for a whole batch; empty when it can."""
    if line.currency and (line.currency, line.amount_minor) != (
        batch.currency,
        batch.control_minor,
    ):
        return f"batch {batch.id} is {Money(batch.control_minor, batch.currency)}, not this amount"
    if line.kind == "paid" and not line.currency:
        return f"says batch {batch.id} was paid, but not how much"
    if batch.state == "cancelled":
        return f"batch {batch.id} was cancelled: look into it"
    ended = [one for one in payouts if one.state in ("returned", "cancelled")]
    if ended and line.kind == "paid":
        return f"payouts of batch {batch.id} have come back already: look at each"
    return ""


def _move(
    reading: _Reading, one: Payout, found: Match, line: BankLine, result: BankFileRead
) -> None:
    """Bring a payout through its steps; evidence of a batch that was only made says it was sent."""
    for state in found.steps:
        if state == "sent":
            one = _sent(reading, one)
            continue
        _step(reading, one, state, found.reason)
        one = _renewed(reading, one)
        result.confirmed += state == "confirmed"
        result.returned += state == "returned"
        about: _Body = {
            "payout": one.id,
            "person": one.person_id,
            "amount": Money(one.amount_minor, one.currency).decimal(),
            "currency": one.currency,
            "end_to_end_id": one.end_to_end_id,
            "evidence": reading.evidence,
            "booked_on": line.booked_on,
        }
        reading.events.append((f"payout.{state}", about, one.person_id))
    reading.batches.add(one.batch_id)


def _sent(reading: _Reading, one: Payout) -> Payout:
    """The bank knows a payout of a batch: all of it was sent, whether or not anybody said so."""
    for each in store.payouts_of_batch(reading.connection, one.batch_id):
        if each.state == "pending":
            _step(reading, each, "sent", "")
            if each.end_to_end_id in reading.payouts:
                _renewed(reading, each)
    store.mark_batch(reading.connection, one.batch_id, "sent", reading.now)
    return _renewed(reading, one)


def _step(reading: _Reading, one: Payout, state: State, reason: str) -> None:
    store.move(
        reading.connection,
        one,
        state,
        reading.now,
        by_person=reading.command.read_by,
        evidence=reading.evidence,
        reason=reason,
    )


def _renewed(reading: _Reading, one: Payout) -> Payout:
    fresh = store.load_payout(reading.connection, one.id)
    assert fresh is not None  # noqa: S101  # nothing is ever deleted
    reading.payouts[fresh.end_to_end_id] = fresh
    return fresh
