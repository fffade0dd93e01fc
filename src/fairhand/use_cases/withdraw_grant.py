"""Somebody takes back what they permitted: it holds when this returns; others are told after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.people.consent import grant_store as grants
from fairhand.people.consent import notice_store as notices
from fairhand.people.consent import store as consent
from fairhand.people.consent.grant_store import DataGrant
from fairhand.people.contributions import store as contributions
from fairhand.proof.log import store as log
from fairhand.proof.revocation import store as revocations
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.let_answers_go import let_answers_go
from fairhand.work.assignment import given_store as queue

AT_ONCE: Final = 2_000
"""Contributions that are ended in the act itself; of more, the tick ends the rest.

Nothing is released of them meanwhile: a release asks the grant, and that has ended.
"""


@dataclass(frozen=True, slots=True)
class WithdrawGrant:
    """A grant, or some purposes of it; no purposes: all of it."""

    person_id: int
    grant_id: int
    purposes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What it reached: contributions, and releases that hold any of the first 2,000 of them."""

    withdrawal_id: int
    event_id: int
    items: int
    releases: int
    left_campaign: bool


def withdraw_grant(db: Database, command: WithdrawGrant, now: Instant) -> Withdrawn:
    """End a grant or purposes of it. What was earned stays; what is released later lacks it.

    Raises NotFoundError for a grant that is another's, ConflictError (`ended_before`) when there
    is nothing left to end.
    """
    with db.write() as connection:
        grant = grants.load_grant(connection, command.grant_id)
        if grant is None or grant.person_id != command.person_id:
            raise NotFoundError("You gave no such permission.")
        ended = _end(connection, grant, command.purposes, now)
        is_whole = not any(at is None for name, at in grant.purposes.items() if name not in ended)
        if is_whole:
            grants.withdraw_grant(connection, grant.id, now)
        done = end_contributions(connection, grant, is_whole, "withdrawn", now)
        left = _leave(connection, grant, ended, is_whole, now)
        scope: dict[str, Any] = {"all": True} if is_whole else {"purposes": ended}
        withdrawal_id, event_id = note_withdrawal(connection, grant, scope, "withdrawn", done, now)
        releases = len(revocations.releases_of_grant(connection, grant.id, AT_ONCE))
    return Withdrawn(withdrawal_id, event_id, done, releases, left)


def withdraw_contributions(
    db: Database, person_id: int, contribution_ids: Sequence[int], now: Instant
) -> Withdrawn:
    """Take back single things that were given; the grant goes on for the others.

    Raises NotFoundError when one is not theirs, ConflictError when all were taken back before.
    """
    with db.write() as connection:
        own = [contributions.load_contribution(connection, one) for one in contribution_ids]
        found = [one for one in own if one is not None and one.person_id == person_id]
        if not found or len(found) != len(contribution_ids):
            raise NotFoundError("You gave no such thing.")
        if len({one.project_id for one in found}) > 1:
            raise ConflictError("Take back things of one campaign at a time.")
        ended = contributions.end_some(connection, person_id, contribution_ids, "withdrawn", now)
        if not ended:
            raise ConflictError("This was taken back before.", code="ended_before")
        queue.hold_person(connection, person_id)
        scope = {"contributions": ended}
        withdrawal_id = revocations.add_withdrawal(
            connection,
            person_id=person_id,
            project_id=found[0].project_id,
            grant_id=None,
            scope=scope,
            reason="withdrawn",
            items=len(ended),
            now=now,
        )
        body = {"withdrawal": withdrawal_id, "project": found[0].project_id, **scope}
        event = log.append(
            connection, "contribution.withdrawn", body, now, person_id, found[0].project_id
        )
        revocations.set_event(connection, withdrawal_id, event.id)
        releases = len(revocations.releases_of_items(connection, ended))
    return Withdrawn(withdrawal_id, event.id, len(ended), releases, False)


def end_contributions(
    connection: Connection,
    grant: DataGrant,
    is_whole: bool,
    state: Literal["withdrawn", "erased"],
    now: Instant,
) -> int:
    """End what came under a grant, as far as it is done at once; gives how many there are."""
    many = contributions.count_under(connection, grant.id)
    if not is_whole:
        return many
    contributions.end_under(connection, grant.id, state, now, AT_ONCE)
    queue.hold_grant(connection, grant.id)
    return many


def end_over(connection: Connection, grant: DataGrant, now: Instant) -> None:
    """End a grant whose time is over, with what came under it."""
    grants.end_grant(connection, grant.id, now)
    many = end_contributions(connection, grant, True, "withdrawn", now)
    note_withdrawal(connection, grant, {"all": True}, "expired", many, now)


def note_withdrawal(
    connection: Connection,
    grant: DataGrant,
    scope: dict[str, Any],
    reason: str,
    items: int,
    now: Instant,
) -> tuple[int, int]:
    """Remember a withdrawal and write its line in the log; gives both numbers."""
    withdrawal_id = revocations.add_withdrawal(
        connection,
        person_id=grant.person_id,
        project_id=grant.project_id,
        grant_id=grant.id,
        scope=scope,
        reason=reason,
        items=items,
        now=now,
    )
    body = {
        "withdrawal": withdrawal_id,
        "grant": grant.id,
        "project": grant.project_id,
        "reason": reason,
        **scope,
    }
    event = log.append(connection, "grant.withdrawn", body, now, grant.person_id, grant.project_id)
    revocations.set_event(connection, withdrawal_id, event.id)
    return withdrawal_id, event.id


def _end(
    connection: Connection, grant: DataGrant, purposes: Sequence[str], now: Instant
) -> list[str]:
    if unknown := set(purposes) - grant.purposes.keys():
        raise NotFoundError(f"You did not permit {', '.join(sorted(unknown))}.")
    if grant.withdrawn_at is not None or grant.ended_at is not None:
        raise ConflictError("This permission has ended before.", code="ended_before")
    ended = grants.end_purposes(connection, grant.id, purposes or tuple(grant.purposes), now)
    if not ended:
        raise ConflictError("This permission has ended before.", code="ended_before")
    return ended


def _leave(
    connection: Connection, grant: DataGrant, ended: Sequence[str], is_whole: bool, now: Instant
) -> bool:
    """Leave the campaign when it cannot do without what has ended."""
    notice = notices.load_notice(connection, grant.notice_id)
    needed = notice.terms.needed.get(grant.modality, ()) if notice else ()
    if not is_whole and not set(ended) & set(needed):
        return False
    left = consent.leave(connection, grant.person_id, grant.project_id, now)
    let_answers_go(connection, grant.person_id, grant.project_id)
    return left
