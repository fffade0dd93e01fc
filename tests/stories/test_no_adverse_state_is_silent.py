"""Whatever happens: nothing stands against a person of which they were not told, with a reason."""

from __future__ import annotations

import random

import pytest

from fairhand.core.clock import DAY_MS, MINUTE_MS
from fairhand.core.errors import FairhandError
from fairhand.storage.database import Database
from fairhand.use_cases.decide_about_person import KINDS, DecideAboutPerson, decide_about_person
from fairhand.use_cases.lift_suspensions import lift_suspensions
from fairhand.use_cases.mark_gold import MarkGold, mark_gold
from fairhand.use_cases.open_appeal import OpenAppeal, open_appeal
from fairhand.use_cases.settle_quality import settle_quality
from fairhand.use_cases.uphold_silent_appeals import uphold_silent_appeals
from tests.cast import IDLE_CAP_MS, LEASE_MS, Cast

PEOPLE = ("amina", "bao", "esi")
# Each finds rows that stand against somebody without a decision that says so.
SILENT = {
    "suspended": "SELECT e.person_id, e.project_id FROM enrolment e WHERE e.state = 'suspended' "
    "AND NOT EXISTS (SELECT 1 FROM decision d WHERE d.person_id = e.person_id "
    "AND d.kind IN ('suspended', 'ended') AND d.project_id IN (0, e.project_id))",
    "not used": "SELECT a.id FROM annotation a WHERE NOT a.counted AND NOT a.superseded "
    "AND a.aggregated AND NOT EXISTS (SELECT 1 FROM gold_quarantine g WHERE g.task_id = a.task_id) "
    "AND NOT EXISTS (SELECT 1 FROM decision d WHERE d.person_id = a.person_id "
    "AND d.kind = 'answer_not_taken')",
    "gold missed": "SELECT a.id FROM annotation a JOIN gold_answer g ON g.task_id = a.task_id "
    "WHERE NOT a.superseded AND a.value <> g.value AND a.aggregated AND NOT EXISTS "
    "(SELECT 1 FROM decision d WHERE d.kind = 'gold_missed' AND d.person_id = a.person_id "
    "AND d.client_key = 'gold:' || a.task_id || ':' || a.id)",
    "machines": "SELECT id FROM decision WHERE decider_id IS NULL "
    "AND kind IN ('suspended', 'ended', 'pay_changed', 'fraud_flag')",
    "unpaid": "SELECT a.id FROM annotation a WHERE NOT EXISTS "
    "(SELECT 1 FROM accrual c WHERE c.annotation_id = a.id)",
    "no reason": "SELECT id FROM decision WHERE length(reason) < 20 OR length(counterfactual) < 20",
}


class Life:
    """A project in which anything may happen next."""

    def __init__(self, db: Database, seed: int) -> None:
        self.db, self.dice = db, random.Random(seed)
        self.cast = Cast(db)
        self.project = self.cast.project(*PEOPLE, tasks=12, overlap=2)
        self.tasks = [row[0] for row in self.cast.rows("SELECT id FROM task ORDER BY id")]

    def person(self) -> int:
        return self.cast.person(self.dice.choice(PEOPLE))

    def answer(self) -> None:
        person = self.person()
        task = self.cast.next_task(person, self.project)
        self.cast.clock.advance(self.dice.choice((MINUTE_MS, LEASE_MS + MINUTE_MS)))
        if self.dice.random() < 0.5:
            self.cast.reap()
            other = self.person()
            self.cast.submit(other, self.cast.next_task(other, self.project), "owl")
        self.cast.submit(person, task, self.dice.choice(("cat", "dog")))

    def mark(self) -> None:
        known = {"pet": self.dice.choice(("cat", "dog"))}
        command = MarkGold(self.cast.carmen, self.project, self.dice.choice(self.tasks), known)
        mark_gold(self.db, command, self.cast.clock.now)

    def decide(self) -> None:
        kind = self.dice.choice(KINDS)
        found = self.cast.rows("SELECT id, person_id FROM annotation WHERE counted ORDER BY id")
        annotation, person = self.dice.choice(found) if found else (None, self.person())
        command = DecideAboutPerson(
            decider_id=self.cast.carmen,
            person_id=person,
            project_id=self.project,
            kind=kind,
            reason="Something is wrong with these answers.",
            counterfactual="Other answers would have led elsewhere.",
            evidence="The answers of today.",
            client_key=self.cast.key(),
            days=self.dice.randint(1, 30),
            annotation_id=annotation,
        )
        decide_about_person(self.db, command, self.cast.clock.now)

    def appeal(self) -> None:
        rows = self.cast.rows("SELECT id, person_id FROM decision ORDER BY id")
        decision, person = self.dice.choice(rows or [(0, 1)])
        command = OpenAppeal(person, decision, self.cast.key(), "That is not how it was.")
        open_appeal(self.db, command, self.cast.clock.now, idle_cap_ms=IDLE_CAP_MS)

    def wait(self) -> None:
        self.cast.clock.advance(self.dice.choice((-MINUTE_MS, DAY_MS, 8 * DAY_MS)))
        uphold_silent_appeals(self.db, self.cast.clock.now)
        lift_suspensions(self.db, self.cast.clock.now)

    def step(self) -> None:
        """Let one thing happen; what is refused changes nothing."""
        doings = (self.answer, self.answer, self.answer, self.mark, self.decide, self.appeal)
        try:
            self.dice.choice((*doings, self.wait))()
        except (FairhandError, AssertionError):
            return


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_stands_against_anybody_without_a_decision(sqlite_db: Database, seed: int) -> None:
    life = Life(sqlite_db, seed)
    for _ in range(40):
        life.step()
    settle_quality(sqlite_db, life.project, life.cast.clock)
    for name, query in SILENT.items():
        assert life.cast.rows(query) == [], name
    assert life.cast.rows("SELECT count(*) FROM queue WHERE taken > wanted OR taken < 0") == [(0,)]
    assert life.cast.rows("SELECT count(*) FROM decision")[0][0] > 0
