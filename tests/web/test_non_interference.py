"""What a person has seen, wants and wrote about how they are changes nothing that others read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from fairhand.core.clock import DAY_MS, MINUTE_MS
from fairhand.storage.database import Database
from tests.web.test_authorisation import guarded, knock
from tests.web.world import TestClient, World, make_world

ONE_TIME = re.compile(rb'name="(?:client_)?key" value="[^"]+"')
"""Keys of forms, made anew for each page so that sending one twice counts once."""

READERS = (
    "Carmen",
    pytest.param("a manager", marks=pytest.mark.slow),
    pytest.param("Farid", marks=pytest.mark.slow),
)

# Everything that a person's wellbeing is made of, written for Amina as the stories write it.
OF_AMINA = (
    "UPDATE person SET max_tier = 3 WHERE id = :p",
    "INSERT INTO exposure (person_id, task_id, tier, dose, state, at, project_id, own_tier, "
    "visible_ms) VALUES (:p, 1, 3, 9999, 'seen', :now, :project, 3, 60000)",
    "INSERT INTO exposure_limit (person_id, hour, day, chronic, changed_at) "
    "VALUES (:p, 1, 2, 3, :now)",
    "INSERT INTO tier_consent (person_id, tier, disclosure, disclosure_sha256, locale, agreed_at) "
    "VALUES (:p, 3, 'words', '', 'en', :now)",
    "INSERT INTO view_choice (person_id, style, changed_at) VALUES (:p, 'grey', :now)",
    "INSERT INTO shelter (person_id, project_id, kind, rate_micros_per_hour, currency, started_at, "
    "ends_at) VALUES (:p, :project, 'stand_down', 1, 'GBP', :now, :later)",
    "INSERT INTO check_in_key (person_id, wrapped, created_at) VALUES (:p, '{}', :now)",
    "INSERT INTO check_in (person_id, client_key, sealed, at) VALUES (:p, 'k', :sealed, :now)",
    "INSERT INTO aftercare (person_id, project_id, micros, currency, at) "
    "VALUES (:p, :project, 100, 'GBP', :now)",
)
WELLBEING_TABLES = {
    "exposure",
    "exposure_limit",
    "tier_consent",
    "view_choice",
    "shelter",
    "check_in",
    "check_in_key",
    "aftercare",
}


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> World:
    made = make_world(sqlite_db, tmp_path, tier=2, funded=1_000_000)
    cast, amina = made.cast, made.cast.people["Amina"]
    cast.change("UPDATE person SET max_tier = 2 WHERE id = :p", p=amina)
    for _ in range(2):
        task = cast.next_task(amina, made.project)
        cast.clock.advance(MINUTE_MS)
        cast.submit(amina, task)
    return made


def readable(world: World) -> list[APIRoute]:
    """Every page and every answer that is read, doors that change nothing only."""
    return [
        route
        for route, action in guarded(world.app)
        if "GET" in (route.methods or ()) and action != "public"
    ]


def read_all(world: World, client: TestClient) -> dict[str, tuple[int, bytes]]:
    """Read every door as somebody, in one session, at one moment."""
    csrf = client.headers["x-csrf-token"].encode()
    found = {}
    for route in readable(world):
        answer = knock(world, client, route)
        content = answer.content.replace(csrf, b"CSRF")
        found[route.path] = (answer.status_code, ONE_TIME.sub(b"ONCE", content))
    return found


def give_amina_a_story(world: World) -> None:
    now = world.cast.clock.now
    for statement in OF_AMINA:
        given = {
            "p": world.people["Amina"],
            "now": now,
            "later": now + DAY_MS,
            "project": world.project,
            "sealed": b"sealed",
        }
        world.cast.change(
            statement, **{name: value for name, value in given.items() if f":{name}" in statement}
        )


@pytest.mark.parametrize("who", READERS)
def test_no_answer_to_anybody_else_changes_with_wellbeing_data(world: World, who: str) -> None:
    client = world.client(who)
    read_all(world, client)  # who looks at a task to review it is never asked it: that is noted
    first = read_all(world, client)
    world.cast.change("DELETE FROM exposure")
    give_amina_a_story(world)

    after = read_all(world, client)

    wrong = [path for path in first if after[path] != first[path]]
    assert not wrong, f"{who} could tell from {wrong}"
    read = [path for path, (status, _) in first.items() if status == 200]
    assert len(read) > 20, "there was something to read"


def test_every_table_of_wellbeing_was_filled() -> None:
    named = {word for statement in OF_AMINA for word in statement.replace("(", " ").split()}
    assert named >= WELLBEING_TABLES
