"""Whoever watches the log finds it grown and whole, and finds out whoever changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhand.core.clock import MINUTE_MS, ManualClock
from fairhand.core.errors import ConflictError, InvalidError
from fairhand.proof.log import store
from fairhand.proof.log.checkpoint import Checkpoint, sign_checkpoint
from fairhand.proof.log.cosignature import read_cosignatures
from fairhand.proof.log.monitor import Compared, Watched, compare_heads, watch
from fairhand.proof.log.note import NoteError, Signer, sign_note
from fairhand.proof.log.places import FolderPlace, dump_bundle, parse_bundle
from fairhand.proof.log.policy import Policy, believe
from fairhand.proof.log.receipt import check_receipt
from fairhand.proof.log.witness import Remembered
from fairhand.proof.log.witness_store import list_witnesses
from fairhand.storage.database import Database
from fairhand.use_cases.add_witness import AddWitness, add_witness
from fairhand.use_cases.end_witness import end_witness
from tests.engines import Templates
from tests.small_servers import serving
from tests.stories.log_world import UNION, LogWorld, accepted_by_aics, open_log

AGE_MS = 10 * MINUTE_MS
OTHER = Signer("log.example/carmen", Ed25519PrivateKey.from_private_bytes(b"x" * 32))


@pytest.fixture
def world(sqlite_db: Database, clock: ManualClock, tmp_path: Path) -> Iterator[LogWorld]:
    with open_log(sqlite_db, clock, tmp_path / "log") as made:
        yield made


@pytest.fixture
def grown(world: LogWorld) -> LogWorld:
    """A log of 300 leaves, co-signed and exported."""
    world.grow(299)
    world.join()
    assert world.cosign() == 1
    world.export()
    return world


def _watch(world: LogWorld, before: Watched | None = None, *, whole: bool = False) -> Watched:
    seen = before.seen if before else None
    place = FolderPlace(world.folder)
    return watch(place, world.policy, seen, world.clock.now, AGE_MS, whole=whole)


def test_a_log_that_grows_is_well_in_the_eyes_of_both_verifiers(grown: LogWorld) -> None:
    first = _watch(grown)
    assert (first.is_well, first.size, first.new_leaves) == (True, 300, 300)
    assert first.witnesses == (UNION.key.name,)
    saved = (grown.folder / "checkpoint").read_text("utf-8")

    grown.grow(260)
    grown.cosign()
    assert grown.export().files > 0
    second = _watch(grown, first)

    assert (second.is_well, second.size, second.new_leaves) == (True, 560, 260), second.trouble
    assert second.kinds == {"annotation.submitted": 260}
    assert accepted_by_aics(grown.folder, grown, grown.signer.verifier.vkey, saved, 600)


def test_a_receipt_carries_the_cosignature_and_stays_small(grown: LogWorld) -> None:
    grown.grow(5)  # not co-signed yet: the receipt is proven under what is
    with grown.db.read() as connection:
        early, late = store.load_proof(connection, 7), store.load_proof(connection, 303)
    assert early is not None
    assert late is not None
    assert check_receipt(early, grown.signer.verifier).size == 300
    assert [one.key for one in read_cosignatures(early.note, [UNION.key])] == [UNION.key]
    assert check_receipt(late, grown.signer.verifier).size == 305
    assert len(early.text()) < 1500


def _flip(path: str, at: int) -> Callable[[LogWorld], None]:
    def change(world: LogWorld) -> None:
        data = bytearray((world.folder / path).read_bytes())
        data[at] ^= 1
        (world.folder / path).write_bytes(data)

    return change


def _leaves(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[LogWorld], None]:
    def changed(world: LogWorld) -> None:
        path = world.folder / "tile/entries/000"
        path.write_bytes(dump_bundle(change(parse_bundle(path.read_bytes()))))

    return changed


def _fork(world: LogWorld) -> None:
    """Sign another history under the same key, and let the witness forget what it saw."""
    with world.db.write() as connection:
        for table in ("tile", "checkpoint", "cosignature", "event"):
            for rule in connection.exec_driver_sql(
                f"SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='{table}'"
            ).scalars():
                connection.exec_driver_sql(f'DROP TRIGGER "{rule}"')
        connection.exec_driver_sql("DELETE FROM cosignature")
        connection.exec_driver_sql("DELETE FROM checkpoint")
        connection.exec_driver_sql("DELETE FROM tile")
        connection.exec_driver_sql("DELETE FROM event")
        connection.exec_driver_sql("UPDATE log_head SET size = 0")
        connection.exec_driver_sql("UPDATE witness SET cosigned_size = 0")
    world.union.remembered.clear()
    world.grow(340, "other")
    world.cosign()
    for path in sorted(world.folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    world.export()


def _another_key(world: LogWorld) -> None:
    text = (world.folder / "checkpoint").read_text("utf-8").split("\n\n")[0] + "\n"
    _, size, root = text.split("\n")[:3]
    import base64

    head = Checkpoint(OTHER.name, int(size), base64.b64decode(root))
    line = world.union.signer.cosign(text, world.clock.now)
    (world.folder / "checkpoint").write_text(sign_checkpoint(head, OTHER) + line, "utf-8")


def _wait(world: LogWorld) -> None:
    world.clock.advance(AGE_MS + MINUTE_MS)


TAMPERED = {
    "a flipped bit in a tile of leaves": _flip("tile/0/000", 31 * 32 + 5),
    "a flipped bit in a tile above": _flip("tile/1/000.p/1", 3),
    "a flipped bit in the last tile": _flip("tile/0/001.p/44", 40),
    "a flipped bit in a leaf": _flip("tile/entries/000", 4000),
    "a dropped leaf": _leaves(lambda leaves: leaves[:9] + leaves[10:]),
    "reordered leaves": _leaves(lambda leaves: [leaves[1], leaves[0], *leaves[2:]]),
    "a forked tree": _fork,
    "a wrong key": _another_key,
    "a stale checkpoint": _wait,
}


@pytest.mark.parametrize("how", TAMPERED)
def test_both_verifiers_refuse(grown: LogWorld, how: str) -> None:
    before = _watch(grown)
    saved = (grown.folder / "checkpoint").read_text("utf-8")
    key = grown.signer.verifier.vkey
    assert before.is_well
    assert accepted_by_aics(grown.folder, grown, key, saved, 600)

    TAMPERED[how](grown)
    after = _watch(grown, before, whole=True)

    assert not after.is_well
    assert not accepted_by_aics(grown.folder, grown, key, saved, 600)
    assert (after.evidence is not None) is (how == "a forked tree")


def test_a_rewritten_history_leaves_both_signed_heads_as_evidence(grown: LogWorld) -> None:
    before = _watch(grown)
    _fork(grown)
    found = _watch(grown, before).evidence
    assert found is not None
    assert "rewritten" in found.why
    (twin,) = compare_heads(
        [("Amina", found.first), ("Farid", found.second)],
        grown.policy,
        [FolderPlace(grown.folder)] * 2,
    ).evidence
    assert "split view" in twin.why


def test_a_rewritten_history_is_proven_even_when_no_witness_signs_it(grown: LogWorld) -> None:
    before = _watch(grown)
    _fork(grown)
    path = grown.folder / "checkpoint"
    path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8")
    assert _watch(grown, before).evidence is not None


@pytest.mark.parametrize("path", ["tile/0/001", "tile/1/000.p/2"])
def test_a_broken_tile_of_a_log_that_grew_is_no_proof_of_another_history(
    grown: LogWorld, path: str
) -> None:
    before = _watch(grown)
    first = (grown.folder / "checkpoint").read_text("utf-8")
    grown.grow(260)
    grown.cosign()
    grown.export()
    _flip(path, 7)(grown)
    after = _watch(grown, before)
    assert not after.is_well
    assert after.evidence is None
    assert after.seen == before.seen
    second = (grown.folder / "checkpoint").read_text("utf-8")
    places = [FolderPlace(grown.folder)] * 2
    found = compare_heads([("then", first), ("now", second)], grown.policy, places)
    assert not found.evidence
    assert found.unknown == ("then and now could not be compared",)


@pytest.mark.parametrize("whole", [False, True])
def test_a_fork_that_withholds_its_tiles_is_not_believed(grown: LogWorld, whole: bool) -> None:
    before = _watch(grown)
    _fork(grown)
    (grown.folder / "tile/0/000").unlink()
    after = _watch(grown, before, whole=whole)
    assert not after.is_well
    assert after.seen == before.seen


def test_one_log_cannot_speak_for_another(grown: LogWorld) -> None:
    stranger = Signer("log.example/dmitri", Ed25519PrivateKey.from_private_bytes(b"d" * 32))
    policy = Policy((grown.signer.verifier, stranger.verifier))
    forged = sign_note(Checkpoint(grown.signer.name, 3, b"\1" * 32).text(), stranger)
    with pytest.raises(NoteError, match="not signed by"):
        believe(forged, policy)
    theirs = sign_checkpoint(Checkpoint(stranger.name, 300, b"\1" * 32), stranger)
    ours = (grown.folder / "checkpoint").read_text("utf-8")
    with pytest.raises(NoteError, match="different logs"):
        compare_heads([("here", ours), ("there", theirs)], policy)


def test_an_older_head_is_said_to_be_older(grown: LogWorld) -> None:
    old = (grown.folder / "checkpoint").read_text("utf-8")
    grown.grow(3)
    grown.cosign()
    grown.export()
    before = _watch(grown)
    (grown.folder / "checkpoint").write_text(old, "utf-8")
    after = _watch(grown, before)
    assert not after.is_well
    assert after.evidence is None
    assert "old head" in after.trouble[0]


def test_heads_of_one_log_from_several_places_agree(grown: LogWorld, tmp_path: Path) -> None:
    old = (grown.folder / "checkpoint").read_text("utf-8")
    grown.grow(3)
    grown.cosign()
    grown.export(tmp_path / "mirror")
    new = (tmp_path / "mirror" / "checkpoint").read_text("utf-8")
    places = [FolderPlace(grown.folder), FolderPlace(tmp_path / "mirror")]
    assert compare_heads([("here", old), ("there", new)], grown.policy, places) == Compared()
    alone = compare_heads([("here", old), ("there", new)], grown.policy)
    assert alone.unknown == ("here and there could not be compared",)


def test_an_export_goes_on_where_it_was_stopped_and_knows_its_folder(
    grown: LogWorld, templates: Templates, clock: ManualClock, tmp_path: Path
) -> None:
    (grown.folder / "tile/entries/001.p/44").unlink()
    (grown.folder / "checkpoint").unlink()  # it is written last
    assert grown.export().files == 1
    assert _watch(grown).is_well
    with templates.fresh("sqlite") as url:
        other = LogWorld(Database(url), clock, grown.folder, grown.union, grown.place)
        other.grow(400)
        with pytest.raises(ConflictError, match="holds another log"):
            other.export()
        other.db.close()


def test_a_witness_that_knows_better_is_asked_again_and_one_that_saw_more_refuses(
    grown: LogWorld,
) -> None:
    with grown.db.write() as connection:
        connection.exec_driver_sql("UPDATE witness SET cosigned_size = 7")
    grown.grow(9)
    assert grown.cosign() == 1
    grown.union.remembered[grown.signer.name] = Remembered(999, b"r" * 32)
    grown.grow(2)
    assert grown.cosign() == 0
    with grown.db.read() as connection:
        (one,) = list_witnesses(connection)
    assert one.trouble == "the witness has signed 999 leaves, this log has 311"
    assert grown.cosign() == 0, "it is asked again and the log goes on"


def test_a_silent_witness_does_not_keep_the_others_from_signing(world: LogWorld) -> None:
    world.grow(3)
    with serving(world.union.answer) as gone:
        away = gone.url
    from fairhand.proof.log.cosignature import WitnessSigner

    silent = WitnessSigner("silent.example", Ed25519PrivateKey.from_private_bytes(b"s" * 32))
    add_witness(world.db, AddWitness(silent.key.vkey, away), world.clock.now)
    world.join()
    assert world.cosign() == 1
    with world.db.read() as connection:
        first, second = list_witnesses(connection)
    assert first.trouble
    assert (second.trouble, second.cosigned_size) == ("", 5)
    end_witness(world.db, first.id, None, world.clock.now)
    with world.db.read() as connection:
        assert [one.id for one in list_witnesses(connection)] == [second.id]


@pytest.mark.parametrize(
    ("vkey", "url"),
    [("nonsense", "https://union.example"), (UNION.key.vkey, "ftp://union.example")],
)
def test_a_witness_with_a_bad_key_or_address_is_refused(
    world: LogWorld, vkey: str, url: str
) -> None:
    with pytest.raises(InvalidError):
        add_witness(world.db, AddWitness(vkey, url), world.clock.now)
