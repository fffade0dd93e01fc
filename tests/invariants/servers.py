"""Server processes that are killed without warning, and clients that do not give up."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from fairhand.core.settings import Settings
from tests.cast import LABELS

_LAUNCHER = Path(__file__).with_name("launcher.py")
_READY_S = 60.0
_END_S = 15.0
_RETRY_S = 0.1
_GIVE_UP_S = 60.0


@dataclass(slots=True)
class Servers:
    """Several server processes on one workspace, each on a port of its own."""

    settings: Settings
    launcher: subprocess.Popen[str]
    ports: list[int]
    pids: dict[int, int] = field(default_factory=dict)
    kills: int = 0

    def start(self, port: int) -> None:
        """Start the process of a port."""
        assert self.launcher.stdin is not None
        assert self.launcher.stdout is not None
        where = (str(port), str(self.settings.workspace), self.settings.database_url)
        self.launcher.stdin.write("\t".join(where) + "\n")
        self.launcher.stdin.flush()
        self.pids[port] = int(self.launcher.stdout.readline())

    def kill(self, port: int) -> None:
        """End the process of a port at once, whatever it does, and start another."""
        self._end(port, signal.SIGKILL)
        self.kills += 1
        self.start(port)

    def wait_until_ready(self) -> None:
        """Wait until every port answers."""
        deadline = time.monotonic() + _READY_S
        for port in self.ports:
            while not _answers(port):
                assert time.monotonic() < deadline, self.words()
                time.sleep(0.05)

    def is_alive(self, port: int) -> bool:
        """Say whether the process of a port is there."""
        return _is_alive(self.pids[port])

    def stop(self) -> None:
        """Ask every process to end."""
        for port in self.pids:
            self._end(port, signal.SIGTERM)

    def _end(self, port: int, how: signal.Signals) -> None:
        deadline = time.monotonic() + _END_S
        if _is_alive(self.pids[port]):
            os.kill(self.pids[port], how)
        while _is_alive(self.pids[port]):
            if time.monotonic() > deadline:
                os.kill(self.pids[port], signal.SIGKILL)
            time.sleep(0.002)

    def words(self) -> str:
        """Give the end of what the processes wrote."""
        return (self.settings.workspace / "servers.log").read_text(errors="replace")[-4000:]


@contextmanager
def launching() -> Iterator[subprocess.Popen[str]]:
    """Run a launcher of servers."""
    with subprocess.Popen(
        [sys.executable, _LAUNCHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as launcher:
        yield launcher


@contextmanager
def serving(launcher: subprocess.Popen[str], settings: Settings, number: int) -> Iterator[Servers]:
    """Run `number` servers of a workspace for as long as the block lasts."""
    servers = Servers(settings, launcher, [_free_port() for _ in range(number)])
    try:
        for port in servers.ports:
            servers.start(port)
        servers.wait_until_ready()
        yield servers
    finally:
        servers.stop()


@dataclass(slots=True)
class Client:
    """One person's script: asks, submits, skips, and tries again until it is acknowledged."""

    person: int
    token: str
    project: int
    ports: list[int]
    dice: random.Random
    stop: threading.Event
    pace_s: float = 0.0
    give_up_s: float = _GIVE_UP_S
    submitted: dict[tuple[int, str], dict[str, Any]] = field(default_factory=dict)
    skipped: dict[tuple[int, str], dict[str, Any]] = field(default_factory=dict)
    retries: int = 0
    longest_s: float = 0.0

    def work(self) -> None:
        """Work until told to stop; what has been begun is always finished."""
        with httpx.Client(timeout=10, headers={"Authorization": f"Bearer {self.token}"}) as http:
            while not self.stop.is_set():
                got = self._insist(http, f"projects/{self.project}/next", {})[1]
                if got["task"] is None:
                    assert got["reason"] == "nothing_free", got
                    return
                self._finish(http, got["task"]["task_id"])
                time.sleep(self.dice.uniform(0, self.pace_s))

    def _finish(self, http: httpx.Client, task: int) -> None:
        key = str(UUID(int=self.dice.getrandbits(128)))
        if self.dice.random() < 0.1:
            path, body, book = f"tasks/{task}/skip", {"client_key": key}, self.skipped
        else:
            value = {"pet": self.dice.choice(LABELS)}
            path, book = f"tasks/{task}/submit", self.submitted
            body = {"client_key": key, "value": value}  # type: ignore[dict-item]
        status, reply = self._insist(http, path, body)
        book[self.person, key] = reply
        if self.dice.random() < 0.2:
            again, same = self._insist(http, path, body)
            assert same == reply, "a retry hears the same"
            assert again == 200
        assert status in (200, 201)

    def _insist(
        self, http: httpx.Client, path: str, body: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        """Send until somebody answers; a server that is gone or busy is asked again."""
        began = time.monotonic()
        while time.monotonic() < began + self.give_up_s:
            port = self.dice.choice(self.ports)
            try:
                answer = http.post(f"http://127.0.0.1:{port}/api/v1/{path}", json=body)
            except httpx.TransportError:
                self.retries += 1
                time.sleep(_RETRY_S)
                continue
            if answer.status_code == 503:
                assert int(answer.headers["retry-after"]) > 0, answer.text
                self.retries += 1
                time.sleep(_RETRY_S)
                continue
            assert answer.status_code in (200, 201), f"{path}: {answer.status_code} {answer.text}"
            self.longest_s = max(self.longest_s, time.monotonic() - began)
            return answer.status_code, answer.json()
        raise AssertionError(f"nobody answered {path} for {self.give_up_s} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
