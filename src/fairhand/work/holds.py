"""Why a task is held back from people, so that ending one reason never ends another.

A queue row is `held` while any of these is true: its answer is known (gold), a known answer of it
was overturned, the owner set it aside, or who gave its file took it back.
"""

from __future__ import annotations

from typing import Final

IS_SET_ASIDE: Final = (
    "EXISTS (SELECT 1 FROM task AS s WHERE s.id = queue.task_id AND s.set_aside_at IS NOT NULL)"
)
IS_GOLD: Final = "EXISTS (SELECT 1 FROM gold_answer AS g WHERE g.task_id = queue.task_id)"
WAS_OVERTURNED: Final = (
    "EXISTS (SELECT 1 FROM gold_quarantine AS o WHERE o.task_id = queue.task_id)"
)
WAS_TAKEN_BACK: Final = (
    "EXISTS (SELECT 1 FROM task AS s JOIN contribution AS c ON c.open_sha256 = s.media_sha256 "
    "WHERE s.id = queue.task_id AND c.given_at <= s.created_at "
    "AND c.state IN ('withdrawn', 'erased'))"
)
IS_CLOSED_STEP: Final = (
    "EXISTS (SELECT 1 FROM message_task AS c WHERE c.task_id = queue.task_id AND c.done)"
)
"""A conversation has gone past this task: nobody is asked about it again, held or not."""

STAYS_HELD_WITHOUT_GOLD: Final = f"({IS_SET_ASIDE} OR {WAS_OVERTURNED} OR {WAS_TAKEN_BACK})"
STAYS_HELD_WHEN_BACK: Final = f"({IS_GOLD} OR {WAS_OVERTURNED} OR {WAS_TAKEN_BACK})"
