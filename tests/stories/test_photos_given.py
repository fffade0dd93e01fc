"""In a campaign a photo needs its giver's grant, is sealed, and others see its open file alone."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import text

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ForbiddenError, NotFoundError
from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.rules import Campaign
from fairhand.storage.database import Database
from fairhand.storage.vault import Vault
from fairhand.use_cases.examine_contribution import Shop
from fairhand.use_cases.keep_up_intake import keep_up_intake
from fairhand.use_cases.read_media import read_media
from fairhand.use_cases.seal_original import open_original
from tests.rules.formats import photographs
from tests.stories.quality_world import MORNING
from tests.stories.test_photos import OTHER_ID, Darkroom

PHOTO = photographs.jpeg(width=640, height=480)


class Campaigning(Darkroom):
    """The same project, as a campaign that collects pictures."""

    def __init__(self, db: Database, folder: Path) -> None:
        super().__init__(db, folder)
        self.shop = Shop(db, self.blobs, Vault(folder / "keys" / "people.key"))
        with db.write() as connection:
            campaigns.save_campaign(connection, Campaign(self.project.id, ("image",)))
            connection.execute(
                text(
                    "INSERT INTO notice (project_id, version, language, words, sha256, terms, "
                    "checks, author_id, published_at) VALUES (:project, 1, 'en', 'w', :sha256, "
                    "'{}', '[]', :author, :now)"
                ),
                {
                    "project": self.project.id, "sha256": "0" * 64,
                    "author": self.carmen, "now": MORNING,
                },
            )  # fmt: skip

    def permit(self, person_id: int, days: int = 100) -> None:
        """Let somebody permit training with their pictures."""
        with self.db.write() as connection:
            connection.execute(
                text(
                    "INSERT INTO data_grant (uid, person_id, project_id, notice_id, modality, "
                    "territory, starts_at, ends_at, check_result, rendering, granted_at) VALUES "
                    "(:uid, :person, :project, (SELECT max(id) FROM notice), 'image', "
                    """'["worldwide"]', :start, :end, '{}', '1', :start)"""
                ),
                {
                    "uid": f"{person_id:036}", "person": person_id, "project": self.project.id,
                    "start": MORNING - DAY_MS, "end": MORNING + days * DAY_MS,
                },
            )  # fmt: skip
            connection.execute(
                text(
                    "INSERT INTO grant_purpose (grant_id, purpose, granted_at) "
                    "VALUES ((SELECT max(id) FROM data_grant), 'training', :now)"
                ),
                {"now": MORNING},
            )

    def take_in(self) -> None:
        now = Instant(MORNING + 60_000)
        keep_up_intake(self.shop, lambda: now)


@pytest.fixture
def room(sqlite_db: Database, tmp_path: Path) -> Campaigning:
    return Campaigning(sqlite_db, tmp_path)


def test_without_a_grant_that_is_valid_now_no_photo_comes_in(room: Campaigning) -> None:
    with pytest.raises(ForbiddenError) as refused:
        room.send(PHOTO)
    assert refused.value.code == "grant_needed"
    assert room.rows("SELECT 1 FROM upload") == []
    with pytest.raises(ForbiddenError, match="do not permit"):
        room.submit()
    room.permit(room.amina, days=0)
    with pytest.raises(ForbiddenError):
        room.send(PHOTO)


def test_a_given_photo_is_sealed_and_others_see_the_open_file(room: Campaigning) -> None:
    room.permit(room.amina)
    sha256 = room.send(PHOTO)["answer"]["sha256"]
    room.submit()
    with pytest.raises(NotFoundError, match="prepared"):
        read_media(room.db, room.blobs, room.actor(room.carmen), sha256, preview=False)
    clean = room.blobs.get(sha256)
    room.take_in()
    (given,) = room.rows("SELECT * FROM contribution")
    assert (given.state, given.modality, given.original_sha256) == ("ready", "image", sha256)
    assert room.blobs.get(given.sealed_sha256) != clean
    assert open_original(room.db, room.blobs, room.shop.vault, given.id) == clean
    for who in (room.carmen, room.amina):
        seen = read_media(room.db, room.blobs, room.actor(who), sha256, preview=False)
        with Image.open(io.BytesIO(seen.content)) as image:
            assert image.size == (640, 480)
    with pytest.raises(NotFoundError):
        read_media(room.db, room.blobs, room.actor(room.bao), sha256, preview=False)


def test_the_same_picture_from_another_person_waits_for_a_human(room: Campaigning) -> None:
    for who in (room.amina, room.bao):
        room.permit(who)
    room.send(PHOTO)
    room.submit()
    room.send(photographs.jpeg(width=640, height=480, seed=3), room.bao, OTHER_ID)
    told = room.submit(room.bao, OTHER_ID).reply
    assert "seconds" in str(told["paid"]), "it is paid as every other"
    room.take_in()
    first, second = room.rows("SELECT id, state FROM contribution ORDER BY id")
    assert (first.state, second.state) == ("ready", "held")
    (finding,) = room.rows(
        f"SELECT kind, severity, words FROM finding WHERE contribution_id = {second.id} "
        "AND severity = 'hold'"
    )
    assert finding.kind == "same_as_another"
    assert "given by another person before" in finding.words
