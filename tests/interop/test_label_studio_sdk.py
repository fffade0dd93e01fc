"""Label Studio's own client works against us, by the rules of this house."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import text
from starlette.routing import Route

from fairhand.interop.label_studio.doors import router
from fairhand.interop.label_studio.routes import routes
from fairhand.people.accounts.rules import TABLE
from fairhand.storage.database import Database
from fairhand.web.app import create_app
from tests.web.world import TestClient, World, make_world

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
