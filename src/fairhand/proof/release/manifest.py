"""The manifest: every file of a release with its size and SHA-256, and every fact about it.

Its bytes follow from its content alone, and its own SHA-256 is what the log commits to.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from fairhand.core.errors import MalformedError
from fairhand.model.project import Question
from fairhand.proof.release.rules import (
    FORMAT,
    Agreement,
    Gaps,
    ModelFacts,
    OwnDataFacts,
    PayFacts,
    PersonFacts,
    QuestionFacts,
    ReleaseFacts,
    ReleaseStats,
)

MANIFEST = "manifest.json"
LOG = "log.json"
CARD = "card.md"
README = "README.md"
LABELS_JSONL = "labels.jsonl"
ANNOTATIONS_PARQUET = "annotations.parquet"
LABEL_HASHES = "rows/labels.hashes"
MEDIA_LIST = "media.jsonl"
ITEMS = "items.jsonl"
REVOCATIONS = "revocations.json"
REVOCATIONS_NOTE = "revocations.json.note"
REVOCATIONS_HANDOVERS = "revocations.json.handovers"
ANNOTATION_LEAVES = "rows/annotations.leaves"
CROISSANT = "croissant.json"
DATASHEET = "datasheet.md"
SUMMARY = "training-summary.md"
STATEMENT = "release.intoto.json"

CREDENTIALS_ROOT = "content-credentials.pem"

_LATER = ("credentials", "made_with")
"""Facts that came later: where there are none they are left out, so older releases read as ever."""
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file; `rows` and `first_row` say which rows of the release lie in it."""

    path: str
    bytes: int
    sha256: str
    rows: int | None = None
    first_row: int | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """Facts given, facts counted, and the files."""

    facts: ReleaseFacts
    stats: ReleaseStats
    files: tuple[FileEntry, ...]


def dump_manifest(manifest: Manifest) -> bytes:
    """Write a manifest in its one byte form."""
    content = asdict(manifest)
    for name in _LATER:
        if content["facts"][name] is None:
            del content["facts"][name]
    return dump_json({"format": FORMAT, **content})


def parse_manifest(data: bytes) -> Manifest:
    """Read a manifest; MalformedError when it is not one, or not in its one form."""
    try:
        content = json.loads(data)
        if content.pop("format") != FORMAT:
            raise MalformedError(f"this release is not of the format {FORMAT}")
        manifest = Manifest(
            _facts(content["facts"]),
            _stats(content["stats"]),
            tuple(FileEntry(**item) for item in content["files"]),
        )
        if dump_manifest(manifest) != data:
            raise MalformedError("the manifest is not in its one form: it was changed")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MalformedError(f"the manifest cannot be read: {error}") from error
    _check_files(manifest.files)
    return manifest


def dump_json(content: object) -> bytes:
    """JSON for people and machines: sorted, indented, always the same bytes."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def _check_files(files: tuple[FileEntry, ...]) -> None:
    """Refuse a manifest that names a file twice or outside its folder."""
    seen: set[str] = set()
    for entry in files:
        path = PurePosixPath(entry.path)
        inside = not path.is_absolute() and ".." not in path.parts and str(path) == entry.path
        if not inside or entry.path in seen or entry.path in (MANIFEST, LOG):
            raise MalformedError(f"the manifest names {entry.path!r}, which it must not")
        if not _SHA256.fullmatch(entry.sha256) or entry.bytes < 0:
            raise MalformedError(f"the manifest's entry of {entry.path} is malformed")
        seen.add(entry.path)


def _facts(content: dict[str, Any]) -> ReleaseFacts:
    pay = content["pay"]
    changed = {
        "questions": tuple(Question(**item) for item in content["questions"]),
        "agreement": tuple(Agreement(**item) for item in content["agreement"]),
        "pay": None if pay is None else PayFacts(**pay),
        "simulated_people": tuple(content["simulated_people"]),
        "gaps": Gaps(**content["gaps"]),
        "models": tuple(
            ModelFacts(**{**item, "weak": tuple(item["weak"])}) for item in content["models"]
        ),
        "own_data": _own_data(content["own_data"]),
    }
    return ReleaseFacts(**{**content, **changed})


def _own_data(content: dict[str, Any] | None) -> OwnDataFacts | None:
    if content is None:
        return None
    lists = {name: tuple(content[name]) for name in ("modalities", "purposes", "territory")}
    return OwnDataFacts(**{**content, **lists})


def _stats(content: dict[str, Any]) -> ReleaseStats:
    changed = {
        "questions": tuple(QuestionFacts(**item) for item in content["questions"]),
        "people": tuple(PersonFacts(**item) for item in content["people"]),
    }
    return ReleaseStats(**{**content, **changed})
