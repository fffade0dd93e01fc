"""While the database is away every door says so in its own form, and when to come again."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import replace

import pytest

from fairhand.interop.label_studio.routes import routes
from fairhand.storage.database import Database
from fairhand.web.app import create_app
from tests.web.world import TestClient, World


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    """A visitor with a session, on a server whose database is away."""
    gone = Database("postgresql+psycopg://x@127.0.0.1:1/x", pool_size=1)
    app = create_app(replace(world.house, db=gone), None, routes())
    client = TestClient(app, raise_server_exceptions=False)
    client.cookies.set("fh_session", "whatever")
    yield client
    gone.close()


@pytest.mark.parametrize("path", ["/", "/projects/1", "/earnings", "/projects/1/tasks?page=2"])
def test_a_page_says_that_the_database_is_away_and_offers_another_try(
    client: TestClient, path: str
) -> None:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.headers["content-type"].startswith("text/html")
    assert "The database does not answer just now" in answer.text
    assert f'href="{path}">Try again' in answer.text


@pytest.mark.parametrize(
    "path", ["/api/v1/projects/1/next", "/api/v1/tasks/1/submit", "/api/v1/projects"]
)
def test_a_program_reads_a_problem_document(client: TestClient, path: str) -> None:
    method = "GET" if path.endswith("projects") else "POST"
    body = {"client_key": "key-00000001", "value": {"label": "cat"}}
    content = body if path.endswith("submit") else {}
    answer = client.request(
        method, path, json=content, headers={"Authorization": "Bearer fh_whatever"}
    )
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "database_unavailable"


def test_the_label_studio_client_hears_it_in_its_own_form(client: TestClient) -> None:
    answer = client.get("/api/projects/", headers={"Authorization": "Token fh_whatever"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["status_code"] == 503


def test_a_full_disk_under_a_page_is_no_crash(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("fairhand.web.desk.routes.render", full)
    answer = world.client("Amina").get("/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "The disk is full" in answer.text
