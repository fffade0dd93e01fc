"""The Merkle tree over a release's annotations: one leaf a row, so that one row can be proven.

Leaves are RFC 6962 hashes of the rows' byte form, kept one after the other in a file; the root is
in the manifest and in the log's event of the release. Whoever holds a row and its path needs
nothing else of the release.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from fairhand.proof.log import merkle

_AT_ONCE: Final = 65_536


def roots_of(size: int, root: bytes) -> dict[str, Any]:
    """Write the `roots` of a release's facts."""
    return {"annotations": {"size": size, "root": root.hex()}}


def read_leaves(path: Path) -> Iterator[bytes]:
    """Read the leaves of a file, 32 bytes each; ValueError when it is cut."""
    with path.open("rb") as file:
        while some := file.read(merkle.HASH_SIZE * _AT_ONCE):
            if len(some) % merkle.HASH_SIZE:
                raise ValueError(f"{path.name} is cut")
            for at in range(0, len(some), merkle.HASH_SIZE):
                yield some[at : at + merkle.HASH_SIZE]


def root_of(path: Path) -> tuple[int, bytes]:
    """Compute how many leaves a file holds, and their root."""
    tree = merkle.Frontier()
    for leaf in read_leaves(path):
        tree.push(leaf)
    return tree.size, tree.root()


def prove_row(path: Path, index: int) -> list[bytes]:
    """The path from row `index` to the root; reads the whole file once."""
    leaves = list(read_leaves(path))
    return merkle.inclusion_proof(
        index, len(leaves), lambda start, end: merkle.root(leaves[start:end])
    )
