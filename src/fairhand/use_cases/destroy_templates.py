"""Templates of voices and faces end by themselves, or at once when their person says so."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.law_packs import load_law_pack
from fairhand.people.consent.grant_store import load_grant
from fairhand.people.likeness import template_store as store
from fairhand.people.likeness.rules import Template, why_gone
from fairhand.proof.log import store as log
from fairhand.proof.log.store import NewEvent
from fairhand.storage.database import Connection, Database

STEP = 200


def destroy_templates(db: Database, now: Instant, step: int = STEP) -> int:
    """Destroy every template whose time is over or whose ground is gone; gives how many."""
    destroyed, after, more = 0, 0, True
    while more:
        with db.write() as connection:
            living = store.list_living(connection, after, step)
            ended = [(one, why) for one in living if (why := reason(connection, one, now))]
            for template, why in ended:
                store.destroy(connection, template.id, why, now)
            log.append_many(connection, [_event(template, why) for template, why in ended], now)
        destroyed += len(ended)
        after, more = (living[-1].id if living else after), len(living) == step
    return destroyed


def destroy_template(db: Database, person_id: int, template_id: int, now: Instant) -> None:
    """Destroy one of one's own templates at once; raises NotFoundError for another's.

    One that is gone already stays gone.
    """
    with db.write() as connection:
        own = {one.id: one for one in store.list_own(connection, person_id)}
        if template_id not in own:
            raise NotFoundError("You have no such template.")
        if store.destroy(connection, template_id, "asked", now):
            template = own[template_id]
            body = {"template": template_id, "kind": template.kind, "why": "asked"}
            log.append(connection, "template.destroyed", body, now, person_id, template.project_id)


def reason(connection: Connection, template: Template, now: Instant) -> str | None:
    """Say why a template must be gone by now, or None; asked before each use as well."""
    grant = load_grant(connection, template.grant_id)
    campaign = campaigns.load_campaign(connection, template.project_id)
    return why_gone(
        template,
        None if grant is None else grant.terms(),
        store.gives_still(connection, template.person_id, template.project_id),
        0 if campaign is None else load_law_pack(campaign.law_pack).biometrics_destroyed_days,
        now,
    )


def _event(template: Template, why: str) -> NewEvent:
    body = {"template": template.id, "kind": template.kind, "why": why}
    return NewEvent("template.destroyed", body, template.person_id, template.project_id)
