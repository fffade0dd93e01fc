"""The revisions lead to exactly the tables of the code, on both engines."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text

from fairhand.core.errors import UnavailableError
from fairhand.storage import migrate
from fairhand.storage.database import Database
from fairhand.storage.schema import whole_metadata

_TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": (
        "SELECT tgname, pg_get_triggerdef(oid) || (SELECT prosrc FROM pg_proc"
        " WHERE pg_proc.oid = tgfoid) FROM pg_trigger WHERE NOT tgisinternal"
    ),
}
_BOOKKEEPING = "alembic_version"


def describe(connection: Connection) -> dict[str, Any]:
    """Everything that a schema promises, in a form that compares."""
    inspector = inspect(connection)
    tables = [name for name in inspector.get_table_names() if name != _BOOKKEEPING]
    triggers = connection.execute(text(_TRIGGERS[connection.dialect.name])).all()
    return {
        "triggers": {row[0]: row[1] for row in triggers},
        "tables": {name: _describe_table(inspector, name) for name in tables},
    }


def _describe_table(inspector: Any, name: str) -> dict[str, list[str]]:  # noqa: ANN401
    asked = {
        "columns": inspector.get_columns(name),
        "key": [inspector.get_pk_constraint(name)],
        "foreign": inspector.get_foreign_keys(name),
        "unique": inspector.get_unique_constraints(name),
        "checks": inspector.get_check_constraints(name),
        "indexes": inspector.get_indexes(name),
    }
    return {part: sorted(_words(each) for each in items) for part, items in asked.items()}


def _words(described: dict[str, Any]) -> str:
    """Write a description down by content: clauses of partial indexes have no equality."""
    return "; ".join(
        f"{key}: {_words(value) if isinstance(value, dict) else value}"
        for key, value in sorted(described.items())
    )


@pytest.fixture
def migrated(empty_db_url: str) -> Database:
    return Database(empty_db_url, pool_size=2)


@pytest.fixture(scope="module")
def first_history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The migrations with one generated revision from nothing to the tables of the code."""
    home = tmp_path_factory.mktemp("history") / "migrations"
    shutil.copytree(migrate._HOME, home, ignore=shutil.ignore_patterns("r0*.py", "__pycache__"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate, "_HOME", home)
        assert migrate.new_revision("First tables").name == "r0001_first_tables.py"
    return home


@pytest.fixture
def own_history(first_history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that history to which a test may add."""
    home = tmp_path / "migrations"
    shutil.copytree(first_history, home, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrate, "_HOME", home)
    return home


def assert_same_schema(db: Database, migrated: Database) -> None:
    with db.read() as made, migrated.read() as reached:
        expected, found = describe(made), describe(reached)
    assert found["triggers"] == expected["triggers"]
    assert found["tables"].keys() == expected["tables"].keys()
    for table, promises in expected["tables"].items():
        assert found["tables"][table] == promises, table


def test_the_revisions_lead_to_the_tables_of_the_code(db: Database, migrated: Database) -> None:
    migrate.upgrade(migrated, step_by_step=True)
    assert_same_schema(db, migrated)
    migrate.check(migrated)
    migrated.close()


def test_an_empty_database_is_made_at_once_and_goes_on_by_revisions(
    own_history: Path, db: Database, migrated: Database
) -> None:
    migrate.upgrade(migrated)
    assert_same_schema(db, migrated)
    migrate.check(migrated)
    (own_history / "versions" / "r0002_more.py").write_text(_ADD_A_COLUMN)
    migrate.upgrade(migrated)
    assert migrate.current(migrated) == "0002"
    migrated.close()


def test_a_generated_revision_carries_types_defaults_indexes_and_triggers(
    own_history: Path, db: Database, migrated: Database
) -> None:
    assert migrate.current(migrated) is None
    migrate.upgrade(migrated, step_by_step=True)
    assert migrate.current(migrated) == migrate.head() == "0001"
    assert_same_schema(db, migrated)
    migrated.close()


def test_a_second_revision_changes_what_the_first_made(
    own_history: Path, migrated: Database
) -> None:
    migrate.upgrade(migrated)
    person = whole_metadata().tables["person"]
    with migrated.write() as connection:
        connection.execute(
            person.insert(), {"id": 1, "display_name": "Amina", "created_at": 1_700_000_000_000}
        )
    (own_history / "versions" / "r0002_more.py").write_text(_ADD_A_COLUMN)
    migrate.upgrade(migrated)
    with migrated.read() as connection:
        row = connection.execute(text("SELECT display_name, nickname FROM person")).one()
    assert tuple(row) == ("Amina", "none")
    migrated.close()


_ADD_A_COLUMN = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade() -> None:
    with op.batch_alter_table("person") as batch:
        batch.add_column(sa.Column("nickname", sa.Text(), nullable=True))
    op.execute("UPDATE person SET nickname = 'none'")
    with op.batch_alter_table("person") as batch:
        batch.alter_column("nickname", existing_type=sa.Text(), nullable=False)
"""


def test_a_revision_that_fails_changes_nothing(own_history: Path, migrated: Database) -> None:
    migrate.upgrade(migrated)
    broken = _ADD_A_COLUMN + "    raise RuntimeError('no')\n"
    (own_history / "versions" / "r0002_more.py").write_text(broken)
    with pytest.raises(RuntimeError, match="no"):
        migrate.upgrade(migrated)
    assert migrate.current(migrated) == "0001"
    with migrated.read() as connection:
        columns = {column["name"] for column in inspect(connection).get_columns("person")}
    assert "nickname" not in columns
    migrated.close()


def test_processes_that_start_at_once_upgrade_once(
    own_history: Path, empty_db_url: str, db: Database
) -> None:
    databases = [Database(empty_db_url, pool_size=2) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate.upgrade, databases))
    assert_same_schema(db, databases[0])
    for database in databases:
        database.close()


def test_an_old_or_newer_database_is_refused_with_advice(
    own_history: Path, migrated: Database
) -> None:
    with pytest.raises(UnavailableError) as behind:
        migrate.check(migrated)
    assert behind.value.code == "schema_outdated"
    migrate.upgrade(migrated)
    with migrated.write() as connection:
        connection.execute(text(f"UPDATE {_BOOKKEEPING} SET version_num = '9999'"))
    for ask in (migrate.check, migrate.upgrade):
        with pytest.raises(UnavailableError) as ahead:
            ask(migrated)
        assert ahead.value.code == "schema_too_new"
    migrated.close()
