"""The lease queue on both engines: who gets which task, and that finding it costs no scan."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text

from fairhand.core.clock import HOUR_MS, Instant, parse_iso
from fairhand.people.wellbeing.rules import Limits
from fairhand.storage.database import Connection, Database
from fairhand.work.assignment import store as queue
from tests.cast import LEASE_MS, MORNING, Cast


@pytest.fixture
def cast(db: Database) -> Cast:
    """Carmen's workspace on either engine."""
    return Cast(db)


def take_all(cast: Cast, person: int, project: int) -> list[int]:
    """Take and submit one task after the other until there is none; give them in order."""
    order = []
    while (got := cast.next(person, project)).sheet is not None:
        order.append(got.sheet.task.id)
        cast.submit(person, order[-1])
    assert got.reason in ("nothing_free", "at_limit")
    return order


def tasks_of(cast: Cast, project: int) -> list[int]:
    """List a project's tasks in the order of their import."""
    query = "SELECT task_id FROM queue WHERE project_id = :p ORDER BY task_id"
    return [task for (task,) in cast.rows(query, p=project)]


# Which task


def test_tasks_come_in_the_order_of_their_rank(cast: Cast) -> None:
    project = cast.project("Amina", tasks=5, overlap=1)
    tasks = tasks_of(cast, project)
    cast.change("UPDATE queue SET rank = 100 - rank WHERE project_id = :p", p=project)
    assert take_all(cast, cast.person("Amina"), project) == tasks[::-1]


def test_new_ranks_are_followed_from_the_top_once_the_epoch_moves(cast: Cast) -> None:
    project = cast.project("Amina", tasks=4, overlap=2)
    amina, tasks = cast.person("Amina"), tasks_of(cast, project)
    assert cast.next_task(amina, project) == tasks[0]
    cast.submit(amina, tasks[0])
    assert cast.next_task(amina, project) == tasks[1]
    cast.submit(amina, tasks[1])
    cast.change("UPDATE queue SET rank = CASE WHEN task_id = :t THEN 1 ELSE 9 END", t=tasks[3])
    cast.change("UPDATE project SET queue_epoch = queue_epoch + 1 WHERE id = :p", p=project)
    assert cast.next_task(amina, project) == tasks[3]


def test_a_task_that_came_back_is_handed_out_before_new_ones(cast: Cast) -> None:
    project = cast.project("Amina", "Bao", tasks=5, overlap=1)
    amina, bao = cast.person("Amina"), cast.person("Bao")
    first = cast.next_task(amina, project)
    cast.submit(bao, cast.next_task(bao, project))
    cast.skip(amina, first)
    assert cast.next_task(bao, project) == first


def test_a_task_that_came_back_is_not_forced_on_whoever_skipped_it(cast: Cast) -> None:
    project = cast.project("Amina", tasks=2, overlap=1)
    amina = cast.person("Amina")
    skipped = cast.next_task(amina, project)
    cast.skip(amina, skipped)
    assert take_all(cast, amina, project) == [
        task for task in tasks_of(cast, project) if task != skipped
    ]


def test_a_task_that_wants_one_more_answer_is_found_behind_everybodys_cursor(cast: Cast) -> None:
    project = cast.project("Amina", "Bao", tasks=3, overlap=1, max_overlap=3)
    amina, bao = cast.person("Amina"), cast.person("Bao")
    done = take_all(cast, amina, project)
    assert cast.next(bao, project).reason == "nothing_free"
    with cast.db.write() as connection:
        queue.reopen(connection, done[1], project, 2)
    assert take_all(cast, bao, project) == [done[1]]
    assert cast.next(amina, project).reason == "nothing_free"


def test_reopening_never_lowers_what_was_asked_for(cast: Cast) -> None:
    project = cast.project(tasks=1, overlap=3)
    (task,) = tasks_of(cast, project)
    with cast.db.write() as connection:
        queue.reopen(connection, task, project, 2)
    assert cast.rows("SELECT wanted, reopened FROM queue") == [(3, 0)]


def test_a_lapsed_lease_comes_back_to_the_same_person_with_the_draft(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1, overlap=1)
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)
    cast.draft(amina, task, "owl")
    cast.clock.advance(LEASE_MS + 1)
    assert cast.reap() == 1
    again = cast.next(amina, project)
    assert again.sheet is not None
    assert (again.sheet.task.id, again.sheet.draft) == (task, {"pet": "owl"})


def test_a_lease_lapses_at_its_end_and_not_before(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1, overlap=1)
    task = cast.next_task(cast.person("Amina"), project)
    cast.clock.advance(LEASE_MS - 1)
    assert cast.reap() == 0
    cast.clock.advance(1)
    assert cast.reap() == 1
    assert cast.rows("SELECT task_id, taken FROM queue") == [(task, 0)]


def test_held_tasks_are_handed_to_nobody(cast: Cast) -> None:
    project = cast.project("Amina", tasks=3, overlap=1)
    kept, *others = tasks_of(cast, project)
    cast.change("UPDATE queue SET held = true WHERE task_id = :t", t=kept)
    assert take_all(cast, cast.person("Amina"), project) == others


# For whom


def test_a_task_that_needs_a_skill_waits_for_somebody_who_has_it(cast: Cast) -> None:
    project = cast.project("Amina", "Bao", tasks=2, overlap=1)
    tasks, bao = tasks_of(cast, project), cast.person("Bao")
    cast.change("INSERT INTO skill (id, name) VALUES (7, 'veterinary')")
    cast.change("UPDATE queue SET skill_id = 7 WHERE task_id = :t", t=tasks[0])
    cast.change("INSERT INTO person_skill (person_id, skill_id, shown_at) VALUES (:p, 7, 0)", p=bao)
    assert take_all(cast, cast.person("Amina"), project) == [tasks[1]]
    assert take_all(cast, bao, project) == [tasks[0]]


def test_whoever_shows_a_skill_later_is_given_the_tasks_they_had_passed_by(cast: Cast) -> None:
    project = cast.project("Amina", tasks=3, overlap=1)
    amina, tasks = cast.person("Amina"), tasks_of(cast, project)
    cast.change("INSERT INTO skill (id, name) VALUES (7, 'veterinary')")
    cast.change("UPDATE queue SET skill_id = 7 WHERE task_id = :t", t=tasks[0])
    assert take_all(cast, amina, project) == tasks[1:]
    cast.change(
        "INSERT INTO person_skill (person_id, skill_id, shown_at) VALUES (:p, 7, 0)", p=amina
    )
    assert take_all(cast, amina, project) == [tasks[0]]


def test_content_of_a_tier_is_shown_only_to_who_opted_into_it(cast: Cast) -> None:
    project = cast.project("Amina", "Bao", tasks=2, overlap=1, tier=2)
    amina, bao = cast.person("Amina"), cast.person("Bao")
    cast.change("UPDATE person SET max_tier = 1 WHERE id = :p", p=amina)
    cast.change("UPDATE person SET max_tier = 2 WHERE id = :p", p=bao)
    assert take_all(cast, amina, project) == []
    assert len(take_all(cast, bao, project)) == 2


def test_a_dose_that_passes_a_limit_is_not_shown_until_the_hour_is_over(cast: Cast) -> None:
    project = cast.project("Amina", tasks=3, overlap=1, tier=1)
    amina = cast.person("Amina")
    cast.change("UPDATE person SET max_tier = 1 WHERE id = :p", p=amina)
    cast.change("UPDATE queue SET dose = :d", d=Limits().hour // 2)
    assert len(take_all(cast, amina, project)) == 2
    cast.clock.advance(HOUR_MS - 1)
    assert take_all(cast, amina, project) == []
    cast.clock.advance(1)
    assert len(take_all(cast, amina, project)) == 1


def test_a_skipped_dose_was_reserved_and_counts_as_seen_by_the_limit(cast: Cast) -> None:
    project = cast.project("Amina", tasks=3, overlap=1, tier=1)
    amina = cast.person("Amina")
    cast.change("UPDATE person SET max_tier = 1 WHERE id = :p", p=amina)
    cast.change("UPDATE queue SET dose = :d", d=Limits().hour)
    cast.skip(amina, cast.next_task(amina, project))
    assert cast.next(amina, project).reason == "at_limit"


def test_nobody_is_handed_work_outside_the_hours_they_chose(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1, overlap=1)
    amina = cast.person("Amina")
    change = "UPDATE person SET hours_from_min = :a, hours_to_min = :b WHERE id = :p"
    cast.change(change, a=10 * 60, b=11 * 60, p=amina)
    assert cast.next(amina, project).reason == "outside_hours"
    cast.clock.now = parse_iso("2026-11-21T10:00:00Z")
    assert cast.next(amina, project).sheet is not None


def test_hours_that_pass_midnight_wrap_around(cast: Cast) -> None:
    project = cast.project("Amina", tasks=3, overlap=1)
    amina = cast.person("Amina")
    change = "UPDATE person SET hours_from_min = :a, hours_to_min = :b WHERE id = :p"
    cast.change(change, a=22 * 60, b=2 * 60, p=amina)
    reasons = []
    for at in ("21:59", "22:00", "01:59", "02:00"):
        cast.clock.now = parse_iso(f"2026-11-21T{at}:00Z")
        reasons.append(cast.next(amina, project, ahead=True).reason)
    assert reasons == ["outside_hours", None, None, "outside_hours"]


def test_a_full_slice_is_passed_by_and_opens_again_when_a_place_comes_back(cast: Cast) -> None:
    project = cast.project("Amina", "Bao", tasks=3, overlap=1)
    amina, bao, tasks = cast.person("Amina"), cast.person("Bao"), tasks_of(cast, project)
    cast.change(
        "INSERT INTO slice_quota (id, project_id, name, quota) VALUES (1, :p, 'night', 1)",
        p=project,
    )
    cast.change("UPDATE queue SET slice_id = 1 WHERE task_id <> :t", t=tasks[2])
    assert cast.next_task(amina, project) == tasks[0]
    assert cast.next_task(bao, project) == tasks[2]
    cast.submit(bao, tasks[2])
    assert cast.next(bao, project).reason == "nothing_free"
    cast.skip(amina, tasks[0])
    assert cast.next_task(bao, project) == tasks[0]
    assert cast.rows("SELECT taken FROM slice_quota") == [(1,)]


def test_a_late_answer_fills_its_slice_or_does_not_count(cast: Cast) -> None:
    project = cast.project("Amina", "Bao", tasks=2, overlap=1)
    amina, bao = cast.person("Amina"), cast.person("Bao")
    cast.change(
        "INSERT INTO slice_quota (id, project_id, name, quota) VALUES (1, :p, 'night', 1)",
        p=project,
    )
    cast.change("UPDATE queue SET slice_id = 1")
    first = cast.next_task(amina, project)
    cast.clock.advance(LEASE_MS)
    cast.reap()
    late = cast.submit(amina, first).reply
    assert (late["late"], late["counted"]) == (True, True)
    assert cast.rows("SELECT taken FROM slice_quota") == [(1,)]
    assert cast.next(bao, project).reason == "nothing_free"


# How many at once


def test_one_task_may_be_fetched_ahead_and_no_more(cast: Cast) -> None:
    project = cast.project("Amina", tasks=5, overlap=1)
    amina = cast.person("Amina")
    on_screen = cast.next_task(amina, project)
    ahead = cast.next_task(amina, project, ahead=True)
    assert ahead != on_screen
    assert cast.next(amina, project, ahead=True).reason == "holding_enough"
    assert cast.next_task(amina, project) == on_screen
    cast.submit(amina, on_screen)
    assert cast.next_task(amina, project) == ahead


def test_an_offline_batch_has_its_most(cast: Cast) -> None:
    project = cast.project("Amina", tasks=25, overlap=1)
    amina = cast.person("Amina")
    batch = set()
    while (got := cast.next(amina, project, ahead=True, hold="offline")).sheet is not None:
        batch.add(got.sheet.task.id)
    assert got.reason == "holding_enough"
    assert len(batch) == cast.terms.offline_max
    cast.clock.advance(HOUR_MS)
    assert cast.reap() == 0, "a trip without network may take hours"
    cast.clock.advance(cast.terms.offline_ttl_ms)
    assert cast.reap() == cast.terms.offline_max


def test_sensitive_content_is_never_taken_on_a_trip(cast: Cast) -> None:
    project = cast.project("Amina", tasks=5, overlap=1, tier=1)
    amina = cast.person("Amina")
    cast.change("UPDATE person SET max_tier = 1 WHERE id = :p", p=amina)
    assert cast.next(amina, project, ahead=True, hold="offline").reason == "holding_enough"


def test_saying_that_tasks_are_on_screen_does_not_keep_the_whole_queue(cast: Cast) -> None:
    project = cast.project("Amina", tasks=30, overlap=1)
    amina = cast.person("Amina")
    held: frozenset[int] = frozenset()
    while (got := cast.next(amina, project, exclude=held)).sheet is not None:
        held |= {got.sheet.task.id}
    assert got.reason == "holding_enough"
    assert len(held) == cast.terms.offline_max + 2


def test_asking_again_renews_the_lease_and_says_when_it_ends_now(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1, overlap=1)
    amina = cast.person("Amina")
    cast.next(amina, project)
    cast.clock.advance(LEASE_MS - 1)
    again = cast.next(amina, project)
    assert again.lease is not None
    assert again.lease.expires_at == MORNING + 2 * LEASE_MS - 1
    cast.clock.advance(-LEASE_MS)
    assert cast.draft(amina, again.lease.task_id, None) == again.lease.expires_at


# What it costs


def plan(connection: Connection, way: str, params: dict[str, Any]) -> list[str]:
    """Ask SQLite how it would claim."""
    statement = str(queue._CLAIMS["sqlite"][way])  # the statement is the subject
    found = connection.execute(text(f"EXPLAIN QUERY PLAN {statement}"), params)
    return [str(row.detail) for row in found]


@pytest.mark.parametrize(
    ("way", "index"),
    [
        ("rank", "ix_queue_free"),
        ("whole", "ix_queue_free"),
        ("reopened", "ix_queue_reopened"),
    ],
)
def test_a_claim_reads_the_partial_index_of_free_tasks(
    sqlite_db: Database, way: str, index: str
) -> None:
    params = {"project_id": 1, "after": 0, "max_tier": 0, "dose_left": 0, "person_id": 1}
    with sqlite_db.read() as connection:
        steps = plan(connection, way, params)
    assert any(f"SEARCH q USING INDEX {index}" in step for step in steps), steps
    assert not any(step.startswith("SCAN") for step in steps), steps
    assert not any("TEMP B-TREE" in step for step in steps), "the order comes from the index"


def fill(db: Database, project: int, tasks: int) -> None:
    """Fill a project's queue directly, many rows at a time; the first half is taken."""
    many = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {tasks})"
    given = {"p": project, "base": project * 1_000_000, "half": tasks // 2}
    with db.write() as connection:
        connection.execute(
            text(
                "INSERT INTO task (id, project_id, fingerprint, data, place, created_at) "
                f"{many} SELECT :base + i, :p, 'f' || i, '{{}}', '', 0 FROM n"
            ),
            {"p": given["p"], "base": given["base"]},
        )
        connection.execute(
            text(
                "INSERT INTO queue (task_id, project_id, rank, wanted, taken) "
                f"{many} SELECT :base + i, :p, i, 1, CASE WHEN i <= :half THEN 1 ELSE 0 END FROM n"
            ),
            given,
        )
        if not db.is_sqlite:
            connection.execute(text("ANALYZE queue"))


def steps_of_next(cast: Cast, person: int, project: int) -> int:
    """Count the virtual machine's steps (in hundreds) of handing out one task on SQLite."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    with cast.db.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        raw.set_progress_handler(count, 100)
    try:
        cast.next_task(person, project)
    finally:
        raw.set_progress_handler(None, 0)
    return taken


def test_handing_out_takes_as_many_steps_among_many_tasks_as_among_few(
    sqlite_db: Database,
) -> None:
    cast, steps = Cast(sqlite_db), []
    for tasks in (10, 1_000, 50_000):  # the first one also begins the person's clock
        project = cast.project("Amina", tasks=0, overlap=1)
        fill(sqlite_db, project, tasks)
        steps.append(steps_of_next(cast, cast.person("Amina"), project))
    _, few, many = steps
    assert 0 < many <= few + 3, f"{few} hundred steps of 1,000 tasks, {many} hundred of 50,000"


def test_a_claim_on_postgresql_visits_a_handful_of_rows_among_many(db: Database) -> None:
    if db.is_sqlite:
        return  # counted in steps above
    cast = Cast(db)
    project = cast.project("Amina", tasks=0, overlap=1)
    fill(db, project, 20_000)
    statement = queue._CLAIMS["postgresql"]["rank"]
    params = {
        "project_id": project,
        "after": 0,
        "max_tier": 0,
        "dose_left": 0,
        "person_id": cast.person("Amina"),
    }
    with db.write() as connection:
        explain = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
        found = connection.execute(explain, params).scalar_one()
    document = found if isinstance(found, list) else json.loads(found)
    visited = [step for step in _steps(document[0]["Plan"]) if step.get("Alias") == "q"]
    assert [step.get("Index Name") for step in visited] == ["ix_queue_free"]
    assert sum(step["Actual Rows"] for step in visited) <= 2


def _steps(step: dict[str, Any]) -> list[dict[str, Any]]:
    return [step, *(below for one in step.get("Plans", []) for below in _steps(one))]


def test_a_clock_that_jumps_back_neither_frees_nor_lengthens_a_lease(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1, overlap=1)
    amina = cast.person("Amina")
    got = cast.next(amina, project)
    assert got.lease is not None
    cast.clock.now = Instant(MORNING - HOUR_MS)
    assert cast.reap() == 0
    again = cast.next(amina, project)
    assert again.lease is not None
    assert again.lease.expires_at == got.lease.expires_at
