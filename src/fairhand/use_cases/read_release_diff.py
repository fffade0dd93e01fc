"""Two releases of a project side by side: what came, what went, what is answered otherwise now."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fairhand.core.clock import Instant, parse_iso
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.proof.release import store
from fairhand.proof.release.compare import (
    FactChange,
    QuestionDiff,
    RowChange,
    RowCounts,
    SplitDiff,
    compare_facts,
    compare_people,
    compare_rows,
    compare_splits,
)
from fairhand.proof.release.folder import sha256_of
from fairhand.proof.release.manifest import LABELS_JSONL, MANIFEST, Manifest, parse_manifest
from fairhand.proof.release.store import StoredRelease
from fairhand.storage.database import Connection
from fairhand.use_cases.house import House


@dataclass(frozen=True, slots=True)
class PeopleDiff:
    """Contributors by pseudonym: who is in both, and who in one alone."""

    stayed: int
    came: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: `id` is its number here; None: it is a folder from anywhere."""

    id: int | None
    version: int
    manifest_sha256: str | None
    created_at: Instant


@dataclass(frozen=True, slots=True)
class ReleaseDiff:
    """What became of a release in a later one.

    `rows` counts all, `questions` each question's, with how labels changed (most frequent first).
    `examples` are some of the rows that came, went or changed. `pay_*` are the pay facts of both
    (None: nobody was paid), `facts` what else is said otherwise.
    """

    old: Side
    new: Side
    rows: RowCounts
    questions: tuple[QuestionDiff, ...]
    examples: tuple[RowChange, ...]
    people: PeopleDiff
    pay_old: dict[str, Any] | None
    pay_new: dict[str, Any] | None
    splits: tuple[SplitDiff, ...]
    facts: tuple[FactChange, ...]


def read_release_diff(house: House, old_id: int, new_id: int) -> ReleaseDiff:
    """Compare two releases of one project; whoever calls has asked whether they may be seen.

    Rows are streamed from the folders: memory grows by 24 bytes a row. Raises NotFoundError where
    one is not published, InvalidError where they are of two projects, and ConflictError where the
    files of one are not there or are not the ones that were published.
    """
    with house.db.read() as connection:
        old, new = _load(connection, old_id), _load(connection, new_id)
    if old.project_id != new.project_id:
        raise InvalidError("These releases are of two projects; compare two of one.")
    was, now = ((_side(one), _manifest(one), Path(one.directory)) for one in (old, new))
    return _compared(was, now)


def compare_folders(old: Path, new: Path) -> ReleaseDiff:
    """Compare two release folders, wherever they came from; no workspace is needed.

    Raises NotFoundError where one is no release, ConflictError where its rows are not those that
    its manifest names, and InvalidError where they are of two projects.
    """
    was, now = _opened(old), _opened(new)
    before, after = was[1].facts, now[1].facts
    if (before.log_origin, before.project_id) != (after.log_origin, after.project_id):
        raise InvalidError("These releases are of two projects; compare two of one.")
    return _compared(was, now)


def _compared(was: tuple[Side, Manifest, Path], now: tuple[Side, Manifest, Path]) -> ReleaseDiff:
    (old, before, old_folder), (new, after, new_folder) = was, now
    rows, questions, examples = compare_rows(
        old_folder / LABELS_JSONL,
        new_folder / LABELS_JSONL,
        [question.name for question in (*after.facts.questions, *before.facts.questions)],
    )
    stayed, came, left = compare_people(before.stats, after.stats)
    return ReleaseDiff(
        old,
        new,
        rows,
        questions,
        examples,
        PeopleDiff(stayed, came, left),
        asdict(before.facts.pay) if before.facts.pay else None,
        asdict(after.facts.pay) if after.facts.pay else None,
        compare_splits(before.facts, after.facts),
        compare_facts(before, after),
    )


def diff_json(diff: ReleaseDiff) -> dict[str, Any]:
    """Write a comparison for machines."""
    content = asdict(diff)
    for side in ("old", "new"):
        kept = getattr(diff, side)
        content[side] = {
            "id": kept.id,
            "version": kept.version,
            "manifest_sha256": kept.manifest_sha256,
        }
    return content


def _opened(folder: Path) -> tuple[Side, Manifest, Path]:
    try:
        data = (folder / MANIFEST).read_bytes()
        found = sha256_of(folder / LABELS_JSONL)
    except OSError as error:
        name = Path(str(error.filename)).name
        raise NotFoundError(f"{folder} is no release, or half of one: it has no {name}.") from None
    manifest = parse_manifest(data)
    named = {entry.path: entry.sha256 for entry in manifest.files}
    if named.get(LABELS_JSONL) != found:
        raise ConflictError(
            f"{folder}/{LABELS_JSONL} is not the one that its manifest names; fetch it again.",
            code="release_damaged",
        )
    facts = manifest.facts
    side = Side(None, facts.version, sha256_hex(data), parse_iso(facts.created_at))
    return side, manifest, folder


def _side(release: StoredRelease) -> Side:
    return Side(release.id, release.version, release.manifest_sha256, release.created_at)


def _load(connection: Connection, release_id: int) -> StoredRelease:
    found = store.load_release(connection, release_id)
    if found is None or found.state != "published":
        raise NotFoundError(f"There is no release {release_id}.")
    return found


def _manifest(release: StoredRelease) -> Manifest:
    path = Path(release.directory) / MANIFEST
    lines = path.with_name(LABELS_JSONL)
    if not path.is_file() or not lines.is_file():
        raise ConflictError(
            f"The files of version {release.version} are not in {release.directory} any more; "
            "put them back to compare it.",
            code="release_gone",
        )
    return parse_manifest(path.read_bytes())
