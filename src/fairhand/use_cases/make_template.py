"""Somebody lets a template of their voice be made from what they gave, to find copies of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.authenticity import voices
from fairhand.compute.models.sound import Sound, read_sound
from fairhand.core.clock import Instant
from fairhand.core.errors import ForbiddenError, InvalidError, NotFoundError
from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.law_packs import load_law_pack
from fairhand.people.consent.grant_store import DataGrant, living_grant
from fairhand.people.likeness import template_store as store
from fairhand.people.likeness.rules import KINDS, Template, destroy_by, may_recognise
from fairhand.proof.log import store as log
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.storage.vault import Vault
from fairhand.use_cases.seal_original import open_original

MOST_SOURCES: Final = 40
MOST_SECONDS: Final = 180.0
_VOICE: Final = "voice"


@dataclass(frozen=True, slots=True)
class MakeTemplate:
    """Whose voice, and which campaign's recordings it is made from."""

    person_id: int
    project_id: int


def make_template(
    db: Database, blobs: BlobStore, vault: Vault, command: MakeTemplate, now: Instant
) -> Template:
    """Make a voiceprint from somebody's own recordings, sealed under their key.

    Raises ForbiddenError (`not_agreed`) unless they permit being recognised there just now,
    InvalidError where there is too little speech. An earlier one of that campaign is destroyed.
    """
    with db.read() as connection:
        _grant(connection, command, now)
        sources = store.list_sources(
            connection, command.person_id, command.project_id, _VOICE, MOST_SOURCES
        )
    found = voices.voiceprint(_recordings(db, blobs, vault, sources))
    if found is None:
        raise InvalidError(
            "There is too little speech of yours in this campaign yet: about "
            f"{voices.LEAST_SECONDS:.0f} seconds of it are needed. Record some more, then try "
            "again."
        )
    with db.write() as connection:
        grant, most_days = _grant(connection, command, now)
        new = Template(
            id=0,
            person_id=command.person_id,
            project_id=command.project_id,
            grant_id=grant.id,
            kind=KINDS[_VOICE],
            method=voices.METHOD,
            created_at=now,
            last_met_at=now,
            destroy_by=destroy_by(now, most_days, grant.ends_at),
        )
        sealed = vault.key_of(connection, command.person_id, now).seal(
            found.to_bytes(), about_template(new)
        )
        template_id = store.add_template(connection, new, sealed)
        body = {"template": template_id, "kind": new.kind, "method": new.method}
        log.append(connection, "template.made", body, now, command.person_id, command.project_id)
    return next(one for one in _own(db, command.person_id) if one.id == template_id)


def about_template(template: Template) -> str:
    """Say what is sealed: a template opens as that of its own campaign, grant and kind only."""
    return f"{template.kind} of campaign {template.project_id}, grant {template.grant_id}"


def _own(db: Database, person_id: int) -> list[Template]:
    with db.read() as connection:
        return store.list_own(connection, person_id)


def _grant(connection: Connection, command: MakeTemplate, now: Instant) -> tuple[DataGrant, int]:
    """Find the grant that permits it, and how many days the law pack leaves a template."""
    campaign = campaigns.load_campaign(connection, command.project_id)
    if campaign is None:
        raise NotFoundError("There is no such campaign.")
    grant = living_grant(connection, command.person_id, command.project_id, _VOICE, now)
    if grant is None or not may_recognise(grant.terms(), _VOICE, now):
        raise ForbiddenError(
            "You did not permit being recognised by your voice in this campaign, so nothing is "
            "made. You can permit it on the campaign's page, and end it at any time.",
            code="not_agreed",
        )
    return grant, load_law_pack(campaign.law_pack).biometrics_destroyed_days


def _recordings(
    db: Database, blobs: BlobStore, vault: Vault, sources: list[tuple[int, str | None, str]]
) -> list[Sound]:
    """Open recordings, up to three minutes; what cannot be read is left out."""
    sounds: list[Sound] = []
    for contribution_id, sealed, original in sources:
        if sum(len(one.samples) / one.rate for one in sounds) >= MOST_SECONDS:
            break
        try:
            content = (
                blobs.get(original)
                if sealed is None
                else open_original(db, blobs, vault, contribution_id)
            )
            sounds.append(read_sound(content))
        except (AssistantError, NotFoundError):
            continue
    return sounds
