"""A person asks for work: they get the best task they may do, or hear why there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fairhand.core.clock import Instant
from fairhand.core.errors import ForbiddenError
from fairhand.pay import store as pay
from fairhand.pay.paid_time.rules import EventKind
from fairhand.people.accounts import store as accounts
from fairhand.people.wellbeing import store as wellbeing
from fairhand.people.wellbeing.rules import Limits, dose_left
from fairhand.quality.watch.gold_schedule import GoldSchedule, choose_gold, is_gold_turn
from fairhand.storage.database import Connection, Database
from fairhand.work.assignment import gold as golds
from fairhand.work.assignment import store as queue
from fairhand.work.assignment.rules import (
    Hold,
    LeaseTerms,
    Wait,
    expires_at,
    may_hold_more,
    retry_after_s,
    why_wait,
    words_for,
)
from fairhand.work.assignment.store import Claimed, Lease, Place
from fairhand.work.projects import store as projects
from fairhand.work.projects.store import TaskSheet

EARLY_GOLD = 4
"""How much more often a newcomer meets gold tasks than somebody who is known."""
EARLY_SHARE_MOST = 0.4


@dataclass(frozen=True, slots=True)
class HandOutTask:
    """Who asks, where, and whether this is for later (`ahead`) or for a trip without network.

    `exclude` names held tasks that the person has already answered or has on screen.
    """

    person_id: int
    project_id: int
    ahead: bool = False
    hold: Hold = "online"
    exclude: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A task with its lease, or the reason to wait."""

    place: Place
    sheet: TaskSheet | None = None
    lease: Lease | None = None
    reason: Wait | None = None
    message: str = ""
    retry_after_s: int = 0


def hand_out_task(
    db: Database, command: HandOutTask, now: Instant, *, terms: LeaseTerms, idle_cap_ms: int
) -> HandedOut:
    """Lease a task to a person; asking again without finishing gives the same one.

    Raises ForbiddenError when the person has not joined the project.
    """
    with db.write() as connection:
        place = queue.load_place(connection, command.person_id, command.project_id)
        if place is None or place.enrolment_state != "active":
            raise ForbiddenError("Join this project first: its offer is on your home page.")
        terms = replace(terms, online_ttl_ms=place.lease_ttl_ms)
        held = queue.list_held(connection, command.person_id, command.project_id)
        on_hand = [lease for lease in held if lease.task_id not in command.exclude]
        # A prefetched task that its page has lost is in no `exclude`: that one comes back first.
        is_more = command.ahead and not command.exclude
        lease = None if is_more else _go_on(connection, on_hand, command, now, terms)
        if lease is None:
            wait = _why_not(place, len(on_hand), len(held), command, now, terms)
            lease = None if wait else _lease_one(connection, place, command, now, terms)
            if lease is None:
                reason: Wait = wait or "nothing_free"
                if not command.ahead and reason == "nothing_free":
                    _credit(connection, command, "wait", None, now, idle_cap_ms)
                return HandedOut(
                    place,
                    reason=reason,
                    message=words_for(reason),
                    retry_after_s=retry_after_s(0),
                )
        if not command.ahead:
            _credit(connection, command, "next", lease.task_id, now, idle_cap_ms)
        sheet = projects.load_task_sheet(connection, lease.task_id, command.person_id)
        return HandedOut(place, sheet=sheet, lease=lease)


def _go_on(
    connection: Connection,
    on_hand: list[Lease],
    command: HandOutTask,
    now: Instant,
    terms: LeaseTerms,
) -> Lease | None:
    """Give the task that the person has already, the oldest first, unless it lapsed just now."""
    until = expires_at(now, command.hold, terms)
    renewed = (queue.renew_lease(connection, lease, until) for lease in on_hand)
    return next((lease for lease in renewed if lease is not None), None)


def _why_not(
    place: Place, on_hand: int, held: int, command: HandOutTask, now: Instant, terms: LeaseTerms
) -> Wait | None:
    hours = (place.hours_from_min, place.hours_to_min)
    wait = why_wait(mode=place.mode, now=now, hours=hours, left_micros=place.left_micros)
    if wait is None and not may_hold_more(on_hand, held, command.hold, place.project_tier, terms):
        return "holding_enough"
    return wait


def _lease_one(
    connection: Connection, place: Place, command: HandOutTask, now: Instant, terms: LeaseTerms
) -> Lease | None:
    left = 0
    if place.max_tier > 0:
        left = dose_left(wellbeing.load_doses(connection, command.person_id, now), Limits(), now)
    claimed = _gold_if_due(connection, place, command, left)
    if claimed is None:
        claimed = queue.claim(connection, place, command.person_id, command.project_id, left)
    if claimed is None:
        return None
    if claimed.dose > 0:
        wellbeing.reserve(
            connection, command.person_id, claimed.task_id, claimed.tier, claimed.dose, now
        )
    return queue.save_lease(
        connection,
        claimed,
        command.person_id,
        command.project_id,
        command.hold,
        now,
        expires_at(now, command.hold, terms),
    )


def _gold_if_due(
    connection: Connection, place: Place, command: HandOutTask, dose_left: int
) -> Claimed | None:
    """Take a gold task when this person's turn for one has come and there is one left for them."""
    if place.gold_permille == 0:
        return None
    workspace = accounts.load_workspace(connection)
    assert workspace is not None, "a project lies in a workspace"  # noqa: S101
    share = place.gold_permille / 1_000
    early = min(EARLY_SHARE_MOST, EARLY_GOLD * share)
    schedule = GoldSchedule(workspace[1], share=share, early_share=early, least_gap=1)
    person_id, project_id = command.person_id, command.project_id
    if not is_gold_turn(schedule, person_id, project_id, place.handed_out):
        return None
    left = golds.list_left(connection, place, person_id, project_id, dose_left)
    chosen = choose_gold(schedule, person_id, project_id, left, ())
    return None if chosen is None else golds.take(connection, chosen, person_id, project_id)


def _credit(
    connection: Connection,
    command: HandOutTask,
    kind: EventKind,
    task_id: int | None,
    now: Instant,
    idle_cap_ms: int,
) -> None:
    pay.credit_time(
        connection,
        person_id=command.person_id,
        project_id=command.project_id,
        task_id=task_id,
        kind=kind,
        now=now,
        idle_cap_ms=idle_cap_ms,
    )
