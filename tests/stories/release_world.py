"""A project with aggregated answers, and a press to release it with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhand.proof.log.note import Signer
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.publish_release import Press
from fairhand.use_cases.refit_quality import refit_quality
from tests.stories.quality_world import PETS, QualityWorld, make_quality_world

SIGNER = Signer("log.example/carmen", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
SECRET = b"the workspace's secret"


def agree(_who: int, number: int) -> dict[str, Any]:
    """Everybody sees the same pet."""
    return {"pet": PETS[number % 3]}


def make_answered_world(db: Database, tasks: int = 6, people: int = 3) -> QualityWorld:
    """A demo project whose tasks were all answered and aggregated."""
    world = make_quality_world(db, tasks=tasks, people=people, max_overlap=2)
    world.work(agree)
    aggregate_labels(db, world.project.id, world.now)
    refit_quality(db, world.project.id, world.now)
    return world


def make_press(folder: Path) -> Press:
    """A press with its own blobs."""
    return Press(folder / "releases", BlobStore(f"file://{folder / 'blobs'}"), SIGNER, SECRET)
