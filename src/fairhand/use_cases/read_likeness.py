"""What somebody sees of looking for themselves: templates, where they may make one, limits."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import DAY_MS, Instant
from fairhand.people.consent import grant_store as grants
from fairhand.people.likeness import look_up_store as store
from fairhand.people.likeness import template_store as templates
from fairhand.people.likeness.rules import LOOK_UPS_A_DAY, Template, may_recognise
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.destroy_templates import reason
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class OwnTemplate:
    """One of one's own templates; `ends` says why it is about to be destroyed, if it is."""

    template: Template
    title: str
    ends: str | None


@dataclass(frozen=True, slots=True)
class OwnLikeness:
    """What the page of looking up shows; `may_make` maps campaigns to their titles."""

    templates: tuple[OwnTemplate, ...]
    may_make: dict[int, str]
    given: int
    left_today: int


def read_likeness(db: Database, person_id: int, now: Instant) -> OwnLikeness:
    """Read what there is of somebody's likeness here."""
    with db.read() as connection:
        own = templates.list_own(connection, person_id)
        titles = _titles(connection, person_id, own)
        shown = tuple(_shown(connection, one, titles, now) for one in reversed(own))
        living = {one.template.project_id for one in shown if _lives(one)}
        allowed = {
            grant.project_id: titles[grant.project_id]
            for grant in grants.list_own(connection, person_id)
            if grant.modality == "voice" and may_recognise(grant.terms(), "voice", now)
        }
        used = store.count_since(connection, person_id, Instant(now - DAY_MS))
        given = len(store.list_own(connection, person_id))
    may_make = {one: title for one, title in sorted(allowed.items()) if one not in living}
    return OwnLikeness(shown, may_make, given, max(0, LOOK_UPS_A_DAY - used))


def _lives(one: OwnTemplate) -> bool:
    return one.template.destroyed_at is None and one.ends is None


def _shown(
    connection: Connection, template: Template, titles: dict[int, str], now: Instant
) -> OwnTemplate:
    ends = None if template.destroyed_at is not None else reason(connection, template, now)
    return OwnTemplate(template, titles[template.project_id], ends)


def _titles(connection: Connection, person_id: int, own: list[Template]) -> dict[int, str]:
    places = {one.project_id for one in own}
    places |= {one.project_id for one in grants.list_own(connection, person_id)}
    found = {one: projects.load_project(connection, one) for one in places}
    return {one: project.title if project else "" for one, project in found.items()}
