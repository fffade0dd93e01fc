"""Reading the real items of the release before, for what is added to must not be replaced."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from fairhand.core.errors import MalformedError
from fairhand.core.ids import sha256_hex
from fairhand.proof.release.folder import sha256_of
from fairhand.proof.release.guard_watch import RealItem
from fairhand.proof.release.manifest import MANIFEST, parse_manifest

_COLUMNS = ["task_id", "question", "origin", "data_origin", "simulated", "annotators"]
_AT_ONCE = 5_000


def read_real_items(folder: Path, manifest_sha256: str) -> Iterator[RealItem]:
    """Stream a release's real items in the order of their tasks.

    Raises MalformedError, at the first step or later, when the folder is not there or not as the
    log knows it.
    """
    try:
        data = (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise MalformedError(f"its folder {folder} cannot be read.") from error
    if sha256_hex(data) != manifest_sha256:
        raise MalformedError(f"the manifest in {folder} is not the one in the log.")
    chains: dict[str, list[Iterator[RealItem]]] = {}
    for entry in parse_manifest(data).files:
        if entry.path.startswith("data/"):
            split = entry.path.rpartition("-")[0]
            chains.setdefault(split, []).append(_items(folder / entry.path, entry.sha256))
    splits = [chain.from_iterable(parts) for parts in chains.values()]
    yield from merge(*splits, key=lambda item: item.task_id)


def _items(path: Path, sha256: str) -> Iterator[RealItem]:
    try:
        if sha256_of(path) != sha256:
            raise MalformedError(f"{path} was changed.")
        with pq.ParquetFile(path, memory_map=False) as file:
            for batch in file.iter_batches(_AT_ONCE, columns=_COLUMNS):
                for row in batch.to_pylist():
                    real = row["origin"] != "synthetic" and row["data_origin"] == "human"
                    if real and not row["simulated"]:
                        yield RealItem(row["task_id"], row["question"], tuple(row["annotators"]))
    except (pa.ArrowException, OSError, KeyError) as error:
        raise MalformedError(f"{path} cannot be read.") from error
