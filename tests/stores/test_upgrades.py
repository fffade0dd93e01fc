"""A database of every released revision upgrades to this one, tried on a copy first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from fairhand.storage import migrate
from fairhand.storage.database import Database
from fairhand.use_cases.rehearse_upgrade import rehearse_upgrade
from tests.engines import Templates
from tests.stories.terminal import Terminal

RELEASED = sorted(migrate._known() - {"0010"})


def quiet(_what: str, _done: int, _total: int | None) -> None:
    """Nobody looks at the bar."""


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database."""
    database = Database(f"sqlite:///{tmp_path / 'old.db'}", pool_size=2)
    yield database
    database.close()


def add_person(database: Database) -> None:
    """Somebody is there already."""
    with database.write() as connection:
        connection.execute(
            text("INSERT INTO person (display_name, created_at) VALUES ('Amina', 1700000000000)")
        )


@pytest.mark.parametrize("revision", RELEASED)
def test_every_released_revision_is_rehearsed_and_then_upgraded(
    old: Database, revision: str
) -> None:
    migrate.upgrade_to(old, revision)
    add_person(old)
    found = rehearse_upgrade(old, quiet)
    assert found.troubles == ()
    assert (found.revision, found.wanted) == (revision, migrate.head())
    assert len(found.steps) == len(RELEASED) + 1 - int(revision)
    assert "source_object" in found.new_tables
    assert migrate.current(old) == revision, "a rehearsal changes nothing"
    migrate.upgrade(old)
    migrate.check(old)
    with old.read() as connection:
        assert connection.execute(text("SELECT display_name FROM person")).scalars().all() == [
            "Amina"
        ]


def test_a_rehearsal_on_postgresql_uses_a_database_of_its_own(templates: Templates) -> None:
    with templates.fresh("postgresql", tables=False) as url:
        database = Database(url, pool_size=2)
        migrate.upgrade_to(database, RELEASED[-1])
        add_person(database)
        found = rehearse_upgrade(database, quiet)
        assert (found.troubles, found.revision) == ((), RELEASED[-1])
        assert migrate.current(database) == RELEASED[-1]
        with database.read() as connection:
            names = connection.execute(text("SELECT datname FROM pg_database")).scalars().all()
        assert not [name for name in names if name.startswith("fairhand_rehearsal")]
        database.close()


def test_a_revision_that_fails_or_loses_rows_is_told_and_nothing_is_done(
    old: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate.upgrade_to(old, RELEASED[-1])
    add_person(old)

    def lose(database: Database) -> None:
        with database.write() as connection:
            connection.execute(text("DELETE FROM person"))

    monkeypatch.setattr("fairhand.use_cases.rehearse_upgrade.migrate.upgrade", lose)
    assert any("person: 1 rows before" in one for one in rehearse_upgrade(old, quiet).troubles)
    monkeypatch.setattr("fairhand.use_cases.rehearse_upgrade.migrate.upgrade", lambda _: 1 // 0)
    assert any("ZeroDivisionError" in one for one in rehearse_upgrade(old, quiet).troubles)
    assert migrate.current(old) == RELEASED[-1]


def test_the_command_tries_and_then_upgrades(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "team")
    terminal.workspace.mkdir()
    database = Database(f"sqlite:///{terminal.workspace / 'fairhand.db'}", pool_size=2)
    migrate.upgrade_to(database, RELEASED[-1])
    tried = terminal.ok("upgrade", "--dry-run", "--json").json
    assert (tried["done"], tried["troubles"]) == (False, [])
    assert migrate.current(database) == RELEASED[-1]
    assert "Done." in terminal.ok("upgrade").out
    assert migrate.current(database) == migrate.head()
    assert "nothing to upgrade" in terminal.ok("upgrade").out
    database.close()
