"""A statement on paper: small, the same bytes every time, in the person's language."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.words import LANGUAGES, load_messages, words_for
from fairhand.pay.evidence.entries import show_amount
from fairhand.pay.paper.pdf import drawable, make_pdf
from fairhand.pay.paper.sheet import Beside, Sheet, Year, make_sheet
from fairhand.pay.paper.sms import LONGEST, short_message
from tests.bundles import MADE, bundle, document, entries_v2, good, time_entry

VERSIONS = (1, 2)
YEAR = Year(2026, 3, 3_700_000, "12.50", "1.25", "12.00")
BESIDE = Beside(
    number=12,
    sha256="f1" * 32,
    made_at=MADE,
    address="https://pay.example.org",
    log="log.example/carmen",
    root="AbCd" * 11,
    size=11,
    share=Fraction(987, 1000),
    year=YEAR,
)


def sheet(version: int = 2, language: str = "en", beside: Beside = BESIDE) -> Sheet:
    return make_sheet(json.loads(good(version).statement), beside, words_for(language))


def everything(of: Sheet) -> str:
    said = [of.title, *of.about, of.to_pay]
    for row in of.rows:
        said += [row.project, row.what, row.how, row.amount, *row.notes, *row.evidence]
    for part in of.parts:
        said += [part.title, *(word for fact in part.facts for word in fact), *part.words]
    return " ".join(said).replace("\u00a0", " ")


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("version", VERSIONS)
def test_a_pdf_is_small_tells_its_language_and_is_the_same_every_time(
    version: int, language: str
) -> None:
    words = words_for(language)
    made = make_pdf(sheet(version, language), words)

    assert made == make_pdf(sheet(version, language), words)
    assert made.startswith(b"%PDF-")
    assert len(made) < 60_000
    assert f"/Lang ({language})".encode() in made
    assert b"/DisplayDocTitle true" in made
    assert b"/ToUnicode" in made, "what is drawn can be selected and searched"
    assert b"D:20261201000500" in made


def test_a_long_statement_runs_over_pages_and_stays_small() -> None:
    entries = [
        time_entry(entry, entry, minutes=entry, rate_micros_per_hour=600_000_000 + entry)
        for entry in range(1, 121)
    ]
    said = json.loads(bundle(entries, document(entries, 2)).statement)
    made = make_pdf(make_sheet(said, BESIDE, words_for("sw")), words_for("sw"))
    assert len(made) < 60_000
    assert len(re.findall(rb"/Type /Page\b", made)) > 5


@pytest.mark.parametrize("version", VERSIONS)
def test_a_sheet_says_formula_floor_source_carry_year_share_proof_and_dispute(version: int) -> None:
    text = everything(sheet(version))
    for wanted in (
        "(1,260,002 ms) × GBP 6.00 an hour",
        "SI 2026/357 (A)",
        "GBP 12.71 an hour since 2026-04-01",
        "Brought over",
        "GBP 0.0025",
        "Goes to the next statement",
        "The year 2026 so far",
        "98.7%",
        "Fees",
        "log.example/carmen",
        "AbCd" * 11,
        "f1" * 32,
        "https://pay.example.org/verify",
        "https://pay.example.org/earnings/disputes/new?statement=12",
    ):
        assert wanted in text, wanted


def test_a_sheet_says_how_pieces_audio_and_extras_are_counted() -> None:
    text = everything(sheet(2))
    for wanted in (
        "7 pieces × GBP 0.31, at least GBP 6.00 an hour",
        "1 min 35 s (95,000 ms) of audio × GBP 0.55 a minute",
        "17 min 0 s (1,020,001 ms) × GBP 1.00 an hour",
        "for 15 min 0 s (900,000 ms)",
        "the floor asks",
    ):
        assert wanted in text, wanted


def test_what_is_not_sealed_yet_is_said() -> None:
    waiting = sheet(beside=replace(BESIDE, root=None, size=None, share=None))
    assert "has not sealed" in everything(waiting)
    assert "engaged" not in everything(waiting)


def test_a_floor_from_another_currency_shows_its_rate_and_source() -> None:
    said = json.loads(good(2).statement)
    said["floor"]["floors"][0] |= {
        "currency": "KES",
        "per_hour": "161.34",
        "in_currency": {
            "per_hour": "12.71",
            "rate": "0.0788",
            "as_of": "2026-11-20",
            "source_title": "Central Bank of Kenya",
        },
    }
    text = everything(make_sheet(said, BESIDE, words_for("en")))
    assert "KES 161.34 an hour" in text
    assert "GBP 12.71 at a rate of 0.0788 of 2026-11-20, from Central Bank of Kenya" in text


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_every_letter_of_a_language_can_be_drawn(language: str) -> None:
    for forms in load_messages(language).values():
        for line in "\n".join(forms).splitlines():
            assert drawable(line) == line


def test_a_letter_that_cannot_be_drawn_leaves_a_sign() -> None:
    assert drawable("Ωμέγα Жё Ŵ € ₦ أ 字") == "Ωμέγα Жё Ŵ € ₦ \ufffd \ufffd"


@given(
    language=st.sampled_from(sorted(LANGUAGES)),
    micros=st.integers(0, 10**20),
    paid_ms=st.integers(0, 10**12),
    number=st.integers(1, 2**53),
)
def test_a_short_message_never_has_more_than_160_characters(
    language: str, micros: int, paid_ms: int, number: int
) -> None:
    amount = show_amount(micros, "KES")
    said = {
        "currency": "KES",
        "totals": {"to_pay": amount, "top_up": amount, "paid_ms": paid_ms},
    }
    text = short_message(said, number, "f1" * 32, words_for(language))
    assert len(text) <= LONGEST
    assert str(number) in text


def test_a_short_message_of_a_usual_statement_says_all() -> None:
    said = document(entries_v2(), 2)
    text = short_message(said, 12, "f1" * 32, words_for("en")).replace("\u00a0", " ")
    assert text == (
        "Fairhand: statement 12. GBP 10.29 to pay for 35 min 0 s. Top-up to the floor: GBP 1.78. "
        "Fees: 0. Fingerprint f1f1f1f1f1f1"
    )
