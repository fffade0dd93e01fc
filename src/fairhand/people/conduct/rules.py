"""Decisions about people and how they are contested: what may be decided, by whom, until when.

Numbers: 60 days to appeal and 7 to answer are this product's defaults (the EU's platform work
directive allows two weeks for an answer); silence upholds the person; suspensions and endings are
heard by three, one of them a peer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import Issue
from fairhand.core.ids import sha256_hex
from fairhand.model.decision import HUMAN_KINDS, KINDS, DecisionKind, NewDecision

REASON_LEAST: Final = 20
WORDS_MOST: Final = 4_000
INPUTS_MOST: Final = 20_000
"""Bytes of JSON; what was looked at is named by ids, not copied."""
CLIENT_KEY: Final = (8, 64)
PANEL_KINDS: Final[frozenset[DecisionKind]] = frozenset(("suspended", "ended"))
"""What three people hear, one of them a peer."""
FINAL_KINDS: Final[frozenset[DecisionKind]] = frozenset(("restored",))
"""What is for the person, so that nobody appeals it."""

AppealState = Literal["open", "upheld", "declined", "silent", "withdrawn"]
Finding = Literal["uphold", "decline"]
FINDINGS: Final[tuple[Finding, ...]] = ("uphold", "decline")


@dataclass(frozen=True, slots=True)
class AppealsPolicy:
    """How appeals are heard: days to appeal, days to answer, the panel for suspensions.

    `interest_percent` a year is paid on money that an upheld appeal gives back.
    """

    appeal_days: int = 60
    answer_days: int = 7
    panel: int = 3
    interest_percent: int = 8


def policy_issues(policy: AppealsPolicy) -> list[Issue]:
    """Say what is wrong with a policy; nobody may make it worse than the law's own limits."""
    issues = []
    if not 14 <= policy.appeal_days <= 3_650:
        issues.append(Issue("appeal_days", "Give people 14 to 3,650 days to appeal; 60 is usual."))
    if not 1 <= policy.answer_days <= 14:
        issues.append(Issue("answer_days", "Answer within 1 to 14 days; 7 is usual."))
    if policy.panel not in (3, 5, 7):
        issues.append(Issue("panel", "A panel has 3, 5 or 7 people, so that it can decide."))
    if not 0 <= policy.interest_percent <= 50:
        issues.append(Issue("interest_percent", "Pay 0 to 50 % a year on money given back."))
    return issues


def is_stricter(policy: AppealsPolicy, than: AppealsPolicy) -> bool:
    """Tell whether nobody is worse off: as long to appeal, answers as quick, as many to hear it."""
    return (
        policy.appeal_days >= than.appeal_days
        and policy.answer_days <= than.answer_days
        and policy.panel >= than.panel
        and policy.interest_percent >= than.interest_percent
    )


def decision_issues(new: NewDecision) -> list[Issue]:
    """Say what keeps a decision from being one: no reason, no evidence, nobody who answers for it.

    A machine decides neither pay nor fraud nor whether somebody may work.
    """
    issues = []
    if new.kind not in KINDS:
        issues.append(Issue("kind", f"Choose one of {', '.join(KINDS)}."))
    if new.decider_id is None and not new.system:
        issues.append(Issue("decider", "A decision names its human or its registered system."))
    if new.decider_id is None and new.kind in HUMAN_KINDS:
        issues.append(Issue("decider", "A machine may not decide this: name the human who does."))
    if new.decider_id is not None and new.decider_id == new.person_id and new.kind != "restored":
        issues.append(Issue("decider", "Nobody decides about themselves."))
    issues += [
        Issue(place, f"Say it in {REASON_LEAST} to {WORDS_MOST:,} letters: the person reads it.")
        for place, words in (("reason", new.reason), ("counterfactual", new.counterfactual))
        if not REASON_LEAST <= len(words.strip()) <= WORDS_MOST
    ]
    if not new.inputs:
        issues.append(Issue("inputs", "Name what was looked at."))
    elif len(inputs_json(new.inputs)) > INPUTS_MOST:
        issues.append(Issue("inputs", "Name what was looked at by its ids; this is too long."))
    return [*issues, *key_issues(new.client_key)]


def key_issues(client_key: str) -> list[Issue]:
    """Say what is wrong with the key that makes a retry count once."""
    least, most = CLIENT_KEY
    if least <= len(client_key) <= most and client_key.isascii() and client_key.isprintable():
        return []
    return [Issue("client_key", f"A key has {least} to {most} plain characters.")]


def inputs_json(inputs: Mapping[str, Any]) -> bytes:
    """Write what was looked at in one way, so that its hash means something."""
    return orjson.dumps(inputs, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


def inputs_hash(inputs: Mapping[str, Any]) -> str:
    """Hash what was looked at (SHA-256 of its canonical JSON, hex)."""
    return sha256_hex(inputs_json(inputs))


def appeal_by(policy: AppealsPolicy, made_at: Instant) -> Instant:
    """Say until when a decision can be appealed."""
    return Instant(made_at + policy.appeal_days * DAY_MS)
