"""Cosignatures and policies are those of C2SP; another implementation reads ours and we theirs."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhand.core.clock import Instant
from fairhand.proof.log.checkpoint import Checkpoint, sign_checkpoint
from fairhand.proof.log.cosignature import (
    WitnessSigner,
    parse_witness_key,
    parse_witness_signer,
    read_cosignatures,
)
from fairhand.proof.log.note import NoteError, Signer, split_note
from fairhand.proof.log.policy import believe, dump_policy, parse_policy

NOW = Instant(1_790_000_000_000)
LOG = Signer("log.example/carmen", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
UNION = WitnessSigner("witness.union.example", Ed25519PrivateKey.from_private_bytes(b"u" * 32))
FARID = WitnessSigner("farid.example", Ed25519PrivateKey.from_private_bytes(b"f" * 32))
HEAD = Checkpoint(LOG.name, 12, b"r" * 32)
NOTE = sign_checkpoint(HEAD, LOG)

# The example of c2sp.org/tlog-cosignature.
PUBLISHED = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZ\
qhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501


def _signed(*witnesses: WitnessSigner, at: Instant = NOW) -> str:
    return NOTE + "".join(one.cosign(HEAD.text(), at) for one in witnesses)


def test_the_published_example_is_read_as_a_log_and_a_witness() -> None:
    text, lines = split_note(PUBLISHED)
    assert text.count("\n") == 3
    assert [name for name, _, _ in lines] == [
        "example.com/behind-the-sofa",
        "witness.example.com/w1",
    ]
    assert [len(blob) for _, _, blob in lines] == [64, 72]
    assert int.from_bytes(lines[1][2][:8], "big") == 1_679_315_147


def test_another_implementation_accepts_our_cosignature_and_key() -> None:
    aics = pytest.importorskip("aics_tlog")
    note = aics.parse_note(_signed(UNION, FARID))
    keys = [aics.parse_vkey(UNION.key.vkey), aics.parse_vkey(FARID.key.vkey)]
    found = aics.verify_checkpoint(note, aics.parse_vkey(LOG.verifier.vkey), keys, 2)
    assert found.ok, found.error
    assert set(found.timestamps.values()) == {NOW // 1000}


def test_we_accept_the_cosignature_of_another_implementation() -> None:
    aics = pytest.importorskip("aics_tlog")
    key = Ed25519PrivateKey.from_private_bytes(b"a" * 32)
    _, line = aics.sign_cosignature(key, "other.example", 1_790_000_001, HEAD.origin, 12, HEAD.root)
    vkey = aics.format_vkey(aics.cosignature_vkey("other.example", key.public_key()))
    note = aics.parse_note(NOTE)
    signed = aics.Note(text=note.text, signatures=(*note.signatures, line)).serialise()
    (found,) = read_cosignatures(signed, [parse_witness_key(vkey)])
    assert found.at == 1_790_000_001_000


def test_keys_are_written_and_read_back() -> None:
    assert parse_witness_key(UNION.key.vkey) == UNION.key
    assert parse_witness_signer(UNION.skey()).key == UNION.key
    with pytest.raises(NoteError):
        parse_witness_key(LOG.verifier.vkey)  # a log's key is no witness's
    with pytest.raises(NoteError, match="does not match its own id"):
        parse_witness_key(UNION.key.vkey.replace("+", "2+", 1))


def test_a_changed_cosignature_under_a_known_key_is_an_error_and_others_are_ignored() -> None:
    later = FARID.cosign(HEAD.text(), Instant(NOW + 1000))
    earlier = FARID.cosign(HEAD.text(), NOW)
    name, blob = later.split(" ")[1], later.split(" ")[2]
    mixed = f"— {name} {blob[:16]}{earlier.split(' ')[2][16:]}"
    assert mixed not in (later, earlier)
    with pytest.raises(NoteError, match="does not match"):
        read_cosignatures(NOTE + mixed, [FARID.key])
    assert read_cosignatures(NOTE + mixed, [UNION.key]) == []


POLICY = f"""# whom Farid believes
log {LOG.verifier.vkey} https://log.example
witness union {UNION.key.vkey} https://union.example
witness farid {FARID.key.vkey}
group both all union farid
group either any union farid
"""


@pytest.mark.parametrize(
    ("quorum", "witnesses", "believed"),
    [
        ("none", (), True),
        ("union", (), False),
        ("union", (FARID,), False),
        ("union", (UNION,), True),
        ("both", (UNION,), False),
        ("both", (UNION, FARID), True),
    ],
)
def test_a_policy_believes_what_enough_witnesses_signed(
    quorum: str, witnesses: tuple[WitnessSigner, ...], believed: bool
) -> None:
    text = "\n".join(line for line in POLICY.split("\n") if not line.startswith("group either"))
    policy = parse_policy(f"{text}quorum {quorum}\n")
    assert parse_policy(dump_policy(policy)) == policy
    if believed:
        assert believe(_signed(*witnesses), policy).checkpoint == HEAD
    else:
        with pytest.raises(NoteError, match="too few witnesses"):
            believe(_signed(*witnesses), policy)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("quorum nobody", "not said before"),
        ("quorum none\nquorum none", "two lines"),
        ("group few 3 union farid\nquorum few", "cannot be"),
        ("group a any union\ngroup b any union\nquorum none", "two groups"),
        ("mirror x\nquorum none", "none of log"),
        ("", "no line `quorum`"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused_by_its_line(line: str, says: str) -> None:
    head = "\n".join(POLICY.split("\n")[:4])
    with pytest.raises(NoteError, match=says):
        parse_policy(f"{head}\n{line}\n")
