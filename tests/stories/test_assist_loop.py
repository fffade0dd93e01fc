"""The loop of assistance: learn, reorder the queue, propose for what is next, roll back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Thread
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from fairhand.compute.assistants.contract import AssistantError, Item, Proposal
from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError
from fairhand.storage import job_store
from fairhand.storage.database import Database
from fairhand.storage.tables.assist import feature_chunk, ranking_round
from fairhand.storage.tables.work import lease, prediction, project, queue
from fairhand.use_cases.ask_assist_work import ASSIST_KINDS, AskAssistWork, ask_assist_work
from fairhand.use_cases.assist_failed import assist_failed
from fairhand.use_cases.assistance_words import queue_words
from fairhand.use_cases.expect_seconds import expect_seconds
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.keep_up_assistance import keep_up_assistance
from fairhand.use_cases.mark_gold import MarkGold, mark_gold
from fairhand.use_cases.prelabel_next import Batch, next_batch, prelabel_next, propose
from fairhand.use_cases.promote_version import PromoteVersion, promote_version
from fairhand.use_cases.rank_tasks import Chosen, choose_tasks, rank_tasks
from fairhand.use_cases.train_model import learn_model, train_model
from fairhand.work.prelabel import store
from fairhand.work.prelabel.blind import is_held_out, is_planted
from fairhand.work.prelabel.insight_store import last_round
from tests.stories.assist_world import CARMEN, AssistWorld, make_digits, make_moods
from tests.stories.quality_world import IDLE_CAP_MS, MORNING, TERMS


def train(made: AssistWorld) -> int:
    learnt = learn_model(made.db, made.blobs, made.project_id)
    trained = train_model(made.db, learnt, MORNING, None)
    assert trained.version_id is not None, trained.words
    return trained.version_id


def order(db: Database) -> list[int]:
    with db.read() as connection:
        free = select(queue.c.task_id).where(queue.c.taken < queue.c.wanted, ~queue.c.held)
        return list(connection.execute(free.order_by(queue.c.rank)).scalars())


def predictions(db: Database) -> list[Any]:
    with db.read() as connection:
        return list(connection.execute(select(prediction).order_by(prediction.c.id)))


def propose_all(made: AssistWorld, **how: int) -> int:
    saved = 0
    while batch := next_batch(made.db, made.blobs, made.project_id, **how):
        saved += prelabel_next(made.db, batch, propose(batch), MORNING)
    return saved


def end_jobs(db: Database) -> None:
    with db.write() as connection:
        for job_id in job_store.list_unfinished(connection):
            job = job_store.find_job(connection, job_id)
            assert job is not None
            job_store.finish(connection, job, None, MORNING)


def test_before_a_model_there_is_the_queue_covers_what_the_tasks_are_like(db: Database) -> None:
    made = make_moods(db, count=60)
    made.tick()
    before = order(db)

    chosen = choose_tasks(db, made.blobs, made.project_id, np.random.default_rng(1))
    assert chosen is not None
    assert rank_tasks(db, chosen, MORNING) == len(chosen.task_ids) == 20

    after = order(db)
    assert tuple(after[:20]) == chosen.task_ids
    assert sorted(after) == sorted(before)
    held = [is_held_out(task_id, 200) for task_id in after[:20]]
    assert sum(held) == 4, "a fifth of what is asked next is kept to measure by"
    with db.read() as connection:
        assert connection.execute(select(project.c.queue_epoch)).scalar_one() == 1
        (one,) = connection.execute(select(ranking_round)).all()
    assert (one.pool, one.chosen) == (60, 20)


def test_once_there_is_a_model_the_time_that_its_proposals_save_is_weighed(db: Database) -> None:
    made = make_moods(db, count=60)
    policy = made.tick()
    made.answer(24)
    first = choose_tasks(db, made.blobs, made.project_id, np.random.default_rng(1))
    assert first is not None
    assert first.why["seconds"]["chosen"] == first.why["seconds"]["usual"], "all take as long"
    train(made)
    chosen = choose_tasks(db, made.blobs, made.project_id, np.random.default_rng(1))
    assert chosen is not None
    rank_tasks(db, chosen, MORNING)
    with db.read() as connection:
        ids = order(db)
        expected = expect_seconds(connection, policy, "choice", ids, np.eye(2)[np.arange(36) % 2])
        last = last_round(connection, made.project_id)
    assert (expected.seconds < first.why["seconds"]["usual"]).all(), "a sure proposal saves time"
    assert chosen.why["seconds"]["usual"] <= first.why["seconds"]["usual"]
    assert "Their time was weighed" in queue_words(last, is_on=True, reorders=True)


def test_features_are_made_once_and_for_new_tasks_only(sqlite_db: Database) -> None:
    made = make_digits(sqlite_db, count=40)
    made.tick()
    for seed in (1, 2):
        choose_tasks(sqlite_db, made.blobs, made.project_id, np.random.default_rng(seed))
    with sqlite_db.read() as connection:
        (chunk,) = connection.execute(select(feature_chunk)).all()
    assert chunk.tasks == 40


def test_a_task_that_somebody_took_and_a_gold_task_keep_their_places(db: Database) -> None:
    made = make_moods(db, count=30)
    made.tick()
    first, second, *_, gold = made.world.tasks
    mark_gold(db, MarkGold(CARMEN, made.project_id, gold, {"mood": "glad"}), MORNING)
    chosen = choose_tasks(db, made.blobs, made.project_id, np.random.default_rng(1))
    assert chosen is not None
    assert gold not in chosen.task_ids
    with db.read() as connection:
        before = dict(connection.execute(select(queue.c.task_id, queue.c.rank)).all())
    # Somebody takes the first task of the queue between the choice and the new order.
    asked = HandOutTask(made.world.people[0], made.project_id)
    hand_out_task(db, asked, MORNING, terms=TERMS, idle_cap_ms=IDLE_CAP_MS)
    rank_tasks(db, chosen, MORNING)

    with db.read() as connection:
        after = dict(connection.execute(select(queue.c.task_id, queue.c.rank)).all())
    assert after[first] == before[first]
    assert after[gold] == before[gold]
    assert sorted(after.values()) == sorted(before.values())
    assert after[second] in before.values()


def test_people_who_take_tasks_while_the_queue_is_reordered_never_get_one_twice(
    db: Database,
) -> None:
    made = make_moods(db, count=60, people=4)
    made.tick()
    failures: list[Exception] = []
    rng = np.random.default_rng(7)
    orders = [tuple(int(one) for one in rng.permutation(made.world.tasks)) for _ in range(12)]

    def work(who: int) -> None:
        try:
            for turn in range(15):
                now = Instant(MORNING + turn * 5_000)
                asked = HandOutTask(
                    made.world.people[who], made.project_id, ahead=True, hold="offline"
                )
                hand_out_task(db, asked, now, terms=TERMS, idle_cap_ms=IDLE_CAP_MS)
        except Exception as error:  # any of them fails the test
            failures.append(error)

    def reorder() -> None:
        try:
            for tasks in orders:
                rank_tasks(db, _chosen(made, tasks[:25]), MORNING)
        except Exception as error:
            failures.append(error)

    threads = [Thread(target=work, args=(who,)) for who in range(4)] + [Thread(target=reorder)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
    with db.read() as connection:
        leases = connection.execute(select(lease.c.task_id, lease.c.person_id)).all()
        rows = connection.execute(select(queue)).all()
    assert len(leases) == 60, "every turn of everybody found a task"
    assert len({row.task_id for row in leases}) == 60, "one place each, so nobody shares a task"
    assert all(row.taken <= row.wanted for row in rows)
    assert len({row.rank for row in rows}) == len(rows)


def test_a_promoted_model_proposes_for_what_is_next_and_never_twice(db: Database) -> None:
    made = make_moods(db, count=60)
    made.tick()
    done = made.answer(20)
    version_id = train(made)

    assert propose_all(made, look=15) == 15
    assert propose_all(made, look=15) == 0
    assert propose_all(made) == 40 - 15
    rows = predictions(db)
    assert {row.task_id for row in rows}.isdisjoint(done)
    assert {row.model_version_id for row in rows} == {version_id}
    assert all(0 <= row.score <= 1 and row.model.startswith("text-linear@") for row in rows)


def test_gold_tasks_get_a_proposal_too_so_that_they_look_like_any_other(
    sqlite_db: Database,
) -> None:
    made = make_moods(sqlite_db)
    gold = made.world.tasks[-1]
    mark_gold(sqlite_db, MarkGold(CARMEN, made.project_id, gold, {"mood": "glad"}), MORNING)
    made.tick()
    made.answer(20)
    train(made)
    propose_all(made, look=1)
    assert gold in {row.task_id for row in predictions(sqlite_db)}


def test_on_half_of_the_gold_tasks_a_right_proposal_is_made_wrong_unless_nothing_is_measured(
    sqlite_db: Database,
) -> None:
    made = make_moods(sqlite_db)
    for gold in made.world.tasks[-12:]:
        mark_gold(sqlite_db, MarkGold(CARMEN, made.project_id, gold, made.truth[gold]), MORNING)
    made.tick()
    made.answer(30)
    train(made)
    batch = next_batch(sqlite_db, made.blobs, made.project_id)
    assert batch is not None
    right = [
        Proposal({"mood": made.truth.get(item.task_id, {}).get("mood", "glad")}, 0.9)
        for item in batch.items
    ]
    proposed = propose(_with(batch, right))

    known = {one.task_id: one for one in proposed if one.task_id in made.world.tasks[-12:]}
    assert len(known) == 12
    for task_id, one in known.items():
        assert one.planted == is_planted(task_id)
        assert (one.value == made.truth[task_id]) == (not one.planted)
        assert (one.score, one.ask) == (0.9, known[min(known)].ask), "nobody can tell"
    assert {one.planted for one in known.values()} == {True, False}
    prelabel_next(sqlite_db, batch, proposed, MORNING)
    with sqlite_db.read() as connection:
        kept = {one.task_id for one in store.list_predictions(connection, batch.version.id)}
    assert kept.isdisjoint(one for one in known if known[one].planted), "no measure of the model"


def test_nothing_is_planted_where_the_owner_measures_nothing(sqlite_db: Database) -> None:
    made = make_moods(sqlite_db)
    for gold in made.world.tasks[-6:]:
        mark_gold(sqlite_db, MarkGold(CARMEN, made.project_id, gold, made.truth[gold]), MORNING)
    made.tick(blind_permille=0)
    made.answer(30)
    train(made)
    batch = next_batch(sqlite_db, made.blobs, made.project_id)
    assert batch is not None
    assert batch.planted == {}


def test_a_proposal_that_does_not_fit_the_question_is_left_out(sqlite_db: Database) -> None:
    made = make_moods(sqlite_db)
    made.tick()
    made.answer(20)
    train(made)
    batch = next_batch(sqlite_db, made.blobs, made.project_id, most=3)
    assert batch is not None
    odd = [
        Proposal({"mood": "angry"}, 0.9),
        Proposal({"mood": "glad"}, float("nan")),
        Proposal({"mood": "sad", "nose": 1}, 7.0),
    ]
    one, two, three = propose(_with(batch, odd))
    assert (one.value, one.ask) == ({}, "draw")
    assert one.details is not None
    assert "angry" in one.details["did_not_fit"][0]
    assert (two.value, two.score) == ({"mood": "glad"}, None)
    assert (three.value, three.score) == ({"mood": "sad"}, 1.0)
    with pytest.raises(AssistantError):
        propose(_with(batch, odd[:2]))


def test_one_click_rolls_back_to_the_model_shown_before(db: Database) -> None:
    made = make_moods(db)
    made.tick()
    made.answer(20)
    first = train(made)
    command = PromoteVersion(CARMEN, made.project_id)
    with pytest.raises(ConflictError):
        promote_version(db, command, MORNING)
    made.answer(10)
    second = train(made)
    promote_version(db, PromoteVersion(CARMEN, made.project_id, second), Instant(MORNING + 1))

    assert promote_version(db, command, Instant(MORNING + 2)).id == first
    with db.read() as connection:
        assert store.load_shown(connection, made.project_id).version_id == first
        states = {one.id: one.state for one in store.list_versions(connection, made.project_id)}
    assert states == {first: "promoted", second: "retired"}


def test_the_tick_asks_once_for_training_and_only_when_answers_have_grown(db: Database) -> None:
    made = make_moods(db)
    made.tick()
    end_jobs(db)  # the tick itself asked for the first order
    made.answer(9)
    assert keep_up_assistance(db, lambda: MORNING) == 0
    made.answer(1)
    assert keep_up_assistance(db, lambda: MORNING) == 1
    assert keep_up_assistance(db, lambda: MORNING) == 0, "one job a project at a time"
    with db.read() as connection:
        assert job_store.find_unfinished(connection, made.project_id, ASSIST_KINDS)
    end_jobs(db)
    train(made)
    propose_all(made)
    assert keep_up_assistance(db, lambda: MORNING) == 0


def test_servers_that_ask_at_once_ask_once(db: Database) -> None:
    made = make_moods(db)
    made.tick()
    end_jobs(db)
    asked: list[str | None] = []
    command = AskAssistWork(made.project_id)
    threads = [
        Thread(target=lambda: asked.append(ask_assist_work(db, command, MORNING))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one is not None for one in asked) == 1


def test_a_failure_is_shown_and_the_model_is_left_alone_for_a_while(db: Database) -> None:
    made = make_moods(db)
    made.tick()
    end_jobs(db)
    made.answer(20)
    train(made)
    error = AssistantError("The server is away.", hop="connect")
    assist_failed(db, made.project_id, "propose", error, MORNING)
    assist_failed(db, made.project_id, "propose", error, MORNING)

    with db.read() as connection:
        one = store.find_assistant(connection, made.project_id, "built-in")
    assert one is not None
    assert one.state == "failing"
    assert one.problem == {
        "hop": "connect",
        "code": "assistant_failed",
        "message": "The server is away.",
        "at": MORNING,
        "count": 2,
    }
    assert keep_up_assistance(db, lambda: Instant(MORNING + 59_000)) == 0
    assert keep_up_assistance(db, lambda: Instant(MORNING + 61_000)) == 1


@dataclass(frozen=True, slots=True)
class Odd:
    """A predictor that says what it was told to say."""

    proposals: Sequence[Proposal]
    model: str = "odd@1"

    def predict(self, items: Sequence[Item]) -> list[Proposal]:
        return list(self.proposals)


def _with(batch: Batch, proposals: Sequence[Proposal]) -> Batch:
    return replace(batch, predictor=Odd(proposals))


def _chosen(made: AssistWorld, task_ids: tuple[int, ...]) -> Chosen:
    return Chosen(made.project_id, None, task_ids, "random", "random", len(task_ids), {}, 1)
