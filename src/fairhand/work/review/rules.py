"""Rules of reviews: what is sampled, and what keeps a finding or terms from being kept; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from fairhand.core.clock import MINUTE_MS
from fairhand.core.errors import Issue
from fairhand.core.ids import sha256_hex

Because = Literal["doubt", "wish", "sample", "chosen"]
Verdict = Literal["accepted", "fixed", "asked_again"]

CLAIM_MS: Final = 10 * MINUTE_MS
"""How long a task stays with the reviewer who opened it; while it is open, this is renewed."""

REASON_MAX: Final = 2_000
WORDS_MAX: Final = 1_000
NEVER_MENDED: Final = frozenset({"recording", "photo"})
"""Kinds whose answers are people's own data: one of them can be chosen, none can be written."""

_SPREAD: Final = 2_654_435_761  # Knuth's multiplicative hash: its high bits are spread evenly
_WHOLE: Final = 2**32


@dataclass(frozen=True, slots=True)
class ReviewTerms:
    """What comes before a reviewer, and whether a release waits for it."""

    sample_permille: int = 0
    doubt_below: float | None = None
    release_waits: bool = False


def is_sampled(task_id: int, permille: int) -> bool:
    """Say whether a finished task is looked at whatever it says; the same answer every time."""
    return task_id * _SPREAD % _WHOLE * 1_000 // _WHOLE < permille


def terms_issues(terms: ReviewTerms) -> list[Issue]:
    """List what is wrong with terms."""
    issues = []
    if not 0 <= terms.sample_permille <= 1_000:
        issues.append(Issue("sample_percent", "Look at 0 to 100 tasks in a hundred."))
    if terms.doubt_below is not None and not 0 < terms.doubt_below <= 1:
        issues.append(Issue("doubt_below", "Give a share between 0 and 1, as 0.8."))
    return issues


def finding_issues(
    verdict: Verdict,
    reason: str,
    value: Mapping[str, Any] | None,
    annotation_id: int | None,
) -> list[Issue]:
    """List what keeps a finding from being kept, before anybody looks at the task."""
    issues = []
    if verdict != "accepted" and not reason.strip():
        issues.append(Issue("reason", "Say why, in a sentence: others will read it."))
    if len(reason) > REASON_MAX:
        issues.append(Issue("reason", f"Keep the reason under {REASON_MAX:,} characters."))
    if verdict == "fixed" and not value:
        issues.append(Issue("value", "Give the right answer."))
    if verdict != "fixed" and value:
        issues.append(Issue("value", "Only a fix gives an answer of its own."))
    if verdict != "accepted" and annotation_id is not None:
        issues.append(Issue("annotation_id", "Only an accepted answer can be named."))
    return issues


def seen_mark(answers: Sequence[int], consensus: Mapping[str, Any]) -> str:
    """Make a mark of what a reviewer is shown; another one, and it is not the same any more."""
    shown = orjson.dumps([sorted(answers), consensus], option=orjson.OPT_SORT_KEYS)
    return sha256_hex(shown)[:32]


def wish_issues(words: str) -> list[Issue]:
    """List what is wrong with the words of somebody who asks for a second look."""
    if len(words) > WORDS_MAX:
        return [Issue("words", f"Keep it under {WORDS_MAX:,} characters.")]
    return []


def unmendable(kinds: Mapping[str, str], value: Mapping[str, Any]) -> list[Issue]:
    """List the answers that nobody can write for somebody else."""
    return [
        Issue(name, "is somebody's own recording or picture: accept one of the answers instead")
        for name in value
        if kinds.get(name) in NEVER_MENDED
    ]


def differing(values: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Name the questions to which not everybody said the same."""
    names = {name for value in values for name in value}
    first = values[0] if values else {}
    return frozenset(
        name for name in names if any(one.get(name) != first.get(name) for one in values)
    )
