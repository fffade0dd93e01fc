"""A manager changes what a project pays: up at once, down only after everybody was told in time.

What lowers the pay of people who take part waits for the council's signature, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.pay.policies import store
from fairhand.pay.policies.changing import (
    NOTICE_DAYS,
    FloorOf,
    check_change,
    check_floors,
    cuts,
    lowers,
)
from fairhand.pay.policies.rules import Policy, PolicyBasis, in_force
from fairhand.pay.policies.rules import told as policy_told
from fairhand.people.consent import store as consent
from fairhand.people.council.rules import Proposal
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.propose_policy import Proposed, propose_policy
from fairhand.use_cases.read_project_floors import floors_of_project
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class SetPayPolicy:
    """What shall be paid from `valid_from` on (None: from now); None elsewhere keeps what holds.

    `author_id` is always a person: what the product does by itself only ever raises.
    """

    author_id: int
    project_id: int
    reason: str
    basis: PolicyBasis | None = None
    rate_micros_per_hour: int | None = None
    unit_micros: int | None = None
    hazard_micros_per_hour: int | None = None
    data_micros_per_hour: int | None = None
    min_block_ms: int | None = None
    wait_block_ms: int | None = None
    cancel_permille: int | None = None
    reprices_itself: bool | None = None
    valid_from: Instant | None = None


_CHANGEABLE = (
    "basis",
    "rate_micros_per_hour",
    "unit_micros",
    "hazard_micros_per_hour",
    "data_micros_per_hour",
    "min_block_ms",
    "wait_block_ms",
    "cancel_permille",
    "reprices_itself",
)
_ITS_OWN = ("version", "created_by", "created_at", "valid_from")


@dataclass(frozen=True, slots=True)
class PolicySet:
    """The version that was made; with a `proposal`, it is made when the council has signed."""

    policy: Policy
    proposal: Proposed | None = None


def set_pay_policy(
    db: Database, command: SetPayPolicy, now: Instant, *, notice_days: int = NOTICE_DAYS
) -> PolicySet:
    """Add a version of a project's pay policy, or propose it where it lowers somebody's pay.

    Raises InvalidError with every problem at once: a cut without its notice, a guarantee below a
    floor of the people who take part (it says whose), a value that no policy may have; and where
    a cut finds no council that could sign it.
    """
    with db.write() as connection:
        if projects.lock_project(connection, command.project_id) is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        known = store.list_policies(connection, command.project_id)
        new = next_version(known, command, now)
        floors = floors_of_project(connection, command.project_id, new.currency, now)
        check(known, new, floors, now, notice_days)
        if _holds_already(known[-1], new):
            return PolicySet(known[-1])
        told = len(consent.list_enrolled(connection, command.project_id))
        if told and (lowered := lowers(known, new)):
            return PolicySet(new, _propose(connection, command, new, lowered, now, notice_days))
        _keep(connection, new, now)
        body = _body(known, new, told)
        log.append(connection, "pay.policy_set", body, now, command.author_id, new.project_id)
    return PolicySet(new)


def apply_pay_proposal(connection: Connection, proposal: Proposal, now: Instant) -> dict[str, Any]:
    """Add the version that the council signed; its notice is counted from the signature.

    Raises InvalidError where it cannot hold any more, such as under a floor that has risen.
    """
    body = orjson.loads(proposal.body)
    notice_days = int(body["notice_days"])
    earliest = Instant(now + max(1, notice_days) * DAY_MS)
    command = SetPayPolicy(
        author_id=proposal.proposed_by,
        project_id=proposal.project_id,
        valid_from=Instant(max(int(body["valid_from"]), earliest)),
        **body["asked"],
    )
    projects.lock_project(connection, proposal.project_id)
    known = store.list_policies(connection, proposal.project_id)
    new = next_version(known, command, now)
    floors = floors_of_project(connection, proposal.project_id, new.currency, now)
    check(known, new, floors, now, notice_days)
    told = len(consent.list_enrolled(connection, proposal.project_id))
    _keep(connection, new, now)
    return _body(known, new, told)


def _propose(
    connection: Connection,
    command: SetPayPolicy,
    new: Policy,
    lowered: list[str],
    now: Instant,
    notice_days: int,
) -> Proposed:
    asked = {name: value for name in _CHANGEABLE if (value := getattr(command, name)) is not None}
    body = {
        "asked": asked | {"reason": new.reason},
        "valid_from": new.valid_from,
        "notice_days": notice_days,
        "currency": new.currency,
        "lowers": lowered,
    }
    summary = f"Lowers {', '.join(lowered)}: {new.reason}"
    return propose_policy(
        connection, "pay", new.project_id, body, summary[:500], command.author_id, now, now,
        is_stricter=False,
    )  # fmt: skip


def _keep(connection: Connection, new: Policy, now: Instant) -> None:
    store.add_policy(connection, new)
    if new.valid_from <= now:
        store.copy_to_project(connection, new)


def next_version(known: list[Policy], command: SetPayPolicy, now: Instant) -> Policy:
    """Make the version that a command asks for out of the one that would hold at its moment."""
    valid_from = now if command.valid_from is None else command.valid_from
    asked = {name: value for name in _CHANGEABLE if (value := getattr(command, name)) is not None}
    new = replace(
        in_force(known, valid_from) or known[-1],
        **asked,
        version=known[-1].version + 1,
        valid_from=valid_from,
        reason=command.reason.strip(),
        created_by=command.author_id,
        created_at=now,
    )
    return replace(new, unit_micros=None) if new.basis == "time" else new


def check(
    known: list[Policy], new: Policy, floors: list[FloorOf], now: Instant, notice_days: int
) -> None:
    """Raise InvalidError unless a version may follow those that are known."""
    issues = check_change(known, new, now, notice_days) + check_floors(new, floors)
    if issues:
        words = " ".join(issue.message for issue in issues)
        raise InvalidError(f"The pay cannot be changed like this. {words}", issues=issues)


def preview_pay_policy(
    connection: Connection, command: SetPayPolicy, now: Instant, notice_days: int = NOTICE_DAYS
) -> tuple[Policy, list[str]]:
    """Say what a command would make, and what it would lower; raises as the story does."""
    known = store.list_policies(connection, command.project_id)
    if not known:
        raise NotFoundError(f"There is no project {command.project_id}.")
    new = next_version(known, command, now)
    floors = floors_of_project(connection, command.project_id, new.currency, now)
    check(known, new, floors, now, notice_days)
    old = in_force(known, new.valid_from)
    return new, [] if old is None else cuts(old, new)


def _holds_already(newest: Policy, new: Policy) -> bool:
    """Say whether the newest version says the same from then on: the change was sent twice."""
    own = {name: getattr(newest, name) for name in _ITS_OWN}
    return newest.valid_from <= new.valid_from and newest == replace(new, **own)


def _body(known: list[Policy], new: Policy, told: int) -> dict[str, Any]:
    old = in_force(known, new.valid_from)
    return {
        "project": new.project_id,
        **policy_told(new),
        "lowers": [] if old is None else cuts(old, new),
        "told": told,
    }
