"""What the checklists of readiness look at, counted now."""

from __future__ import annotations

from fairhand.core.clock import DAY_MS, Instant
from fairhand.model.project import Project
from fairhand.pay.earnings.store import project_cost
from fairhand.pay.floors.store import floor_of_person
from fairhand.pay.policies.changing import check_floors
from fairhand.pay.policies.store import load_policy_at
from fairhand.people.consent import store as consent
from fairhand.people.readiness import store
from fairhand.people.readiness.pilot import Terms
from fairhand.people.readiness.stages import PACE_DAYS, Facts
from fairhand.storage.database import Connection
from fairhand.use_cases.read_project_floors import floors_of_project
from fairhand.work.projects import store as projects


def terms_of(connection: Connection, project: Project) -> Terms:
    """Give what is asked of a project; by default as many qualified people as a task asks for."""
    found = store.load_terms(connection, project.id)
    return found or Terms(qualified_wanted=project.min_overlap)


def gather_facts(
    connection: Connection,
    project: Project,
    now: Instant,
    cost_p50_micros: int | None = None,
) -> Facts:
    """Gather the facts about a project; the cost is told by who has made a forecast."""
    since = Instant(now - PACE_DAYS * DAY_MS)
    terms = terms_of(connection, project)
    version = projects.load_version(connection, project.id, project.version)
    people = store.count_people(connection, project.id, since)
    pilot = next(iter(store.list_pilots(connection, project.id)), None)
    answered = store.count_answers(connection, pilot.project_id, since) if pilot else None
    pilot_people = answered.people if answered else 0
    if pilot is not None and pilot.outcome == "go":
        pilot_people = int(pilot.evidence.get("people", pilot_people))
    skill_id = store.find_course_skill(connection, project.id)
    qualified = (
        None
        if skill_id is None
        else store.count_qualified(connection, project.id, skill_id, since, now)
    )
    gold = store.count_gold(connection, project.id, since)
    cost = project_cost(connection, project.id)
    settled, releases = store.count_output(connection, project.id)
    return Facts(
        project_id=project.id,
        version=project.version,
        mode=project.mode,
        terms=terms,
        tasks=projects.count_tasks(connection, project.id),
        guidelines=version.guidelines if version else "",
        people=people.people,
        people_pace=people.pace,
        without_floor=count_without_floor(connection, project.id, now),
        below_floor=_below(connection, project, now),
        without_consent=people.without_consent,
        has_course=skill_id is not None,
        qualified=qualified.count if qualified else 0,
        qualified_pace=qualified.pace if qualified else None,
        gold=gold.count,
        gold_pace=gold.pace,
        escrow_micros=cost.left_micros if cost else 0,
        cost_p50_micros=cost_p50_micros,
        pilot=pilot,
        pilot_people=pilot_people,
        pilot_answers=answered.answers if answered else 0,
        pilot_pace=answered.pace if answered else None,
        skills=store.load_skills(connection, project.id, terms.skills_wanted, now),
        deciders=store.count_deciders(connection, project.id),
        settled_tasks=settled,
        releases=releases,
    )


def hourly_cost(connection: Connection, project: Project, now: Instant) -> int:
    """Give the micros that an hour in a project costs: the guarantee and its premiums."""
    policy = load_policy_at(connection, project.id, now)
    if policy is None:
        return project.rate_micros_per_hour
    on_top = policy.hazard_micros_per_hour + policy.data_micros_per_hour
    return policy.rate_micros_per_hour + on_top


def count_without_floor(connection: Connection, project_id: int, now: Instant) -> int:
    """Count who takes part and lives where no wage floor is active."""
    enrolled = consent.list_enrolled(connection, project_id)
    return sum(floor_of_person(connection, person_id, now) is None for person_id in enrolled)


def _below(connection: Connection, project: Project, now: Instant) -> tuple[str, ...]:
    policy = load_policy_at(connection, project.id, now)
    if policy is None:
        return ()
    floors = floors_of_project(connection, project.id, policy.currency, now)
    return tuple(issue.message for issue in check_floors(policy, floors))
