"""What an owner reads of how conditions and results go together; never of one person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from fairhand.core.clock import HOUR_MS, Instant
from fairhand.core.money import MICROS
from fairhand.pay.floors import store as floors
from fairhand.pay.fx import store as fx
from fairhand.people.conduct import conditions_store as store
from fairhand.people.conduct.conditions import MONTH_MS, MONTHS, Cut, PersonMonth, cuts_of
from fairhand.people.conduct.monitoring import K
from fairhand.people.wellbeing import shelter_store as shelters
from fairhand.quality.gold_match import is_right
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.label_history import said_now
from fairhand.use_cases.read_project_floors import RATES_SINCE_MS, floor_of_place
from fairhand.use_cases.versions import version_of
from fairhand.work.gold import store as gold
from fairhand.work.projects import store as projects

Key = tuple[int, int, int]
"""Person, project, month."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Bands by pay, hours and haste; and sums where they are of `K` people and more.

    `paid_rest_hours` is time that was paid to stand down from hard content, in whole hours of
    months that are over, so that no single stretch can be told from it.
    """

    cuts: tuple[Cut, ...]
    premiums: tuple[tuple[str, int], ...]
    since: Instant
    paid_rest_hours: int | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether no band is large enough to be told."""
        return not any(band.people for cut in self.cuts for band in cut.bands)


def read_conditions(db: Database, now: Instant) -> Conditions:
    """Read six months of conditions, in bands of ten people and more."""
    this_month = now // MONTH_MS
    since = Instant(max(0, this_month - MONTHS) * MONTH_MS)
    with db.read() as connection:
        worked = store.list_worked(connection, since)
        answers = store.count_answers(connection, since)
        judged = _judge_gold(db, connection, since)
        floor_of = _floors(connection, worked, now)
        premiums = store.sum_premiums(connection, since)
        over = Instant(this_month * MONTH_MS)
        rested, rest_ms = shelters.sum_of_all(connection, since, over)
    rows = [
        PersonMonth(
            one.person_id,
            one.project_id,
            one.month,
            one.paid_ms,
            one.micros,
            floor_of.get((one.country, one.region, one.currency), 0),
            *answers.get(_key(one), (0, 0)),
            *judged.get(_key(one), (0, 0)),
        )
        for one in worked
    ]
    told = tuple((currency, micros) for currency, people, micros in premiums if people >= K)
    hours = rest_ms // HOUR_MS if rested >= K else None
    return Conditions(cuts_of(rows, this_month), told, since, hours)


def _key(one: store.Worked) -> Key:
    return (one.person_id, one.project_id, one.month)


def _floors(
    connection: Connection, worked: list[store.Worked], now: Instant
) -> dict[tuple[str, str, str], int]:
    """Find today's floor for an hour of each place and currency, in micros."""
    rates = fx.load_book(connection, Instant(now - RATES_SINCE_MS), now)
    found = {}
    for country, region, currency in {(one.country, one.region, one.currency) for one in worked}:
        rows = floors.load_rows(connection, country)
        floor = floor_of_place(rows, rates, country, region, currency, now)
        if floor is not None and floor.currency == currency:
            found[country, region, currency] = floor.minor_per_hour * MICROS
    return found


def _judge_gold(db: Database, connection: Connection, since: Instant) -> dict[Key, tuple[int, int]]:
    """Count answers to questions whose truth is known, and those that missed it."""
    asked: Counter[Key] = Counter()
    missed: Counter[Key] = Counter()
    for project_id in store.list_projects_with_gold(connection):
        project = projects.load_project(connection, project_id)
        if project is None:
            continue
        questions = version_of(db, connection, project_id, project.version).questions
        kinds = {question.name: question.kind for question in questions}
        known = {one.task_id: one.value for one in gold.list_gold(connection, project_id)}
        now_said = said_now(connection, project_id)
        for given in gold.iter_given(connection, project_id):
            if given.submitted_at < since or given.task_id not in known:
                continue
            key = (given.person_id, project_id, given.submitted_at // MONTH_MS)
            said = now_said(given.version, given.value)
            for name, answer in known[given.task_id].items():
                if name in kinds:
                    asked[key] += 1
                    missed[key] += not is_right(kinds[name], answer, said.get(name))
    return {key: (count, missed[key]) for key, count in asked.items()}
