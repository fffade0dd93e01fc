"""A server dies while it makes an export: whoever waits goes on waiting, and gets one file."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from benchmarks.export_million import fill

from fairhand.client import Client
from fairhand.core.clock import DAY_MS, Instant, system_now
from fairhand.core.settings import load_settings
from fairhand.people.accounts import store as accounts
from fairhand.storage.database import Database
from fairhand.use_cases.house import open_database
from tests.invariants.servers import Servers, launching, serving
from tests.stories.terminal import Said, run

_ROWS = 12_000


@pytest.fixture(scope="module")
def launcher() -> Iterator[subprocess.Popen[str]]:
    """A process that has everything imported and forks servers."""
    with launching() as process:
        yield process


def _token(db: Database) -> str:
    """Make the workspace, and a token of whoever owns the project."""
    now = system_now()
    with db.write() as connection:
        accounts.create_workspace(connection, "pets", now)
        owner = connection.exec_driver_sql("SELECT min(id) FROM person").scalar_one()
        accounts.add_role(connection, owner, "owner", 0, now)
        return accounts.create_token(
            connection,
            owner,
            scope="manage",
            project_id=0,
            label="script",
            expires_at=Instant(now + DAY_MS),
            now=now,
        )


def _draft_of(servers: Servers) -> bool:
    folder = servers.settings.workspace / "exports"
    return folder.is_dir() and any(folder.iterdir())


@pytest.mark.slow
def test_an_export_survives_its_server_and_is_fetched_by_the_one_command_that_asked(
    tmp_path: Path, launcher: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = str(fill(tmp_path, _ROWS, boxes=False))
    url = f"sqlite:///{tmp_path}/bench.sqlite"
    settings = load_settings(tmp_path / "workspace", database_url=url)
    db = open_database(settings)
    token = _token(db)
    monkeypatch.setenv("FAIRHAND_TOKEN", token)
    said: list[Said] = []
    with serving(launcher, settings, 1) as servers:
        port = servers.ports[0]
        there = ("--server", f"http://127.0.0.1:{port}", "--json")
        asked = ("exports", "make", project, "-f", "jsonl", "-o", str(tmp_path / "one.zip"))
        waits = threading.Thread(target=lambda: said.append(run(*asked, *there)))
        waits.start()
        until = time.monotonic() + 30
        while not _draft_of(servers):
            assert time.monotonic() < until, servers.words()
            time.sleep(0.005)
        servers.kill(port)
        waits.join(60)
        assert said, servers.words()
        assert said[0].code == 0, said[0].err + servers.words()
        made = said[0].json
        assert (made["written"], made["state"]) == (_ROWS, "ready")
        listed = run("exports", "list", project, *there).json["exports"]
        assert [one["id"] for one in listed] == [made["id"]], "asked once, made once"
        again = str(tmp_path / "again.zip")
        assert run("exports", "get", project, made["id"], "-o", again, *there).code == 0
        assert Path(again).read_bytes() == (tmp_path / "one.zip").read_bytes()
        assert "no such export" in run("exports", "get", project, "nothing", *there).err
        with Client(there[1], token) as client:
            second = client.exports.make(int(project), "csv").wait()
            assert second.save(tmp_path / "two.zip").is_file()
        assert not _draft_of(servers), "no folder is left behind"
    with ZipFile(tmp_path / "one.zip") as archive:
        (name,) = [one for one in archive.namelist() if one.endswith("labels.jsonl")]
        rows = [json.loads(line) for line in archive.read(name).splitlines()]
    assert len({row["task_id"] for row in rows}) == len(rows) == _ROWS
    db.close()


@pytest.mark.slow
def test_without_a_worker_an_export_waits_says_so_and_is_made_once_one_comes(
    tmp_path: Path, launcher: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = str(fill(tmp_path, 50, boxes=False))
    url = f"sqlite:///{tmp_path}/bench.sqlite"
    settings = load_settings(tmp_path / "workspace", database_url=url)
    db = open_database(settings)
    monkeypatch.setenv("FAIRHAND_TOKEN", _token(db))
    (settings.workspace / "fairhand.toml").write_text("background = false\n")
    monkeypatch.setattr("fairhand.cli.exports._PATIENCE_S", 0.5)
    said: list[Said] = []
    with serving(launcher, settings, 1) as servers:
        there = ("--server", f"http://127.0.0.1:{servers.ports[0]}", "--json")
        asked = ("exports", "make", project, "-f", "csv", "-o", str(tmp_path / "one.zip"))
        waits = threading.Thread(target=lambda: said.append(run(*asked, *there)))
        waits.start()
        waits.join(3)
        assert not said, said[0].err
        servers.start(-1)
        waits.join(40)
        assert said, servers.words()
        assert said[0].code == 0, said[0].err
        assert "still waits for its turn" in said[0].err
        assert "fairhand exports get" in said[0].err
        assert said[0].json["written"] == 50
    db.close()
