"""Proofs of credentials: the W3C's own vectors, and every way to break one."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.core.clock import Instant, parse_iso
from fairhand.people.talent.integrity import ProofError, check_proof, hash_of, with_proof
from fairhand.people.talent.multikey import (
    KeyTextError,
    base58btc,
    from_base58btc,
    key_of,
    key_of_method,
    read_secret,
)

# Source: github.com/w3c/vc-di-eddsa, TestVectors/keyPair.json and TestVectors/eddsa-jcs-2022
# (W3C Software and Document License), the vectors of the Recommendation's appendix B.2.
SIGNED = json.loads((Path(__file__).parent / "vectors" / "eddsa-jcs-2022-signed.json").read_text())
PUBLIC = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
SECRET = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
PROOF_HASH = "66ab154f5c2890a140cb8388a22a160454f80575f6eae09e5a097cabe539a1db"
DOCUMENT_HASH = "59b7cb6251b8991add1ce0bc83107e3db9dbbab5bd2c28f687db1a03abc92f19"
NOW = Instant(1_800_000_000_000)


def unsigned() -> dict[str, Any]:
    return {name: value for name, value in SIGNED.items() if name != "proof"}


def options() -> dict[str, Any]:
    return {name: value for name, value in SIGNED["proof"].items() if name != "proofValue"}


def test_the_vector_s_secret_key_has_its_public_key() -> None:
    pair = read_secret(SECRET)

    assert pair.public.multikey == PUBLIC
    assert pair.secret() == SECRET
    assert SECRET not in repr(pair)


def test_the_vector_s_hashes_are_ours() -> None:
    assert hash_of(unsigned(), options()).hex() == PROOF_HASH + DOCUMENT_HASH


def test_we_sign_the_vector_s_document_with_the_vector_s_signature() -> None:
    signature = read_secret(SECRET).sign(hash_of(unsigned(), options()))

    assert base58btc(signature) == SIGNED["proof"]["proofValue"]


def test_the_vector_s_proof_holds_and_says_who_signed_it_and_when() -> None:
    signed = check_proof(SIGNED)

    assert signed.by.multikey == PUBLIC
    assert signed.at == parse_iso("2023-02-24T23:36:38Z")


def test_what_we_sign_holds_with_and_without_a_context() -> None:
    key = read_secret(SECRET)

    for document in (unsigned(), {"name": "Amina", "n": 1.5, "Ω": ["é", None, True]}):
        secured = with_proof(document, key, NOW)
        assert check_proof(secured).by == key.public
        assert check_proof(json.loads(json.dumps(secured))).at == NOW


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """List where a document holds a text."""
    if isinstance(value, str):
        return [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [place for name, each in inner for place in places(each, (*path, name))]


@pytest.mark.parametrize("place", places(SIGNED), ids=lambda place: ".".join(map(str, place)))
def test_no_text_of_it_can_be_changed(place: tuple[Any, ...]) -> None:
    changed = deepcopy(SIGNED)
    inner = changed
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = inner[place[-1]][:-1] + ("3" if inner[place[-1]][-1] != "3" else "4")

    with pytest.raises(ProofError):
        check_proof(changed)


@pytest.mark.parametrize(
    "change",
    [
        {"more": "than was signed"},
        {"proof": None},
        {"proof": []},
        {"proof": "yes"},
        {"proof": [SIGNED["proof"], SIGNED["proof"]]},
        {"proof": SIGNED["proof"] | {"cryptosuite": "eddsa-rdfc-2022"}},
        {"proof": SIGNED["proof"] | {"proofPurpose": "authentication"}},
        {"proof": SIGNED["proof"] | {"verificationMethod": "https://evil.example/key"}},
        {"proof": SIGNED["proof"] | {"proofValue": "u" + "A" * 86}},
        {"proof": SIGNED["proof"] | {"proofValue": base58btc(b"\0" * 64)}},
        {"proof": SIGNED["proof"] | {"proofValue": base58btc(b"\1" * 63)}},
        {"proof": SIGNED["proof"] | {"created": "yesterday"}},
        {"@context": list(reversed(SIGNED["@context"]))},
        {"@context": SIGNED["@context"][:1]},
        {"number": 2**60},
        {"text": "\ud800"},
    ],
    ids=str,
)
def test_a_proof_that_does_not_fit_is_refused_with_a_reason(change: dict[str, Any]) -> None:
    with pytest.raises(ProofError, match=r"\w+ \w+"):
        check_proof(SIGNED | change)


def test_a_context_may_be_added_behind_the_one_that_was_signed() -> None:
    longer = SIGNED | {"@context": [*SIGNED["@context"], "https://example.org/more"]}

    assert check_proof(longer).by.multikey == PUBLIC


@given(st.binary(max_size=40))
@settings(max_examples=50)
def test_base58_gives_back_what_it_was_given(data: bytes) -> None:
    assert from_base58btc(base58btc(data)) == data


@pytest.mark.parametrize(
    "text", ["", "z", "z0", "u6Mk", PUBLIC[:-1], SECRET, "z" + "1" * 500, "did:key:zé"]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(KeyTextError):
        key_of(text)


def test_a_key_is_known_by_all_its_names() -> None:
    assert key_of(PUBLIC) == key_of(f"did:key:{PUBLIC}") == key_of(f"did:key:{PUBLIC}#{PUBLIC}\n")
    with pytest.raises(KeyTextError):
        key_of_method(f"did:key:{PUBLIC}#{read_secret(SECRET).public.multikey[:-1]}")
