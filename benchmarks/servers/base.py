"""What every annotation server must offer to be measured."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

LABELS = ("Positive", "Negative", "Neutral")


def make_text(number: int) -> str:
    """Write the text of task `number`; it carries its number, so any server's task is known."""
    return (
        f"item {number} | the parcel came two days late, but the support desk answered within the "
        "hour and paid the shipping back without being asked, which nobody here had expected"
    )


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in: a header to send with every request."""

    header: tuple[str, str]


class Server(ABC):
    """A server under test: its processes, its accounts, its two requests."""

    name: str

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.processes: list[subprocess.Popen[bytes]] = []

    @abstractmethod
    def prepare(self, tasks: int, clients: int) -> list[Account]:
        """Make the workspace with `tasks` tasks at overlap 1, and one account per client."""

    @abstractmethod
    def start(self) -> None:
        """Start the server and wait until it answers."""

    @abstractmethod
    def refill(self) -> None:
        """Add tasks until as many are free as at first, where a phase may use them up."""

    @abstractmethod
    def next_request(self) -> tuple[str, str, bytes]:
        """Give (method, path, body) of asking for a task."""

    @abstractmethod
    def read_task(self, answer: object) -> int | None:
        """Read the task's id from the answer to `next_request`; None when there is none."""

    @abstractmethod
    def submit_request(self, task: int, label: str) -> tuple[str, str, bytes]:
        """Give (method, path, body) of answering a task."""

    @abstractmethod
    def surplus(self) -> int:
        """Count answers beyond the one that each task asked for."""

    def spawn(self, command: list[str], log: str, env: dict[str, str] | None = None) -> None:
        """Start a process of the server; its output goes to a file in the folder."""
        with (self.folder / log).open("ab") as output:
            self.processes.append(
                subprocess.Popen(
                    command,
                    cwd=self.folder,
                    env={**os.environ, **(env or {})},
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )

    def wait_until_ready(self, path: str, seconds: float = 180) -> None:
        """Wait for any answer below 500 from `path`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                try:
                    with urllib.request.urlopen(  # our own loopback server
                        f"http://127.0.0.1:{self.port}{path}", timeout=5
                    ):
                        return
                except urllib.error.HTTPError as error:
                    if error.code < 500:
                        return
            time.sleep(0.1)
        raise TimeoutError(f"{self.name} did not start; see its log in {self.folder}")

    def pids(self) -> list[int]:
        """List the server's processes and their descendants."""
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    stat = (entry / "stat").read_text().rpartition(")")[2].split()
                    children.setdefault(int(stat[1]), []).append(int(entry.name))
        found, queue = [], [process.pid for process in self.processes]
        while queue:
            pid = queue.pop()
            found.append(pid)
            queue.extend(children.get(pid, ()))
        return found

    def cpu_seconds(self) -> float:
        """Add up user and system time of the server's processes."""
        ticks = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End the server's processes."""
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes = []


def free_port() -> int:
    """Find a port on the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
