"""What a release carries says of itself, in everybody's form (C2PA), where it was published."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select, update

from fairhand.client.dataset import load_release
from fairhand.client.errors import FairhandError
from fairhand.compute.authenticity import credentials as found_here
from fairhand.compute.authenticity.signing import ContentSigner
from fairhand.core.clock import Instant, system_now
from fairhand.core.errors import UnavailableError
from fairhand.proof.release.verify import verify_release
from fairhand.storage.database import Database
from fairhand.storage.tables.work import task
from fairhand.use_cases.examine_contribution import Shop
from fairhand.use_cases.publish_release import PublishedRelease, PublishRelease, publish_release
from fairhand.use_cases.read_releases import ReleaseFolder, iter_files, open_folder
from fairhand.use_cases.release_credentials import credentials_of
from fairhand.use_cases.settle_withdrawals import settle_withdrawals
from fairhand.use_cases.withdraw_grant import WithdrawGrant, withdraw_grant
from fairhand.work.recordings.rules import wave_header
from tests.stories.own_data_world import OwnDataWorld
from tests.stories.quality_world import MORNING
from tests.stories.release_world import SIGNER, make_answered_world, make_press
from tests.stories.test_own_data_way import release

c2pa = pytest.importorskip("c2pa", reason="install fairhand[people]")
soundfile = pytest.importorskip("soundfile", reason="install fairhand[people]")

NOON = Instant(MORNING + 9_000_000)


def picture(seed: int, form: str) -> bytes:
    kept = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, (30, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(kept, form)
    return kept.getvalue()


def sound(form: str) -> bytes:
    kept = io.BytesIO()
    soundfile.write(kept, np.sin(np.arange(8_000) / 20), 16_000, format=form)
    return kept.getvalue()


MEDIA = (
    ("image/png", ".png", picture(1, "PNG")),
    ("image/jpeg", ".jpg", picture(2, "JPEG")),
    ("audio/wav", ".wav", wave_header(800, 8_000) + b"\x01\x00" * 800),
    ("audio/flac", ".flac", sound("FLAC")),
    ("audio/mpeg", ".mp3", sound("MP3")),
    ("application/dicom", "", b"DICM" * 40),
    ("image/webp", ".webp", b"no picture at all"),
    ("image/gif", ".gif", b""),
)


def published(
    db: Database,
    folder: Path,
    *,
    signer: ContentSigner | None = None,
    **said: Any,  # noqa: ANN401  # fields of the command
) -> PublishedRelease:
    world = make_answered_world(db, tasks=len(MEDIA))
    press = make_press(folder)
    with db.write() as connection:
        numbers = connection.execute(select(task.c.id).order_by(task.c.id)).scalars().all()
        for number, (media_type, _, content) in zip(numbers, MEDIA, strict=True):
            named = {"media_sha256": press.blobs.put(content), "media_type": media_type}
            connection.execute(update(task).where(task.c.id == number).values(**named))
    who = signer or ContentSigner(folder / "keys" / "content.pem", "pets")
    press = replace(press, credentials=partial(credentials_of, who, system_now))
    command = PublishRelease(world.project.id, media="copy", licence="CC-BY-4.0", **said)
    return publish_release(db, command, NOON, press)


def wrong_in(folder: Path) -> list[str]:
    return [one.message for one in verify_release(folder, SIGNER.verifier).issues]


def sidecars(made: PublishedRelease) -> dict[str, Path]:
    media = (one for one in (made.directory / "media").rglob("*") if one.is_file())
    beside = {one.suffix: one.with_suffix(".c2pa") for one in media if one.suffix != ".c2pa"}
    return {ending: one for ending, one in beside.items() if one.is_file()}


def test_pictures_and_sounds_get_credentials_that_c2pas_own_reader_trusts(
    sqlite_db: Database, tmp_path: Path
) -> None:
    made = published(sqlite_db, tmp_path)
    found = sidecars(made)
    everything = {ending for _, ending, content in MEDIA if content}
    assert set(found) == everything, "a file of no bytes is left without"
    root = (made.directory / "content-credentials.pem").read_text()
    settings = c2pa.Settings.from_dict({"trust": {"trust_anchors": root}})
    for media_type, ending, content in MEDIA[:5]:
        reader = c2pa.Reader(
            media_type, io.BytesIO(content), found[ending].read_bytes(), c2pa.Context(settings)
        )
        assert str(reader.get_validation_state()) == "Trusted"
        told = json.loads(reader.json())
        said = told["manifests"][told["active_manifest"]]
        parts = {one["label"]: one["data"] for one in said["assertions"]}
        assert parts["org.fairhand.release"]["licence"] == "CC-BY-4.0"
        assert parts["org.fairhand.release"]["release"].endswith(":v1")
        actions = [one["action"] for one in parts["c2pa.actions.v2"]["actions"]]
        assert actions == ["c2pa.opened", "c2pa.published"]
    assert wrong_in(made.directory) == []
    facts = load_release(made.directory).manifest["facts"]
    assert facts["credentials"] == {"files": 7, "without": 1}
    card = (made.directory / "README.md").read_text()
    assert "license: cc-by-4.0\n" in card
    assert "Content credentials (C2PA) beside the files, ending in .c2pa: 7" in card


def test_a_second_release_differs_in_its_signatures_alone(
    sqlite_db: Database, tmp_path: Path
) -> None:
    signer = ContentSigner(tmp_path / "keys" / "content.pem", "pets")
    first = published(sqlite_db, tmp_path, signer=signer)
    press = replace(make_press(tmp_path), credentials=partial(credentials_of, signer, system_now))
    command = PublishRelease(1, tmp_path / "again", media="copy", licence="CC-BY-4.0")
    again = publish_release(sqlite_db, command, NOON, press)
    for mine in (one for one in first.directory.rglob("*") if one.is_file()):
        theirs = again.directory / mine.relative_to(first.directory)
        is_same = theirs.read_bytes() == mine.read_bytes()
        if mine.suffix == ".c2pa":
            assert not is_same
        elif "media" in mine.parts or mine.suffix in (".parquet", ".pem", ".jsonl"):
            assert is_same, mine


@pytest.mark.parametrize("harm", ["picture", "sidecar", "another's", "gone", "added", "root"])
def test_what_was_changed_is_named(sqlite_db: Database, tmp_path: Path, harm: str) -> None:
    made = published(sqlite_db, tmp_path)
    found = sidecars(made)
    root = made.directory / "content-credentials.pem"
    if harm == "picture":
        harmed = found[".png"].with_suffix(".png")
        harmed.write_bytes(harmed.read_bytes()[:-1] + b"\0")
    elif harm == "sidecar":
        harmed = found[".png"]
        harmed.write_bytes(harmed.read_bytes().replace(b"CC-BY-4.0", b"CC-BY-4.1"))
    elif harm == "another's":
        harmed = found[".png"]
        harmed.write_bytes(found[".jpg"].read_bytes())
    elif harm == "gone":
        harmed = found[".png"]
        harmed.unlink()
    elif harm == "added":
        harmed = found[".png"].with_name("0" * 64 + ".c2pa")
        harmed.write_bytes(found[".png"].read_bytes())
    else:
        harmed = root
        stranger = ContentSigner(tmp_path / "other.pem", "pets")
        root.write_text(stranger.root(system_now()))
    wrong = wrong_in(made.directory)
    named = "content-credentials.pem" if harm in ("gone", "root") else harmed.name
    words = "6 of 7 content credentials" if harm == "gone" else named
    assert any(words in one for one in wrong), wrong


def test_load_release_looks_at_the_media_too(sqlite_db: Database, tmp_path: Path) -> None:
    made = published(sqlite_db, tmp_path)
    picture_file = sidecars(made)[".png"].with_suffix(".png")
    whole = picture_file.read_bytes()
    picture_file.write_bytes(whole[:-1] + b"\0")
    with pytest.raises(FairhandError, match="was changed"):
        load_release(made.directory)
    picture_file.unlink()
    with pytest.raises(FairhandError, match="is missing"):
        load_release(made.directory)
    assert len(load_release(made.directory, check=False)) == len(MEDIA)
    picture_file.write_bytes(whole)
    assert len(load_release(made.directory)) == len(MEDIA)


def test_a_download_brings_the_credentials_along(sqlite_db: Database, tmp_path: Path) -> None:
    made = published(sqlite_db, tmp_path)
    names = {name for name, _ in iter_files(opened(sqlite_db, made))}
    assert len([one for one in names if one.endswith(".c2pa")]) == 7
    assert "content-credentials.pem" in names


def test_without_the_extra_a_release_says_nothing_of_credentials_and_reads_none(
    sqlite_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = published(sqlite_db, tmp_path)
    monkeypatch.setattr(found_here, "has_credentials", lambda: False)
    monkeypatch.setattr("fairhand.use_cases.release_credentials.has_credentials", lambda: False)
    checked = "fairhand.proof.release.credentials_check.has_credentials"
    monkeypatch.setattr(checked, lambda: False)
    report = verify_release(made.directory, SIGNER.verifier)
    assert report.ok
    assert [one.severity for one in report.issues] == ["warning"]
    assert "install fairhand[people]" in report.issues[0].message
    press = make_press(tmp_path)
    signer = ContentSigner(tmp_path / "unused.pem", "pets")
    press = replace(press, credentials=partial(credentials_of, signer, system_now))
    command = PublishRelease(1, tmp_path / "plain", media="copy")
    plain = publish_release(sqlite_db, command, NOON, press)
    assert wrong_in(plain.directory) == []
    assert "credentials" not in (plain.directory / "manifest.json").read_text()
    assert not signer.path.exists()


def test_a_damaged_key_stops_the_release_and_leaves_nothing(
    sqlite_db: Database, tmp_path: Path
) -> None:
    signer = ContentSigner(tmp_path / "content.pem", "pets")
    signer.path.write_text("nothing")
    with pytest.raises(UnavailableError, match="Restore it"):
        published(sqlite_db, tmp_path, signer=signer, directory=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".out*"))


@pytest.fixture
def campaign(sqlite_db: Database, tmp_path: Path) -> OwnDataWorld:
    """A campaign whose recordings get credentials when they are given."""
    world = OwnDataWorld(sqlite_db, tmp_path)
    shop, signer = world.shop, ContentSigner(tmp_path / "c.pem", "pets")
    world.shop = Shop(shop.db, shop.blobs, shop.vault, signer)
    return world


def test_a_campaigns_release_holds_with_its_recordings_own_credentials(
    campaign: OwnDataWorld,
) -> None:
    amina, _ = campaign.join("Amina")
    campaign.record(amina)
    campaign.take_in()
    made = release(campaign)
    assert len(list((made.directory / "media").rglob("*.c2pa"))) == 1
    assert wrong_in(made.directory) == []


def test_what_was_taken_back_takes_its_credentials_along(
    campaign: OwnDataWorld, tmp_path: Path
) -> None:
    amina, _ = campaign.join("Amina")
    esi, given = campaign.join("Esi")
    campaign.record(amina)
    campaign.record(esi)
    campaign.take_in()
    made = release(campaign)
    campaign.now = Instant(campaign.now + 1_000)
    taken = WithdrawGrant(esi, given.grant_ids["voice"])
    withdraw_grant(campaign.db, taken, campaign.now)
    settle_withdrawals(campaign.db, campaign.shop.blobs, SIGNER, campaign.now)
    assert len([one for one in (made.directory / "media").rglob("*") if one.is_file()]) == 2
    assert wrong_in(made.directory) == []

    # What is downloaded from now on says why some of it is not there.
    copy = tmp_path / "downloaded"
    for name, path in iter_files(opened(campaign.db, made)):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(path.read_bytes())
    assert wrong_in(copy) == []
    assert len(load_release(copy)) == 2


def opened(db: Database, made: PublishedRelease) -> ReleaseFolder:
    from fairhand.proof.release import store

    with db.read() as connection:
        found = store.load_release(connection, made.release_id)
    assert found is not None
    return open_folder(found)
