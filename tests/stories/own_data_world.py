"""Carmen's campaign of voices, told by its stories alone: notice, grants, recordings, intake."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fairhand.core.clock import Instant
from fairhand.labels.registry import with_defaults
from fairhand.model.project import Project, Question
from fairhand.model.task import NewTask
from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.rules import Campaign, Profile
from fairhand.people.consent.notices import NoticeTerms
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.storage.vault import Vault
from fairhand.use_cases.check_understanding import check_understanding
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.examine_contribution import Shop
from fairhand.use_cases.give_grants import GiveGrants, Given, give_grants
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.use_cases.keep_recording import JoinParts, KeepPart, join_parts, keep_part
from fairhand.use_cases.keep_up_intake import keep_up_intake
from fairhand.use_cases.open_recording import OpenRecording, open_recording
from fairhand.use_cases.publish_notice import PublishNotice, publish_notice
from fairhand.use_cases.publish_release import Press
from fairhand.use_cases.read_notice import read_notice
from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation
from fairhand.work.assignment.rules import LeaseTerms
from fairhand.work.projects.rules import ProjectPolicy
from tests.stories.intake_world import RATE, voice
from tests.stories.quality_world import MORNING, add_person
from tests.stories.release_world import SIGNER

LEASES = LeaseTerms(600_000, 86_400_000, 20)
CONTROLLER = {
    "name": "Sauti Lab",
    "address": "1 Uhuru Street, Nairobi",
    "contact": "privacy@sauti.example",
    "jurisdiction": "KE",
}


def voice_terms(**changes: Any) -> NoticeTerms:  # noqa: ANN401  # fields of the terms
    """Terms that need training and offer more."""
    said: dict[str, Any] = {
        "controller": CONTROLLER,
        "offered": {"voice": ("training", "evaluation", "raw_release", "voice_clone")},
        "needed": {"voice": ("training",)},
        "longest_days": 730,
        "territories": ("worldwide",),
        "retention_days": 730,
        "pay": "GBP 15.00 an hour for all your time.",
        "withdrawal": "You may end each permission on the page What I gave, by one button.",
    }
    return NoticeTerms(**{**said, **changes})


@dataclass(slots=True)
class OwnDataWorld:
    """A campaign with a notice, and what its people do."""

    db: Database
    folder: Path
    sentences: int = 4
    overlap: int = 1
    now: Instant = MORNING
    terms: NoticeTerms = field(default_factory=voice_terms)
    least_age: int = 18
    title: str = "Read in Swahili"
    carmen: int = 0
    project: Project = field(init=False)
    shop: Shop = field(init=False)

    def __post_init__(self) -> None:
        blobs = BlobStore(f"file://{self.folder}/blobs")
        self.shop = Shop(self.db, blobs, Vault(self.folder / "keys" / "people.key"))
        self.carmen = add_person(self.db, "Carmen")
        question = Question("voice", "recording", "Read this aloud", with_defaults("recording", {}))
        policy = ProjectPolicy(
            title=self.title,
            purpose="To teach a machine to listen.",
            guidelines="Read slowly.",
            questions=(question,),
            currency="GBP",
            rate_micros_per_hour=1_500_000_000,
            min_overlap=self.overlap,
            max_overlap=self.overlap,
        )
        self.project = create_project(self.db, CreateProject(self.carmen, policy, "demo"), MORNING)
        with self.db.write() as connection:
            campaigns.save_campaign(
                connection, Campaign(self.project.id, ("voice",), least_age=self.least_age)
            )
        run = start_import(self.db, self.project.id, "sentences", MORNING)
        rows = [
            NewTask({"prompt": f"Sentensi {n}"}, f"{n:064x}", f"row {n}")
            for n in range(self.sentences)
        ]
        import_tasks(self.db, blobs, ImportTasks(run.id, rows, self.carmen), MORNING)
        self.publish()

    def publish(self, **changes: Any) -> int:  # noqa: ANN401  # fields of the command
        """Publish the notice as its terms are now."""
        command = PublishNotice(self.project.id, self.carmen, self.terms, **changes)
        return publish_notice(self.db, command, self.now)

    def understand(self, person_id: int) -> int:
        """Let somebody read the notice and answer both questions rightly; gives the notice."""
        notice = read_notice(self.db, person_id, self.project.id, self.now).notice
        right = [one.right for one in notice.checks]
        assert check_understanding(self.db, person_id, notice.id, right, self.now).right
        return notice.id

    def join(
        self,
        name: str | int,
        ticked: Mapping[str, tuple[str, ...]] | None = None,
        **changes: Any,  # noqa: ANN401  # fields of the command
    ) -> tuple[int, Given]:
        """Let somebody take part, permitting what they tick."""
        person_id = add_person(self.db, name) if isinstance(name, str) else name
        command = GiveGrants(
            person_id,
            self.project.id,
            self.understand(person_id),
            ticked or {"voice": ("training",)},
            changes.pop("days", 365),
            "page/1",
            profile=changes.pop("profile", Profile(language="sw")),
            **changes,
        )
        return person_id, give_grants(self.db, command, self.now)

    def record(self, person_id: int, seed: int | None = None) -> int:
        """Let somebody read one sentence aloud; gives the annotation."""
        got = hand_out_task(
            self.db,
            HandOutTask(person_id, self.project.id),
            self.now,
            terms=LEASES,
            idle_cap_ms=120_000,
        )
        assert got.sheet is not None
        task_id, recording_id = got.sheet.task.id, str(uuid.uuid4())
        sound = voice(seed if seed is not None else person_id * 100 + task_id, 1.2)
        content = np.asarray(sound, "<i2").tobytes()
        open_recording(
            self.db, OpenRecording(person_id, task_id, "voice", recording_id, RATE), self.now
        )
        keep_part(self.db, self.shop.blobs, KeepPart(person_id, recording_id, 0, content), self.now)
        join = JoinParts(person_id, recording_id, 1, len(sound))
        join_parts(self.db, self.shop.blobs, join, self.now)
        answer = {"recording": recording_id, "rate": RATE, "samples": len(sound)}
        command = SubmitAnnotation(person_id, task_id, recording_id, {"voice": answer})
        done = submit_annotation(self.db, command, self.now, signer=SIGNER, idle_cap_ms=120_000)
        return int(done.reply["annotation_id"])

    def take_in(self) -> None:
        """Look through everything that came."""
        while keep_up_intake(self.shop, lambda: self.now).examined:
            pass

    def press(self) -> Press:
        """Where this campaign's releases are printed."""
        return Press(self.folder / "releases", self.shop.blobs, SIGNER, b"s" * 32)
