"""Open an assistant that has no version yet, to ask what it calls itself."""

from __future__ import annotations

from fairhand.compute.assistants.opening import open_assistant
from fairhand.core.clock import Instant
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.add_source import questions_of
from fairhand.use_cases.backend_access import config_of
from fairhand.work.prelabel.store import Assistant


def model_of(db: Database, blobs: BlobStore, one: Assistant, now: Instant) -> str:
    """Give the name@version of an assistant; a server is asked for it. Raises AssistantError.

    A built-in one has versions of its own, and no name here.
    """
    if one.kind == "builtin":
        return ""
    questions = questions_of(db, one.project_id)
    with db.read() as connection:
        config = config_of(connection, one, now)
    weights = None if one.weights_sha256 is None else blobs.get(one.weights_sha256)
    return open_assistant(one.kind, config, weights, questions).model
