"""SQL of what a person decides and keeps for themselves about hard content.

Every statement asks for one person's rows: there is none that reads across people, but for the one
that lays money aside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson
from sqlalchemy import delete, func, select, text, update

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant
from fairhand.core.ids import sha256_hex
from fairhand.people.wellbeing.own_rules import OwnLimits
from fairhand.people.wellbeing.rules import Dose
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.people import exposure, person
from fairhand.storage.tables.wellbeing import (
    check_in,
    check_in_key,
    exposure_limit,
    tier_consent,
    view_choice,
)

_WINDOW_MS: Final = 70 * DAY_MS  # ten half-lives

_HELD = text(
    "SELECT e.id, e.project_id, e.tier, e.own_tier, e.dose, e.state, e.at, e.visible_ms, "
    "t.media_type FROM exposure AS e JOIN task AS t ON t.id = e.task_id "
    "WHERE e.person_id = :person_id AND e.task_id = :task_id"
)
_SETTLE = text(
    "UPDATE exposure SET state = 'seen', dose = :dose, visible_ms = :visible_ms, "
    "own_tier = :own_tier WHERE id = :id"
)
_RATE = text(
    "UPDATE exposure SET dose = :dose, own_tier = :own_tier, visible_ms = :visible_ms "
    "WHERE id = :id"
)
_SEEN = text(
    "SELECT e.task_id, e.project_id, p.title, e.tier, e.own_tier, e.dose, e.state, e.at, "
    "e.visible_ms FROM exposure AS e JOIN task AS t ON t.id = e.task_id "
    "JOIN project AS p ON p.id = t.project_id "
    "WHERE e.person_id = :person_id AND e.at > :since ORDER BY e.at DESC, e.id DESC LIMIT :limit"
)


@dataclass(frozen=True, slots=True)
class Held:
    """One item's exposure, as it stands."""

    id: int
    project_id: int
    tier: int
    own_tier: int | None
    dose: int
    state: str
    at: Instant
    visible_ms: int | None
    media_type: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """One line of a person's own history; `visible_ms` is None where it is not known."""

    task_id: int
    project_id: int
    project: str
    tier: int
    own_tier: int | None
    dose: int
    state: str
    at: Instant
    visible_ms: int | None


@dataclass(frozen=True, slots=True)
class Consent:
    """What was agreed to, under which words, and until when."""

    id: int
    tier: int
    disclosure: str
    disclosure_sha256: str
    agreed_at: Instant
    ended_at: Instant | None


@dataclass(frozen=True, slots=True)
class View:
    """How hard content is shown at first, and whether breaks are offered."""

    style: str = "hidden"
    offers_breaks: bool = True


@dataclass(frozen=True, slots=True)
class CheckIn:
    """One sealed note; nobody but its person can open it."""

    id: int
    client_key: str
    sealed: bytes
    at: Instant


def load_own_limits(connection: Connection, person_id: int) -> OwnLimits:
    """Load what a person set; nothing set gives limits of None."""
    columns = [column for column in exposure_limit.c if column.name != "person_id"]
    row = connection.execute(
        select(*columns).where(exposure_limit.c.person_id == person_id)
    ).one_or_none()
    return OwnLimits() if row is None else OwnLimits(*row)


def save_own_limits(connection: Connection, person_id: int, own: OwnLimits) -> None:
    """Write a person's limits."""
    values = asdict(own)
    connection.execute(
        insert(connection, exposure_limit)
        .values(person_id=person_id, **values)
        .on_conflict_do_update(index_elements=["person_id"], set_=values)
    )


def list_doses(connection: Connection, person_id: int, now: Instant) -> list[Dose]:
    """List what a person has seen, or is about to see, as far as it counts."""
    rows = connection.execute(
        select(exposure.c.at, exposure.c.dose).where(
            exposure.c.person_id == person_id, exposure.c.at > now - _WINDOW_MS
        )
    )
    return [Dose(Instant(row.at), row.dose) for row in rows]


def list_seen(connection: Connection, person_id: int, since: Instant, limit: int) -> list[Seen]:
    """List a person's own history since then, the newest first."""
    found = {"person_id": person_id, "since": since, "limit": limit}
    return [Seen(*row) for row in connection.execute(_SEEN, found)]


def list_moments(connection: Connection, person_id: int, now: Instant) -> list[Instant]:
    """List when hard items came in the last six hours, the oldest first."""
    rows = connection.execute(
        select(exposure.c.at)
        .where(exposure.c.person_id == person_id, exposure.c.at > now - 6 * HOUR_MS)
        .order_by(exposure.c.at)
    )
    return [Instant(at) for at in rows.scalars()]


def load_held(connection: Connection, person_id: int, task_id: int) -> Held | None:
    """Load an item's exposure; None where the person was never handed it as hard."""
    row = connection.execute(_HELD, {"person_id": person_id, "task_id": task_id}).one_or_none()
    return None if row is None else Held(*row)


def settle(
    connection: Connection, held: Held, *, dose: int, visible_ms: int | None, own_tier: int | None
) -> None:
    """Write what an item came to, now that it was seen."""
    found = {"id": held.id, "dose": dose, "visible_ms": visible_ms, "own_tier": own_tier}
    connection.execute(_SETTLE, found)


def rate(
    connection: Connection, held: Held, *, dose: int, visible_ms: int | None, own_tier: int
) -> None:
    """Write how hard a person found an item, with the dose that follows."""
    found = {"id": held.id, "dose": dose, "own_tier": own_tier, "visible_ms": visible_ms}
    connection.execute(_RATE, found)


def list_consents(connection: Connection, person_id: int) -> list[Consent]:
    """List what a person agreed to, also what they took back, the newest first."""
    rows = connection.execute(
        select(
            tier_consent.c.id,
            tier_consent.c.tier,
            tier_consent.c.disclosure,
            tier_consent.c.disclosure_sha256,
            tier_consent.c.agreed_at,
            tier_consent.c.ended_at,
        )
        .where(tier_consent.c.person_id == person_id)
        .order_by(tier_consent.c.id.desc())
    )
    return [Consent(*row) for row in rows]


def agree(
    connection: Connection, person_id: int, tier: int, words: str, locale: str, now: Instant
) -> None:
    """Write down that a person agreed to a tier under these words."""
    connection.execute(
        tier_consent.insert().values(
            person_id=person_id,
            tier=tier,
            disclosure=words,
            disclosure_sha256=sha256_hex(words.encode()),
            locale=locale,
            agreed_at=now,
        )
    )


def end_consents(connection: Connection, person_id: int, from_tier: int, now: Instant) -> int:
    """End what a person agreed to, from a tier upwards; gives how many there were."""
    ended = connection.execute(
        update(tier_consent)
        .where(
            tier_consent.c.person_id == person_id,
            tier_consent.c.tier >= from_tier,
            tier_consent.c.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    return ended.rowcount


def load_max_tier(connection: Connection, person_id: int) -> int:
    """Say up to which tier somebody agreed to be shown content."""
    found = select(person.c.max_tier).where(person.c.id == person_id)
    return int(connection.execute(found).scalar_one_or_none() or 0)


def set_max_tier(connection: Connection, person_id: int, tier: int) -> None:
    """Let the queue hand out items up to a tier, from the next one on."""
    connection.execute(update(person).where(person.c.id == person_id).values(max_tier=tier))


def load_view(connection: Connection, person_id: int) -> View:
    """Load how a person wants hard content shown."""
    row = connection.execute(
        select(view_choice.c.style, view_choice.c.offers_breaks).where(
            view_choice.c.person_id == person_id
        )
    ).one_or_none()
    return View() if row is None else View(row.style, bool(row.offers_breaks))


def save_view(connection: Connection, person_id: int, view: View, now: Instant) -> None:
    """Write how a person wants hard content shown."""
    values = asdict(view) | {"changed_at": now}
    connection.execute(
        insert(connection, view_choice)
        .values(person_id=person_id, **values)
        .on_conflict_do_update(index_elements=["person_id"], set_=values)
    )


def load_key(connection: Connection, person_id: int) -> dict[str, Any] | None:
    """Load a person's key as their browser sealed it; None before the first check-in."""
    wrapped = connection.execute(
        select(check_in_key.c.wrapped).where(check_in_key.c.person_id == person_id)
    ).scalar_one_or_none()
    return None if wrapped is None else dict(orjson.loads(wrapped))


def save_key(
    connection: Connection, person_id: int, wrapped: Mapping[str, Any], now: Instant
) -> None:
    """Keep a person's sealed key; a new passphrase brings the same key sealed anew."""
    values = {"wrapped": orjson.dumps(dict(wrapped)).decode(), "created_at": now}
    connection.execute(
        insert(connection, check_in_key)
        .values(person_id=person_id, **values)
        .on_conflict_do_update(index_elements=["person_id"], set_=values)
    )


def list_check_ins(connection: Connection, person_id: int) -> list[CheckIn]:
    """List a person's sealed notes, the newest first."""
    rows = connection.execute(
        select(check_in.c.id, check_in.c.client_key, check_in.c.sealed, check_in.c.at)
        .where(check_in.c.person_id == person_id)
        .order_by(check_in.c.at.desc(), check_in.c.id.desc())
    )
    return [CheckIn(*row) for row in rows]


def count_check_ins(connection: Connection, person_id: int) -> int:
    """Count a person's sealed notes."""
    counted = select(func.count()).where(check_in.c.person_id == person_id)
    return int(connection.execute(counted).scalar_one())


def add_check_in(
    connection: Connection, person_id: int, client_key: str, sealed: bytes, now: Instant
) -> None:
    """Keep a sealed note; sent again under its key it is there once."""
    connection.execute(
        insert(connection, check_in)
        .values(person_id=person_id, client_key=client_key, sealed=sealed, at=now)
        .on_conflict_do_nothing()
    )


def drop_check_ins(connection: Connection, person_id: int, check_in_id: int | None = None) -> int:
    """Delete one note, or with None all of them and the key; gives how many notes went."""
    mine = check_in.c.person_id == person_id
    if check_in_id is not None:
        return connection.execute(
            delete(check_in).where(mine, check_in.c.id == check_in_id)
        ).rowcount
    connection.execute(delete(check_in_key).where(check_in_key.c.person_id == person_id))
    return connection.execute(delete(check_in).where(mine)).rowcount
