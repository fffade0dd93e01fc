"""Answers are read in the order in which they came, the newest word of each person alone."""

from __future__ import annotations

import pytest

from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.storage.database import Database
from fairhand.use_cases.read_answers import read_answers
from tests.stories.release_world import make_answered_world


def test_pages_of_answers_follow_each_other_and_end(db: Database) -> None:
    world = make_answered_world(db)
    everything = read_answers(db, world.project.id, 0, 1_000)
    assert len(everything) > 2
    ids = [one.id for one in everything]
    assert ids == sorted(set(ids))
    found: list[int] = []
    while page := read_answers(db, world.project.id, found[-1] if found else 0, 2):
        assert len(page) <= 2
        found += [one.id for one in page]
    assert found == ids
    assert all(one.value and one.data for one in everything)


def test_a_page_that_is_none_is_refused(db: Database) -> None:
    world = make_answered_world(db)
    for after, limit in ((-1, 5), (0, 0), (0, 1_001)):
        with pytest.raises(InvalidError):
            read_answers(db, world.project.id, after, limit)
    with pytest.raises(NotFoundError):
        read_answers(db, 999, 0, 5)
