"""The task browser's lists: every task once, in order, at a cost that is bounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from fairhand.core.errors import InvalidError
from fairhand.storage.database import Connection, Database
from fairhand.work.tasks import browse_store as store
from fairhand.work.tasks.browse_store import Budget, Walk
from fairhand.work.tasks.rules import (
    Cursor,
    TaskQuery,
    parse_cursor,
    parse_query,
    query_texts,
)
from tests.cast import Cast
from tests.engines import Templates

TASKS = 60


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def pets(request: pytest.FixtureRequest, templates: Templates) -> object:
    """Sixty pets in every state there is, on both engines; made once for all that only look."""
    with templates.fresh(request.param) as url:
        db = Database(url, pool_size=4)
        try:
            yield make_pets(db)
        finally:
            db.close()


def make_pets(db: Database) -> Cast:
    """Make a project with tasks in every state; project 2 is somebody else's."""
    cast = Cast(db)
    here = cast.project("Amina", "Bao", tasks=TASKS, overlap=2)
    cast.project("Amina", tasks=3)
    ids = [
        row[0] for row in cast.rows("SELECT id FROM task WHERE project_id = :p ORDER BY id", p=here)
    ]
    for place, task_id in enumerate(ids):
        _set_state(cast, task_id, place)
    return cast


def _set_state(cast: Cast, task_id: int, place: int) -> None:
    """Give every sixth task the same state, answered in different lengths of time."""
    kind = place % 6
    people = [cast.people["Amina"], cast.people["Bao"]][: (0, 1, 2, 2, 2, 0)[kind]]
    for person in people:
        cast.change(
            "INSERT INTO annotation (task_id, person_id, project_id, project_version, revision, "
            "value, client_key, submitted_at, served_at, counted, late, prediction_shown) VALUES "
            "(:task, :person, 1, 1, 1, :value, :key, :at, 1000, true, false, :shown)",
            task=task_id,
            person=person,
            value=orjson.dumps({"pet": "cat" if kind != 3 or person % 2 else "dog"}).decode(),
            key=f"{task_id}-{person}",
            at=1_000 + (place * 37) % 11,
            shown=place % 2 == 0,
        )
        cast.change(
            "INSERT INTO lease (task_id, person_id, project_id, state, hold, served_at, "
            "expires_at) VALUES (:task, :person, 1, 'submitted', 'online', 1, 2)",
            task=task_id,
            person=person,
        )
    cast.change("UPDATE queue SET taken = :n WHERE task_id = :t", n=len(people), t=task_id)
    if kind in (3, 4):
        cast.change(
            "INSERT INTO consensus (task_id, question, project_id, value, confidence, method, "
            "n_answers, settled, beliefs, answer_ids, batch, updated_at) VALUES "
            "(:t, 'pet', 1, :v, :c, 'ds', 2, true, '{}', '[]', 1, 1)",
            t=task_id,
            v='"cat"' if place % 4 else '"dog"',
            c=0.5 + (place % 3) / 10 if kind == 3 else 0.97 + (place % 3) / 100,
        )
    if kind == 5:
        cast.change("UPDATE queue SET held = true WHERE task_id = :t", t=task_id)
        if place % 12 == 5:
            cast.change("UPDATE task SET set_aside_at = 77 WHERE id = :t", t=task_id)


def pages(
    connection: Connection,
    query: TaskQuery,
    size: int,
    budget: Budget | None = None,
    between: Callable[[], None] = lambda: None,
) -> list[int]:
    """Page through a list to its end."""
    found: list[int] = []
    after: Cursor | None = None
    for _ in range(500):
        page = store.find_tasks(
            connection, Walk(1, 0.95, "pet", query), after, size, budget, clock=lambda: 0.0
        )
        assert len(page.ids) <= size
        found += page.ids
        if page.after is None:
            return found
        after = parse_cursor(page.after.text())  # as an address carries it
        between()
    raise AssertionError("the list never ends")


QUERIES = st.builds(
    TaskQuery,
    states=st.sampled_from(
        [(), ("waiting",), ("agreed", "in_doubt"), ("set_aside",), ("held", "answered")]
    ),
    answers_from=st.sampled_from([None, 1, 2]),
    answers_to=st.sampled_from([None, 0, 1]),
    answer=st.sampled_from(["", "cat", "dog"]),
    sure_to=st.sampled_from([None, 0.7]),
    agreement=st.sampled_from(["", "same", "differ"]),
    assisted=st.sampled_from([None, True, False]),
    person=st.sampled_from([None, 2]),
    text=st.sampled_from(["", "row", "ROW 1"]),
    order=st.sampled_from(["newest", "oldest", "least_sure", "most_answers", "longest"]),
)


@given(query=QUERIES, size=st.integers(4, 40), rows=st.integers(5, 100))
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_pages_visit_every_task_that_fits_exactly_once(
    pets: Cast, query: TaskQuery, size: int, rows: int
) -> None:
    with pets.db.read() as connection:
        whole = pages(connection, query, 1_000)
        paged = pages(connection, query, size, Budget(rows, 1.0))
        turned = pages(connection, replace(query, order="newest"), 1_000)

    assert paged == whole
    assert len(set(paged)) == len(paged)
    # Orders by what people said hold those tasks of which they said something.
    assert set(whole) <= set(turned)
    if query.order in ("newest", "oldest"):
        assert sorted(whole) == sorted(turned)


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_tasks_that_come_meanwhile_make_none_come_twice(db: Database, order: str) -> None:
    cast = Cast(db)
    here = cast.project(tasks=20)
    with db.read() as connection:
        before = set(pages(connection, TaskQuery(order=order), 100))
    found: list[int] = []
    after: Cursor | None = None
    for _ in range(20):
        with db.read() as connection:
            page = store.find_tasks(
                connection, Walk(here, 0.95, "pet", TaskQuery(order=order)), after, 3
            )
        found += page.ids
        after = page.after
        if after is None:
            break
        if len(found) < 20:
            cast.add_tasks(here, 2)

    assert len(found) == len(set(found))
    assert before <= set(found)


def test_states_part_the_tasks(pets: Cast) -> None:
    states = ("waiting", "being_done", "answered", "in_doubt", "agreed", "held", "set_aside")
    with pets.db.read() as connection:
        found = {one: pages(connection, TaskQuery(states=(one,)), 7) for one in states}
        rows = store.load_rows(connection, 1, 0.95, tuple(pages(connection, TaskQuery(), 1_000)))

    assert {one: len(ids) for one, ids in found.items()} == {
        "waiting": 10,
        "being_done": 10,
        "answered": 10,
        "in_doubt": 10,
        "agreed": 10,
        "held": 5,
        "set_aside": 5,
    }
    assert all(row.id in found[row.state] for row in rows)


def test_a_search_says_how_far_it_looked_and_goes_on_from_there(pets: Cast) -> None:
    walk = Walk(1, 0.95, "pet", TaskQuery(text="no such words", order="oldest"))
    with pets.db.read() as connection:
        first = store.find_tasks(connection, walk, None, 50, Budget(40, 1.0), lambda: 0.0)
        second = store.find_tasks(connection, walk, first.after, 50, Budget(40, 1.0), lambda: 0.0)

    assert (first.ids, first.looked, first.stopped) == ((), 40, True)
    assert (second.ids, second.looked, second.stopped, second.after) == ((), 20, False, None)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (TaskQuery(text="row 2"), True),
        (TaskQuery(text="100%"), False),
        (TaskQuery(text="row_2"), False),
        (TaskQuery(field="text", value="row 2"), True),
        (TaskQuery(field="text", value="row"), False),
        (TaskQuery(field="text"), True),
        (TaskQuery(field="nothing"), False),
    ],
)
def test_what_is_searched_for_is_taken_to_the_letter(
    pets: Cast, query: TaskQuery, expected: bool
) -> None:
    with pets.db.read() as connection:
        assert bool(pages(connection, query, 50)) is expected


def test_a_list_and_its_count_never_read_the_data_but_of_what_is_shown(sqlite_db: Database) -> None:
    cast = Cast(sqlite_db)
    here = cast.project(tasks=30)
    said: list[str] = []
    event.listen(
        sqlite_db.engine,
        "before_cursor_execute",
        lambda _c, _k, statement, *_: said.append(statement),
    )
    walk = Walk(here, 0.95, "pet", TaskQuery(states=("waiting",), assisted=None))
    with sqlite_db.read() as connection:
        store.find_tasks(connection, walk, None, 10)
        count = store.count_tasks(connection, walk)
        listed = next(one for one in said if "ORDER BY d.k" in one).replace("?", "1")
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {listed}")).all()

    assert count == store.Count(30, is_exact=True)
    assert not [one for one in said if ".data" in one or "value" in one]
    tasks = [row[3] for row in plan if " t " in f" {row[3]} " or "task" in row[3].lower()]
    assert tasks
    assert all("COVERING INDEX" in one for one in tasks if one.startswith(("SEARCH t ", "SCAN t ")))


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(str.strip)


@given(
    st.builds(
        TaskQuery,
        states=st.sampled_from([(), ("waiting", "agreed"), ("gold",)]),
        ids=st.lists(st.integers(0, 10**6), unique=True, max_size=4).map(tuple),
        answers_from=st.none() | st.integers(0, 9),
        sure_from=st.none() | st.floats(0, 1),
        answer=TEXTS,
        assisted=st.sampled_from([None, True, False]),
        text=TEXTS,
        field=TEXTS,
        since=st.sampled_from([None, 1_780_272_000_000]),
        order=st.sampled_from(["newest", "longest"]),
    )
)
def test_a_question_can_be_an_address_and_is_the_same_when_it_comes_back(
    query: TaskQuery,
) -> None:
    assert parse_query(query_texts(query)) == query


@pytest.mark.parametrize(
    "given",
    [
        {"state": "lost"},
        {"order": "random"},
        {"nothing": "1"},
        {"id": "one"},
        {"id": "9" * 25},
        {"sure_from": "2"},
        {"sure_to": "nan"},
        {"since": "yesterday"},
        {"q": "x" * 201},
        {"q": "\x00"},
        {"assisted": "perhaps"},
        {"id": " ".join(str(one) for one in range(1_001))},
    ],
)
def test_a_filter_that_cannot_be_read_is_refused_by_its_name(given: dict[str, str]) -> None:
    with pytest.raises(InvalidError) as refused:
        parse_query(given)

    assert [one.place for one in refused.value.issues] == list(given)


@pytest.mark.parametrize("text", ["1", "a_b", "1_2_3", "nan_1", "1_-2", "-1_2", "1_" + "9" * 30])
def test_a_place_to_go_on_from_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        parse_cursor(text)
