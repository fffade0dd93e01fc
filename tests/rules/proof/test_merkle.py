"""The tree is that of RFC 9162, by published vectors and by its own definition."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.proof.log import merkle

# The inputs and roots that Certificate Transparency implementations test one another with.
CT_ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CT_HASHES = [merkle.leaf_hash(entry) for entry in CT_ENTRIES]


def naive_root(hashes: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, word for word."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha256(b"\x01" + naive_root(hashes[:k]) + naive_root(hashes[k:])).digest()


def naive_path(m: int, hashes: list[bytes]) -> list[bytes]:
    """RFC 9162 section 2.1.3.1, word for word."""
    if len(hashes) == 1:
        return []
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    if m < k:
        return [*naive_path(m, hashes[:k]), naive_root(hashes[k:])]
    return [*naive_path(m - k, hashes[k:]), naive_root(hashes[:k])]


def naive_subproof(m: int, hashes: list[bytes], whole: bool) -> list[bytes]:
    """RFC 9162 section 2.1.4.1, word for word."""
    if m == len(hashes):
        return [] if whole else [naive_root(hashes)]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    if m <= k:
        return [*naive_subproof(m, hashes[:k], whole), naive_root(hashes[k:])]
    return [*naive_subproof(m - k, hashes[k:], False), naive_root(hashes[:k])]


def tree(size: int) -> list[bytes]:
    return [merkle.leaf_hash(f"entry {index}".encode()) for index in range(size)]


def subtree_of(hashes: list[bytes]) -> merkle.Subtree:
    return lambda start, end: naive_root(hashes[start:end])


@pytest.mark.parametrize("size", range(9))
def test_published_roots_come_out(size: int) -> None:
    assert merkle.root(CT_HASHES[:size]).hex() == CT_ROOTS[size]


def test_published_inclusion_proof_comes_out() -> None:
    proof = merkle.inclusion_proof(5, 8, subtree_of(CT_HASHES))
    assert [item.hex()[:16] for item in proof] == [
        "bc1a0643b12e4d2d",
        "ca854ea128ed050b",
        "d37ee418976dd957",
    ]


def test_published_consistency_proof_comes_out() -> None:
    proof = merkle.consistency_proof(6, 8, subtree_of(CT_HASHES))
    assert [item.hex() for item in proof] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@given(st.integers(0, 300))
def test_the_root_is_that_of_the_definition(size: int) -> None:
    assert merkle.root(tree(size)) == naive_root(tree(size))


@given(st.integers(0, 300))
def test_a_frontier_has_the_root_of_the_whole_tree(size: int) -> None:
    frontier = merkle.Frontier()
    for leaf in tree(size):
        frontier.push(leaf)
    assert (frontier.size, frontier.root()) == (size, naive_root(tree(size)))


@given(st.integers(1, 200), st.data())
def test_inclusion_proofs_are_those_of_the_definition_and_verify(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    hashes = tree(size)
    proof = merkle.inclusion_proof(index, size, subtree_of(hashes))
    assert proof == naive_path(index, hashes)
    assert merkle.verify_inclusion(hashes[index], index, size, proof, naive_root(hashes))


@given(st.integers(0, 200), st.data())
def test_consistency_proofs_are_those_of_the_definition_and_verify(
    new: int, data: st.DataObject
) -> None:
    old = data.draw(st.integers(0, new))
    hashes = tree(new)
    proof = merkle.consistency_proof(old, new, subtree_of(hashes))
    assert proof == (naive_subproof(old, hashes, True) if old else [])
    assert merkle.verify_consistency(old, new, naive_root(hashes[:old]), naive_root(hashes), proof)


@given(st.integers(1, 120), st.data())
def test_a_changed_inclusion_proof_never_verifies(size: int, data: st.DataObject) -> None:
    hashes = tree(size)
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, subtree_of(hashes))
    root, leaf = naive_root(hashes), hashes[index]
    other = data.draw(st.integers(0, size - 1).filter(lambda place: place != index) | st.just(-1))
    assert not merkle.verify_inclusion(leaf, other, size, proof, root)
    assert not merkle.verify_inclusion(flip(leaf, data), index, size, proof, root)
    assert not merkle.verify_inclusion(leaf, index, size, proof, flip(root, data))
    assert not merkle.verify_inclusion(leaf, index, size, [*proof, root], root)
    assert not merkle.verify_inclusion(leaf, size, size, proof, root)
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        changed = [*proof[:place], flip(proof[place], data), *proof[place + 1 :]]
        assert not merkle.verify_inclusion(leaf, index, size, changed, root)
        assert not merkle.verify_inclusion(leaf, index, size, proof[:-1], root)


@given(st.integers(2, 120), st.data())
def test_a_rewritten_history_is_never_consistent(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new - 1))
    hashes = tree(new)
    proof = merkle.consistency_proof(old, new, subtree_of(hashes))
    before, after = naive_root(hashes[:old]), naive_root(hashes)
    assert not merkle.verify_consistency(old, new, flip(before, data), after, proof)
    assert not merkle.verify_consistency(old, new, before, flip(after, data), proof)
    assert not merkle.verify_consistency(old, new, before, after, proof[:-1])
    assert not merkle.verify_consistency(old, new, before, after, [*proof, after])
    assert not merkle.verify_consistency(new, old, after, before, proof)
    rewritten = hashes.copy()
    rewritten[data.draw(st.integers(0, old - 1))] = merkle.leaf_hash(b"another history")
    forged = merkle.consistency_proof(old, new, subtree_of(rewritten))
    assert not merkle.verify_consistency(old, new, before, naive_root(rewritten), forged)


def test_proofs_of_what_is_not_there_are_refused() -> None:
    with pytest.raises(ValueError, match="no leaf 3 in a log of 3"):
        merkle.inclusion_proof(3, 3, subtree_of(tree(3)))
    with pytest.raises(ValueError, match="a log of 2 cannot hold one of 3"):
        merkle.consistency_proof(3, 2, subtree_of(tree(3)))


def flip(value: bytes, data: st.DataObject) -> bytes:
    """Flip one bit."""
    bit = data.draw(st.integers(0, len(value) * 8 - 1))
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
