"""What goes on beside the people who label: imports are asked for, and pages are opened."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count

import httpx

from fairhand.core.clock import system_now
from fairhand.core.errors import UnavailableError
from fairhand.core.settings import Settings
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.ask_import import AskImport, ImportOptions, Upload, ask_import
from tests.invariants.checks import rows

_ROWS = 300
_PATIENCE_S = 120.0


@dataclass(slots=True)
class Importer:
    """Asks for imports until told to stop; each must happen, whole and once."""

    db: Database
    settings: Settings
    owner: int
    project: int
    stop: threading.Event
    pause_s: float = 1.0
    asked: list[str] = field(default_factory=list)
    refused: int = 0

    def work(self) -> None:
        """Ask every now and then; a database that is away is asked again."""
        blobs = BlobStore(self.settings.blobs_dsn)
        for number in count():
            if self.stop.wait(self.pause_s):
                return
            lines = (json.dumps({"text": f"file {number} row {row}"}) for row in range(_ROWS))
            file = Upload(f"{number}.jsonl", blobs.put("\n".join(lines).encode()))
            command = AskImport(self.owner, self.project, file, ImportOptions())
            try:
                self.asked.append(ask_import(self.db, command, system_now()))
            except UnavailableError:
                self.refused += 1

    def wait_until_done(self) -> None:
        """Wait for every import that was asked for; none may have failed."""
        deadline = time.monotonic() + _PATIENCE_S
        while found := [row for row in self._jobs() if row[1] != "done"]:
            assert all(state != "failed" for _, state, _ in found), found
            assert time.monotonic() < deadline, found
            time.sleep(0.2)

    def check(self) -> int:
        """Every acknowledged import was done, and its tasks are there once; gives their number."""
        jobs = self._jobs()
        assert {state for _, state, _ in jobs} <= {"done"}, jobs
        assert set(self.asked) <= {job_id for job_id, _, _ in jobs}
        query = "SELECT count(*) FROM task WHERE project_id = :project"
        with self.db.read() as connection:
            (stored,) = rows(connection, query, project=self.project)[0]
        names = {json.loads(command)["name"] for _, _, command in jobs}
        assert stored == _ROWS * len(names), f"{stored} tasks of {len(names)} files"
        return len(jobs)

    def _jobs(self) -> list[tuple[str, str, str]]:
        query = "SELECT id, state, command FROM job WHERE project_id = :project"
        with self.db.read() as connection:
            return rows(connection, query, project=self.project)


@dataclass(slots=True)
class Visitor:
    """Opens pages until told to stop: each comes, or says clearly that it cannot just now."""

    session: str
    ports: list[int]
    paths: tuple[str, ...]
    stop: threading.Event
    seen: Counter[tuple[str, int]] = field(default_factory=Counter)
    longest_s: float = 0.0

    def work(self) -> None:
        """Open one page after the other, on one server after the other."""
        cookies = {"fh_session": self.session}
        with httpx.Client(timeout=30, cookies=cookies, headers={"Accept": "text/html"}) as http:
            for number in count():
                if self.stop.wait(0.05):
                    return
                path = self.paths[number % len(self.paths)]
                port = self.ports[number // len(self.paths) % len(self.ports)]
                began = time.monotonic()
                try:
                    answer = http.get(f"http://127.0.0.1:{port}{path}")
                except httpx.TimeoutException:
                    self.seen[path, 0] += 1
                    continue
                except httpx.TransportError:  # a server that was killed
                    continue
                self.longest_s = max(self.longest_s, time.monotonic() - began)
                self.seen[path, answer.status_code] += 1
                self._check(path, answer)

    def _check(self, path: str, answer: httpx.Response) -> None:
        if answer.status_code == 200:
            return
        assert answer.status_code == 503, f"{path}: {answer.status_code} {answer.text[:2000]}"
        if path == "/ready":
            assert answer.json()["checks"]["database"] == "database_unavailable"
            return
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"].startswith("text/html")
        assert "The database" in answer.text
        assert "Try again" in answer.text
