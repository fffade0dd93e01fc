"""Campaigns, cells and profiles in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Row, bindparam, select, update

from fairhand.core.clock import Instant
from fairhand.people.campaigns.rules import ATTRIBUTES, Campaign, Cell, Profile
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.campaigns import campaign, campaign_cell, contributor_profile
from fairhand.storage.tables.consent import data_grant, notice

_CAMPAIGN = select(campaign).where(campaign.c.project_id == bindparam("p_project_id"))
_EVERY = select(campaign).order_by(campaign.c.project_id)
_LISTED = select(campaign).where(campaign.c.is_listed).order_by(campaign.c.project_id)
_TAKE = (
    update(campaign)
    .where(campaign.c.project_id == bindparam("p_project_id"))
    .values(taken_to=bindparam("p_taken_to"))
)
_CELLS = (
    select(campaign_cell)
    .where(
        campaign_cell.c.project_id == bindparam("p_project_id"),
        campaign_cell.c.removed_at.is_(None),
    )
    .order_by(campaign_cell.c.id)
)
_NAMED = select(campaign_cell).where(campaign_cell.c.project_id == bindparam("p_project_id"))
_REMOVE = (
    update(campaign_cell)
    .where(campaign_cell.c.id == bindparam("p_id"))
    .values(removed_at=bindparam("p_now"))
)
_KEEP = (
    update(campaign_cell)
    .where(campaign_cell.c.id == bindparam("p_id"))
    .values(target=bindparam("p_target"), removed_at=None)
)
_LAY_ASIDE = (
    update(campaign_cell)
    .where(campaign_cell.c.id == bindparam("p_id"))
    .values(name=bindparam("p_name"), removed_at=bindparam("p_now"))
)
_PROMISES = (
    select(notice.c.terms)
    .where(
        notice.c.id.in_(
            select(data_grant.c.notice_id).where(
                data_grant.c.project_id == bindparam("p_project_id"),
                data_grant.c.withdrawn_at.is_(None),
                data_grant.c.ended_at.is_(None),
                data_grant.c.ends_at > bindparam("p_now"),
            )
        )
    )
    .order_by(notice.c.id)
)
_PROFILE = select(contributor_profile).where(
    contributor_profile.c.person_id == bindparam("p_person_id"),
    contributor_profile.c.project_id == bindparam("p_project_id"),
)


def load_campaign(connection: Connection, project_id: int) -> Campaign | None:
    """Load a project's campaign; None where it is an ordinary project."""
    row = connection.execute(_CAMPAIGN, {"p_project_id": project_id}).one_or_none()
    return None if row is None else _campaign(row)


def list_campaigns(connection: Connection, *, only_listed: bool = False) -> list[Campaign]:
    """List every campaign, or those on the public page."""
    found = connection.execute(_LISTED if only_listed else _EVERY)
    return [_campaign(row) for row in found]


def save_campaign(connection: Connection, saved: Campaign) -> None:
    """Keep a campaign's terms; how far its answers were taken in stays as it is."""
    terms = {
        "modalities": _dump(list(saved.modalities)),
        "anonymise": _dump(dict(saved.anonymise)),
        "law_pack": saved.law_pack,
        "retention_days": saved.retention_days,
        "least_age": saved.least_age,
        "smallest_cell": saved.smallest_cell,
        "epsilon": saved.epsilon,
        "checks": _dump(dict(saved.checks)),
        "prices": _dump(dict(saved.prices)),
        "is_listed": saved.is_listed,
        "changed_at": saved.changed_at,
    }
    written = insert(connection, campaign).values(project_id=saved.project_id, **terms)
    connection.execute(
        written.on_conflict_do_update(index_elements=[campaign.c.project_id], set_=terms)
    )


def save_taken_to(connection: Connection, project_id: int, annotation_id: int) -> None:
    """Remember the newest answer that was taken in as contributions."""
    connection.execute(_TAKE, {"p_project_id": project_id, "p_taken_to": annotation_id})


def list_cells(connection: Connection, project_id: int) -> list[Cell]:
    """List a campaign's cells, in the order in which they were made."""
    return [_cell(row) for row in connection.execute(_CELLS, {"p_project_id": project_id})]


def save_cells(
    connection: Connection, project_id: int, cells: Sequence[Cell], now: Instant
) -> None:
    """Let a campaign have these cells and no others.

    A cell is known again by its name. One that is about other people from now on is a new cell:
    what was counted for the old one stays the old one's.
    """
    known = {row.name: row for row in connection.execute(_NAMED, {"p_project_id": project_id})}
    wanted = {cell.name for cell in cells}
    for name, row in known.items():
        if name not in wanted and row.removed_at is None:
            connection.execute(_REMOVE, {"p_id": row.id, "p_now": now})
    for cell in cells:
        old = known.get(cell.name)
        if old is not None and orjson.loads(old.attributes) == dict(cell.attributes):
            connection.execute(_KEEP, {"p_id": old.id, "p_target": cell.target})
            continue
        if old is not None:
            aside = f"{cell.name[:80]} #{old.id}"
            connection.execute(_LAY_ASIDE, {"p_id": old.id, "p_name": aside, "p_now": now})
        fresh = {"project_id": project_id, "name": cell.name, "target": cell.target}
        fresh["attributes"] = _dump(dict(cell.attributes))
        connection.execute(insert(connection, campaign_cell), fresh)


def list_promises(connection: Connection, project_id: int, now: Instant) -> list[dict[str, Any]]:
    """List the terms of the notices that living grants of a campaign rest on."""
    given = {"p_project_id": project_id, "p_now": now}
    return [orjson.loads(row.terms) for row in connection.execute(_PROMISES, given)]


def load_profile(connection: Connection, person_id: int, project_id: int) -> Profile | None:
    """Load what somebody said of themselves for a campaign; None where they said nothing yet."""
    row = connection.execute(
        _PROFILE, {"p_person_id": person_id, "p_project_id": project_id}
    ).one_or_none()
    return None if row is None else Profile(**{name: getattr(row, name) for name in ATTRIBUTES})


def save_profile(
    connection: Connection, person_id: int, project_id: int, profile: Profile, now: Instant
) -> None:
    """Keep what somebody says of themselves; what they said before is gone."""
    said = {name: getattr(profile, name) for name in ATTRIBUTES} | {"said_at": now}
    row = {"person_id": person_id, "project_id": project_id, **said}
    written = insert(connection, contributor_profile).values(**row)
    keys = [contributor_profile.c.person_id, contributor_profile.c.project_id]
    connection.execute(written.on_conflict_do_update(index_elements=keys, set_=said))


def _campaign(row: Row[Any]) -> Campaign:
    return Campaign(
        project_id=row.project_id,
        modalities=tuple(orjson.loads(row.modalities)),
        anonymise=orjson.loads(row.anonymise),
        law_pack=row.law_pack,
        retention_days=row.retention_days,
        least_age=row.least_age,
        smallest_cell=row.smallest_cell,
        epsilon=row.epsilon,
        checks=orjson.loads(row.checks),
        prices=orjson.loads(row.prices),
        is_listed=bool(row.is_listed),
        taken_to=row.taken_to,
        changed_at=row.changed_at,
    )


def _cell(row: Row[Any]) -> Cell:
    return Cell(row.id, row.name, orjson.loads(row.attributes), row.target)


def _dump(value: object) -> str:
    return orjson.dumps(value).decode()
