"""A receipt proves its event to anybody offline; a promise binds the log at once."""

from __future__ import annotations

import json

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import Instant
from fairhand.proof.log import merkle
from fairhand.proof.log.checkpoint import Checkpoint, sign_checkpoint
from fairhand.proof.log.leaf import canonical, commitment, make_leaf
from fairhand.proof.log.note import NoteError, Signer, parse_vkey
from fairhand.proof.log.promise import make_promise, verify_kept, verify_promise
from fairhand.proof.log.receipt import Opening, Receipt, parse_receipt, verify_receipt

NOW = Instant(1_795_253_400_000)
SIGNER = Signer("log.example/carmen", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
OTHER = Signer("log.example/carmen", Ed25519PrivateKey.from_private_bytes(b"o" * 32))
BODY = {"annotation_id": 123, "person": "c-0123456789", "value": {"digit": "7"}}


def opening(index: int = 0) -> Opening:
    body = canonical({**BODY, "annotation_id": index}).decode()
    return Opening("annotation.submitted", NOW, bytes([index % 256]) * 16, body)


def receipt(index: int = 5, size: int = 11, erased: bool = False) -> Receipt:
    leaves = [opening(place).leaf() for place in range(size)]
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    proof = merkle.inclusion_proof(index, size, lambda start, end: merkle.root(hashes[start:end]))
    note = sign_checkpoint(Checkpoint(SIGNER.name, size, merkle.root(hashes)), SIGNER)
    kept = None if erased else opening(index)
    return Receipt(index, tuple(proof), note, leaves[index], kept)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_canonical_json_is_that_of_rfc_8785(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [float("nan"), 2**53, "\ud800", {1: 2}, object()])
def test_what_json_cannot_hold_exactly_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="canonical JSON"):
        canonical(value)


def test_a_leaf_is_canonical_json_without_a_word_about_a_person() -> None:
    leaf = opening(3).leaf()
    fields = json.loads(leaf)
    assert rfc8785.dumps(fields) == leaf
    assert set(fields) == {"v", "kind", "at", "commitment"}
    assert "0123456789" not in leaf.decode()


@pytest.mark.parametrize("kind", ["", 'a"b', "Upper", "a b", "a\n", "x" * 65])
def test_kinds_that_would_need_escaping_are_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="not an event kind"):
        make_leaf(kind, NOW, commitment(b"s" * 16, b"{}"))


def test_the_same_body_under_another_salt_has_another_leaf() -> None:
    assert commitment(b"a" * 16, b"{}") != commitment(b"b" * 16, b"{}")


@given(st.integers(1, 40), st.data())
def test_a_receipt_verifies_and_gives_back_its_event(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    text = receipt(index, size).text()
    assert verify_receipt(text, SIGNER.verifier) == []
    assert parse_receipt(text) == receipt(index, size)
    assert parse_receipt(text).event() == {**BODY, "annotation_id": index}


def test_a_receipt_has_the_form_of_a_tlog_proof() -> None:
    lines = receipt().text().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1].startswith("extra ")
    assert lines[2] == "index 5"
    assert lines[lines.index("") + 1] == "log.example/carmen"


@given(st.integers(0, len(receipt().text().encode()) * 8 - 1))
def test_no_flipped_bit_of_a_receipt_goes_unseen(bit: int) -> None:
    changed = bytearray(receipt().text().encode())
    changed[bit // 8] ^= 1 << bit % 8
    try:
        text = changed.decode()
    except UnicodeDecodeError:
        return
    assert verify_receipt(text, SIGNER.verifier)


@given(st.text() | st.text(alphabet="index extra\n=+/1A").map("c2sp.org/tlog-proof@v1\n".__add__))
def test_any_text_at_all_is_answered_with_issues_and_never_a_crash(text: str) -> None:
    assert verify_receipt(text, SIGNER.verifier)


def test_a_receipt_signed_by_another_key_or_for_another_log_is_refused() -> None:
    text = receipt().text()
    [issue] = verify_receipt(text, OTHER.verifier)
    assert "not signed by" in issue.message
    stranger = Signer("log.example/dmitri", Ed25519PrivateKey.from_private_bytes(b"d" * 32))
    assert verify_receipt(text, parse_vkey(stranger.verifier.vkey))


def test_a_checkpoint_of_another_log_under_the_same_key_is_refused() -> None:
    leaf = opening(0).leaf()
    note = sign_checkpoint(Checkpoint("log.example/other", 1, merkle.leaf_hash(leaf)), SIGNER)
    [issue] = verify_receipt(Receipt(0, (), note, leaf, opening(0)).text(), SIGNER.verifier)
    assert "another log" in issue.message


def test_after_erasing_the_leaf_is_still_proven_and_the_receipt_says_what_is_gone() -> None:
    text = receipt(erased=True).text()
    [issue] = verify_receipt(text, SIGNER.verifier)
    assert issue.severity == "warning"
    assert parse_receipt(text).event() is None


def test_a_promise_verifies_and_names_the_minute() -> None:
    promise = make_promise(SIGNER, merkle.leaf_hash(opening(5).leaf()), NOW).as_json()
    assert verify_promise(promise, SIGNER.verifier) == []
    assert promise["at"] == "2026-11-21T09:30:00.000Z"
    assert promise["by"] == "2026-11-21T09:31:00.000Z"


@pytest.mark.parametrize("field", ["type", "log", "leaf_hash", "at", "by", "signature"])
def test_a_promise_with_a_changed_or_missing_field_is_refused(field: str) -> None:
    promise = make_promise(SIGNER, merkle.leaf_hash(opening(5).leaf()), NOW).as_json()
    changed = {**promise, field: promise[field].replace("0", "1").replace("a", "b") + "0"}
    assert verify_promise(changed, SIGNER.verifier)
    assert verify_promise({key: promise[key] for key in promise if key != field}, SIGNER.verifier)
    assert verify_promise({**promise, "extra": "1"}, SIGNER.verifier)
    assert verify_promise(promise, OTHER.verifier)


def test_a_promise_is_kept_by_the_receipt_of_its_own_event_alone() -> None:
    promise = make_promise(SIGNER, merkle.leaf_hash(opening(5).leaf()), NOW).as_json()
    assert verify_kept(promise, receipt(5).text(), SIGNER.verifier) == []
    [issue] = verify_kept(promise, receipt(6).text(), SIGNER.verifier)
    assert "another event" in issue.message
    assert verify_kept(promise, receipt(5).text()[:-9], SIGNER.verifier)


def test_a_malformed_receipt_says_what_is_missing() -> None:
    with pytest.raises(NoteError, match="index"):
        parse_receipt(receipt().text().replace("index ", "idx "))
