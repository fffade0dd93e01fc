"""A witness as a small server of its own: one address, one state file."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from fairhand.core.clock import Clock, system_now
from fairhand.core.errors import MalformedError
from fairhand.proof.log.cosignature import WitnessSigner
from fairhand.proof.log.note import Verifier
from fairhand.proof.log.witness import LARGEST_BODY, Answer, Remembered, answer_checkpoint


def make_app(
    signer: WitnessSigner, keys: Sequence[Verifier], state: Path, clock: Clock = system_now
) -> Starlette:
    """Serve `add-checkpoint` for the logs of these keys; `state` is kept across restarts.

    Raises MalformedError when the state cannot be read.
    """
    with _held(state):
        pass
    logs: dict[str, list[Verifier]] = {}
    for key in keys:
        logs.setdefault(key.name, []).append(key)

    def decide(body: bytes) -> Answer:
        with _held(state) as remembered:
            answer = answer_checkpoint(body, logs, remembered, signer, clock())
            if answer.remember is not None:
                _save(state, {**remembered, answer.origin: answer.remember})
        return answer

    async def add_checkpoint(request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_BODY:
                return PlainTextResponse("the request is too long\n", status_code=413)
        answer = await run_in_threadpool(decide, body)  # it waits for a lock and for the disk
        return Response(answer.body, answer.status, media_type=answer.media_type)

    async def key_of(_: Request) -> Response:
        return PlainTextResponse(signer.key.vkey + "\n")

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/key", key_of),
        ]
    )


@contextmanager
def _held(state: Path) -> Iterator[dict[str, Remembered]]:
    """Read the state under a lock that also keeps a second process out."""
    state.parent.mkdir(parents=True, exist_ok=True)
    with state.with_name(f"{state.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield _load(state)


def _load(state: Path) -> dict[str, Remembered]:
    if not state.exists():
        return {}
    try:
        content = orjson.loads(state.read_bytes())
        return {
            origin: Remembered(int(one["size"]), bytes.fromhex(one["root"]))
            for origin, one in content["logs"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{state} is not what a witness kept; without it nothing can be signed."
        raise MalformedError(message) from error


def _save(state: Path, remembered: dict[str, Remembered]) -> None:
    """Write the state and see it on the disk before anything is answered."""
    content = {
        "format": "fairhand.witness/v1",
        "logs": {
            origin: {"size": one.size, "root": one.root.hex()}
            for origin, one in sorted(remembered.items())
        },
    }
    draft = state.with_name(f".{state.name}.new")
    with draft.open("wb") as file:
        file.write(orjson.dumps(content, option=orjson.OPT_INDENT_2))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(state)
    folder = os.open(state.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
