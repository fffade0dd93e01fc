"""The pages of a project, grouped: what the owner's navigation shows, to whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from fairhand.people.accounts.rules import Action, Actor, may

_PROJECT: Final = "/projects/{project_id:int}"


@dataclass(frozen=True, slots=True)
class Room:
    """A page: where it is, its name, and what one must be allowed to see it.

    `about` says what is there. `needs` names what a project must be for it: "campaign" for one that
    collects data of people's own, "voices" for one whose questions could.
    """

    end: str
    title: str
    about: str
    action: Action = "project.status"
    needs: str = ""


ROOMS: Final[tuple[tuple[str, tuple[Room, ...]], ...]] = (
    (
        "Set up",
        (
            Room("/ready", "Readiness", "People, guidelines, skills, and only then compute"),
            Room("/courses", "Courses", "What newcomers learn first, and exams", "course.edit"),
            Room("/questions", "Questions", "What was unclear, your answers, and examples"),
            Room("/labels", "Labels", "Change what is asked in mid-project", "project.edit"),
            Room(
                "/campaign",
                "Campaign",
                "What people lend, on which terms",
                "campaign.edit",
                "voices",
            ),
            Room("/import", "Import", "Files, buckets and addresses", "project.import"),
        ),
    ),
    (
        "Work",
        (
            Room("/tasks", "Tasks", "Every task: find, filter, open its story", "task.browse"),
            Room("/assist", "Assistance", "Models propose, people decide; whether it helps"),
            Room("/conversations", "Conversations", "Trees of prompts and replies"),
            Room(
                "/coverage",
                "Coverage",
                "Whose contributions are missing",
                "campaign.view",
                "campaign",
            ),
            Room(
                "/intake", "Intake", "What came in and waits for you", "campaign.view", "campaign"
            ),
        ),
    ),
    (
        "Quality",
        (
            Room("/quality", "Quality", "Where people disagree, gold tasks, likely errors"),
            Room("/review", "Review", "A second pair of eyes", "annotation.review"),
            Room("/value", "Value", "Which data helped a model", "release.view"),
            Room("/origin", "Origin", "What people and models made", "release.view"),
        ),
    ),
    (
        "People and pay",
        (
            Room("/pay", "Pay", "What people get, and booked hours", "pay.view_all"),
            Room("/forecast", "Forecast", "What it will cost, how sure that is, and what if"),
        ),
    ),
    (
        "Releases",
        (
            Room("/releases", "Releases", "Make a version, compare versions", "release.view"),
            Room("/exports", "Exports", "Files for other tools", "export.make"),
            Room(
                "/licences",
                "Licences",
                "Who gets the data, on which terms",
                "licence.view",
                "campaign",
            ),
            Room("/leaks", "Leaks", "Who let a copy out", "licence.view", "campaign"),
        ),
    ),
    (
        "Tools",
        (
            Room("/webhooks", "Webhooks", "Tell other systems what happens", "webhook.keep"),
            Room("/label-studio", "Label Studio", "Work with its tools", "project.edit"),
        ),
    ),
)


def rooms_for(
    request: Request, actor: Actor, project_id: int, kinds: Collection[str]
) -> list[tuple[str, list[Room]]]:
    """List the rooms that there are and that somebody may enter, by group; no empty groups.

    `kinds` says what the project is, as in `Room.needs`.
    """
    there = {
        str(getattr(route, "path", ""))
        for route in request.app.routes
        if "GET" in (getattr(route, "methods", None) or ())
    }
    found = []
    for group, rooms in ROOMS:
        open_to = [
            one
            for one in rooms
            if f"{_PROJECT}{one.end}" in there
            and may(actor, one.action, project_id)
            and (not one.needs or one.needs in kinds)
        ]
        if open_to:
            found.append((group, open_to))
    return found
