"""Open what a version of an assistant predicts with."""

from __future__ import annotations

from collections.abc import Sequence

from fairhand.compute.assistants.contract import AssistantError, Predictor
from fairhand.compute.assistants.opening import open_assistant
from fairhand.core.clock import system_now
from fairhand.model.project import Question
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection
from fairhand.use_cases.backend_access import config_of
from fairhand.work.prelabel import store
from fairhand.work.prelabel.store import ModelVersion


def open_version(
    connection: Connection, blobs: BlobStore, version: ModelVersion, questions: Sequence[Question]
) -> Predictor:
    """Open a version of any kind of assistant; raises AssistantError when that cannot be done."""
    one = store.load_assistant(connection, version.assistant_id)
    if one is None:
        raise AssistantError(f"Version {version.id} is of no assistant.", hop="shape")
    sha256 = version.weights_sha256 or one.weights_sha256
    weights = None if sha256 is None else blobs.get(sha256)
    config = config_of(connection, one, system_now())  # a token of the moment
    return open_assistant(one.kind, config, weights, questions)
