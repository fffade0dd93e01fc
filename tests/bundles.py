"""Small statement bundles in both formats, made from the formats' own words.

They are written here a second time, from the shape alone, so that a verifier is held to the format
and not to the code that happens to write it today.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhand.core.clock import HOUR_MS, MINUTE_MS, Instant, iso, parse_iso
from fairhand.core.money import MICROS
from fairhand.pay.evidence.entries import Entry, show_amount
from fairhand.pay.evidence.rules import counts_for_floor, ledger_hash
from fairhand.proof.log import merkle
from fairhand.proof.log.checkpoint import Checkpoint, sign_checkpoint
from fairhand.proof.log.leaf import canonical
from fairhand.proof.log.note import Signer
from fairhand.proof.log.receipt import Opening, Receipt
from fairhand.proof.log.rotation import make_handover, make_retirement
from fairhand.use_cases.read_bundle import Bundle
from tests.cast import SIGNER

START, END = parse_iso("2026-11-01T00:00:00Z"), parse_iso("2026-12-01T00:00:00Z")
MADE = parse_iso("2026-12-01T00:05:00Z")
MORNING = parse_iso("2026-11-21T09:30:00Z")
FLOOR = 1271
RATE = 600 * MICROS
"""GBP 6 an hour, below the floor of GBP 12.71."""
CURRENCY = "GBP"
NEXT = Signer(SIGNER.name, Ed25519PrivateKey.from_private_bytes(b"n" * 32))
"""The log's next key."""
SALT = b"salt of a vector"


def time_entry(entry_id: int, line: int = 1, minutes: int = 17, **other: Any) -> Entry:  # noqa: ANN401
    """Paid time of Amina in project 3."""
    paid_ms = minutes * MINUTE_MS + 1
    rate = int(other.get("rate_micros_per_hour", RATE))
    made = Entry(
        entry_id=entry_id,
        line=line,
        project_id=3,
        activity="annotate",
        basis="time",
        started_at=MORNING,
        ended_at=Instant(MORNING + paid_ms),
        paid_ms=paid_ms,
        rate_micros_per_hour=RATE,
        quantity=None,
        unit_micros=None,
        amount_micros=-(-rate * paid_ms // HOUR_MS),
        floor_minor_per_hour=FLOOR,
    )
    return replace(made, **other)


def extra(entry_id: int, line: int, basis: str, **other: Any) -> Entry:  # noqa: ANN401
    """Money without time of its own."""
    nothing = {"paid_ms": 0, "rate_micros_per_hour": 0, "floor_minor_per_hour": None}
    at = Instant(END - 1)
    return time_entry(entry_id, line, basis=basis, started_at=at, ended_at=at, **nothing | other)


def entries_v1() -> list[Entry]:
    """Two answers and a wait under the floor, an answer that came late, and the top-up."""
    late = parse_iso("2026-10-31T23:00:00Z")
    work = [
        time_entry(11),
        time_entry(12, minutes=4),
        time_entry(14, 2, activity="wait", minutes=1),
        time_entry(15, 3, started_at=late, ended_at=Instant(late + MINUTE_MS), minutes=0),
    ]
    return [*work, _top_up(work, 21, 4, version=1)]


def entries_v2() -> list[Entry]:
    """Every basis there is, in two projects."""
    work = [
        time_entry(11),
        time_entry(12, minutes=4),
        _pieces(13, 2, 7, 31_000_000),
        _audio(16, 3, 95_000, 55_000_000),
        time_entry(17, 4, basis="correction", amount_micros=100_000_001, minutes=2),
    ]
    more = [
        extra(18, 5, "premium", amount_micros=-(-10**8 * 1_020_001 // HOUR_MS), quantity=1_020_001,
              unit_micros=10**8),
        extra(19, 6, "overtime", amount_micros=33_333_334, quantity=900_000),
        extra(20, 7, "expense", amount_micros=25 * MICROS),
        extra(22, 8, "royalty", amount_micros=1_234_567, activity="royalty"),
        extra(23, 9, "block", amount_micros=-(-RATE * 300_000 // HOUR_MS), quantity=300_000,
              unit_micros=RATE),
        extra(24, 10, "cancellation", amount_micros=99 * MICROS),
    ]  # fmt: skip
    return [*work, *more, _top_up(work, 31, 11, version=2)]


def document(entries: Sequence[Entry], version: int, **other: Any) -> dict[str, Any]:  # noqa: ANN401
    """Write the statement of these entries; `other` replaces parts of it."""
    lines = _lines(entries, version)
    gross = sum(one.amount_micros for one in entries)
    carried = 250_000
    whole, carry = divmod(carried + gross, MICROS)
    totals = _totals(entries, version) | {
        "gross": gross,
        "carried_in": carried,
        "to_pay": whole * MICROS,
        "carried_out": carry,
    }
    amounts: dict[str, Any] = {name: show_amount(one, CURRENCY) for name, one in totals.items()}
    paid_ms = sum(one.paid_ms for one in entries)
    return {
        "format": f"fairhand-statement/v{version}",
        "person": {"id": 7, "country": "GB", "region": "", "simulated": False},
        "period": {"id": 4, "starts_at": iso(START), "ends_at": iso(END)},
        "currency": CURRENCY,
        "lines": lines,
        "floor": _floor_part(entries, version),
        "totals": {"paid_ms": paid_ms, **amounts},
        "previous_sha256": hashlib.sha256(b"the one before").hexdigest(),
        **other,
    }


def bundle(
    entries: Sequence[Entry],
    body: Mapping[str, Any],
    *,
    signer: Signer = SIGNER,
    at: int = 5,
    size: int = 11,
    **event: Any,  # noqa: ANN401
) -> Bundle:
    """Put a bundle together whose receipt is of leaf `at` in a log of `size`."""
    text = canonical(dict(body)).decode()
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    said = {"period": 4, "person": 7, "statements": [sha256], "simulated": False, **event}
    opening = Opening("pay.statement_made", MADE, SALT, canonical(said).decode())
    hashes = [merkle.leaf_hash(b"leaf %d" % index) for index in range(size)]
    hashes[at] = merkle.leaf_hash(opening.leaf())
    proof = merkle.inclusion_proof(at, size, lambda start, end: merkle.root(hashes[start:end]))
    note = sign_checkpoint(Checkpoint(signer.name, size, merkle.root(hashes)), signer)
    receipt = Receipt(at, tuple(proof), note, opening.leaf(), opening)
    return Bundle(text, sha256, tuple(entries), receipt.text(), "sealed", signer.verifier.vkey)


def good(version: int) -> Bundle:
    """A bundle in which all is right."""
    entries = entries_v1() if version == 1 else entries_v2()
    return bundle(entries, document(entries, version))


def handed_over(version: int, retired_at: Instant = MADE) -> Bundle:
    """A right bundle of an old key that was made after the log got its next one."""
    notes = (
        make_handover(SIGNER, NEXT, 8, START),
        make_retirement(SIGNER.verifier, NEXT, 20, retired_at),
    )
    return replace(good(version), log_key=NEXT.verifier.vkey, handovers=notes)


def tampered(text: str, change: Mapping[str, Any]) -> str:
    """Change parts of a bundle and make its digest again, as whoever forges one would."""
    data = json.loads(text) | change
    del data["digest"]
    data["digest"] = hashlib.sha256(canonical(data)).hexdigest()
    return canonical(data).decode()


def _pieces(entry_id: int, line: int, pieces: int, unit: int) -> Entry:
    made = time_entry(entry_id, line, minutes=3, basis="piece", project_id=5)
    return replace(made, quantity=pieces, unit_micros=unit, amount_micros=pieces * unit)


def _audio(entry_id: int, line: int, audio_ms: int, unit: int) -> Entry:
    amount = -(-unit * audio_ms // MINUTE_MS)
    made = time_entry(entry_id, line, minutes=9, basis="audio", project_id=5)
    return replace(made, quantity=audio_ms, unit_micros=unit, amount_micros=amount)


def _top_up(work: Sequence[Entry], entry_id: int, line: int, *, version: int) -> Entry:
    project = work[0].project_id
    mine = [one for one in work if one.project_id == project]
    missing = _due(mine, version) - Fraction(sum(one.amount_micros for one in mine), MICROS)
    minor = -(-missing.numerator // missing.denominator)
    assert minor > 0, "the vector has a top-up to show"
    return extra(entry_id, line, "top_up", activity="top_up", amount_micros=minor * MICROS)


def _due(work: Sequence[Entry], version: int) -> Fraction:
    hourly = [
        max(
            (one.floor_minor_per_hour or 0) * MICROS, one.rate_micros_per_hour if version > 1 else 0
        )
        for one in work
    ]
    total = sum(rate * one.paid_ms for rate, one in zip(hourly, work, strict=True))
    return Fraction(total, HOUR_MS * MICROS)


def _lines(entries: Sequence[Entry], version: int) -> list[dict[str, Any]]:
    numbers = sorted({one.line for one in entries})
    groups = [[one for one in entries if one.line == number] for number in numbers]
    write = _line_v1 if version == 1 else _line_v2
    return [write(group) for group in groups]


def _line_v1(group: Sequence[Entry]) -> dict[str, Any]:
    first = group[0]
    ledger: dict[str, Any] = {
        "entries": len(group),
        "first": group[0].entry_id,
        "last": group[-1].entry_id,
    }
    line: dict[str, Any] = {
        "kind": first.basis,
        "project": {"id": first.project_id, "title": "Digits"},
        "amount": show_amount(sum(one.amount_micros for one in group), CURRENCY),
        "ledger": ledger,
    }
    if first.basis == "top_up":
        return line
    ledger["sha256"] = ledger_hash(group)
    return line | {
        "activity": first.activity,
        "late_from_earlier_period": first.ended_at < START,
        "paid_ms": sum(one.paid_ms for one in group),
        "rate_per_hour": show_amount(first.rate_micros_per_hour, CURRENCY),
    }


def _line_v2(group: Sequence[Entry]) -> dict[str, Any]:
    first = group[0]
    unit = first.unit_micros
    return {
        "n": first.line,
        "kind": first.basis,
        "project": {"id": first.project_id, "title": "Zahlen · أرقام"},
        "activity": first.activity,
        "late_from_earlier_period": first.ended_at < START,
        "paid_ms": sum(one.paid_ms for one in group),
        "quantity": None if first.quantity is None else sum(one.quantity or 0 for one in group),
        "unit_amount": None if unit is None else show_amount(unit, CURRENCY),
        "rate_per_hour": show_amount(first.rate_micros_per_hour, CURRENCY),
        "amount": show_amount(sum(one.amount_micros for one in group), CURRENCY),
        "counts_for_floor": counts_for_floor(first.basis, first.paid_ms),
        "floor_per_hour": None if first.floor_minor_per_hour is None else "12.71",
        "why": "",
        "corrects": None,
        "ledger": {
            "entries": len(group),
            "first": group[0].entry_id,
            "last": group[-1].entry_id,
            "sha256": ledger_hash(group),
        },
    }


def _floor_part(entries: Sequence[Entry], version: int) -> dict[str, Any]:
    work = [one for one in entries if counts_for_floor(one.basis, one.paid_ms)]
    tops = {one.project_id: one.amount_micros for one in entries if one.basis == "top_up"}
    paid_ms = sum(one.paid_ms for one in work)
    floor: dict[str, Any] = {
        "row": "gb-2026",
        "per_hour": "12.71",
        "paid_ms": paid_ms,
        "valid_from": "2026-04-01",
        "source_title": "SI 2026/357",
        "source_url": "https://www.legislation.gov.uk/uksi/2026/357",
        "source_class": "A",
    }
    if version > 1:
        floor |= {"currency": CURRENCY, "in_currency": None}
    return {
        "formula": "top-up = max(0, sum(floor * paid hours) - accrued), rounded up; per project",
        "projects": [
            _project(project, [one for one in work if one.project_id == project], tops, version)
            for project in sorted({one.project_id for one in work})
        ],
        "floors": [floor],
        "paid_ms_without_floor": 0,
    }


def _project(
    project: int, work: Sequence[Entry], tops: Mapping[int, int], version: int
) -> dict[str, Any]:
    due = _due(work, version)
    return {
        "project_id": project,
        "paid_ms": sum(one.paid_ms for one in work),
        "accrued": show_amount(sum(one.amount_micros for one in work), CURRENCY),
        "due_minor_units": f"{due.numerator}/{due.denominator}",
        "top_up": show_amount(tops.get(project, 0), CURRENCY),
    }


def _totals(entries: Sequence[Entry], version: int) -> dict[str, int]:
    def of(*bases: str) -> int:
        return sum(one.amount_micros for one in entries if one.basis in bases)

    if version == 1:
        return {"accrued": of("time"), "top_up": of("top_up")}
    return {
        "base": of("time", "piece", "audio", "block", "cancellation"),
        "premiums": of("premium", "overtime"),
        "expenses": of("expense"),
        "royalties": of("royalty"),
        "corrections": of("correction"),
        "top_up": of("top_up"),
    }
