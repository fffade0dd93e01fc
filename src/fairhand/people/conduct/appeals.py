"""Appeals: who may open one, who may hear it, what decides it; pure.

Who decided hears nothing, nor does anybody who reports to them, nor whoever set the rule. A panel
needs more than half for either end, and declines only after a peer has spoken. When the time to
answer is over the person is right.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import Issue
from fairhand.core.systems import automated
from fairhand.model.decision import DecisionKind
from fairhand.people.conduct.rules import (
    FINAL_KINDS,
    FINDINGS,
    PANEL_KINDS,
    AppealsPolicy,
    AppealState,
    Finding,
)

MESSAGE_LEAST: Final = 10
MESSAGE_MOST: Final = 4_000
REASON_LEAST: Final = 20
OFFICE: Final = frozenset(("owner", "manager", "reviewer", "trainer"))
PEERS_ASKED: Final = 5
"""So many peers are drawn for a panel at first, and as many more each day that one is missing."""
_SOMEBODY: Final = "[the person]"


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal as it stands; `panel` says how many hear it at most."""

    id: int
    decision_id: int
    person_id: int
    project_id: int
    client_key: str
    message: str
    language: str
    panel: int
    state: AppealState
    opened_at: Instant
    answer_by: Instant
    decided_at: Instant | None
    reason: str
    repaired: Mapping[str, object]

    @property
    def is_open(self) -> bool:
        """Tell whether it waits for an answer."""
        return self.state == "open"

    @property
    def is_for_the_person(self) -> bool:
        """Tell whether it ended in the person's favour."""
        return self.state in ("upheld", "silent")


@dataclass(frozen=True, slots=True)
class Review:
    """Somebody who looks at an appeal, since when, and what they found."""

    appeal_id: int
    reviewer_id: int
    opened_at: Instant
    finding: Finding | None
    reason: str
    found_at: Instant | None
    is_peer: bool


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Somebody who asks to hear an appeal; `bosses` are all that they report to, however far."""

    person_id: int
    roles: frozenset[str]
    bosses: frozenset[int]
    is_simulated: bool = False

    @property
    def is_peer(self) -> bool:
        """Tell whether they do the work and hold no office."""
        return "contributor" in self.roles and not self.roles & OFFICE


def why_no_appeal(kind: DecisionKind, appeal_by: Instant, now: Instant) -> str | None:
    """Say why a decision cannot be appealed; None when it can."""
    if kind in FINAL_KINDS:
        return "This decision gave something back to you, so there is nothing to appeal."
    if now >= appeal_by:
        return "The time to appeal this decision is over. You can still write to the owner."
    return None


def message_issues(message: str) -> list[Issue]:
    """Say what is wrong with what a person writes."""
    if MESSAGE_LEAST <= len(message.strip()) <= MESSAGE_MOST:
        return []
    most = f"{MESSAGE_MOST:,}"
    words = f"Say in {MESSAGE_LEAST} to {most} letters why it is wrong, in any language."
    return [Issue("message", words)]


def finding_issues(finding: str, reason: str) -> list[Issue]:
    """Say what is wrong with a finding: who declines gives a reason that the person can use."""
    issues = []
    if finding not in FINDINGS:
        issues.append(Issue("finding", "Choose uphold (the person is right) or decline."))
    least = REASON_LEAST if finding == "decline" else 1
    if not least <= len(reason.strip()) <= MESSAGE_MOST:
        wanted = "a word of reason" if least == 1 else f"a reason of at least {least} letters"
        issues.append(Issue("reason", f"Give {wanted}: the person reads it."))
    return issues


def panel_of(kind: DecisionKind, policy: AppealsPolicy) -> int:
    """Say how many hear an appeal: one, or a panel where it is about being allowed to work."""
    return policy.panel if kind in PANEL_KINDS else 1


def answer_by(policy: AppealsPolicy, opened_at: Instant) -> Instant:
    """Say when silence makes the person right."""
    return Instant(opened_at + policy.answer_days * DAY_MS)


@automated(
    "appeals.clock",
    title="Appeals that nobody answered",
    effect="pays",
    purpose="When the time to answer an appeal is over the person is right: what was decided is "
    "undone, and lost pay is paid. It also ends suspensions whose time is over.",
    reads=("when the appeal was opened", "until when a suspension holds"),
    oversight="It only ever gives back; declining needs a named human and a reason.",
)
def is_due(appeal: Appeal, now: Instant) -> bool:
    """Tell whether the time to answer is over."""
    return appeal.is_open and now >= appeal.answer_by


def bosses_of(person_id: int, reports_to: Mapping[int, int]) -> frozenset[int]:
    """Follow who reports to whom to the top; a circle ends where it closes."""
    found: set[int] = set()
    at = reports_to.get(person_id)
    while at is not None and at not in found:
        found.add(at)
        at = reports_to.get(at)
    return frozenset(found - {person_id})


def why_not_hear(
    reviewer: Reviewer, appeal: Appeal, deciders: Collection[int], reviews: Sequence[Review]
) -> str | None:
    """Say why somebody may not hear an appeal; None when they may.

    `deciders` are who decided and who set the rule. Of a panel one place is kept for a peer; a
    single appeal is heard by somebody in an office.
    """
    if reviewer.is_simulated:
        return "Appeals are heard by people."
    if reviewer.person_id == appeal.person_id:
        return "Nobody hears their own appeal."
    if reviewer.person_id in deciders:
        return "You had a part in this decision; somebody else has to hear the appeal."
    if reviewer.bosses & set(deciders):
        return "You report to somebody who had a part in this decision; somebody else hears it."
    if not (reviewer.is_peer or reviewer.roles & OFFICE):
        return "Your account may not hear this appeal."
    if any(one.reviewer_id == reviewer.person_id for one in reviews):
        return None
    peers = sum(one.is_peer for one in reviews)
    if reviewer.is_peer:
        full = len(reviews) >= appeal.panel or appeal.panel == 1
    else:
        full = len(reviews) - peers >= max(1, appeal.panel - 1) or len(reviews) >= appeal.panel
    return "Enough others look at this appeal already." if full else None


def drawn(secret: bytes, appeal: Appeal, peers: Iterable[int], now: Instant) -> list[int]:
    """List the peers who are drawn for a panel.

    The draw is a keyed hash (HMAC-SHA256), so nobody chooses whose appeal they hear; each day that
    goes by five more are asked.
    """
    days = max(0, now - appeal.opened_at) // DAY_MS
    ranked = sorted(peers, key=lambda one: _lot(secret, appeal.id, one))
    return ranked[: PEERS_ASKED * (1 + days)]


def is_drawn(
    secret: bytes, appeal: Appeal, person_id: int, peers: Iterable[int], now: Instant
) -> bool:
    """Tell whether a peer is among those drawn for a panel."""
    return person_id in drawn(secret, appeal, peers, now)


def outcome_of(appeal: Appeal, reviews: Sequence[Review]) -> Finding | None:
    """Say what the findings come to; None while it is not decided.

    More than half of the panel decide. A panel declines only where a peer has spoken.
    """
    needed = appeal.panel // 2 + 1
    found = [one.finding for one in reviews if one.finding is not None]
    if found.count("uphold") >= needed:
        return "uphold"
    has_peer = appeal.panel == 1 or any(one.is_peer and one.finding for one in reviews)
    return "decline" if has_peer and found.count("decline") >= needed else None


def blind(text: str, names: Iterable[str]) -> str:
    """Take the person's own names and addresses out of what they wrote."""
    for name in sorted({name.strip() for name in names if len(name.strip()) > 1}, key=len)[::-1]:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", _SOMEBODY, text, flags=re.IGNORECASE)
    return text


def _lot(secret: bytes, appeal_id: int, person_id: int) -> bytes:
    return hmac.new(secret, b"peer:%d:%d" % (appeal_id, person_id), hashlib.sha256).digest()
