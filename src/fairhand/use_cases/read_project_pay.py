"""What the pay page of a project reads: its policy, what comes, what it costs, what it tops up."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.pay.earnings.store import ProjectCost, project_cost
from fairhand.pay.policies import booking_store
from fairhand.pay.policies import store as policies
from fairhand.pay.policies.booking_store import NamedBooking
from fairhand.pay.policies.changing import FloorOf, coming
from fairhand.pay.policies.repricing import TopUpShare, repriced, share_of
from fairhand.pay.policies.rules import Policy, in_force
from fairhand.people.accounts import store as accounts
from fairhand.people.consent import store as consent
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_project_floors import floors_of_project
from fairhand.use_cases.reprice_projects import work_since
from fairhand.use_cases.set_pay_policy import SetPayPolicy, preview_pay_policy
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class ProjectPay:
    """The pay page of one project.

    `share` is what the price in force leaves to top-up, by the time since it holds; `better` is
    the version that would put it right, None while it is right.
    """

    project_id: int
    title: str
    present: Policy
    coming: tuple[Policy, ...]
    history: tuple[Policy, ...]
    cost: ProjectCost
    share: TopUpShare
    better: Policy | None
    floors: tuple[FloorOf, ...]
    unit_ms: int
    bookings: tuple[NamedBooking, ...]
    people: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class PaidBy:
    """What one of a person's projects pays, and what is announced for it."""

    project_id: int
    title: str
    present: Policy
    coming: tuple[Policy, ...]


def read_project_pay(db: Database, project_id: int, now: Instant) -> ProjectPay:
    """Load a project's pay page; raises NotFoundError."""
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        known = policies.list_policies(connection, project_id)
        cost = project_cost(connection, project_id)
        present = in_force(known, now)
        if project is None or cost is None or present is None:
            raise NotFoundError(f"There is no project {project_id}.")
        work = work_since(connection, present, now)
        return ProjectPay(
            project_id=project_id,
            title=project.title,
            present=present,
            coming=tuple(coming(known, now)),
            history=tuple(reversed(known)),
            cost=cost,
            share=share_of(work),
            better=repriced(present, work, now),
            floors=tuple(floors_of_project(connection, project_id, present.currency, now)),
            unit_ms=projects.median_task_ms(connection, project_id) or project.expected_ms,
            bookings=tuple(booking_store.list_bookings(connection, project_id=project_id)),
            people=_people(connection, project_id),
        )


def preview_change(
    db: Database, command: SetPayPolicy, now: Instant, notice_days: int
) -> tuple[Policy, list[str]]:
    """Say what a change would make of the policy and what it would lower; nothing is written."""
    with db.read() as connection:
        return preview_pay_policy(connection, command, now, notice_days)


def read_policies(db: Database, project_id: int) -> list[Policy]:
    """Load a project's versions; raises NotFoundError."""
    with db.read() as connection:
        known = policies.list_policies(connection, project_id)
    if not known:
        raise NotFoundError(f"There is no project {project_id}.")
    return known


def read_own_terms(db: Database, person_id: int, now: Instant) -> list[PaidBy]:
    """Say what each project that a person takes part in pays now and will pay."""
    with db.read() as connection:
        joined = consent.list_joined(connection, person_id)
        known = policies.load_policies(connection, joined)
        found = []
        for project_id in sorted(joined):
            named = policies.load_named(connection, project_id)
            versions = known.by_project.get(project_id, ())
            present = in_force(versions, now)
            if named is not None and present is not None:
                ahead = tuple(coming(versions, now))
                found.append(PaidBy(project_id, named.title, present, ahead))
    return found


def read_bookings(
    db: Database, *, project_id: int | None = None, person_id: int | None = None
) -> list[NamedBooking]:
    """List the booked hours of a project or a person."""
    with db.read() as connection:
        return booking_store.list_bookings(connection, project_id=project_id, person_id=person_id)


def _people(connection: Connection, project_id: int) -> tuple[tuple[int, str], ...]:
    enrolled = set(consent.list_enrolled(connection, project_id))
    return tuple(
        (person.id, person.display_name)
        for person, _ in accounts.list_people(connection)
        if person.id in enrolled
    )
