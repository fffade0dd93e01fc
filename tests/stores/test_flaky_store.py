"""An S3-compatible store (moto's server) that fails every tenth call loses nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer

from fairhand.core.errors import FairhandError, UnavailableError
from fairhand.storage.blobs import BlobStore

_KEYS = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
}


class Door(ThreadingHTTPServer):
    """Stands before the store, and fails as often as it is told to."""

    daemon_threads = True
    every = 10
    behind = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.calls = count(1)
        self.failed = 0


class Passing(BaseHTTPRequestHandler):
    """Passes a call on, or says 503 or hangs up, in turns."""

    server: Door

    def _pass(self) -> None:
        size = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(size) if size else None
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


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """A bucket behind a door that fails every tenth call."""
    moto = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    made = Door()
    made.behind = f"http://{host}:{port}"
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    urlopen(Request(f"{made.behind}/pictures", method="PUT")).close()  # noqa: S310
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{made.server_address[1]}")
    for name, value in _KEYS.items():
        monkeypatch.setenv(name, value)
    yield made
    made.shutdown()
    thread.join()
    made.server_close()
    moto.stop()


def test_a_store_that_fails_every_tenth_call_loses_nothing(door: Door) -> None:
    store = BlobStore("s3://pictures/blobs")
    contents = [f"picture {number}".encode() * 50 for number in range(40)]
    names = [store.put(content) for content in contents]
    assert [store.get(name, check=True) for name in names] == contents
    assert {name for name, _ in store.names()} == set(names)
    store.check_writable()
    store.delete(names[0])
    assert not store.exists(names[0])
    assert door.failed >= 5


def test_a_store_that_fails_every_call_says_so_and_work_goes_on_after(door: Door) -> None:
    store = BlobStore("s3://pictures/blobs")
    door.server_close()
    door.shutdown()
    with pytest.raises(FairhandError) as said:
        store.put(b"a picture")
    assert isinstance(said.value, UnavailableError)
    assert said.value.code == "blobs_unavailable"
