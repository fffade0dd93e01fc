"""A recording comes in by parts, becomes one file, and is an answer once it is whole."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)
from fairhand.core.ids import sha256_hex
from fairhand.labels.registry import with_defaults
from fairhand.model.project import Project, Question
from fairhand.model.task import NewTask
from fairhand.people.accounts.rules import Actor
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.hear_sound import read_peaks, read_sound
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.keep_recording import (
    JoinParts,
    KeepPart,
    drop_recording,
    join_parts,
    keep_part,
)
from fairhand.use_cases.open_recording import OpenRecording, open_recording
from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation
from fairhand.use_cases.sweep_recordings import sweep_recordings
from fairhand.work.assignment.rules import LeaseTerms
from fairhand.work.projects.rules import ProjectPolicy
from fairhand.work.recordings.rules import wave_header
from tests.stories.quality_world import MORNING, add_person
from tests.stories.release_world import SIGNER

RATE = 16_000
ID = "6f1c2a54-9c35-4f0e-8a0d-1f2e3d4c5b6a"
OTHER_ID = "6f1c2a54-9c35-4f0e-8a0d-1f2e3d4c5b6b"
TONE = (8_000 * np.sin(np.arange(RATE) / 9)).astype("<i2").tobytes()
PARTS = [TONE[:20_000], TONE[20_000:]]


class Booth:
    """A project that asks for recordings, and Amina with her first task."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db, self.blobs = db, BlobStore(f"file://{folder}/blobs")
        self.carmen, self.amina, self.dmitri = (
            add_person(db, name) for name in ("Carmen", "Amina", "Dmitri")
        )
        config = with_defaults("recording", {"max_seconds": 5})
        policy = ProjectPolicy(
            title="Read aloud",
            purpose="To teach a machine to listen.",
            guidelines="Read slowly.",
            questions=(Question("voice", "recording", "Read this aloud", config),),
            currency="GBP",
            rate_micros_per_hour=1_500_000_000,
            min_overlap=1,
            max_overlap=1,
        )
        self.project: Project = create_project(
            db, CreateProject(self.carmen, policy, "demo"), MORNING
        )
        run = start_import(db, self.project.id, "sentences", MORNING)
        rows = [NewTask({"prompt": f"Sentence {n}", "secret": "x"}, f"{n:064x}", f"row {n}")
                for n in range(2)]  # fmt: skip
        import_tasks(db, self.blobs, ImportTasks(run.id, rows, self.carmen), MORNING)
        join_project(db, JoinProject(self.amina, self.project.id), MORNING)
        got = hand_out_task(
            db, HandOutTask(self.amina, self.project.id), MORNING,
            terms=LeaseTerms(600_000, 86_400_000, 20), idle_cap_ms=120_000,
        )  # fmt: skip
        assert got.sheet is not None
        self.task = got.sheet.task.id

    def open(self, who: int = 0, recording_id: str = ID, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        given = {"question": "voice", "rate": RATE, **more}
        command = OpenRecording(who or self.amina, self.task, recording_id=recording_id, **given)
        return open_recording(self.db, command, MORNING)

    def part(self, number: int, content: bytes, recording_id: str = ID) -> dict[str, Any]:
        command = KeepPart(self.amina, recording_id, number, content)
        return keep_part(self.db, self.blobs, command, MORNING)

    def join(self, parts: int = 2, samples: int = RATE) -> dict[str, Any]:
        return join_parts(self.db, self.blobs, JoinParts(self.amina, ID, parts, samples), MORNING)

    def send(self) -> dict[str, Any]:
        self.open()
        for number, content in enumerate(PARTS):
            self.part(number, content)
        return self.join()

    def submit(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        answer = {"recording": ID, "rate": RATE, "samples": RATE, **more}
        command = SubmitAnnotation(
            self.amina, self.task, "a-key-of-amina-" + "-".join(sorted(more)), {"voice": answer}
        )
        now = Instant(MORNING + 9_000)
        done = submit_annotation(self.db, command, now, signer=SIGNER, idle_cap_ms=120_000)
        return done.reply

    def actor(self, person_id: int) -> Actor:
        role = {self.carmen: "owner"}.get(person_id, "contributor")
        return Actor(person_id, "somebody", "en", {self.project.id: {role}}, None)


@pytest.fixture
def booth(sqlite_db: Database, tmp_path: Path) -> Booth:
    return Booth(sqlite_db, tmp_path)


def test_parts_in_any_order_and_twice_become_one_file(booth: Booth) -> None:
    assert booth.open() == {"state": "open", "parts": [], "received_bytes": 0}
    booth.part(1, PARTS[1])
    assert booth.open()["parts"] == [1]
    with pytest.raises(ConflictError) as missing:
        booth.join()
    assert missing.value.code == "parts_missing"
    assert [issue.place for issue in missing.value.issues] == ["parts[0]"]
    for _ in range(2):
        booth.part(0, PARTS[0])
    answer = booth.join()["answer"]
    assert booth.join()["answer"] == answer
    assert answer["duration_ms"] == 1_000
    assert -16 < answer["loudness"] < -14
    with wave.open(io.BytesIO(booth.blobs.get(answer["sha256"]))) as file:
        assert file.readframes(RATE) == TONE
    for part in PARTS:
        assert not booth.blobs.exists(sha256_hex(part)), "the parts are no longer needed"


def test_lost_samples_are_noticed(booth: Booth) -> None:
    booth.open()
    for number, content in enumerate(PARTS):
        booth.part(number, content)
    with pytest.raises(InvalidError, match="lost"):
        booth.join(samples=RATE + 1)
    with pytest.raises(ConflictError, match="already"):
        booth.part(0, PARTS[1])


def test_an_answer_waits_for_its_recording_and_holds_what_was_measured(booth: Booth) -> None:
    with pytest.raises(UnavailableError) as waiting:
        booth.submit()
    assert waiting.value.code == "recording_on_its_way"
    measured = booth.send()["answer"]
    booth.submit(loudness=0.0, sha256="0" * 64)
    (row,) = booth_rows(booth, "SELECT value FROM annotation")
    assert measured["sha256"] in row.value
    assert f'"loudness":{measured["loudness"]}' in row.value
    with pytest.raises(ConflictError):
        drop_recording(booth.db, booth.blobs, booth.amina, ID, MORNING)


def test_another_recording_than_the_one_that_arrived_is_refused(booth: Booth) -> None:
    booth.send()
    with pytest.raises(InvalidError, match="does not fit"):
        booth.submit(samples=RATE - 1)
    assert booth_rows(booth, "SELECT 1 FROM annotation") == []


def test_nobody_else_can_open_send_or_hear_it(booth: Booth) -> None:
    sha256 = booth.send()["answer"]["sha256"]
    with pytest.raises(ForbiddenError):
        booth.open(booth.dmitri, OTHER_ID)
    with pytest.raises(NotFoundError):
        keep_part(booth.db, booth.blobs, KeepPart(booth.dmitri, ID, 0, b"ab"), MORNING)
    with pytest.raises(NotFoundError):
        read_sound(booth.db, booth.blobs, booth.actor(booth.dmitri), sha256)
    for who in (booth.amina, booth.carmen):
        heard = read_sound(booth.db, booth.blobs, booth.actor(who), sha256)
        assert heard.content_type == "audio/wav"
    drawn = read_peaks(booth.db, booth.blobs, booth.actor(booth.amina), sha256, MORNING)
    assert len(drawn) == 200


def test_what_was_sent_beyond_the_counted_parts_is_not_in_the_file(booth: Booth) -> None:
    booth.open()
    for number, content in enumerate([*PARTS, b"left from before"]):
        booth.part(number, content)
    answer = booth.join()["answer"]
    with wave.open(io.BytesIO(booth.blobs.get(answer["sha256"]))) as file:
        assert file.getnframes() == RATE
    assert booth.blobs.size(answer["sha256"]) == 44 + len(TONE)
    assert answer["duration_ms"] == 1_000


def test_dropping_a_recording_never_takes_a_file_of_others_along(booth: Booth) -> None:
    whole = wave_header(RATE, RATE) + TONE
    sound = booth.blobs.put(whole)
    picture = booth.blobs.put(b"\x89PNG and so on!!")
    with booth.db.write() as connection:
        connection.execute(
            text("UPDATE task SET media_sha256 = :sha256 WHERE id = :id"),
            {"sha256": sound, "id": booth.task},
        )
    assert booth.send()["answer"]["sha256"] == sound, "the task's own sound, sent back"
    drop_recording(booth.db, booth.blobs, booth.amina, ID, MORNING)
    booth.open(recording_id=OTHER_ID)
    booth.part(0, b"\x89PNG and so on!!", OTHER_ID)
    drop_recording(booth.db, booth.blobs, booth.amina, OTHER_ID, MORNING)
    assert booth.blobs.get(sound) == whole
    assert booth.blobs.exists(picture)


def test_two_recordings_with_the_same_samples_keep_them_apart(booth: Booth) -> None:
    booth.open()
    booth.open(recording_id=OTHER_ID)
    for recording_id in (ID, OTHER_ID):
        booth.part(0, PARTS[0], recording_id)
    drop_recording(booth.db, booth.blobs, booth.amina, OTHER_ID, MORNING)
    booth.part(1, PARTS[1])
    assert booth.join()["answer"]["samples"] == RATE


@pytest.mark.parametrize(
    "wrong", [{"question": "pet"}, {"rate": 1}, {"recording_id": "x"}, {"recording_id": "../.."}]
)
def test_what_is_no_recording_is_refused(booth: Booth, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidError):
        booth.open(**wrong)


def test_a_dropped_recording_leaves_no_sound_behind(booth: Booth) -> None:
    sha256 = booth.send()["answer"]["sha256"]
    drop_recording(booth.db, booth.blobs, booth.amina, ID, MORNING)
    assert not booth.blobs.exists(sha256)
    with pytest.raises(InvalidError):
        booth.submit()
    booth.open(recording_id=OTHER_ID)
    booth.part(0, PARTS[0], OTHER_ID)
    drop_recording(booth.db, booth.blobs, booth.amina, OTHER_ID, MORNING)
    assert booth_rows(booth, "SELECT 1 FROM recording_part") == []


def test_what_was_begun_and_left_is_forgotten_after_thirty_days(booth: Booth) -> None:
    booth.open()
    booth.part(0, PARTS[0])
    later = Instant(MORNING + 31 * DAY_MS)
    assert sweep_recordings(booth.db, booth.blobs, Instant(MORNING + 29 * DAY_MS)) == 0
    assert sweep_recordings(booth.db, booth.blobs, later) == 1
    assert sweep_recordings(booth.db, booth.blobs, later) == 0
    assert booth_rows(booth, "SELECT 1 FROM recording_part") == []


def booth_rows(booth: Booth, query: str) -> list[Any]:
    with booth.db.read() as connection:
        return list(connection.execute(text(query)).all())
