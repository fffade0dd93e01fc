"""Projects that are ready to open, for tests that are about what comes after."""

from __future__ import annotations

from dataclasses import replace

from fairhand.core.clock import Instant
from fairhand.core.money import MICROS
from fairhand.model.project import Project
from fairhand.pay.policies import store as pay_policies
from fairhand.people.readiness import store
from fairhand.people.readiness.pilot import Pilot, Terms
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_project_floors import floors_of_project
from fairhand.work.projects import store as projects
from fairhand.work.projects.rules import ProjectPolicy

PEOPLE = 2


def make_ready(db: Database, project_id: int, owner_id: int, now: Instant) -> None:
    """Give a project what its gate asks besides tasks, guidelines and money.

    That is a pilot that ended in go for the guidelines that hold, terms that ask for neither gold
    nor courses, and pay that reaches the floors of who takes part. Doing it twice changes nothing.
    """
    with db.write() as connection:
        project = projects.load_project(connection, project_id)
        if project is None or store.find_pilot(connection, project_id) is not None:
            return
        terms = Terms(people_wanted=PEOPLE, qualified_wanted=0, gold_wanted=0)
        named = replace(terms, changed_by=owner_id, changed_at=now)
        store.save_terms(connection, project_id, named)
        _reach_floors(connection, project, now)
        known = store.list_pilots(connection, project_id)
        if known and known[0].outcome == "go" and known[0].version == project.version:
            return
        _add_pilot(connection, project, owner_id, len(known) + 1, now)


def _reach_floors(connection: Connection, project: Project, now: Instant) -> None:
    floors = floors_of_project(connection, project.id, project.currency, now)
    own = [one.minor_per_hour * MICROS for one in floors if one.currency == project.currency]
    policy = pay_policies.load_policy_at(connection, project.id, now)
    assert policy is not None
    if policy.rate_micros_per_hour >= max(own, default=0):
        return
    raised = replace(
        policy,
        version=pay_policies.list_policies(connection, project.id)[-1].version + 1,
        rate_micros_per_hour=max(own),
        valid_from=now,
        reason="To the floor.",
    )
    pay_policies.add_policy(connection, raised)
    pay_policies.copy_to_project(connection, raised)


def _add_pilot(
    connection: Connection, project: Project, owner_id: int, number: int, now: Instant
) -> None:
    version = projects.load_version(connection, project.id, project.version)
    assert version is not None
    policy = ProjectPolicy(
        title=f"Pilot of {project.title}"[:200],
        purpose=project.purpose,
        guidelines=version.guidelines,
        questions=version.questions,
        currency=project.currency,
        rate_micros_per_hour=project.rate_micros_per_hour,
    )
    pilot_id = projects.create_project(
        connection,
        policy,
        slug=f"{project.slug[:40]}-readied-{number}",
        mode="closed",
        owner_id=owner_id,
        lease_ttl_ms=project.lease_ttl_ms,
        now=now,
    )
    assert pilot_id is not None
    new = Pilot(
        project_id=pilot_id,
        of_project_id=project.id,
        version=project.version,
        people_wanted=PEOPLE,
        tasks=5,
        target_alpha=0.0,
        outcome="running",
        evidence={},
        started_by=owner_id,
        started_at=now,
    )
    store.add_pilot(connection, new)
    evidence = {"people": PEOPLE, "answers": 10}
    store.decide(connection, pilot_id, "go", evidence, "Ready for a test.", owner_id, now)
