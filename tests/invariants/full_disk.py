"""A disk that is full for a while under a served workspace: what is said, kept, and goes on."""

from __future__ import annotations

import random
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import httpx

from fairhand.core.clock import DAY_MS, Instant, ManualClock, system_now
from fairhand.core.settings import Settings, load_settings
from fairhand.people.accounts import store as accounts
from fairhand.storage.database import Database
from fairhand.use_cases.house import open_database
from tests.cast import Cast
from tests.invariants.checks import rows
from tests.invariants.servers import Client, Servers, launching, serving
from tests.invariants.test_kills import check_everything

_COMMAND = "from fairhand.cli import main; main()"
_MOST_TRIES = 200
_PATIENCE_S = 60.0
_FULL_FOR_S = 3.0
_ROWS = 2_000


class Disk(Protocol):
    """A disk that can be filled and freed under a running process."""

    def fill(self, pid: int) -> None:
        """Let the process of this number write no more."""

    def free(self, pid: int) -> None:
        """Let it write again."""

    def command(self) -> list[str]:
        """Give how Python is started so that it finds the disk as it is now."""


@dataclass(slots=True)
class Ordeal:
    """The people, the server and the disk."""

    db: Database
    settings: Settings
    fleet: Servers
    amina: Client
    carmen: httpx.Client
    session: str
    task: dict[str, Any] | None = None

    @property
    def http(self) -> httpx.Client:
        """Amina's connection."""
        return httpx.Client(
            base_url=self.url, timeout=60, headers={"Authorization": f"Bearer {self.amina.token}"}
        )

    @property
    def url(self) -> str:
        """Where the server is."""
        return f"http://127.0.0.1:{self.fleet.ports[0]}"

    @property
    def pid(self) -> int:
        """The server's process."""
        return self.fleet.pids[self.fleet.ports[0]]


def endure_full_disk(folder: Path, disk: Disk) -> int:
    """Fill the disk in the middle of everything, free it, and look at every book.

    Gives how many answers were acknowledged.
    """
    settings = load_settings(folder / "workspace")
    db = open_database(settings)
    cast = Cast(db, ManualClock(system_now()))
    amina, carmen = _people(cast)
    with launching() as launcher, serving(launcher, settings, 1) as fleet:
        http = httpx.Client(
            base_url=f"http://127.0.0.1:{fleet.ports[0]}",
            timeout=60,
            headers={"Authorization": f"Bearer {carmen}", "Accept": "application/json"},
        )
        with db.write() as connection:
            session = accounts.create_session(connection, cast.carmen, system_now(), 1)
        ordeal = Ordeal(db, settings, fleet, amina, http, session)
        for _ in range(5):
            assert _answer(ordeal).status_code == 201
        _until(lambda: rows_of(db, "SELECT count(*) FROM consensus") == [(5,)])
        for path, body in _jobs(amina.project):
            asked = http.post(f"/api/v1/{path}", **body)
            assert asked.status_code == 202, asked.text
        jobs = [str(row[0]) for row in rows_of(db, "SELECT id FROM job")]
        disk.fill(ordeal.pid)
        started = time.monotonic()
        _say_no(ordeal)
        _say_no_on_the_terminal(ordeal, disk, folder)
        time.sleep(max(0.0, _FULL_FOR_S - (time.monotonic() - started)))
        disk.free(ordeal.pid)
        _go_on(ordeal, jobs)
        _back_up(ordeal, disk, folder)
        http.close()
    check_everything(db, settings, [amina])
    found = rows_of(db, "SELECT count(*) FROM task WHERE project_id = :p", p=amina.project)
    assert found == [(300 + _ROWS,)]
    db.close()
    return len(amina.submitted)


def rows_of(db: Database, query: str, **given: object) -> list[tuple[Any, ...]]:
    """Read rows."""
    with db.read() as connection:
        return rows(connection, query, **given)


def _people(cast: Cast) -> tuple[Client, str]:
    project = cast.project("Amina", tasks=300, overlap=1)
    tokens = []
    for person, scope in ((cast.person("Amina"), "work"), (cast.carmen, "manage")):
        with cast.db.write() as connection:
            token = accounts.create_token(
                connection,
                person,
                scope=scope,
                project_id=0,
                label="script",
                expires_at=Instant(cast.clock.now + DAY_MS),
                now=cast.clock.now,
            )
        tokens.append(token)
    stop = threading.Event()
    amina = Client(cast.person("Amina"), tokens[0], project, [], random.Random(1), stop)
    return amina, tokens[1]


def _jobs(project: int) -> list[tuple[str, dict[str, Any]]]:
    lines = "\n".join(f'{{"text": "row {number}"}}' for number in range(_ROWS))
    return [
        (f"projects/{project}/import", {"files": {"file": ("rows.jsonl", lines.encode())}}),
        (f"projects/{project}/exports", {"json": {"format": "jsonl", "answers": True}}),
        (f"projects/{project}/releases", {"json": {"accept_warnings": True}}),
    ]


def _answer(ordeal: Ordeal) -> httpx.Response:
    """Take a task unless one is open, and submit it; what is refused stays open, key and all."""
    with ordeal.http as http:
        if ordeal.task is None:
            got = http.post(f"/api/v1/projects/{ordeal.amina.project}/next", json={})
            if got.status_code != 200:
                return got
            key = str(UUID(int=ordeal.amina.dice.getrandbits(128)))
            ordeal.task = {"id": got.json()["task"]["task_id"], "key": key}
        body = {"client_key": ordeal.task["key"], "value": {"pet": "cat"}}
        answer = http.post(f"/api/v1/tasks/{ordeal.task['id']}/submit", json=body)
    if answer.status_code in (200, 201):
        ordeal.amina.submitted[ordeal.amina.person, ordeal.task["key"]] = answer.json()
        ordeal.task = None
    return answer


def _say_no(ordeal: Ordeal) -> None:
    """Every door that writes says that the disk is full; those that read go on."""
    project = ordeal.amina.project
    for _ in range(_MOST_TRIES):  # SQLite may have room left that it has taken before
        answer = _answer(ordeal)
        if answer.status_code not in (200, 201):
            break
    check_refusal(answer)
    upload = {"file": ("more.jsonl", b'{"text": "%d"}\n' % 7 * 20_000)}
    check_refusal(ordeal.carmen.post(f"/api/v1/projects/{project}/import", files=upload))
    body = {"format": "csv", "answers": True}
    check_refusal(ordeal.carmen.post(f"/api/v1/projects/{project}/exports", json=body))
    _until(lambda: not ordeal.carmen.get("/ready").json()["ready"])
    checks = ordeal.carmen.get("/ready").json()["checks"]
    assert (checks["database"], checks["files"]) == ("disk_full", "disk_full")
    assert ordeal.carmen.get("/health").status_code == 200
    with httpx.Client(base_url=ordeal.url, cookies={"fh_session": ordeal.session}) as browser:
        page = {"Accept": "text/html"}
        for path in ("/", f"/projects/{project}", f"/projects/{project}/tasks"):
            assert browser.get(path, headers=page, timeout=60).status_code == 200, path
        doctor = browser.get("/admin/doctor", headers=page, timeout=60)
        assert "Free some space" in doctor.text


def check_refusal(answer: httpx.Response) -> None:
    """It says what is wrong, what to do, and when to come again."""
    assert answer.status_code == 503, f"{answer.request.url} {answer.status_code}: {answer.text}"
    assert answer.json()["code"] == "disk_full", answer.text
    assert "Free some space" in answer.json()["detail"]
    assert answer.headers["retry-after"] == "60"


def _say_no_on_the_terminal(ordeal: Ordeal, disk: Disk, folder: Path) -> None:
    workspace = str(ordeal.settings.workspace)
    doctor = _run(disk, "doctor", "--workspace", workspace)
    assert doctor.returncode == 1, doctor
    assert "FAIL" in doctor.stdout, doctor
    assert "Free some space" in doctor.stdout
    backup = _run(disk, "backup", str(folder / "backup"), "--workspace", workspace)
    assert backup.returncode == 3, backup
    assert "The disk" in backup.stderr, backup
    assert "Free some space" in backup.stderr
    assert not [path.name for path in folder.iterdir() if "backup" in path.name]


def _run(disk: Disk, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*disk.command(), "-c", _COMMAND, *arguments], capture_output=True, text=True, timeout=120
    )


def _go_on(ordeal: Ordeal, jobs: list[str]) -> None:
    """Whatever was refused is taken now, and what waited goes on without anybody's doing."""
    _until(lambda: ordeal.carmen.get("/ready").status_code == 200)
    for _ in range(3):
        assert _answer(ordeal).status_code == 201
    for job in jobs:
        _until(lambda job=job: _state(ordeal, job) in ("done", "failed"))  # type: ignore[misc]
        assert _state(ordeal, job) == "done", _failure(ordeal, job)
    unsealed = "SELECT count(*) FROM event WHERE leaf_index IS NULL"
    _until(lambda: rows_of(ordeal.db, unsealed) == [(0,)])


def _state(ordeal: Ordeal, job: str) -> str:
    return str(rows_of(ordeal.db, "SELECT state FROM job WHERE id = :job", job=job)[0][0])


def _failure(ordeal: Ordeal, job: str) -> str:
    found = rows_of(ordeal.db, "SELECT kind, error FROM job WHERE id = :job", job=job)
    return f"{found}\n{ordeal.fleet.words()}"


def _until(done: Callable[[], object]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _back_up(ordeal: Ordeal, disk: Disk, folder: Path) -> None:
    workspace = str(ordeal.settings.workspace)
    done = _run(disk, "backup", str(folder / "backup"), "--workspace", workspace)
    assert done.returncode == 0, done
    verified = _run(disk, "backup", "verify", str(folder / "backup"))
    assert verified.returncode == 0, verified
