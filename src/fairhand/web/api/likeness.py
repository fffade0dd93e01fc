"""Looking for copies of oneself, and one's own template of a voice, for scripts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, UploadFile

from fairhand.core.clock import Instant, iso
from fairhand.people.accounts.rules import Actor
from fairhand.people.likeness.rules import Template
from fairhand.people.likeness.suspect import MOST_BYTES
from fairhand.use_cases.destroy_templates import destroy_template
from fairhand.use_cases.find_likeness import FindLikeness, FoundCopy, Likeness, find_likeness
from fairhand.use_cases.house import House
from fairhand.use_cases.make_template import MakeTemplate, make_template
from fairhand.use_cases.read_likeness import read_likeness
from fairhand.web.api import bodies
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1/me", tags=["likeness"], route_class=StrictRoute)


class VoiceprintBody(bodies.Body):
    """Which campaign's recordings it is made from."""

    project_id: bodies.Id


@router.post("/look-up")
@guard("own")
def look_up(house: House, actor: Actor, file: Annotated[UploadFile, File()]) -> dict[str, Any]:
    """Compare a file with what you gave; nothing of it is kept."""
    command = FindLikeness(actor.person_id, file.file.read(MOST_BYTES + 1))
    found = find_likeness(house.db, house.blobs, house.vault, command, house.clock())
    return likeness_json(found)


@router.get("/voiceprints")
@guard("own")
def voiceprints(house: House, actor: Actor) -> dict[str, Any]:
    """List your templates, destroyed ones too, and where you may make one."""
    own = read_likeness(house.db, actor.person_id, house.clock())
    return {
        "voiceprints": [_template(one.template) for one in own.templates],
        "may_make": [{"project_id": one, "title": title} for one, title in own.may_make.items()],
        "look_ups_left_today": own.left_today,
    }


@router.post("/voiceprints", status_code=201)
@guard("own")
def make(house: House, actor: Actor, body: VoiceprintBody) -> dict[str, Any]:
    """Make a template of your voice, where you permitted being recognised."""
    command = MakeTemplate(actor.person_id, body.project_id)
    return _template(make_template(house.db, house.blobs, house.vault, command, house.clock()))


@router.delete("/voiceprints/{template_id}")
@guard("own")
def destroy(house: House, actor: Actor, template_id: int) -> dict[str, Any]:
    """Destroy one of your templates at once."""
    destroy_template(house.db, actor.person_id, template_id, house.clock())
    return {"destroyed_at": iso(house.clock())}


def likeness_json(found: Likeness) -> dict[str, Any]:
    """Write what was found as JSON."""
    return {
        "sort": found.sort,
        "compared": found.compared,
        "copies": [_copy(one) for one in found.copies],
        "voices": [
            {"campaign": one.title, "distance": round(one.distance, 3), "verdict": one.verdict}
            for one in found.voices
        ],
        "look_ups_left_today": found.left_today,
    }


def _copy(one: FoundCopy) -> dict[str, Any]:
    return {
        "contribution_id": one.file.id,
        "project_id": one.file.project_id,
        "given_at": iso(one.file.given_at),
        "state": one.file.state,
        "same_file": one.is_same_file,
        "likeness": round(one.likeness, 3),
        "holders": [
            {
                "release_id": holder.release_id,
                "version": holder.version,
                "licensee": holder.licensee,
                "licence_ends_at": _when(holder.licence_ends_at),
            }
            for holder in one.holders
        ],
        "models": list(one.models),
    }


def _template(one: Template) -> dict[str, Any]:
    return {
        "id": one.id,
        "project_id": one.project_id,
        "kind": one.kind,
        "method": one.method,
        "created_at": iso(one.created_at),
        "last_met_at": iso(one.last_met_at),
        "destroy_by": iso(one.destroy_by),
        "destroyed_at": _when(one.destroyed_at),
        "why_destroyed": one.why_destroyed,
    }


def _when(at: Instant | None) -> str | None:
    return None if at is None else iso(at)
