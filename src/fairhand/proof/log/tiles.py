"""The log's tree as C2SP tlog-tiles: 256 hashes to a tile, each tile eight levels of the tree.

A proof reads O(log n) tiles through a `ReadTile`, whether they lie in a table, in files or behind
a URL. Full tiles never change; only the right edge grows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fairhand.proof.log import merkle
from fairhand.proof.log.merkle import HASH_SIZE

ReadTile = Callable[[int, int], bytes]
"""The hashes of tile `index` at tile level `level`, at least as many as the tree's size needs."""

Tiles = dict[tuple[int, int], bytes]

HEIGHT = 8
WIDTH = 1 << HEIGHT
FULL = WIDTH * HASH_SIZE


def tile_width(size: int, level: int, index: int) -> int:
    """How many hashes a tile holds in a tree of `size` leaves: 0 to 256."""
    return max(0, min(WIDTH, (size >> (HEIGHT * level)) - index * WIDTH))


def tile_path(level: int | str, index: int, width: int = WIDTH) -> str:
    """Where a tile is served, as `tile/0/x001/234.p/7`; level `entries` names an entry bundle."""
    if width not in range(1, WIDTH + 1):
        raise ValueError(f"a tile holds 1 to {WIDTH} hashes, not {width}")
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.insert(0, f"x{index % 1000:03d}")
    return f"tile/{level}/{'/'.join(parts)}" + ("" if width == WIDTH else f".p/{width}")


def grow(size: int, leaves: Sequence[bytes], read_tile: ReadTile) -> Tiles:
    """Append leaf hashes to a tree of `size`; returns every tile that is new or wider now."""
    changed: Tiles = {}
    level, arriving = 0, b"".join(leaves)
    while arriving:
        index, filled = divmod(size >> (HEIGHT * level), WIDTH)
        before = read_tile(level, index)[: filled * HASH_SIZE] if filled else b""
        hashes, arriving = before + arriving, b""
        for start in range(0, len(hashes), FULL):
            tile = hashes[start : start + FULL]
            changed[level, index] = tile
            index += 1
            if len(tile) == FULL:
                arriving += merkle.root(_split(tile))
        level += 1
    return changed


def subtree_reader(read_tile: ReadTile, size: int) -> merkle.Subtree:
    """Make the `Subtree` that proofs over a tree of `size` ask; each tile is read once."""
    cache: Tiles = {}

    def hashes(level: int, index: int) -> bytes:
        key = (level, index)
        if key not in cache:
            needed = tile_width(size, level, index) * HASH_SIZE
            tile = read_tile(level, index)[:needed]
            if len(tile) < needed:
                raise ValueError(f"{tile_path(level, index)} holds too few hashes for {size}")
            cache[key] = tile
        return cache[key]

    def perfect(height: int, index: int) -> bytes:
        level, above = divmod(height, HEIGHT)
        first = index << above
        at = (first % WIDTH) * HASH_SIZE
        return merkle.root(_split(hashes(level, first // WIDTH)[at : at + (HASH_SIZE << above)]))

    def subtree(start: int, end: int) -> bytes:
        count = end - start
        if count & (count - 1) == 0 and start % count == 0:
            height = count.bit_length() - 1
            return perfect(height, start >> height)
        middle = start + merkle.split_point(count)
        return merkle.node_hash(subtree(start, middle), subtree(middle, end))

    return subtree


def root(size: int, read_tile: ReadTile) -> bytes:
    """The root of the tree of `size` leaves."""
    return subtree_reader(read_tile, size)(0, size) if size else merkle.EMPTY_ROOT


def inclusion_proof(index: int, size: int, read_tile: ReadTile) -> list[bytes]:
    """Prove that leaf `index` is in the tree of `size`."""
    return merkle.inclusion_proof(index, size, subtree_reader(read_tile, size))


def consistency_proof(old: int, new: int, read_tile: ReadTile) -> list[bytes]:
    """Prove that the tree of `old` leaves is a prefix of that of `new`."""
    return merkle.consistency_proof(old, new, subtree_reader(read_tile, new))


def _split(hashes: bytes) -> list[bytes]:
    return [hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)]
