"""At a terminal: export the log, watch it, co-sign it, compare it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from fairhand.core.clock import Instant
from fairhand.core.errors import MalformedError
from fairhand.proof.log.cosignature import parse_witness_signer, read_cosignatures
from fairhand.proof.log.note import Signer, parse_vkey
from fairhand.proof.log.tiles import consistency_proof
from fairhand.proof.log.witness import Asked
from fairhand.web.witness import make_app
from tests.stories.log_world import LOG, UNION
from tests.stories.terminal import Terminal, run

NOW = Instant(1_790_000_000_000)


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)  # evidence is written where one stands
    made = Terminal(tmp_path / "house")
    made.init()
    return made


def test_farid_watches_an_exported_log_and_finds_a_dropped_leaf(
    terminal: Terminal, tmp_path: Path
) -> None:
    folder, state = str(tmp_path / "public"), str(tmp_path / "seen.json")
    key = terminal.file("log.vkey", terminal.ok("log", "key").out)
    early = run("log", "monitor", folder, "--key", key, "--state", state)
    assert early.code == 1
    assert "this is no log" in early.out
    terminal.ok("log", "seal")
    terminal.ok("log", "export", folder)
    first = run("log", "monitor", folder, "--key", key, "--state", state, "--json")
    assert first.code == 0, first.out
    assert first.json["new_leaves"] == first.json["size"] > 0

    terminal.project()
    terminal.ok("log", "seal")
    terminal.ok("log", "export", folder)
    size = first.json["size"]
    bundle = next(Path(folder, "tile/entries").rglob(f"*.p/{size}"))
    newest = max(bundle.parent.iterdir(), key=lambda path: int(path.name))
    whole = newest.read_bytes()
    newest.write_bytes(bundle.read_bytes())

    missed = run("log", "monitor", folder, "--key", key, "--state", state)
    assert missed.code == 1
    assert "some are missing" in missed.out
    newest.write_bytes(whole)
    assert run("log", "monitor", folder, "--key", key, "--state", state).code == 0


def test_a_rewritten_log_leaves_a_file_of_evidence(terminal: Terminal, tmp_path: Path) -> None:
    other = Terminal(tmp_path / "other")
    other.init()
    twin_key = terminal.workspace / "keys" / "log.key"
    (other.workspace / "keys" / "log.key").write_bytes(twin_key.read_bytes())
    state = str(tmp_path / "seen.json")
    key = terminal.ok("log", "key").out.strip()
    for one in (terminal, other):
        one.ok("log", "seal")
        one.ok("log", "export", str(one.workspace.parent / f"{one.workspace.name}-log"))
    first, second = str(tmp_path / "house-log"), str(tmp_path / "other-log")
    assert run("log", "monitor", first, "--key", key, "--state", state).code == 0

    found = run("log", "monitor", second, "--key", key, "--state", state, "--json")
    assert found.code == 4
    (kept,) = json.loads(Path(found.json["evidence"]).read_bytes())
    assert kept["first"] != kept["second"]
    assert run("log", "compare", first, first, "--key", key).code == 0
    assert run("log", "compare", first, second, "--key", key, "--json").code == 4


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("log", "monitor", "nowhere"), "--key"),
        (("log", "monitor", "nowhere", "--key", "nonsense"), "not an Ed25519 key"),
        (("log", "witness", "serve", "--key", "{bad}", "--log", "x", "--state", "s"), "PRIVATE"),
    ],
)
def test_bad_input_is_told_in_words(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    bad = tmp_path / "bad.key"
    bad.write_text("no key")
    said = run(*(one.format(bad=bad) for one in arguments))
    assert said.code != 0
    assert says in said.err + said.out
    assert "Traceback" not in said.err


def test_witnesses_are_added_listed_and_ended(terminal: Terminal) -> None:
    key = run("log", "witness", "key", terminal.file("u.key", "")[:-5] + "w.key", "--name", "u.ex")
    vkey = key.out.strip()
    assert "Nobody co-signs" in terminal.ok("log", "witness", "list").out
    terminal.ok("log", "witness", "add", vkey, "https://witness.example")
    (one,) = terminal.ok("log", "witness", "list", "--json").json["witnesses"]
    assert one["vkey"] == vkey
    terminal.ok("log", "witness", "end", "1")
    assert terminal.ok("log", "witness", "list", "--json").json["witnesses"] == []
    assert terminal.run("log", "witness", "end", "1").code != 0


def test_a_key_of_a_witness_is_never_overwritten(tmp_path: Path) -> None:
    path = str(tmp_path / "w.key")
    assert run("log", "witness", "key", path, "--name", "w.example").code == 0
    before = Path(path).read_text()
    assert run("log", "witness", "key", path, "--name", "w.example").code != 0
    assert Path(path).read_text() == before
    assert parse_witness_signer(before).key.name == "w.example"


def test_the_witness_server_signs_growth_and_refuses_everything_else(tmp_path: Path) -> None:
    state = tmp_path / "state" / "union.json"
    heads, tiles = _heads(4)
    note = dict(heads)

    def ask(old: int, size: int, text: str | None = None) -> tuple[int, str]:
        client = TestClient(make_app(UNION, [LOG.verifier], state, lambda: NOW))
        read = lambda level, index: tiles.get((level, index), b"")  # noqa: E731
        proof = consistency_proof(old, size, read) if 0 < old <= size else []
        body = Asked(old, tuple(proof), text or note[size]).body()
        answer = client.post("/add-checkpoint", content=body)
        return answer.status_code, answer.text

    status, line = ask(0, 2)
    assert status == 200
    assert read_cosignatures(note[2] + line, [UNION.key])
    assert ask(2, 4)[0] == 200, "a new process goes on from the state file"
    assert ask(2, 4) == (409, "4\n"), "a rollback is told how far the witness is"
    assert ask(4, 4)[0] == 200, "the same head again"
    assert ask(4, 2)[0] == 400
    forked = _heads(4, b"other")[0][-1][1]
    assert ask(4, 4, forked) == (409, "4\n")
    assert ask(4, 4, note[4].replace("log.example", "log.stranger"))[0] == 404
    assert ask(4, 4, note[4].replace("\n4\n", "\n3\n"))[0] == 403
    assert ask(0, 2, "nonsense")[0] == 400
    state.write_text("{")
    with pytest.raises(MalformedError, match="without it nothing can be signed"):
        ask(4, 4)


def _heads(
    size: int, word: bytes = b"leaf"
) -> tuple[list[tuple[int, str]], dict[tuple[int, int], bytes]]:
    from fairhand.proof.log import merkle, tiles
    from fairhand.proof.log.checkpoint import Checkpoint, sign_checkpoint

    leaves = [merkle.leaf_hash(word + bytes([n])) for n in range(size)]
    made = tiles.grow(0, leaves, lambda _level, _index: b"")
    notes = [
        (n, sign_checkpoint(Checkpoint(LOG.name, n, merkle.root(leaves[:n])), LOG))
        for n in range(1, size + 1)
    ]
    assert parse_vkey(LOG.verifier.vkey) == LOG.verifier
    return notes, made


def test_states_go_by_the_log_and_not_by_the_place(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states, names = tmp_path / "states", ("pets/log", "pets-log")
    states.mkdir()
    keys = []
    for place, name in zip(("one", "two"), names, strict=True):
        house = Terminal(tmp_path / f"house-{place}")
        house.init()
        (house.workspace / "keys" / "log.key").write_text(
            Signer(name, Ed25519PrivateKey.generate()).skey() + "\n"
        )
        house.ok("log", "seal")
        house.ok("log", "export", str(tmp_path / place))
        keys.append(house.ok("log", "key").out.strip())
    for place, key in zip(("one", "two"), keys, strict=True):
        said = run("log", "monitor", str(tmp_path / place), "--key", key, "--state", str(states))
        assert said.code == 0, said.out + said.err
    assert len(list(states.glob("*.seen.json"))) == 2, "alike names are two logs"

    (tmp_path / "one").rename(tmp_path / "moved")
    watched = ("log", "monitor", str(tmp_path / "moved"), "--state", str(states), "--json")
    moved = run(*watched, "--key", keys[0])
    assert (moved.code, moved.json["new_leaves"]) == (0, 0), "a log that moved goes on"

    shutil.rmtree(tmp_path / "moved")
    (tmp_path / "two").rename(tmp_path / "moved")
    other = run(*watched, "--key", keys[1])
    assert other.code == 1
    assert "this place showed the log pets/log before" in other.json["trouble"][0]
    still = run(*watched, "--key", keys[0])
    assert still.code == 1
    assert "another log" in still.json["trouble"][0]

    policy = terminal.file("policy", "".join(f"log {key}\n" for key in keys) + "quorum none\n")
    Path(other.json["state"]).unlink()
    both = run(*watched, "--policy", policy)
    assert both.code == 0, both.out + both.err
