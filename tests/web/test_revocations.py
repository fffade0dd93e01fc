"""Whoever has a copy of a release learns what must go: by the feed, from a file, signed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhand.core.clock import Instant
from fairhand.core.errors import MalformedError
from fairhand.core.settings import Settings
from fairhand.proof.log.key_store import KeyRow, add_key
from fairhand.proof.log.note import Signer, open_note
from fairhand.proof.log.rotation import make_handover
from fairhand.proof.release.check import check_folder, open_folder
from fairhand.proof.release.verify import verify_release
from fairhand.proof.revocation.rules import sign_list
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.export_release import ExportRelease, export_release
from fairhand.use_cases.house import House
from fairhand.use_cases.publish_release import PublishedRelease, PublishRelease, publish_release
from fairhand.use_cases.settle_withdrawals import settle_withdrawals
from fairhand.use_cases.withdraw_grant import WithdrawGrant, withdraw_grant
from fairhand.web.app import create_app
from tests.stories.own_data_world import OwnDataWorld
from tests.stories.release_world import SIGNER
from tests.stories.terminal import run
from tests.web.world import TestClient


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> OwnDataWorld:
    return OwnDataWorld(sqlite_db, tmp_path)


def print_release(world: OwnDataWorld) -> PublishedRelease:
    aggregate_labels(world.db, world.project.id, world.now)
    command = PublishRelease(world.project.id, media="copy")
    return publish_release(world.db, command, world.now, world.press())


def give_and_take_back(world: OwnDataWorld) -> PublishedRelease:
    """Amina and Esi record; a release holds both; Esi takes hers back."""
    amina, _ = world.join("Amina")
    esi, given = world.join("Esi")
    world.record(amina)
    world.record(esi)
    world.take_in()
    made = print_release(world)
    world.now = Instant(world.now + 1_000)
    withdraw_grant(world.db, WithdrawGrant(esi, given.grant_ids["voice"]), world.now)
    return made


def visitor(world: OwnDataWorld) -> TestClient:
    house = House(
        settings=Settings(workspace=world.folder),
        db=world.db,
        blobs=world.shop.blobs,
        signer=SIGNER,
        name="voices",
        secret=b"s" * 32,
        clock=lambda: world.now,
    )
    return TestClient(create_app(house), raise_server_exceptions=False, follow_redirects=False)


def test_anybody_may_poll_the_list_and_hold_it_against_its_signature(world: OwnDataWorld) -> None:
    made = give_and_take_back(world)
    client, place = visitor(world), f"/releases/{made.release_id}/revocations"
    empty = client.get(place)
    assert empty.json()["items"] == []
    assert client.get(place, headers={"if-none-match": empty.headers["etag"]}).status_code == 304

    settle_withdrawals(world.db, world.shop.blobs, SIGNER, world.now)
    assert client.get(place, params={"since": 1}).status_code == 204
    full = client.get(place, params={"since": 0}, headers={"if-none-match": empty.headers["etag"]})
    assert full.status_code == 200
    assert [one["reason"] for one in full.json()["items"]] == ["withdrawn"]
    assert "Esi" not in full.text
    note = client.get(full.links["describedby"]["url"]).text
    assert "items 1\n" in open_note(note, [SIGNER.verifier])
    held = open_folder(made.directory)
    found = check_folder(held, full.content, note)
    assert (found.items, len(found.must_go)) == (2, 1)
    lines = (made.directory / "items.jsonl").read_bytes().splitlines()
    assert found.must_go[0].item in {json.loads(line)["item"] for line in lines}

    media = {path.name.split(".")[0] for path in made.directory.glob("media/*/*")}
    assert len(media) == 1, "the file of what was taken back is in our folder no more"
    assert found.must_go[0].sha256 not in media
    assert [one.message for one in verify_release(made.directory, SIGNER.verifier).issues] == []
    next(made.directory.glob("media/*/*")).unlink()
    assert not verify_release(made.directory, SIGNER.verifier).ok, "no other file may be missing"

    changed = full.content.replace(b"withdrawn", b"expired")
    with pytest.raises(MalformedError):
        check_folder(held, changed, note)
    old = client.get(place, params={"number": 0})
    assert old.json()["number"] == 0
    for wrong in (f"{place}?number=2", f"{place}?number=-1", "/releases/99/revocations"):
        assert client.get(wrong).status_code == 404
    assert client.get(f"/releases/{2**70}/revocations").status_code == 404


def test_a_copy_is_checked_from_a_file_and_from_the_server(
    world: OwnDataWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = give_and_take_back(world)
    client = visitor(world)
    place = f"/releases/{made.release_id}/revocations"
    monkeypatch.setattr(httpx, "Client", _behind(client))
    folder = str(made.directory)
    said = run("release", "check", folder, "--server", "http://testserver")
    assert said.code == 0, said.err
    assert "may still be used" in said.out
    settle_withdrawals(world.db, world.shop.blobs, SIGNER, world.now)
    said = run("release", "check", folder, "--server", "http://testserver", "--json")
    assert said.code == 1, said.err
    assert [one["reason"] for one in said.json["must_go"]] == ["withdrawn"]

    kept = tmp_path / "list.json"
    kept.write_bytes(client.get(place).content)
    assert "cannot be read" in run("release", "check", folder, "--list", str(kept)).err
    (tmp_path / "list.json.note").write_text(client.get(f"{place}.note").text)
    assert run("release", "check", folder, "--list", str(kept)).code == 1
    assert run("release", "check", folder).code == 2
    gone = run("release", "check", folder, "--server", "http://testserver/nowhere")
    assert gone.code == 3
    assert "try again before you use" in gone.err


def _behind(client: TestClient) -> Any:  # noqa: ANN401  # a class that stands for another
    class Behind:
        """An HTTP client that asks the app itself."""

        def __init__(self, **_options: Any) -> None:  # noqa: ANN401
            """Take any option."""

        def __enter__(self) -> TestClient:
            return client

        def __exit__(self, *_error: object) -> None:
            """Leave the app open."""

    return Behind


def test_a_list_signed_with_a_newer_key_of_the_log_holds_for_an_older_release(
    world: OwnDataWorld, tmp_path: Path
) -> None:
    made = give_and_take_back(world)
    newer = Signer(SIGNER.name, Ed25519PrivateKey.from_private_bytes(b"n" * 32))
    note = make_handover(SIGNER, newer, 1, world.now)
    with world.db.write() as connection:
        add_key(connection, KeyRow(SIGNER.verifier.vkey, 0, world.now, None), None)
        add_key(connection, KeyRow(newer.verifier.vkey, 1, world.now, note), None)
    settle_withdrawals(world.db, world.shop.blobs, newer, world.now)
    assert len(list(made.directory.glob("media/*/*"))) == 1, "its file has left the folder"
    assert verify_release(made.directory, [SIGNER.verifier]).ok
    command = ExportRelease(made.directory, "jsonl", tmp_path / "out")
    assert export_release(command).tasks == 1
    strangers = Signer(SIGNER.name, Ed25519PrivateKey.from_private_bytes(b"x" * 32))
    held = open_folder(made.directory)
    list_now = (made.directory / "revocations.json").read_bytes()
    forged = sign_list(strangers, list_now, made.release_id, 1, 1).note
    with pytest.raises(MalformedError):
        check_folder(held, list_now, forged)
