"""A test set is drawn and its digest put into the log, before anything is measured by it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.proof.log import store as log
from fairhand.proof.release import value_store
from fairhand.proof.release.store import load_release
from fairhand.storage.database import Database
from fairhand.use_cases.value_of_folder import (
    FORMAT,
    NEIGHBOURS,
    draw_tests,
    labelled_rows,
    question_of,
    read_folder,
    test_digest,
)


@dataclass(frozen=True, slots=True)
class SealValueTest:
    """Which release's tasks are to be valued, for which choice. A nonce is drawn where none is."""

    release_id: int
    question: str
    asked_by: int
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class SealedTest:
    """The study, and what the log now holds of its test set."""

    study_id: int
    test_sha256: str
    test_tasks: int
    event_id: int


def seal_value_test(db: Database, command: SealValueTest, now: Instant) -> SealedTest:
    """Draw the tasks that will judge the others, and commit them without saying which they are.

    They are people's own, of depth 0. Raises NotFoundError, and InvalidError for a question that
    is no choice or has too few labels.
    """
    with db.read() as connection:
        release = load_release(connection, command.release_id)
    if release is None or release.state != "published":
        raise NotFoundError(f"There is no release {command.release_id}.")
    folder = Path(release.directory)
    manifest = read_folder(folder)
    question = question_of(manifest, command.question)
    nonce = command.nonce or secrets.token_hex(32)
    sealed: dict[str, Any] = {
        "format": FORMAT,
        "manifest_sha256": release.manifest_sha256,
        "question": question.name,
        "k": NEIGHBOURS,
        "nonce": nonce,
        "tasks": draw_tests(labelled_rows(folder, manifest, question.name), nonce),
    }
    digest, count = test_digest(sealed), len(sealed["tasks"])
    with db.write() as connection:
        study_id = value_store.add_study(
            connection,
            project_id=release.project_id,
            release_id=release.id,
            question=question.name,
            test_sha256=digest,
            test_tasks=count,
            sealed=sealed,
            asked_by=command.asked_by,
            now=now,
        )
        body = {
            "study": study_id,
            "project": release.project_id,
            "release": release.id,
            "question": question.name,
            "test_sha256": digest,
            "test_tasks": count,
        }
        event = log.append(
            connection, "value.test_sealed", body, now, command.asked_by, release.project_id
        )
        value_store.set_event(connection, study_id, event.id)
    return SealedTest(study_id, digest, count, event.id)
