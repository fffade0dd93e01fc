"""Every language says everything, with the same placeholders, and writes figures exactly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from babel.messages.extract import extract
from hypothesis import given
from hypothesis import strategies as st

import fairhand
from fairhand.core.clock import parse_iso
from fairhand.core.money import MICROS, exponent
from fairhand.core.words import LANGUAGES, SOURCE, language_of, load_messages, words_for

ROOT = Path(fairhand.__file__).parent
SOURCES = (
    ROOT / "core/words.py",
    *sorted((ROOT / "pay/paper").glob("*.py")),
    ROOT / "pay/disputes/rules.py",
    ROOT / "pay/policies/words.py",
    ROOT / "pay/royalties/words.py",
    ROOT / "people/conduct/words.py",
    ROOT / "use_cases/read_offers.py",
    ROOT / "web/desk/routes.py",
    ROOT / "web/rights/decisions.py",
    ROOT / "web/wages/earnings.py",
    ROOT / "web/school/credentials.py",
    ROOT / "web/school/exams.py",
    ROOT / "web/school/lessons.py",
    ROOT / "web/school/path.py",
    ROOT / "web/school/practice.py",
    ROOT / "web/school/talent.py",
    ROOT / "web/shared/charts.py",
    ROOT / "web/shared/pages.py",
    ROOT / "web/wellbeing/care.py",
    ROOT / "web/shared/task_picture.py",
    *(path for path in sorted(ROOT.rglob("*.py")) if "words import later as _" in path.read_text()),
)
TEMPLATES = tuple(
    ROOT / "web" / name
    for name in (
        "wages/templates/bookings.html",
        "wages/templates/dispute_counter.html",
        "wages/templates/dispute_new.html",
        "wages/templates/disputes.html",
        "wages/templates/earnings.html",
        "wages/templates/payout.html",
        "wages/templates/royalties.html",
        "wages/templates/time_record.html",
        "wellbeing/templates/care.html",
        "wellbeing/templates/check_ins.html",
        "wellbeing/templates/own_content.html",
        "wellbeing/templates/own_limits.html",
        "wages/templates/statement.html",
        "wages/templates/earnings_nav.html",
        "rights/templates/account.html",
        "rights/templates/contract.html",
        "rights/templates/erase.html",
        "rights/templates/erased.html",
        "rights/templates/given.html",
        "rights/templates/given_hide.html",
        "rights/templates/given_thing.html",
        "rights/templates/given_things.html",
        "rights/templates/join.html",
        "rights/templates/own_data.html",
        "rights/templates/receipt.html",
        "rights/templates/rights_appeal.html",
        "rights/templates/rights_decision.html",
        "rights/templates/rights_decisions.html",
        "rights/templates/rights_groups.html",
        "rights/templates/rights_reason.html",
        "desk/templates/forgotten.html",
        "desk/templates/home.html",
        "desk/templates/offline.html",
        "desk/templates/own_answers.html",
        "proof/templates/wallet.html",
        "school/templates/credentials.html",
        "school/templates/exam.html",
        "school/templates/learn.html",
        "school/templates/learn_closed.html",
        "school/templates/lesson.html",
        "school/templates/lesson_task.html",
        "school/templates/path.html",
        "school/templates/practice.html",
        "school/templates/talent.html",
        "shared/templates/base.html",
        "shared/templates/error.html",
        "shared/templates/signin.html",
        "shared/templates/learn_nav.html",
        "shared/templates/own_events.html",
        "shared/templates/rights_nav.html",
        "shared/templates/wellbeing_nav.html",
    )
)
NAMES = {"findahelpline", "com", "Fairhand", "SHA", "UTC", "API", "IBAN", "doctype", "html"}
IN_PYTHON = {"_": None, "words": None, "_words": None, "self": None, "plural": (1, 2)}
IN_PAGES = {"_": None, "ngettext": (1, 2)}
OTHERS = [language for language in LANGUAGES if language != SOURCE]


def messages() -> Iterator[tuple[str, ...]]:
    """List every message that the code and the pages say: one form, or one and many."""
    for method, keywords, files in (
        ("python", IN_PYTHON, SOURCES),
        ("jinja2.ext:babel_extract", IN_PAGES, TEMPLATES),
    ):
        for path in files:
            with path.open("rb") as file:
                for _, found, _, _ in extract(method, file, keywords=keywords):
                    yield (found,) if isinstance(found, str) else tuple(found)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w*)\}", text))


def test_the_pages_and_papers_say_something() -> None:
    assert len(set(messages())) > 130


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_is_said_in_every_language_and_none_is_left_over(language: str) -> None:
    wanted = {message[0] for message in messages()}
    assert set(load_messages(language)) == wanted


@pytest.mark.parametrize("language", OTHERS)
def test_every_translation_has_the_placeholders_of_its_source(language: str) -> None:
    said = load_messages(language)
    wrong = [
        message[0]
        for message in set(messages())
        for form in said[message[0]]
        if placeholders(form) != placeholders(message[-1])
    ]
    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_plurals_have_as_many_forms_as_the_source(language: str) -> None:
    said = load_messages(language)
    for message in set(messages()):
        assert len(said[message[0]]) == len(message), message


def bare_words(page: str) -> list[str]:
    """List what a template says outside the catalogues: between tags, and in spoken attributes."""
    said = re.sub(r"\{#.*?#\}|<(script|code|pre)\b.*?</\1>", "", page, flags=re.S)
    given = re.findall(r"fields\.(?:field|area|choice)\(.*?\)\s*\}\}", said, flags=re.S)
    spoken = [re.sub(r"_\((['\"]).*?\1", "", one) for one in given]
    found = [text for one in spoken for text in re.findall(r"'([A-Z][a-z]+[^']*)'", one)]
    said = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", said, flags=re.S)
    found += re.findall(
        r"(?:aria-label|data-label|placeholder|alt|title)=\"([^\"]*[A-Za-z]{2}.*?)\"", said
    )
    between = re.sub(r"<[^>]*>|&\w+;", "\n", said)
    return found + [word for word in re.findall(r"[A-Za-z]{2,}", between) if word not in NAMES]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_what_a_page_says_is_in_the_catalogues(path: Path) -> None:
    assert bare_words(path.read_text()) == []


def test_bare_words_are_found() -> None:
    page = """<h1>Hello {{ name }}</h1> <p aria-label="To you">{{ _('Hi') }}</p>
    {{ fields.field(form, 'place', _('Where'), 'As KE', type='text') }}"""
    assert bare_words(page) == ["As KE", "To you", "Hello"]


def test_plurals_are_right() -> None:
    pieces = ("{n} piece", "{n} pieces")
    assert [words_for("en").plural(*pieces, n) for n in (0, 1, 2)] == [
        "0 pieces",
        "1 piece",
        "2 pieces",
    ]
    assert words_for("fr").plural(*pieces, 0) == "0 pièce"
    assert words_for("fr-SN").plural(*pieces, 2) == "2 pièces"
    assert words_for("sw").plural(*pieces, 1) == "kipande 1"
    assert words_for("sw_KE").plural(*pieces, 1_000) == "vipande 1,000"
    assert words_for("de").plural(*pieces, 1) == "1 Stück"
    assert words_for("es").plural(*pieces, 7) == "7 piezas"


def test_a_language_that_is_not_there_is_english() -> None:
    assert language_of("xx-YY") == "en"
    assert language_of("") == "en"
    assert language_of("SW_ke") == "sw"
    assert words_for("pt")("Paid time") == "Paid time"


def test_money_dates_and_shares_are_written_as_the_language_does() -> None:
    at = parse_iso("2026-12-01T00:05:00Z")
    german, swahili, french = words_for("de"), words_for("sw"), words_for("fr")
    assert german.amount("1234.50000001", "EUR") == "1.234,50000001\u00a0EUR"
    assert swahili.money(123_456_789 * MICROS, "KES") == "KES\u00a01,234,567.89"
    assert french.money(1_500 * MICROS, "JPY").replace("\u202f", " ") == "1 500\u00a0JPY"
    assert german.amount("2.667", "TND") == "2,667\u00a0TND"
    assert german.percent(Fraction(98_799, 100_000)).replace("\u00a0", " ") == "98,7 %"
    assert words_for("en").moment(at) == "1 Dec 2026, 00:05 UTC"
    assert german.moment(at) == "01.12.2026, 00:05 UTC"
    assert words_for("en").duration(3_725_000) == "1 h 2 min"


@given(
    micros=st.integers(-(10**24), 10**24),
    currency=st.sampled_from(["EUR", "JPY", "TND", "KES"]),
    language=st.sampled_from(sorted(LANGUAGES)),
)
def test_no_digit_of_an_amount_is_lost(micros: int, currency: str, language: str) -> None:
    exact = Decimal(micros).scaleb(-6 - exponent(currency))
    text = words_for(language).amount(f"{exact:f}", currency)
    point = "," if language in ("fr", "es", "de") else "."
    digits = re.sub(rf"[^0-9{re.escape(point)}-]", "", text.replace("\u2212", "-"))
    assert Decimal(digits.replace(point, ".")) == exact
