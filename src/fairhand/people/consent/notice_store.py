"""SQL of notices and of reading them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Row, bindparam, func, select, update

from fairhand.core.clock import Instant
from fairhand.core.ids import sha256_hex
from fairhand.people.consent.notices import (
    Check,
    NoticeTerms,
    read_checks,
    read_terms,
)
from fairhand.storage.database import Connection, insert
from fairhand.storage.kept import Kept
from fairhand.storage.tables.consent import notice, notice_reading

_LIVE = (
    select(notice)
    .where(notice.c.project_id == bindparam("p_project"), notice.c.retired_at.is_(None))
    .order_by(notice.c.language)
)
_ONE = select(notice).where(notice.c.id == bindparam("p_id"))
_READING = select(notice_reading).where(
    notice_reading.c.person_id == bindparam("p_person"),
    notice_reading.c.notice_id == bindparam("p_notice"),
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A published notice: one version in one language."""

    id: int
    project_id: int
    version: int
    language: str
    words: str
    sha256: str
    terms: NoticeTerms
    checks: tuple[Check, ...]
    published_at: Instant
    expires_at: Instant | None
    retired_at: Instant | None

    def can_be_agreed_to(self, now: Instant) -> bool:
        """Say whether somebody may agree to it now: neither replaced nor expired."""
        return self.retired_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Reading:
    """How far somebody is with a notice."""

    opened_at: Instant
    tries: int
    understood_at: Instant | None
    answers: list[Any]


def terms_sha256(terms: NoticeTerms) -> str:
    """Name what a notice offers."""
    return sha256_hex(orjson.dumps(terms.as_json()))


KEPT: Final = Kept(notice, ("project_id", "version", "language"))


def add_version(
    connection: Connection,
    project_id: int,
    words: dict[str, str],
    terms: NoticeTerms,
    checks: dict[str, tuple[Check, ...]],
    author_id: int,
    now: Instant,
    expires_at: Instant | None = None,
) -> int:
    """Publish a version in every language it has words in; the one before is retired."""
    version = _newest(connection, project_id) + 1
    connection.execute(
        update(notice)
        .where(notice.c.project_id == project_id, notice.c.retired_at.is_(None))
        .values(retired_at=now)
    )
    for language, text in sorted(words.items()):
        row = {
            "project_id": project_id,
            "version": version,
            "language": language,
            "words": text,
            "sha256": sha256_hex(text.encode()),
            "terms": orjson.dumps(terms.as_json()).decode(),
            "checks": orjson.dumps([asdict(one) for one in checks[language]]).decode(),
            "author_id": author_id,
            "published_at": now,
            "expires_at": expires_at,
        }
        connection.execute(notice.insert(), row)
    return version


def list_live(connection: Connection, project_id: int) -> list[Notice]:
    """List the notices of the newest version, one a language; none: nothing was published."""
    return [_notice(row) for row in connection.execute(_LIVE, {"p_project": project_id})]


def list_published(connection: Connection) -> set[int]:
    """List the campaigns that have a notice in force."""
    found = select(notice.c.project_id).where(notice.c.retired_at.is_(None)).distinct()
    return set(connection.execute(found).scalars())


def load_notice(connection: Connection, notice_id: int) -> Notice | None:
    """Load a notice, an old one too."""
    row = connection.execute(_ONE, {"p_id": notice_id}).one_or_none()
    return None if row is None else _notice(row)


def best_of(notices: Sequence[Notice], language: str) -> Notice | None:
    """Choose the notice in somebody's language, else in English, else the first there is."""
    by_language = {one.language.split("-")[0]: one for one in reversed(notices)}
    return (
        by_language.get(language.split("-")[0])
        or by_language.get("en")
        or (notices[0] if notices else None)
    )


def open_reading(connection: Connection, person_id: int, notice_id: int, now: Instant) -> Reading:
    """Remember that somebody opened a notice; gives how far they are."""
    row = {"person_id": person_id, "notice_id": notice_id, "opened_at": now}
    connection.execute(insert(connection, notice_reading).on_conflict_do_nothing(), row)
    found = load_reading(connection, person_id, notice_id)
    assert found is not None  # noqa: S101  # written above
    return found


def load_reading(connection: Connection, person_id: int, notice_id: int) -> Reading | None:
    """Say how far somebody is with a notice; None: they never opened it."""
    found = {"p_person": person_id, "p_notice": notice_id}
    row = connection.execute(_READING, found).one_or_none()
    if row is None:
        return None
    return Reading(row.opened_at, row.tries, row.understood_at, orjson.loads(row.answers))


def save_try(
    connection: Connection,
    person_id: int,
    notice_id: int,
    reading: Reading,
    answers: Sequence[int],
    right: bool,
    now: Instant,
) -> None:
    """Keep one try at the questions; once understood stays understood."""
    kept = [*reading.answers[-19:], {"at": now, "answers": list(answers), "right": right}]
    understood = reading.understood_at or (now if right else None)
    connection.execute(
        update(notice_reading)
        .where(notice_reading.c.person_id == person_id, notice_reading.c.notice_id == notice_id)
        .values(
            tries=notice_reading.c.tries + 1,
            understood_at=understood,
            answers=orjson.dumps(kept).decode(),
        )
    )


def _newest(connection: Connection, project_id: int) -> int:
    newest = select(func.max(notice.c.version)).where(notice.c.project_id == project_id)
    return connection.execute(newest).scalar_one() or 0


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        row.id,
        row.project_id,
        row.version,
        row.language,
        row.words,
        row.sha256,
        read_terms(orjson.loads(row.terms)),
        read_checks(orjson.loads(row.checks)),
        row.published_at,
        row.expires_at,
        row.retired_at,
    )
