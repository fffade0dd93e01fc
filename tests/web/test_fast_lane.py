"""The short way and FastAPI's own answer alike: the same status, the same words."""

from __future__ import annotations

import pytest
from httpx2 import Response

from tests.web.world import TestClient, World

ORDINARY = "application/json; charset=utf-8"  # the short way takes only the plain type
SHORT = "application/json"

ASKS = [
    ("post", "/api/v1/projects/{project}/next", "{}"),
    ("post", "/api/v1/projects/{project}/next", '{"ahead": "yes"}'),
    ("post", "/api/v1/projects/{project}/next", '{"unknown": 1}'),
    ("post", "/api/v1/projects/{project}/next", '{"ahead": true, "ahead": false}'),
    ("post", "/api/v1/projects/{project}/next", "{"),
    ("post", "/api/v1/projects/{project}/next", ""),
    ("post", "/api/v1/projects/999999/next", "{}"),
    ("post", "/api/v1/tasks/999999/submit", '{"client_key": "12345678", "value": {}}'),
    ("post", "/api/v1/tasks/{task}/submit", '{"client_key": "12345678", "value": {"pet": "cow"}}'),
    ("post", "/api/v1/tasks/{task}/submit", '{"client_key": "12345678", "value": NaN}'),
    ("post", "/api/v1/tasks/{task}/submit", '{"value": {"pet": "cat"}}'),
    ("put", "/api/v1/tasks/999999/draft", '{"value": {"pet": "cat"}}'),
    ("put", "/api/v1/tasks/{task}/draft", '{"value": "cat"}'),
    ("post", "/api/v1/tasks/999999/skip", '{"client_key": "12345678"}'),
]


def ask(client: TestClient, method: str, path: str, body: str, kind: str) -> Response:
    """Send a body under a content type."""
    answer: Response = client.request(
        method.upper(), path, content=body, headers={"content-type": kind}
    )
    return answer


@pytest.mark.parametrize(("method", "path", "body"), ASKS)
def test_both_ways_give_the_same_answer(world: World, method: str, path: str, body: str) -> None:
    client = world.client("Amina")
    task = world.next_task(client)["task_id"]
    where = path.format(project=world.project, task=task)
    short = ask(client, method, where, body, SHORT)
    ordinary = ask(client, method, where, body, ORDINARY)
    assert short.status_code == ordinary.status_code
    assert short.headers["content-type"] == ordinary.headers["content-type"]
    if short.status_code < 300:
        assert short.json()["task"]["task_id"] == ordinary.json()["task"]["task_id"]
    else:
        shown, expected = short.json(), ordinary.json()
        assert (shown["code"], shown["detail"]) == (expected["code"], expected["detail"])


@pytest.mark.parametrize("kind", [SHORT, ORDINARY])
def test_nobody_comes_in_without_signing_in_or_without_the_form_token(
    world: World, kind: str
) -> None:
    path = f"/api/v1/projects/{world.project}/next"
    assert ask(world.client(), "post", path, "{}", kind).status_code == 401
    forged = world.client("Amina")
    forged.headers["x-csrf-token"] = "forged"
    assert ask(forged, "post", path, "{}", kind).status_code == 403
