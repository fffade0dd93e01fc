"""Who may appeal, who may hear it, and what decides it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant
from fairhand.people.conduct.appeals import (
    Appeal,
    Review,
    Reviewer,
    answer_by,
    blind,
    bosses_of,
    finding_issues,
    is_drawn,
    is_due,
    outcome_of,
    panel_of,
    why_no_appeal,
    why_not_hear,
)
from fairhand.people.conduct.rules import (
    AppealsPolicy,
    Finding,
    is_stricter,
    policy_issues,
)

OPENED = Instant(1_000_000_000_000)
AMINA, BAO, CARMEN, DMITRI, ESI = 1, 2, 3, 4, 5
ONE = Appeal(
    id=7,
    decision_id=9,
    person_id=AMINA,
    project_id=3,
    client_key="appeal-0001",
    message="The picture shows an owl.",
    language="en",
    panel=1,
    state="open",
    opened_at=OPENED,
    answer_by=answer_by(AppealsPolicy(), OPENED),
    decided_at=None,
    reason="",
    repaired={},
)
PANEL = replace(ONE, panel=3)


def reviewer(person_id: int, *roles: str, bosses: frozenset[int] = frozenset()) -> Reviewer:
    """Somebody with these roles."""
    return Reviewer(person_id, frozenset(roles), bosses)


def review(person_id: int, finding: Finding | None = None, *, is_peer: bool = False) -> Review:
    """Somebody who looks at the appeal."""
    return Review(7, person_id, OPENED, finding, "", None, is_peer)


def test_silence_makes_the_person_right_at_the_end_of_day_seven_and_not_before() -> None:
    end = Instant(OPENED + 7 * DAY_MS)
    assert not is_due(ONE, Instant(end - 1))
    assert is_due(ONE, end)
    assert not is_due(replace(ONE, state="declined"), end)
    assert not is_due(ONE, Instant(OPENED - DAY_MS)), "a clock that jumps back decides nothing"


def test_a_decision_is_appealed_for_sixty_days_and_good_news_never() -> None:
    assert why_no_appeal("suspended", Instant(OPENED + 1), OPENED) is None
    assert "over" in str(why_no_appeal("suspended", OPENED, OPENED))
    assert "nothing to appeal" in str(why_no_appeal("restored", Instant(OPENED + 1), OPENED))


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (reviewer(AMINA, "reviewer"), "own appeal"),
        (reviewer(CARMEN, "owner"), "had a part"),
        (reviewer(BAO, "reviewer", bosses=frozenset((CARMEN,))), "report to"),
        (reviewer(DMITRI, "auditor"), "may not hear"),
        (reviewer(ESI, "contributor"), "Enough others"),
        (Reviewer(BAO, frozenset(("reviewer",)), frozenset(), is_simulated=True), "by people"),
    ],
)
def test_nobody_hears_an_appeal_who_has_a_part_in_it(who: Reviewer, why: str) -> None:
    assert why in str(why_not_hear(who, ONE, {CARMEN}, []))


def test_an_independent_reviewer_hears_a_single_appeal_and_a_second_is_too_many() -> None:
    bao = reviewer(BAO, "reviewer")
    assert why_not_hear(bao, ONE, {CARMEN}, []) is None
    assert why_not_hear(bao, ONE, {CARMEN}, [review(BAO)]) is None, "their own place is theirs"
    assert "Enough" in str(why_not_hear(bao, ONE, {CARMEN}, [review(DMITRI)]))


def test_a_panel_keeps_a_place_for_a_peer() -> None:
    office = [review(20), review(21)]
    assert "Enough" in str(why_not_hear(reviewer(BAO, "reviewer"), PANEL, {CARMEN}, office))
    assert why_not_hear(reviewer(ESI, "contributor"), PANEL, {CARMEN}, office) is None
    assert panel_of("suspended", AppealsPolicy()) == 3
    assert panel_of("gold_missed", AppealsPolicy()) == 1


def test_two_of_three_decide_and_only_a_panel_with_a_peer_declines() -> None:
    two = [review(20, "decline"), review(21, "decline")]
    assert outcome_of(PANEL, two) is None
    assert outcome_of(PANEL, [*two, review(ESI, "uphold", is_peer=True)]) == "decline"
    assert outcome_of(PANEL, [review(20, "uphold"), review(21, "uphold")]) == "uphold"
    assert outcome_of(PANEL, [review(20, "uphold"), review(ESI, "decline", is_peer=True)]) is None
    assert outcome_of(ONE, [review(BAO, "decline")]) == "decline"


def test_reporting_is_followed_to_the_top_and_circles_end() -> None:
    assert bosses_of(1, {1: 2, 2: 3}) == {2, 3}
    assert bosses_of(1, {1: 2, 2: 1}) == {2}
    assert bosses_of(4, {1: 2}) == frozenset()


def test_peers_are_drawn_by_lot_and_more_are_asked_each_day() -> None:
    peers = range(100, 140)
    drawn = {one for one in peers if is_drawn(b"k" * 32, PANEL, one, peers, OPENED)}
    later = Instant(OPENED + 2 * DAY_MS + HOUR_MS)
    more = {one for one in peers if is_drawn(b"k" * 32, PANEL, one, peers, later)}
    other = {one for one in peers if is_drawn(b"x" * 32, PANEL, one, peers, OPENED)}
    assert len(drawn) == 5
    assert len(more) == 15
    assert drawn < more
    assert drawn != other


def test_who_declines_gives_a_reason() -> None:
    assert [one.place for one in finding_issues("decline", "no")] == ["reason"]
    assert finding_issues("uphold", "Right.") == []
    assert [one.place for one in finding_issues("maybe", "Because I say so.")] == ["finding"]


def test_names_and_addresses_are_taken_out_of_what_is_read() -> None:
    text = "I, Amina Otieno (amina@example.org), saw Aminata's owl. AMINA."
    told = blind(text, ("Amina Otieno", "Amina", "Otieno", "amina@example.org", "amina"))
    assert "amina" not in told.casefold().replace("aminata", "")
    assert "Aminata's owl" in told


def test_a_policy_is_stricter_only_where_nobody_is_worse_off() -> None:
    base = AppealsPolicy()
    assert is_stricter(base, base)
    assert is_stricter(replace(base, appeal_days=90, answer_days=5), base)
    assert not is_stricter(replace(base, appeal_days=90, answer_days=8), base)
    assert {one.place for one in policy_issues(AppealsPolicy(1, 60, 2, 99))} == {
        "appeal_days",
        "answer_days",
        "panel",
        "interest_percent",
    }


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["uphold", "decline", None]), st.booleans()), max_size=3))
def test_an_outcome_never_changes_once_enough_have_spoken(
    found: list[tuple[Finding | None, bool]],
) -> None:
    reviews = [review(50 + n, one, is_peer=peer) for n, (one, peer) in enumerate(found)]
    outcome = outcome_of(PANEL, reviews)
    if outcome == "uphold":
        assert sum(one.finding == "uphold" for one in reviews) >= 2
    if outcome == "decline":
        assert sum(one.finding == "decline" for one in reviews) >= 2
        assert any(one.is_peer for one in reviews)
