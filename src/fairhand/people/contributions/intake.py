"""What comes in as a contribution, and what is noticed of it: words that help, never a verdict.

A finding is for the person who gave something, and for a human who decides. None of them is a
ground for not paying. Severities: `note` is told to the giver only, `look` is shown to a reviewer
while the contribution goes on, `hold` keeps it back until somebody has looked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from fairhand.core.ids import sha256_hex

Severity = Literal["note", "look", "hold"]
Settled = Literal["keep", "ask_again", "leave_out"]
SETTLED: Final[tuple[Settled, ...]] = ("keep", "ask_again", "leave_out")

NEVER_KEPT: Final = frozenset(("no_grant", "not_hidden", "unreadable"))
"""What no reviewer can wave through: it is looked through anew instead."""

OWN_DATA_KINDS: Final = frozenset(("recording", "photo", "text"))
"""Kinds of questions whose answers are people's own data."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was noticed: what, how much it matters, in words for the one who gave it."""

    kind: str
    severity: Severity
    words: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of an answer that is somebody's own data, as it arrived."""

    question: str
    kind: str
    modality: str
    media_type: str
    sha256: str
    size_bytes: int
    text: str | None = None


def items_of(
    value: Mapping[str, Any], kinds: Mapping[str, str], modalities: Sequence[str]
) -> list[Item]:
    """List what an answer gives of a person: `kinds` names the kind of each question.

    A question is one of own data when its kind brings some in and the campaign collects that.
    """
    found = []
    for name, answer in value.items():
        kind = kinds.get(name, "")
        modality = modality_of(kind, modalities)
        if modality is None or not answer:
            continue
        if kind == "text":
            content = str(answer).encode()
            found.append(
                Item(name, kind, modality, "text/plain", sha256_hex(content), len(content), answer)
            )
        elif isinstance(answer, Mapping) and isinstance(answer.get("sha256"), str):
            media_type = str(answer.get("media_type") or "audio/wav")
            size = int(answer.get("bytes") or 0)
            found.append(Item(name, kind, modality, media_type, answer["sha256"], size))
    return found


def modality_of(kind: str, modalities: Iterable[str]) -> str | None:
    """Say as what a question's answers are given; None where the campaign does not collect it.

    A photo is a face where the campaign collects faces and no other pictures.
    """
    wanted = set(modalities)
    if kind == "recording":
        return "voice" if "voice" in wanted else None
    if kind == "text":
        return "text" if "text" in wanted else None
    if kind == "photo":
        return next((one for one in ("image", "face") if one in wanted), None)
    return None


def state_after(findings: Iterable[Finding]) -> Literal["ready", "held"]:
    """Say where a contribution goes after it was looked through."""
    return "held" if any(one.severity == "hold" for one in findings) else "ready"
