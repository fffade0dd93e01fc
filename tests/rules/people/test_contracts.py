"""The linter stops at what no contract may say, and leaves alone what protects people."""

from __future__ import annotations

import pytest

from fairhand.people.council.contracts import (
    DEFAULT,
    changes,
    contract_issues,
    is_banned,
    keeps_the_default,
    lint,
    sentences,
)

BANNED = {
    "gag": (
        "You shall not discuss your pay with other workers.",
        "Contributors must keep confidential their rates and working conditions.",
        "Your wages are confidential.",
        "Confidential information includes your pay.",
        "You agree to never disclose any health issue arising from the work.",
        "Nobody may talk about the conditions of work.",
        "You are free to discuss the weather, but you must not talk about wages.",
    ),
    "unpaid_time": (
        "Training is unpaid.",
        "You will not be paid for rejected work.",
        "Reading the guidelines is done on your own time.",
        "Qualification tests are without compensation.",
        "No payment is made for waiting.",
        "Pay for tasks that fail review is withheld.",
    ),
    "no_appeal": (
        "You waive any right to appeal.",
        "The decisions of the platform are final.",
        "All disputes are settled exclusively by binding arbitration.",
        "There is no right to contest a rejection.",
        "Contributors may not appeal against a suspension.",
    ),
    "rate_cut": (
        "We may change the rates at any time.",
        "The company may, at its sole discretion, reduce your pay.",
        "Rates may be adjusted without notice.",
        "These terms may be amended with immediate effect.",
    ),
    "perpetual_rights": (
        "You grant us a perpetual, irrevocable licence to your voice.",
        "You assign all rights in your data in perpetuity.",
    ),
    "machine_ends": (
        "Your account may be terminated at any time for any reason.",
        "Low scores suspend you automatically.",
    ),
}
FAIR = (
    "You are free to discuss your pay and conditions with anybody.",
    "Nobody may keep you from talking about pay.",
    "No time is unpaid.",
    "You do not waive any right to appeal.",
    "We never lower the rates without notice; you are told seven days before.",
    "You may talk about your pay, your health and conditions.",
    "Do not share the images of patients with anybody.",
    "Keep customer data confidential.",
    "Never share personal data of the people in the pictures.",
    "Decisions are made by a person, and you can appeal.",
    "You are paid by bank transfer each week.",
    "Skips are paid and not held against you.",
    "A licence ends after two years and can be withdrawn at any time.",
    "You are not paid less for skipping.",
    "Answers that are not taken are paid.",
    "No machine suspends you.",
    "You are never suspended automatically.",
)


@pytest.mark.parametrize(
    ("clause", "sentence"), [(name, one) for name, ones in BANNED.items() for one in ones]
)
def test_a_banned_clause_is_found_under_its_name(clause: str, sentence: str) -> None:
    found = lint(f"We are glad that you are here. {sentence}")

    assert clause in {one.clause for one in found if one.severity == "error"}
    assert [one.sentence for one in found if one.clause == clause and one.sentence] == [sentence]


@pytest.mark.parametrize("sentence", FAIR)
def test_what_protects_people_or_third_parties_is_left_alone(sentence: str) -> None:
    assert [one for one in lint(sentence) if one.severity == "error"] == []


def test_the_default_contract_is_clean_and_promises_everything() -> None:
    assert lint(DEFAULT) == []
    assert keeps_the_default(lint(DEFAULT), "en")
    assert contract_issues(DEFAULT, "en-GB") == []


def test_what_is_left_out_of_a_contract_is_a_warning_that_no_council_lets_pass() -> None:
    shorter = "\n".join(line for line in DEFAULT.splitlines() if "appeal" not in line)

    found = lint(shorter)

    assert {one.clause for one in found} >= {"appeal"}
    assert not is_banned(found)
    assert not keeps_the_default(found, "en")


def test_a_language_that_the_linter_does_not_know_is_never_taken_for_clean() -> None:
    text = "Kazi yote inalipwa, na unaweza kukata rufaa dhidi ya kila uamuzi."

    assert lint(text, "sw") == []
    assert not keeps_the_default(lint(text, "sw"), "sw")


def test_a_clause_does_not_hide_in_markup_or_behind_line_breaks() -> None:
    text = "# Terms\n\n- **Training** is\n  unpaid.\n2. You shall not discuss\nyour pay."

    assert {one.clause for one in lint(text, "sw")} == {"unpaid_time", "gag"}


def test_what_changed_is_told_sentence_by_sentence() -> None:
    old = "You are paid each week. You may leave."
    new = "You are paid each month. You may leave."

    assert changes(old, new) == [
        ("gone", "You are paid each week."),
        ("new", "You are paid each month."),
        ("same", "You may leave."),
    ]
    assert sentences("1. One.\n2. Two.") == ["One.", "Two."]


@pytest.mark.parametrize(
    ("body", "locale", "place"),
    [("short", "en", "body"), (DEFAULT, "en_GB!", "locale"), (DEFAULT * 60, "en", "body")],
)
def test_what_is_no_contract_is_refused(body: str, locale: str, place: str) -> None:
    assert place in {issue.place for issue in contract_issues(body, locale)}
