"""A campaign of a template goes all the way: made, joined, given to, released, verified."""

from __future__ import annotations

import io
from pathlib import Path
from uuid import uuid4

import numpy as np
import orjson
import pytest
from PIL import Image

from fairhand.core.clock import HOUR_MS, Instant
from fairhand.core.errors import ConflictError
from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.rules import Campaign
from fairhand.people.consent.notices import notice_words
from fairhand.proof.release.verify import verify_release
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.storage.vault import Vault
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.begin_campaign import BeginCampaign, begin_campaign
from fairhand.use_cases.campaign_offer import Offer, offer_terms
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.examine_contribution import Shop
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.import_sample import ImportSample, import_sample
from fairhand.use_cases.keep_upload import (
    JoinUpload,
    KeepUploadPart,
    join_upload,
    keep_upload_part,
)
from fairhand.use_cases.open_upload import OpenUpload, open_upload
from fairhand.use_cases.publish_release import PublishRelease, publish_release
from fairhand.use_cases.read_coverage import read_coverage
from fairhand.use_cases.read_templates import read_template
from fairhand.use_cases.set_campaign import SetCampaign, set_campaign
from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation
from fairhand.use_cases.withdraw_grant import WithdrawGrant, withdraw_grant
from fairhand.work.projects.rules import ProjectPolicy
from tests.stories.own_data_world import CONTROLLER, LEASES, OwnDataWorld
from tests.stories.quality_world import MORNING, add_person
from tests.stories.release_world import SIGNER


def world_of(db: Database, folder: Path, name: str) -> OwnDataWorld:
    """A campaign of a template, with its sample and its notice; small groups are of two."""
    template = read_template(name)
    world = OwnDataWorld.__new__(OwnDataWorld)
    blobs = BlobStore(f"file://{folder}/blobs")
    world.db, world.folder, world.now = db, folder, MORNING
    world.shop = Shop(db, blobs, Vault(folder / "keys" / "people.key"))
    world.carmen = add_person(db, "Carmen")
    policy = ProjectPolicy(
        title=template.title,
        purpose=template.purpose,
        guidelines=template.guidelines,
        questions=template.questions,
        currency="GBP",
        rate_micros_per_hour=1_500_000_000,
        min_overlap=template.min_overlap,
        max_overlap=template.max_overlap,
        expected_ms=int(template.expected_seconds * 1_000),
    )
    world.project = create_project(db, CreateProject(world.carmen, policy, "demo"), MORNING)
    begin_campaign(db, BeginCampaign(world.carmen, world.project.id, name), MORNING)
    terms = {"smallest_cell": 2}
    made = set_campaign(db, SetCampaign(world.carmen, world.project.id, terms), MORNING)
    import_sample(db, blobs, ImportSample(world.carmen, world.project.id, name), MORNING)
    world.terms = offer_terms(world.project, made, Offer(CONTROLLER, extras=("evaluation",)))
    world.publish()
    return world


def test_voices_go_all_the_way(sqlite_db: Database, tmp_path: Path) -> None:
    world = world_of(sqlite_db, tmp_path, "voice-campaign")
    people = [world.join(name)[0] for name in ("Amina", "Bao", "Esi")]
    for turn in range(4):
        world.record(people[turn % 3])
    world.take_in()
    aggregate_labels(sqlite_db, world.project.id, world.now)
    command = PublishRelease(world.project.id, media="copy", purposes=("training",))
    made = publish_release(sqlite_db, command, world.now, world.press())
    report = verify_release(made.directory, SIGNER.verifier)
    assert [issue.message for issue in report.issues] == []
    lines = (made.directory / "items.jsonl").read_bytes().splitlines()
    assert len([orjson.loads(line) for line in lines]) == 4
    later = Instant(world.now + HOUR_MS)
    picture = read_coverage(sqlite_db, world.project.id, later).coverage
    assert (picture.people, picture.reached) == (2, 4)  # three people, rounded down
    with sqlite_db.read() as connection:
        kept = campaigns.load_campaign(connection, world.project.id)
    assert kept is not None
    assert kept.taken_to > 0


def picture_of(seed: int) -> bytes:
    """A photo of coloured patches, like no other."""
    dice = np.random.default_rng(seed)
    small = Image.fromarray(dice.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    kept = io.BytesIO()
    small.resize((960, 720), Image.Resampling.BICUBIC).save(kept, "JPEG")
    return kept.getvalue()


def photograph(world: OwnDataWorld, person_id: int, seed: int) -> None:
    """Let somebody send one photo as an answer."""
    asked = HandOutTask(person_id, world.project.id)
    got = hand_out_task(world.db, asked, world.now, terms=LEASES, idle_cap_ms=120_000)
    assert got.sheet is not None
    task_id, sent, content = got.sheet.task.id, str(uuid4()), picture_of(seed)
    opened = OpenUpload(person_id, task_id, "photo", sent, len(content))
    open_upload(world.db, opened, world.now)
    part = KeepUploadPart(person_id, sent, 0, content)
    keep_upload_part(world.db, world.shop.blobs, part, world.now)
    join_upload(world.db, world.shop.blobs, JoinUpload(person_id, sent, 1), world.now)
    answer = SubmitAnnotation(person_id, task_id, sent, {"photo": {"upload": sent}})
    submit_annotation(world.db, answer, world.now, signer=SIGNER, idle_cap_ms=120_000)


@pytest.mark.slow  # the detector of faces takes seconds to load
def test_pictures_go_all_the_way(sqlite_db: Database, tmp_path: Path) -> None:
    world = world_of(sqlite_db, tmp_path, "photo-campaign")
    # Plates wait for the marks of the one who took the picture; faces are found.
    faces = SetCampaign(world.carmen, world.project.id, {"anonymise": {"faces": "blur"}})
    made = set_campaign(sqlite_db, faces, MORNING)
    world.terms = offer_terms(world.project, made, Offer(CONTROLLER))
    world.publish()
    for seed, name in enumerate(("Amina", "Bao", "Esi")):
        person_id, _ = world.join(name, {"image": ("training",)})
        photograph(world, person_id, seed)
    world.take_in()
    aggregate_labels(sqlite_db, world.project.id, world.now)
    command = PublishRelease(world.project.id, media="copy", purposes=("training",))
    written = publish_release(sqlite_db, command, world.now, world.press())
    report = verify_release(written.directory, SIGNER.verifier)
    assert [issue.message for issue in report.issues] == []
    assert len((written.directory / "items.jsonl").read_bytes().splitlines()) == 3


def test_what_people_agreed_to_is_not_loosened_behind_their_back(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world = world_of(sqlite_db, tmp_path, "voice-campaign")

    def change(**terms: object) -> Campaign:
        command = SetCampaign(world.carmen, world.project.id, terms)
        return set_campaign(sqlite_db, command, world.now)

    made = change(anonymise={"voice": "mcadams"}, retention_days=900)
    world.terms = offer_terms(world.project, made, Offer(CONTROLLER))
    assert "your voice is shifted" in notice_words(world.project.title, world.terms)
    world.publish()
    amina, given = world.join("Amina")
    for terms, said in (
        ({"retention_days": 901}, "promise 900 days"),
        ({"anonymise": {}}, "voice"),
    ):
        with pytest.raises(ConflictError, match=said) as refused:
            change(**terms)
        assert refused.value.code == "promised"
    assert change(retention_days=400).retention_days == 400
    ended = WithdrawGrant(amina, given.grant_ids["voice"])
    withdraw_grant(sqlite_db, ended, Instant(world.now + 1))
    world.now = Instant(world.now + 2)
    assert change(anonymise={}, retention_days=901).anonymise == {}
