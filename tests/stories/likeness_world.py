"""A campaign whose contributions, grants, releases and licences are rows with real files."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import insert, select

from fairhand.compute.authenticity.pictures import picture_prints, read_image
from fairhand.compute.authenticity.sounds import sound_prints
from fairhand.compute.authenticity.texts import text_print
from fairhand.compute.models.sound import read_sound
from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.ids import sha256_hex
from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.rules import Campaign
from fairhand.people.consent.grant_store import NewGrant, add_grant
from fairhand.proof.log import store as log
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.storage.tables.campaigns import contribution, fingerprint
from fairhand.storage.tables.consent import notice
from fairhand.storage.tables.licensing import licence, licence_request, licensee, release_item
from fairhand.storage.tables.proof import release
from fairhand.storage.tables.work import annotation, task
from fairhand.storage.vault import Vault
from fairhand.use_cases.seal_original import about_original
from fairhand.work.recordings.rules import wave_header
from tests.cast import Cast
from tests.engines import Templates

RATE = 16_000
_NUMBERS = count(1)


@cache
def speech(pitch: float, formants: tuple[float, ...], seed: int, seconds: float = 4.0) -> bytes:
    """Make a WAV of syllables in one voice: its pitch and formants stay, its melody does not."""
    rng = np.random.default_rng(seed)
    parts: list[NDArray[np.float64]] = []
    while sum(map(len, parts)) < seconds * RATE:
        time = np.arange(int(RATE * rng.uniform(0.1, 0.3))) / RATE
        base = pitch * rng.uniform(0.85, 1.2)
        phase = 2 * np.pi * base * np.cumsum(np.linspace(1.0, rng.uniform(0.9, 1.1), len(time)))
        shape = np.array(formants) * rng.uniform(0.93, 1.07, len(formants))
        tone = sum(
            np.exp(-(((n * base - shape) / 160) ** 2)).sum() * np.sin(n * phase / RATE)
            for n in range(1, 36)
        )
        parts.append(np.asarray(tone * np.hanning(len(time)) * rng.uniform(0.4, 1.0)))
    whole = np.concatenate(parts)[: int(seconds * RATE)]
    loud = 0.3 * whole / np.abs(whole).max() + rng.normal(0, 0.002, len(whole))
    samples = np.asarray(loud * 32_767, dtype="<i2")
    return wave_header(len(samples), RATE) + samples.tobytes()


AMINA: tuple[float, tuple[float, ...]] = (210.0, (620.0, 1_750.0, 2_900.0))
ESI: tuple[float, tuple[float, ...]] = (118.0, (430.0, 1_150.0, 2_250.0))


def picture(seed: int, side: int = 240, quality: int = 90) -> bytes:
    """Draw blocks and shades as a JPEG."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 255, (9, 12, 3), dtype=np.uint8))
    kept = io.BytesIO()
    size = (side, side * 3 // 4)
    coarse.resize(size, Image.Resampling.BICUBIC).save(kept, "JPEG", quality=quality)
    return kept.getvalue()


def recoded(content: bytes, quality: int = 50, scale: float = 0.6) -> bytes:
    """Make a smaller, worse copy of a picture."""
    kept = io.BytesIO()
    with Image.open(io.BytesIO(content)) as image:
        size = (round(image.width * scale), round(image.height * scale))
        image.convert("RGB").resize(size).save(kept, "JPEG", quality=quality)
    return kept.getvalue()


def prints_of(content: bytes, media_type: str) -> dict[str, bytes]:
    """Give the prints that intake keeps of a file."""
    if media_type.startswith("image/"):
        return picture_prints(read_image(content), look=False)
    if media_type.startswith("audio/"):
        sound = read_sound(content)
        return {"sound": sound_prints(sound.samples, sound.rate)}
    return {"minhash": text_print(content.decode())}


@dataclass(slots=True)
class Lent:
    """What people gave to one campaign; Carmen owns it."""

    db: Database
    blobs: BlobStore
    vault: Vault
    carmen: int
    project_id: int
    now: Instant
    law_pack: str = "eu"
    task_id: int = 0
    notice_id: int = 0
    licensees: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        terms = Campaign(self.project_id, ("voice", "image", "text"), law_pack=self.law_pack)
        with self.db.write() as connection:
            campaigns.save_campaign(connection, terms)
            found = select(task.c.id).where(task.c.project_id == self.project_id).limit(1)
            known = connection.execute(found).scalar_one_or_none()
            self.task_id = known or _add(connection, task, self._task())
            words = {
                "project_id": self.project_id, "version": 1, "language": "en", "words": "w",
                "sha256": "0" * 64, "terms": "{}", "checks": "[]", "author_id": self.carmen,
                "published_at": self.now,
            }  # fmt: skip
            self.notice_id = _add(connection, notice, words)

    def _task(self) -> dict[str, Any]:
        row = {"project_id": self.project_id, "data": "{}", "fingerprint": "0" * 64}
        return {**row, "place": 1, "created_at": self.now}

    def permit(
        self,
        person_id: int,
        modality: str,
        *purposes: str,
        days: int = 2_000,
        at: Instant | None = None,
    ) -> int:
        """Let somebody permit purposes for a modality."""
        now = at or self.now
        new = NewGrant(
            person_id, self.project_id, self.notice_id, modality, purposes, ("worldwide",),
            Instant(now + days * DAY_MS), {}, "1",
        )  # fmt: skip
        with self.db.write() as connection:
            return add_grant(connection, new, now)

    def give(
        self,
        person_id: int,
        content: bytes,
        media_type: str,
        grant_id: int | None = None,
        *,
        opened: bytes | None = None,
        state: str = "ready",
    ) -> int:
        """Let somebody give a file: sealed, printed, and open as `opened` (or as it is)."""
        number = next(_NUMBERS)
        modality = {"audio": "voice", "image": "image", "text": "text"}[media_type.split("/")[0]]
        open_sha = self.blobs.put(opened if opened is not None else content)
        with self.db.write() as connection:
            answer = {
                "task_id": self.task_id, "person_id": person_id, "project_id": self.project_id,
                "project_version": 1, "revision": number, "value": "{}",
                "client_key": f"lent-{number}", "submitted_at": self.now, "served_at": self.now,
                "counted": True, "late": False,
            }  # fmt: skip
            row = {
                "project_id": self.project_id, "person_id": person_id, "task_id": self.task_id,
                "annotation_id": _add(connection, annotation, answer), "question": modality,
                "grant_id": grant_id, "modality": modality, "state": state,
                "media_type": media_type, "size_bytes": len(content),
                "original_sha256": sha256_hex(content), "open_sha256": open_sha,
                "measures": json.dumps({"seconds": 4}), "given_at": self.now,
            }  # fmt: skip
            given = _add(connection, contribution, row)
            key = self.vault.key_of(connection, person_id, self.now)
            sealed = self.blobs.put(key.seal(content, about_original(given)))
            changed = contribution.update().where(contribution.c.id == given)
            connection.execute(changed.values(sealed_sha256=sealed))
            for kind, bits in prints_of(content, media_type).items():
                kept = {"contribution_id": given, "project_id": self.project_id}
                connection.execute(insert(fingerprint), {**kept, "kind": kind, "bits": bits})
        return given

    def license(self, name: str) -> int:
        """Grant somebody a licence that is not written yet."""
        with self.db.write() as connection:
            if name not in self.licensees:
                secret = f"{name} {next(_NUMBERS)} {self.project_id}"
                who = {
                    "name": name, "contact": f"{name}@example.org", "country": "DE",
                    "token_hash": sha256_hex(secret.encode()), "created_at": self.now,
                }  # fmt: skip
                self.licensees[name] = _add(connection, licensee, who)
            asked = {
                "licensee_id": self.licensees[name], "project_id": self.project_id,
                "state": "granted", "purposes": '["training"]', "territory": '["DE"]',
                "term_days": 365, "words": "w", "quote": "{}", "asked_at": self.now,
            }  # fmt: skip
            granted = {
                "uid": str(uuid.uuid4()), "request_id": _add(connection, licence_request, asked),
                "licensee_id": self.licensees[name], "project_id": self.project_id,
                "purposes": '["training"]', "territory": '["DE"]', "starts_at": self.now,
                "ends_at": self.now + 365 * DAY_MS, "price_minor": 100, "currency": "EUR",
                "policy": "{}", "granted_at": self.now,
            }  # fmt: skip
            return _add(connection, licence, granted)

    def release(self, contributions: list[int], licence_id: int | None = None) -> int:
        """Write a release of contributions, for a licence or for the house."""
        number = next(_NUMBERS)
        with self.db.write() as connection:
            row = {
                "project_id": self.project_id, "version": number, "state": "writing",
                "directory": f"/nowhere/{number}", "created_at": self.now,
            }  # fmt: skip
            made = _add(connection, release, row)
            for one in contributions:
                name = uuid.uuid4().hex
                item = {"release_id": made, "contribution_id": one, "item": name}
                connection.execute(insert(release_item), item)
            if licence_id is not None:
                held = licence.update().where(licence.c.id == licence_id)
                connection.execute(held.values(release_id=made))
        return made

    def publish(self) -> None:
        """Put every release in place."""
        with self.db.write() as connection:
            event = log.append(connection, "release.published", {}, self.now)
            done = {"state": "published", "manifest_sha256": "0" * 64, "event_id": event.id}
            connection.execute(release.update().values(**done))


def lend(db: Database, carmen: int, project_id: int, folder: Path, now: Instant, law_pack: str = "eu") -> Lent:  # noqa: E501  # fmt: skip
    """Make the campaign of a project, with its files in memory and its keys in a folder."""
    vault = Vault(folder / "keys" / "people.key")
    return Lent(db, BlobStore("memory://"), vault, carmen, project_id, now, law_pack)


def furnished_cast(db: Database) -> tuple[Cast, int]:
    """Carmen's workspace with a project that Amina and Esi have joined, made once a process."""
    cast = Cast(db)
    cast.load_floors()
    return cast, cast.project("Amina", "Esi", tasks=1)


@contextmanager
def lent_world(templates: Templates, folder: Path) -> Iterator[tuple[Cast, Lent]]:
    """A copy of that workspace, whose project is a campaign."""
    with templates.furnished(furnished_cast) as (url, (first, project)):
        db = Database(url, pool_size=10)
        cast = first.again(db)
        yield cast, lend(db, cast.carmen, project, folder, cast.clock.now)
        db.close()


def _add(connection: Connection, into: Any, row: dict[str, Any]) -> int:  # noqa: ANN401
    made = connection.execute(insert(into), row).inserted_primary_key
    assert made is not None
    return int(made[0])
