"""A known answer turned out wrong: the task is asked no more, and counts for nobody.

A part of upholding an appeal. What was answered to it is kept and paid; statistics are learned
anew without it by `mend_statistics`, as if it had never been used.
"""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.model.decision import NewDecision
from fairhand.people.conduct import store as conduct
from fairhand.people.conduct import words
from fairhand.quality import store as quality
from fairhand.storage.database import Connection
from fairhand.use_cases.note_decision import note_decision
from fairhand.use_cases.requalify import exams_put_right
from fairhand.work.gold import quarantine


def overturn_gold(
    connection: Connection,
    project_id: int,
    task_id: int,
    appeal_id: int | None,
    reason: str,
    now: Instant,
    *,
    decider_id: int | None,
) -> dict[str, object]:
    """Take a gold task out of everything, and take back whatever anybody missed by it.

    Says how many people and answers that was. Doing it again changes nothing.
    """
    if not quarantine.add(connection, project_id, task_id, appeal_id, reason, now):
        return {"gold": task_id, "again": True}
    answers = quarantine.take_out(connection, task_id, now)
    quality.drop_consensus(connection, [task_id])
    taken_back = [
        *conduct.list_gold_misses(connection, task_id),
        *exams_put_right(connection, task_id, now),
    ]
    for one in taken_back:
        note_decision(
            connection,
            NewDecision(
                person_id=one.person_id,
                project_id=project_id,
                kind="restored",
                reason=words.GOLD_OVERTURNED,
                counterfactual=words.RESTORED_OTHERWISE,
                values={"task": task_id, "decision": one.id},
                pay_effect=words.NO_PAY_EFFECT,
                inputs={"task": task_id, "decision": one.id, "appeal": appeal_id},
                subject={"task": task_id, "decision": one.id},
                decider_id=decider_id,
                system="" if decider_id else "appeals.clock",
                client_key=f"restored:{one.id}",
            ),
            now,
        )
    return {"gold": task_id, "answers": answers, "taken_back": len(taken_back)}
