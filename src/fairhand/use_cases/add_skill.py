"""The workspace gets a name for something that people can show."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue
from fairhand.people.talent import profile_store as store
from fairhand.people.talent.rules import SKILL_KINDS
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class AddSkill:
    """What the skill is called, of which kind it is, and what it means."""

    person_id: int
    name: str
    kind: str = "task"
    description: str = ""


def add_skill(db: Database, command: AddSkill, now: Instant) -> int:
    """Add a skill and give its id; raises InvalidError, and ConflictError for a taken name."""
    name, description = " ".join(command.name.split()), command.description.strip()
    issues = []
    if not 1 <= len(name) <= 100:
        issues.append(Issue("name", "Give a name of 1 to 100 characters."))
    if command.kind not in SKILL_KINDS:
        issues.append(Issue("kind", f"Choose one of {', '.join(SKILL_KINDS)}."))
    if len(description) > 1_000:
        issues.append(Issue("description", "Use at most 1,000 characters."))
    if issues:
        raise InvalidError("This skill cannot be added so.", issues=issues)
    with db.write() as connection:
        added = store.add_skill(connection, name, command.kind, description)
        if added is None:
            raise ConflictError(f"There is a skill called {name!r} already.", code="name_taken")
        log.append(connection, "skill.added", {"skill": added}, now, command.person_id)
    return added
