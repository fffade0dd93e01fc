"""An owner makes a project; it starts as a draft (or a demo), and says so everywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError
from fairhand.core.ids import slugify
from fairhand.labels.registry import with_defaults
from fairhand.model.project import Project
from fairhand.pay.policies import store as pay_policies
from fairhand.pay.policies.rules import told
from fairhand.people.accounts import store as accounts
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.work.projects import store
from fairhand.work.projects.rules import ProjectPolicy, check_policy


@dataclass(frozen=True, slots=True)
class CreateProject:
    """What the owner decided."""

    owner_id: int
    policy: ProjectPolicy
    mode: Literal["draft", "demo"] = "draft"
    slug: str = ""
    lease_ttl_ms: int = 600_000


def create_project(db: Database, command: CreateProject, now: Instant) -> Project:
    """Write a project with version 1 of its questions and guidelines.

    Raises InvalidError with every problem at once, ConflictError when the short name is taken.
    """
    if issues := check_policy(command.policy):
        raise InvalidError("The project cannot be made like this.", issues=issues)
    questions = tuple(
        replace(question, config=with_defaults(question.kind, question.config))
        for question in command.policy.questions
    )
    slug = command.slug or slugify(command.policy.title)
    with db.write() as connection:
        project_id = store.create_project(
            connection,
            replace(command.policy, questions=questions),
            slug=slug,
            mode=command.mode,
            owner_id=command.owner_id,
            lease_ttl_ms=command.lease_ttl_ms,
            now=now,
        )
        if project_id is None:
            raise ConflictError(f"There is a project {slug!r} already; choose another short name.")
        accounts.add_role(connection, command.owner_id, "owner", project_id, now)
        project = store.load_project(connection, project_id)
        assert project is not None, "just written"  # noqa: S101
        first = pay_policies.add_first(connection, project_id, command.owner_id)
        body = {
            "project": project_id,
            "slug": slug,
            "mode": command.mode,
            "owner": command.owner_id,
            "pay": told(first),
        }
        log.append(connection, "project.created", body, now, command.owner_id, project_id)
    return project
