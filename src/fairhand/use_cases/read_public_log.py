"""The log's own files, for anybody: checkpoint, tiles, leaves, keys, policy."""

from __future__ import annotations

import re
from typing import Final

from fairhand.core.errors import NotFoundError
from fairhand.proof.log import key_store, tiles
from fairhand.proof.log import store as log
from fairhand.proof.log.places import CHECKPOINT, ENTRIES, HANDOVERS, KEYS, dump_bundle
from fairhand.proof.log.policy import dump_policy
from fairhand.proof.log.rotation import dump_handovers
from fairhand.storage.database import Connection
from fairhand.use_cases.export_log import POLICY, newest_note, policy_of
from fairhand.use_cases.house import House

_TILE: Final = re.compile(
    r"tile/(entries|\d{1,2})/((?:x\d{3}/){0,5}\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII
)


def read_public_log(house: House, name: str) -> bytes:
    """Give a file by its name in C2SP tlog-tiles; NotFoundError where the log has none such."""
    with house.db.read() as connection:
        if name == CHECKPOINT:
            return newest_note(connection).encode()
        if name == HANDOVERS:
            return dump_handovers(key_store.list_handovers(connection))
        if name == POLICY:
            return dump_policy(policy_of(connection, house.log_keys)).encode()
        if found := _TILE.fullmatch(name):
            content = _tile(connection, found[1], found[2], found[3])
            if content:
                return content
    if name == KEYS:
        return "".join(f"{key.vkey}\n" for key in house.log_keys).encode()
    raise NotFoundError(f"The log has no file {name!r}.")


def _tile(connection: Connection, level: str, place: str, width: str | None) -> bytes:
    latest = log.latest_checkpoint(connection)
    index = int(place.replace("x", "").replace("/", ""))
    asked = tiles.WIDTH if width is None else int(width)
    height = 0 if level == ENTRIES else int(level)
    if latest is None or height > 7 or asked > tiles.tile_width(latest.size, height, index):
        return b""
    if level == ENTRIES:
        return dump_bundle(log.load_leaves(connection, index * tiles.WIDTH, asked))
    return log.tile_reader(connection)(height, index)[: asked * 32]
