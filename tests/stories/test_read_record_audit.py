"""What somebody changes in the tables, past every guard, does not agree with the log any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from fairhand.core.clock import DAY_MS
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.storage.vault import Vault
from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.erase_person import erase_person
from fairhand.use_cases.leave_project import leave_project
from fairhand.use_cases.read_record_audit import audit_records
from tests.cast import Cast


@pytest.fixture
def cast(db: Database) -> Cast:
    """Amina and Bao answered, were paid, and Bao left."""
    made = Cast(db)
    made.load_floors()
    pets = made.project("Amina", "Bao", tasks=2)
    for name in ("Amina", "Bao"):
        person = made.person(name)
        made.submit(person, made.next_task(person, pets), "cat")
    made.clock.advance(DAY_MS)
    close_pay_period(db, ClosePayPeriod(made.clock.now), made.clock.now)
    leave_project(db, made.person("Bao"), pets, made.clock.now)
    return made


def found(cast: Cast) -> list[str]:
    with cast.db.read() as connection:
        return [f"{issue.place}: {issue.message}" for issue in audit_records(connection)]


@contextmanager
def unguarded(db: Database, *tables: str) -> Iterator[Connection]:
    """What somebody does who has the database's own password."""
    with db.write() as connection:
        for table in tables if not db.is_sqlite else ():
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        if db.is_sqlite:
            guards = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            for (name,) in connection.exec_driver_sql(guards).all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        yield connection


def test_tables_as_the_log_has_them_have_nothing_to_say(cast: Cast) -> None:
    assert found(cast) == []


CHEATS = {
    "an answer": (
        ("annotation", "UPDATE annotation SET value = '{\"pet\": \"dog\"}' WHERE id = 1"),
        "annotation 1: its answer is not the one that was sent: the log has another",
    ),
    "no JSON any more": (
        ("annotation", "UPDATE annotation SET value = 'dog' WHERE id = 1"),
        "annotation 1: its answer is not the one that was sent: the log has another",
    ),
    "whose an answer is": (
        ("annotation", "UPDATE annotation SET person_id = 1 WHERE id = 1"),
        "annotation 1: the log says that it is person 2's, about task 1",
    ),
    "when it was sent": (
        ("annotation", "UPDATE annotation SET submitted_at = submitted_at - 1000 WHERE id = 1"),
        "annotation 1: its time in the tables is 2026-11-21T09:29:59.000Z, "
        "and in the log 2026-11-21T09:30:00.000Z",
    ),
    "the words that were agreed to": (
        ("consent_grant", "UPDATE consent_grant SET notice = 'All is allowed.' WHERE id = 1"),
        "agreement 1: its words are not those that were agreed to",
    ),
    "when it was agreed": (
        ("consent_grant", "UPDATE consent_grant SET granted_at = granted_at - 1000 WHERE id = 1"),
        "agreement 1: its time in the tables is 2026-11-21T09:29:59.000Z, "
        "and in the log 2026-11-21T09:30:00.000Z",
    ),
    "that somebody left": (
        ("consent_grant", "UPDATE consent_grant SET withdrawn_at = NULL WHERE id = 2"),
        "agreement 2: the log says that person 3 left project 1 on 2026-11-22T09:30:00.000Z; "
        "here it goes on",
    ),
    "an agreement that there never was": (
        ("consent_grant", "INSERT INTO consent_grant (person_id, project_id, scope, notice, "
         "notice_sha256, locale, granted_at) SELECT 1, project_id, scope, notice, notice_sha256, "
         "locale, granted_at FROM consent_grant WHERE id = 1"),
        "agreement 3: the tables have it, and the log has not",
    ),
    "an agreement": (
        ("consent_grant", "DELETE FROM consent_grant WHERE id = 2"),
        "agreement 2: the log has it, and the tables have not",
    ),
    "the figures of a statement": (
        ("statement", "UPDATE statement SET accrued_micros = accrued_micros + 1 WHERE id = 1"),
        "statement 1: its figures are not those of the text that the person was given",
    ),
    "a wage floor": (
        ("wage_floor", "UPDATE wage_floor SET amount = '9.71' WHERE id = 'gb-nlw-2026-04'"),
        "wage floor gb-nlw-2026-04: its figures are not those of the file that was loaded "
        "2026-11-21T09:30:00.000Z",
    ),
    "a wage floor that disappears": (
        ("wage_floor", "DELETE FROM wage_floor WHERE id = 'gb-nlw-2026-04'"),
        "wage floors: 37 rows were loaded by the log on 2026-11-21T09:30:00.000Z; "
        "the tables have 36 of then",
    ),
    "the log's own line": (
        ("event", "DELETE FROM event WHERE kind = 'annotation.submitted' AND body LIKE "
         "'{\"annotation\":1,%'"),
        "annotation 1: the tables have it, and the log has not",
    ),
    "a line that is emptied as if its person was erased": (
        ("event", "UPDATE event SET body = NULL, salt = NULL, person_id = NULL "
         "WHERE kind = 'project.joined'"),
        "agreement 1: the tables have it, and the log has not",
    ),
}  # fmt: skip


@pytest.mark.parametrize("cheat", CHEATS, ids=str)
def test_who_changes_it_past_the_guards_is_found(cast: Cast, cheat: str) -> None:
    (table, change), words = CHEATS[cheat]
    with unguarded(cast.db, table) as connection:
        assert connection.execute(text(change.replace(":", "\\:"))).rowcount > 0
    assert words in found(cast)


def test_a_statement_that_disappears_is_named_by_its_hash(cast: Cast) -> None:
    with unguarded(cast.db, "statement") as connection:
        sha256 = connection.execute(text("SELECT sha256 FROM statement WHERE id = 1")).scalar_one()
        connection.execute(text("DELETE FROM statement WHERE id = 1"))
    assert found(cast) == [f"statement {sha256[:12]}: the log has it, and the tables have not"]


def test_who_comes_back_after_leaving_has_an_agreement_that_goes_on(cast: Cast) -> None:
    cast.clock.advance(1)
    cast.join(cast.person("Bao"), 1)
    assert found(cast) == []


def test_an_erased_person_s_answers_and_agreements_are_no_surprise(
    cast: Cast, tmp_path: Path
) -> None:
    vault = Vault(tmp_path / "people.key")
    erase_person(cast.db, BlobStore("memory://"), vault, cast.person("Amina"), cast.clock.now)
    assert found(cast) == []
