"""Check a backup without restoring it: everything is there, and nothing has changed."""

from __future__ import annotations

from pathlib import Path

from fairhand.core.errors import Issue
from fairhand.storage.backups import BLOBS, Manifest, hash_file, listed_blobs, load_manifest
from fairhand.use_cases.back_up import Report


def verify_backup(source: Path, report: Report) -> tuple[Manifest, list[Issue]]:
    """Hash every file and blob of a backup; what is missing or damaged comes back as issues."""
    manifest = load_manifest(source)
    issues = [
        issue
        for line in manifest.files
        if (issue := _check(source / line.path, line.path, line.sha256)) is not None
    ]
    if issues:
        return manifest, issues  # the list of blobs may be the one that is damaged
    for number, (sha256, _size) in enumerate(listed_blobs(source)):
        report("Files", number, manifest.blobs)
        issue = _check(source / BLOBS / sha256[:2] / sha256, f"{BLOBS}/{sha256}", sha256)
        if issue is not None:
            issues.append(issue)
    report("Files", manifest.blobs, manifest.blobs)
    return manifest, issues


def _check(path: Path, place: str, sha256: str) -> Issue | None:
    try:
        if hash_file(path) == sha256:
            return None
    except FileNotFoundError:
        return Issue(place, "is missing from the backup")
    except OSError as error:
        return Issue(place, f"cannot be read: {error.strerror}")
    return Issue(place, "is damaged: its content does not fit its hash")
