"""What the council decides and how: seats, quorum, signatures, and what holds without one; pure.

A policy that is proposed waits for a majority of the seats that were filled. Whoever signs, signs
its hash. Where no council can decide, only what is at least as strict as what holds is let through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import orjson

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import Issue
from fairhand.core.ids import sha256_hex

Kind = Literal["pay", "exposure", "appeals", "contract"]
State = Literal["waiting", "signed", "refused", "no_council", "lapsed", "withdrawn"]
Vote = Literal["sign", "refuse"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
DECIDE_MS: Final = 14 * DAY_MS
"""How long a proposal waits for the council; a design default, no source sets it."""
SMALLEST_GROUP: Final = 10
"""The council sees figures about people only where at least this many stand behind them."""
SUMMARY: Final = (3, 500)
_REASON_MOST: Final = 2_000


@dataclass(frozen=True, slots=True)
class Council:
    """The seats of the newest counted election: how many were filled, and who sits now."""

    filled: int = 0
    sitting: tuple[int, ...] = ()
    until: Instant | None = None

    @property
    def quorum(self) -> int:
        """How many have to sign."""
        return quorum_of(self.filled)

    @property
    def can_decide(self) -> bool:
        """Say whether enough people sit for a majority of the seats to be reached."""
        return self.filled > 0 and len(self.sitting) >= self.quorum


@dataclass(frozen=True, slots=True)
class Proposal:
    """A policy that somebody proposed; `body` is canonical JSON and is never edited."""

    id: int
    kind: Kind
    project_id: int
    body: str
    sha256: str
    summary: str
    proposed_by: int
    proposed_at: Instant
    starts_at: Instant
    state: State
    quorum: int
    is_stricter: bool
    decide_by: Instant
    decided_at: Instant | None
    applied_at: Instant | None

    @property
    def is_whole(self) -> bool:
        """Say whether what stands here is what was signed: nobody edited it afterwards."""
        return proposal_hash(self.kind, self.project_id, self.body, self.starts_at) == self.sha256

    @property
    def may_take_effect(self) -> bool:
        """Say whether it may hold: signed, or at least as strict and nobody refused it."""
        return self.state in ("signed", "no_council") or (
            self.state == "lapsed" and self.is_stricter
        )


@dataclass(frozen=True, slots=True)
class Voice:
    """What one seat said about the hash that they read."""

    person_id: int
    vote: Vote
    sha256: str


def quorum_of(filled: int) -> int:
    """More than half of the seats that were filled."""
    return filled // 2 + 1


def canonical_body(body: Mapping[str, object]) -> str:
    """Write a policy down in one way only: sorted keys, no spaces."""
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()


def proposal_hash(kind: str, project_id: int, body: str, starts_at: Instant) -> str:
    """Name what is signed: kind, project, every word of the policy, and its first moment."""
    signed = {"body": body, "kind": kind, "project": project_id, "starts_at": starts_at}
    return sha256_hex(orjson.dumps(signed, option=orjson.OPT_SORT_KEYS))


def first_state(council: Council, *, is_stricter: bool) -> State | None:
    """Say how a proposal begins; None: it cannot be let through, because no council can sign it."""
    if council.can_decide:
        return "waiting"
    return "no_council" if is_stricter else None


def state_after(
    proposal: Proposal, council: Council, voices: Sequence[Voice], now: Instant
) -> State:
    """Say where a waiting proposal stands: only seats that sit now, and only its own hash, count.

    Signed at the quorum; refused as soon as the quorum cannot be reached any more because of those
    who refused; lapsed when its time is over.
    """
    if proposal.state != "waiting":
        return proposal.state
    counted = [
        one for one in voices if one.sha256 == proposal.sha256 and one.person_id in council.sitting
    ]
    signed = sum(one.vote == "sign" for one in counted)
    refused = sum(one.vote == "refuse" for one in counted)
    if signed >= proposal.quorum:
        return "signed"
    if refused and council.filled - refused < proposal.quorum:
        return "refused"
    return "lapsed" if now >= proposal.decide_by else "waiting"


def proposal_issues(kind: str, summary: str) -> list[Issue]:
    """List what is wrong with a proposal, whatever its body says."""
    issues = []
    if kind not in KINDS:
        issues.append(Issue("kind", f"Choose one of {', '.join(KINDS)}."))
    if not SUMMARY[0] <= len(summary.strip()) <= SUMMARY[1]:
        issues.append(Issue("summary", "Say in 3 to 500 characters what changes and why."))
    return issues


def voice_issues(vote: str, reason: str) -> list[Issue]:
    """List what is wrong with a vote on a proposal: who refuses says why."""
    issues = []
    if vote not in get_args(Vote):
        issues.append(Issue("vote", "Sign it or refuse it."))
    if vote == "refuse" and len(reason.strip()) < SUMMARY[0]:
        issues.append(Issue("reason", "Say why you refuse it: the proposer has to know."))
    if len(reason) > _REASON_MOST:
        issues.append(Issue("reason", f"Use at most {_REASON_MOST} characters."))
    return issues


def may_sit(roles: frozenset[str]) -> bool:
    """Say whether somebody may vote, stand and sit: contributors who manage and audit nothing."""
    return "contributor" in roles and not roles & {"owner", "manager", "auditor"}
