"""Appeals that nobody answered in time are upheld by themselves; none is ever declined so.

A person whose account was closed meanwhile is right too, and what they wrote is forgotten.
"""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.systems import loaded
from fairhand.people.accounts import store as accounts
from fairhand.people.conduct import appeal_store, store, words
from fairhand.people.conduct.appeals import is_due
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.repair_decision import Why, repair_decision

SILENCE = "Nobody answered in time, so the person is right."
GONE = "The account was closed before an answer, so it ends in the person's favour."


def uphold_silent_appeals(db: Database, now: Instant, most: int = 200) -> int:
    """Uphold appeals whose time is over; says how many. Safe to run at any time."""
    with db.read() as connection:
        due = appeal_store.due_appeals(connection, now, most)
        due += [one for one in appeal_store.orphaned_appeals(connection) if one not in due]
    return sum(_uphold(db, appeal_id, now) for appeal_id in due)


def _uphold(db: Database, appeal_id: int, now: Instant) -> bool:
    """Uphold one in a transaction of its own; False when somebody else was quicker."""
    over = loaded("appeals.clock", is_due)
    with db.write() as connection:
        appeal = appeal_store.hold_appeal(connection, appeal_id)
        if appeal is None or not appeal.is_open:
            return False
        person = accounts.load_person(connection, appeal.person_id)
        is_gone = person is None or person.state == "closed"
        decision = store.load_decision(connection, appeal.decision_id)
        if decision is None or not (is_gone or over(appeal, now)):
            return False
        why = Why(words.RESTORED_BY_SILENCE, None, appeal.id)
        repaired = repair_decision(connection, decision, why, now)
        reason = GONE if is_gone else SILENCE
        appeal_store.end_appeal(connection, appeal.id, "silent", reason, repaired, now)
        if is_gone:
            appeal_store.forget_words(connection, appeal.person_id)
        body = {"appeal": appeal.id, "decision": decision.id, "repaired": repaired}
        body |= store.decided(connection, decision.project_id, now)
        project_id = appeal.project_id or None
        who = None if is_gone else appeal.person_id
        log.append(connection, "conduct.appeal_upheld_by_silence", body, now, who, project_id)
    return True
