"""A small HTTP server that speaks as OpenAI-compatible ones do, and misbehaves when told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[dict[str, Any]], tuple[int, Any]]
"""Given the request's JSON, the status and the JSON body; a str body is sent as it is."""


def said(content: str, tokens_in: int = 100, tokens_out: int = 10) -> dict[str, Any]:
    """Write an answer as such servers do."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "small-model-2026-01",
        "choices": [
            {"index": 0, "finish_reason": "stop",
             "message": {"role": "assistant", "content": content}},
        ],
        "usage": {"prompt_tokens": tokens_in, "completion_tokens": tokens_out,
                  "total_tokens": tokens_in + tokens_out},
    }  # fmt: skip


def by_words(words: Mapping[str, str]) -> Answer:
    """Answer with the label of the first known word in the user's message."""

    def answer(asked: dict[str, Any]) -> tuple[int, Any]:
        text = asked["messages"][-1]["content"]
        label = next((label for word, label in words.items() if word in text), "other")
        return 200, said(json.dumps({"answer": label, "confidence": 0.875}))

    return answer


@dataclass(slots=True)
class Endpoint:
    """The server while it runs: where it is, and what it was asked."""

    url: str = ""
    place: str = ""
    answer: Answer = field(default=lambda _asked: (200, said("{}")))
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)


@contextmanager
def serving(answer: Answer) -> Iterator[Endpoint]:
    """Run a server on a free port of this machine for as long as the block lasts."""
    found = Endpoint(answer=answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            asked = json.loads(self.rfile.read(length))
            found.asked.append({"path": self.path, **asked})
            found.keys.append(self.headers.get("Authorization"))
            status, body = found.answer(asked)
            content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with suppress(BrokenPipeError):  # who asked has gone
                self.wfile.write(content)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.place = f"127.0.0.1:{server.server_address[1]}"
    found.url = f"http://{found.place}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
