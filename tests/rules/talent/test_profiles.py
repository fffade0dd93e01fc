"""What people say of themselves, and who is found by it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairhand.core.clock import DAY_MS, Instant
from fairhand.people.talent.rules import (
    Found,
    Language,
    Profile,
    Search,
    ShownSkill,
    fits,
    is_available,
    lacking,
    languages_text,
    parse_languages,
    parse_words,
    profile_issues,
)

NOW = Instant(1_800_000_000_000)
SWAHILI = ShownSkill(4, "Swahili", "language", NOW, None, True)
BIRDS = ShownSkill(5, "Birds of Kenya", "domain", NOW, None, False)
SAID = Profile(
    is_listed=True,
    languages=(Language("sw", "native"), Language("pt-BR", "basic")),
    domains=("birds", "law"),
    tools=("outlines",),
    about="I like long tasks.",
    hours_a_week=20,
    wants=("reviewer",),
)
AMINA = Found(7, "Amina", SAID, (SWAHILI, BIRDS))


@pytest.mark.parametrize(
    ("search", "found"),
    [
        (Search(), True),
        (Search(skills=frozenset((4,))), True),
        (Search(skills=frozenset((4, 5))), True),
        (Search(skills=frozenset((4, 6))), False),
        (Search(language="SW"), True),
        (Search(language="pt"), True),
        (Search(language="pt-br"), True),
        (Search(language="pt-PT"), False),
        (Search(language="p"), False),
        (Search(hours=20), True),
        (Search(hours=21), False),
        (Search(role="reviewer"), True),
        (Search(role="trainer"), False),
        (Search(word="LAW"), True),
        (Search(word="long tasks"), True),
        (Search(word="swahili"), True),
        (Search(word="surgery"), False),
        (Search(frozenset((4,)), "sw", 10, "reviewer", "birds"), True),
    ],
)
def test_a_search_finds_who_fits_all_of_it(search: Search, *, found: bool) -> None:
    assert fits(AMINA, search, NOW) is found


def test_availability_is_what_was_declared_and_nothing_else() -> None:
    tomorrow, yesterday = Instant(NOW + DAY_MS), Instant(NOW - DAY_MS)

    assert is_available(SAID, NOW)
    assert not is_available(replace(SAID, hours_a_week=None), NOW)
    assert not is_available(replace(SAID, available_from=tomorrow), NOW)
    assert is_available(replace(SAID, available_from=yesterday, available_until=tomorrow), NOW)
    assert not is_available(replace(SAID, available_until=NOW), NOW)
    away = replace(AMINA, profile=replace(SAID, available_until=yesterday))
    assert not fits(away, Search(hours=1), NOW)
    assert fits(away, Search(language="sw"), NOW)


def test_what_people_type_is_read_and_written_back() -> None:
    languages = parse_languages("SW native, pt-BR  basic,\n en,")

    assert languages == (
        Language("sw", "native"),
        Language("pt-BR", "basic"),
        Language("en", "good"),
    )
    assert parse_languages(languages_text(languages)) == languages
    assert parse_words(" birds ,  Kenyan   law,, birds") == ("birds", "Kenyan law")
    assert parse_languages("") == ()
    assert parse_words(" ,\n") == ()


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"languages": (Language("Swahili!", "good"),)}, "languages"),
        ({"languages": (Language("sw", "somehow"),)}, "languages"),
        ({"languages": (Language("sw", "good"), Language("sw", "native"))}, "languages"),
        ({"domains": tuple(map(str, range(21)))}, "domains"),
        ({"tools": ("x" * 61,)}, "tools"),
        ({"about": "x" * 1001}, "about"),
        ({"hours_a_week": 0}, "hours_a_week"),
        ({"hours_a_week": 61}, "hours_a_week"),
        ({"available_from": NOW, "available_until": NOW}, "available_until"),
        ({"wants": ("owner",)}, "wants"),
    ],
)
def test_what_makes_no_sense_is_named_by_its_field(wrong: dict[str, object], place: str) -> None:
    assert profile_issues(SAID) == []
    assert place in {one.place for one in profile_issues(replace(SAID, **wrong))}  # type: ignore[arg-type]


def test_what_is_lacking_is_what_is_asked_and_not_shown() -> None:
    assert lacking({4, 5}, AMINA.skills) == frozenset()
    assert lacking({4, 9}, AMINA.skills) == {9}
