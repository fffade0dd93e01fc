"""What may still go into the log of an archived project: what people are owed, and its way back.

Every story that changes something for somebody writes one line, so this is the one place where an
archived project is kept as it is. Work that is on somebody's screen is finished and paid, money
goes where it belongs, data are taken back, and decisions about people are made and contested.
"""

from __future__ import annotations

from typing import Final

ARCHIVED: Final = (
    "This project is archived: it can be read, and nothing changes in it. Restore it first."
)
_GOES_ON: Final = (
    "annotation.",
    "task.",
    "pay.",
    "payout.",
    "royalty.",
    "booking.called_off",
    "booking.declined",
    "booking.done",
    "labels.",
    "quality.",
    "signal.",
    "conversations.grown",
    "grant.withdrawn",
    "grant.refused",
    "contribution.",
    "contributions.",
    "campaign.weeks_counted",
    "template.",
    "claims.",
    "leak.",
    "licence.",
    "release.",
    "gate.",
    "export.",
    "webhook.",
    "view.",
    "conduct.",
    "learning.",
    "credential.",
    "contract.",
    "policy.",
    "person.",
    "own.",
    "log.",
    "assist.policy_set",
    "assistant.told",
    "assistant.checked",
    "prelabel.ended",
    "project.left",
    "project.archived",
    "project.restored",
    "tasks.imported",  # the end of an import that had begun
)


def goes_on(kind: str) -> bool:
    """Say whether an event of this kind may happen in an archived project."""
    return kind.startswith(_GOES_ON)
