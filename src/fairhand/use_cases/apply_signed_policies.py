"""What the council signed takes effect when its moment comes; what waited too long lapses.

Each kind of policy has one function that writes it, `(connection, proposal, now) -> facts`; it
appends no line to the log but gives the facts for it, and raises InvalidError or ConflictError
where the policy cannot hold any more: then it is set aside and what held before goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from fairhand.core.clock import Instant
from fairhand.core.errors import FairhandError
from fairhand.people.council import store
from fairhand.people.council.rules import Kind, Proposal, state_after
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.propose_contract import apply_contract_proposal
from fairhand.use_cases.set_appeals_policy import apply_appeals_proposal
from fairhand.use_cases.set_exposure_policy import apply_exposure_proposal
from fairhand.use_cases.set_pay_policy import apply_pay_proposal

Apply = Callable[[Connection, Proposal, Instant], Mapping[str, Any]]
APPLY: Final[Mapping[Kind, Apply]] = {
    "pay": apply_pay_proposal,
    "contract": apply_contract_proposal,
    "exposure": apply_exposure_proposal,
    "appeals": apply_appeals_proposal,
}


def apply_signed_policies(db: Database, now: Instant) -> int:
    """Let due proposals take effect and end those whose time is over; says how many took effect.

    Safe to run at any time and twice at once: each is taken in a transaction of its own.
    """
    with db.read() as connection:
        waiting = store.list_proposals(connection, state="waiting")
    for one in waiting:
        if now >= one.decide_by:
            _lapse(db, one.id, now)
    with db.read() as connection:
        due = store.list_due(connection, now)
    return sum(_take_effect(db, one.id, now) for one in due if one.kind in APPLY)


def _lapse(db: Database, proposal_id: int, now: Instant) -> None:
    """End a proposal that nobody decided in time; a stricter one holds all the same."""
    with db.write() as connection:
        found = store.load_proposal(connection, proposal_id, hold=True)
        if found is None or found.state != "waiting":
            return
        council = store.load_council(connection, now)
        state = state_after(found, council, store.voices_of(connection, found.id), now)
        if state == "waiting":
            return
        store.decide(connection, found.id, state, now)
        body = {"proposal": found.id, "state": state, "sha256": found.sha256}
        log.append(connection, "policy.decided", body, now, None, found.project_id or None)


def _take_effect(db: Database, proposal_id: int, now: Instant) -> bool:
    try:
        with db.write() as connection:
            found = store.load_proposal(connection, proposal_id, hold=True)
            if found is None or not found.may_take_effect or found.applied_at is not None:
                return False
            if not found.is_whole:
                raise _NotSignedError("What stands here is not what was signed.")
            if not store.mark_applied(connection, found.id, now):
                return False
            facts = APPLY[found.kind](connection, found, now)
            body = {"proposal": found.id, "policy": found.kind, "sha256": found.sha256, **facts}
            log.append(connection, "policy.applied", body, now, None, found.project_id or None)
    except FairhandError as error:
        if error.status >= _SERVER_ERROR:
            raise
        _set_aside(db, proposal_id, error, now)
        return False
    return True


def _set_aside(db: Database, proposal_id: int, error: FairhandError, now: Instant) -> None:
    with db.write() as connection:
        store.set_aside(connection, proposal_id)
        body = {"proposal": proposal_id, "because": error.code}
        log.append(connection, "policy.set_aside", body, now)


class _NotSignedError(FairhandError):
    code = "unsigned"
    status = 409


_SERVER_ERROR: Final = 500
