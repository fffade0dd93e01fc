"""SQL of what a release of a campaign is for, and of the items in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Row, bindparam, func, or_, select

from fairhand.core.chunks import chunks
from fairhand.core.clock import Instant
from fairhand.model.licence import Terms
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.campaigns import contribution
from fairhand.storage.tables.consent import withdrawal
from fairhand.storage.tables.licensing import release_item, release_terms

_ONE = select(release_terms).where(release_terms.c.release_id == bindparam("p_release"))
_NEWEST_WITHDRAWAL = select(func.coalesce(func.max(withdrawal.c.id), 0)).where(
    withdrawal.c.project_id == bindparam("p_project")
)

_LATER = (
    select(withdrawal.c.grant_id)
    .where(
        withdrawal.c.project_id == bindparam("p_project"), withdrawal.c.id > bindparam("p_newest")
    )
    .distinct()
)
_IDS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class ReleaseTerms:
    """What a release is for; every grant in it is asked about exactly this."""

    purposes: tuple[str, ...]
    territory: tuple[str, ...]
    starts_at: Instant
    ends_at: Instant
    recipient: str = ""
    supersedes: int | None = None

    def wanted(self, modality: str) -> Terms:
        """Write the terms that a grant for a modality must cover; without a recipient: nobody."""
        recipients = {self.recipient} if self.recipient else set()
        return Terms(
            modality=modality,
            purposes=frozenset(self.purposes),
            starts=self.starts_at,
            ends=self.ends_at,
            territory=frozenset(self.territory),
            recipients=frozenset(recipients),
        )


def save_terms(connection: Connection, release_id: int, terms: ReleaseTerms) -> None:
    """Remember what a release is for; once said it stays."""
    row = {
        "release_id": release_id,
        "purposes": orjson.dumps(sorted(terms.purposes)).decode(),
        "territory": orjson.dumps(sorted(terms.territory)).decode(),
        "starts_at": terms.starts_at,
        "ends_at": terms.ends_at,
        "recipient": terms.recipient,
        "supersedes": terms.supersedes,
    }
    connection.execute(insert(connection, release_terms).on_conflict_do_nothing(), row)


def load_terms(connection: Connection, release_id: int) -> ReleaseTerms | None:
    """Load what a release is for; None: nothing in it is somebody's own data."""
    row = connection.execute(_ONE, {"p_release": release_id}).one_or_none()
    return None if row is None else _terms(row)


def add_items(connection: Connection, release_id: int, items: Sequence[tuple[int, str]]) -> None:
    """Remember which contributions a release holds, and their names in it."""
    rows = [
        {"release_id": release_id, "contribution_id": number, "item": name}
        for number, name in items
    ]
    if rows:
        connection.execute(insert(connection, release_item).on_conflict_do_nothing(), rows)


def forget_terms(connection: Connection, release_id: int) -> None:
    """Forget the terms of a release that was never written."""
    connection.execute(release_terms.delete().where(release_terms.c.release_id == release_id))


def newest_withdrawal(connection: Connection, project_id: int) -> int:
    """Number a project's newest withdrawal: what was asked before it may have changed since."""
    newest: int = connection.execute(_NEWEST_WITHDRAWAL, {"p_project": project_id}).scalar_one()
    return newest


def is_touched(
    connection: Connection, project_id: int, newest: int, contribution_ids: Sequence[int]
) -> bool:
    """Say whether a withdrawal after `newest` concerns any of these contributions.

    It does where it ended one, or narrowed or ended the grant that one was given under.
    """
    found = connection.execute(_LATER, {"p_project": project_id, "p_newest": newest}).scalars()
    grants = [one for one in found if one is not None]
    taken = or_(contribution.c.state != "ready", contribution.c.grant_id.in_(grants))
    return any(
        connection.execute(
            select(contribution.c.id).where(contribution.c.id.in_(some), taken).limit(1)
        ).first()
        for some in chunks(contribution_ids, _IDS_AT_ONCE)
    )


def _terms(row: Row[Any]) -> ReleaseTerms:
    return ReleaseTerms(
        tuple(orjson.loads(row.purposes)),
        tuple(orjson.loads(row.territory)),
        row.starts_at,
        row.ends_at,
        row.recipient,
        row.supersedes,
    )
