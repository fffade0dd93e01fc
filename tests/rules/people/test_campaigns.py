"""Coverage of campaigns: nothing small can be worked out, noise is as stated, targets add up."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import NotFoundError
from fairhand.people.campaigns import noise
from fairhand.people.campaigns.coverage import (
    CellPicture,
    Part,
    allocate,
    cheapest_next,
    noised_picture,
    picture,
    wilson,
)
from fairhand.people.campaigns.law_packs import RULES, law_packs, load_law_pack
from fairhand.people.campaigns.rules import (
    Campaign,
    Cell,
    Profile,
    belongs,
    check_campaign,
    check_cells,
    check_profile,
    profile_of,
)
from fairhand.people.campaigns.suppression import masks_of, rounded_down, showable

NOW = Instant(1_764_000_000_000)
MEMBERS = st.lists(st.sets(st.integers(0, 29)), min_size=1, max_size=6)


def small_groups(members: list[set[int]], everybody: set[int], smallest: int) -> list[Any]:
    """Every group that sums and differences of counts give, with fewer people than allowed.

    Looked for by brute force: all whole coefficients from -2 to 2, of all the counts at once.
    """
    found = []
    for weights in itertools.product(range(-2, 3), repeat=len(members)):
        value: Counter[int] = Counter(dict.fromkeys(everybody, 0))
        for weight, people in zip(weights, members, strict=True):
            for person_id in people:
                value[person_id] += weight
        if set(value.values()) <= {0, 1}:
            size = sum(value.values())
            if 0 < size < smallest:
                found.append((weights, size))
    return found


@given(MEMBERS, st.integers(2, 6))
@settings(max_examples=30)
def test_nothing_small_can_be_subtracted(members: list[set[int]], smallest: int) -> None:
    everybody = set(range(30))
    members = [everybody, *members[:4]]
    shown = showable(masks_of(members, everybody), len(members), smallest)
    taken = [people for people, is_shown in zip(members, shown, strict=True) if is_shown]
    assert small_groups(taken, everybody, smallest) == []
    assert all(len(people) >= smallest for people in taken)


def test_the_search_for_small_groups_finds_one() -> None:
    """The brute force above can fail: here one count is subtracted from another."""
    everybody = set(range(30))
    assert small_groups([everybody, set(range(26))], everybody, 5)


def test_what_is_left_of_a_total_hides_the_large_cell_too() -> None:
    """96 of 100 speak Swahili: showing both numbers would show the four others."""
    groups = {0b01: 4, 0b11: 96}
    assert showable(groups, 2, 10) == [True, False]
    assert showable({0b01: 12, 0b11: 88}, 2, 10) == [True, True]


def test_a_count_of_nobody_is_hidden_like_a_small_one() -> None:
    assert showable({0b01: 50}, 2, 10) == [True, False]


def test_a_group_too_small_as_a_whole_shows_nothing() -> None:
    assert showable({0b11: 9}, 2, 10) == [False, False]


def parts_of(people: int, said: dict[str, str], first: int, each: int = 5) -> list[Part]:
    return [Part(first + n, said, each, each, 0) for n in range(people)]


SWAHILI = Cell(1, "Swahili", {"language": "sw"}, 100)
PHONES = Cell(2, "Swahili on phones", {"language": "sw", "device": "phone"}, 80)


def test_the_picture_shows_large_cells_and_hides_small_ones() -> None:
    parts = parts_of(14, {"language": "sw", "device": "phone"}, 1)
    parts += parts_of(3, {"language": "sw", "device": "computer"}, 100)
    parts += parts_of(25, {"language": "fr"}, 200)
    drawn = picture(parts, [SWAHILI, PHONES], 10, 1_000_000, NOW)
    assert (drawn.people, drawn.reached) == (40, 210)
    assert drawn.cells[0].people == 10
    assert (drawn.cells[0].reached, drawn.cells[0].missing) == (80, 20)
    # 17 speak Swahili, 14 of them on phones: the three others could be subtracted.
    assert drawn.cells[1].is_hidden
    assert drawn.cells[1].missing == 80
    assert drawn.hidden_margins
    shown = {(one.attribute, one.value) for one in drawn.margins}
    assert ("device", "computer") not in shown


def test_all_that_is_said_follows_from_what_is_shown() -> None:
    """Two campaigns that differ only in a hidden cell give the same picture to the last sign."""
    same = parts_of(30, {"language": "fr"}, 1)
    few = parts_of(2, {"language": "sw"}, 100, each=1)
    more = parts_of(4, {"language": "sw"}, 100, each=2)
    pictures = [picture(same + some, [SWAHILI], 10, 1_000_000, NOW) for some in (few, more)]
    assert pictures[0].cells == pictures[1].cells
    assert pictures[0].next == pictures[1].next


def test_a_person_who_says_something_new_is_one_person() -> None:
    parts = [Part(1, {"language": "sw"}, 1, 1, 0), Part(1, {"language": "fr"}, 1, 1, 0)]
    parts += parts_of(9, {"language": "sw"}, 10, each=1)
    assert picture(parts, [], 10, 1, NOW).people == 10


def test_the_next_recruit_is_the_largest_gap_for_its_cost() -> None:
    wide = CellPicture(SWAHILI, 20, 40, 60, cost_micros=3_000_000)
    cheap = CellPicture(PHONES, 20, 50, 30, cost_micros=1_000_000)
    full = CellPicture(replace(PHONES, id=3), 20, 80, 0, cost_micros=1)
    assert [one.cell.id for one in cheapest_next([wide, cheap, full])] == [2, 1]


def test_noticed_contributions_make_a_cell_dearer() -> None:
    bad = [Part(n, {"language": "sw"}, 10, 10, 5) for n in range(20)]
    good = [Part(100 + n, {"language": "fr"}, 10, 10, 0) for n in range(20)]
    french = Cell(2, "French", {"language": "fr"}, 300)
    drawn = picture(bad + good, [replace(SWAHILI, target=300), french], 10, 1_000_000, NOW)
    assert [one.cost_micros for one in drawn.cells] == [2_000_000, 1_000_000]
    assert drawn.cells[0].clean is not None
    assert drawn.cells[0].clean.low < 0.5 < drawn.cells[0].clean.high
    assert drawn.next[0].cell.name == "French"
    assert sum(one.suggested for one in drawn.cells) == 600
    # As many as are missing, but half of them differ: Neyman asks for more of those.
    assert drawn.cells[0].suggested > drawn.cells[1].suggested


@given(
    st.integers(0, 10_000),
    st.lists(
        st.tuples(st.integers(1, 500), st.floats(0.01, 1), st.floats(0.1, 9)),
        min_size=1,
        max_size=8,
    ),
)
@settings(max_examples=40)
def test_an_allocation_adds_up(total: int, strata: list[tuple[int, float, float]]) -> None:
    sizes, spreads, costs = zip(*strata, strict=True)
    given_out = allocate(total, sizes, spreads, costs)
    assert sum(given_out) == total
    assert min(given_out) >= 0


def test_no_other_allocation_of_the_same_cost_knows_the_whole_better() -> None:
    """Neyman against every other split of 60 over two strata, by the variance of the mean."""
    sizes, spreads = (100.0, 300.0), (0.5, 0.1)

    def variance(counts: tuple[int, int]) -> float:
        parts = zip(sizes, spreads, counts, strict=True)
        return sum((n / 400) ** 2 * s * s / count for n, s, count in parts)

    best = min(((one, 60 - one) for one in range(1, 60)), key=variance)
    first, second = allocate(60, sizes, spreads, (1.0, 1.0))
    assert abs(best[0] - first) <= 1
    assert first + second == 60


def test_wilson_agrees_with_its_book_value() -> None:
    """Newcombe (1998), Statistics in Medicine 17: 81 of 263 is .2553 to .3662."""
    found = wilson(81 / 263, 263)
    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0.5, 0).high == 1.0


@pytest.mark.slow  # the library takes seconds to import
def test_noise_is_of_the_stated_size_and_never_twice_the_same() -> None:
    pytest.importorskip("opendp")
    counts = [20] * 4_000
    drawn = np.array(noise.noised(counts, epsilon=1.0, sensitivity=2))
    decay = math.exp(-0.5)
    sd = math.sqrt(2 * decay) / (1 - decay)
    assert drawn.mean() == pytest.approx(20, abs=5 * sd / math.sqrt(len(counts)))
    assert drawn.std() == pytest.approx(sd, rel=0.15)
    within = np.abs(drawn - 20) <= noise.error_within(1.0, 2, 1)
    assert within.mean() > 0.93
    assert list(drawn) != noise.noised(counts, epsilon=1.0, sensitivity=2)


def test_the_error_is_what_the_notes_measured() -> None:
    """Epsilon 1 on one count is off by 3 at most in 95 of 100 cases; more weeks, more noise."""
    assert noise.error_within(1.0, 1, 1) == 3
    assert noise.error_within(1.0, 1, 16) == 11
    assert noise.error_within(0.5, 1, 1) > noise.error_within(1.0, 1, 1)


def test_one_person_is_in_one_cell_of_each_kind() -> None:
    cells = [{"language": "sw"}, {"language": "fr"}, {"language": "sw", "device": "phone"}]
    assert noise.sensitivity_of(cells) == 3
    assert noise.sensitivity_of([]) == 1


def test_a_noised_picture_hides_small_cells_and_says_how_far_off_it_is() -> None:
    drawn = noised_picture(
        [SWAHILI, PHONES], {0: 61, 1: 33, 2: 4}, 2.5,
        smallest=10, unit_micros=1_000, as_of=NOW, epsilon=1.0, error=5, weeks=2, since={},
    )  # fmt: skip
    assert (drawn.cells[0].people, drawn.cells[0].reached) == (33, 82)
    assert drawn.cells[1].people is None
    assert drawn.cells[1].missing == 80
    assert drawn.cells[0].clean is None
    assert drawn.margins == ()
    assert (drawn.epsilon, drawn.error) == (1.0, 5)


def test_profiles_are_checked_field_by_field() -> None:
    assert check_profile(Profile()) == []
    said = profile_of({"language": " sw ", "age_band": "25-34", "name": "Amina"})
    assert said.said() == {"language": "sw", "age_band": "25-34"}
    assert check_profile(said) == []
    wrong = Profile(language="Swahili please", device="toaster", region="x" * 41)
    assert {issue.place for issue in check_profile(wrong)} == {"language", "device", "region"}


def test_cells_are_about_somebody_and_each_about_somebody_else() -> None:
    wrong = [
        Cell(0, "A", {"language": "sw"}, 10),
        Cell(0, "A", {"language": "sw"}, 0),
        Cell(0, "", {}, 5),
        Cell(0, "B", {"shoe_size": "44"}, 5),
    ]
    places = {issue.place for issue in check_cells(wrong)}
    assert places >= {
        "cells.1.name", "cells.0.attributes", "cells.1.target", "cells.2.name",
        "cells.2.attributes", "cells.3.attributes.shoe_size",
    }  # fmt: skip
    assert check_cells([SWAHILI, PHONES]) == []


def test_belonging_does_not_mind_capitals() -> None:
    assert belongs({"language": "sw-ke", "device": "phone"}, {"language": "sw-KE"})
    assert not belongs({"language": "sw"}, {"language": "sw", "device": "phone"})


GOOD = Campaign(1, ("voice",), {"voice": "mcadams"}, checks={"language": "sw", "least_seconds": 1})


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"modalities": ()}, "modalities"),
        ({"modalities": ("smell",)}, "modalities"),
        ({"modalities": ("voice", "biometric_template")}, "modalities"),
        ({"anonymise": {"voice": "blur"}}, "anonymise.voice"),
        ({"anonymise": {"shoes": "blur"}}, "anonymise.shoes"),
        ({"law_pack": "atlantis"}, "law_pack"),
        ({"retention_days": 0}, "retention_days"),
        ({"least_age": 3}, "least_age"),
        ({"smallest_cell": 1}, "smallest_cell"),
        ({"epsilon": 0.0}, "epsilon"),
        ({"checks": {"least_seconds": 5, "most_seconds": 1}}, "checks.most_seconds"),
        ({"checks": {"loudness": "loud"}}, "checks.loudness"),
        ({"checks": {"least_pixels": "many"}}, "checks.least_pixels"),
    ],
)
def test_a_campaign_that_cannot_be_is_refused_where_it_is_wrong(
    change: dict[str, Any], place: str
) -> None:
    packs = list(law_packs())
    assert check_campaign(GOOD, packs) == []
    assert place in {issue.place for issue in check_campaign(replace(GOOD, **change), packs)}


def test_every_law_pack_says_everything_with_its_source() -> None:
    assert set(law_packs()) == {"eu", "us-il", "ke"}
    for pack in law_packs().values():
        assert set(pack.rules) == set(RULES)
        for rule in pack.rules.values():
            assert rule.source
            assert rule.words.endswith(".")
            assert rule.basis in {"law", "policy"}
            assert rule.sure in {"read", "memory"}
            assert ("ours" in rule.source) == (rule.basis == "policy")
        assert pack.recipients_told_days + pack.recipients_act_days <= pack.withdrawal_answered_days
        assert {one.what for one in pack.kept} == {"pay"}
        assert pack.rights


def test_illinois_destroys_templates_three_years_after_the_last_meeting() -> None:
    pack = load_law_pack("us-il")
    assert pack.destroy_biometrics_by(NOW) == NOW + 3 * 365 * DAY_MS
    with pytest.raises(NotFoundError, match=r"eu, ke, us-il"):
        load_law_pack("mars")


def test_rounding_goes_down_to_whole_steps() -> None:
    assert [rounded_down(n, 10) for n in (9, 10, 19, 20)] == [0, 10, 10, 20]
