"""A photo comes in by parts, is cleaned once it is whole, and is an answer then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    TooManyError,
    UnavailableError,
)
from fairhand.core.ids import sha256_hex
from fairhand.formats.photos import NotAPhotoError
from fairhand.labels.registry import with_defaults
from fairhand.model.project import Question
from fairhand.model.task import NewTask
from fairhand.people.accounts.rules import Actor
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.check_sent import DailyLimits
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.keep_upload import (
    JoinUpload,
    KeepUploadPart,
    drop_upload,
    join_upload,
    keep_upload_part,
)
from fairhand.use_cases.open_recording import OpenRecording, open_recording
from fairhand.use_cases.open_upload import OpenUpload, open_upload
from fairhand.use_cases.read_media import read_media
from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation
from fairhand.use_cases.sweep_uploads import sweep_uploads
from fairhand.work.assignment.rules import LeaseTerms
from fairhand.work.parts import PART_BYTES
from fairhand.work.projects.rules import ProjectPolicy
from tests.rules.formats import photographs
from tests.stories.quality_world import MORNING, add_person
from tests.stories.release_world import SIGNER

ID = "6f1c2a54-9c35-4f0e-8a0d-1f2e3d4c5b6a"
OTHER_ID = "6f1c2a54-9c35-4f0e-8a0d-1f2e3d4c5b6b"
PHOTO = photographs.jpeg()
LONG = PHOTO + bytes(PART_BYTES)
"""The same photo with so much behind it that it comes in two parts."""


class Darkroom:
    """A project that asks for a photo and a sound; Amina and Bao with its first task each."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db, self.blobs = db, BlobStore(f"file://{folder}/blobs")
        people = (add_person(db, name) for name in ("Carmen", "Amina", "Bao", "Dmitri"))
        self.carmen, self.amina, self.bao, self.dmitri = people
        asked = (
            Question(
                "sign", "photo", "Photograph a sign", with_defaults("photo", {"min_side": 80})
            ),
            Question("voice", "recording", "Read it", with_defaults("recording", {}), False),
        )
        policy = ProjectPolicy(
            title="Street signs",
            purpose="To teach a machine to read signs.",
            guidelines="Ask before you photograph people.",
            questions=asked,
            currency="GBP",
            rate_micros_per_hour=1_500_000_000,
            min_overlap=2,
            max_overlap=2,
        )
        self.project = create_project(db, CreateProject(self.carmen, policy, "demo"), MORNING)
        run = start_import(db, self.project.id, "signs", MORNING)
        rows = [NewTask({"prompt": "A sign with a number"}, "0" * 64, "row 1")]
        import_tasks(db, self.blobs, ImportTasks(run.id, rows, self.carmen), MORNING)
        for who in (self.amina, self.bao):
            join_project(db, JoinProject(who, self.project.id), MORNING)
            got = hand_out_task(
                db, HandOutTask(who, self.project.id), MORNING,
                terms=LeaseTerms(600_000, 86_400_000, 20), idle_cap_ms=120_000,
            )  # fmt: skip
            assert got.sheet is not None
            self.task = got.sheet.task.id

    def open(self, who: int = 0, upload_id: str = ID, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        given = {"question": "sign", "bytes": len(PHOTO), **more}
        limits = given.pop("limits", DailyLimits(100, 100, 10**9))
        command = OpenUpload(who or self.amina, self.task, upload_id=upload_id, **given)
        return open_upload(self.db, command, MORNING, limits)

    def part(
        self, content: bytes, number: int = 0, who: int = 0, upload_id: str = ID
    ) -> dict[str, Any]:
        command = KeepUploadPart(who or self.amina, upload_id, number, content)
        return keep_upload_part(self.db, self.blobs, command, MORNING)

    def join(self, parts: int = 1, who: int = 0, upload_id: str = ID) -> dict[str, Any]:
        command = JoinUpload(who or self.amina, upload_id, parts)
        return join_upload(self.db, self.blobs, command, MORNING)

    def send(self, content: bytes = PHOTO, who: int = 0, upload_id: str = ID) -> dict[str, Any]:
        self.open(who, upload_id, bytes=len(content))
        self.part(content, 0, who, upload_id)
        return self.join(1, who, upload_id)

    def submit(self, who: int = 0, upload_id: str = ID, **more: Any) -> Any:  # noqa: ANN401
        value = {"sign": {"upload": upload_id, **more}}
        key = f"a-key-of-{who}-" + "-".join(sorted(more))
        command = SubmitAnnotation(who or self.amina, self.task, key, value)
        now = Instant(MORNING + 9_000)
        return submit_annotation(self.db, command, now, signer=SIGNER, idle_cap_ms=120_000)

    def actor(self, person_id: int) -> Actor:
        role = {self.carmen: "owner"}.get(person_id, "contributor")
        return Actor(person_id, "somebody", "en", {self.project.id: {role}}, None)

    def rows(self, query: str) -> list[Any]:
        with self.db.read() as connection:
            return list(connection.execute(text(query)).all())


@pytest.fixture
def room(sqlite_db: Database, tmp_path: Path) -> Darkroom:
    return Darkroom(sqlite_db, tmp_path)


def test_parts_in_any_order_and_twice_become_one_clean_photo(room: Darkroom) -> None:
    assert room.open(bytes=len(LONG)) == {"state": "open", "parts": [], "received_bytes": 0}
    room.part(LONG[PART_BYTES:], 1)
    assert room.open(bytes=len(LONG))["parts"] == [1]
    with pytest.raises(ConflictError) as missing:
        room.join(2)
    assert missing.value.code == "parts_missing"
    for _ in range(2):
        room.part(LONG[:PART_BYTES])
    told = room.join(2)
    assert room.join(2) == told
    assert set(told["removed"]) >= {"place", "device", "time"}
    answer = told["answer"]
    assert (answer["width"], answer["height"], answer["media_type"]) == (120, 80, "image/jpeg")
    content = room.blobs.get(answer["sha256"])
    assert answer["bytes"] == len(content)
    assert [secret for secret in photographs.SECRETS if secret in content] == []
    files = [path for path in (Path(room.blobs.url[7:])).rglob("*") if path.is_file()]
    assert len(files) == 1, "of the parts, in which the place was, nothing is left"


def test_an_answer_waits_for_its_photo_and_holds_what_was_found(room: Darkroom) -> None:
    with pytest.raises(UnavailableError) as waiting:
        room.submit()
    assert waiting.value.code == "photo_on_its_way"
    answer = room.send()["answer"]
    room.submit(width=9_999)
    (row,) = room.rows("SELECT value FROM annotation")
    assert answer["sha256"] in row.value
    assert '"width":120' in row.value
    with pytest.raises(ConflictError):
        drop_upload(room.db, room.blobs, room.amina, ID, MORNING)


def test_somebody_elses_photo_is_refused_as_an_answer(room: Darkroom) -> None:
    sha256 = room.send()["answer"]["sha256"]
    with pytest.raises(InvalidError) as refused:
        room.submit(room.bao)
    assert "not a photo of yours" in refused.value.issues[0].message
    with pytest.raises(NotFoundError):
        room.open(room.bao)
    with pytest.raises(NotFoundError):
        room.part(PHOTO, who=room.bao)
    room.send(photographs.jpeg(seed=8), room.bao, OTHER_ID)
    with pytest.raises(InvalidError) as another:
        room.submit(room.bao, OTHER_ID, sha256=sha256)
    assert "another photo" in another.value.issues[0].message
    assert room.rows("SELECT 1 FROM annotation") == []


def test_the_giver_and_who_runs_the_project_see_it_and_nobody_else(room: Darkroom) -> None:
    sha256 = room.send()["answer"]["sha256"]
    for who in (room.amina, room.carmen):
        shown = read_media(room.db, room.blobs, room.actor(who), sha256, preview=False)
        assert (shown.content_type, shown.may_be_kept) == ("image/jpeg", False)
        small = read_media(room.db, room.blobs, room.actor(who), sha256, preview=True)
        assert small.content_type == "image/webp"
    for who in (room.bao, room.dmitri):
        with pytest.raises(NotFoundError):
            read_media(room.db, room.blobs, room.actor(who), sha256, preview=False)
    with pytest.raises(ForbiddenError):
        room.open(room.dmitri, OTHER_ID)


@pytest.mark.parametrize(
    "content",
    [photographs.heic(), PHOTO[:1_500], b"<html>", photographs.bomb()],
    ids=["HEIC", "cut short", "HTML", "bomb"],
)
def test_of_what_is_no_photo_nothing_is_kept(room: Darkroom, content: bytes) -> None:
    with pytest.raises(NotAPhotoError):
        room.send(content)
    assert [row.state for row in room.rows("SELECT state FROM upload")] == ["dropped"]
    assert room.rows("SELECT 1 FROM upload_part") == []
    assert [one for one in Path(room.blobs.url[7:]).rglob("*") if one.is_file()] == []


@pytest.mark.parametrize(
    "wrong",
    [{"question": "pet"}, {"question": "voice"}, {"bytes": 0}, {"bytes": 26 * 1024**2},
     {"upload_id": "x"}, {"upload_id": "../.."}],
)  # fmt: skip
def test_what_cannot_be_a_photo_is_refused_before_it_is_sent(
    room: Darkroom, wrong: dict[str, Any]
) -> None:
    with pytest.raises(InvalidError):
        room.open(**wrong)


def test_a_part_must_be_of_the_file_that_was_announced(room: Darkroom) -> None:
    room.open()
    for number, content in ((0, PHOTO + b"x"), (0, b""), (1, b"x"), (-1, PHOTO)):
        with pytest.raises(InvalidError):
            room.part(content, number)
    room.part(PHOTO)
    with pytest.raises(ConflictError):
        room.part(PHOTO[:-1] + b"x")
    with pytest.raises(InvalidError):
        room.join(2)


def test_a_photo_that_is_too_small_is_no_answer(room: Darkroom) -> None:
    room.send(photographs.png(width=120, height=79))
    with pytest.raises(InvalidError) as small:
        room.submit()
    assert "at least 80 are asked" in small.value.issues[0].message


def test_a_days_measure_of_photos_sounds_and_bytes_is_kept(room: Darkroom) -> None:
    room.open(limits=DailyLimits(1, 1, 10**9))
    room.open(limits=DailyLimits(1, 1, 10**9))
    with pytest.raises(TooManyError) as many:
        room.open(upload_id=OTHER_ID, limits=DailyLimits(1, 1, 10**9))
    assert (many.value.status, many.value.code) == (429, "too_many_today")
    with pytest.raises(TooManyError, match="MB") as much:
        room.open(upload_id=OTHER_ID, limits=DailyLimits(9, 9, 2 * len(PHOTO) - 1))
    assert much.value.code == "too_much_today"
    room.open(room.bao, OTHER_ID, limits=DailyLimits(1, 1, 10**9))
    sound = OpenRecording(room.amina, room.task, "voice", OTHER_ID, 16_000)
    open_recording(room.db, sound, MORNING, DailyLimits(1, 1, 10**9))
    with pytest.raises(TooManyError):
        open_recording(
            room.db, OpenRecording(room.amina, room.task, "voice", ID, 16_000),
            Instant(MORNING + DAY_MS - 1), DailyLimits(1, 1, 10**9),
        )  # fmt: skip


def test_what_never_became_an_answer_is_forgotten_after_thirty_days(room: Darkroom) -> None:
    kept = room.send()["answer"]["sha256"]
    room.submit()
    left = room.send(photographs.png(), room.bao, OTHER_ID)["answer"]["sha256"]
    begun = OTHER_ID[:-1] + "c"
    room.open(upload_id=begun)
    room.part(PHOTO, upload_id=begun)
    day = Instant(MORNING + 29 * DAY_MS)
    assert sweep_uploads(room.db, room.blobs, day) == 0
    assert sweep_uploads(room.db, room.blobs, Instant(day + 2 * DAY_MS)) == 2
    assert sweep_uploads(room.db, room.blobs, Instant(day + 2 * DAY_MS)) == 0
    assert room.blobs.exists(kept)
    assert not room.blobs.exists(left)
    states = room.rows("SELECT state FROM upload ORDER BY id")
    assert [row.state for row in states] == ["whole", "dropped", "dropped"]


def test_a_whole_sound_that_is_in_no_answer_is_forgotten_too(room: Darkroom) -> None:
    sound = room.blobs.put(b"a sound")
    command = OpenRecording(room.amina, room.task, "voice", ID, 16_000)
    open_recording(room.db, command, MORNING)
    with room.db.write() as connection:
        connection.execute(
            text("UPDATE recording SET state = 'whole', blob_sha256 = :it"), {"it": sound}
        )
    assert sweep_uploads(room.db, room.blobs, Instant(MORNING + 31 * DAY_MS)) == 1
    assert not room.blobs.exists(sound)


def test_dropping_a_photo_never_takes_the_same_picture_of_others_along(room: Darkroom) -> None:
    mine = room.send()["answer"]["sha256"]
    theirs = room.send(PHOTO, room.bao, OTHER_ID)["answer"]["sha256"]
    assert mine == theirs != sha256_hex(PHOTO)
    drop_upload(room.db, room.blobs, room.bao, OTHER_ID, MORNING)
    assert room.blobs.exists(mine)
    drop_upload(room.db, room.blobs, room.amina, ID, MORNING)
    assert not room.blobs.exists(mine)
