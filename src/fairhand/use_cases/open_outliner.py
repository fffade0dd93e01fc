"""A pair of networks that outlines what is clicked on: found, opened, and kept open."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.assistants.onnx_file import read_network
from fairhand.compute.models.prompts import Clicker
from fairhand.core.clock import Instant
from fairhand.core.ids import sha256_hex
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.work.prelabel import store
from fairhand.work.prelabel.store import Assistant

CLICKS: Final = "clicks"
"""What an ONNX source's `task` is when it answers clicks."""
_KEPT: Final = 2
"""Pairs that stay open in a process: the large ones take gigabytes."""


def check_pair(encoder: bytes, decoder: bytes, name: str) -> None:
    """Look both files through and load them once; raises AssistantError when they are no pair."""
    from fairhand.compute.models.sam import open_sam

    for content in (encoder, decoder):
        read_network(content)
    open_sam(encoder, decoder, model=name)


def find_outliner(connection: Connection, project_id: int) -> Assistant | None:
    """Find the pair that a project's clicks are asked of; the newest, where there are several."""
    fitting = (
        one
        for one in reversed(store.list_assistants(connection, project_id))
        if one.kind == "onnx" and one.interactive and one.state == "on"
    )
    return next((one for one in fitting if one.config.get("task") == CLICKS), None)


def open_outliner(blobs: BlobStore, one: Assistant) -> Clicker:
    """Open a project's pair; raises AssistantError when its files cannot be used."""
    encoder, decoder = one.weights_sha256, str(one.config.get("decoder_sha256") or "")
    if not encoder or not decoder:
        raise AssistantError("The networks' files are not there.", hop="address")
    return _opened(_Files(blobs), encoder, decoder, one.name)


def note_trouble(db: Database, one: Assistant, error: AssistantError, now: Instant) -> None:
    """Note on a pair why it failed, so that the built-in outlines until somebody looks."""
    problem = {"hop": "click", "code": error.code, "message": error.message}
    with db.write() as connection:
        store.set_problem(connection, one.id, problem, now)


class _Files:
    """Where networks lie; all are alike to the cache, because a hash names the same bytes."""

    def __init__(self, blobs: BlobStore) -> None:
        self.blobs = blobs

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Files)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=_KEPT)
def _opened(files: _Files, encoder: str, decoder: str, name: str) -> Clicker:
    from fairhand.compute.models.sam import open_sam

    first, second = files.blobs.get(encoder), files.blobs.get(decoder)
    return open_sam(first, second, model=f"{name}@{sha256_hex(first + second)[:8]}")
