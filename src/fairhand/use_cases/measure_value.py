"""What each task of a release was worth is measured by a test set that was sealed before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.proof.log import store as log
from fairhand.proof.release import value_store
from fairhand.proof.release.store import load_release
from fairhand.quality.valuation import Share
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.value_of_folder import (
    Measured,
    Told,
    measure_folder,
    read_folder,
    values_digest,
)


@dataclass(frozen=True, slots=True)
class MeasureValue:
    """Which sealed study to measure, and who asks."""

    study_id: int
    asked_by: int


def measure_value(
    db: Database,
    blobs: BlobStore,
    command: MeasureValue,
    now: Instant,
    told: Told = lambda _done, _all: None,
) -> value_store.Study:
    """Measure a study once; its values and their digest are kept and logged.

    Raises NotFoundError, ConflictError for a study that was measured before, InvalidError.
    """
    with db.read() as connection:
        study = _sealed(connection, command.study_id)
        release = load_release(connection, study.release_id)
    if release is None:
        raise NotFoundError(f"There is no release {study.release_id}.")
    folder, sealed = Path(release.directory), study.result["sealed"]
    measured = measure_folder(folder, read_folder(folder), sealed, blobs.get, told)
    digest = values_digest(measured.by_task())
    result = {"sealed": sealed, "measured": result_json(measured, digest)}
    with db.write() as connection:
        _sealed(connection, command.study_id)
        value_store.set_measured(connection, study.id, result, measured.by_task(), now)
        body = {
            "study": study.id,
            "project": study.project_id,
            "release": study.release_id,
            "test_sha256": study.test_sha256,
            "values_sha256": digest,
            "features_sha256": measured.features_sha256,
        }
        log.append(connection, "value.measured", body, now, command.asked_by, study.project_id)
        found = value_store.load_study(connection, study.id)
    assert found is not None, "it was written just now"  # noqa: S101
    return found


def result_json(measured: Measured, digest: str) -> dict[str, Any]:
    """Write what was measured as the study keeps it."""
    values = measured.values
    return {
        "values_sha256": digest,
        "features_sha256": measured.features_sha256,
        "embedder": measured.embedder,
        "gain": values.gain,
        "tasks": len(measured.task_ids),
        "repeats": sum(one != at for at, one in enumerate(values.stands_for)),
        "by_class": [_share(one) for one in values.by_class],
        "by_person": [_share(one) for one in values.by_person],
        "notes": list(values.warnings),
    }


def _share(one: Share) -> dict[str, Any]:
    return {
        "name": str(one.name),
        "rows": one.rows,
        "value": one.value,
        "low": one.low,
        "high": one.high,
    }


def _sealed(connection: Connection, study_id: int) -> value_store.Study:
    study = value_store.load_study(connection, study_id)
    if study is None:
        raise NotFoundError(f"There is no value study {study_id}.")
    if study.state != "sealed":
        raise ConflictError(
            f"Study {study_id} was measured before; seal a new test set to measure again.",
            code="measured_before",
        )
    return study
