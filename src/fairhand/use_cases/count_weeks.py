"""Who newly gave something is counted with noise once a week, where an owner asks for noise.

Each person is in the counts of one week alone, and each count is drawn once and kept, so nobody
ever learns more than the stated epsilon allows, however often they look.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from fairhand.core.clock import DAY_MS, Instant
from fairhand.people.campaigns import coverage_store, store
from fairhand.people.campaigns.coverage_store import WEEK_MS, Newcomer
from fairhand.people.campaigns.noise import can_noise, noised, sensitivity_of
from fairhand.people.campaigns.rules import Cell, belongs
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database

GRACE_MS: Final = DAY_MS
"""A week is counted a day after its end, when what was given in it has been taken in."""

Noise = Callable[[Sequence[int], float, int], list[int]]


def count_weeks(db: Database, now: Instant, noise: Noise = noised) -> int:
    """Count the weeks that are over; gives how many counts were drawn. A tick.

    `noise` takes counts, epsilon and sensitivity and gives counts with noise. Without the extra
    that draws it nothing is counted, and nothing is shown.
    """
    if noise is noised and not can_noise():
        return 0
    with db.read() as connection:
        campaigns = coverage_store.noised_campaigns(connection)
    return sum(_count(db, project_id, now, noise) for project_id in campaigns)


def _count(db: Database, project_id: int, now: Instant, noise: Noise) -> int:
    this_week = (now - GRACE_MS) // WEEK_MS
    with db.read() as connection:
        if not _due(connection, project_id, this_week):
            return 0
    with db.write() as connection:
        due = _due(connection, project_id, this_week)
        campaign = store.load_campaign(connection, project_id)
        if not due or campaign is None or campaign.epsilon is None:
            return 0
        cells = store.list_cells(connection, project_id)
        sensitivity = sensitivity_of([cell.attributes for cell in cells])
        for week, people in due.items():
            counts = [len(people), *(_in_cell(people, cell) for cell in cells)]
            drawn = noise(counts, campaign.epsilon, sensitivity)
            coverage_store.add_wave(
                connection,
                project_id,
                week,
                list(zip([0, *(cell.id for cell in cells)], drawn, strict=True)),
                epsilon=campaign.epsilon,
                sensitivity=sensitivity,
                now=now,
            )
        epsilon = f"{campaign.epsilon:g}"
        body = {"project": project_id, "weeks": list(due), "epsilon": epsilon}
        log.append(connection, "campaign.weeks_counted", body, now, project_id=project_id)
    return len(due) * (1 + len(cells))


def _due(connection: Connection, project_id: int, this_week: int) -> dict[int, list[Newcomer]]:
    """Gather the newcomers of every week that is over and was not counted, empty weeks too."""
    counted = coverage_store.last_week(connection, project_id)
    before = Instant(this_week * WEEK_MS)
    newcomers: dict[int, list[Newcomer]] = defaultdict(list)
    for one in coverage_store.list_newcomers(connection, project_id, before):
        newcomers[one.week].append(one)
    first = min(newcomers, default=None) if counted is None else counted + 1
    if first is None:
        return {}
    return {week: newcomers.get(week, []) for week in range(first, this_week)}


def _in_cell(people: Sequence[Newcomer], cell: Cell) -> int:
    return sum(belongs(one.said, cell.attributes) for one in people)
