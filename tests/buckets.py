"""An S3-compatible store (moto's server), and a door before it that fails when it is told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import quote
from urllib.request import Request, urlopen

from moto.server import ThreadedMotoServer

NEVER = 10**9


class Door(ThreadingHTTPServer):
    """Stands before the store, and fails as often as it is told to."""

    daemon_threads = True
    every = 10
    behind = ""
    refuses = b""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.calls = count(1)
        self.failed = 0

    @property
    def address(self) -> str:
        """Where the door is."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def make_bucket(self, name: str) -> None:
        """Make a bucket, past the door."""
        self._ask("PUT", name)

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Put an object, past the door."""
        self._ask("PUT", f"{bucket}/{quote(key)}", content)

    def remove(self, bucket: str, key: str) -> None:
        """Remove an object, past the door."""
        self._ask("DELETE", f"{bucket}/{quote(key)}")

    def _ask(self, method: str, path: str, content: bytes | None = None) -> None:
        given = {"Content-Type": "application/octet-stream", "Authorization": "AWS x:y"}
        urlopen(Request(f"{self.behind}/{path}", content, given, method=method)).close()  # noqa: S310


class Passing(BaseHTTPRequestHandler):
    """Passes a call on, or says 503 or hangs up, in turns."""

    server: Door

    def _pass(self) -> None:
        size = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(size) if size else None
        if self.server.refuses:
            self._answer(403 if b"Key" in self.server.refuses else 404, {}, self.server.refuses)
            return
        number = next(self.server.calls)
        if number % self.server.every == 0:
            self.server.failed += 1
            if number % (2 * self.server.every) == 0:
                self.connection.close()  # hung up in the middle of it
                return
            self.send_response(503)
            self.send_header("content-length", "0")
            self.end_headers()
            return
        # urllib would call a body a form, and the store would read it as one.
        given = {"Content-Type": "application/octet-stream"}
        given |= {
            name.title(): value for name, value in self.headers.items() if name.lower() != "host"
        }
        asked = Request(self.server.behind + self.path, body, given, method=self.command)  # noqa: S310
        try:
            with urlopen(asked) as answer:  # noqa: S310
                self._answer(answer.status, dict(answer.headers), answer.read())
        except OSError as error:  # urllib's HTTPError is one
            read = getattr(error, "read", bytes)
            self._answer(getattr(error, "code", 502), dict(getattr(error, "headers", {})), read())

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        skip = {"transfer-encoding", "connection", "server", "date"}
        for name, value in headers.items():
            if name.lower() not in skip and not (name.lower() == "content-length" and body):
                self.send_header(name, value)
        if body:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _pass  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def flaky_store(every: int = 10) -> Iterator[Door]:
    """Open a store behind a door that fails one call in so many."""
    moto = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    made = Door()
    made.every = every
    made.behind = f"http://{host}:{port}"
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    made._ask("POST", "moto-api/reset")  # what an earlier one held is in this process still
    try:
        yield made
    finally:
        made.shutdown()
        thread.join()
        made.server_close()
        moto.stop()
