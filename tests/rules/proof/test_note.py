"""Notes and checkpoints are those of C2SP, byte for byte, and nothing looser is accepted."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.errors import UnavailableError
from fairhand.proof.log.checkpoint import (
    Checkpoint,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from fairhand.proof.log.keys import load_or_create_signer, load_signer
from fairhand.proof.log.merkle import EMPTY_ROOT
from fairhand.proof.log.note import (
    NoteError,
    Signer,
    Verifier,
    open_note,
    parse_skey,
    parse_vkey,
    sign_note,
)

# The key pair and note that implementations of signed notes test one another with.
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
SIGNATURE = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZIn"
    "NIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
NOTE = f"{TEXT}\n{SIGNATURE}"


def signer(name: str = "log.example/carmen", seed: int = 7) -> Signer:
    return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def test_the_published_note_is_signed_byte_for_byte() -> None:
    assert sign_note(TEXT, parse_skey(SKEY)) == NOTE


def test_the_published_note_opens_under_its_public_key() -> None:
    assert open_note(NOTE, [parse_vkey(VKEY)]) == TEXT


def test_keys_are_written_as_they_are_read() -> None:
    assert parse_vkey(VKEY).vkey == VKEY
    assert parse_skey(SKEY).skey() == SKEY
    assert parse_skey(SKEY).verifier == parse_vkey(VKEY)


@pytest.mark.parametrize("start", range(0, len(VKEY), 3))
def test_a_cut_or_changed_public_key_is_refused(start: int) -> None:
    changed = VKEY[:start] + chr(ord(VKEY[start]) + 1) + VKEY[start + 1 :]
    for bad in (VKEY[start + 1 :], VKEY[:start], changed):
        with pytest.raises(NoteError):
            parse_vkey(bad)


def test_a_key_of_another_algorithm_or_length_is_refused() -> None:
    for bad in (
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ):
        with pytest.raises(NoteError):
            parse_vkey(bad)


@given(st.integers(0, len(NOTE.encode()) * 8 - 1))
def test_no_flipped_bit_of_a_note_goes_unseen(bit: int) -> None:
    changed = bytearray(NOTE.encode())
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises((NoteError, UnicodeDecodeError)):
        open_note(changed.decode(), [parse_vkey(VKEY)])


def test_signatures_by_others_are_ignored_and_never_enough() -> None:
    witness = signer("witness.example", 9)
    line = sign_note(TEXT, witness).rpartition("\n\n")[2]
    assert open_note(NOTE + line, [parse_vkey(VKEY)]) == TEXT
    assert open_note(NOTE + line, [witness.verifier]) == TEXT
    with pytest.raises(NoteError, match="not signed by PeterNeumann"):
        open_note(f"{TEXT}\n{line}", [parse_vkey(VKEY)])


def test_a_wrong_signature_under_a_known_key_spoils_a_note_that_another_key_signed() -> None:
    amina, bao = signer("amina.example", 1), signer("bao.example", 2)
    wrong = sign_note("other text\n", bao).rpartition("\n\n")[2]
    with pytest.raises(NoteError, match=r"bao\.example does not match"):
        open_note(sign_note(TEXT, amina) + wrong, [amina.verifier, bao.verifier])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        TEXT,
        NOTE.removesuffix("\n"),
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("\u2014", "-"),
        NOTE + "\n",
        NOTE.replace("then", "\tthen"),
        NOTE.replace("\n", "\r\n"),
        f"{TEXT}\n\u2014 Peter+Neumann x08go/ZJ\n",
        f"{TEXT}\n\u2014 PeterNeumann x08g\n",
        f"{TEXT}\n\u2014 PeterNeumann\n",
        f"{TEXT}\n{SIGNATURE}\u2014  x08go/ZJ\n",
        f"{TEXT}\n" + SIGNATURE * 101,
        "x" * 1_000_001,
    ],
)
def test_malformed_notes_are_refused(note: str) -> None:
    with pytest.raises(NoteError):
        open_note(note, [parse_vkey(VKEY)])


def test_the_published_checkpoint_is_read() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    checkpoint = parse_checkpoint(text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert checkpoint.root.hex().startswith("0ac5186a")
    assert checkpoint.text() == text


def test_a_checkpoint_comes_back_from_its_signed_form() -> None:
    checkpoint = Checkpoint("log.example/carmen", 0, EMPTY_ROOT, ("extension",))
    note = sign_checkpoint(checkpoint, signer())
    assert open_checkpoint(note, [signer().verifier]) == checkpoint
    with pytest.raises(NoteError):
        open_checkpoint(note, [signer(seed=8).verifier])


ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="


@pytest.mark.parametrize(
    "text",
    [
        f"a\n1\n{ROOT}",
        f"a\n01\n{ROOT}\n",
        f"a\n-1\n{ROOT}\n",
        f"a\n+1\n{ROOT}\n",
        f"a\n1 \n{ROOT}\n",
        f"a\n\u0661\n{ROOT}\n",
        f"a\n9223372036854775808\n{ROOT}\n",
        f"a\n{'9' * 5000}\n{ROOT}\n",
        f"\n1\n{ROOT}\n",
        "a\n1\nCsUY\n",
        f"a\n1\n{ROOT[:-2]}J=\n",
        f"a\n1\n{ROOT}\n\n",
        "a\n1\n",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(NoteError):
        parse_checkpoint(text)


@pytest.mark.parametrize("name", ["", "with space", "with+plus", "line\nbreak", "nbsp\u00a0"])
def test_names_that_a_note_cannot_carry_are_refused(name: str) -> None:
    with pytest.raises(NoteError, match="key name"):
        Verifier(name, bytes(32))


def test_the_key_file_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "log.key"
    first = load_or_create_signer(path, "log.example/carmen")
    again = load_or_create_signer(path, "log.example/renamed")
    assert again.verifier == first.verifier
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["log.key"]


def test_a_log_may_be_named_in_the_words_of_people(tmp_path: Path) -> None:
    signer = load_or_create_signer(tmp_path / "log.key", "fairhand/Carmen's  lab + friends\u00a0")
    assert signer.name == "fairhand/Carmen's-lab-friends"
    assert parse_vkey(signer.verifier.vkey) == signer.verifier


def test_a_missing_or_damaged_key_file_is_said_clearly(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="missing"):
        load_signer(tmp_path / "log.key")
    (tmp_path / "log.key").write_text(SKEY.replace("c74f", "c74e"))
    with pytest.raises(UnavailableError, match="cannot be read"):
        load_signer(tmp_path / "log.key")
