"""A project made of a campaign's template becomes that campaign: its terms and its cells."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.people.campaigns.rules import Campaign, Cell
from fairhand.storage.database import Database
from fairhand.use_cases.read_campaign import read_campaign
from fairhand.use_cases.read_templates import read_template
from fairhand.use_cases.set_campaign import SetCampaign, set_campaign
from fairhand.use_cases.set_cells import SetCells, set_cells


@dataclass(frozen=True, slots=True)
class BeginCampaign:
    """Which project, and which template says what is collected."""

    person_id: int
    project_id: int
    template: str


def begin_campaign(db: Database, command: BeginCampaign, now: Instant) -> Campaign | None:
    """Give a project the campaign of a template; None where the template is no campaign, or where
    the project's questions bring in something else."""
    template = read_template(command.template)
    if template.campaign is None:
        return None
    if not set(template.campaign["modalities"]) <= {
        *read_campaign(db, command.project_id).can_bring
    }:
        return None  # its questions were changed: the owner says what it collects
    terms = {name: value for name, value in template.campaign.items() if name != "cells"}
    made = set_campaign(db, SetCampaign(command.person_id, command.project_id, terms), now)
    cells = [
        Cell(0, one["name"], one["attributes"], one["target"])
        for one in template.campaign.get("cells", ())
    ]
    if cells:
        set_cells(db, SetCells(command.person_id, command.project_id, cells), now)
    return made
