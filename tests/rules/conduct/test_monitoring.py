"""What watches reviewers and offers of work: planted misconduct is found, chance is not."""

from __future__ import annotations

import pytest
from benchmarks.retaliation import measure

from fairhand.people.conduct.impact import (
    Measure,
    against_the_middle,
    compare_groups,
    declared_issues,
)
from fairhand.people.conduct.monitoring import (
    K,
    MatchedSet,
    Offered,
    Review,
    find_rubber_stamps,
    judge_retaliation,
    match_peers,
)

AMINA, BAO, CARMEN = 1, 2, 3


def reviews(who: int, confirmed: int, of: int, seconds: int) -> list[Review]:
    return [Review(who, turn < confirmed, seconds * 1_000) for turn in range(of)]


def test_a_planted_rubber_stamper_is_found_and_who_hears_appeals_is_not() -> None:
    found = find_rubber_stamps(reviews(BAO, 60, 60, 240) + reviews(CARMEN, 42, 60, 240))

    assert [bool(one.reasons) for one in found] == [True, False]
    assert found[0].reasons == ("confirmed 60 of 60 decisions",)


def test_who_looks_for_a_moment_only_is_found_whatever_they_find() -> None:
    (found,) = find_rubber_stamps(reviews(BAO, 5, 12, 9))

    assert found.reasons == ("looked for 9 s in the middle of 12 reviews",)


@pytest.mark.parametrize(
    ("confirmed", "of", "seconds"), [(29, 29, 240), (9, 9, 5), (98, 100, 240), (30, 60, 30)]
)
def test_too_few_reviews_or_exactly_on_the_line_raise_no_alarm(
    confirmed: int, of: int, seconds: int
) -> None:
    (found,) = find_rubber_stamps(reviews(BAO, confirmed, of, seconds))

    assert not found.reasons


def test_a_planted_cut_of_a_fifth_is_found_four_times_in_five_and_chance_seldom() -> None:
    """The bar: 50 people, power 0.8 and more, false alarms 5 % and fewer, in noisy worlds."""
    found = measure(150)

    assert found["power"] >= 0.8
    assert found["false_alarms"] <= 0.05
    assert 0.15 <= found["median_drop_seen"] <= 0.25


def offered(person: int, before: float, after: int, project: int = 1) -> Offered:
    return Offered(person, project, before, after)


def test_peers_are_near_in_earlier_work_and_used_once() -> None:
    others = [offered(10, 100, 1), offered(11, 199, 1), offered(12, 201, 1), offered(13, 49, 1)]
    one, two = match_peers([(offered(1, 100, 1), others), (offered(2, 100, 1), others)])

    assert {peer.person_id for peer in one.peers} == {10}
    assert {peer.person_id for peer in two.peers} == {11}


def test_nothing_is_said_of_fewer_than_ten_people() -> None:
    sets = [
        MatchedSet(offered(place, 100, 0), (offered(100 + place, 100, 100),))
        for place in range(K - 1)
    ]

    found = judge_retaliation(sets)

    assert (found.drop, found.chance, found.is_found) == (None, None, False)


def test_more_work_after_an_appeal_is_no_retaliation() -> None:
    sets = [
        MatchedSet(offered(place, 100, 150), (offered(100 + place, 100, 100),))
        for place in range(40)
    ]

    found = judge_retaliation(sets)

    assert found.drop == pytest.approx(-0.49, abs=0.02)
    assert not found.is_found


def test_work_that_is_the_same_for_all_has_no_chance_to_speak_of() -> None:
    sets = [
        MatchedSet(offered(place, 100, 100), (offered(100 + place, 100, 100),))
        for place in range(20)
    ]

    assert judge_retaliation(sets).chance == 1.0


def groups(inside: int, outside: int) -> dict[int, dict[str, str]]:
    return {
        person: {"gender": "woman" if person < inside else "man"}
        for person in range(inside + outside)
    }


def test_a_group_that_is_offered_half_is_found_and_the_other_is_not() -> None:
    values: dict[Measure, dict[int, float]] = {
        "offered": {person: (0.5 if person < 15 else 1.0) + person / 1e4 for person in range(40)}
    }

    found = {one.group: one for one in compare_groups(values, groups(15, 25))}

    assert found["woman"].is_found
    assert found["woman"].ratio == pytest.approx(0.5, abs=0.01)
    assert not found["man"].is_found


def test_no_group_is_told_below_ten_people_or_beside_fewer_than_ten_others() -> None:
    values: dict[Measure, dict[int, float]] = {"pay": dict.fromkeys(range(40), 1.0)}

    assert compare_groups(values, groups(9, 31)) == []
    assert compare_groups(values, groups(31, 9)) == []
    assert len(compare_groups(values, groups(10, 10))) == 2


def test_chance_allows_for_all_comparisons_of_a_look() -> None:
    values = {person: float(person % 7) for person in range(40)}
    one: dict[Measure, dict[int, float]] = {"offered": values}
    three: dict[Measure, dict[int, float]] = {"offered": values, "pay": values, "spared": values}

    alone = min(found.chance for found in compare_groups(one, groups(15, 25)))
    among = min(found.chance for found in compare_groups(three, groups(15, 25)))

    assert among == pytest.approx(min(1.0, alone * 3), abs=1e-9)


def test_values_are_measured_against_the_middle_of_each_project() -> None:
    found = against_the_middle({1: {AMINA: 10, BAO: 20, CARMEN: 40}, 2: {AMINA: 3, BAO: 3}})

    assert found == {AMINA: 0.75, BAO: 1.0, CARMEN: 2.0}


def test_only_known_answers_are_kept_and_every_wrong_one_is_told() -> None:
    issues = declared_issues({"gender": "woman", "age": "", "height": "tall", "caring": "maybe"})

    assert [issue.place for issue in issues] == ["height", "caring"]
