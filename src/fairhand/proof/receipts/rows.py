"""A person's rows in the releases that hold them, each with its path to the release's root."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from fairhand.proof.log import merkle
from fairhand.proof.release import manifest as names
from fairhand.proof.release.row_tree import read_leaves
from fairhand.proof.release.shape import ANNOTATIONS, row_bytes

_KEPT = 64
"""Subtrees of fewer leaves are hashed again each time; all others once."""


class ReleaseRows:
    """The annotations of one release folder; read when first asked, then kept."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._nodes: dict[tuple[int, int], bytes] = {}

    @property
    def is_there(self) -> bool:
        """Whether the folder is in place, and of a kind whose rows can be proven."""
        return (self._directory / names.ANNOTATION_LEAVES).is_file()

    @property
    def size(self) -> int:
        """How many rows there were when the release was made."""
        return len(self._leaves)

    def holds(self, annotation_id: int) -> bool:
        """Whether the release holds an annotation; reads one column, and no proof."""
        return self._place(annotation_id) >= 0

    def row(self, annotation_id: int) -> str | None:
        """The row of an annotation in its byte form; None when the release does not hold it."""
        place = self._place(annotation_id)
        if place < 0:
            return None
        with pq.ParquetFile(self._path) as file:
            for group in range(file.num_row_groups):
                count = file.metadata.row_group(group).num_rows
                if place < count:
                    record = file.read_row_group(group).slice(place, 1).to_pylist()[0]
                    return row_bytes(ANNOTATIONS.row(record)).decode()
                place -= count
        return None

    def prove(self, row: str) -> tuple[int, list[bytes]] | None:
        """Where a row's leaf is and its path; None when it is not among the leaves."""
        try:
            index = self._leaves.index(merkle.leaf_hash(row.encode()))
        except ValueError:
            return None
        return index, merkle.inclusion_proof(index, self.size, self._subtree)

    @property
    def _path(self) -> Path:
        return self._directory / names.ANNOTATIONS_PARQUET

    @cached_property
    def _leaves(self) -> list[bytes]:
        return list(read_leaves(self._directory / names.ANNOTATION_LEAVES))

    @cached_property
    def _ids(self) -> Any:  # noqa: ANN401  # pyarrow has no types
        return pq.read_table(self._path, columns=["annotation_id"])["annotation_id"]

    def _place(self, annotation_id: int) -> int:
        return int(pc.index(self._ids, annotation_id).as_py())

    def _subtree(self, start: int, end: int) -> bytes:
        if end - start <= _KEPT:
            return merkle.root(self._leaves[start:end])
        if (start, end) not in self._nodes:
            middle = start + merkle.split_point(end - start)
            both = self._subtree(start, middle), self._subtree(middle, end)
            self._nodes[start, end] = merkle.node_hash(*both)
        return self._nodes[start, end]
