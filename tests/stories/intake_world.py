"""A campaign that collects voices, pictures and texts, and people who give some, as rows."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import insert, select

from fairhand.core.clock import DAY_MS, Instant
from fairhand.model.project import Question
from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.rules import Campaign, Profile
from fairhand.people.contributions import intake_store
from fairhand.people.contributions.intake_store import Waiting
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.storage.tables.campaigns import contribution, finding, upload
from fairhand.storage.tables.consent import data_grant, grant_purpose, notice
from fairhand.storage.tables.desk import recording
from fairhand.storage.tables.work import annotation, task
from fairhand.storage.vault import Vault
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.examine_contribution import Shop
from fairhand.use_cases.keep_up_intake import Round, keep_up_intake
from fairhand.work.projects.rules import ProjectPolicy
from fairhand.work.recordings.rules import wave_header
from tests.stories.quality_world import MORNING, add_person

RATE = 16_000
_NUMBERS = count(1)


def voice(seed: int = 0, seconds: float = 2.5) -> NDArray[np.int16]:
    """Make syllables of harmonics that glide, as a voice's do, with the noise of a room."""
    rng = np.random.default_rng(seed)
    parts: list[NDArray[np.float64]] = []
    while sum(len(part) for part in parts) < seconds * RATE:
        time = np.arange(int(RATE * rng.uniform(0.08, 0.3))) / RATE
        start, end = rng.uniform(110, 240, 2)
        pitch = np.linspace(float(start), float(end), len(time))
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        formants = rng.uniform(300, 7_000, 4)
        tone = sum(
            np.exp(-(((n * pitch[0] - formants) / 600) ** 2)).sum() * np.sin(n * phase)
            for n in range(1, 40)
        )
        parts.append(tone * np.hanning(len(time)) * rng.uniform(0.3, 1.0))
    whole = np.concatenate(parts)[: int(seconds * RATE)]
    noisy = 0.3 * whole / np.abs(whole).max() + rng.normal(0, 0.002, len(whole))
    return np.asarray(noisy * 32_767, dtype="<i2")


def wave_file(samples: NDArray[np.int16]) -> bytes:
    return wave_header(len(samples), RATE) + samples.astype("<i2").tobytes()


def photo(seed: int = 0, side: int = 240, quality: int = 90) -> bytes:
    """Draw blocks and shades as a JPEG."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 255, (9, 12, 3), dtype=np.uint8))
    kept = io.BytesIO()
    coarse.resize((side, side * 3 // 4), Image.Resampling.BICUBIC).save(
        kept, "JPEG", quality=quality
    )
    return kept.getvalue()


@dataclass(slots=True)
class IntakeWorld:
    """A campaign, its owner, files, keys, and the moment it is."""

    db: Database
    folder: Path
    anonymise: Mapping[str, str] = field(default_factory=dict)
    checks: Mapping[str, Any] = field(default_factory=dict)
    now: Instant = MORNING
    carmen: int = 0
    project_id: int = 0
    notice_id: int = 0
    shop: Shop = field(init=False)

    def __post_init__(self) -> None:
        blobs = BlobStore(f"file://{self.folder}/blobs")
        self.shop = Shop(self.db, blobs, Vault(self.folder / "keys" / "people.key"))
        self.carmen = add_person(self.db, "Carmen")
        policy = ProjectPolicy(
            title=f"Own things {next(_NUMBERS)}",
            purpose="To learn from what people give.",
            guidelines="Give what is yours.",
            questions=(
                Question("voice", "recording", "Read aloud", {"max_seconds": 60}),
                Question("words", "text", "Write it", {}),
            ),
            currency="GBP",
            rate_micros_per_hour=1_500_000_000,
            min_overlap=1,
            max_overlap=3,
        )
        project = create_project(self.db, CreateProject(self.carmen, policy, "demo"), MORNING)
        self.project_id = project.id
        with self.db.write() as connection:
            campaigns.save_campaign(
                connection,
                Campaign(project.id, ("voice", "text"), dict(self.anonymise), checks=self.checks),
            )
            self.notice_id = _add(connection, notice, {
                "project_id": project.id, "version": 1, "language": "en", "words": "w",
                "sha256": "0" * 64, "terms": "{}", "checks": "[]", "author_id": self.carmen,
                "published_at": MORNING,
            })  # fmt: skip

    def person(self, name: str, *modalities: str) -> int:
        """Add somebody who permits training with these."""
        person_id = add_person(self.db, name)
        with self.db.write() as connection:
            for modality in modalities or ("voice", "text", "image"):
                grant_id = _add(connection, data_grant, {
                    "uid": f"{next(_NUMBERS):036}", "person_id": person_id,
                    "project_id": self.project_id, "notice_id": self.notice_id,
                    "modality": modality, "territory": '["worldwide"]',
                    "starts_at": MORNING - DAY_MS, "ends_at": MORNING + 400 * DAY_MS,
                    "check_result": "{}", "rendering": "1", "granted_at": MORNING - DAY_MS,
                })  # fmt: skip
                purpose = {"grant_id": grant_id, "purpose": "training", "granted_at": MORNING}
                connection.execute(insert(grant_purpose), purpose)
            campaigns.save_profile(
                connection, person_id, self.project_id, Profile(language="sw"), MORNING
            )
        return person_id

    def answer(
        self, person_id: int, value: Mapping[str, Any], task_id: int | None = None, **more: object
    ) -> int:
        """Let somebody answer a task, a new one unless it is said."""
        number = next(_NUMBERS)
        with self.db.write() as connection:
            task_id = task_id or self.task(connection)
            return _add(connection, annotation, {
                "task_id": task_id, "person_id": person_id, "project_id": self.project_id,
                "project_version": 1, "revision": number, "value": json.dumps(value),
                "client_key": f"key-{number}", "submitted_at": self.now, "served_at": self.now,
                "counted": True, "late": False, **more,
            })  # fmt: skip

    def task(self, connection: Any) -> int:  # noqa: ANN401
        return _add(connection, task, {
            "project_id": self.project_id, "fingerprint": f"{next(_NUMBERS):064}", "data": "{}",
            "place": "row", "created_at": MORNING,
        })  # fmt: skip

    def speak(self, person_id: int, samples: NDArray[np.int16], rate: int = RATE) -> str:
        """Let somebody record for a new task; gives the SHA-256 of the file."""
        sha256 = self.shop.blobs.put(wave_file(samples))
        name = f"{next(_NUMBERS):036}"
        with self.db.write() as connection:
            task_id = self.task(connection)
            connection.execute(insert(recording), {
                "id": name, "person_id": person_id, "project_id": self.project_id,
                "task_id": task_id, "question": "voice", "state": "whole", "rate": rate,
                "samples": len(samples), "blob_sha256": sha256, "created_at": self.now,
                "touched_at": self.now,
            })  # fmt: skip
        said = {"recording": name, "rate": rate, "samples": len(samples), "sha256": sha256}
        self.answer(person_id, {"voice": said}, task_id)
        return sha256

    def show(self, person_id: int, content: bytes) -> int:
        """Let something that is a picture be given, as a contribution that waits."""
        sha256 = self.shop.blobs.put(content)
        with self.db.write() as connection:
            task_id = self.task(connection)
        number = self.answer(person_id, {}, task_id)
        with self.db.write() as connection:
            connection.execute(insert(upload), {
                "id": f"{next(_NUMBERS):036}", "person_id": person_id, "task_id": task_id,
                "project_id": self.project_id, "question": "photo", "state": "whole",
                "media_type": "image/jpeg", "declared_bytes": len(content),
                "blob_sha256": sha256, "created_at": self.now, "touched_at": self.now,
            })  # fmt: skip
            grant_id = connection.execute(
                select(data_grant.c.id).where(data_grant.c.person_id == person_id)
            ).scalars().first()  # fmt: skip
            return _add(connection, contribution, {
                "project_id": self.project_id, "person_id": person_id, "task_id": task_id,
                "annotation_id": number, "question": "photo", "modality": "image", "state": "new",
                "grant_id": grant_id, "media_type": "image/jpeg", "size_bytes": len(content),
                "original_sha256": sha256, "given_at": self.now,
            })  # fmt: skip

    def round(self) -> Round:
        return keep_up_intake(self.shop, lambda: self.now)

    def given(self) -> list[Waiting]:
        """List all contributions."""
        with self.db.read() as connection:
            numbers = connection.execute(select(contribution.c.id).order_by(contribution.c.id))
            found = [intake_store.load_waiting(connection, one) for one in numbers.scalars()]
        return [one for one in found if one is not None]

    def found(self, contribution_id: int) -> dict[str, str]:
        """Give what was noticed of a contribution: kind and severity."""
        with self.db.read() as connection:
            rows = connection.execute(
                select(finding.c.kind, finding.c.severity).where(
                    finding.c.contribution_id == contribution_id
                )
            )
            return {row[0]: row[1] for row in rows}


def _add(connection: Any, table: Any, row: Mapping[str, Any]) -> int:  # noqa: ANN401
    made = connection.execute(insert(table), row).inserted_primary_key
    return int(made[0])
