"""The log as static files, for any web server or bucket: nobody has to ask us to watch it.

Written are the tiles, the bundles of leaves, the keys, a policy, and the checkpoint last, so that
whoever reads meanwhile finds either the old log or the new one. A file that is there is kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.proof.log import key_store, tiles, witness_store
from fairhand.proof.log import store as log
from fairhand.proof.log.checkpoint import parse_checkpoint
from fairhand.proof.log.cosignature import parse_witness_key
from fairhand.proof.log.note import Verifier, split_note
from fairhand.proof.log.places import CHECKPOINT, ENTRIES, HANDOVERS, KEYS, dump_bundle
from fairhand.proof.log.policy import Group, Policy, dump_policy
from fairhand.proof.log.rotation import dump_handovers
from fairhand.storage.database import Connection, Database

POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the log's size, and how many files are new."""

    size: int
    files: int


def export_log(
    db: Database,
    keys: list[Verifier],
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Exported:
    """Bring a folder up to the newest checkpoint; stopped half-way, the next call goes on.

    Raises NotFoundError before the first sealing, ConflictError where the folder holds another log.
    """
    with db.read() as connection:
        note = newest_note(connection)
        size = parse_checkpoint(split_note(note)[0]).size
        _check_folder(connection, folder, keys)
        written = 0
        for level, index in _all_tiles(size):
            width = tiles.tile_width(size, level, index)
            hashes = log.tile_reader(connection)(level, index)[: width * 32]
            written += _put(folder / tiles.tile_path(level, index, width), hashes)
        bundles = -(-size // tiles.WIDTH)
        for index in range(bundles):
            width = tiles.tile_width(size, 0, index)
            path = folder / tiles.tile_path(ENTRIES, index, width)
            if not path.exists() or not path.stat().st_size:
                leaves = log.load_leaves(connection, index * tiles.WIDTH, width)
                written += _put(path, dump_bundle(leaves))
            progress(index + 1, bundles)
        policy = dump_policy(policy_of(connection, keys))
        handovers = key_store.list_handovers(connection)
    _replace(folder / KEYS, "".join(f"{key.vkey}\n" for key in keys).encode())
    _replace(folder / HANDOVERS, dump_handovers(handovers))
    _replace(folder / POLICY, policy.encode())
    _replace(folder / CHECKPOINT, note.encode())
    return Exported(size, written)


def newest_note(connection: Connection) -> str:
    """The checkpoint to show; NotFoundError before there is one.

    While there are witnesses it is the newest that one of them signed, with their lines: it is the
    one that fits the policy, and a few seconds behind.
    """
    signed = witness_store.newest_shown(connection)
    if signed is not None:
        return signed.note
    latest = log.latest_checkpoint(connection)
    if latest is None:
        raise NotFoundError("Nothing has been sealed yet; the log seals itself within a minute.")
    return latest.note + "".join(witness_store.lines_of(connection, latest.size))


def policy_of(connection: Connection, keys: list[Verifier]) -> Policy:
    """The policy that fits what the log has: any one of its witnesses, or none."""
    known = {
        f"w{one.id}": parse_witness_key(one.vkey)
        for one in witness_store.list_witnesses(connection)
    }
    groups = {"witnesses": Group(1, tuple(known))} if known else {}
    return Policy(tuple(keys), known, groups, "witnesses" if known else "none")


def _check_folder(connection: Connection, folder: Path, keys: list[Verifier]) -> None:
    path = folder / CHECKPOINT
    if not path.exists():
        return
    there = parse_checkpoint(split_note(path.read_text("utf-8"))[0])
    latest = log.latest_checkpoint(connection)
    same = latest is not None and there.size <= latest.size
    if same and there.size:
        same = tiles.root(there.size, log.tile_reader(connection)) == there.root
    if not same or there.origin != keys[-1].name:
        message = f"{folder} holds another log than this one; export into a folder of its own."
        raise ConflictError(message, code="another_log")


def _all_tiles(size: int) -> list[tuple[int, int]]:
    found, level = [], 0
    while size >> (tiles.HEIGHT * level):
        count = -(-(size >> (tiles.HEIGHT * level)) // tiles.WIDTH)
        found += [(level, index) for index in range(count)]
        level += 1
    return found


def _put(path: Path, content: bytes) -> int:
    if path.exists() and path.stat().st_size == len(content):
        return 0
    _replace(path, content)
    return 1


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
