"""A person asks for work: they get the best task they may do, or hear why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ForbiddenError
from fairhand.core.words import later as _
from fairhand.model.system import loaded
from fairhand.pay import store as pay
from fairhand.pay.paid_time.rules import EventKind, TimeEvent, idle_cap_for
from fairhand.people.accounts import store as accounts
from fairhand.people.wellbeing import shelter_store as shelters
from fairhand.people.wellbeing import store as wellbeing
from fairhand.quality.watch.gold_schedule import GoldSchedule, choose_gold, is_gold_turn
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.bar_words import GIVEN_BACK, bar_words
from fairhand.use_cases.blind_sheet import hide_by_chance
from fairhand.use_cases.pay_task import told_of_cut
from fairhand.use_cases.ration import NOTHING_HARD, Ration, ration_of
from fairhand.use_cases.take_shelter import AtLimit, take_shelter
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

_claim = loaded("work.next", queue.claim)
_is_gold_turn = loaded("gold.turn", is_gold_turn)
EARLY_GOLD = 4
"""How much more often a newcomer meets gold tasks than somebody who is known."""
EARLY_SHARE_MOST = 0.4
REST_RETRY_S = 300
LEARN_FIRST = _("Learn first: the lesson and the exam are under Learning, and both are paid.")


@dataclass(frozen=True, slots=True)
class HandOutTask:
    """Who asks, where, and whether this is for later (`ahead`) or for a trip without network.

    `exclude` names held tasks that the person has already answered or has on screen. With
    `harmless` nothing hard is handed out: whoever asks cannot cover it, count it and let them rest.
    """

    person_id: int
    project_id: int
    ahead: bool = False
    hold: Hold = "online"
    exclude: frozenset[int] = frozenset()
    harmless: bool = False


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A task with its lease, or the reason to wait."""

    place: Place
    sheet: TaskSheet | None = None
    lease: Lease | None = None
    reason: Wait | None = None
    message: str = ""
    retry_after_s: int = 0
    cut: dict[str, Any] = field(default_factory=dict)


def hand_out_task(
    db: Database, command: HandOutTask, now: Instant, *, terms: LeaseTerms, idle_cap_ms: int
) -> HandedOut:
    """Lease a task to a person; asking again without finishing gives the same one.

    Raises ForbiddenError when the person has not joined the project.
    """
    with db.write() as connection:
        place = queue.load_place(connection, command.person_id, command.project_id)
        if place is not None and place.enrolment_state == "learning":
            raise ForbiddenError(LEARN_FIRST, code="learn_first")
        if place is not None and place.enrolment_state == "suspended":
            bar = bar_words(connection, command.person_id, command.project_id, now)
            raise ForbiddenError(bar or GIVEN_BACK, code="suspended")
        if place is None or place.enrolment_state != "active":
            raise ForbiddenError(_("Join this project first: its offer is on your home page."))
        terms = replace(terms, online_ttl_ms=place.lease_ttl_ms)
        held = queue.list_held(connection, command.person_id, command.project_id)
        hard = queue.list_hard(connection, held) if command.harmless else command.exclude
        on_hand = [lease for lease in held if lease.task_id not in command.exclude | hard]
        # A prefetched task that its page has lost is in no `exclude`: that one comes back first.
        is_more = command.ahead and not command.exclude
        lease = None if is_more else _go_on(connection, on_hand, command, now, terms)
        if lease is None:
            wait = _why_not(place, len(on_hand), len(held), command, now, terms)
            if wait is not None:
                return _told_to_wait(place, wait)
            ration = _ration(connection, place, command, now)
            lease = _lease_one(connection, place, command, now, terms, ration)
            if lease is None:
                return _nothing_free(connection, place, command, ration, now, idle_cap_ms)
        cut = {}
        if not command.ahead:
            cut = _credit(connection, command, place, lease.task_id, now, idle_cap_ms)
        sheet = projects.load_task_sheet(connection, lease.task_id, command.person_id)
        if sheet is not None:
            sheet = hide_by_chance(sheet, command.person_id)
        return HandedOut(place, sheet=sheet, lease=lease, cut=cut)


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
    wait = why_wait(
        mode=place.mode,
        now=now,
        hours=hours,
        left_micros=place.left_micros,
        rest_until=place.rest_until,
    )
    if wait is None and not may_hold_more(on_hand, held, command.hold, place.project_tier, terms):
        return "holding_enough"
    return wait


def _told_to_wait(place: Place, wait: Wait) -> HandedOut:
    retry = REST_RETRY_S if wait == "rest" else retry_after_s(0)
    return HandedOut(place, reason=wait, message=words_for(wait), retry_after_s=retry)


def _nothing_free(
    connection: Connection,
    place: Place,
    command: HandOutTask,
    ration: Ration,
    now: Instant,
    idle_cap_ms: int,
) -> HandedOut:
    """Waiting begins; where only a limit is in the way, it is paid for as long as that lasts."""
    at_limit = None
    if ration.agreed_tier and not command.ahead:
        at_limit = take_shelter(
            connection, place, ration, command.person_id, command.project_id, now
        )
    cut = {}
    if not command.ahead:
        cut = _credit(connection, command, place, None, now, idle_cap_ms, at_limit)
    if at_limit is None:
        told = _told_to_wait(place, "nothing_free")
        return replace(told, cut=cut)
    return HandedOut(
        place,
        reason="at_limit",
        message=at_limit.message,
        retry_after_s=at_limit.retry_after_s,
        cut=cut,
    )


def _ration(connection: Connection, place: Place, command: HandOutTask, now: Instant) -> Ration:
    """Say how much hard content may be handed out; who agreed to none is asked nothing more."""
    if place.max_tier == 0 or command.harmless or command.hold == "offline":
        return NOTHING_HARD
    return ration_of(connection, place, command.person_id, command.project_id, now)


def _lease_one(
    connection: Connection,
    place: Place,
    command: HandOutTask,
    now: Instant,
    terms: LeaseTerms,
    ration: Ration,
) -> Lease | None:
    if place.project_tier and not ration.max_tier:
        return None  # nothing in a project of hard content is handed to who agreed to none
    if place.max_tier != ration.max_tier:
        place = replace(place, max_tier=ration.max_tier)
    claimed = _gold_if_due(connection, place, command, ration.left)
    if claimed is None:
        claimed = queue.claim(connection, place, command.person_id, command.project_id, ration.left)
    if claimed is None:
        return None
    if claimed.dose > 0:
        _reserve(connection, command, claimed, now)
    return queue.save_lease(
        connection,
        claimed,
        command.person_id,
        command.project_id,
        command.hold,
        now,
        expires_at(now, command.hold, terms),
    )


def _reserve(connection: Connection, command: HandOutTask, claimed: Claimed, now: Instant) -> None:
    """Count the dose before it is shown; whoever stood down works again."""
    person_id, project_id = command.person_id, command.project_id
    wellbeing.reserve(
        connection, person_id, project_id, claimed.task_id, claimed.tier, claimed.dose, now
    )
    shelters.end_open(connection, person_id, Instant(now - 2 * DAY_MS), now)


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
    if not _is_gold_turn(schedule, person_id, project_id, place.handed_out):
        return None
    left = golds.list_left(connection, place, person_id, project_id, dose_left)
    chosen = choose_gold(schedule, person_id, project_id, left, ())
    return None if chosen is None else golds.take(connection, chosen, person_id, project_id)


def _credit(
    connection: Connection,
    command: HandOutTask,
    place: Place,
    task_id: int | None,
    now: Instant,
    idle_cap_ms: int,
    at_limit: AtLimit | None = None,
) -> dict[str, Any]:
    """A task begins the next stretch of work; without one, waiting begins, as it was promised."""
    cap = idle_cap_for(idle_cap_ms, place.idle_cap_ms)
    promised = place.wait_block_ms if task_id is None else None
    if promised is not None and at_limit is not None and at_limit.paid_ms > promised:
        # Waiting that was promised before may be used up: this is a new promise.
        promised = at_limit.paid_ms
        if at_limit.is_new:
            anew = TimeEvent(command.project_id, "read", now, cap)
            pay.hear(connection, command.person_id, None, anew, now)
    kind: EventKind = "wait" if task_id is None else "next"
    event = TimeEvent(command.project_id, kind, now, cap, promised)
    return told_of_cut(pay.hear(connection, command.person_id, task_id, event, now))
