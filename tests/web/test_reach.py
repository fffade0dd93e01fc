"""How far a role in one project reaches, and a token: never to others, nor to the account."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairhand.core.clock import DAY_MS
from fairhand.storage.database import Database
from tests.web.world import World, make_world


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> World:
    return make_world(sqlite_db, tmp_path)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/people", {"display_name": "Another me", "roles": ["reviewer"]}),
        ("/api/v1/people", {"display_name": "Another me", "project_id": -1}),
        ("/api/v1/exposure-policy", {"terms": {}}),
        ("/api/v1/contracts", {"body": "You work for us."}),
        ("/api/v1/career-steps", {"role": "reviewer", "title": "Soon", "pay_permille": 900}),
    ],
)
def test_the_owner_of_one_project_reaches_no_other(
    world: World, path: str, body: dict[str, Any]
) -> None:
    client = world.client("an owner elsewhere")
    if body.get("project_id") == -1:
        body = body | {"project_id": world.project}
    answer = client.post(path, json=body)
    assert answer.status_code == 403, answer.text
    there = client.post(path, json=body | {"project_id": world.other})
    assert there.status_code != 403, there.text


def test_a_token_of_one_project_makes_nobody_owner_of_all(world: World) -> None:
    made = world.client("Carmen").post(
        "/api/v1/projects",
        json={
            "title": "Mine",
            "purpose": "To see",
            "questions": [
                {
                    "kind": "choice",
                    "name": "a",
                    "title": "A?",
                    "config": {"labels": [{"value": "x"}, {"value": "y"}]},
                }
            ],
            "currency": "GBP",
            "rate": "13.00",
        },
    )
    assert made.status_code == 201, made.text
    client = world.bearer(world.token("Carmen", "manage", made.json()["id"]))
    invited = {"display_name": "Another me", "roles": ["owner"]}
    assert client.post("/api/v1/people", json=invited).status_code == 403
    here = client.post("/api/v1/people", json=invited | {"project_id": made.json()["id"]})
    assert here.status_code == 201, here.text
    assert client.get("/api/v1/pay/books").status_code == 403


def test_a_token_makes_none_that_outlives_it(world: World) -> None:
    carmen = world.client("Carmen")
    body = {"label": "a", "scope": "manage", "days": 2}
    token = carmen.post("/api/v1/tokens", json=body).json()["token"]
    world.cast.clock.advance(DAY_MS)
    again = world.bearer(token).post("/api/v1/tokens", json=body | {"days": 365})
    assert again.status_code == 201, again.text
    ends = {one["expires_at"] for one in carmen.get("/api/v1/tokens").json()["tokens"]}
    assert len(ends) == 1


def test_a_token_gives_no_work_of_a_project_that_was_left(world: World) -> None:
    token = world.bearer(world.token("Amina", "work", world.project))
    assert world.next_task(token)
    amina = world.client("Amina")
    left = amina.post(f"/projects/{world.project}/leave", data=world.form(amina))
    assert left.status_code == 303
    after = token.post(f"/api/v1/projects/{world.project}/next", json={})
    assert after.status_code != 200 or after.json().get("task") is None, after.text


@pytest.mark.parametrize("scope", ["work", "manage"])
def test_no_token_takes_an_account_over(world: World, scope: str) -> None:
    client = world.bearer(world.token("Amina", scope))
    me = {"display_name": "Amina", "email": "thief@example.org", "country": "GB"}
    for path, form in (
        ("/account", me),
        ("/account/password", {"new_password": "mine from now on"}),
        ("/account/tokens", {"label": "x", "scope": "manage", "days": "365"}),
        ("/account/erase", {"sure": "erase everything"}),
        ("/earnings/payout", {"currency": "GBP", "rail": "cash", "to": "me", "place": "here"}),
    ):
        assert client.post(path, data=form).status_code == 403, path
    may = 200 if scope == "manage" else 403
    assert client.get("/api/v1/me/payout").status_code == may
    assert client.get("/api/v1/me/data").status_code == may
    in_one = world.bearer(world.token("Amina", scope, world.project))
    assert in_one.get("/api/v1/me/data").status_code == 403
