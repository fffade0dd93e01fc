"""A row of a campaign's release speaks of those alone whose part in it is permitted."""

from __future__ import annotations

import json

from fairhand.core.clock import Instant
from fairhand.model.project import Question
from fairhand.proof.release.source import (
    Answer,
    Given,
    Item,
    Items,
    OwnData,
    ReleaseSource,
    TaskSheet,
)
from fairhand.use_cases.release_likeness import MEASURE

VOICE = Question("voice", "recording", "Read it aloud.", {})


def given(number: int, person: int, *, assisted: bool = False) -> Given:
    return Given(
        number, 9, person, 1, json.dumps({"voice": f"r{number}"}), Instant(0), True, False,
        assisted, False, False, False, "reader@1" if assisted else None, 0,
    )  # fmt: skip


def test_who_took_back_their_part_is_not_named_behind_the_row() -> None:
    both = {1: given(1, 11, assisted=True), 2: given(2, 12)}
    answer = Answer("voice", json.dumps("r1"), 0.5, "first", "{}", "[1, 2]")
    sheet = TaskSheet(9, "{}", None, None, False, (answer,), both)
    item = Item("i-2", 7, 2, "voice", {"item": "i-2"})

    def items_of(first_task: int, last_task: int) -> Items:
        return {2: {"voice": item}}

    source = ReleaseSource(
        lambda: [sheet],
        [VOICE],
        "open",
        lambda person: f"p{person}",
        frozenset(),
        OwnData(frozenset({"voice"}), items_of),
        measure=MEASURE,
    )
    (row,) = source.rows()
    assert (row.value, row.annotators, row.answers) == ({"item": "i-2"}, ("p12",), 1)
    assert (row.assisted, row.origin, row.models) == (0, "human", ())
    assert [one.contributor for one in source.annotations()] == ["p12"]
