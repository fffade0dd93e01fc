"""A gold task that is overturned counts for nobody: as if it had never been used."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from fairhand.core.clock import MINUTE_MS
from fairhand.core.errors import ConflictError
from fairhand.people.conduct import appeal_store
from fairhand.storage.database import Database
from fairhand.use_cases.find_on_appeal import FindOnAppeal, find_on_appeal
from fairhand.use_cases.give_role import GiveRole, give_role
from fairhand.use_cases.hear_appeal import HearAppeal, hear_appeal
from fairhand.use_cases.mark_gold import MarkGold, mark_gold
from fairhand.use_cases.mend_statistics import mend_statistics
from fairhand.use_cases.open_appeal import OpenAppeal, open_appeal
from fairhand.use_cases.read_gold import read_gold
from fairhand.use_cases.settle_quality import settle_quality
from tests.cast import IDLE_CAP_MS, Cast
from tests.engines import Templates

PEOPLE = ("amina", "esi", "hana")
STATISTICS = {
    "models": "SELECT question, part, person_id, counts FROM annotator_model ORDER BY 1, 2, 3",
    "questions": "SELECT question, part, classes, task_counts, crowd FROM question_model",
    "agreement": "SELECT question, alpha, low, high, tasks, answers FROM agreement",
    "consensus": "SELECT task_id, question, value, confidence, method, n_answers, settled, beliefs "
    "FROM consensus ORDER BY 1, 2",
    "reports": "SELECT question, body FROM quality_report ORDER BY 1",
    "signals": "SELECT fingerprint, kind, body, state FROM quality_signal ORDER BY 1",
}


@dataclass
class History:
    """A project where three people answer eight tasks, and perhaps a ninth that is gold."""

    cast: Cast
    project: int
    gold: int

    def statistics(self) -> dict[str, list[tuple[object, ...]]]:
        """Everything that was learned of people and tasks."""
        return {name: self.cast.rows(query) for name, query in STATISTICS.items()}


def history(db: Database, *, with_gold: bool) -> History:
    """Answer everything; the gold task says owl, and everybody sees a cat."""
    cast = Cast(db)
    project = cast.project(*PEOPLE, tasks=9, overlap=3)
    tasks = [row[0] for row in cast.rows("SELECT id FROM task ORDER BY id")]
    gold, others = tasks[-1], tasks[:-1]
    mark_gold(db, MarkGold(cast.carmen, project, gold, {"pet": "owl"}, "Its eyes."), cast.clock.now)
    lease = (
        "INSERT INTO lease (task_id, person_id, project_id, state, hold, served_at, expires_at) "
        "VALUES (:task, :person, :project, 'live', 'online', :now, :until)"
    )
    for turn, name in enumerate(PEOPLE):
        person = cast.person(name)
        for number, task in enumerate(others):
            assert cast.next_task(person, project) == task
            cast.clock.advance(MINUTE_MS)
            wrong = (number + turn) % 4 == 0
            cast.submit(person, task, "dog" if wrong else "cat")
        if with_gold:
            cast.change(
                lease, task=gold, person=person, project=project, now=cast.clock.now,
                until=cast.clock.now + 600_000,
            )  # fmt: skip
            cast.change("UPDATE queue SET wanted = wanted + 1, taken = taken + 1 "
                        "WHERE task_id = :task", task=gold)  # fmt: skip
            cast.submit(person, gold, "cat")
    settle_quality(db, project, cast.clock)
    return History(cast, project, gold)


def overturn(found: History) -> None:
    """Amina appeals her miss, and Bao upholds it."""
    cast, now = found.cast, found.cast.clock.now
    bao = cast.person("bao")
    give_role(cast.db, GiveRole(bao, "reviewer"), now)
    with cast.db.read() as connection:
        mine = appeal_store.list_decisions(connection, person_id=cast.person("amina"))
    command = OpenAppeal(
        cast.person("amina"), mine[0].decision.id, cast.key(), "It has whiskers: a cat."
    )
    appeal = open_appeal(cast.db, command, now, idle_cap_ms=IDLE_CAP_MS).appeal
    hear_appeal(cast.db, HearAppeal(bao, appeal.id), now)
    find_on_appeal(cast.db, FindOnAppeal(bao, appeal.id, "uphold", "It is a cat."), now)


def test_everybody_is_told_what_they_missed_once_and_with_the_known_answer(db: Database) -> None:
    found = history(db, with_gold=True)
    settle_quality(db, found.project, found.cast.clock)
    with db.read() as connection:
        told = appeal_store.list_decisions(connection)
    assert sorted(one.person for one in told) == sorted(PEOPLE)
    assert all(one.decision.inputs["known answer"] == {"pet": "owl"} for one in told)
    assert all(one.decision.behind == {found.cast.carmen} for one in told)


def test_statistics_after_an_overturn_equal_a_history_in_which_it_was_never_used(
    db: Database, templates: Templates
) -> None:
    used = history(db, with_gold=True)
    with templates.fresh("sqlite") as url:
        other = Database(url)
        never = history(other, with_gold=False)
        expected = never.statistics()
        assert used.statistics() != expected, "the gold task made a difference"
        overturn(used)
        assert mend_statistics(db, used.cast.clock) == 1
        found = used.statistics()
        for name in STATISTICS:
            if name != "consensus":
                assert found[name] == expected[name], name
        strip = [tuple(row[:6]) for row in expected["consensus"]]
        assert [tuple(row[:6]) for row in found["consensus"]] == strip
        other.close()
    used.cast.clock.advance(MINUTE_MS)
    settle_quality(db, used.project, used.cast.clock)
    assert mend_statistics(db, used.cast.clock) == 0
    assert read_gold(db, used.project).crowd.of == 0


def test_every_miss_of_it_is_taken_back_for_everyone_and_nobody_is_asked_it_again(
    sqlite_db: Database,
) -> None:
    found = history(sqlite_db, with_gold=True)
    paid = found.cast.rows("SELECT sum(amount_micros) FROM accrual")
    overturn(found)
    with sqlite_db.read() as connection:
        told = appeal_store.list_decisions(connection)
    restored = [one.person for one in told if one.decision.kind == "restored"]
    assert sorted(restored) == sorted(PEOPLE)
    assert found.cast.rows("SELECT sum(amount_micros) FROM accrual")[0][0] >= paid[0][0]
    mark = MarkGold(found.cast.carmen, found.project, found.gold, {"pet": "cat"})
    with pytest.raises(ConflictError, match="overturned"):
        mark_gold(sqlite_db, mark, found.cast.clock.now)
    queue = found.cast.rows("SELECT held, taken FROM queue WHERE task_id = :t", t=found.gold)
    assert [(bool(held), taken) for held, taken in queue] == [(True, 0)]


def test_who_has_it_on_the_desk_meanwhile_is_paid_and_not_counted(sqlite_db: Database) -> None:
    found = history(sqlite_db, with_gold=True)
    cast = found.cast
    late = cast.person("ines")
    cast.join(late, found.project)
    cast.change(
        "INSERT INTO lease (task_id, person_id, project_id, state, hold, served_at, expires_at) "
        "VALUES (:task, :person, :project, 'live', 'online', :now, :until)",
        task=found.gold, person=late, project=found.project, now=cast.clock.now,
        until=cast.clock.now + 600_000,
    )  # fmt: skip
    cast.change(
        "UPDATE queue SET taken = taken + 1, wanted = wanted + 1 WHERE task_id = :task",
        task=found.gold,
    )
    overturn(found)
    reply = cast.submit(late, found.gold, "owl").reply
    assert reply["counted"] is False
    settle_quality(sqlite_db, found.project, cast.clock)
    consensus = "SELECT count(*) FROM consensus WHERE task_id = :t AND n_answers > 0"
    assert cast.rows(consensus, t=found.gold) == [(0,)]


def test_a_miss_that_the_same_person_mends_does_not_count_any_more(sqlite_db: Database) -> None:
    found = history(sqlite_db, with_gold=True)
    right = MarkGold(found.cast.carmen, found.project, found.gold, {"pet": "cat"}, "Whiskers.")
    mark_gold(sqlite_db, right, found.cast.clock.now)
    with sqlite_db.read() as connection:
        told = appeal_store.list_decisions(connection)
    assert [one.decision.kind for one in told].count("restored") == len(PEOPLE)
