"""Conversations and replies are read from data, and dealt into an order for each person."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.labels.replies import (
    Reply,
    Turn,
    deal,
    read_conversation,
    read_documents,
    read_replies,
    read_titles,
    reply_ids,
    seed_of,
)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "text", "role", "title", "conversation"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


def test_turns_are_read_in_our_words_and_in_those_of_other_tools() -> None:
    assert read_conversation(
        [{"role": "prompter", "text": "Hi"}, {"role": "assistant", "content": "Hello"}]
    ) == (Turn("prompter", "Hi"), Turn("assistant", "Hello"))
    assert read_conversation([{"role": "user", "content": "Hi"}]) == (Turn("prompter", "Hi"),)
    assert read_conversation("What is rain?") == (Turn("prompter", "What is rain?"),)


def test_replies_have_ids_even_where_they_are_plain_texts() -> None:
    assert read_replies(["one", "two"]) == (Reply("a", "one"), Reply("b", "two"))
    longer = {"id": "x", "conversation": [{"role": "assistant", "text": "Sure"}]}
    assert read_replies([longer]) == (Reply("x", "", (Turn("assistant", "Sure"),)),)
    assert reply_ids({"replies": [{"id": "m", "text": "1"}, {"id": "m", "text": "2"}]}) == ("m",)


def test_documents_are_read_with_their_titles() -> None:
    given = [{"id": "d1", "title": "Rain", "text": "wet"}, {"id": "d2", "text": "dry"}, {"id": 3}]
    assert read_documents(given) == {"d1": "wet", "d2": "dry"}
    assert read_titles(given) == {"d1": "Rain"}


@settings(max_examples=60)
@given(found=ANYTHING)
def test_nothing_in_data_makes_reading_fail(found: object) -> None:
    read_conversation(found)
    read_replies(found)
    read_documents(found)
    read_titles(found)


def test_an_order_is_the_same_each_time_and_every_order_is_equally_likely() -> None:
    ids = ("a", "b", "c")
    seeds = [seed_of(person, task) for person in range(1, 31) for task in range(1, 41)]
    orders = Counter(tuple(deal(seed, ids)) for seed in seeds)
    assert orders == Counter(tuple(deal(seed, reversed(ids))) for seed in seeds)
    assert set(orders) == set(permutations(ids))
    # 1,200 deals over 6 orders: 200 each, with a standard deviation of 13.
    assert all(140 < count < 260 for count in orders.values())


def test_leaving_a_reply_out_does_not_move_the_others() -> None:
    whole = deal("4/9", "abcdef")
    assert deal("4/9", "abdf") == [one for one in whole if one in "abdf"]
