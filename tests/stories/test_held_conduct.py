"""Whoever changes what people decided or permitted, past every guard, is named by the log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import text

from fairhand.pay.disputes.rules import Answer
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.mark_gold import MarkGold, mark_gold
from fairhand.use_cases.read_record_audit import audit_records
from fairhand.use_cases.undo_review import UndoReview, undo_review
from fairhand.use_cases.withdraw_grant import WithdrawGrant, withdraw_grant
from tests.stories import test_appeals as appeals
from tests.stories import test_disputes as disputes
from tests.stories import test_reviews as reviews
from tests.stories.own_data_world import OwnDataWorld
from tests.stories.quality_world import add_person, make_quality_world
from tests.stories.release_world import agree
from tests.stories.test_read_record_audit import unguarded


def found(db: Database) -> set[str]:
    with db.read() as connection:
        return {f"{issue.place}: {issue.message}" for issue in audit_records(connection)}


def tamper(db: Database, table: str, changes: Sequence[str]) -> None:
    with unguarded(db, table) as connection:
        for change in changes:
            assert connection.execute(text(change.replace(":", "\\:"))).rowcount > 0


def test_who_changes_a_review_or_what_stands_by_it_is_found(db: Database) -> None:
    world = reviews._six_pets(db)
    bao, (first, second, third) = add_person(db, "Bao"), world.tasks[:3]
    for task in (first, second, third):
        reviews.look(world, bao, task)
        dog: dict[str, Any] = {"value": {"pet": "dog"}, "reason": "It barks."}
        reviews.decide(world, bao, task, "fixed", **dog)
    undo_review(db, UndoReview(bao, world.project.id), world.now)
    assert {one for one in found(db) if "role" not in one} == set()
    tamper(
        db,
        "review",
        [
            f"UPDATE review SET verdict = 'accepted' WHERE task_id = {first}",
            f"UPDATE review SET reason = 'Who knows.' WHERE task_id = {second}",
            f"UPDATE review SET undone_at = NULL WHERE task_id = {third}",
            f'UPDATE adjudication SET value = \'{{"pet": "cow"}}\' WHERE task_id = {first}',
            "INSERT INTO review (project_id, task_id, reviewer_id, verdict, because, reason, "
            "annotations, client_key, at) SELECT project_id, task_id, reviewer_id, verdict, "
            f"because, reason, annotations, 'other', at FROM review WHERE task_id = {second}",
        ],
    )
    words = "\n".join(sorted(found(db)))
    for expected in (
        "review 1: its verdict is accepted in the tables, and fixed in the log",
        "review 2: the log has it with other content",
        "review 3: its undone_at is none in the tables, and 2026-",
        "review 4: the tables have it, and the log has not",
        f"what stands for task {first}: it is not what review 1 let stand",
    ):
        assert expected in words, words


def test_who_changes_a_dispute_or_its_answer_is_found(sqlite_db: Database) -> None:
    scene = disputes.Scene(sqlite_db)
    one = scene.open().dispute.id
    scene.decide(one, Answer("declined", disputes.NO))
    scene.open(key="key-number-2")
    assert found(sqlite_db) == set()
    tamper(
        sqlite_db,
        "pay_dispute",
        [
            "UPDATE pay_dispute SET state = 'upheld', message = 'Nothing.' WHERE id = 1",
            "UPDATE pay_dispute SET state = 'withdrawn', decided_at = 1 WHERE id = 2",
        ],
    )
    assert found(sqlite_db) == {
        "dispute 1: the log has it with other message",
        "dispute 1: its state is upheld in the tables, and declined in the log",
        "dispute 2: it has ended in the tables, and no line of the log ended it",
    }


def test_who_changes_a_decision_or_how_its_appeal_went_is_found(db: Database) -> None:
    world = appeals.world(db)
    bao, _, esi = appeals.panel(world)
    appeal = world.appeal().appeal
    world.find(bao, appeal, "decline", "The same device sent all forty answers.")
    world.find(esi, appeal, "decline", "I see one device only.")
    assert found(db) == set()
    tamper(
        db,
        "decision",
        [
            "UPDATE decision SET reason = 'Because.' WHERE id = 1",
            "UPDATE appeal SET state = 'upheld' WHERE id = 1",
            f"UPDATE appeal_review SET finding = 'uphold' WHERE reviewer_id = {bao}",
            f"DELETE FROM appeal_review WHERE reviewer_id = {esi}",
            "INSERT INTO decision (person_id, project_id, kind, decider_id, reason, inputs, "
            "inputs_sha256, counterfactual, pay_effect, language, client_key, made_at, appeal_by) "
            "SELECT person_id, project_id, kind, decider_id, reason, inputs, inputs_sha256, "
            "counterfactual, pay_effect, language, 'other', made_at, appeal_by FROM decision",
        ],
    )
    assert found(db) == {
        "decision 1: the log has it with other content",
        "decision 2: the tables have it, and the log has not",
        "appeal 1: its state is upheld in the tables, and declined in the log",
        f"person {bao}'s place at appeal 1: what they found is not what the log has",
        f"person {esi}'s place at appeal 1: the log has it, and the tables have not",
    }


def test_every_decision_that_a_system_makes_is_named_by_its_line(sqlite_db: Database) -> None:
    world = make_quality_world(sqlite_db, tasks=4, people=2, max_overlap=2)
    world.work(lambda who, number: {"pet": "cow"} if who else agree(who, number))
    aggregate_labels(sqlite_db, world.project.id, world.now)
    known = MarkGold(world.people[0], world.project.id, world.tasks[0], {"pet": "cat"}, "Whiskers.")
    mark_gold(sqlite_db, known, world.now)
    with sqlite_db.read() as connection:
        rows = connection.exec_driver_sql("SELECT id, system FROM decision").all()
    assert [row.system for row in rows] == ["gold.check"]
    assert found(sqlite_db) == set()
    tamper(sqlite_db, "decision", ["UPDATE decision SET appeal_by = 1"])
    assert found(sqlite_db) == {"decision 1: the log has it with other content"}


def test_who_widens_a_grant_or_lets_it_go_on_is_found(sqlite_db: Database, tmp_path: Path) -> None:
    world = OwnDataWorld(sqlite_db, tmp_path)
    _, given = world.join("Esi", {"voice": ("training",)})
    amina, ended = world.join("Amina", {"voice": ("training",)})
    withdraw_grant(sqlite_db, WithdrawGrant(amina, ended.grant_ids["voice"]), world.now)
    assert found(sqlite_db) == set()
    mine, over = given.grant_ids["voice"], ended.grant_ids["voice"]
    tamper(
        sqlite_db,
        "data_grant",
        [
            f"INSERT INTO grant_purpose (grant_id, purpose, granted_at) VALUES ({mine}, 'x', 1)",
            f"UPDATE data_grant SET territory = '[\"US\"]' WHERE id = {mine}",
            f"UPDATE data_grant SET withdrawn_at = NULL WHERE id = {over}",
            "UPDATE notice SET words = 'All is permitted.'",
        ],
    )
    words = "\n".join(sorted(found(sqlite_db)))
    for expected in (
        f"grant {mine}: its purposes are training, x in the tables, and training in the log",
        f"grant {mine}: its territory is ['US'] in the tables, and ",
        f"grant {over}: the log says that it ended on 2026-",
        f"grant {mine}: its notice is not the one that was agreed to",
    ):
        assert expected in words, words
