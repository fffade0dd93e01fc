"""Does one job of assistance step by step, in a process of its own that a test may kill.

python -m tests.jobs.assist_worker DATABASE_URL BLOBS_URL FOLDER JOB
"""

from __future__ import annotations

import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhand.core.settings import Settings
from fairhand.jobs.assist_kinds import assist_kinds
from fairhand.jobs.steps import Services, take_step
from fairhand.proof.log.note import Signer
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.house import House
from tests.stories.quality_world import MORNING


def make_house(db: Database, blobs: BlobStore, folder: Path) -> House:
    """Open a house around a database that has no workspace of its own."""
    signer = Signer("log.example/carmen", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
    settings = Settings(workspace=folder)
    return House(settings, db, blobs, signer, "assist", b"s" * 32, lambda: MORNING)


def run(house: House, job_id: str) -> None:
    """Take the steps that are left."""
    services = Services(house.db, house.blobs, house.clock)
    kinds, number, cursor = assist_kinds(house), 0, None
    while True:
        cursor = take_step(services, kinds, job_id, number, cursor)
        if cursor is None:
            return
        number += 1


if __name__ == "__main__":
    url, blobs_url, place, job = sys.argv[1:]
    run(make_house(Database(url, pool_size=4), BlobStore(blobs_url), Path(place)), job)
