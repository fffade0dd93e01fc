"""Tasks are set aside, asked again, taken back; projects are archived: nothing paid is lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest
from sqlalchemy import text

from fairhand.core.errors import ConflictError, InvalidError
from fairhand.jobs.act_on_tasks import ActOnTasks
from fairhand.jobs.steps import Services, take_step
from fairhand.people.accounts.rules import Actor
from fairhand.proof.log.archived import goes_on
from fairhand.storage import job_store
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases import act_on_tasks as acts
from fairhand.use_cases.act_on_tasks import TaskAct, act_on_tasks
from fairhand.use_cases.archive_project import ArchiveProject, archive_project, restore_project
from fairhand.use_cases.ask_task_act import AskTaskAct, ask_task_act
from fairhand.use_cases.change_guidelines import ChangeGuidelines, change_guidelines
from fairhand.use_cases.import_tasks import start_import
from fairhand.use_cases.mark_gold import MarkGold, mark_gold
from fairhand.use_cases.read_project import list_visible, read_status
from fairhand.use_cases.read_tasks import count_closed
from fairhand.use_cases.unmark_gold import UnmarkGold, unmark_gold
from fairhand.work.tasks.browse_store import Count
from fairhand.work.tasks.rules import TaskQuery
from tests.cast import Cast


@pytest.fixture
def cast(db: Database) -> Cast:
    return Cast(db)


def owner(cast: Cast) -> Actor:
    return Actor(cast.carmen, "Carmen", "en", {0: {"owner"}}, None)


def do(cast: Cast, act: str, project: int, *tasks: int, wanted: int = 0) -> int:
    told = TaskAct(cast.carmen, project, act, wanted)
    return act_on_tasks(cast.db, told, tasks, cast.clock.now).changed


def free(cast: Cast, project: int) -> list[int]:
    """The tasks that somebody could be handed."""
    found = "SELECT task_id FROM queue WHERE project_id = :p AND NOT held AND taken < wanted"
    return sorted(row[0] for row in cast.rows(found, p=project))


def test_a_task_set_aside_is_handed_to_nobody_and_comes_back(cast: Cast) -> None:
    here = cast.project("Amina", tasks=2)
    one, other = free(cast, here)

    assert do(cast, "set_aside", here, one) == 1
    assert do(cast, "set_aside", here, one) == 0
    assert cast.next_task(cast.people["Amina"], here) == other
    assert read_status(cast.db, here, cast.clock.now).progress.tasks == 1
    assert do(cast, "take_back", here, one, other) == 1
    assert cast.next_task(cast.people["Amina"], here, ahead=True) == one


def test_who_has_it_on_screen_finishes_it_and_is_paid(cast: Cast) -> None:
    here = cast.project("Amina", "Bao", tasks=1)
    amina, bao = cast.people["Amina"], cast.people["Bao"]
    task = cast.next_task(amina, here)
    do(cast, "set_aside", here, task)
    cast.clock.advance(30_000)

    cast.submit(amina, task)

    assert cast.rows("SELECT count(*) FROM annotation") == [(1,)]
    assert cast.rows("SELECT paid_ms > 0 FROM accrual WHERE annotation_id IS NOT NULL") == [(True,)]
    assert cast.next(bao, here).reason == "nothing_free"


@pytest.mark.parametrize("aside_first", [True, False])
def test_one_reason_to_be_held_ends_and_the_other_stays(cast: Cast, aside_first: bool) -> None:
    here = cast.project("Amina", tasks=1)
    (task,) = free(cast, here)
    gold = MarkGold(cast.carmen, here, task, {"pet": "cat"})
    steps: list[Callable[[], object]] = [
        lambda: do(cast, "set_aside", here, task),
        lambda: mark_gold(cast.db, gold, cast.clock.now),
    ]
    for step in steps if aside_first else reversed(steps):
        step()

    do(cast, "take_back", here, task)
    assert free(cast, here) == []
    do(cast, "set_aside", here, task)
    unmark_gold(cast.db, UnmarkGold(cast.carmen, here, task), cast.clock.now)
    assert free(cast, here) == []
    do(cast, "take_back", here, task)
    assert free(cast, here) == [task]


def test_a_gold_task_set_aside_is_met_by_nobody(cast: Cast) -> None:
    here = cast.project("Amina", tasks=2)
    task, other = free(cast, here)
    mark_gold(cast.db, MarkGold(cast.carmen, here, task, {"pet": "cat"}), cast.clock.now)
    cast.change("UPDATE project SET gold_permille = 500")
    do(cast, "set_aside", here, task)

    assert cast.next_task(cast.people["Amina"], here) == other
    assert cast.next(cast.people["Amina"], here, ahead=True).sheet is None


def test_more_people_are_asked_and_never_fewer_than_have_answered(cast: Cast) -> None:
    here = cast.project("Amina", "Bao", tasks=1)
    amina, bao = cast.people["Amina"], cast.people["Bao"]
    task = cast.next_task(amina, here)
    cast.submit(amina, task)

    def wanted() -> int:
        return int(cast.rows("SELECT wanted FROM queue")[0][0])

    assert do(cast, "overlap", here, task, wanted=4) == 1
    assert wanted() == 4
    assert do(cast, "overlap", here, task, wanted=1) == 1
    assert wanted() == 1
    assert cast.next(bao, here).reason == "nothing_free"
    do(cast, "ask_again", here, task)
    assert cast.next_task(bao, here) == task
    assert do(cast, "overlap", here, task, wanted=1) == 0
    for wrong in (0, 10_000):
        with pytest.raises(InvalidError):
            do(cast, "overlap", here, task, wanted=wrong)


def test_another_projects_tasks_are_left_alone(cast: Cast) -> None:
    here, there = cast.project(tasks=1), cast.project(tasks=1)
    (task,) = free(cast, there)

    assert [do(cast, act, here, task, wanted=5) for act in acts.ACTS] == [0, 0, 0, 0]
    assert free(cast, there) == [task]


def test_a_job_that_is_cut_off_goes_on_and_meets_every_task_once(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairhand.jobs.act_on_tasks.AT_ONCE", 3)
    here = cast.project(tasks=8)
    told = AskTaskAct(TaskAct(cast.carmen, here, "set_aside"), TaskQuery(states=("waiting",)))
    job = ask_task_act(cast.db, owner(cast), told, cast.clock.now)
    with pytest.raises(ConflictError):
        ask_task_act(cast.db, owner(cast), told, cast.clock.now)
    services = Services(cast.db, BlobStore("memory://"), cast.clock)

    class House:
        db = cast.db

    kinds = {"act_on_tasks": ActOnTasks(House())}  # type: ignore[arg-type]
    cursor, number = None, 0
    while number == 0 or cursor is not None:
        take_step(services, kinds, job, number, cursor)
        cursor = take_step(services, kinds, job, number, cursor)  # killed before it was noted
        number += 1

    with cast.db.read() as connection:
        done = job_store.find_job(connection, job)
    assert done is not None
    assert done.result == {"act": "set_aside", "changed": 8, "of": 8, "at": cast.clock.now}
    assert number == 3
    assert free(cast, here) == []


def test_an_archived_project_is_as_it_was_until_it_is_restored(cast: Cast) -> None:
    here = cast.project("Amina", tasks=3)
    amina, now = cast.people["Amina"], cast.clock.now
    task = cast.next_task(amina, here)
    command = ArchiveProject(cast.carmen, here)
    archive_project(cast.db, command, now)

    assert cast.next(amina, here, exclude=frozenset([task]), ahead=True).reason == "closed"
    refused: list[Callable[[], object]] = [
        lambda: change_guidelines(cast.db, ChangeGuidelines(cast.carmen, here, "New."), now),
        lambda: start_import(cast.db, here, "more.jsonl", now),
        lambda: cast.join(cast.person("Bao"), here),
        lambda: do(cast, "set_aside", here, task),
        lambda: cast.set_mode(here, "paused"),
        lambda: cast.fund(here, 500),
        lambda: archive_project(cast.db, command, now),
    ]
    for change in refused:
        with pytest.raises(ConflictError) as why:
            change()
        assert why.value.code == "archived"
    assert list_visible(cast.db, owner(cast)) == []
    assert [one.id for one in list_visible(cast.db, owner(cast), archived=True)] == [here]

    cast.clock.advance(20_000)
    cast.submit(amina, task)  # on screen before: finished and paid
    restore_project(cast.db, command, cast.clock.now)
    with pytest.raises(ConflictError):
        restore_project(cast.db, command, cast.clock.now)
    assert [(one.id, one.mode) for one in list_visible(cast.db, owner(cast))] == [(here, "draft")]
    assert cast.next(amina, here).sheet is not None


@pytest.mark.parametrize(
    "kind",
    [
        "annotation.submitted",
        "pay.statement_made",
        "payout.batch_sent",
        "grant.withdrawn",
        "contribution.withdrawn",
        "conduct.appealed",
        "person.erased",
        "licence.taken_back",
        "release.hidden",
    ],
)
def test_what_people_are_owed_goes_on_in_an_archived_project(kind: str) -> None:
    assert goes_on(kind)


@pytest.mark.parametrize(
    "kind",
    ["project.joined", "grant.given", "gold.marked", "tasks.set_aside", "import.asked", "new.one"],
)
def test_what_changes_an_archived_project_does_not(kind: str) -> None:
    assert not goes_on(kind)


def close_step(cast: Cast, project: int, task: int) -> None:
    """Let a conversation have gone past a task."""
    cast.change(
        "INSERT INTO conversation (id, project_id, state, wanted_messages, most_depth, "
        "most_replies, created_at, changed_at) VALUES (1, :p, 'growing', 1, 1, 1, 0, 0)",
        p=project,
    )
    cast.change(
        "INSERT INTO message (id, conversation_id, project_id, role, depth, text, state, "
        "created_at) VALUES (1, 1, :p, 'prompter', 0, 'Hello', 'accepted', 0)",
        p=project,
    )
    cast.change(
        "INSERT INTO message_task (task_id, conversation_id, message_id, step, done) "
        "VALUES (:t, 1, 1, 'review', true)",
        t=task,
    )


def test_nobody_is_asked_again_where_a_conversation_has_gone_on(cast: Cast) -> None:
    here = cast.project("Amina", tasks=2, overlap=1, max_overlap=3)
    one, other = free(cast, here)
    for task in (one, other):
        assert cast.next_task(cast.people["Amina"], here) == task
        cast.submit(cast.people["Amina"], task)
    close_step(cast, here, one)

    assert do(cast, "ask_again", here, one, other) == 1
    assert do(cast, "overlap", here, one, other, wanted=3) == 1
    assert free(cast, here) == [other]
    for query in (TaskQuery(), TaskQuery(ids=(one, other)), TaskQuery(ids=(one,))):
        assert count_closed(cast.db, owner(cast), here, query) == Count(1, is_exact=True)
    assert count_closed(cast.db, owner(cast), here, TaskQuery(ids=(other,))) == Count(0, True)


@pytest.mark.parametrize("act", ["take_back", "unmark"])
def test_who_waits_for_the_project_holds_no_task_meanwhile(
    cast: Cast, engine_name: str, act: str
) -> None:
    here = cast.project("Amina", tasks=1)
    (task,) = free(cast, here)
    if act == "take_back":
        do(cast, "set_aside", here, task)
    else:
        known = MarkGold(cast.carmen, here, task, {"pet": "cat"})
        mark_gold(cast.db, known, cast.clock.now)

    def end() -> None:
        if act == "take_back":
            do(cast, "take_back", here, task)
        else:
            unmark_gold(cast.db, UnmarkGold(cast.carmen, here, task), cast.clock.now)

    with ThreadPoolExecutor(1) as pool:
        with cast.db.write() as connection:
            # As everybody does who gives a task back: first the project, then the queue.
            bump = "UPDATE project SET reopened_seq = reopened_seq + 1 WHERE id = :p"
            connection.execute(text(bump), {"p": here})
            ending = pool.submit(end)
            if engine_name == "postgresql":
                waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
                while not cast.rows(waiting)[0][0]:
                    assert not ending.done()
                    sleep(0.01)
                connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            taken = "UPDATE queue SET reopened = 7 WHERE task_id = :t"
            connection.execute(text(taken), {"t": task})
        ending.result()
    assert free(cast, here) == [task]
