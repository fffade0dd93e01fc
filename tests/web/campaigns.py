"""A campaign of voices behind the real app, with people who gave something."""

from __future__ import annotations

from typing import Final

from fairhand.core.clock import HOUR_MS
from fairhand.work.projects import store as projects
from tests.stories.campaign_world import CampaignWorld, first_task
from tests.web.world import TestClient, World

CONTROLLER: Final = {
    "name": "Voices of Kisumu",
    "address": "12 Oginga Odinga Street, Kisumu",
    "contact": "voices@example.org",
    "jurisdiction": "Kenya",
}


def make_campaign(world: World, carmen: TestClient) -> int:
    """Make a campaign of the template over its own form, as an owner does."""
    fields = {"currency": "GBP", "rate": "15.00", "min_overlap": "1", "max_overlap": "1"}
    said = {
        "title": "Voices that are lent",
        "purpose": "Collect spoken sentences.",
        "guidelines": "# Read aloud",
        "questions": VOICE,
        "target_confidence": "0.95",
        "sample": "yes",
        "mode": "demo",
    }
    sent = carmen.post("/projects/new/voice-campaign", data=world.form(carmen, **fields, **said))
    assert sent.status_code == 303, sent.text
    place = sent.headers["location"]
    assert place.endswith("/campaign")
    return int(place.split("/")[2])


VOICE: Final = (
    '[{"name": "voice", "kind": "recording", "title": "Read this aloud",'
    ' "config": {"rate": 16000, "min_seconds": 1, "max_seconds": 30}}]'
)


def give_much(world: World, project_id: int) -> None:
    """Let groups of people give something, some large enough to show; an hour passes."""
    with world.house.db.read() as connection:
        project = projects.load_project(connection, project_id)
    assert project is not None
    carmen = world.people["Carmen"]
    lent = CampaignWorld(world.house.db, carmen, project, first_task(world.house.db, project_id))
    now = world.cast.clock.now
    phone = {"device": "phone", "environment": "quiet_room"}
    lent.crowd(31, {**phone, "age_band": "25-34", "language": "sw"}, now, each=6)
    lent.crowd(22, {"device": "phone", "environment": "street", "language": "sw"}, now, each=4)
    lent.crowd(17, {"age_band": "65+", "language": "luo"}, now, each=2, noticed=True)
    world.cast.clock.advance(HOUR_MS)
