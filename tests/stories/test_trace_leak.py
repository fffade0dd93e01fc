"""Files turn up somewhere, and their marks say whose copy they are."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp

import pytest
from sqlalchemy import select, text

from fairhand.core.errors import ConflictError
from fairhand.core.ids import sha256_hex
from fairhand.proof.licensing import mark_store as store
from fairhand.storage.database import Database
from fairhand.storage.tables.campaigns import contribution
from fairhand.use_cases.mark_release import mark_release
from fairhand.use_cases.trace_leak import Traced, TraceLeak, trace_leak
from tests.cast import MORNING
from tests.engines import Templates
from tests.stories.likeness_world import Lent, furnished_cast, lend, picture, recoded

GIVEN = 140
BUYERS = ("Acme", "Beta", "Gamma")


def furnished(db: Database) -> Lent:
    """Amina's and Esi's pictures, given once a process; the tests copy the database."""
    cast, project = furnished_cast(db)
    made = lend(db, cast.carmen, project, Path(mkdtemp(prefix="lent-")), cast.clock.now)
    for place, name in enumerate(("Amina", "Esi")):
        grant = made.permit(cast.people[name], "image", "training")
        for seed in range(place * GIVEN // 2, (place + 1) * GIVEN // 2):
            made.give(cast.people[name], small(seed), "image/jpeg", grant)
    return made


@pytest.fixture
def lent(templates: Templates) -> Iterator[Lent]:
    with templates.furnished(furnished) as (url, first):
        made = copy(first)
        made.db, made.licensees = Database(url, pool_size=10), {}
        yield made
        made.db.close()


@cache
def small(seed: int) -> bytes:
    return picture(seed, 96)


def sell(lent: Lent, name: str, dice: int = 1) -> frozenset[int]:
    """License a release to somebody; gives what they must not get."""
    lent.license(name)
    with lent.db.write() as connection:
        mark_release(connection, lent.project_id, name, Random(name + str(dice)), MORNING)
        return store.left_out(connection, lent.project_id, name)


def copy_of(lent: Lent, left_out: frozenset[int]) -> dict[int, bytes]:
    """The files of a recipient's copy by contribution."""
    with lent.db.read() as connection:
        rows = connection.execute(select(contribution.c.id, contribution.c.open_sha256)).all()
    return {row.id: lent.blobs.get(row.open_sha256) for row in rows if row.id not in left_out}


def trace(lent: Lent, files: list[bytes]) -> Traced:
    return trace_leak(lent.db, lent.blobs, TraceLeak(lent.project_id, None, files), MORNING)


def test_each_recipient_gets_one_of_each_pair_and_all_that_is_in_none(lent: Lent) -> None:
    missing = {name: sell(lent, name) for name in BUYERS}

    with lent.db.read() as connection:
        pairs = store.list_pairs(connection, lent.project_id)
        marks = store.list_marks(connection, lent.project_id)
    assert len(pairs) == GIVEN // 10
    for name in BUYERS:
        assert len(missing[name]) == len(pairs)
        assert all(len({one.one, one.other} & missing[name]) == 1 for one in pairs)
    assert len({frozenset(one.items()) for one in marks.values()}) == len(BUYERS)


def test_a_recipients_next_release_holds_the_same_items(lent: Lent) -> None:
    first = sell(lent, "Acme", dice=1)
    lent.give(1, small(500), "image/jpeg", None)

    assert sell(lent, "Acme", dice=2) == first


def test_a_release_for_nobody_who_holds_a_licence_is_not_marked(lent: Lent) -> None:
    with lent.db.write() as connection:
        assert mark_release(connection, lent.project_id, "", Random(1), MORNING) == 0
        assert mark_release(connection, lent.project_id, "Nobody", Random(1), MORNING) == 0
        assert store.left_out(connection, lent.project_id, "Nobody") == frozenset()
        assert store.count_pairs(connection, lent.project_id) == 0


def test_a_leak_of_worse_copies_under_other_names_is_traced(lent: Lent) -> None:
    copies = {name: copy_of(lent, sell(lent, name)) for name in BUYERS}
    leaked = [recoded(content, 60, 0.8) for content in copies["Beta"].values()]

    traced = trace(lent, [*leaked, picture(9_999, 96), b"A file about something else."])

    assert traced.named == ("Beta",)
    assert (traced.seen, traced.both, traced.pairs) == (14, 0, 14)
    assert traced.recipients[0][1].alarm == pytest.approx(3 * 2**-14)
    assert traced.files == len(leaked) + 2


def test_a_small_part_of_a_leak_points_to_somebody_and_names_nobody(lent: Lent) -> None:
    copies = {name: copy_of(lent, sell(lent, name)) for name in BUYERS}
    with lent.db.read() as connection:
        in_pairs = {
            item
            for one in store.list_pairs(connection, lent.project_id)[:5]
            for item in (one.one, one.other)
        }

    traced = trace(lent, [copies["Acme"][one] for one in in_pairs if one in copies["Acme"]])

    assert traced.seen == 5
    assert traced.recipients[0][0] == "Acme"
    assert traced.named == ()


def test_both_items_of_pairs_say_that_copies_were_mixed(lent: Lent) -> None:
    acme, beta = (copy_of(lent, sell(lent, name)) for name in BUYERS[:2])

    traced = trace(lent, list({**acme, **beta}.values()))

    assert traced.both > 0
    assert traced.both + traced.seen == traced.pairs


def test_files_that_are_in_no_pair_name_nobody(lent: Lent) -> None:
    sell(lent, "Acme")

    traced = trace(lent, [picture(9_999, 96), b"\xff\xd8\xff broken", b""])

    assert (traced.found, traced.seen, traced.named) == (0, 0, ())


def test_an_item_that_was_taken_back_is_tossed_about_no_more(lent: Lent) -> None:
    sell(lent, "Acme")
    with lent.db.write() as connection:
        gone = store.list_pairs(connection, lent.project_id)[0].one
        ended = contribution.update().where(contribution.c.id == gone)
        connection.execute(ended.values(state="withdrawn"))
    sell(lent, "Beta")

    with lent.db.read() as connection:
        marks = store.list_marks(connection, lent.project_id)
    assert sorted(len(one) for one in marks.values()) == [13, 14]


def test_without_marks_there_is_nothing_to_trace_and_it_is_said(lent: Lent) -> None:
    with pytest.raises(ConflictError, match="has marks"):
        trace(lent, [picture(1, 96)])


def test_tracing_stands_in_the_log_and_keeps_no_file(lent: Lent) -> None:
    sell(lent, "Acme")
    found = b"A file that turned up somewhere."
    trace(lent, [found])

    assert not lent.blobs.exists(sha256_hex(found))
    with lent.db.read() as connection:
        rows = connection.execute(text("SELECT body FROM event WHERE kind = 'leak.traced'")).all()
    assert len(rows) == 1
