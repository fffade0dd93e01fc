"""Time at a limit is over: what is missing to the pay of before is owed.

Safe work that pays less is brought up to the rate of the project where the limit was met, its
premium included; a day of recovery is brought up to the mean of the days that led to it, whether
its person worked or rested. Both are booked as waiting, as hours that were promised are.
"""

from __future__ import annotations

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.money import micros_for
from fairhand.pay import store as pay
from fairhand.pay.earnings.between_store import PaidBetween, paid_between
from fairhand.pay.ledger.store import Earning, post_earning
from fairhand.pay.policies import store as policies
from fairhand.people.wellbeing import policy_store, store
from fairhand.people.wellbeing import shelter_store as shelters
from fairhand.people.wellbeing.policy import ExposureTerms
from fairhand.people.wellbeing.rules import day_of, hard_run
from fairhand.people.wellbeing.shelter_store import NewShelter, Shelter
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.work.projects import store as projects


def settle_shelters(db: Database, now: Instant) -> int:
    """Write down today's days of recovery, and pay what is owed for stretches that are over.

    Returns how many were settled. Doing it twice pays once.
    """
    _begin_recoveries(db, now)
    with db.read() as connection:
        due = shelters.list_due(connection, now)
    done = 0
    for shelter_id in due:
        with db.write() as connection:
            found = shelters.lock_due(connection, shelter_id)
            if found is None:
                continue
            owed = _pay(connection, found, now)
            shelters.settle(connection, found.id, now)
            body = {"project": found.project_id, "owed_micros": owed}
            log.append(connection, "pay.waiting_settled", body, now, None, found.project_id)
        done += 1
    return done


def _begin_recoveries(db: Database, now: Instant) -> None:
    """Give a day of recovery to whoever had hard content on too many days in a row."""
    midnight = Instant(day_of(now) * DAY_MS)
    with db.read() as connection:
        terms = policy_store.load_terms(connection, now)
        yesterday = Instant(midnight - DAY_MS - 1)
        people = store.list_who_saw(connection, terms.rotation_tier, yesterday, midnight)
    for person_id in people:
        with db.write() as connection:
            _begin_recovery(connection, person_id, terms, midnight, now)


def _begin_recovery(
    connection: Connection, person_id: int, terms: ExposureTerms, midnight: Instant, now: Instant
) -> None:
    carried = store.load_carried(connection, person_id, now, terms.half_life_ms)
    run = hard_run(carried.hard_days(terms.rotation_tier), day_of(now))
    tomorrow = Instant(midnight + DAY_MS)
    if run < terms.rotation_days or shelters.has_recovery(connection, person_id, tomorrow):
        return
    since = Instant(midnight - terms.rotation_days * DAY_MS - 1)
    place = store.find_hardest_place(connection, person_id, terms.rotation_tier, since, midnight)
    project = None if place is None else projects.load_project(connection, place)
    if project is None:
        return
    policy = policies.load_policy_at(connection, project.id, now)
    shelters.open_shelter(
        connection,
        NewShelter(
            person_id=person_id,
            project_id=project.id,
            kind="recovery",
            safe_project_id=None,
            rate_micros_per_hour=project.rate_micros_per_hour
            + (policy.hazard_micros_per_hour if policy else 0),
            currency=project.currency,
            started_at=midnight,
            ends_at=tomorrow,
        ),
    )


def _pay(connection: Connection, found: Shelter, now: Instant) -> int:
    """Post what is missing; a stand-down was paid as waiting while it lasted."""
    if found.kind == "stand_down":
        return 0
    pay.flush_pending(connection, found.person_id, now)
    ms, before = _promised(connection, found, now)
    owed = micros_for(found.rate_micros_per_hour, ms) - before.micros
    if owed <= 0:
        return 0
    earned = Earning(
        kind="accrual",
        idem_key=f"waited:{found.id}",
        person_id=found.person_id,
        project_id=found.project_id,
        activity="wait",
        started_at=now,
        ended_at=now,
        paid_ms=0,
        rate_micros_per_hour=found.rate_micros_per_hour,
        currency=found.currency,
        amount_micros=owed,
        basis="block",
        quantity=ms,
        unit_micros=found.rate_micros_per_hour,
    )
    post_earning(connection, earned, now)
    return owed


def _promised(connection: Connection, found: Shelter, now: Instant) -> tuple[int, PaidBetween]:
    """Say how much time is owed at the rate of before, and what of it is paid already."""
    person_id, currency = found.person_id, found.currency
    if found.kind == "safe_work":
        there = paid_between(
            connection,
            person_id,
            currency,
            found.started_at,
            found.ends_at,
            not_in=found.project_id,
        )
        return there.ms, there
    days = policy_store.load_terms(connection, now).rotation_days
    start = Instant(day_of(found.started_at) * DAY_MS)
    led_to_it = paid_between(connection, person_id, currency, Instant(start - days * DAY_MS), start)
    that_day = paid_between(connection, person_id, currency, start, found.ends_at)
    return led_to_it.ms // days, that_day
