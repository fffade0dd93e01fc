"""A conversation tree grows from its answers alone: gates, sizes, orders, and nobody's own."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.work.conversations.rules import (
    Ask,
    Message,
    Plan,
    Said,
    State,
    Step,
    Terms,
    Tree,
    Wanted,
    merge_orders,
    plan,
    terms_issues,
)

AMINA, BAO, ESI, FARID = 1, 2, 3, 4
SMALL = Terms(reviews=2, accept_share=0.6, rankings=1, wanted_messages=3, most_depth=1,
              most_replies=2)  # fmt: skip
PROMPT = Message(10, None, "prompter", 0, "accepted", AMINA)


def reply(number: int, author: int, state: str = "accepted") -> Message:
    return Message(number, 10, "assistant", 1, state, author)  # type: ignore[arg-type]


def tree(*messages: Message, asks: tuple[Ask, ...] = (), state: State = "growing") -> Tree:
    return Tree(1, state, messages, asks)


def ask(message: int, step: Step, *said: Said, done: bool = False) -> Ask:
    return Ask(100 + message, message, step, done, said)


def wanted(found: Plan) -> dict[tuple[int, str], int]:
    return {(one.message_id, one.step): one.places for one in found.wanted}


def keep(person: int, quality: float | None = None) -> Said:
    return Said(person, keeps=True, quality=quality)


def drop(person: int, reason: str = "") -> Said:
    return Said(person, keeps=False, reason=reason)


def test_a_prompt_is_reviewed_first_and_never_by_its_author() -> None:
    found = plan(tree(replace(PROMPT, state="review"), state="prompt_review"), SMALL)
    assert found.state == "prompt_review"
    assert found.wanted == (Wanted(10, "review", 2, frozenset({AMINA})),)


def test_a_kept_prompt_is_replied_to_by_others() -> None:
    asked = ask(10, "review", keep(BAO, 0.5), keep(ESI, 1.0))
    found = plan(tree(replace(PROMPT, state="review"), asks=(asked,), state="prompt_review"), SMALL)
    assert found.state == "growing"
    assert [(one.accepted, one.quality, one.reviews) for one in found.settled] == [(True, 0.75, 2)]
    assert found.done == (110,)
    assert found.wanted == (Wanted(10, "reply", 2, frozenset({AMINA})),)


def test_a_prompt_that_is_not_kept_ends_its_tree_with_the_reasons() -> None:
    asked = ask(10, "review", keep(BAO), drop(ESI, "It asks for nothing."))
    found = plan(tree(replace(PROMPT, state="review"), asks=(asked,)), SMALL)
    assert (found.state, found.wanted) == ("low_grade", ())
    assert found.settled[0].reasons == ("It asks for nothing.",)
    assert found.settled[0].by == (BAO, ESI)


def test_what_an_author_says_of_their_own_message_does_not_count() -> None:
    asked = ask(10, "review", keep(AMINA), keep(BAO))
    found = plan(tree(replace(PROMPT, state="review"), asks=(asked,)), SMALL)
    assert found.settled == ()
    assert wanted(found) == {(10, "review"): 3}


@pytest.mark.parametrize(("keeps", "of", "accepted"), [(3, 5, True), (2, 5, False), (2, 3, True)])
def test_the_share_that_keeps_it_decides(keeps: int, of: int, accepted: bool) -> None:
    said = [keep(9 + one) if one < keeps else drop(9 + one) for one in range(of)]
    terms = replace(SMALL, reviews=of)
    found = plan(tree(replace(PROMPT, state="review"), asks=(ask(10, "review", *said),)), terms)
    assert found.settled[0].accepted is accepted


def test_a_rejected_reply_is_asked_for_again_but_not_for_ever() -> None:
    one = tree(PROMPT, reply(11, BAO), reply(12, ESI, "rejected"))
    assert wanted(plan(one, SMALL)) == {(10, "reply"): 3}
    bad = [reply(11 + at, 20 + at, "rejected") for at in range(4)]
    found = plan(tree(PROMPT, *bad), SMALL)
    assert found.state == "ready"


def test_a_tree_wants_no_more_than_its_size_breadth_first() -> None:
    terms = replace(SMALL, wanted_messages=6, most_depth=3, most_replies=3)
    grown = tree(PROMPT, *[reply(11 + at, 20 + at) for at in range(3)])
    assert wanted(plan(grown, terms)) == {
        (10, "reply"): 3,
        (11, "reply"): 1,
        (12, "reply"): 1,
    }


def test_a_grown_tree_is_ranked_by_those_who_did_not_write_the_replies() -> None:
    grown = tree(PROMPT, reply(11, BAO), reply(12, ESI), asks=(ask(10, "reply"),))
    found = plan(grown, SMALL)
    assert found.state == "ranking"
    assert found.wanted == (Wanted(10, "rank", 1, frozenset({BAO, ESI})),)
    assert found.done == (110,)


def test_an_order_of_the_replies_makes_the_tree_ready() -> None:
    ranked = (ask(10, "rank", Said(AMINA, order=((12,), (11,)))),)
    found = plan(tree(PROMPT, reply(11, BAO), reply(12, ESI), asks=ranked, state="ranking"), SMALL)
    assert (found.state, found.ranks) == ("ready", {12: 0, 11: 1})


def test_without_rankings_a_grown_tree_is_ready_at_once() -> None:
    grown = tree(PROMPT, reply(11, BAO), reply(12, ESI))
    assert plan(grown, replace(SMALL, rankings=0)).state == "ready"


@pytest.mark.parametrize("state", ["ready", "low_grade", "halted"])
def test_what_has_ended_asks_nothing(state: State) -> None:
    ended = tree(PROMPT, asks=(ask(10, "reply"),), state=state)
    found = plan(ended, SMALL)
    assert (found.state, found.wanted, found.done) == (state, (), (110,))


def test_what_beats_every_other_comes_first_however_few_put_it_first() -> None:
    """Condorcet's point: 3 is nobody's worst and beats 1 and 2 in pairs."""
    orders = [((1,), (3,), (2,)), ((1,), (3,), (2,)), ((2,), (3,), (1,)), ((2,), (3,), (1,)),
              ((3,), (1,), (2,))]  # fmt: skip
    assert merge_orders(orders)[0] == 3


def test_replies_put_together_are_as_good_as_each_other() -> None:
    assert merge_orders([((5, 4), (3,))]) == [4, 5, 3]


@settings(max_examples=40)
@given(st.lists(st.permutations([1, 2, 3, 4]), min_size=1, max_size=5))
def test_a_merged_order_names_each_once_and_does_not_hang_on_who_came_first(
    orders: list[list[int]],
) -> None:
    merged = merge_orders([[(one,) for one in order] for order in orders])
    assert sorted(merged) == [1, 2, 3, 4]
    backwards = merge_orders([[(one,) for one in order] for order in reversed(orders)])
    assert merged == backwards


def test_one_order_is_kept_as_it_is() -> None:
    for order in permutations([1, 2, 3]):
        assert merge_orders([[(one,) for one in order]]) == list(order)


def test_terms_that_no_tree_could_meet_are_refused() -> None:
    assert terms_issues(Terms()) == []
    bad = Terms(reviews=0, accept_share=0.0, rankings=-1, wanted_messages=0, most_replies=11)
    assert {issue.place for issue in terms_issues(bad)} == {
        "reviews", "accept_share", "rankings", "wanted_messages", "most_replies",
    }  # fmt: skip
