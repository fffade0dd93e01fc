"""Label Studio's own client works against us, by the rules of this house."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import tracemalloc
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlalchemy import text
from starlette.routing import Route

from fairhand.core.errors import ConflictError, InvalidError
from fairhand.interop.label_studio.doors import router
from fairhand.interop.label_studio.routes import routes
from fairhand.people.accounts.rules import TABLE
from fairhand.storage.database import Database
from fairhand.use_cases.hand_out_named_task import HandOutNamedTask, hand_out_named_task
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.web.app import create_app
from fairhand.work.assignment.rules import ONLINE_HELD_MAX
from tests.web.world import BODY_LIMIT, TestClient, World, make_world

SDK = Path(sys.prefix) / "label-studio" / "bin" / "python"
JOURNEY = Path(__file__).with_name("sdk_journey.py")


@contextmanager
def served(world: World) -> Iterator[str]:
    """Serve the workspace on a free port."""
    app = create_app(world.house, None, routes())
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def journey(*told: str) -> str:
    """Run the client's half of the journey; its words where it fails."""
    done = subprocess.run(
        [str(SDK), str(JOURNEY), *told], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_the_clients_everyday_calls_work_and_answers_are_paid(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world = make_world(sqlite_db, tmp_path)
    token = world.token("Carmen", "manage")
    with served(world) as address:
        project = int(journey(address, token))
        world.cast.fund(project, 100_000)
        world.cast.join(world.people["Carmen"], project)
        journey(address, token, str(project))
    with sqlite_db.read() as connection:
        kinds = connection.execute(
            text("SELECT revision, superseded, counted FROM annotation ORDER BY id")
        ).all()
        paid = connection.execute(text("SELECT sum(paid_ms) FROM accrual")).scalar_one()
        aside = connection.execute(
            text("SELECT count(*) FROM task WHERE set_aside_at IS NOT NULL")
        ).scalar_one()
    assert [tuple(map(int, row)) for row in kinds] == [(1, 1, 1), (2, 0, 1)]
    # The clock stands still: the second that the skip claims lies before what was paid already.
    assert paid == 2_500
    assert aside == 1


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> World:
    return make_world(sqlite_db, tmp_path)


def client_of(world: World, token: str | None) -> TestClient:
    """A client of the whole app, with a token or with none."""
    app = create_app(world.house, None, routes())
    client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
    if token:
        client.headers["authorization"] = f"Token {token}"
    return client


def doors() -> list[tuple[str, str, str]]:
    """List every door: its method, its path with numbers put in, its action."""
    return [
        (
            next(iter(route.methods or ())),
            route.path.replace("{project_id:int}", "1")
            .replace("{task_id:int}", "1")
            .replace("{number:int}", "1"),
            str(getattr(route.endpoint, "fairhand_action", "")),
        )
        for route in router.routes
        if isinstance(route, Route)
    ]


def test_every_door_names_its_action_and_opens_to_a_token_alone(world: World) -> None:
    nobody, session = client_of(world, None), client_of(world, None)
    session.cookies.set("fh_session", world.session("Carmen")[0])
    for method, path, action in doors():
        assert action == "token" or action in TABLE, path
        for client in (nobody, session, client_of(world, "fh_wrong")):
            answer = client.request(method, path, json={})
            assert answer.status_code == 401, path
            assert answer.json()["detail"] == "Invalid token."


@pytest.mark.parametrize(
    ("who", "scope"), [("Amina", "work"), ("Dmitri", "manage"), ("Carmen", "read")]
)
def test_roles_and_scopes_decide_at_every_door(world: World, who: str, scope: str) -> None:
    allowed = {
        "Amina": {"token", "work"},
        "Dmitri": {"token"},
        "Carmen": {"token", "project.status"},
    }[who]
    client = client_of(world, world.token(who, scope))
    for method, path, action in doors():
        answer = client.request(method, path, json={})
        assert answer.status_code < 500, (path, answer.text)
        denied = answer.status_code == 403 and "may not do this" in answer.json()["detail"]
        assert denied != (action in allowed), (method, path, answer.text)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"3", b"null", b'"x"', b"{", b'{"a": NaN}', b"\xff", b'{"a":1,"a":2}',
             b'[{"data": 3}]', b'[{"data": {"review": "a"}, "annotations": 3}]',
             b'{"result": 3}', b'{"result": [3], "task": 1, "data": {}, "project": 1}',
             b'{"title": 3, "label_config": "<View/>"}', b'{"title": "abc", "label_config": 3}',
             b'{"task": 99999999999999999999}', b'{"lead_time": "x", "result": [{}]}'],
)  # fmt: skip
def test_nonsense_is_refused_at_every_door_in_the_clients_own_shape(
    world: World, body: bytes
) -> None:
    client = client_of(world, world.token("Carmen", "manage"))
    for method, path, _ in doors():
        answer = client.request(method, path, content=body)
        assert answer.status_code < 500, (method, path, answer.text)
        if answer.status_code >= 400:
            assert answer.json()["status_code"] == answer.status_code
            assert answer.json()["detail"]


def refused(answer: Any, status: int) -> str:  # noqa: ANN401  # the client's own type
    """Check a refusal; give its reason."""
    assert answer.status_code == status, answer.text
    return json.dumps(answer.json())


def sent(label: str) -> dict[str, Any]:
    """An answer to the question of the cast's projects."""
    return {
        "result": [
            {"id": "r", "from_name": "pet", "to_name": "text", "type": "choices",
             "value": {"choices": [label]}}
        ]
    }  # fmt: skip


def leases(world: World) -> int:
    return int(world.cast.rows("SELECT count(*) FROM lease")[0][0])


def test_nothing_hard_is_handed_to_a_tool_that_cannot_cover_it(world: World) -> None:
    project = world.cast.project("Amina", tasks=2, overlap=1, tier=1)
    amina = world.people["Amina"]
    world.cast.change("UPDATE person SET max_tier = 1 WHERE id = :p", p=amina)
    world.cast.change(
        "INSERT INTO tier_consent (person_id, tier, disclosure, disclosure_sha256, locale, "
        "agreed_at) VALUES (:p, 1, 'shown', :s, 'en', 0)",
        p=amina,
        s="0" * 64,
    )
    client = client_of(world, world.token("Amina", "work"))
    on_page = hand_out_task(
        world.house.db,
        HandOutTask(amina, project),
        world.house.clock(),
        terms=world.house.terms,
        idle_cap_ms=world.house.idle_cap_ms,
    )
    assert on_page.lease is not None, "the page hands it out"
    refused(client.get(f"/api/projects/{project}/next/"), 404)
    assert leases(world) == 1


def test_nothing_is_leased_for_an_answer_that_will_not_be_taken(world: World) -> None:
    client = client_of(world, world.token("Carmen", "manage"))
    world.cast.join(world.people["Carmen"], world.project)
    task = world.cast.rows("SELECT min(id) FROM task")[0][0]
    with pytest.raises(InvalidError):
        hand_out_named_task(
            world.house.db,
            HandOutNamedTask(world.people["Carmen"], world.project, task, value={"pet": "cow"}),
            world.house.clock(),
            terms=world.house.terms,
            idle_cap_ms=world.house.idle_cap_ms,
        )
    refused(client.post(f"/api/tasks/{task}/annotations/", json=sent("cow")), 400)
    assert leases(world) == 0
    assert client.post(f"/api/tasks/{task}/annotations/", json=sent("cat")).status_code == 201


def test_naming_tasks_is_no_way_to_keep_a_queue_to_oneself(world: World) -> None:
    amina, house = world.people["Amina"], world.house
    tasks = [row[0] for row in world.cast.rows("SELECT id FROM task ORDER BY id")]
    for task in tasks[:ONLINE_HELD_MAX]:
        hand_out_named_task(
            house.db, HandOutNamedTask(amina, world.project, task), house.clock(),
            terms=house.terms, idle_cap_ms=house.idle_cap_ms,
        )  # fmt: skip
    with pytest.raises(ConflictError) as said:
        hand_out_named_task(
            house.db, HandOutNamedTask(amina, world.project, tasks[ONLINE_HELD_MAX]),
            house.clock(), terms=house.terms, idle_cap_ms=house.idle_cap_ms,
        )  # fmt: skip
    assert said.value.code == "holding_enough"
    assert leases(world) == ONLINE_HELD_MAX


@pytest.mark.parametrize("path", ["/api/projects/{p}/export", "/api/predictions/?project={p}"])
def test_a_long_list_goes_out_in_pieces(
    world: World, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as it goes out, no more than a page of tasks is held."""
    held: list[int] = []

    def endless(*_: object, **__: object) -> Iterator[dict[str, Any]]:
        for number in range(3_000):
            held.append(tracemalloc.get_traced_memory()[0])
            text = f"{number:06}" * 2_000
            yield {"id": number, "data": {"text": text}, "annotations": [],
                   "predictions": [{"id": number, "text": text}]}  # fmt: skip

    monkeypatch.setattr("fairhand.interop.label_studio.tasks.iter_studio_tasks", endless)
    monkeypatch.setattr("fairhand.interop.label_studio.answers.iter_studio_tasks", endless)
    with served(world) as address:
        asked = urllib.request.Request(  # noqa: S310  # our own server
            address + path.replace("{p}", str(world.project)),
            headers={"Authorization": f"Token {world.token('Carmen', 'manage')}"},
        )
        tracemalloc.start()
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
                size = sum(len(piece) for piece in iter(lambda: answer.read(65_536), b""))
        finally:
            tracemalloc.stop()
    assert size > 36_000_000
    assert max(held) - held[0] < 8_000_000


def test_an_export_of_nothing_is_an_empty_list(world: World) -> None:
    empty = world.cast.project(tasks=0)
    client = client_of(world, world.token("Carmen", "manage"))
    assert client.get(f"/api/projects/{empty}/export").json() == []
    assert len(client.get(f"/api/projects/{world.project}/export").json()) > 0


def test_an_import_over_the_bound_says_what_to_do(world: World) -> None:
    client = client_of(world, world.token("Carmen", "manage"))
    body = b'[{"data": {"text": "' + b"x" * BODY_LIMIT + b'"}}]'
    answer = client.post(f"/api/projects/{world.project}/import", content=body)
    assert answer.status_code == 413
    assert f"{BODY_LIMIT:,} bytes" in answer.json()["detail"]
    assert "in several parts" in answer.json()["detail"]
    assert world.cast.rows("SELECT count(*) FROM job") == [(0,)]
