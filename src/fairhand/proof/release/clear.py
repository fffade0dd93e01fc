"""Files of what was taken back leave a release folder; its signed list stays in their place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fairhand.core.errors import MalformedError
from fairhand.proof.log.rotation import dump_handovers
from fairhand.proof.release.check import check_folder, files_that_stay, open_folder
from fairhand.proof.release.manifest import (
    MEDIA_LIST,
    REVOCATIONS,
    REVOCATIONS_HANDOVERS,
    REVOCATIONS_NOTE,
)
from fairhand.proof.release.media import sidecar_path
from fairhand.proof.release.verify_rows import media_entries


def clear_folder(folder: Path, file: bytes, note: str, handovers: Sequence[str] = ()) -> int:
    """Put a list into a folder and delete the files that it names; gives how many.

    `handovers` are the notes by which the log went from one key to the next, oldest first.

    Doing it again does nothing. A folder that was moved away is left alone: whoever has it is told.
    """
    try:
        held = open_folder(folder)
        if handovers:
            _put(folder / REVOCATIONS_HANDOVERS, dump_handovers(handovers))
            held = open_folder(folder)
    except MalformedError:
        return 0
    gone = {sha256 for one in check_folder(held, file, note).must_go for sha256 in one.files}
    _put(folder / REVOCATIONS, file)
    _put(folder / REVOCATIONS_NOTE, note.encode())
    if not (folder / MEDIA_LIST).is_file():
        return 0
    gone -= files_that_stay(held, file)
    done = 0
    for entry in media_entries(folder / MEDIA_LIST):
        path = folder / entry.path
        if entry.sha256 in gone and path.is_file():
            path.unlink()
            (folder / sidecar_path(entry.path)).unlink(missing_ok=True)
            done += 1
    return done


def _put(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.new")
    draft.write_bytes(content)
    draft.replace(path)
