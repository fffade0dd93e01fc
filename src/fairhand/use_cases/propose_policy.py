"""A policy is proposed to the council; without one, only what is at least as strict is let through.

For use inside another story's transaction, which leaves the log line to this one. What becomes of
the proposal is `sign_policy`'s and `apply_signed_policies`' business: the caller writes nothing of
the policy itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairhand.core.clock import Instant, iso
from fairhand.core.errors import InvalidError, Issue
from fairhand.people.council import store
from fairhand.people.council.rules import (
    DECIDE_MS,
    Kind,
    State,
    canonical_body,
    first_state,
    proposal_hash,
    proposal_issues,
)
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection


@dataclass(frozen=True, slots=True)
class Proposed:
    """What was kept: `waiting` for the council, or `no_council` and about to take effect."""

    id: int
    state: State
    sha256: str


def propose_policy(
    connection: Connection,
    kind: Kind,
    project_id: int,
    body: Mapping[str, object],
    summary: str,
    person_id: int,
    starts_at: Instant,
    now: Instant,
    *,
    is_stricter: bool,
) -> Proposed:
    """Keep a proposal; the same one sent twice is kept once, a changed one replaces the old.

    `is_stricter`: at least as strict as what holds, for the people it is about. Raises InvalidError
    (`no_council`) where it is not and no council can sign it: what holds goes on.
    """
    if issues := proposal_issues(kind, summary):
        raise InvalidError("This cannot be proposed so.", issues=issues)
    text = canonical_body(body)
    sha256 = proposal_hash(kind, project_id, text, starts_at)
    council = store.load_council(connection, now)
    state = first_state(council, is_stricter=is_stricter)
    if state is None:
        raise InvalidError(_why_not(council.filled), code="no_council", issues=[_NOT_STRICTER])
    waiting = store.list_proposals(connection, state="waiting", kind=kind, project_id=project_id)
    for other in waiting:
        if other.sha256 == sha256:
            return Proposed(other.id, other.state, sha256)
        store.decide(
            connection, other.id, "withdrawn", now
        )  # edited: the old one is signed no more
    kept = store.add_proposal(
        connection,
        {
            "kind": kind,
            "project_id": project_id,
            "body": text,
            "sha256": sha256,
            "summary": summary.strip(),
            "proposed_by": person_id,
            "proposed_at": now,
            "starts_at": starts_at,
            "state": state,
            "quorum": council.quorum if council.filled else 0,
            "is_stricter": is_stricter,
            "decide_by": now + DECIDE_MS,
            "decided_at": None if state == "waiting" else now,
            "applied_at": None,
        },
    )
    line = {
        "proposal": kept.id,
        "policy": kind,
        "project": project_id,
        "sha256": sha256,
        "state": state,
        "starts_at": iso(starts_at),
        "replaces": [other.id for other in waiting],
    }
    log.append(connection, "policy.proposed", line, now, person_id, project_id or None)
    return Proposed(kept.id, state, sha256)


_NOT_STRICTER = Issue(
    "policy", "It is less strict than what holds, so it needs the council's signature."
)


def _why_not(filled: int) -> str:
    if filled:
        return (
            "Too few people sit on the council to sign this, so what holds goes on. "
            "Call an election, or propose something at least as strict."
        )
    return (
        "No council has been elected that could sign this, so what holds goes on. "
        "Call an election, or propose something at least as strict."
    )
