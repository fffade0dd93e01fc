"""A campaign's picture: what came of whom, what is missing, whom to ask next; nothing is written.

Exact counts are as of the last full hour, so that what one person sent just now does not move a
number while somebody watches.
"""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import HOUR_MS, Instant
from fairhand.core.errors import NotFoundError
from fairhand.model.project import Project
from fairhand.people.campaigns import coverage_store, store
from fairhand.people.campaigns.coverage import Coverage, noised_picture, picture
from fairhand.people.campaigns.coverage_store import WEEK_MS
from fairhand.people.campaigns.noise import error_within, sensitivity_of
from fairhand.people.campaigns.rules import Campaign, Cell
from fairhand.storage.database import Connection, Database
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class CoveragePage:
    """A campaign and its picture."""

    project: Project
    campaign: Campaign
    coverage: Coverage


def read_coverage(db: Database, project_id: int, now: Instant) -> CoveragePage:
    """Draw a campaign's picture; raises NotFoundError where the project is no campaign."""
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        campaign = store.load_campaign(connection, project_id)
        if project is None or campaign is None:
            raise NotFoundError(f"Project {project_id} is no campaign.")
        cells = store.list_cells(connection, project_id)
        unit = project.rate_micros_per_hour * project.expected_ms // HOUR_MS
        if campaign.epsilon is not None:
            drawn = _noised(connection, campaign, campaign.epsilon, cells, unit)
        else:
            as_of = Instant(now // HOUR_MS * HOUR_MS)
            parts = coverage_store.list_parts(connection, project_id, as_of)
            drawn = picture(parts, cells, campaign.smallest_cell, unit, as_of)
    return CoveragePage(project, campaign, drawn)


def _noised(
    connection: Connection, campaign: Campaign, epsilon: float, cells: list[Cell], unit: int
) -> Coverage:
    counted = coverage_store.list_noised(connection, campaign.project_id)
    whole = counted.get(0)
    spent = whole.epsilon if whole else epsilon
    sensitivity = (
        whole.sensitivity if whole else sensitivity_of([cell.attributes for cell in cells])
    )
    weeks = whole.weeks if whole else 0
    people = {one.cell_id: one.people for one in counted.values()}
    since = {
        one.cell_id: Instant(one.first_week * WEEK_MS)
        for one in counted.values()
        if whole and one.first_week > whole.first_week
    }
    return noised_picture(
        cells,
        people,
        coverage_store.count_given(connection, campaign.project_id) / max(1, people.get(0, 0)),
        smallest=campaign.smallest_cell,
        unit_micros=unit,
        as_of=Instant((whole.last_week + 1) * WEEK_MS) if whole else campaign.changed_at,
        epsilon=spent,
        error=error_within(spent, sensitivity, weeks),
        weeks=weeks,
        since=since,
    )
