"""An owner says what a project needs before it opens; every change is named and logged."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.people.readiness import store
from fairhand.people.readiness.pilot import Terms, check_terms
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.readiness_facts import terms_of
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class SetReadinessTerms:
    """What is asked for; None keeps what holds."""

    person_id: int
    project_id: int
    target_alpha: float | None = None
    people_wanted: int | None = None
    qualified_wanted: int | None = None
    gold_wanted: int | None = None
    skills_wanted: tuple[int, ...] | None = None
    skill_gap: str | None = None


_CHANGEABLE = (
    "target_alpha",
    "people_wanted",
    "qualified_wanted",
    "gold_wanted",
    "skills_wanted",
    "skill_gap",
)


def set_readiness_terms(db: Database, command: SetReadinessTerms, now: Instant) -> Terms:
    """Change what a project needs before it opens.

    A running pilot keeps the target that it was started with. Raises InvalidError with everything
    that is wrong at once.
    """
    with db.write() as connection:
        project = projects.lock_project(connection, command.project_id)
        if project is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        old = terms_of(connection, project)
        asked = {
            name: value for name in _CHANGEABLE if (value := getattr(command, name)) is not None
        }
        new = replace(old, **asked, changed_by=command.person_id, changed_at=now)
        new = replace(new, skill_gap=new.skill_gap.strip())
        issues = check_terms(new)
        known = {skill_id for skill_id, _ in store.known_skills(connection)}
        if set(new.skills_wanted) - known:
            issues.append(Issue("skills_wanted", "Choose skills that this workspace knows."))
        if issues:
            words = " ".join(issue.message for issue in issues)
            raise InvalidError(f"This cannot be asked for. {words}", issues=issues)
        store.save_terms(connection, project.id, new)
        body = {
            "project": project.id,
            "target_alpha": new.target_alpha,
            "people_wanted": new.people_wanted,
            "qualified_wanted": new.qualified_wanted,
            "gold_wanted": new.gold_wanted,
            "skills_wanted": list(new.skills_wanted),
            "names_a_gap": bool(new.skill_gap),
        }
        log.append(connection, "readiness.terms_set", body, now, command.person_id, project.id)
    return new
