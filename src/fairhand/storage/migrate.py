"""Bring a database to the schema of this version: `upgrade`, `current`, `check`.

`python -m fairhand.storage.migrate revision "Add the seals"` writes the next revision from the
difference between the tables in the code and the revisions so far. Alembic is imported only when
there is something to do: a server that starts on an up-to-date database does not wait for it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, event, inspect, text

from fairhand.core.errors import UnavailableError
from fairhand.storage.database import Database
from fairhand.storage.schema import whole_metadata

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["check", "current", "head", "new_revision", "steps_after", "upgrade", "upgrade_to"]

_HOME = Path(__file__).parent / "migrations"
_VERSION_TABLE = (  # as Alembic makes it
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)
_LOCK = 0x46616972  # "Fair": the advisory lock that two starting processes queue at


def upgrade(database: Database, *, step_by_step: bool = False) -> None:
    """Run every missing revision in one transaction; safe when several processes start at once.

    An empty database gets the tables of the code at once, which the revisions lead to as well
    (a test compares them); `step_by_step` goes through the revisions even so.
    Raises UnavailableError when the database was written by a newer version of Fairhand.
    """
    if current(database) == head():
        return
    with _exclusively(database) as connection:
        at = _revision_of(connection)
        _refuse_unknown(at)
        if at is None and not step_by_step and not inspect(connection).get_table_names():
            _make_at_once(connection)
        elif at != head():
            from alembic import command

            command.upgrade(_config(connection), "head")


def upgrade_to(database: Database, revision: str) -> None:
    """Bring a database to an older revision, as tests of upgrades need it."""
    from alembic import command

    with _exclusively(database) as connection:
        command.upgrade(_config(connection), revision)


def current(database: Database) -> str | None:
    """Name the revision that a database is at; None when it is empty."""
    with database.read() as connection:
        return _revision_of(connection)


def head() -> str | None:
    """Name the newest revision that this version knows."""
    return max(_known(), default=None)


def steps_after(revision: str) -> list[str]:
    """Name the revisions after one, as "0009 everyday", in the order in which they run."""
    found = sorted(path.stem for path in _HOME.glob("versions/r[0-9][0-9][0-9][0-9]_*.py"))
    return [f"{name[1:5]} {name[6:].replace('_', ' ')}" for name in found if name[1:5] > revision]


def check(database: Database) -> None:
    """Raise UnavailableError when the database is not at the schema of this version."""
    at = current(database)
    _refuse_unknown(at)
    if at != head():
        raise UnavailableError(
            f"The database is at revision {at or 'none'} and this version needs {head()}. "
            "Run `fairhand init` in the workspace to bring it up to date.",
            code="schema_outdated",
        )


def new_revision(message: str) -> Path:
    """Write the next revision file and return its path (needs ruff, which formats it)."""
    from alembic import command

    number = f"{len(_known()) + 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/revisions.db", pool_size=1)
        upgrade(database, step_by_step=True)
        with database.write() as connection:
            command.revision(_config(connection), message=message, rev_id=number, autogenerate=True)
        database.close()
    return next(_HOME.glob(f"versions/r{number}_*.py"))


def _make_at_once(connection: Connection) -> None:
    whole_metadata().create_all(connection, checkfirst=False)
    connection.execute(text(_VERSION_TABLE))
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": head()})


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config(stdout=StringIO())
    config.set_main_option("script_location", str(_HOME).replace("%", "%%"))
    config.set_main_option("file_template", "r%%(rev)s_%%(slug)s")
    for hook, arguments in (
        ("check", "check --fix --quiet --exit-zero --ignore E501"),
        ("format", "format --quiet"),
    ):
        config.set_section_option("post_write_hooks", f"{hook}.type", "module")
        config.set_section_option("post_write_hooks", f"{hook}.module", "ruff")
        options = f"{arguments} REVISION_SCRIPT_FILENAME"
        config.set_section_option("post_write_hooks", f"{hook}.options", options)
    config.set_section_option("post_write_hooks", "hooks", "check, format")
    config.attributes["connection"] = connection
    return config


def _known() -> set[str]:
    """Read the revisions off their file names, as `r0001_create_the_tables.py`."""
    return {path.name[1:5] for path in _HOME.glob("versions/r[0-9][0-9][0-9][0-9]_*.py")}


def _revision_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _refuse_unknown(revision: str | None) -> None:
    if revision is not None and revision not in _known():
        raise UnavailableError(
            f"The database is at revision {revision}, which this version does not know: "
            "it was written by a newer Fairhand. Install that version again.",
            code="schema_too_new",
        )


@contextmanager
def _exclusively(database: Database) -> Iterator[Connection]:
    """Open a write transaction that other upgrades wait for.

    On SQLite foreign keys rest meanwhile, because changing a table there means copying it; they
    are checked as a whole before the commit.
    """
    private = Database(database.url, pool_size=1)
    if private.is_sqlite:
        event.listen(private.engine, "connect", _rest_foreign_keys)
    try:
        with private.write() as connection:
            if not private.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            yield connection
            if private.is_sqlite and connection.execute(text("PRAGMA foreign_key_check")).first():
                raise RuntimeError("a revision broke a foreign key; nothing was changed")
    finally:
        private.close()


def _rest_foreign_keys(dbapi_connection: Any, _record: object) -> None:  # noqa: ANN401
    dbapi_connection.execute("PRAGMA foreign_keys=OFF")


def main(arguments: list[str]) -> int:
    """Answer `revision MESSAGE`; anything else prints how to use it."""
    if len(arguments) == 2 and arguments[0] == "revision":
        sys.stdout.write(f"{new_revision(arguments[1])}\n")
        return 0
    sys.stderr.write('usage: python -m fairhand.storage.migrate revision "What changes"\n')
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
