"""Content credentials of a release's media: whether each is of the file beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fairhand.compute.authenticity.credentials import has_credentials, released_state
from fairhand.core.errors import Issue
from fairhand.proof.release import manifest as names
from fairhand.proof.release.media import SIDECAR_TYPE, sidecar_path, type_of
from fairhand.proof.release.verify_rows import media_entries

_LARGEST: Final = 64 * 1024 * 1024
"""No sidecar is larger, in bytes."""


def check_credentials(directory: Path, said: Mapping[str, int]) -> tuple[list[Issue], str]:
    """Check every sidecar under the certificate in the folder; gives the faults, and in words.

    Without fairhand[people] they are counted and not read, which a warning says. Files that were
    taken back took theirs along.
    """
    root = (directory / names.CREDENTIALS_ROOT).read_text("utf-8", "replace")
    issues: list[Issue] = []
    found = gone = 0
    for entry in media_entries(directory / names.MEDIA_LIST):
        path, sidecar = directory / entry.path, sidecar_path(entry.path)
        gone += not path.is_file()
        if type_of(entry.path) == SIDECAR_TYPE or not (directory / sidecar).is_file():
            continue
        found += 1
        if path.is_file() and _is_wrong(path, directory / sidecar, root):
            issues.append(Issue(sidecar, f"{sidecar}: is not of the file beside it"))
    if not said["files"] - gone <= found <= said["files"]:
        words = f"{found} of {said['files']} content credentials are there"
        issues.append(Issue(names.CREDENTIALS_ROOT, words))
    if has_credentials():
        return issues, f"{found} files (C2PA)"
    words = f"{found} content credentials were not read: install fairhand[people]"
    return [*issues, Issue(names.CREDENTIALS_ROOT, words, "warning")], words


def _is_wrong(path: Path, sidecar: Path, root: str) -> bool:
    if sidecar.is_symlink() or sidecar.stat().st_size > _LARGEST:
        return True
    return released_state(path, sidecar.read_bytes(), root) == "broken"
