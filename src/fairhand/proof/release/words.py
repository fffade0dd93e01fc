"""What every card of a release says alike: gaps, agreement, origin, splits, people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from fairhand.proof.release.rules import Agreement, ReleaseFacts, ReleaseStats

UNSTATED: Final = "unstated"
WITHHELD: Final = "withheld"
UNKNOWN: Final = "unknown"


def split_names(facts: ReleaseFacts) -> list[str]:
    """Name the splits of a release, in their order; none: it has none."""
    splits = facts.splits or {}
    for key in ("parts", "names", "shares"):
        found = splits.get(key)
        if isinstance(found, Mapping):
            return sorted(map(str, found))  # as a manifest that was read again has them
        if isinstance(found, list):
            return [str(one["name"] if isinstance(one, Mapping) else one) for one in found]
    return []


def gap_words(facts: ReleaseFacts) -> list[str]:
    """Say what is not in a release, a sentence each."""
    gaps = facts.gaps
    return [
        f"Tasks without an aggregated answer, not in this release: {gaps.tasks_without_answer}.",
        f"Tasks withheld (in review, or a grant was withdrawn): {gaps.tasks_withheld}.",
        f"Annotations withheld because a grant was withdrawn: {gaps.annotations_withheld}.",
    ]


def agreement_words(facts: ReleaseFacts) -> list[str]:
    """Say how far people agree, a sentence for each question."""
    measured = {item.question: item for item in facts.agreement}
    return [
        f"{question.name}: {agreement_of(measured.get(question.name))}"
        for question in facts.questions
    ]


def agreement_of(found: Agreement | None) -> str:
    """Say how far people agree on a question, or that it was not measured and why."""
    if found is None or found.alpha is None:
        reason = "" if found is None or not found.reason else f" ({found.reason})"
        return f"not measured{reason}"
    interval = (
        "" if found.low is None else f" (95 % interval {found.low:.3f} to {found.high or 0:.3f})"
    )
    return f"{found.measure} {found.alpha:.3f}{interval}"


def credential_words(facts: ReleaseFacts) -> list[str]:
    """Say which media carry content credentials (C2PA); nothing where none were made."""
    made = facts.credentials
    if made is None:
        return []
    told = [
        f"Content credentials (C2PA) beside the files, ending in .c2pa: {made['files']}; "
        "the certificate to trust is content-credentials.pem."
    ]
    if made["without"]:
        told.append(f"Files without any, of no bytes: {made['without']}.")
    return told


def origin_words(facts: ReleaseFacts, stats: ReleaseStats) -> list[str]:
    """Say how much of a release models had a hand in, and what the guard makes of it."""
    told = [
        f"Annotations made with a model's proposal in view: "
        f"{share(stats.assisted_annotations, stats.annotations)}.",
        f"Annotations by simulated contributors: "
        f"{share(stats.simulated_annotations, stats.annotations)}.",
    ]
    verdict = (facts.guard or {}).get("verdict")
    if isinstance(verdict, str):
        told.append(f"The synthetic-data guard's verdict: {verdict}.")
    return told


def who_words(facts: ReleaseFacts) -> list[str]:
    """Say who labelled, by groups that are large enough to be named."""
    who = facts.who or {}
    groups = who.get("groups") or []
    if not groups:
        why = who.get(WITHHELD) or who.get(UNKNOWN) or "this was not recorded for this release"
        return [f"Not told: {why}."]
    return [group_words(group) for group in groups]


def group_words(group: Mapping[str, Any]) -> str:
    """Say of one group how many people it has and what they were paid."""
    name = "everybody" if group["by"] == "all" else f"{group['by']} {group['name']}"
    pay = group.get("mean_per_hour")
    paid = "" if pay is None else f", {group['currency']} {pay} an hour on average"
    return f"{name}: {group['people']} people or a few more{paid}"


def share(part: int, whole: int) -> str:
    """A part of a whole in words and per cent."""
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "0 of 0"


def plain(text: str) -> str:
    """One line that Markdown reads as text."""
    return re.sub(r"([\\`*_<>\[\]#|])", r"\\\1", " ".join(text.split()))
