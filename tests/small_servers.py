"""Small real HTTP servers that answer as a test says, well or badly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson


@dataclass(frozen=True)
class Asked:
    """A request as the server got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401  # any JSON value
        return orjson.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What the server says; `drip` writes it a byte at a time, with that many seconds between."""

    body: object = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0.0


@dataclass
class SmallServer:
    """A running server: where it is, and what it was asked."""

    host: str
    port: int
    asked: list[Asked]
    ending: threading.Event

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    def paths(self) -> list[str]:
        return [each.path for each in self.asked]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer: Callable[[Asked], Answer], asked: list[Asked]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.asked = asked
        self.ending = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        given = Asked(self.command, self.path, dict(self.headers.items()), body)
        self.server.asked.append(given)
        try:
            self._send(self.server.answer(given))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _send(self, said: Answer) -> None:
        content = said.body if isinstance(said.body, bytes) else orjson.dumps(said.body)
        self.send_response(said.status)
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if not said.drip:
            self.wfile.write(content)
            return
        for start in range(len(content)):
            if self.server.ending.wait(said.drip):
                break
            self.wfile.write(content[start : start + 1])
        self.close_connection = True

    def log_message(self, *_arguments: object) -> None:
        """Keep quiet."""


@contextmanager
def serving(answer: Callable[[Asked], Answer]) -> Iterator[SmallServer]:
    """Serve until the block ends; `answer` may wait, on `ending` best."""
    asked: list[Asked] = []
    server = _Server(answer, asked)
    ending = server.ending
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield SmallServer("127.0.0.1", server.server_address[1], asked, ending)
    finally:
        ending.set()
        server.shutdown()
        server.server_close()
        thread.join()
