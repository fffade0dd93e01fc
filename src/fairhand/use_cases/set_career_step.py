"""An owner or manager says what a step to more responsibility asks, and what it adds to pay."""

from __future__ import annotations

from dataclasses import dataclass, field

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.people.talent import career_store as store
from fairhand.people.talent.career import Needs, step_issues
from fairhand.people.talent.profile_store import list_skills
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.work.projects.store import load_project


@dataclass(frozen=True, slots=True)
class SetCareerStep:
    """The step: where it holds (project 0: everywhere), its role, what it asks, what it adds."""

    set_by: int
    role: str
    title: str
    needs: Needs = field(default_factory=Needs)
    pay_permille: int = 0
    project_id: int = 0


def set_career_step(db: Database, command: SetCareerStep, now: Instant) -> int:
    """Set a step from now on and give its number; raises InvalidError naming what is wrong.

    What people hold already is not touched: whoever has the role holds the step at once.
    """
    with db.write() as connection:
        if command.project_id and load_project(connection, command.project_id) is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        known = {one.id for one in list_skills(connection)}
        needs, permille = command.needs, command.pay_permille
        if issues := step_issues(command.role, command.title, needs, permille, known):
            raise InvalidError("This step cannot be set so.", issues=issues)
        added = store.add_step(
            connection,
            project_id=command.project_id,
            role=command.role,
            title=command.title.strip(),
            needs=needs,
            pay_permille=permille,
            set_by=command.set_by,
            now=now,
        )
        body = {"step": added, "role": command.role, "pay_permille": permille}
        project_id = command.project_id or None
        log.append(connection, "career.step_set", body, now, command.set_by, project_id)
    return added
