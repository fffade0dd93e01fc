"""SQL of licensing: who asked, what they got, what they were told and how they answered.

Notices and requests to unlearn are queued by `proof.revocation.store`, with the lists they follow.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Row, Select, Table, and_, func, select, update

from fairhand.core.clock import Instant
from fairhand.proof.licensing.rules import Asker, Quote, Wish
from fairhand.storage.database import Connection
from fairhand.storage.tables.licensing import (
    licence,
    licence_request,
    licensee,
    recipient_notice,
    trained_model,
    unlearning_request,
)
from fairhand.storage.tables.work import project


@dataclass(frozen=True, slots=True)
class Licensee:
    """Somebody who asks for data."""

    id: int
    name: str
    contact: str
    country: str
    website: str
    created_at: Instant


@dataclass(frozen=True, slots=True)
class LicenceRequest:
    """What a licensee asked for; `quote` is what they were told then."""

    id: int
    licensee_id: int
    project_id: int
    state: str
    purposes: tuple[str, ...]
    territory: tuple[str, ...]
    term_days: int
    words: str
    quote: Mapping[str, Any]
    asked_at: Instant
    decided_at: Instant | None
    why: str | None

    def wish(self, recipient: str) -> Wish:
        """Read what they want as a wish."""
        return Wish(self.purposes, self.territory, self.term_days, recipient)


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence that was granted; `release_id` is None until its release is written."""

    id: int
    uid: str
    request_id: int
    licensee_id: int
    project_id: int
    release_id: int | None
    purposes: tuple[str, ...]
    territory: tuple[str, ...]
    starts_at: Instant
    ends_at: Instant
    price_minor: int
    currency: str
    usage_id: int | None
    policy: Mapping[str, Any]
    granted_at: Instant
    ended_at: Instant | None

    def is_in_force(self, now: Instant) -> bool:
        """Say whether anything is licensed by it now."""
        return self.starts_at <= now < self.ends_at and self.ended_at is None


@dataclass(frozen=True, slots=True)
class Notice:
    """What a recipient was told to remove, and how they answered."""

    id: int
    licence_id: int
    release_id: int
    list_number: int
    state: str
    sent_at: Instant
    due_at: Instant
    answered_at: Instant | None
    answer: str | None
    receipt: str | None


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model that was trained on a release, as its maker said."""

    id: int
    licence_id: int | None
    project_id: int
    release_id: int
    name: str
    version: str
    purpose: str
    is_in_use: bool
    trained_at: Instant
    registered_at: Instant


@dataclass(frozen=True, slots=True)
class Unlearning:
    """What a model's maker was asked to take out of it, and how they answered."""

    id: int
    model_id: int
    list_number: int
    items: int
    state: str
    asked_at: Instant
    due_at: Instant
    answered_at: Instant | None
    why: str | None


_LISTS = ("purposes", "territory")
_JSON = (*_LISTS, "quote", "policy")


def add_licensee(connection: Connection, asker: Asker, token_hash: str, now: Instant) -> int:
    """Remember who asks; of their page's secret only the hash is kept."""
    row = {
        "name": asker.name.strip(),
        "contact": asker.contact.strip(),
        "country": asker.country,
        "website": asker.website.strip(),
        "token_hash": token_hash,
        "created_at": now,
    }
    return _add(connection, licensee, row)


def find_licensee(connection: Connection, token_hash: str) -> Licensee | None:
    """Find who holds a secret."""
    row = _one(connection, _of(licensee, Licensee).where(licensee.c.token_hash == token_hash))
    return None if row is None else Licensee(**row)


def load_licensee(connection: Connection, licensee_id: int) -> Licensee | None:
    """Load who asked."""
    row = _one(connection, _of(licensee, Licensee).where(licensee.c.id == licensee_id))
    return None if row is None else Licensee(**row)


def add_request(
    connection: Connection,
    licensee_id: int,
    project_id: int,
    wish: Wish,
    words: str,
    quote: Quote,
    now: Instant,
) -> int:
    """Remember what somebody asks for."""
    row = {
        "licensee_id": licensee_id,
        "project_id": project_id,
        "purposes": _dump(sorted(wish.purposes)),
        "territory": _dump(sorted(wish.territory)),
        "term_days": wish.term_days,
        "words": words.strip(),
        "quote": _dump(quote.as_json()),
        "asked_at": now,
    }
    return _add(connection, licence_request, row)


def load_request(connection: Connection, request_id: int) -> LicenceRequest | None:
    """Load a request."""
    chosen = _of(licence_request, LicenceRequest).where(licence_request.c.id == request_id)
    row = _one(connection, chosen)
    return None if row is None else LicenceRequest(**row)


def list_requests(
    connection: Connection, *, project_id: int | None = None, licensee_id: int | None = None
) -> list[LicenceRequest]:
    """List the requests of a project or of a licensee, the newest first, up to 500."""
    chosen = _of(licence_request, LicenceRequest)
    if project_id is not None:
        chosen = chosen.where(licence_request.c.project_id == project_id)
    if licensee_id is not None:
        chosen = chosen.where(licence_request.c.licensee_id == licensee_id)
    found = _many(connection, chosen.order_by(licence_request.c.id.desc()).limit(500))
    return [LicenceRequest(**row) for row in found]


def count_open(connection: Connection, project_id: int) -> int:
    """Count a project's undecided requests."""
    counted = select(func.count()).where(
        licence_request.c.project_id == project_id, licence_request.c.state == "asked"
    )
    return connection.execute(counted).scalar_one()


def decide_request(
    connection: Connection,
    request_id: int,
    state: str,
    *,
    why: str | None,
    decided_by: int | None,
    now: Instant,
) -> bool:
    """Decide a request that is open; False where somebody decided it before."""
    done = connection.execute(
        update(licence_request)
        .where(licence_request.c.id == request_id, licence_request.c.state == "asked")
        .values(state=state, why=why, decided_by=decided_by, decided_at=now)
    )
    return done.rowcount == 1


def load_decider(connection: Connection, request_id: int) -> int:
    """Say who decided a request."""
    chosen = select(licence_request.c.decided_by).where(licence_request.c.id == request_id)
    person_id: int = connection.execute(chosen).scalar_one()
    return person_id


def add_licence(connection: Connection, row: Mapping[str, Any]) -> int:
    """Keep a licence; `purposes`, `territory` and `policy` are written as JSON."""
    return _add(connection, licence, {k: _dump(v) if k in _JSON else v for k, v in row.items()})


def load_licence(connection: Connection, licence_id: int) -> Licence | None:
    """Load a licence."""
    row = _one(connection, _of(licence, Licence).where(licence.c.id == licence_id))
    return None if row is None else Licence(**row)


def list_licences(
    connection: Connection,
    *,
    project_id: int | None = None,
    licensee_id: int | None = None,
    release_ids: Collection[int] | None = None,
) -> list[Licence]:
    """List licences of a project, of a licensee or on releases, the newest first."""
    chosen = _of(licence, Licence)
    if project_id is not None:
        chosen = chosen.where(licence.c.project_id == project_id)
    if licensee_id is not None:
        chosen = chosen.where(licence.c.licensee_id == licensee_id)
    if release_ids is not None:
        chosen = chosen.where(licence.c.release_id.in_(release_ids))
    return [Licence(**row) for row in _many(connection, chosen.order_by(licence.c.id.desc()))]


def set_release(
    connection: Connection,
    licence_id: int,
    release_id: int,
    span: tuple[Instant, Instant],
    policy: Mapping[str, Any],
) -> None:
    """Remember which release a licence is for, and its exact term."""
    connection.execute(
        update(licence)
        .where(licence.c.id == licence_id)
        .values(
            release_id=release_id, starts_at=span[0], ends_at=span[1], policy=_dump(dict(policy))
        )
    )


def set_usage(connection: Connection, licence_id: int, usage_id: int) -> None:
    """Remember the use for which royalties were owed."""
    connection.execute(update(licence).where(licence.c.id == licence_id).values(usage_id=usage_id))


def list_notices(connection: Connection, licence_ids: Collection[int]) -> list[Notice]:
    """List what the holders of licences were told, the newest first."""
    chosen = _of(recipient_notice, Notice).where(recipient_notice.c.licence_id.in_(licence_ids))
    found = _many(connection, chosen.order_by(recipient_notice.c.id.desc()))
    return [Notice(**row) for row in found]


def load_notice(connection: Connection, notice_id: int) -> Notice | None:
    """Load a notice to a recipient."""
    row = _one(connection, _of(recipient_notice, Notice).where(recipient_notice.c.id == notice_id))
    return None if row is None else Notice(**row)


def answer_notice(
    connection: Connection,
    told: Notice,
    state: str,
    answer: Mapping[str, Any],
    receipt: str,
    now: Instant,
) -> bool:
    """Keep a recipient's answer; False where the notice has moved on since it was loaded."""
    done = connection.execute(
        update(recipient_notice)
        .where(recipient_notice.c.id == told.id, recipient_notice.c.state == told.state)
        .values(state=state, answer=_dump(dict(answer)), receipt=receipt, answered_at=now)
    )
    return done.rowcount == 1


def mark_overdue(connection: Connection, now: Instant) -> tuple[int, int]:
    """Mark notices and requests to unlearn that nobody settled in time; gives how many of each."""
    notices = connection.execute(
        update(recipient_notice)
        .where(
            recipient_notice.c.state.in_(("sent", "acknowledged")),
            recipient_notice.c.due_at <= now,
        )
        .values(state="overdue")
    )
    models = connection.execute(
        update(unlearning_request)
        .where(unlearning_request.c.state == "asked", unlearning_request.c.due_at <= now)
        .values(state="overdue")
    )
    return max(notices.rowcount, 0), max(models.rowcount, 0)


def find_model(
    connection: Connection, release_id: int, name: str, version: str
) -> TrainedModel | None:
    """Find a model by what makes it one."""
    chosen = _of(trained_model, TrainedModel).where(
        trained_model.c.release_id == release_id,
        trained_model.c.name == name,
        trained_model.c.version == version,
    )
    row = _one(connection, chosen)
    return None if row is None else TrainedModel(**row)


def add_model(connection: Connection, row: Mapping[str, Any]) -> int:
    """Remember a model that was trained on a release."""
    return _add(connection, trained_model, row)


def set_in_use(connection: Connection, model_id: int, is_in_use: bool) -> None:
    """Remember whether a model is still used: one that is not need not unlearn."""
    connection.execute(
        update(trained_model).where(trained_model.c.id == model_id).values(is_in_use=is_in_use)
    )


def list_models(
    connection: Connection,
    *,
    project_id: int | None = None,
    licence_ids: Collection[int] | None = None,
) -> list[TrainedModel]:
    """List models trained on a project's releases, or registered under licences."""
    chosen = _of(trained_model, TrainedModel)
    if project_id is not None:
        chosen = chosen.where(trained_model.c.project_id == project_id)
    if licence_ids is not None:
        chosen = chosen.where(trained_model.c.licence_id.in_(licence_ids))
    found = _many(connection, chosen.order_by(trained_model.c.id))
    return [TrainedModel(**row) for row in found]


def list_unlearning(connection: Connection, model_ids: Collection[int]) -> list[Unlearning]:
    """List what makers of models were asked to take out, the newest first."""
    chosen = _of(unlearning_request, Unlearning).where(unlearning_request.c.model_id.in_(model_ids))
    found = _many(connection, chosen.order_by(unlearning_request.c.id.desc()))
    return [Unlearning(**row) for row in found]


def answer_unlearning(
    connection: Connection, asked: Unlearning, state: str, why: str, now: Instant
) -> bool:
    """Keep what a maker did; False where it moved on since it was loaded."""
    done = connection.execute(
        update(unlearning_request)
        .where(unlearning_request.c.id == asked.id, unlearning_request.c.state == asked.state)
        .values(state=state, why=why, answered_at=now)
    )
    return done.rowcount == 1


def list_recipients(connection: Connection) -> Sequence[Any]:
    """List every licence with its holder, for the public board: name, country, title, term."""
    chosen = (
        select(
            licence.c.id,
            licensee.c.name,
            licensee.c.country,
            project.c.title,
            licence.c.project_id,
            licence.c.starts_at,
            licence.c.ends_at,
            licence.c.ended_at,
        )
        .join_from(licence, licensee, licensee.c.id == licence.c.licensee_id)
        .join(project, project.c.id == licence.c.project_id)
        .order_by(licensee.c.name, licence.c.id)
    )
    return connection.execute(chosen).all()


def count_answers(connection: Connection) -> Sequence[Any]:
    """Count notices a licence and state, and the time that answers took in the mean."""
    took = func.avg(recipient_notice.c.answered_at - recipient_notice.c.sent_at)
    chosen = select(
        recipient_notice.c.licence_id, recipient_notice.c.state, func.count().label("count"), took
    ).group_by(recipient_notice.c.licence_id, recipient_notice.c.state)
    return connection.execute(chosen).all()


def count_unlearned(connection: Connection) -> Sequence[Any]:
    """Count requests to unlearn a licence and state."""
    chosen = (
        select(trained_model.c.licence_id, unlearning_request.c.state, func.count().label("count"))
        .join_from(
            unlearning_request,
            trained_model,
            and_(
                trained_model.c.id == unlearning_request.c.model_id,
                trained_model.c.licence_id.is_not(None),
            ),
        )
        .group_by(trained_model.c.licence_id, unlearning_request.c.state)
    )
    return connection.execute(chosen).all()


def _of(table: Table, shape: Any) -> Select[Any]:  # noqa: ANN401  # a dataclass
    return select(*[table.c[name] for name in shape.__dataclass_fields__])


def _one(connection: Connection, chosen: Select[Any]) -> dict[str, Any] | None:
    row = connection.execute(chosen).one_or_none()
    return None if row is None else _read(row)


def _many(connection: Connection, chosen: Select[Any]) -> list[dict[str, Any]]:
    return [_read(row) for row in connection.execute(chosen)]


def _read(row: Row[Any]) -> dict[str, Any]:
    said = row._asdict()
    for name in _JSON:
        if name in said:
            said[name] = orjson.loads(said[name])
    for name in _LISTS:
        if name in said:
            said[name] = tuple(said[name])
    return said


def _add(connection: Connection, table: Table, row: Mapping[str, Any]) -> int:
    added = table.insert().returning(table.c.id)
    number: int = connection.execute(added, dict(row)).scalar_one()
    return number


def _dump(value: object) -> str:
    return orjson.dumps(value).decode()
