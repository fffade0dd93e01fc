"""What a proxy, an orchestrator and Prometheus ask, and that no log line holds content."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from fairhand.core import logs
from fairhand.core.clock import SECOND_MS, Instant
from fairhand.core.settings import Settings
from fairhand.jobs.heartbeat import Heartbeat
from fairhand.proof.log.keys import load_or_create_signer
from fairhand.storage import migrate
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.storage.process_store import Process, beat, list_processes
from fairhand.use_cases.house import House, key_path
from fairhand.web.app import create_app
from fairhand.web.server import probes
from tests.web.world import TestClient, World

NEAR = ("127.0.0.1", 50_000)
FAR = ("198.51.100.7", 50_000)


def ask(house: House, path: str, at: tuple[str, int] = NEAR, **headers: str) -> tuple[int, str]:
    """Ask from an address, of a server whose name is its own machine's."""
    client = TestClient(
        create_app(house), "http://127.0.0.1:8000", client=at, raise_server_exceptions=False
    )
    answer = client.get(path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    return answer.status_code, answer.text


@pytest.fixture
def house(world: World, tmp_path: Path) -> House:
    """A house with a key and files of its own, whose revision is known."""
    settings = Settings(workspace=tmp_path)
    load_or_create_signer(key_path(settings), "fairhand/pets")
    with world.house.db.write() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{migrate.head()}')")
    return replace(world.house, settings=settings, blobs=BlobStore(f"file://{tmp_path / 'blobs'}"))


@pytest.fixture(autouse=True)
def _fresh_figures() -> Iterator[None]:
    forget()
    yield
    forget()


def forget() -> None:
    """Let nothing that was seen before be told again."""
    probes._kept.clear()
    probes._ready_kept.clear()


def test_a_process_is_alive_whatever_its_database_does(house: House) -> None:
    house.db.engine.dispose()
    gone = replace(house, db=Database("postgresql+psycopg://x@127.0.0.1:1/x", pool_size=1))
    assert ask(gone, "/health") == (200, "alive\n")
    gone.db.close()


def test_a_server_that_can_work_is_ready(house: House) -> None:
    status, text = ask(house, "/ready")
    assert json.loads(text) == {
        "ready": True,
        "checks": {"database": "ok", "migrations": "ok", "files": "ok", "keys": "ok"},
    }
    assert status == 200


def test_whoever_comes_by_a_proxy_is_told_whether_and_not_what(house: House) -> None:
    for header in ("x-forwarded-for", "forwarded", "via"):
        status, text = ask(house, "/ready", NEAR, **{header: "203.0.113.7"})
        assert (status, json.loads(text)) == (200, {"ready": True})


def test_what_a_server_lacks_is_named(house: House, tmp_path: Path) -> None:
    gone = Database("postgresql+psycopg://x@127.0.0.1:1/x", pool_size=1)
    status, text = ask(replace(house, db=gone), "/ready")
    gone.close()
    assert status == 503
    assert json.loads(text)["checks"]["database"] == "database_unavailable"
    key_path(house.settings).unlink()
    assert json.loads(ask(house, "/ready")[1])["checks"]["keys"] != "ok"
    forget()
    (tmp_path / "blobs").rmdir()
    (tmp_path / "blobs").write_text("in the way")
    assert json.loads(ask(house, "/ready")[1])["checks"]["files"] == "blobs_unavailable"
    forget()
    with house.db.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0008'")
    assert json.loads(ask(house, "/ready")[1])["checks"]["migrations"] == "schema_outdated"


def test_nobody_can_make_a_server_look_at_its_database_at_will(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[House] = []

    def look(house: House) -> dict[str, str]:
        looks.append(house)
        return {"database": "ok"}

    monkeypatch.setattr(probes, "read_ready", look)
    clock = [100.0]
    monkeypatch.setattr(probes, "monotonic", lambda: clock[0])
    for _ in range(50):
        assert ask(house, "/ready")[0] == 200
    assert len(looks) == 1
    clock[0] += 1.5
    assert ask(house, "/ready")[0] == 200
    assert len(looks) == 2


def test_whoever_asks_while_a_look_hangs_hears_what_was_seen_last(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "_READY_S", 0.0)
    assert ask(house, "/ready")[0] == 200
    with probes._ready_lock:  # somebody is looking, for as long as this block lasts
        assert ask(house, "/ready")[0] == 200


def values(text: str) -> dict[tuple[str, ...], float]:
    """Read what Prometheus would read."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_count_requests_by_template_and_say_what_waits(world: World, house: House) -> None:
    client = world.client("Amina")
    task = world.next_task(client)
    body = {"client_key": "key-00000001", "value": {"label": "cat"}, "version": 1}
    client.post(f"/api/v1/tasks/{task['task_id']}/submit", json=body)
    client.get("/no/such/place/for-amina@example.org")
    text = ask(house, "/metrics")[1]
    found = values(text)
    next_route = "/api/v1/projects/{project_id}/next"
    assert found["fairhand_requests_total", "POST", next_route, "200"] >= 1
    assert found["fairhand_request_seconds_count", "POST", next_route] >= 1
    assert any(name[2:3] == ("/api/v1/tasks/{task_id}/submit",) for name in found)
    assert found["fairhand_requests_total", "GET", "other", "404"] >= 1
    assert found["fairhand_database_up",] == 1
    assert found["fairhand_queue_tasks",] > 0
    assert found["fairhand_database_bytes",] > 10_000
    assert found["fairhand_log_unsealed_events",] > 0
    assert (found["fairhand_letters", "waiting"], found["fairhand_letter_wait_seconds",]) == (0, 0)
    assert "amina" not in text.lower()
    besides = re.sub(r'route="[^"]*"', "", text)
    assert "exposure" not in besides
    assert "wellbeing" not in besides


def test_metrics_are_for_this_machine_and_for_those_who_may_see_the_server(
    world: World, house: House
) -> None:
    assert ask(house, "/metrics")[0] == 200
    assert ask(house, "/metrics", FAR)[0] == 401
    assert ask(house, "/metrics", NEAR, X_Forwarded_For="198.51.100.7")[0] == 401
    outsider = f"Bearer {world.token('Amina', 'work')}"
    assert ask(house, "/metrics", FAR, Authorization=outsider)[0] == 403
    owner = f"Bearer {world.token('Carmen', 'manage')}"
    assert ask(house, "/metrics", FAR, Authorization=owner)[0] == 200
    nearby = house.settings.model_copy(update={"metrics_from": ("198.51.100.0/24",)})
    assert ask(replace(house, settings=nearby), "/metrics", FAR)[0] == 200


@pytest.mark.parametrize("header", ["Via", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"])
def test_metrics_are_not_for_whoever_comes_by_a_proxy_on_this_machine(
    house: House, header: str
) -> None:
    assert ask(house, "/metrics", NEAR, **{header: "x"})[0] == 401
    assert ask(house, "/metrics", NEAR, Host="data.example.org")[0] == 401


def test_metrics_need_a_token_where_a_proxy_may_say_nothing_of_itself(
    world: World, house: House
) -> None:
    public = house.settings.model_copy(update={"public_url": "https://data.example.org"})
    behind = replace(house, settings=public)
    assert ask(behind, "/metrics")[0] == 401
    owner = f"Bearer {world.token('Carmen', 'manage')}"
    assert ask(behind, "/metrics", Authorization=owner)[0] == 200
    wide = house.settings.model_copy(update={"host": "0.0.0.0"})  # noqa: S104  # listened on by nobody
    assert ask(replace(house, settings=wide), "/metrics")[0] == 200


def test_metrics_are_there_while_the_database_is_not(house: House) -> None:
    gone = Database("postgresql+psycopg://x@127.0.0.1:1/x", pool_size=1)
    status, text = ask(replace(house, db=gone), "/metrics")
    gone.close()
    assert (status, values(text)["fairhand_database_up",]) == (200, 0)


def test_every_answer_has_a_number_that_a_proxy_may_give(house: House) -> None:
    client = TestClient(create_app(house))
    assert len(client.get("/health").headers["x-request-id"]) == 16
    given = client.get("/health", headers={"X-Request-ID": "from-the-proxy-1"})
    assert given.headers["x-request-id"] == "from-the-proxy-1"
    hostile = client.get("/health", headers={"X-Request-ID": "a b<script>"})
    assert "script" not in hostile.headers["x-request-id"]


def test_a_process_says_that_it_is_there_and_leaves(db: Database, world: World) -> None:
    house = replace(world.house, db=db)
    heartbeat = Heartbeat(house, "worker", every_s=0.01)
    heartbeat.start()
    seen: list[Process] = []
    while not seen:
        with db.read() as connection:
            seen = list_processes(connection)
    heartbeat.stop()
    assert [one.kind for one in seen] == ["worker"]
    assert seen[0].is_live(house.clock())
    assert not seen[0].is_live(Instant(house.clock() + 61 * SECOND_MS))
    with db.read() as connection:
        assert list_processes(connection) == []


def test_processes_that_were_killed_are_forgotten_after_a_day(db: Database) -> None:
    old = Process("a", "server", "h", 1, "0.1", Instant(0), Instant(0))
    with db.write() as connection:
        beat(connection, old)
        beat(connection, replace(old, id="b", seen_at=Instant(25 * 3_600_000)))
        assert [one.id for one in list_processes(connection)] == ["b"]


@pytest.fixture
def _own_logs() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("_own_logs")
def test_no_content_and_no_address_is_in_a_log_line(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.configure_logs(as_json=True)
    secret = "what Amina wrote of amina@example.org"

    def crash(*_: object, **__: object) -> None:
        try:
            raise KeyError(secret)
        except KeyError as error:
            raise RuntimeError(f"cannot store {secret}") from error

    monkeypatch.setattr("fairhand.web.desk.routes.render", crash)
    settings = world.house.settings.model_copy(update={"log_requests": True})
    client = TestClient(
        create_app(replace(world.house, settings=settings)), raise_server_exceptions=False
    )
    client.cookies.set("fh_session", world.session("Amina")[0])
    assert client.get("/?q=amina@example.org").status_code == 500
    structlog.get_logger().warning("told", who="amina@example.org", what={"text": secret})
    written = capsys.readouterr().err
    lines = [json.loads(line) for line in written.splitlines()]
    assert "example.org" not in written
    assert "wrote" not in written
    crashed = next(line for line in lines if line["event"] == "request_failed")
    assert crashed["error"].startswith("RuntimeError from KeyError")
    assert any(":" in place for place in crashed["where"])
    asked = next(line for line in lines if line["event"] == "request")
    assert (asked["route"], asked["request"]) == ("/", crashed["request"])
