"""Back up a workspace while people work: the database at one instant, blobs, keys, settings."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import fairhand
from fairhand.core.clock import iso
from fairhand.core.errors import NotFoundError
from fairhand.pay.books.export_store import count_entries
from fairhand.pay.books.reader import all_entries
from fairhand.pay.books.rules import ledger_sha256
from fairhand.proof.log import store as log_store
from fairhand.storage import migrate
from fairhand.storage.backups import (
    BLOBS,
    LIST,
    MANIFEST,
    FileLine,
    Manifest,
    Marks,
    files_below,
    hash_file,
    load_manifest,
    safely,
    staged,
    write_durably,
)
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection
from fairhand.storage.snapshots import Snapshot, named_blobs, snapshot
from fairhand.use_cases.house import House

LAST = "last-backup.json"
_KEPT = ("keys", "releases")
_SECRET = re.compile(r"password|secret|token|key", re.IGNORECASE)
_PASSWORD = re.compile(r"(://[^:/@\s]*):[^@/\s]*@")
Report = Callable[[str, int, int | None], None]
"""Called with what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class BackUp:
    """Where to; what the backup at `earlier` has whole is shared with it, not copied."""

    target: Path
    earlier: Path | None = None


def back_up(house: House, command: BackUp, report: Report) -> Manifest:
    """Make a backup; the folder is there whole when this returns, and else not at all."""
    if command.earlier is not None:
        load_manifest(command.earlier)
    with staged(command.target, (MANIFEST,)) as folder:
        with snapshot(house.db) as look:
            marks = marks_of(look.connection)
            look.save(folder, lambda done, total: report("Database", done, total))
            named = set(named_blobs(look.connection))
            revision = migrate.current(house.db) or ""
            files = (look.file_name,)
        kept = _copy_blobs(house.blobs, folder, command.earlier, report)
        missing = tuple(sorted(named - kept.keys()))
        _copy_files(house, folder)
        lines = tuple(_lines(folder, (*files, *_KEPT, LIST, "fairhand.toml")))
        manifest = Manifest(
            made_at=iso(house.clock()),
            workspace=house.name,
            version=fairhand.__version__,
            revision=revision,
            engine="sqlite" if house.db.is_sqlite else "postgresql",
            marks=marks,
            files=lines,
            blobs=len(kept),
            blob_bytes=sum(kept.values()),
            missing=missing,
        )
        write_durably(folder / MANIFEST, [manifest.dumps()])
    _note(house, command, manifest)
    return manifest


def marks_of(connection: Connection) -> Marks:
    """Take down what a restored workspace must show again: its ledger and its log."""
    checkpoint = log_store.latest_checkpoint(connection)
    return Marks(
        ledger_sha256=ledger_sha256(all_entries(connection)),
        ledger_entries=count_entries(connection),
        log_size=checkpoint.size if checkpoint else 0,
        log_root=checkpoint.root.hex() if checkpoint else "",
    )


def _copy_blobs(
    blobs: BlobStore, folder: Path, earlier: Path | None, report: Report
) -> dict[str, int]:
    """Copy every blob there is: those that the snapshot names are among them."""
    (folder / BLOBS).mkdir(mode=0o700)
    found = sorted(blobs.names())
    kept: dict[str, int] = {}
    for number, (sha256, size) in enumerate(found):
        report("Files", number, len(found))
        if _keep(blobs, sha256, size, folder, earlier):
            kept[sha256] = size
    report("Files", len(found), len(found))
    lines = (f"{sha256} {size}\n".encode() for sha256, size in kept.items())
    write_durably(folder / LIST, lines)
    return kept


def _keep(blobs: BlobStore, sha256: str, size: int, folder: Path, earlier: Path | None) -> bool:
    place = Path(BLOBS) / sha256[:2] / sha256
    (folder / place).parent.mkdir(mode=0o700, exist_ok=True)
    if earlier is not None and _is_whole(earlier / place, sha256, size):
        try:
            os.link(earlier / place, folder / place)
        except OSError:  # another disk: copied below
            pass
        else:
            return True
    try:
        write_durably(folder / place, blobs.stream(sha256, check=True))
    except NotFoundError:  # destroyed a moment ago, because somebody took it back
        (folder / place).unlink(missing_ok=True)
        return False
    return True


def _is_whole(path: Path, sha256: str, size: int) -> bool:
    """Say whether an earlier backup has this file as it was; a disk may have spoilt it since."""
    try:
        return path.stat().st_size == size and hash_file(path) == sha256
    except OSError:
        return False


def _copy_files(house: House, folder: Path) -> None:
    workspace = house.settings.workspace
    for path in files_below(workspace, *_KEPT):
        (folder / path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with safely(), (workspace / path).open("rb") as source:
            write_durably(folder / path, source)
    settings = workspace / "fairhand.toml"
    if settings.is_file():
        plain = without_secrets(settings.read_text("utf-8"))
        write_durably(folder / "fairhand.toml", [plain.encode()])


def without_secrets(toml: str) -> str:
    """Write settings again without what must not lie in a backup: passwords, tokens, keys."""
    return "".join(
        f"{name} = {_PASSWORD.sub(lambda match: match[1] + '@', _toml(value))}\n"
        for name, value in tomllib.loads(toml).items()
        if not _SECRET.search(name) and name != "database_url" and not isinstance(value, dict)
    )


def _toml(value: object) -> str:
    """Write a plain value as TOML: JSON's strings are, but for pairs of surrogates and DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _lines(folder: Path, names: tuple[str, ...]) -> Iterator[FileLine]:
    for path in files_below(folder, *names):
        whole = folder / path
        yield FileLine(str(path), whole.stat().st_size, hash_file(whole))


def _note(house: House, command: BackUp, manifest: Manifest) -> None:
    """Leave word of the last backup, for `fairhand doctor` to look at its age."""
    note = {"at": int(house.clock()), "target": str(command.target.absolute())}
    path = house.settings.workspace / LAST
    beside = path.with_suffix(".new")
    with safely():
        beside.write_text(json.dumps(note | {"blobs": manifest.blobs}))
        beside.replace(path)


__all__ = ["LAST", "BackUp", "Report", "Snapshot", "back_up", "marks_of", "without_secrets"]
