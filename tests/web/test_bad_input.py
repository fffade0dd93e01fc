"""What other servers stored or fell over, and what else may come in: refused, clearly, unharmed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from httpx2 import Response

from tests.web.world import BODY_LIMIT, UPLOAD_LIMIT, TestClient, World

KEY = "6f1c1a52-0000-4000-8000-000000000001"
PROBLEM = {"type", "title", "status", "detail", "code", "issues"}


def submit(client: TestClient, task_id: int, value: Any, **more: Any) -> Response:  # noqa: ANN401
    """Send an answer."""
    body = {"client_key": KEY, "value": value, **more}
    answer: Response = client.post(f"/api/v1/tasks/{task_id}/submit", json=body)
    return answer


def stored(world: World) -> int:
    """Count the annotations in the database."""
    return int(world.cast.rows("SELECT count(*) FROM annotation")[0][0])


def is_problem(answer: Response, status: int, code: str | None = None) -> dict[str, Any]:
    """Check the shape of RFC 9457 and give the document."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert set(document) == PROBLEM
    assert document["status"] == status
    assert document["detail"]
    if code is not None:
        assert document["code"] == code
    return document


def test_a_retry_is_stored_once_and_told_the_same(world: World) -> None:
    client = world.client("Amina")
    task = world.next_task(client)
    first = submit(client, task["task_id"], {"pet": "cat"})
    second = submit(client, task["task_id"], {"pet": "cat"})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert stored(world) == 1


@pytest.mark.parametrize(
    "value",
    [
        {"pet": "cow"},
        {"pet": ""},
        {"pet": None},
        {"pet": []},
        {"pet": ["cat"]},
        {"pet": 7},
        {"pet": True},
        {"pet": {"label": "cat"}},
        {"pet": "x" * 10_000},
        {"pet": "cat\u200b"},
        {"colour": "cat"},
        {"pet": "cat", "colour": "red"},
        {},
    ],
    ids=repr,
)
def test_an_answer_outside_the_question_is_refused_and_stores_nothing(
    world: World, value: dict[str, Any]
) -> None:
    client = world.client("Amina")
    task = world.next_task(client)
    document = is_problem(submit(client, task["task_id"], value), 422)
    assert document["issues"]
    assert stored(world) == 0
    assert submit(client, task["task_id"], {"pet": "cat"}).status_code == 201


@pytest.mark.parametrize("value", ["cat", 7, None, ["cat"], [1, 2, 3], True])
def test_answers_that_are_no_mapping_are_refused(world: World, value: object) -> None:
    client = world.client("Amina")
    task = world.next_task(client)
    is_problem(submit(client, task["task_id"], value), 422, "invalid")
    assert stored(world) == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[1, 2, 3]",
        b'"text"',
        b'{"client_key": "k", "client_key": "l", "value": {"pet": "cat"}}',
        b'{"client_key": "12345678", "value": {"pet": "cat", "pet": "dog"}}',
        b'{"client_key": "12345678", "value": {"pet": NaN}}',
        b'{"client_key": "12345678", "value": {"pet": Infinity}}',
        b'{"client_key": "12345678", "value": {"pet": "\\ud800"}}',
        b'{"client_key": "1234\\u00005678", "value": {"pet": "cat"}}',
        b'{"client_key": "12345678", "value": {"pet": "\xff\xfe"}}',
        b'{"client_key": "12345678", "value": {"pet": "cat"}, "prediction_id": 1e400}',
        b'{"client_key": "12345678", "value": {"pet": "cat"}, "prediction_id": -1}',
        b'{"client_key": "12345678", "value": {"pet": "cat"}, "revises": 9223372036854775808}',
        b'{"client_key": "12345678", "value": {"pet": "cat"}, "lead_time": -5}',
        b"[" * 5_000,
        b'{"value":' * 2_000,
    ],
    ids=lambda body: body[:60].decode(errors="replace"),
)
def test_a_body_without_one_meaning_is_refused_and_stores_nothing(
    world: World, body: bytes
) -> None:
    client = world.client("Amina")
    task = world.next_task(client)
    answer = client.post(
        f"/api/v1/tasks/{task['task_id']}/submit",
        content=body,
        headers={"content-type": "application/json"},
    )
    assert answer.status_code in (400, 422), answer.text
    is_problem(answer, answer.status_code)
    assert stored(world) == 0


@pytest.mark.parametrize("path", ["/api/v1/tasks/1/submit", "/api/v1/tokens", "/projects/1/fund"])
def test_a_body_of_fifty_megabytes_is_refused_before_it_is_read(world: World, path: str) -> None:
    client = world.client("Carmen")
    huge = b'{"client_key": "' + b"x" * (50 * 1024 * 1024) + b'"}'
    is_problem(client.post(path, content=huge), 413, "too_large")


def test_a_stream_without_a_length_is_cut_at_the_limit(world: World) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(50):
            sent += 1
            yield b"x" * BODY_LIMIT

    answer = world.client("Amina").post("/api/v1/tasks/1/submit", content=endless())
    is_problem(answer, 413, "too_large")


def test_an_upload_over_its_limit_is_refused_and_stores_nothing(world: World) -> None:
    files = {"file": ("rows.csv", b"text\n" + b"row\n" * UPLOAD_LIMIT)}
    answer = world.client("Carmen").post(f"/api/v1/projects/{world.project}/import", files=files)
    is_problem(answer, 413, "too_large")
    assert world.cast.rows("SELECT count(*) FROM job") == [(0,)]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/projects/999", 404),
        ("GET", "/api/v1/projects/99999999999999999999999999", 404),
        ("GET", "/api/v1/projects/-1", 404),
        ("GET", "/api/v1/projects/one", 422),
        ("GET", "/api/v1/projects/1.5", 422),
        ("GET", "/api/v1/pay/statements/999", 404),
        ("GET", "/api/v1/log/receipts/999", 404),
        ("GET", "/api/v1/jobs/none", 404),
        ("GET", "/api/v1/jobs/%00", 404),
        ("GET", "/api/v1/releases/999", 404),
        ("GET", "/api/v1/projects/1/exports/none", 404),
        ("GET", "/api/v1/projects/1/exports/none/file", 404),
        ("GET", "/projects/1/exports/none/file", 404),
        ("POST", "/api/v1/projects/1/exports", 422),
        ("GET", "/api/v1/projects/999/exports", 404),
        ("GET", "/api/v1/releases/999/files/manifest.json", 404),
        ("GET", "/api/v1/releases/999/cards/card", 404),
        ("GET", "/api/v1/releases/999/fitness", 404),
        ("GET", "/api/v1/releases/999/standing", 404),
        ("POST", "/api/v1/releases/999/gate", 422),
        ("GET", "/api/v1/releases/999/value", 404),
        ("POST", "/api/v1/releases/999/value", 422),
        ("GET", "/api/v1/releases/999/value/1", 404),
        ("POST", "/api/v1/releases/999/value/1/measure", 404),
        ("POST", "/api/v1/releases/999/value/1/open", 404),
        ("GET", "/api/v1/releases/999/value/1/opened", 404),
        ("GET", "/projects/1/value/9/opened", 404),
        ("GET", "/projects/1/releases/9/gate", 404),
        ("GET", "/api/v1/nothing", 404),
        ("PATCH", "/api/v1/projects", 405),
        ("DELETE", "/api/v1/projects/1", 405),
        ("GET", "/media/../../etc/passwd", 404),
        ("GET", "/media/%2e%2e%2fetc", 404),
        ("GET", "/projects/one", 404),
        ("GET", "/projects/1/releases/1", 404),
        ("GET", "/pay/periods/999", 404),
        ("GET", "/pay/periods/1?after=-1", 422),
        ("GET", "/pay?after=one", 422),
        ("GET", "/pay/closing/none", 404),
        ("GET", "/pay/closing/%00/panel", 404),
        ("GET", "/api/v1/pay/preview?ends_at=never", 422),
        ("GET", "/api/v1/pay/preview?ends_at=9999-12-31T23:59:59Z&after=99999999999999999999", 422),
    ],
)
def test_what_is_not_there_is_said_clearly(
    world_on_both: World, method: str, path: str, status: int
) -> None:
    answer = world_on_both.client("Carmen").request(method, path)
    is_problem(answer, status)


@pytest.mark.parametrize("name", ["../../etc/passwd", "<script>alert(1)</script>", "Zoë 🦉", "a/b"])
def test_a_path_in_a_name_is_a_name_and_nothing_else(world: World, name: str) -> None:
    client = world.client("Carmen")
    form = world.form(client, display_name=name, country="GB")
    assert client.post("/people", data=form).status_code == 200
    page = client.get("/people").text
    assert "<script>alert" not in page
    assert not list(world.house.settings.workspace.rglob("passwd*"))


def test_a_name_with_a_zero_character_is_refused_on_both_databases(world_on_both: World) -> None:
    client = world_on_both.client("Carmen")
    form = world_on_both.form(client, display_name="a\x00b")
    is_problem(client.post("/people", data=form), 400)
    body = json.dumps({"display_name": "a\x00b"})
    answer = client.post(
        "/api/v1/people", content=body, headers={"content-type": "application/json"}
    )
    is_problem(answer, 400, "malformed")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/projects/{p}/fund", {"amount": "NaN", "client_key": "12345678"}),
        ("/api/v1/projects/{p}/fund", {"amount": "-5", "client_key": "12345678"}),
        ("/api/v1/projects/{p}/fund", {"amount": "1/3", "client_key": "12345678"}),
        ("/api/v1/projects/{p}/fund", {"amount": "1e30", "client_key": "12345678"}),
        ("/api/v1/projects/{p}/fund", {"amount": "0.001", "client_key": "12345678"}),
        ("/api/v1/projects/{p}/fund", {"amount": "٣", "client_key": "12345678"}),
        ("/api/v1/pay/close", {"ends_at": "yesterday"}),
        ("/api/v1/pay/close", {"ends_at": "2026-11-21T09:30:00"}),
        ("/api/v1/pay/close", {"ends_at": "9999-12-31T23:59:59Z"}),
        ("/api/v1/people", {"display_name": "", "roles": ["king"]}),
        ("/api/v1/people", {"display_name": "A", "country": "Kenya"}),
        ("/api/v1/tokens", {"label": "x", "scope": "everything"}),
        ("/api/v1/tokens", {"label": "x", "days": 10**30}),
    ],
    ids=str,
)
def test_amounts_and_times_that_make_no_sense_are_refused(
    world_on_both: World, path: str, body: dict[str, Any]
) -> None:
    world = world_on_both
    answer = world.client("Carmen").post(path.replace("{p}", str(world.project)), json=body)
    assert 400 <= answer.status_code < 500, answer.text
    is_problem(answer, answer.status_code)


def test_the_server_is_alive_after_all_that(world: World) -> None:
    client = world.client("Amina")
    for body in (b"{", b"[" * 5_000, b"\xff"):
        client.post("/api/v1/tasks/1/submit", content=body)
    assert client.get("/").status_code == 200


def test_a_draft_and_a_skip_take_only_what_is_described(world: World) -> None:
    client = world.client("Amina")
    task = world.next_task(client)["task_id"]
    is_problem(client.put(f"/api/v1/tasks/{task}/draft", json={"value": "cat"}), 422)
    is_problem(client.post(f"/api/v1/tasks/{task}/skip", json={"reason": "dull"}), 422)
    assert client.put(f"/api/v1/tasks/{task}/draft", json={"value": {}}).status_code == 200


@pytest.mark.parametrize(
    "number", ["1" * 20, "-" + "9" * 19, "1e30", "-1E400", "[[123456789012345678901]]"]
)
def test_a_number_that_no_database_holds_is_refused(world: World, number: str) -> None:
    client = world.client("Amina")
    task = world.next_task(client)
    body = f'{{"client_key": "{KEY}", "value": {{"pet": {number}}}}}'
    answer = client.post(
        f"/api/v1/tasks/{task['task_id']}/submit",
        content=body,
        headers={"content-type": "application/json"},
    )
    is_problem(answer, 400)
    assert stored(world) == 0
    assert client.get(f"/api/v1/projects/{-(2**70)}").status_code == 404
