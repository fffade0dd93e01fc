"""SQL of grants: what people permitted, by modality and purpose."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Row, and_, bindparam, or_, select, update

from fairhand.core.chunks import chunks
from fairhand.core.clock import Instant
from fairhand.core.ids import sha256_hex
from fairhand.model.licence import Terms
from fairhand.storage.database import Connection, insert
from fairhand.storage.kept import Kept
from fairhand.storage.tables.consent import consent_refusal, data_grant, grant_purpose, notice

_PURPOSES = select(grant_purpose).where(
    grant_purpose.c.grant_id.in_(bindparam("p_grants", expanding=True))
)
_ONE = select(data_grant).where(data_grant.c.id == bindparam("p_id"))
_OWN = (
    select(data_grant)
    .where(data_grant.c.person_id == bindparam("p_person"))
    .order_by(data_grant.c.id.desc())
)
_OF_PROJECT = (
    select(data_grant)
    .where(
        data_grant.c.person_id == bindparam("p_person"),
        data_grant.c.project_id == bindparam("p_project"),
    )
    .order_by(data_grant.c.id.desc())
)
# The grant that held at a moment: given by then, not ended by then.
_LIVING = (
    select(data_grant)
    .where(
        data_grant.c.person_id == bindparam("p_person"),
        data_grant.c.project_id == bindparam("p_project"),
        data_grant.c.modality == bindparam("p_modality"),
        data_grant.c.starts_at <= bindparam("p_at"),
        data_grant.c.ends_at > bindparam("p_at"),
        or_(data_grant.c.withdrawn_at.is_(None), data_grant.c.withdrawn_at > bindparam("p_at")),
        or_(data_grant.c.ended_at.is_(None), data_grant.c.ended_at > bindparam("p_at")),
    )
    .order_by(data_grant.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class DataGrant:
    """What one person permitted for one modality; `purposes` maps each to when it was ended."""

    id: int
    uid: str
    person_id: int
    project_id: int
    notice_id: int
    modality: str
    purposes: Mapping[str, Instant | None]
    territory: tuple[str, ...]
    recipients: tuple[str, ...] | None
    starts_at: Instant
    ends_at: Instant
    check_result: Mapping[str, Any]
    rendering: str
    guardian: Mapping[str, Any] | None
    proxy: Mapping[str, Any] | None
    is_minor: bool
    royalty_terms_version: int | None
    granted_at: Instant
    withdrawn_at: Instant | None
    ended_at: Instant | None
    replaced_by: int | None
    event_id: int | None

    def terms(self) -> Terms:
        """Say what is permitted, for `model.licence` to judge uses by."""
        ended = {name: at for name, at in self.purposes.items() if at is not None}
        whole = min(
            (at for at in (self.withdrawn_at, self.ended_at) if at is not None), default=None
        )
        if whole is not None:
            ended = {name: min(ended.get(name, whole), whole) for name in self.purposes}
        return Terms(
            modality=self.modality,
            purposes=frozenset(self.purposes),
            starts=self.starts_at,
            ends=self.ends_at,
            territory=frozenset(self.territory),
            recipients=None if self.recipients is None else frozenset(self.recipients),
            withdrawn=ended,
        )

    @property
    def is_open(self) -> bool:
        """Say whether nothing has ended it yet, be its time over or not."""
        return self.withdrawn_at is None and self.ended_at is None

    def is_living(self, at: Instant) -> bool:
        """Say whether anything is permitted by it at a moment."""
        ended = self.terms().withdrawn
        return self.starts_at <= at < self.ends_at and any(
            one not in ended or at < ended[one] for one in self.purposes
        )


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A grant before it is kept; `territory` holds countries or `worldwide`."""

    person_id: int
    project_id: int
    notice_id: int
    modality: str
    purposes: tuple[str, ...]
    territory: tuple[str, ...]
    ends_at: Instant
    check_result: Mapping[str, Any]
    rendering: str
    recipients: tuple[str, ...] | None = None
    guardian: Mapping[str, Any] | None = None
    proxy: Mapping[str, Any] | None = None
    is_minor: bool = False
    royalty_terms_version: int | None = None


KEPT: Final = Kept(data_grant)


def notice_hashes(connection: Connection, grant_ids: Sequence[int]) -> dict[int, str]:
    """Give the SHA-256 of the words of each grant's notice."""
    return {
        number: sha256_hex(words.encode())
        for some in chunks(grant_ids, 500)
        for number, words in connection.execute(
            select(data_grant.c.id, notice.c.words)
            .join(notice, notice.c.id == data_grant.c.notice_id)
            .where(data_grant.c.id.in_(some))
        )
    }


def add_grant(connection: Connection, new: NewGrant, now: Instant) -> int:
    """Keep a grant; the living one of the same person, project and modality is replaced by it."""
    connection.execute(update(data_grant).where(_same(new), _open()).values(ended_at=now))
    row = {
        "uid": str(uuid.uuid4()),
        "person_id": new.person_id,
        "project_id": new.project_id,
        "notice_id": new.notice_id,
        "modality": new.modality,
        "territory": _dump(sorted(new.territory)),
        "recipients": None if new.recipients is None else _dump(sorted(new.recipients)),
        "starts_at": now,
        "ends_at": new.ends_at,
        "check_result": _dump(dict(new.check_result)),
        "rendering": new.rendering,
        "guardian": None if new.guardian is None else _dump(dict(new.guardian)),
        "proxy": None if new.proxy is None else _dump(dict(new.proxy)),
        "is_minor": new.is_minor,
        "royalty_terms_version": new.royalty_terms_version,
        "granted_at": now,
    }
    added = data_grant.insert().returning(data_grant.c.id)
    grant_id: int = connection.execute(added, row).scalar_one()
    connection.execute(
        update(data_grant)
        .where(_same(new), data_grant.c.ended_at == now, data_grant.c.replaced_by.is_(None))
        .where(data_grant.c.id != grant_id)
        .values(replaced_by=grant_id)
    )
    ticked = [
        {"grant_id": grant_id, "purpose": one, "granted_at": now} for one in sorted(new.purposes)
    ]
    connection.execute(grant_purpose.insert(), ticked)
    return grant_id


def set_event(connection: Connection, grant_ids: Collection[int], event_id: int) -> None:
    """Remember the log's line of grants, for their receipts."""
    connection.execute(
        update(data_grant).where(data_grant.c.id.in_(grant_ids)).values(event_id=event_id)
    )


def living_grant(
    connection: Connection, person_id: int, project_id: int, modality: str, at: Instant
) -> DataGrant | None:
    """Find the grant of somebody for a modality that held at a moment; None: nothing was."""
    found = {"p_person": person_id, "p_project": project_id, "p_modality": modality, "p_at": at}
    rows = connection.execute(_LIVING, found).all()
    living = [one for one in _grants(connection, rows) if one.is_living(at)]
    return living[0] if living else None


def load_grant(connection: Connection, grant_id: int) -> DataGrant | None:
    """Load a grant, an ended one too."""
    found = _grants(connection, connection.execute(_ONE, {"p_id": grant_id}).all())
    return found[0] if found else None


def load_grants(connection: Connection, grant_ids: Collection[int]) -> dict[int, DataGrant]:
    """Load grants by their ids."""
    rows = connection.execute(select(data_grant).where(data_grant.c.id.in_(grant_ids))).all()
    return {one.id: one for one in _grants(connection, rows)}


def list_own(
    connection: Connection, person_id: int, project_id: int | None = None
) -> list[DataGrant]:
    """List somebody's grants, the newest first."""
    if project_id is None:
        rows = connection.execute(_OWN, {"p_person": person_id}).all()
    else:
        found = {"p_person": person_id, "p_project": project_id}
        rows = connection.execute(_OF_PROJECT, found).all()
    return _grants(connection, rows)


def end_purposes(
    connection: Connection, grant_id: int, purposes: Collection[str], now: Instant
) -> list[str]:
    """End purposes of a grant; gives those that were still permitted."""
    ended = (
        update(grant_purpose)
        .where(
            grant_purpose.c.grant_id == grant_id,
            grant_purpose.c.purpose.in_(purposes),
            grant_purpose.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
        .returning(grant_purpose.c.purpose)
    )
    return sorted(connection.execute(ended).scalars())


def withdraw_grant(connection: Connection, grant_id: int, now: Instant) -> bool:
    """End all of a grant; False when it had ended before."""
    ended = update(data_grant).where(data_grant.c.id == grant_id, _open()).values(withdrawn_at=now)
    return connection.execute(ended).rowcount == 1


def end_grant(connection: Connection, grant_id: int, now: Instant) -> None:
    """End a grant whose time is over; nobody withdrew it."""
    connection.execute(
        update(data_grant).where(data_grant.c.id == grant_id, _open()).values(ended_at=now)
    )


def list_over(connection: Connection, now: Instant, most: int) -> list[DataGrant]:
    """List grants whose time is over and that nothing has ended yet."""
    chosen = (
        select(data_grant)
        .where(data_grant.c.ends_at <= now, _open())
        .order_by(data_grant.c.ends_at)
        .limit(most)
    )
    return _grants(connection, connection.execute(chosen).all())


def refuse(
    connection: Connection, person_id: int, project_id: int, notice_sha256: str, now: Instant
) -> None:
    """Remember that somebody does not want to take part."""
    said = {"notice_sha256": notice_sha256, "at": now}
    row = {"person_id": person_id, "project_id": project_id, **said}
    keys = [consent_refusal.c.person_id, consent_refusal.c.project_id]
    written = insert(connection, consent_refusal).values(**row)
    connection.execute(written.on_conflict_do_update(index_elements=keys, set_=said))


def forget_refusal(connection: Connection, person_id: int, project_id: int) -> None:
    """Somebody changed their mind and takes part."""
    connection.execute(
        consent_refusal.delete().where(
            consent_refusal.c.person_id == person_id, consent_refusal.c.project_id == project_id
        )
    )


def list_refused(connection: Connection, person_id: int) -> set[int]:
    """List the campaigns that somebody does not want to be asked about again."""
    refused = select(consent_refusal.c.project_id).where(consent_refusal.c.person_id == person_id)
    return set(connection.execute(refused).scalars())


def _same(new: NewGrant) -> Any:  # noqa: ANN401  # a clause
    return and_(
        data_grant.c.person_id == new.person_id,
        data_grant.c.project_id == new.project_id,
        data_grant.c.modality == new.modality,
    )


def _open() -> Any:  # noqa: ANN401  # a clause
    return and_(data_grant.c.withdrawn_at.is_(None), data_grant.c.ended_at.is_(None))


def _grants(connection: Connection, rows: Sequence[Row[Any]]) -> list[DataGrant]:
    if not rows:
        return []
    ticked: dict[int, dict[str, Instant | None]] = {row.id: {} for row in rows}
    for one in connection.execute(_PURPOSES, {"p_grants": list(ticked)}):
        ticked[one.grant_id][one.purpose] = one.withdrawn_at
    return [_grant(row, ticked[row.id]) for row in rows]


def _grant(row: Row[Any], purposes: Mapping[str, Instant | None]) -> DataGrant:
    return DataGrant(
        id=row.id,
        uid=row.uid,
        person_id=row.person_id,
        project_id=row.project_id,
        notice_id=row.notice_id,
        modality=row.modality,
        purposes=dict(sorted(purposes.items())),
        territory=tuple(orjson.loads(row.territory)),
        recipients=None if row.recipients is None else tuple(orjson.loads(row.recipients)),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        check_result=orjson.loads(row.check_result),
        rendering=row.rendering,
        guardian=None if row.guardian is None else orjson.loads(row.guardian),
        proxy=None if row.proxy is None else orjson.loads(row.proxy),
        is_minor=bool(row.is_minor),
        royalty_terms_version=row.royalty_terms_version,
        granted_at=row.granted_at,
        withdrawn_at=row.withdrawn_at,
        ended_at=row.ended_at,
        replaced_by=row.replaced_by,
        event_id=row.event_id,
    )


def _dump(value: object) -> str:
    return orjson.dumps(value).decode()
