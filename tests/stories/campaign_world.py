"""Carmen's campaign of voices, and people who gave something, as rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import insert

from fairhand.core.clock import Instant
from fairhand.model.project import Project
from fairhand.people.accounts import store as accounts
from fairhand.storage.database import Connection, Database
from fairhand.storage.tables.campaigns import contribution, finding
from fairhand.storage.tables.work import annotation, task
from fairhand.use_cases.begin_campaign import BeginCampaign, begin_campaign
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.read_templates import read_template
from fairhand.work.projects.rules import ProjectPolicy
from fairhand.work.projects.store import list_task_ids
from tests.stories.quality_world import MORNING, add_person

_KEYS = count(1)


@dataclass(slots=True)
class CampaignWorld:
    """A campaign, its owner, and a task on which everything hangs."""

    db: Database
    carmen: int
    project: Project
    task_id: int

    def crowd(
        self,
        people: int,
        said: Mapping[str, str],
        at: Instant = MORNING,
        *,
        each: int = 1,
        state: str = "ready",
        noticed: bool = False,
    ) -> list[int]:
        """Let new people give something that was taken in; gives the people."""
        with self.db.write() as connection:
            made = [_person(connection) for _ in range(people)]
            for person_id in made:
                for _ in range(each):
                    self._give(connection, person_id, said, at, state, noticed)
        return made

    def give(self, person_id: int, said: Mapping[str, str], at: Instant, times: int = 1) -> None:
        """Let somebody give more."""
        with self.db.write() as connection:
            for _ in range(times):
                self._give(connection, person_id, said, at, "ready", noticed=False)

    def _give(
        self,
        connection: Connection,
        person_id: int,
        said: Mapping[str, str],
        at: Instant,
        state: str,
        noticed: bool,
    ) -> None:
        number = next(_KEYS)
        answer = {
            "task_id": self.task_id, "person_id": person_id, "project_id": self.project.id,
            "project_version": 1, "revision": number, "value": "{}", "client_key": f"key-{number}",
            "submitted_at": at, "served_at": at, "counted": True, "late": False,
        }  # fmt: skip
        row = {
            "project_id": self.project.id, "person_id": person_id, "task_id": self.task_id,
            "annotation_id": _add(connection, annotation, answer), "question": "voice",
            "modality": "voice", "state": state, "media_type": "audio/wav", "size_bytes": 10,
            "original_sha256": f"{number:064x}", "slice": json.dumps(dict(said)), "given_at": at,
        }  # fmt: skip
        given = _add(connection, contribution, row)
        if noticed:
            seen = {
                "contribution_id": given, "project_id": self.project.id, "kind": "clipped",
                "severity": "look", "words": "It is cut off.", "found_at": at,
            }  # fmt: skip
            _add(connection, finding, seen)


def make_campaign_world(db: Database) -> CampaignWorld:
    """The voice campaign's template as a demo project of Carmen's."""
    carmen = add_person(db, "Carmen")
    template = read_template("voice-campaign")
    policy = ProjectPolicy(
        title=template.title,
        purpose=template.purpose,
        guidelines=template.guidelines,
        questions=template.questions,
        currency="GBP",
        rate_micros_per_hour=1_500_000_000,
        min_overlap=1,
        max_overlap=1,
        expected_ms=20_000,
    )
    project = create_project(db, CreateProject(carmen, policy, "demo"), MORNING)
    begin_campaign(db, BeginCampaign(carmen, project.id, template.name), MORNING)
    row = {
        "project_id": project.id, "fingerprint": "0" * 64, "data": "{}", "place": "row 1",
        "created_at": MORNING,
    }  # fmt: skip
    with db.write() as connection:
        return CampaignWorld(db, carmen, project, _add(connection, task, row))


def _add(connection: Connection, table: Any, row: Mapping[str, Any]) -> int:  # noqa: ANN401
    made = connection.execute(insert(table), row).inserted_primary_key
    assert made is not None
    return int(made[0])


def _person(connection: Connection) -> int:
    made = accounts.create_person(
        connection,
        email=None,
        display_name=f"Amina {next(_KEYS)}",
        locale="en",
        country="KE",
        region="",
        is_simulated=False,
        now=MORNING,
    )
    assert made is not None
    return made


def first_task(db: Database, project_id: int) -> int:
    """Find a project's first task."""
    with db.read() as connection:
        return list_task_ids(connection, project_id)[0]
