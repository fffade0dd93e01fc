"""Skills that were shown for a time lapse: the person learns again, paid, before they go on."""

from __future__ import annotations

from fairhand.core.clock import Instant, iso
from fairhand.core.systems import automated, require_registered
from fairhand.model.decision import NewDecision
from fairhand.people.conduct import store as conduct
from fairhand.people.consent import store as consent
from fairhand.people.learning import store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.note_decision import note_decision

LAPSE = "skill.lapse"
_REASON = (
    "What you showed in the exam held until {until}. Please take the course again; it is paid."
)
_OTHERWISE = "With an exam passed after {until} you would have gone on without a break."


@automated(
    LAPSE,
    title="When a skill that was shown holds no more",
    effect="routes",
    purpose="Looks whether the time has passed for which an exam was said to hold; then the "
    "course comes first again.",
    reads=("until when a skill holds",),
    parameters=(("how long a pass holds", "told before the exam", "the only thing that counts"),),
    oversight="The date is told before the exam and on the page of lessons; it can be appealed.",
)
def end_skills(db: Database, now: Instant) -> int:
    """Move those whose skill has lapsed back to learning, each with a decision; gives how many.

    Only where a live course is there to take: nobody is shut out for want of one.
    """
    moved = 0
    with db.write() as connection:
        for person_id, project_id, skill_id in store.list_lapsed(connection, now):
            until = store.load_validity(connection, person_id, [skill_id])[skill_id]
            if not consent.move_enrolment(connection, person_id, project_id, "active", "learning"):
                continue
            decision = note_decision(
                connection, _decision(person_id, project_id, skill_id, until or now), now
            )
            body = {"person": person_id, "skill": skill_id, "decision": decision}
            body |= conduct.decided(connection, project_id, now)
            log.append(connection, "learning.skill_lapsed", body, now, None, project_id)
            moved += 1
    return moved


def _decision(person_id: int, project_id: int, skill_id: int, until: Instant) -> NewDecision:
    return NewDecision(
        person_id=person_id,
        project_id=project_id,
        kind="not_qualified",
        reason=_REASON,
        counterfactual=_OTHERWISE,
        inputs={"skill": skill_id, "valid_until": iso(until)},
        client_key=f"lapse-{person_id}-{skill_id}-{until}",
        values={"until": iso(until)[:10]},
        weights=[("valid until", iso(until))],
        subject={"skill": skill_id},
        system=LAPSE,
        system_version=require_registered(LAPSE).version,
    )
