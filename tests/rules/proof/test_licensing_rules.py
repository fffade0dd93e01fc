"""What may be asked for, what it costs, and which state follows which."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import MalformedError
from fairhand.formats.odrl import Policy, Royalty, dump_policy
from fairhand.model.licence import PURPOSES, WORLDWIDE, Terms
from fairhand.proof.licensing import rules
from fairhand.proof.licensing.rules import Asker, Wish, make_quote
from fairhand.proof.licensing.words import MAY, THINGS, licence_words

NOON = Instant(1_800_000_000_000)
WISH = Wish(("training", "raw_release"), ("KE",), 400, "Sauti AI")
PRICES = {"item_minor": {"training": 5, "raw_release": 20}}
ASKER = Asker("Sauti AI", "data@sauti.example", "DE", "https://sauti.example")
WORDS = "To teach a small model to hear digits in Swahili."


def quote(items: int, people: int, wish: Wish = WISH) -> rules.Quote:
    return make_quote(
        items, people, wish, PRICES, smallest=10, share_permille=600, currency="KES", now=NOON
    )


def test_a_price_is_each_item_each_purpose_and_each_year_begun() -> None:
    told = quote(47, 23)
    assert (told.items, told.people) == (40, 20)  # rounded down: one person more seldom shows
    assert told.price_minor == 40 * (5 + 20) * 2
    assert told.contributors_minor == 1_200


def test_of_fewer_people_than_the_smallest_cell_nothing_is_told() -> None:
    told = quote(9_000, 9)
    assert (told.items, told.people, told.price_minor) == (None, None, None)
    assert told.contributors_minor == 0


def test_a_purpose_without_a_price_is_priced_by_the_owner() -> None:
    assert quote(100, 50, replace(WISH, purposes=("training", "evaluation"))).price_minor is None


@given(st.integers(0, 10**7), st.integers(0, 10**6), st.integers(1, 3_650))
@settings(max_examples=40, deadline=None)
def test_what_is_told_never_exceeds_what_is_there(items: int, people: int, days: int) -> None:
    told = quote(items, people, replace(WISH, term_days=days))
    assert (told.items or 0) <= items
    assert (told.people or 0) <= people
    assert 0 <= told.contributors_minor <= (told.price_minor or 0)
    assert (told.items is None) == (people < 10)


def test_only_what_people_were_asked_for_can_be_asked_for() -> None:
    assert not rules.check_wish(WISH, ("training", "raw_release"))
    places = [one.place for one in rules.check_wish(WISH, ("training",))]
    assert places == ["purposes"]
    wrong = Wish(("cloning",), ("Kenya",), 0)
    assert {one.place for one in rules.check_wish(wrong, PURPOSES)} == {
        "purposes",
        "territory",
        "term_days",
    }
    assert rules.check_wish(Wish((), (), 30), PURPOSES)


@pytest.mark.parametrize(
    ("asker", "words", "place"),
    [
        (replace(ASKER, name=" "), WORDS, "name"),
        (replace(ASKER, contact="x"), WORDS, "contact"),
        (replace(ASKER, country="Germany"), WORDS, "country"),
        (replace(ASKER, website="javascript:alert(1)"), WORDS, "website"),
        (ASKER, "for AI", "words"),
    ],
)
def test_whoever_asks_says_who_they_are_and_what_for(asker: Asker, words: str, place: str) -> None:
    assert not rules.check_asker(ASKER, WORDS)
    assert [one.place for one in rules.check_asker(asker, words)] == [place]


@pytest.mark.parametrize(
    "prices",
    [
        {"item_minor": {"training": -1}},
        {"item_minor": {"training": 0.5}},
        {"item_minor": {"training": True}},
        {"item_minor": {"cloning": 1}},
        {"item_minor": 7},
        {"share": 1},
    ],
)
def test_prices_that_are_none_are_refused(prices: dict[str, object]) -> None:
    assert rules.check_prices(prices)
    assert not rules.check_prices(PRICES)


def test_nobody_gets_out_of_a_notice_but_by_settling_it() -> None:
    for state in rules.NOTICE_MOVES:
        assert not rules.may_move(rules.NOTICE_MOVES, state, "sent")
        assert rules.may_move(rules.NOTICE_MOVES, state, "attested") == (state != "attested")
    assert not rules.may_move(rules.NOTICE_MOVES, "attested", "disputed")
    assert not rules.may_move(rules.NOTICE_MOVES, "disputed", "acknowledged")


def test_who_cannot_unlearn_may_still_do_so_later() -> None:
    assert rules.may_move(rules.UNLEARNING_MOVES, "cannot", "retrained")
    assert rules.may_move(rules.UNLEARNING_MOVES, "overdue", "suppressed")
    assert not rules.may_move(rules.UNLEARNING_MOVES, "retrained", "cannot")


def test_the_deadline_itself_is_late() -> None:
    assert rules.is_overdue("sent", NOON, NOON)
    assert rules.is_overdue("acknowledged", NOON, NOON)
    assert not rules.is_overdue("sent", Instant(NOON + 1), NOON)
    assert not rules.is_overdue("attested", NOON, NOON)
    assert not rules.is_overdue("disputed", NOON, NOON)


def policy(**changes: object) -> dict[str, object]:
    terms = Terms(
        "voice",
        frozenset({"training"}),
        NOON,
        Instant(NOON + DAY_MS),
        frozenset({"KE", "UG"}),
        frozenset({"Sauti AI"}),
    )
    made = Policy(
        "urn:uuid:1", "Agreement", "urn:fairhand:voices:v1", "Voices of Kisumu", terms,
        "Sauti AI", Royalty("share_of_price", 600, "KES", "contributors"),
        "/releases/1/revocations",
    )  # fmt: skip
    return dump_policy(made) | changes


def test_the_words_say_what_the_machines_read_and_nothing_more() -> None:
    words = licence_words([policy()])
    permitted, refused = words.split("Not permitted:")
    assert MAY["training"] in permitted
    assert all(MAY[one] in refused for one in PURPOSES if one != "training")
    assert "in KE and UG" in words
    assert "60 % of the price" in words
    assert "/releases/1/revocations" in words
    assert set(MAY) == set(PURPOSES)
    assert "biometric_template" not in THINGS


def test_names_cannot_write_markup_into_a_licence() -> None:
    evil = policy()
    for one in evil["permission"]:  # type: ignore[attr-defined]
        one["assignee"] = "[x](javascript:1) **bold**"
    assert "[x](" not in licence_words([evil])
    assert "**bold**" not in licence_words([evil])


def test_a_policy_that_says_more_than_we_know_has_no_words() -> None:
    with pytest.raises(MalformedError):
        licence_words([policy(profile="urn:other")])


def test_a_wish_asks_for_its_whole_term_and_its_own_name() -> None:
    wanted = WISH.wanted("voice", NOON)
    assert wanted.ends - wanted.starts == 400 * DAY_MS
    assert wanted.recipients == frozenset({"Sauti AI"})
    assert Wish(("training",), (WORLDWIDE,), 1).wanted("voice", NOON).recipients == frozenset()


def test_a_receipt_is_one_fact_a_line_whatever_the_name() -> None:
    text = rules.receipt_text("notice", 3, "uid", "attested", "A\nanswer disputed", "00", NOON)
    assert text.count("\nanswer ") == 1
    assert text.endswith("Z\n")
