"""An owner starts a pilot: a few people answer a sample, paid, before anything opens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.core.ids import slugify
from fairhand.core.money import MICROS, Money, micros_to_minor_up
from fairhand.model.project import Project, ProjectVersion
from fairhand.pay.ledger import store as ledger
from fairhand.pay.policies import store as pay_policies
from fairhand.pay.policies.rules import told
from fairhand.people.accounts import store as accounts
from fairhand.people.readiness import store
from fairhand.people.readiness.pilot import Pilot, StartTerms, check_start, cost_of
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.readiness_facts import hourly_cost, terms_of
from fairhand.work.projects import sample_store
from fairhand.work.projects import store as projects
from fairhand.work.projects.rules import ProjectPolicy


@dataclass(frozen=True, slots=True)
class StartPilot:
    """How many tasks and people (None: as the readiness terms say), and the money for them.

    `amount` None sets aside what twice the guessed time costs.
    """

    owner_id: int
    project_id: int
    tasks: int
    people: int | None = None
    amount: Money | None = None


def start_pilot(db: Database, command: StartPilot, now: Instant, rng: Random) -> Pilot:
    """Make the pilot, fund it and open it, all or nothing; `rng` draws the sample.

    Raises InvalidError with everything that is wrong, ConflictError while another one runs.
    """
    with db.write() as connection:
        project = projects.lock_project(connection, command.project_id)
        version = (
            projects.load_version(connection, project.id, project.version) if project else None
        )
        if project is None or version is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        terms = terms_of(connection, project)
        people = terms.people_wanted if command.people is None else command.people
        known = store.list_pilots(connection, project.id)
        free = sample_store.list_free_tasks(connection, project.id)
        running = next((one.project_id for one in known if one.outcome == "running"), None)
        _check(connection, command, project, version, people, len(free), running)
        amount = _amount(connection, command, project, people, now)
        pilot_id = _make(connection, command, project, version, people, len(known) + 1, now)
        drawn = sorted(rng.sample(free, command.tasks))
        sample_store.copy_tasks(connection, project.id, pilot_id, drawn, people, now)
        ledger.fund_escrow(
            connection,
            project_id=pilot_id,
            currency=project.currency,
            amount_micros=amount.minor * MICROS,
            idem_key=f"pilot:{pilot_id}",
            now=now,
        )
        pilot = Pilot(
            project_id=pilot_id,
            of_project_id=project.id,
            version=project.version,
            people_wanted=people,
            tasks=command.tasks,
            target_alpha=terms.target_alpha,
            outcome="running",
            evidence={},
            started_by=command.owner_id,
            started_at=now,
        )
        store.add_pilot(connection, pilot)
        body = {
            "project": project.id,
            "pilot": pilot_id,
            "version": project.version,
            "tasks": command.tasks,
            "people": people,
            "amount": amount.decimal(),
            "currency": amount.currency,
            "owner": command.owner_id,
            "pay": told(pay_policies.list_policies(connection, pilot_id)[0]),
        }
        log.append(connection, "pilot.started", body, now, command.owner_id, project.id)
    return pilot


def _check(
    connection: Connection,
    command: StartPilot,
    project: Project,
    version: ProjectVersion,
    people: int,
    free: int,
    running: int | None,
) -> None:
    itself = store.find_pilot(connection, project.id)
    issues = check_start(
        StartTerms(
            tasks=command.tasks,
            people=people,
            free_tasks=free,
            guidelines=version.guidelines,
            running=running,
            is_itself_pilot=itself is not None,
            is_closed=project.mode == "closed",
        )
    )
    if not issues:
        return
    words = "The pilot cannot start: " + " ".join(issue.message for issue in issues)
    if any(issue.place == "project" for issue in issues):
        raise ConflictError(words, code="pilot", issues=issues)
    raise InvalidError(words, issues=issues)


def _amount(
    connection: Connection, command: StartPilot, project: Project, people: int, now: Instant
) -> Money:
    """Give what is set aside; too little would leave people with a task and no money."""
    per_hour = hourly_cost(connection, project, now)
    needed = cost_of(command.tasks, people, project.expected_ms, per_hour)
    least = Money(micros_to_minor_up(needed), project.currency)
    amount = command.amount or least
    if amount.currency != project.currency:
        raise InvalidError(f"This project pays in {project.currency}.", code="other_currency")
    if amount.minor < least.minor:
        issue = Issue(
            "amount",
            f"Set {least} aside at least: {command.tasks} tasks of {people} people at twice the "
            "time you expect.",
        )
        raise InvalidError(issue.message, issues=[issue])
    return amount


def _make(
    connection: Connection,
    command: StartPilot,
    project: Project,
    version: ProjectVersion,
    people: int,
    number: int,
    now: Instant,
) -> int:
    """Make the pilot's own project: the same questions and guidelines, paid by the hour."""
    policy = ProjectPolicy(
        title=f"Pilot {number}: {project.title}"[:200],
        purpose=project.purpose,
        guidelines=version.guidelines,
        questions=version.questions,
        currency=project.currency,
        rate_micros_per_hour=project.rate_micros_per_hour,
        min_overlap=people,
        max_overlap=people,
        target_confidence=project.target_confidence,
        expected_ms=project.expected_ms,
        tier=project.tier,
    )
    pilot_id = projects.create_project(
        connection,
        policy,
        slug=slugify(f"{project.slug[:40]}-pilot-{number}"),
        mode="open",
        owner_id=command.owner_id,
        lease_ttl_ms=project.lease_ttl_ms,
        now=now,
    )
    if pilot_id is None:
        raise ConflictError("A project has the short name that the pilot would have.")
    accounts.add_role(connection, command.owner_id, "owner", pilot_id, now)
    store.copy_roles(connection, project.id, pilot_id, command.owner_id, now)
    _pay_like(connection, project, pilot_id, command.owner_id, now)
    return pilot_id


def _pay_like(
    connection: Connection, project: Project, pilot_id: int, author_id: int, now: Instant
) -> None:
    """Pay by the hour what the project guarantees, premiums included: no price is known yet."""
    policy = pay_policies.load_policy_at(connection, project.id, now)
    if policy is None:
        pay_policies.add_first(connection, pilot_id, author_id)
        return
    own = replace(
        policy,
        project_id=pilot_id,
        version=1,
        basis="time",
        unit_micros=None,
        reprices_itself=False,
        valid_from=Instant(0),
        reason="As the project that this pilot tests, paid by the hour.",
        created_by=author_id,
        created_at=now,
    )
    pay_policies.add_policy(connection, own)
    pay_policies.copy_to_project(connection, own)
