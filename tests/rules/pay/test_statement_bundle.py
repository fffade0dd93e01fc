"""A bundle proves a statement to anybody, and the least change to it is seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import Instant
from fairhand.core.money import MICROS
from fairhand.pay.evidence.assign import assign_lines
from fairhand.pay.evidence.entries import EvidenceError, parse_amount, read_entry, show_amount
from fairhand.pay.evidence.reading import read_document
from fairhand.proof.log.note import Signer
from fairhand.proof.log.rotation import make_handover
from fairhand.use_cases.read_bundle import Bundle, verify_bundle
from tests.bundles import (
    FLOOR,
    MADE,
    NEXT,
    bundle,
    document,
    entries_v1,
    entries_v2,
    good,
    handed_over,
    tampered,
    time_entry,
)
from tests.cast import SIGNER

VERSIONS = (1, 2)
OTHER = Signer("log.example/dmitri", Ed25519PrivateKey.from_private_bytes(b"d" * 32))


def states(text: str) -> dict[str, str]:
    return {check.name: check.state for check in verify_bundle(text, SIGNER.verifier).checks}


def failed(text: str) -> set[str]:
    report = verify_bundle(text, SIGNER.verifier)
    return {check.name for check in report.checks if check.state == "failed"}


def forged(of: Bundle, **change: Any) -> Bundle:  # noqa: ANN401
    """Another statement over the same entries, in the log as the real one is."""
    body = json.loads(of.statement)
    for path, value in change.items():
        *where, last = path.split("__")
        at: Any = body
        for step in where:
            at = at[int(step) if step.isdigit() else step]
        at[last] = value
    return bundle(of.entries, body)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_right_bundle_passes_every_check(version: int) -> None:
    report = verify_bundle(good(version).text(), SIGNER.verifier)

    assert report.ok, report.issues
    assert [check.name for check in report.checks] == [
        "form",
        "fingerprint",
        "lines",
        "amounts",
        "floor",
        "sums",
        "carry",
        "receipt",
        "signature",
    ]


def believed_with_a_bit_changed(text: str, bits: Callable[[int], Iterable[int]]) -> list[int]:
    raw = text.encode()
    found = []
    for place in range(len(raw)):
        for bit in bits(place):
            changed = bytearray(raw)
            changed[place] ^= 1 << bit
            if verify_bundle(changed.decode("utf-8", "surrogateescape"), SIGNER.verifier).ok:
                found.append(place)
    return found


def test_every_single_bit_of_a_bundle_matters() -> None:
    entries = [time_entry(11, rate_micros_per_hour=FLOOR * MICROS)]
    small = bundle(entries, document(entries, 1), at=0, size=2).text()

    assert verify_bundle(small, SIGNER.verifier).ok
    assert believed_with_a_bit_changed(small, lambda _place: range(8)) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_single_byte_of_a_larger_bundle_matters(version: int) -> None:
    text = good(version).text()
    assert believed_with_a_bit_changed(text, lambda place: (place % 8,)) == []


@pytest.mark.parametrize("version", VERSIONS)
@given(data=st.data())
def test_no_byte_can_be_added_or_left_out(version: int, data: st.DataObject) -> None:
    text = good(version).text()
    place = data.draw(st.integers(0, len(text) - 1))
    added = data.draw(st.sampled_from([" ", "\n", "\t", "0", '"', ",", "{", "\ufeff"]))
    assert not verify_bundle(text[:place] + added + text[place:], SIGNER.verifier).ok
    assert not verify_bundle(text[:place] + text[place + 1 :], SIGNER.verifier).ok


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:  # noqa: ANN401
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, (*path, key))
    elif isinstance(value, list):
        for key, one in enumerate(value):
            yield from leaves(one, (*path, key))
    else:
        yield path, value


@pytest.mark.parametrize("version", VERSIONS)
def test_even_with_a_new_digest_no_figure_of_an_entry_can_be_changed(version: int) -> None:
    """Of an entry, the log binds what its line's hash and sums bind: all but its moments."""
    text = good(version).text()
    entries = json.loads(text)["entries"]
    believed = set()
    for (index, name), value in leaves(entries):
        if isinstance(value, int):
            other: Any = value + 1
        elif value is None:
            other = "1" if name != "quantity" else 1
        elif name in ("started_at", "ended_at"):
            other = value.replace(".0", ".1")
        elif name in ("activity", "basis"):
            other = value + "x"
        else:
            other = str(int(value) + 1)
        changed = json.loads(text)["entries"]
        changed[index][name] = other
        if verify_bundle(tampered(text, {"entries": changed}), SIGNER.verifier).ok:
            believed.add((entries[index]["basis"], name))
    moments = {name for _, name in believed if name.endswith("_at")}
    # A floor without time under it asks for nothing; a price where no formula uses it is a remark.
    idle = {name for _, name in believed} - moments
    assert moments <= {"started_at", "ended_at"}
    assert idle <= {"floor_minor_per_hour", "quantity", "unit_micros", "rate_micros_per_hour"}
    assert {basis for basis, name in believed if name in idle} <= {
        "time", "correction", "top_up", "overtime", "royalty", "cancellation", "expense", "premium",
        "block",
    }  # fmt: skip
    counted = {"time", "piece", "audio", "correction"}
    assert not {
        (basis, name)
        for basis, name in believed
        if basis in counted and name in ("floor_minor_per_hour", "rate_micros_per_hour")
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_a_statement_that_the_log_does_not_name_is_not_believed(version: int) -> None:
    right = good(version)
    wrong = forged(right, person__country="KE")
    mixed = replace(wrong, receipt=right.receipt)

    assert failed(mixed.text()) == {"receipt"}
    assert failed(tampered(right.text(), {"statement": wrong.statement})) == {"form"}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"lines__0__amount": "99.00"}, "lines"),
        ({"lines__0__ledger__entries": 3}, "lines"),
        ({"lines__0__ledger__sha256": "0" * 64}, "lines"),
        ({"lines__0__paid_ms": 1}, "lines"),
        ({"lines__0__project__id": 9}, "lines"),
        ({"lines__0__activity": "read"}, "lines"),
        ({"lines__0__rate_per_hour": "6.01"}, "lines"),
        ({"lines__0__late_from_earlier_period": True}, "lines"),
        ({"floor__projects__0__due_minor_units": "1/1"}, "floor"),
        ({"floor__projects__0__top_up": "0.00"}, "floor"),
        ({"floor__projects__0__accrued": "0.00"}, "floor"),
        ({"floor__floors__0__per_hour": "12.70"}, "floor"),
        ({"floor__floors__0__paid_ms": 1}, "floor"),
        ({"floor__paid_ms_without_floor": 1}, "floor"),
        ({"floor__projects": []}, "floor"),
        ({"totals__gross": "99.00"}, "sums"),
        ({"totals__paid_ms": 1}, "sums"),
        ({"totals__top_up": "0.00"}, "sums"),
        ({"totals__to_pay": "1000.00"}, "sums"),
        ({"totals__carried_in": "0.000000001"}, "form"),
        ({"previous_sha256": None}, "carry"),
        ({"previous_sha256": "who knows"}, "carry"),
        ({"currency": "pounds"}, "form"),
        ({"format": "fairhand-statement/v3"}, "form"),
        ({"lines": None}, "form"),
        ({"period__ends_at": "yesterday"}, "form"),
        ({"floor__projects__0__due_minor_units": "2/4"}, "form"),
    ],
)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_wrong_statement_is_seen_even_when_it_is_in_the_log(
    version: int, change: dict[str, Any], name: str
) -> None:
    assert name in failed(forged(good(version), **change).text())


def test_a_top_up_that_is_a_cent_short_is_seen() -> None:
    for version, entries in ((1, entries_v1()), (2, entries_v2())):
        short = replace(entries[-1], amount_micros=entries[-1].amount_micros - MICROS)
        work = [*entries[:-1], short]
        assert "floor" in failed(bundle(work, document(work, version)).text())


def test_an_amount_below_its_formula_is_seen() -> None:
    entries = entries_v2()
    for index, one in enumerate(entries):
        if one.basis in ("time", "piece", "audio", "premium", "block"):
            wrong = [*entries]
            wrong[index] = replace(one, amount_micros=one.amount_micros - 1)
            assert "amounts" in failed(bundle(wrong, document(wrong, 2)).text())


def test_time_cannot_be_hidden_from_the_floor() -> None:
    entries = entries_v2()
    hidden = [*entries, time_entry(40, 12, basis="overtime", minutes=60)]
    assert "amounts" in failed(bundle(hidden, document(hidden, 2)).text())


def test_the_receipt_must_be_of_this_person_period_and_kind() -> None:
    right = good(2)
    body = json.loads(right.statement)
    for event in ({"person": 8}, {"period": 5}, {"simulated": True}, {"statements": ["0" * 64]}):
        assert failed(bundle(right.entries, body, **event).text()) == {"receipt"}


def test_another_key_than_the_trusted_one_is_refused() -> None:
    right = good(1)
    theirs = bundle(right.entries, json.loads(right.statement), signer=OTHER)

    assert verify_bundle(theirs.text()).ok
    assert failed(theirs.text()) == {"receipt"}
    assert failed(replace(theirs, log_key=right.log_key).text()) == {"receipt"}
    hinted = verify_bundle(right.text()).checks[-1]
    assert (hinted.name, hinted.state) == ("signature", "ok")
    assert "compare" in hinted.words


@pytest.mark.parametrize("version", VERSIONS)
def test_a_bundle_holds_under_each_key_that_its_notes_lead_to(version: int) -> None:
    held = handed_over(version)
    for key in (SIGNER.verifier, NEXT.verifier, None):
        assert verify_bundle(held.text(), key).ok, key
    assert verify_bundle(held.text(), [SIGNER.verifier, NEXT.verifier]).ok
    assert failed(replace(held, handovers=()).text()) == {"receipt"}

    # An older bundle has no notes; they are to be had elsewhere.
    old = good(version).text()
    assert not verify_bundle(old, NEXT.verifier).ok
    assert verify_bundle(old, NEXT.verifier, held.handovers).ok


def test_a_retired_key_and_a_strangers_note_prove_nothing() -> None:
    held = handed_over(2)
    retired = handed_over(2, Instant(MADE - 1))
    report = verify_bundle(retired.text(), NEXT.verifier)
    assert report.checks[-1].words == "the key that signed it was retired before"
    theirs = Signer(SIGNER.name, OTHER.private_key)
    forged_note = make_handover(theirs, NEXT, 8, MADE)
    unsigned = held.handovers[0].replace("\n8\n", "\n9\n")
    two = make_handover(SIGNER, theirs, 8, MADE)
    for notes in ((forged_note,), (unsigned,), (*held.handovers, two)):
        assert failed(replace(held, handovers=notes).text()) == {"receipt"}, notes
    for none in ([], "", [1], None):
        assert failed(tampered(held.text(), {"handovers": none})) == {"form"}


def test_what_is_not_sealed_yet_is_said_to_be_unproven() -> None:
    waiting = replace(good(1), receipt=None, sealed="not_sealed")
    report = verify_bundle(waiting.text(), SIGNER.verifier)

    assert not report.ok
    assert states(waiting.text())["receipt"] == "open"
    assert failed(waiting.text()) == set()
    assert states(replace(waiting, sealed="erased").text())["receipt"] == "open"
    assert failed(replace(waiting, sealed="sealed").text()) == {"receipt"}
    assert failed(replace(good(1), sealed="not_sealed").text()) == {"receipt"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"format":"fairhand-statement-bundle/v1"}',
        "[" * 100_000,
        '"\\ud800"',
    ],
)
def test_what_is_no_bundle_is_refused_in_words(text: str) -> None:
    report = verify_bundle(text, SIGNER.verifier)
    assert [(check.name, check.state) for check in report.checks] == [("form", "failed")]


@pytest.mark.parametrize("entries", [entries_v1(), entries_v2()], ids=["v1", "v2"])
def test_each_entry_finds_the_line_that_counts_it(entries: list[Any]) -> None:
    version = 1 if len(entries) == 5 else 2
    read = read_document(document(entries, version))
    unnumbered = [replace(one, line=0) for one in entries]

    assert assign_lines(read, unnumbered) == entries
    with pytest.raises(EvidenceError, match="no line"):
        assign_lines(read, [*unnumbered, time_entry(99, 0)])


def test_lines_that_differ_only_in_their_reason_are_told_apart_by_their_hashes() -> None:
    entries = [
        time_entry(11, 1),
        time_entry(12, 2, minutes=3),
        time_entry(13, 1, minutes=5),
        time_entry(14, 2, minutes=7),
        time_entry(15, 2, minutes=9),
    ]
    read = read_document(document(entries, 2))

    assert assign_lines(read, [replace(one, line=0) for one in entries]) == entries


@given(
    st.integers(-(10**24), 10**24),
    st.sampled_from(["EUR", "JPY", "TND", "KES"]),
)
def test_an_amount_has_one_way_to_be_written(micros: int, currency: str) -> None:
    text = show_amount(micros, currency)
    assert parse_amount(text, currency) == micros
    longer = f"{text}0" if "." in text else f"{text}.0"
    for other in (longer, f"0{text}", f"+{text}", f" {text}", f"{text}."):
        with pytest.raises(EvidenceError):
            parse_amount(other, currency)


def test_an_entry_with_anything_more_or_less_is_refused() -> None:
    right = time_entry(1).as_json()
    assert read_entry(right) == time_entry(1)
    for wrong in (
        right | {"more": 1},
        {name: value for name, value in right.items() if name != "line"},
        right | {"paid_ms": True},
        right | {"paid_ms": 1.0},
        right | {"amount_micros": "01"},
        right | {"amount_micros": "-0"},
        right | {"started_at": "2026-11-21T09:30:00Z"},
        right | {"started_at": None},
        right | {"basis": "Time"},
    ):
        with pytest.raises(EvidenceError):
            read_entry(wrong)
