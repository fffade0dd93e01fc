"""Checking a release's rows, and naming the one that was damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import orjson
import pyarrow as pa

from fairhand.core.errors import Issue
from fairhand.proof.log.merkle import leaf_hash
from fairhand.proof.release import manifest as names
from fairhand.proof.release.damage import MOST_NAMED, MOST_SOUGHT, row_faults
from fairhand.proof.release.manifest import FileEntry, Manifest
from fairhand.proof.release.row_tree import read_leaves, root_of, roots_of
from fairhand.proof.release.rules import AnnotationRow, ReleaseRow
from fairhand.proof.release.shape import (
    ANNOTATIONS,
    LABELS,
    ROW_HASH_DIGITS,
    Row,
    Shape,
    read_groups,
    row_bytes,
    row_hash,
)
from fairhand.proof.release.stats import Counting


@dataclass(frozen=True, slots=True)
class Wanted:
    """The hashes that rows must have, in their order, and how they are made."""

    hashes: Callable[[], Iterator[bytes]]
    hashed: Callable[[bytes], bytes]


def check_rows(
    directory: Path, manifest: Manifest, damaged: set[str], counting: Counting
) -> list[Issue]:
    """Check every row of every file against its hash; counts the rows of sound Parquet files.

    Where a list of hashes is itself damaged, the rows it would name cannot be named.
    """
    issues: list[Issue] = []
    entries = {entry.path: entry for entry in manifest.files}
    for path, total in (
        (names.LABELS_JSONL, manifest.stats.rows),
        (names.ANNOTATIONS_PARQUET, manifest.stats.annotations),
    ):
        if path not in entries or entries[path].rows != total:
            issues.append(Issue(names.MANIFEST, f"{path}: does not hold {total} rows"))
    shards = [entry for path, entry in sorted(entries.items()) if path.startswith("data/")]
    shards.sort(key=lambda entry: entry.first_row or 0)  # splits lie in their own order
    issues += _check_chain(shards, manifest.stats.rows)
    if issues or _unusable(directory, names.LABEL_HASHES, entries, damaged):
        return issues
    issues += _check_lines(directory, entries[names.LABELS_JSONL], damaged)
    for entry in shards:
        hashes = partial(_hashes_from, directory / names.LABEL_HASHES, entry.first_row or 0)
        wanted = Wanted(hashes, row_hash)
        issues += _check_parquet(directory, entry, LABELS, wanted, damaged, counting)
    if not _unusable(directory, names.ANNOTATION_LEAVES, entries, damaged):
        entry, leaves = entries[names.ANNOTATIONS_PARQUET], directory / names.ANNOTATION_LEAVES
        wanted = Wanted(partial(read_leaves, leaves), leaf_hash)
        issues += _check_parquet(directory, entry, ANNOTATIONS, wanted, damaged, counting)
        if roots_of(*root_of(leaves)) != manifest.facts.roots:
            issues.append(
                Issue(names.MANIFEST, f"{names.ANNOTATION_LEAVES}: gives another root than it says")
            )
    return issues


def media_entries(path: Path) -> Iterator[FileEntry]:
    """The media files that a release lists."""
    with path.open("rb") as lines:
        for line in lines:
            entry = FileEntry(**orjson.loads(line))
            if not entry.path.startswith("media/") or ".." in entry.path:
                raise ValueError(f"{path.name} names {entry.path!r}")
            yield entry


def _unusable(directory: Path, path: str, entries: dict[str, FileEntry], damaged: set[str]) -> bool:
    return path not in entries or path in damaged


def _check_chain(shards: list[FileEntry], total: int) -> list[Issue]:
    """The shards hold the rows one after another, none twice and none left out."""
    expected = 0
    for entry in shards:
        if entry.first_row != expected or entry.rows is None:
            return [Issue(names.MANIFEST, f"{entry.path}: does not start at row {expected}")]
        expected += entry.rows
    if not shards or expected != total:
        return [Issue(names.MANIFEST, f"data/: holds {expected} rows instead of {total}")]
    return []


def _check_lines(directory: Path, entry: FileEntry, damaged: set[str]) -> list[Issue]:
    """Compare each line of the JSONL with its hash."""
    path = directory / entry.path
    if not path.is_file():
        return []
    wrong: list[int] = []
    count = 0
    with path.open("rb") as lines, (directory / names.LABEL_HASHES).open("rb") as hashes:
        for count, line in enumerate(lines, start=1):
            if row_hash(line.removesuffix(b"\n")) != hashes.readline().strip():
                wrong += [count] if len(wrong) <= MOST_NAMED else []
    if (wrong or count != entry.rows) and max(count, entry.rows or 0) <= MOST_SOUGHT:
        return _lines_named(path, entry, _hashes_from(directory / names.LABEL_HASHES, 0))
    issues = [_fault(entry.path, f"line {line}", "was changed") for line in wrong]
    if not wrong and (count != entry.rows or entry.path in damaged):
        issues.append(_fault(entry.path, f"line {count}", "lines are missing or cut after it"))
    return issues[: MOST_NAMED + 1]


def _lines_named(path: Path, entry: FileEntry, wanted: Iterator[bytes]) -> list[Issue]:
    with path.open("rb") as lines:
        found = [row_hash(line.removesuffix(b"\n")) for line in lines]
    faults = row_faults(found, list(wanted), "line", 1)
    return [_fault(entry.path, one.place, one.what) for one in faults]


def _check_parquet(
    directory: Path,
    entry: FileEntry,
    shape: Shape[Row],
    expected: Wanted,
    damaged: set[str],
    counting: Counting,
) -> list[Issue]:
    """Compare each row of a Parquet file with its hash, and count the rows when it is sound."""
    path = directory / entry.path
    if not path.is_file():
        return []
    issues: list[Issue] = []
    seen, is_whole, hashes = 0, True, expected.hashes()
    try:
        for first, count, rows in read_groups(path, shape):
            wanted = list(islice(hashes, count))
            start = (entry.first_row or 0) + first
            if rows is None:
                is_whole = False
                issues.append(
                    _fault(entry.path, f"rows {start} to {start + count - 1}", "unreadable")
                )
            else:
                issues += _compare(entry.path, start, rows, wanted, expected.hashed)
                _count(rows, counting)
            seen += count
    except (pa.ArrowException, OSError, ValueError) as error:
        return [*issues, _fault(entry.path, "its footer", f"unreadable ({_first_line(error)})")]
    is_wrong = bool(issues) or seen != entry.rows
    if is_wrong and is_whole and max(seen, entry.rows or 0) <= MOST_SOUGHT:
        return _rows_named(path, entry, shape, expected)
    if seen != entry.rows:
        issues.append(_fault(entry.path, f"{seen} rows", f"instead of {entry.rows}"))
    if not issues and entry.path in damaged:
        issues.append(_fault(entry.path, "outside its rows", "the file was changed"))
    return issues


def _rows_named(path: Path, entry: FileEntry, shape: Shape[Row], expected: Wanted) -> list[Issue]:
    """Read a file again in which something is wrong, and look for each of its rows."""
    found = [
        str(row) if isinstance(row, ValueError) else expected.hashed(row_bytes(row))
        for _, _, rows in read_groups(path, shape)
        for row in rows or ()
    ]
    wanted = list(islice(expected.hashes(), entry.rows))
    faults = row_faults(found, wanted, "row", entry.first_row or 0)
    return [_fault(entry.path, one.place, one.what) for one in faults]


def _compare(
    path: str,
    start: int,
    rows: list[Row | ValueError],
    wanted: list[bytes],
    hashed: Callable[[bytes], bytes],
) -> list[Issue]:
    issues = []
    for place, row in enumerate(rows):
        number = f"row {start + place}"
        if isinstance(row, ValueError):
            issues.append(_fault(path, number, str(row)))
        elif place >= len(wanted) or hashed(row_bytes(row)) != wanted[place]:
            issues.append(_fault(path, number, "was changed"))
        if len(issues) > MOST_NAMED:
            break
    return issues


def _count(rows: list[Row | ValueError], counting: Counting) -> None:
    for row in rows:
        if isinstance(row, ReleaseRow):
            counting.add_row(row)
        elif isinstance(row, AnnotationRow):
            counting.add_annotation(row)


def _hashes_from(path: Path, first: int) -> Iterator[bytes]:
    with path.open("rb") as lines:
        lines.seek(first * (ROW_HASH_DIGITS + 1))
        for line in lines:
            yield line.strip()


def _fault(path: str, place: str, what: str) -> Issue:
    return Issue(f"{path}: {place}", f"{path}: {place}: {what}")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:120]
