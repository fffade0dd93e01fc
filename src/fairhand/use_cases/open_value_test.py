"""A test set is opened after it has judged, so that anybody can measure again what it measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.proof.log import store as log
from fairhand.proof.release import value_store
from fairhand.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class OpenValueTest:
    """Which measured study to open, and who opens it."""

    study_id: int
    opened_by: int


def open_value_test(db: Database, command: OpenValueTest, now: Instant) -> dict[str, Any]:
    """Open a test set; the opened study is what `fairhand value check` reads. Again is the same.

    Raises NotFoundError, and ConflictError while nothing was measured by it.
    """
    with db.write() as connection:
        study = value_store.load_study(connection, command.study_id)
        if study is None:
            raise NotFoundError(f"There is no value study {command.study_id}.")
        if study.state == "sealed":
            raise ConflictError(
                "Measure first: a test set that is known before could be worked for.",
                code="not_measured",
            )
        if study.state != "opened":
            value_store.set_opened(connection, study.id, now)
            body = {
                "study": study.id,
                "project": study.project_id,
                "release": study.release_id,
                "test_sha256": study.test_sha256,
                "nonce": study.result["sealed"]["nonce"],
            }
            log.append(
                connection, "value.test_opened", body, now, command.opened_by, study.project_id
            )
        return opened_json(connection, study)


def opened_json(connection: Connection, study: value_store.Study) -> dict[str, Any]:
    """Write an opened study: the test set, what was measured, and every task's whole number."""
    measured = study.result["measured"]
    return {
        "format": study.result["sealed"]["format"],
        "study": study.id,
        "release": study.release_id,
        "test_sha256": study.test_sha256,
        "committed_event": study.committed_event,
        "sealed": study.result["sealed"],
        # Shares of people stay with each of them; they follow from the values and the release.
        "measured": {name: one for name, one in measured.items() if name != "by_person"},
        "values": [
            [task, leader, nano]
            for task, (leader, nano) in sorted(
                value_store.load_values(connection, study.id).items()
            )
        ],
    }
