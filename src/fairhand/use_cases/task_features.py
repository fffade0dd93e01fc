"""Features of a project's tasks: made once, kept in blobs, never more than fit in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import Embedder, Features, Item
from fairhand.compute.models.learnt import pack_learnt, unpack_learnt
from fairhand.compute.models.linear import embed_readable
from fairhand.core.chunks import chunks
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.model_items import load_items
from fairhand.work.prelabel import feature_store
from fairhand.work.prelabel.feature_store import FeatureChunk

MOST_BYTES: Final = 96 * 1024 * 1024
"""What the features of one project may take in memory; more tasks are sampled."""
_CHUNK_TASKS: Final = 64
_LARGE_CHUNK_TASKS: Final = 4_096
_FEWEST_TO_TIDY: Final = 1_000
_MOST_AT_FIRST: Final = 10_000
_LONGEST_S: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class TaskFeatures:
    """Features by task: `task_ids[i]` has the row `features[i]`; each task once."""

    task_ids: NDArray[np.int64]
    features: Features

    def rows_of(self, task_ids: Sequence[int]) -> NDArray[np.int64]:
        """Give the row of each task, -1 where it has none."""
        order = np.argsort(self.task_ids)
        wanted = np.asarray(task_ids, np.int64)
        if not len(order):
            return np.full(len(wanted), -1, np.int64)
        places = np.searchsorted(self.task_ids, wanted, sorter=order)
        rows = order[np.minimum(places, len(order) - 1)]
        return np.where(self.task_ids[rows] == wanted, rows, -1)

    @property
    def room(self) -> int:
        """Count the tasks that may still be added."""
        if not len(self.task_ids):
            return _MOST_AT_FIRST
        width = int(self.features.shape[1]) * int(self.features.itemsize)
        return max(0, MOST_BYTES // max(width, 1) - len(self.task_ids))


def load_features(db: Database, blobs: BlobStore, project_id: int, embedder: str) -> TaskFeatures:
    """Load what was made so far."""
    with db.read() as connection:
        found = feature_store.list_chunks(connection, project_id, embedder)
    if not found:
        return TaskFeatures(np.empty(0, np.int64), np.empty((0, 0), np.float32))
    parts = [_unpack(blobs.get(chunk.blob_sha256)) for chunk in found]
    task_ids = np.concatenate([ids for ids, _ in parts])
    features = np.concatenate([features for _, features in parts])
    # A task that two rounds embedded at once is there twice: the first one holds.
    _, first = np.unique(task_ids, return_index=True)
    first.sort()
    return TaskFeatures(task_ids[first], features[first])


def add_features(
    db: Database,
    blobs: BlobStore,
    project_id: int,
    embedder: Embedder,
    known: TaskFeatures,
    task_ids: Sequence[int],
    *,
    most_s: float,
    told: Callable[[int, int], None],
) -> TaskFeatures:
    """Make features of tasks that have none, a chunk at a time, for `most_s` seconds at most.

    Every chunk is kept as soon as it is made, so nothing is made again after a cut. A task whose
    file cannot be read has zeros.
    """
    missing = [
        task_id for task_id, row in zip(task_ids, known.rows_of(task_ids), strict=True) if row < 0
    ]
    until, made, done = monotonic() + most_s, [], 0
    for some in chunks(missing, _CHUNK_TASKS):
        with db.read() as connection:
            items = load_items(connection, blobs, some)
        features = np.asarray(embed_readable(embedder, items)[0], np.float32)
        ids = np.array([item.task_id for item in items], np.int64)
        _keep(db, blobs, project_id, embedder.name, [(ids, features)], anew=False)
        made.append((ids, features))
        done += len(some)
        told(done, len(missing))
        if monotonic() >= until:
            break
    if not made:
        return known
    before = [(known.task_ids, known.features)] if len(known.task_ids) else []
    parts = [*before, *made]
    return TaskFeatures(
        np.concatenate([ids for ids, _ in parts]),
        np.concatenate([features for _, features in parts]),
    )


def features_of(
    db: Database, blobs: BlobStore, project_id: int, embedder: Embedder, items: Sequence[Item]
) -> Features:
    """Give the features of these items, a row each: those that are kept, and the rest made now."""
    ids = [item.task_id for item in items]
    known = load_features(db, blobs, project_id, embedder.name)
    known = add_features(
        db, blobs, project_id, embedder, known, ids, most_s=_LONGEST_S, told=lambda _d, _t: None
    )
    rows = known.rows_of(ids)
    missing = np.flatnonzero(rows < 0)
    if not len(missing):
        return known.features[rows]
    rest = np.asarray(embed_readable(embedder, [items[int(at)] for at in missing])[0], np.float32)
    whole = np.zeros((len(items), rest.shape[1]), np.float32)
    whole[rows >= 0] = known.features[rows[rows >= 0]]
    whole[missing] = rest
    return whole


def tidy_features(
    db: Database,
    blobs: BlobStore,
    project_id: int,
    embedder: str,
    known: TaskFeatures,
    wanted: NDArray[np.bool_],
) -> TaskFeatures:
    """Forget the features of tasks that are no longer wanted, once they are most of them."""
    kept = TaskFeatures(known.task_ids[wanted], known.features[wanted])
    if len(known.task_ids) < _FEWEST_TO_TIDY or 2 * len(kept.task_ids) > len(known.task_ids):
        return kept
    with db.read() as connection:
        old = feature_store.list_chunks(connection, project_id, embedder)
    order = np.argsort(kept.task_ids)
    parts = (
        [
            (kept.task_ids[some], kept.features[some])
            for some in np.array_split(order, -(-len(order) // _LARGE_CHUNK_TASKS))
            if len(some)
        ]
        if len(order)
        else []
    )
    new = _keep(db, blobs, project_id, embedder, parts, anew=True)
    for chunk in old:
        if chunk.blob_sha256 not in new:
            blobs.delete(chunk.blob_sha256)
    return kept


def _keep(
    db: Database,
    blobs: BlobStore,
    project_id: int,
    embedder: str,
    parts: Sequence[tuple[NDArray[np.int64], Features]],
    *,
    anew: bool,
) -> set[str]:
    """Write chunks, in the place of all others where they are made anew; name their blobs."""
    made = []
    for ids, features in parts:
        packed = pack_learnt({"embedder": embedder}, {"ids": ids, "features": features})
        made.append(
            FeatureChunk(
                project_id,
                embedder,
                int(ids.min()),
                int(ids.max()),
                len(ids),
                features.shape[1],
                blobs.put(packed),
            )
        )
    with db.write() as connection:
        if anew:
            feature_store.replace_chunks(connection, project_id, embedder, made)
        else:
            for chunk in made:
                feature_store.add_chunk(connection, chunk)
    return {chunk.blob_sha256 for chunk in made}


def _unpack(packed: bytes) -> tuple[NDArray[np.int64], Features]:
    read = unpack_learnt(packed)
    return read.array("ids"), read.array("features")
