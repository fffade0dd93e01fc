"""Writing a release: rows stream into files in a draft folder, which is put in place at the end.

Memory stays bounded: at most one row group is held. Everything is on disk before the manifest's
hash is told to anybody, and one rename makes the folder appear, whole.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import orjson

from fairhand import __version__
from fairhand.core.errors import ConflictError
from fairhand.core.ids import sha256_hex
from fairhand.proof.log.merkle import Frontier, leaf_hash
from fairhand.proof.release import manifest as names
from fairhand.proof.release.cards import WRITTEN_CARDS
from fairhand.proof.release.croissant import identifier_of, write_croissant
from fairhand.proof.release.folder import nothing_left_behind, sha256_of, sync_tree
from fairhand.proof.release.manifest import FileEntry, Manifest, dump_manifest
from fairhand.proof.release.media import Credentials, ReadMedia, copy_media
from fairhand.proof.release.row_tree import roots_of
from fairhand.proof.release.rules import (
    AnnotationRow,
    Gaps,
    ReleaseFacts,
    ReleaseRow,
    ReleaseStats,
)
from fairhand.proof.release.shape import (
    ANNOTATIONS,
    LABELS,
    SHARD_ROWS,
    row_bytes,
    row_hash,
)
from fairhand.proof.release.shards import LaterShards, Map, Shards, Stretch, write_stretch
from fairhand.proof.release.split_counts import SplitCounting, by_split
from fairhand.proof.release.splits import UNSPLIT
from fairhand.proof.release.stats import Counting

Progress = Callable[[int], None]

SCRATCH: Final = ".scratch"

_PROGRESS_EVERY = 1_000
_LABEL_FILES: Final = "data/part-{:05d}.parquet"
_SORTED = orjson.OPT_SORT_KEYS


@dataclass(frozen=True, slots=True)
class WrittenRelease:
    """A release that lies whole in its draft folder; the hash is for the log."""

    manifest_sha256: str
    facts: ReleaseFacts
    stats: ReleaseStats
    files: int
    bytes: int


def write_release(
    draft: Path,
    facts: ReleaseFacts,
    rows: Iterable[ReleaseRow],
    annotations: Iterable[AnnotationRow],
    read_media: ReadMedia | None = None,
    gaps: Callable[[], Gaps] | None = None,
    progress: Progress = lambda done: None,
    items: Iterable[dict[str, Any]] | None = None,
    guard: Callable[[], dict[str, Any] | None] = lambda: None,
    split_names: Sequence[str] = (),
    apply: Map | None = None,
    credentials: Credentials | None = None,
) -> WrittenRelease:
    """Write all but the proof into a fresh `draft` folder.

    `rows` and `annotations` come in the order of their tasks; `items`, one line each, are the
    contributions of a campaign. `gaps` is asked what was left out when all have been read to the
    end, and `guard` what it found. With `split_names` the rows lie split by split, in files of
    their own; what is in none of them comes last. With `apply` the Parquet files are written by
    it, many at a time, once all rows are there; the bytes are the same. With `credentials` each
    medium gets a sidecar. Raises UnavailableError
    when the disk is full, ConflictError when there is no row, and what `guard` raises; then nothing
    of it is left.
    """
    with nothing_left_behind(draft):
        splitting = SplitCounting(by_person=(facts.splits or {}).get("by") == "person")
        counting = Counting((splitting,))
        ordered = by_split(draft, rows, split_names) if split_names else rows
        shards = _open_shards(draft, later=apply is not None)
        _write_labels(draft, ordered, counting, progress, shards.labels, bool(split_names))
        roots = _write_annotations(draft, annotations, counting, progress, shards.annotations)
        if counting.rows == 0:
            raise nothing_to_release()
        if apply is not None:
            for _ in apply(write_stretch, shards.stretches()):
                pass
            shutil.rmtree(draft / SCRATCH)
        if items is not None:
            with (draft / names.ITEMS).open("wb") as lines:
                lines.writelines(orjson.dumps(one, option=_SORTED) + b"\n" for one in items)
        facts = replace(
            facts,
            gaps=gaps() if gaps else facts.gaps,
            guard=guard() or facts.guard,
            roots=roots,
            splits=splitting.facts(facts.splits),
            made_with=__version__,
        )
        if read_media is not None:
            said = {"release": identifier_of(facts), "licence": facts.licence}
            signed = copy_media(draft, read_media, credentials, said)
            facts = replace(facts, credentials=signed)
        stats = counting.result(facts)
        _write_cards(draft, facts, stats)
        ranges = {
            **shards.labels.ranges,
            names.LABELS_JSONL: (0, counting.rows),
            names.ANNOTATIONS_PARQUET: (0, stats.annotations),
        }
        files = _with_croissant(draft, facts, stats, _list_files(draft, ranges))
        data = dump_manifest(Manifest(facts, stats, files))
        (draft / names.MANIFEST).write_bytes(data)
        sync_tree(draft)
        size = sum(entry.bytes for entry in files) + len(data)
    return WrittenRelease(sha256_hex(data), facts, stats, len(files) + 1, size)


def nothing_to_release() -> ConflictError:
    """Say that a project has no answer that may be released."""
    message = (
        "There is no aggregated answer to release yet; a release holds what people answered here."
    )
    return ConflictError(message, code="nothing_to_release")


@dataclass(frozen=True, slots=True)
class _AllShards:
    """The Parquet files of a release, written as its rows pass, or noted for later."""

    labels: Shards[ReleaseRow] | LaterShards[ReleaseRow]
    annotations: Shards[AnnotationRow] | LaterShards[AnnotationRow]

    def stretches(self) -> list[Stretch]:
        """Give what is to be written later; the largest, which takes longest, comes first."""
        both = self.annotations, self.labels
        found = [one for each in both if isinstance(each, LaterShards) for one in each.stretches]
        return sorted(found, key=lambda one: one.start - one.end)


def _open_shards(draft: Path, *, later: bool) -> _AllShards:
    (draft / "data").mkdir()
    (draft / "rows").mkdir()
    if not later:
        return _AllShards(
            Shards(draft, _LABEL_FILES, LABELS, SHARD_ROWS),
            Shards(draft, names.ANNOTATIONS_PARQUET, ANNOTATIONS, None),
        )
    kept = scratch_of(draft) / "annotations.jsonl"
    return _AllShards(
        LaterShards(draft, _LABEL_FILES, draft / names.LABELS_JSONL, SHARD_ROWS, keeps=False),
        LaterShards(draft, names.ANNOTATIONS_PARQUET, kept, None, keeps=True),
    )


def scratch_of(draft: Path) -> Path:
    """Make the folder of what is in a draft for the time of its writing, for its owner alone."""
    scratch = draft / SCRATCH
    scratch.mkdir(mode=0o700, exist_ok=True)
    return scratch


def _write_labels(
    draft: Path,
    rows: Iterable[ReleaseRow],
    counting: Counting,
    progress: Progress,
    shards: Shards[ReleaseRow] | LaterShards[ReleaseRow],
    is_split: bool,
) -> None:
    split = ""
    with (
        shards,
        (draft / names.LABELS_JSONL).open("wb") as lines,
        (draft / names.LABEL_HASHES).open("wb") as hashes,
    ):
        for row in rows:
            if is_split and (row.split or UNSPLIT) != split:
                split = row.split or UNSPLIT
                shards.turn(f"data/{split}-{{:05d}}.parquet")
            data = row_bytes(row)
            lines.write(data + b"\n")
            hashes.write(row_hash(data) + b"\n")
            shards.add(row, data)
            counting.add_row(row)
            if counting.rows % _PROGRESS_EVERY == 0:
                progress(counting.rows)


def _write_annotations(
    draft: Path,
    rows: Iterable[AnnotationRow],
    counting: Counting,
    progress: Progress,
    shards: Shards[AnnotationRow] | LaterShards[AnnotationRow],
) -> dict[str, Any]:
    """Write the annotations and their leaves; gives the roots of the release's facts."""
    tree = Frontier()
    with shards, (draft / names.ANNOTATION_LEAVES).open("wb") as leaves:
        for row in rows:
            data = row_bytes(row)
            leaf = leaf_hash(data)
            tree.push(leaf)
            leaves.write(leaf)
            shards.add(row, data)
            counting.add_annotation(row)
            if counting.annotations % _PROGRESS_EVERY == 0:
                progress(counting.rows + counting.annotations)
    return roots_of(tree.size, tree.root())


def _write_cards(draft: Path, facts: ReleaseFacts, stats: ReleaseStats) -> None:
    """Write what people read: the card, the datasheet, and words for a training summary."""
    for name, write in WRITTEN_CARDS.items():
        (draft / name).write_text(write(facts, stats), "utf-8", newline="\n")


def _with_croissant(
    draft: Path, facts: ReleaseFacts, stats: ReleaseStats, files: tuple[FileEntry, ...]
) -> tuple[FileEntry, ...]:
    """Write the card that machines read, which names all other files, and list it with them."""
    data = write_croissant(facts, stats, files)
    (draft / names.CROISSANT).write_bytes(data)
    card = FileEntry(names.CROISSANT, len(data), sha256_hex(data))
    return tuple(sorted((*files, card), key=lambda entry: entry.path))


def _list_files(draft: Path, ranges: dict[str, tuple[int, int]]) -> tuple[FileEntry, ...]:
    """Hash every file but media, which `media.jsonl` lists: there may be a million of them."""
    entries = []
    for path in sorted(item for item in draft.rglob("*") if item.is_file()):
        name = path.relative_to(draft).as_posix()
        if name.startswith("media/"):
            continue
        first, count = ranges.get(name, (None, None))
        entries.append(FileEntry(name, path.stat().st_size, sha256_of(path), count, first))
    return tuple(entries)
