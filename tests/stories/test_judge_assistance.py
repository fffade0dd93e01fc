"""Help that does not help switches itself off, says why, and stays off until a person acts."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import text

from fairhand.core.errors import FairhandError
from fairhand.quality.assistance.helps import Help
from fairhand.quality.store import gather_ballots
from fairhand.storage.database import Database
from fairhand.use_cases.judge_assistance import judge_assistance, words_of_harm
from fairhand.use_cases.read_experiment import (
    learnt_seconds,
    measure_bias,
    measure_help,
    read_experiment,
)
from fairhand.use_cases.set_assist_policy import SetAssistPolicy, set_assist_policy
from fairhand.work.gold import store as golds
from fairhand.work.prelabel import store
from fairhand.work.prelabel.seconds import frozen_seconds
from fairhand.work.prelabel.store import AssistPolicy
from tests.stories.help_world import CARMEN, HelpWorld, make_help_world
from tests.stories.quality_world import PET


def policy_of(made: HelpWorld) -> AssistPolicy:
    with made.db.read() as connection:
        found = store.load_policy(connection, made.project_id)
    assert found is not None
    return found


def judged(made: HelpWorld) -> list[int]:
    return judge_assistance(made.db, made.world.now, blobs=made.blobs)


def help_of(made: HelpWorld) -> Help:
    with made.db.read() as connection:
        return measure_help(read_experiment(connection, made.project_id, policy_of(made)))


def events(made: HelpWorld) -> list[dict[str, Any]]:
    with made.db.read() as connection:
        rows = connection.execute(
            text("SELECT body FROM event WHERE kind = 'assist.policy_set' ORDER BY id")
        )
        return [orjson.loads(row.body) for row in rows]


def test_proposals_that_slow_people_down_are_switched_off_with_a_reason_that_is_logged(
    db: Database,
) -> None:
    made = make_help_world(db, tasks=120, people=3)
    made.work(100, ratio=2.2)

    assert judged(made) == [made.project_id]

    policy = policy_of(made)
    assert not policy.is_on
    assert policy.off_because is not None
    assert policy.off_because["code"] == "no_help"
    assert policy.off_because["ratio"] == pytest.approx(2.2, rel=0.25)
    assert "drawn by chance" in policy.off_because["reason"]
    assert policy.changed_by == CARMEN
    with db.read() as connection:
        assert store.load_shown(connection, made.project_id).version_id is None
    assert events(made)[-1]["off_because"]["code"] == "no_help"
    assert made.work(5, ratio=1.0) == 0, "nobody sees a proposal any more"
    assert judged(made) == [], "it is off, and nothing is judged any more"
    assert len(events(made)) == 2


def test_what_was_measured_can_still_be_read_after_it_was_switched_off(
    sqlite_db: Database,
) -> None:
    made = make_help_world(sqlite_db, tasks=120, people=3)
    made.work(90, ratio=2.2)
    before = help_of(made)
    judged(made)
    made.work(9, ratio=1.0)

    assert help_of(made) == before


def test_proposals_that_help_stay_however_often_they_are_judged(sqlite_db: Database) -> None:
    made = make_help_world(sqlite_db, tasks=160, people=3)
    for _ in range(3):
        made.work(40, ratio=0.5)
        assert judged(made) == []

    found = help_of(made)
    assert found.verdict == "helps"
    assert found.ratio == pytest.approx(0.5, rel=0.3)
    assert policy_of(made).is_on


def test_an_owner_may_switch_it_on_again_and_the_measurement_begins_anew(
    sqlite_db: Database,
) -> None:
    made = make_help_world(sqlite_db, tasks=200, people=3)
    made.work(90, ratio=2.2)
    judged(made)

    made.tick(blind_permille=300)

    assert help_of(made).with_it == 0
    assert judged(made) == [], "what was known already does not switch it off at once"
    assert policy_of(made).off_because is None
    made.work(40, ratio=0.5)
    assert judged(made) == []
    made.tick(strategy="random")
    assert help_of(made).with_it > 0, "a change of settings forgets nothing"


def test_answers_from_a_project_that_was_never_ticked_are_no_experiment(
    sqlite_db: Database,
) -> None:
    made = make_help_world(sqlite_db, tasks=5, people=1)
    command = SetAssistPolicy(CARMEN, made.project_id, is_on=False)
    set_assist_policy(sqlite_db, command, made.world.now, blobs=made.blobs)

    with sqlite_db.read() as connection:
        assert read_experiment(connection, made.project_id, None).usual == ()
    assert help_of(made).verdict == "too_little"
    with pytest.raises(ValueError, match="nothing is known"):
        words_of_harm(help_of(made))


def test_following_wrong_proposals_is_seen_in_the_crowd_and_on_gold_tasks(db: Database) -> None:
    made = make_help_world(db, tasks=160, people=12, wrong_every=3)
    made.work(140, ratio=0.6)
    with db.write() as connection:
        wrong = [one for at, one in enumerate(made.world.tasks) if at % 3 == 0 and at % 9]
        known = {one: ({"pet": made.truth(one)}, "") for one in wrong}
        golds.mark(connection, made.project_id, known, CARMEN, made.world.now)

    with db.read() as connection:
        found = read_experiment(connection, made.project_id, policy_of(made))
        bias = measure_bias(connection, found, [PET])

    assert bias.pull is not None
    assert bias.pull.agree_shown == 1.0
    assert bias.pull.agree_blind < 1.0
    assert bias.pull.difference > 0.0
    assert bias.acceptance is not None
    assert bias.acceptance.share == 1.0
    assert bias.acceptance.blind > 0
    assert bias.acceptance.fell_alone == 0


def test_what_is_answered_to_a_planted_mistake_counts_for_nothing_that_concerns_the_person(
    db: Database,
) -> None:
    made = make_help_world(db, tasks=60, people=4, wrong_every=3)
    made.work(50, ratio=0.6)
    with db.write() as connection:
        known = {one: ({"pet": made.truth(one)}, "") for one in made.world.tasks}
        golds.mark(connection, made.project_id, known, CARMEN, made.world.now)
        before = list(golds.iter_given(connection, made.project_id))
        connection.execute(
            text("UPDATE prediction SET planted = :yes WHERE task_id % 2 = 0"), {"yes": True}
        )
        after = {one.annotation_id for one in golds.iter_given(connection, made.project_id)}
        ballots = gather_ballots(connection, made.project_id, [PET])
        shown = connection.execute(
            text("SELECT id FROM annotation WHERE prediction_shown AND task_id % 2 = 0")
        )
        fooled = set(shown.scalars())

    assert fooled
    assert after == {one.annotation_id for one in before} - fooled
    assert len(ballots) == len(before) - len(fooled)


def test_a_projects_own_seconds_are_learnt_from_what_people_did(sqlite_db: Database) -> None:
    made = make_help_world(sqlite_db, tasks=120, people=3)
    made.work(120, ratio=0.5, plain=40.0)
    with sqlite_db.read() as connection:
        found = read_experiment(connection, made.project_id, policy_of(made))
    learnt = learnt_seconds(found, "choice", "text")
    assert learnt.draw == pytest.approx(40.0, rel=0.35)
    assert learnt.keep == pytest.approx(20.0, rel=0.25)
    assert learnt.verify > frozen_seconds("choice", "text").verify, "a slow project in all ways"


def test_a_reordered_queue_leaves_held_out_tasks_out_of_the_comparison(
    sqlite_db: Database,
) -> None:
    made = make_help_world(sqlite_db, tasks=120, people=2)
    made.work(100, ratio=0.5)
    before = help_of(made)
    with sqlite_db.write() as connection:
        connection.execute(
            text(
                "INSERT INTO ranking_round (project_id, strategy, phase, pool, chosen, took_ms, at)"
                " VALUES (:project, 'margin', 'uncertainty', 10, 5, 3, :at)"
            ),
            {"project": made.project_id, "at": made.world.now},
        )

    after = help_of(made)

    assert after.with_it == before.with_it
    assert 0 < after.without < before.without


def test_settings_are_refused_with_words(sqlite_db: Database) -> None:
    made = make_help_world(sqlite_db, tasks=3, people=1)
    with pytest.raises(FairhandError):
        made.tick(blind_permille=900)
