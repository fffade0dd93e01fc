"""Eight people at once, two tabs of one person, retries racing their first try: nothing breaks."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import pytest
from sqlalchemy import text

from fairhand.core.errors import ConflictError, UnavailableError
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.seal_log import seal_log
from tests.cast import LABELS, LEASE_MS, Cast
from tests.engines import Templates, why_no_postgres
from tests.invariants import checks

PEOPLE = tuple(f"Amina {number}" for number in range(8))
PATIENCE_S = 60
T = TypeVar("T")


def at_once(deeds: Sequence[Callable[[], T]]) -> list[T]:
    """Do everything at the same moment, in threads, and give what came of it."""
    start = threading.Barrier(len(deeds))

    def run(deed: Callable[[], T]) -> T:
        start.wait(timeout=10)
        return deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        futures = [pool.submit(run, deed) for deed in deeds]
        return [future.result(timeout=PATIENCE_S) for future in futures]


def work_until_nothing_is_left(cast: Cast, person: int, project: int, seed: int) -> int:
    """Answer, skip and leave for later until there is nothing; give the number of answers."""
    dice = random.Random(seed)
    done = 0
    while True:
        got = cast.next(person, project, ahead=False)
        if got.sheet is None:
            assert got.reason == "nothing_free"
            return done
        task = got.sheet.task.id
        if dice.random() < 0.2:
            cast.draft(person, task, "cat")
        if dice.random() < 0.1:
            cast.skip(person, task)
        else:
            done += cast.submit(person, task, dice.choice(LABELS)).reply["counted"]


@pytest.mark.parametrize("overlap", [1, 2, 3])
def test_eight_people_finish_a_small_project_without_surplus_or_gap(
    db: Database, overlap: int
) -> None:
    cast = Cast(db)
    project = cast.project(*PEOPLE, tasks=12, overlap=overlap)
    people = [cast.person(name) for name in PEOPLE]
    everybody = [
        partial(work_until_nothing_is_left, cast, person, project, seed)
        for seed, person in enumerate(people)
    ]
    answers = sum(at_once(everybody))
    answers += sum(work() for work in everybody)  # what was skipped after somebody had left
    with db.read() as connection:
        checks.check_always(connection)
        left = [checks.free_tasks(connection, person, project) for person in people]
    assert not any(left)
    assert answers == cast.rows("SELECT sum(taken) FROM queue")[0][0]
    assert answers >= 12 * overlap - 3


def test_nobody_hears_that_nothing_is_free_while_a_task_is_only_locked(db: Database) -> None:
    cast = Cast(db)
    project = cast.project("Amina", tasks=1, overlap=2)
    amina = cast.person("Amina")
    with ThreadPoolExecutor(1) as pool:
        with db.write() as connection:
            connection.execute(text("UPDATE queue SET taken = taken"))
            asked = pool.submit(cast.next, amina, project)
            time.sleep(0.3)
            assert not asked.done()
        got = asked.result(timeout=PATIENCE_S)
    assert got.sheet is not None


def bustle(cast: Cast, project: int, person: int, seed: int) -> None:
    """Ask, answer, skip, come back late: whatever comes to mind, as fast as it goes."""
    dice = random.Random(seed)
    for _ in range(25):
        got = cast.next(person, project, ahead=dice.random() < 0.5)
        task = got.sheet.task.id if got.sheet else _any_lease(cast, person)
        cast.clock.advance(dice.choice([0, 1, LEASE_MS // 2]))
        if task is None:
            continue
        try:
            if dice.random() < 0.3:
                cast.skip(person, task)
            elif dice.random() < 0.8:
                cast.submit(person, task, dice.choice(LABELS))
        except ConflictError:
            continue


def keep_house(cast: Cast, project: int, stop: threading.Event) -> None:
    """Reap, aggregate and seal until told to stop."""
    while not stop.is_set():
        cast.reap()
        aggregate_labels(cast.db, project, cast.clock.now)
        seal_log(cast.db, cast.signer, cast.clock.now)
        stop.wait(0.005)


def test_people_workers_and_the_reaper_do_not_wait_in_a_circle(db: Database) -> None:
    cast = Cast(db)
    project = cast.project(*PEOPLE[:5], tasks=6, overlap=2, max_overlap=4)
    cast.change(
        "INSERT INTO slice_quota (id, project_id, name, quota) VALUES (1, :p, 'owls', 9), "
        "(2, :p, 'cats', 9)",
        p=project,
    )
    cast.change("UPDATE queue SET slice_id = 1 + task_id % 2")
    people = [cast.person(name) for name in PEOPLE[:5]]
    stop = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        helpers = [pool.submit(keep_house, cast, project, stop) for _ in range(2)]
        try:
            at_once([partial(bustle, cast, project, one, seed) for seed, one in enumerate(people)])
        finally:
            stop.set()
        for helper in helpers:
            helper.result(timeout=PATIENCE_S)
    with db.read() as connection:
        checks.check_always(connection)


def test_two_tabs_of_one_person_get_one_task(db: Database) -> None:
    cast = Cast(db)
    project = cast.project("Amina", tasks=20, overlap=2)
    amina = cast.person("Amina")
    got = at_once([lambda: cast.next_task(amina, project) for _ in range(6)])
    assert len(set(got)) == 1
    assert cast.rows("SELECT count(*) FROM lease WHERE state = 'live'") == [(1,)]


def test_many_tabs_cannot_hold_more_than_two_tasks(db: Database) -> None:
    cast = Cast(db)
    project = cast.project("Amina", tasks=20, overlap=2)
    amina = cast.person("Amina")
    got = at_once([lambda: cast.next(amina, project, ahead=True) for _ in range(8)])
    tasks = [one.sheet.task.id for one in got if one.sheet]
    assert len(tasks) == len(set(tasks)) == 2
    assert {one.reason for one in got if not one.sheet} == {"holding_enough"}


def test_a_retry_that_races_its_first_try_counts_once_and_hears_the_same(db: Database) -> None:
    cast = Cast(db)
    project = cast.project("Amina", "Bao", tasks=4, overlap=2)
    amina = cast.person("Amina")
    for _ in range(4):
        task, key = cast.next_task(amina, project), cast.key()
        heard = at_once([partial(cast.submit, amina, task, key=key) for _ in range(4)])
        assert sorted(one.again for one in heard) == [False, True, True, True]
        assert all(one.reply == heard[0].reply for one in heard)
    assert cast.rows("SELECT count(*) FROM annotation") == [(4,)]
    with db.read() as connection:
        checks.check_always(connection)


def test_two_answers_of_one_person_at_once_leave_one(db: Database) -> None:
    cast = Cast(db)
    project = cast.project("Amina", tasks=1, overlap=2)
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)

    def answer(label: str) -> str:
        try:
            return str(cast.submit(amina, task, label).reply["annotation_id"])
        except ConflictError:
            return "conflict"

    heard = at_once([partial(answer, label) for label in LABELS])
    assert Counter(word == "conflict" for word in heard) == {True: 2, False: 1}


def test_two_skips_with_one_key_are_one_skip(db: Database) -> None:
    cast = Cast(db)
    project = cast.project("Amina", tasks=1, overlap=1)
    amina = cast.person("Amina")
    task, key = cast.next_task(amina, project), cast.key()
    heard = at_once([lambda: cast.skip(amina, task, key=key) for _ in range(4)])
    assert all(one == heard[0] for one in heard)
    assert cast.rows("SELECT count(*) FROM skip") == [(1,)]
    with db.read() as connection:
        checks.check_always(connection)


def test_a_late_answer_and_a_new_request_of_one_person_do_not_block_each_other(
    db: Database,
) -> None:
    cast = Cast(db)
    for number in range(5):
        name = f"Esi {number}"
        project = cast.project(name, tasks=1, overlap=2)
        esi = cast.person(name)
        task = cast.next_task(esi, project)
        cast.clock.advance(LEASE_MS + 1)
        assert cast.reap() == 1
        heard: list[Any] = at_once(
            [partial(cast.submit, esi, task), partial(cast.next, esi, project)]
        )
        assert heard[0].reply["counted"]
    with db.read() as connection:
        checks.check_always(connection)


def test_a_slice_never_passes_its_quota_however_many_press(db: Database) -> None:
    cast = Cast(db)
    project = cast.project(*PEOPLE, tasks=10, overlap=3)
    cast.change(
        "INSERT INTO slice_quota (id, project_id, name, quota) VALUES (1, :p, 'night', 7)",
        p=project,
    )
    cast.change("UPDATE queue SET slice_id = 1")

    def press(person: int) -> int:
        done = 0
        while cast.next(person, project).sheet is not None:
            held = _held(cast, person)
            done += cast.submit(person, held).reply["counted"]
        return done

    answers = at_once([partial(press, cast.person(name)) for name in PEOPLE])
    assert sum(answers) == 7
    with db.read() as connection:
        checks.check_always(connection)


def test_whoever_loses_a_deadlock_is_told_to_try_again(templates: Templates) -> None:
    if reason := why_no_postgres():
        pytest.skip(reason)
    with templates.fresh("postgresql") as url:
        db = Database(url, pool_size=4)
        cast = Cast(db)
        cast.project("Amina", "Bao", tasks=0)
        both_hold_one = threading.Barrier(2)

        def grab(first: str, second: str) -> str:
            try:
                with db.write() as connection:
                    lock = text("SELECT id FROM person WHERE id = :id FOR UPDATE")
                    connection.execute(lock, {"id": cast.person(first)})
                    both_hold_one.wait(timeout=10)
                    connection.execute(lock, {"id": cast.person(second)})
            except UnavailableError as error:
                return error.code
            return "done"

        heard = at_once([lambda: grab("Amina", "Bao"), lambda: grab("Bao", "Amina")])
        db.close()
    assert sorted(heard) == ["database_unavailable", "done"]


def _any_lease(cast: Cast, person: int) -> int | None:
    found = cast.rows("SELECT task_id FROM lease WHERE person_id = :p ORDER BY id DESC", p=person)
    return found[0][0] if found else None


def _held(cast: Cast, person: int) -> int:
    query = "SELECT task_id FROM lease WHERE person_id = :p AND state = 'live'"
    return int(cast.rows(query, p=person)[0][0])
