"""`fairhand serve` and `fairhand worker` as processes: they start, answer, and stop on Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from fairhand.cli import people
from fairhand.cli.served_at import NOTE, address_of, noted
from fairhand.cli.tls import terminal_code
from fairhand.cli.voice import new_voice
from fairhand.core.settings import Settings
from tests.stories.terminal import Terminal

_PATIENCE_S = 120.0


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path / "team")
    made.init()
    return made


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _hear_ctrl_c() -> None:
    """A process that a shell started in the background ignores Ctrl-C; ours must not."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command until the block ends; it is killed if it still runs then."""
    process = subprocess.Popen(
        [sys.executable, "-m", "fairhand", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        preexec_fn=_hear_ctrl_c,  # noqa: PLW1509  # it touches a signal and nothing else
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its own processes too: they hold the pipes
        process.communicate()


def wait_until_it_answers(url: str, process: subprocess.Popen[str]) -> httpx.Response:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        try:
            return httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer within {_PATIENCE_S:.0f} s")


def test_serve_answers_and_stops_cleanly_on_ctrl_c(terminal: Terminal) -> None:
    port = free_port()
    with started("serve", "-w", str(terminal.workspace), "--port", str(port)) as process:
        answer = wait_until_it_answers(f"http://127.0.0.1:{port}/api/v1/me", process)
        assert answer.status_code == 401
        assert answer.headers.get("server") is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=_PATIENCE_S)
    assert process.returncode in (0, 130, -signal.SIGINT)
    assert "Traceback" not in out + err


def test_several_processes_serve_one_port(terminal: Terminal) -> None:
    port = free_port()
    arguments = ("serve", "-w", str(terminal.workspace), "--port", str(port), "--workers", "2")
    with started(*arguments) as process:
        url = f"http://127.0.0.1:{port}/api/v1/me"
        assert wait_until_it_answers(url, process).status_code == 401
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=_PATIENCE_S)
    assert "Traceback" not in out + err


def test_a_taken_port_is_said_with_what_to_do(terminal: Terminal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = terminal.run("serve", "--port", port)
    assert said.code == 3
    assert "Choose another port with --port" in said.err


def test_a_worker_seals_the_log_and_stops_on_ctrl_c(terminal: Terminal) -> None:
    with started("worker", "-w", str(terminal.workspace)) as process:
        deadline = time.monotonic() + _PATIENCE_S
        while terminal.run("log", "checkpoint").code != 0:
            assert time.monotonic() < deadline, "nothing was sealed"
            assert process.poll() is None, process.communicate()
            time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=_PATIENCE_S)
    assert process.returncode == 0
    assert "Traceback" not in out + err


def test_a_link_leads_to_where_the_server_is_and_not_to_where_one_was(terminal: Terminal) -> None:
    port = free_port()
    workspace = str(terminal.workspace)
    with started("serve", "-w", workspace, "--host", "127.0.0.1", "--port", str(port)) as process:
        wait_until_it_answers(f"http://127.0.0.1:{port}/health", process)
        made = terminal.ok("invite", "Amina", "--country", "GB", "--json").json
        assert made["link"].startswith(f"http://127.0.0.1:{port}/sign-in/")
        assert httpx.get(made["link"]).status_code == 200
        process.kill()  # it leaves its note behind
        process.wait()
    again = terminal.ok("link", "Amina", "--json").json
    assert again["link"].startswith("http://127.0.0.1:8000/sign-in/")


def test_a_note_names_this_machine_to_others_and_gives_way_to_a_public_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairhand.cli.certificates._way_out", lambda: "192.168.1.20")
    everywhere = Settings(workspace=tmp_path, host="0.0.0.0", port=8123)  # noqa: S104
    with noted(everywhere):
        assert address_of(Settings(workspace=tmp_path)) == "http://192.168.1.20:8123"
        with noted(Settings(workspace=tmp_path, port=8124)):  # a second server
            assert address_of(Settings(workspace=tmp_path)) == "http://192.168.1.20:8123"
        public = Settings(workspace=tmp_path, public_url="https://data.example.org")
        assert address_of(public) == "https://data.example.org"
    assert address_of(Settings(workspace=tmp_path)) == "http://127.0.0.1:8000"
    (tmp_path / NOTE).write_text("[]")
    assert address_of(Settings(workspace=tmp_path)) == "http://127.0.0.1:8000"


def test_a_phone_can_scan_a_link_that_it_can_open(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new_voice()
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    people._draw("https://192.168.1.20:8000/sign-in/abc")
    shown = capsys.readouterr().err
    assert terminal_code("https://192.168.1.20:8000/sign-in/abc").splitlines()[3] in shown
    people._draw("http://127.0.0.1:8000/sign-in/abc")
    assert "Only this machine opens it" in capsys.readouterr().err
