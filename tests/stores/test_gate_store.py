"""What the gate keeps, and what it asks, alike on both engines."""

from __future__ import annotations

from typing import Any

import pytest

from fairhand.proof.release import gate_store
from fairhand.proof.release.fitness import Place
from fairhand.storage.database import Database
from fairhand.use_cases.leave_project import leave_project
from tests.cast import Cast


@pytest.fixture
def cast(db: Database) -> Cast:
    made = Cast(db)
    project = made.project("Amina", "Bao", tasks=0, funded=0)
    for version in (1, 2):
        made.change(
            "INSERT INTO release (project_id, version, state, directory, created_at)"
            " VALUES (:project, :version, 'lost', '/nowhere', 0)",
            project=project,
            version=version,
        )
    return made


def add(db: Database, **changes: Any) -> int | None:  # noqa: ANN401  # columns of a run
    row: dict[str, Any] = {
        "release_id": 1, "project_id": 1, "asked_by": 1, "key": "ci-1", "findings": [{"a": 1}],
        "purpose": "training", "now": 5,
    }  # fmt: skip
    with db.write() as connection:
        return gate_store.add_run(connection, **row | changes)


def test_a_key_is_one_run_and_runs_are_listed_newest_first(cast: Cast) -> None:
    first = add(cast.db)
    assert first is not None
    assert add(cast.db, release_id=2) is None
    second = add(cast.db, key="ci-2")
    with cast.db.read() as connection:
        found = gate_store.find_run(connection, "ci-1")
        assert found is not None
        assert (found.id, found.findings, found.usage_id) == (first, [{"a": 1}], None)
        assert [one.id for one in gate_store.list_runs(connection, 1)] == [second, first]
        assert gate_store.find_run(connection, "ci-3") is None


def test_taking_back_moves_the_pulse_and_leaves_the_agreeing(cast: Cast) -> None:
    amina, bao = cast.people["Amina"], cast.people["Bao"]
    with cast.db.read() as connection:
        assert sorted(gate_store.list_agreeing(connection, 1)) == sorted((amina, bao))
        before = gate_store.pulse(connection, 1)
    leave_project(cast.db, amina, 1, cast.clock.now)
    with cast.db.read() as connection:
        assert gate_store.list_agreeing(connection, 1) == [bao]
        assert gate_store.pulse(connection, 1) != before


def test_the_place_of_a_release_is_told_by_published_ones_alone(cast: Cast) -> None:
    with cast.db.read() as connection:
        assert gate_store.load_place(connection, 1, 1) == Place()
    cast.change("INSERT INTO release_page (release_id, shown_at, hidden_at) VALUES (1, 1, 2)")
    with cast.db.read() as connection:
        assert gate_store.load_place(connection, 1, 1) == Place(is_hidden=True)
