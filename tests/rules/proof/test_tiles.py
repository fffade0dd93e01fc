"""Tiles hold the same tree, however it grew, and prove from few reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.proof.log import merkle, tiles


class Shelf:
    """Tiles in memory that count how often they are read."""

    def __init__(self) -> None:
        self.tiles: tiles.Tiles = {}
        self.size = 0
        self.reads = 0

    def read(self, level: int, index: int) -> bytes:
        self.reads += 1
        return self.tiles.get((level, index), b"")

    def add(self, leaves: list[bytes]) -> None:
        self.tiles |= tiles.grow(self.size, leaves, self.read)
        self.size += len(leaves)


def leaves(count: int) -> list[bytes]:
    return [merkle.leaf_hash(b"%d" % index) for index in range(count)]


ALL = leaves(70_000)


@given(st.lists(st.integers(1, 600), min_size=1, max_size=6))
def test_a_tree_grown_in_steps_is_the_tree_grown_at_once(steps: list[int]) -> None:
    shelf, whole = Shelf(), Shelf()
    for step in steps:
        shelf.add(ALL[shelf.size : shelf.size + step])
    whole.add(ALL[: sum(steps)])
    assert shelf.tiles == whole.tiles
    assert tiles.root(shelf.size, shelf.read) == merkle.root(ALL[: shelf.size])


@given(st.integers(1, 1_500), st.data())
def test_proofs_from_tiles_verify(size: int, data: st.DataObject) -> None:
    shelf = Shelf()
    shelf.add(ALL[:size])
    root = merkle.root(ALL[:size])
    index = data.draw(st.integers(0, size - 1))
    proof = tiles.inclusion_proof(index, size, shelf.read)
    assert merkle.verify_inclusion(ALL[index], index, size, proof, root)
    old = data.draw(st.integers(0, size))
    path = tiles.consistency_proof(old, size, shelf.read)
    assert merkle.verify_consistency(old, size, merkle.root(ALL[:old]), root, path)


def test_the_tiles_of_seventy_thousand_leaves_are_those_of_the_specification() -> None:
    shelf = Shelf()
    shelf.add(ALL)
    widths = {key: len(value) // 32 for key, value in shelf.tiles.items()}
    assert sum(level == 0 and width == 256 for (level, _), width in widths.items()) == 273
    assert widths[0, 273] == 112
    assert widths[1, 0] == 256
    assert widths[1, 1] == 17
    assert widths[2, 0] == 1
    assert len(widths) == 277


def test_a_tree_of_256_leaves_has_a_second_tile_of_one() -> None:
    shelf = Shelf()
    shelf.add(ALL[:256])
    assert {key: len(value) // 32 for key, value in shelf.tiles.items()} == {(0, 0): 256, (1, 0): 1}


def test_a_proof_reads_few_tiles_of_a_large_tree() -> None:
    shelf = Shelf()
    shelf.add(ALL)
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        shelf.reads = 0
        proof = tiles.inclusion_proof(index, 70_000, shelf.read)
        assert merkle.verify_inclusion(ALL[index], index, 70_000, proof, merkle.root(ALL))
        assert shelf.reads <= 6


def test_an_older_size_is_proven_from_the_tiles_of_a_newer_one() -> None:
    shelf = Shelf()
    shelf.add(ALL[:1_000])
    proof = tiles.inclusion_proof(299, 300, shelf.read)
    assert merkle.verify_inclusion(ALL[299], 299, 300, proof, merkle.root(ALL[:300]))


def test_a_missing_tile_is_said_and_not_guessed() -> None:
    with pytest.raises(ValueError, match=r"tile/0/000 holds too few hashes"):
        tiles.root(3, lambda level, index: b"")


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 1_234_067, 256, "tile/0/x001/x234/067"),
        (0, 0, 256, "tile/0/000"),
        (2, 17, 1, "tile/2/017.p/1"),
        ("entries", 1_000, 255, "tile/entries/x001/000.p/255"),
    ],
)
def test_paths_are_those_of_the_specification(
    level: int | str, index: int, width: int, path: str
) -> None:
    assert tiles.tile_path(level, index, width) == path


def test_a_width_that_no_tile_has_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 256"):
        tiles.tile_path(0, 0, 0)
