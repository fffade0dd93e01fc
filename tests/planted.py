"""Evidence for monitors, written straight into the database: offers, appeals, pay, groups.

Stories would take thousands of calls for what a monitor needs to see; the tables are the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import text

from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Instant
from tests.cast import Cast

MONTH = 30 * DAY_MS
RATE = 1_271_000_000  # GBP 12.71 an hour, in micros of a penny


class Planted:
    """People who work in one project, and what is known of them."""

    def __init__(self, cast: Cast, people: int, tasks: int = 60) -> None:
        self.cast, self.now = cast, cast.clock.now
        self.project = cast.project(tasks=0, overlap=1)
        began = self.now - 200 * DAY_MS
        self.people = [10_000 + place for place in range(people)]
        self.tasks = [50_000 + place for place in range(tasks)]
        self._next = 0
        self._waiting: dict[str, list[dict[str, object]]] = {}
        self._many(
            "INSERT INTO person (id, display_name, locale, place_country, created_at) "
            "VALUES (:id, :name, 'en', 'GB', :at)",
            [{"id": one, "name": f"P{one}", "at": began} for one in self.people],
        )
        self._many(
            "INSERT INTO enrolment (person_id, project_id, state, joined_at, grant_id) "
            "VALUES (:id, :project, 'active', :at, 0)",
            [{"id": one, "project": self.project, "at": began} for one in self.people],
        )
        self._many(
            "INSERT INTO task (id, project_id, fingerprint, data, place, created_at) "
            "VALUES (:id, :project, :print, '{}', '', :at)",
            [
                {"id": one, "project": self.project, "print": f"p{one}", "at": began}
                for one in self.tasks
            ],
        )

    def offer(self, person: int, moments: Iterable[int]) -> None:
        """Let somebody have been offered tasks at these moments, as many as there are tasks."""
        rows = [
            {"person": person, "task": task, "project": self.project, "at": at}
            for task, at in zip(self.tasks, moments, strict=False)
        ]
        self._many(
            "INSERT INTO lease (task_id, person_id, project_id, state, hold, served_at, "
            "expires_at, ended_at) VALUES (:task, :person, :project, 'skipped', 'online', :at, "
            ":at, :at)",
            rows,
        )

    def spread(self, rng: random.Random, before: int, after: int, at: int) -> list[int]:
        """Spread offers over the 90 days before a moment and the 30 after it."""
        return [at - rng.randrange(1, 90 * DAY_MS) for _ in range(before)] + [
            at + rng.randrange(1, 29 * DAY_MS) for _ in range(after)
        ]

    def appeal(self, person: int, at: int, state: str = "declined") -> int:
        """Let somebody have appealed a decision about an answer; gives the appeal's number."""
        self._next += 1
        number = self._next
        self._later(
            "INSERT INTO decision (id, person_id, project_id, kind, system, reason, inputs, "
            "inputs_sha256, counterfactual, pay_effect, language, client_key, made_at, appeal_by) "
            "VALUES (:n, :person, :project, 'gold_missed', 'gold.check', 'It was missed.', '{}', "
            "'', 'Another answer would have met it.', 'none', 'en', :key, :at, :at)",
            n=number, person=person, project=self.project, key=f"d{number}", at=at,
        )  # fmt: skip
        self._later(
            "INSERT INTO appeal (id, decision_id, person_id, project_id, client_key, message, "
            "language, state, opened_at, answer_by, decided_at) VALUES (:n, :n, :person, "
            ":project, :key, 'I looked closely.', 'en', :state, :at, :by, :at)",
            n=number, person=person, project=self.project, key=f"a{number}", state=state, at=at,
            by=at + 7 * DAY_MS,
        )  # fmt: skip
        return number

    def review(self, reviewer: int, appeal: int, finding: str, took_ms: int, at: int) -> None:
        """Let a reviewer have found on an appeal."""
        self._later(
            "INSERT INTO appeal_review (appeal_id, reviewer_id, is_peer, opened_at, finding, "
            "reason, found_at) VALUES (:appeal, :reviewer, :peer, :opened, :finding, "
            "'So it is.', :at)",
            appeal=appeal, reviewer=reviewer, opened=at - took_ms, finding=finding, at=at,
            peer=False,
        )  # fmt: skip

    def pay(self, person: int, at: int, hours: float, micros_per_hour: int = RATE) -> None:
        """Let somebody have been paid for hours of work that ended at a moment."""
        self._next += 1
        ms = int(hours * HOUR_MS)
        self._later(
            "INSERT INTO entry (id, kind, idem_key, project_id, happened_at, recorded_at) "
            "VALUES (:id, 'accrual', :key, :project, :at, :at)",
            id=900_000 + self._next, key=f"planted {self._next}", project=self.project, at=at,
        )  # fmt: skip
        self._later(
            "INSERT INTO accrual (entry_id, person_id, project_id, activity, started_at, ended_at, "
            "paid_ms, rate_micros_per_hour, currency, amount_micros) VALUES (:id, :person, "
            ":project, 'annotate', :start, :at, :ms, :rate, 'GBP', :micros)",
            id=900_000 + self._next, person=person, project=self.project, start=at - ms, at=at,
            ms=ms, rate=micros_per_hour, micros=micros_per_hour * ms // HOUR_MS,
        )  # fmt: skip

    def say(self, person: int, name: str, value: str) -> None:
        """Let somebody have said something of themselves."""
        self._later(
            "INSERT INTO self_declared (person_id, name, value, at) VALUES (:p, :n, :v, :at)",
            p=person, n=name, v=value, at=self.now,
        )  # fmt: skip

    def save(self) -> None:
        """Write what has been planted since, all at once."""
        with self.cast.db.write() as connection:
            for statement, rows in self._waiting.items():
                connection.execute(text(statement), rows)
        self._waiting.clear()

    def _later(self, statement: str, **row: object) -> None:
        self._waiting.setdefault(statement, []).append(row)

    def _many(self, statement: str, rows: Sequence[Mapping[str, object]]) -> None:
        if rows:
            with self.cast.db.write() as connection:
                connection.execute(text(statement), [dict(row) for row in rows])


def plant_retaliation(cast: Cast, cut: float, contested: int = 14) -> Planted:
    """People who appealed forty days ago, and three times as many who did not."""
    rng = random.Random(11)
    planted = Planted(cast, contested * 4)
    at = Instant(planted.now - 40 * DAY_MS)
    for place, person in enumerate(planted.people):
        after = 14 if place >= contested else round(14 * (1 - cut))
        planted.offer(person, planted.spread(rng, 40 + place % 5, after + place % 3, at))
        if place < contested:
            planted.appeal(person, at)
    planted.save()
    return planted


def plant_rubber_stamper(planted: Planted, reviewer: int, appeals: int = 40) -> None:
    """A reviewer who declined every appeal within seconds."""
    for turn in range(appeals):
        at = planted.now - 50 * DAY_MS - turn * HOUR_MS
        person = planted.people[turn % len(planted.people)]
        number = planted.appeal(person, at)
        planted.review(reviewer, number, "decline", 8_000, at + MINUTE_MS)
    planted.save()
