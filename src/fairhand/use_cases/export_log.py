"""The log as static files, for any web server or bucket: nobody has to ask us to watch it.

Written are the tiles, the bundles of leaves, the keys, a policy, words that say how to check it,
and the checkpoint last, so that whoever reads meanwhile finds either the old log or the new one. A
file that is there and right is kept; a damaged one is written again. Parts of tiles go when the
whole tile and the new checkpoint are there: readers take the whole one, as C2SP tlog-tiles says.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path

from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.proof.log import key_store, tiles, witness_store
from fairhand.proof.log import store as log
from fairhand.proof.log.checkpoint import parse_checkpoint
from fairhand.proof.log.cosignature import parse_witness_key
from fairhand.proof.log.merkle import leaf_hash
from fairhand.proof.log.note import NoteError, Verifier, split_note
from fairhand.proof.log.places import (
    CHECKPOINT,
    ENTRIES,
    HANDOVERS,
    KEYS,
    dump_bundle,
    parse_bundle,
)
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

    A folder that shows more of this log than is to be shown now is left as it is. Raises
    NotFoundError before the first sealing, ConflictError where the folder holds another log, or
    another process is at it.
    """
    with db.read() as connection:
        note = newest_note(connection)
    with _only_writer(folder), db.read() as connection:
        size = parse_checkpoint(split_note(note)[0]).size
        there = _check_folder(connection, folder, keys)
        if there > size:
            return Exported(there, 0)
        read, written = log.tile_reader(connection), 0
        for level, index in _all_tiles(size):
            width = tiles.tile_width(size, level, index)
            hashes = read(level, index)[: width * 32]
            written += _put(folder / tiles.tile_path(level, index, width), hashes)
        bundles = -(-size // tiles.WIDTH)
        for index in range(bundles):
            width = tiles.tile_width(size, 0, index)
            path = folder / tiles.tile_path(ENTRIES, index, width)
            if not _is_right(path, read(0, index)[: width * 32]):
                leaves = log.load_leaves(connection, index * tiles.WIDTH, width)
                written += _put(path, dump_bundle(leaves))
            progress(index + 1, bundles)
        policy = dump_policy(policy_of(connection, keys))
        handovers = key_store.list_handovers(connection)
        _replace(folder / KEYS, "".join(f"{key.vkey}\n" for key in keys).encode())
        _replace(folder / HANDOVERS, dump_handovers(handovers))
        _replace(folder / POLICY, policy.encode())
        for name, text in how_to_check(keys[-1]).items():
            _replace(folder / name, text.encode())
        _settle(folder)
        _replace(folder / CHECKPOINT, note.encode())
        _settle(folder)
        _drop_parts(folder, size)
    return Exported(size, written)


def how_to_check(key: Verifier) -> dict[str, str]:
    """Say, in the folder itself, what it is and how anybody can check it."""
    commands = (
        f"fairhand log monitor . --key '{key.vkey}' --state seen.json",
        "fairhand log compare . https://another.example/mirror --key keys",
    )
    about = (
        f"This folder is the log {key.name} as static files, in the forms of C2SP tlog-tiles "
        "(https://c2sp.org/tlog-tiles): checkpoint, tile/, tile/entries/. Fairhand's tools, "
        "and others' that read these forms, can check it."
    )
    warning = (
        "Get the key by another way than from here, and compare: keys and policy in this folder "
        "are its owner's own word. Keep seen.json: with it the next check shows whether history "
        "was rewritten. handovers.json holds the notes by which one key handed over to the next."
    )
    shell = "\n".join(commands)
    page = (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f"<title>The log {escape(key.name)}</title>\n<h1>The log {escape(key.name)}</h1>\n"
        f"<p>{escape(about)}</p>\n<pre>{escape(shell)}</pre>\n<p>{escape(warning)}</p>\n"
        '<p><a href="checkpoint">checkpoint</a> <a href="keys">keys</a> '
        '<a href="policy">policy</a> <a href="handovers.json">handovers.json</a></p>\n</html>\n'
    )
    readme = f"# The log {key.name}\n\n{about}\n\n```sh\n{shell}\n```\n\n{warning}\n"
    return {"README.md": readme, "index.html": page}


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


def _check_folder(connection: Connection, folder: Path, keys: list[Verifier]) -> int:
    """Give the size that the folder shows; ConflictError where it is of another log."""
    path = folder / CHECKPOINT
    if not path.exists():
        return 0
    there = parse_checkpoint(split_note(path.read_text("utf-8"))[0])
    latest = log.latest_checkpoint(connection)
    same = latest is not None and there.size <= latest.size
    if same and there.size:
        same = tiles.root(there.size, log.tile_reader(connection)) == there.root
    if not same or there.origin != keys[-1].name:
        message = f"{folder} holds another log than this one; export into a folder of its own."
        raise ConflictError(message, code="another_log")
    return there.size


def _all_tiles(size: int) -> list[tuple[int, int]]:
    found, level = [], 0
    while size >> (tiles.HEIGHT * level):
        count = -(-(size >> (tiles.HEIGHT * level)) // tiles.WIDTH)
        found += [(level, index) for index in range(count)]
        level += 1
    return found


def _put(path: Path, content: bytes) -> int:
    if path.is_file() and path.read_bytes() == content:
        return 0
    _replace(path, content)
    return 1


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _is_right(path: Path, hashes: bytes) -> bool:
    """Say whether a bundle is there and its leaves are those of its tile."""
    try:
        leaves = parse_bundle(path.read_bytes())
    except (FileNotFoundError, NoteError):
        return False
    return b"".join(map(leaf_hash, leaves)) == hashes


def _drop_parts(folder: Path, size: int) -> None:
    """Remove the parts of tiles and bundles that are whole now; nobody needs them any more."""
    places: list[tuple[int | str, int]] = [*_all_tiles(size)]
    places += [(ENTRIES, index) for level, index in _all_tiles(size) if level == 0]
    for level, index in places:
        whole = folder / tiles.tile_path(level, index)
        parts = whole.with_name(f"{whole.name}.p")
        if parts.is_dir() and whole.is_file():
            shutil.rmtree(parts)


@contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    """Let one process export into a folder at a time; the lock goes with the process."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        message = f"Another export into {folder} is at work."
        raise ConflictError(message, code="export_in_progress") from None
    try:
        yield
    finally:
        os.close(handle)


def _settle(folder: Path) -> None:
    """See the names of files on the disk, not only what is in them."""
    for place, _, _ in os.walk(folder):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
