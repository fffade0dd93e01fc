"""A story inside a wider transaction commits with it, and undoes itself alone."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from fairhand.core.errors import ConflictError
from fairhand.storage.database import Database
from fairhand.storage.joined import JoinedDatabase


@pytest.fixture
def notes(db: Database) -> Database:
    with db.write() as connection:
        connection.execute(text("CREATE TABLE note (n INTEGER)"))
    return db


def write(database: Database, number: int, *, fails: bool = False) -> None:
    with database.write() as connection:
        connection.execute(text("INSERT INTO note (n) VALUES (:n)"), {"n": number})
        if fails:
            raise ConflictError("no")


def read(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.execute(text("SELECT n FROM note ORDER BY n")).scalars())


def test_what_joins_commits_with_the_whole(notes: Database) -> None:
    with notes.write() as connection:
        joined = JoinedDatabase(notes, connection)
        write(joined, 1)
        write(joined, 2)
        assert read(joined) == [1, 2]
        assert read(notes) == []
    assert read(notes) == [1, 2]


def test_what_fails_inside_undoes_itself_alone(notes: Database) -> None:
    with notes.write() as connection:
        joined = JoinedDatabase(notes, connection)
        write(joined, 1)
        with pytest.raises(ConflictError):
            write(joined, 2, fails=True)
        joined.close()
    assert read(notes) == [1]


def join_and_fail(database: Database) -> None:
    with database.write() as connection:
        write(JoinedDatabase(database, connection), 1)
        raise ConflictError("no")


def test_what_joined_is_gone_when_the_whole_fails(notes: Database) -> None:
    with pytest.raises(ConflictError):
        join_and_fail(notes)
    assert read(notes) == []
