"""What a person could work on, and works on, as they see it before they accept; reads only.

The same few queries for any number of offers: the home page must not wait for them.
"""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.money import MICROS, Money
from fairhand.core.words import Words, seconds_words
from fairhand.model.project import Project
from fairhand.pay.estimates import store as estimates
from fairhand.pay.estimates.rules import Told, by_kind
from fairhand.pay.floors.rules import Floor, FloorIn, in_currency
from fairhand.pay.floors.store import floor_of_person, load_held
from fairhand.pay.fx.store import find_rate
from fairhand.pay.payouts.methods import KINDS
from fairhand.pay.payouts.methods_store import current_methods
from fairhand.pay.payouts.rules import Method
from fairhand.pay.policies.changing import coming
from fairhand.pay.policies.rules import Policies, Policy, in_force
from fairhand.pay.policies.store import load_policies
from fairhand.pay.royalties.rules import Terms, terms_in_force
from fairhand.pay.royalties.store import load_terms
from fairhand.people.accounts.rules import Actor, may
from fairhand.people.campaigns import store as campaigns
from fairhand.people.consent import grant_store as grants
from fairhand.people.consent import notice_store as notices
from fairhand.people.consent import store as consent
from fairhand.people.wellbeing.disclosure import SORTS
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_learning import courses_to_take
from fairhand.use_cases.read_project import list_visible
from fairhand.use_cases.versions import version_of
from fairhand.work.projects import left_store

COUNTED_AS_FAR_AS = 1_000


@dataclass(frozen=True, slots=True)
class OwnFloor:
    """The lowest hour that a person is paid in a project, in its currency, and how that is known.

    `rate_above` is how far the project's hourly pay is above it: 0.05 is five percent, below zero
    means that it is topped up.
    """

    per_hour: Money
    source: str
    rate_above: float


@dataclass(frozen=True, slots=True)
class Offer:
    """A project as a contributor sees it before accepting.

    `tasks_left` counts as far as a thousand. `coming` are announced changes of pay, in words.
    `learns` is the course that comes first for who has joined and is not qualified yet. A campaign
    is joined on a page of its own; one that was refused is not offered again.
    """

    project: Project
    joined: bool
    told: Told
    pay: Policy
    per_hour: Money
    floor: OwnFloor | None
    tasks_left: int
    coming: tuple[Policy, ...]
    paid_out: Method | None
    royalties: Terms | None = None
    learns: int | None = None
    is_campaign: bool = False
    was_refused: bool = False

    @property
    def is_at_least(self) -> bool:
        """Say whether there are more tasks than were counted."""
        return self.tasks_left >= COUNTED_AS_FAR_AS


def list_offers(db: Database, actor: Actor, now: Instant) -> list[Offer]:
    """List what a person may work on, with pay, time, their own floor, and what comes."""
    projects = [project for project in list_visible(db, actor) if may(actor, "work", project.id)]
    if not projects:
        return []
    ids = [project.id for project in projects]
    with db.read() as connection:
        joined = set(consent.list_joined(connection, actor.person_id))
        courses = courses_to_take(connection, actor.person_id, joined)
        told = estimates.load_latest(connection, ids)
        left = left_store.count_free(connection, ids, COUNTED_AS_FAR_AS)
        policies = load_policies(connection, ids)
        floors = _Floors(connection, actor.person_id, now)
        promised = load_terms(connection, ids)
        lent = {one.project_id for one in campaigns.list_campaigns(connection)}
        closed = lent - notices.list_published(connection) - joined if lent else set()
        refused = grants.list_refused(connection, actor.person_id)
        methods = {one.currency: one for one in current_methods(connection, actor.person_id)}
        return [
            Offer(
                project=project,
                joined=project.id in joined,
                told=told[project.id].told
                if project.id in told
                else _guess(db, connection, project),
                pay=policy,
                per_hour=_money(policy),
                floor=floors.of(policy),
                tasks_left=left.get(project.id, 0),
                coming=tuple(coming(policies.by_project[project.id], now)),
                paid_out=methods.get(project.currency),
                royalties=terms_in_force(promised.get(project.id, ()), now),
                learns=courses.get(project.id),
                is_campaign=project.id in lent,
                was_refused=project.id in refused,
            )
            for project in projects
            if (policy := _now(policies, project, now)) is not None and project.id not in closed
        ]


def _now(policies: Policies, project: Project, now: Instant) -> Policy | None:
    return in_force(policies.by_project.get(project.id, ()), now)


def _guess(db: Database, connection: Connection, project: Project) -> Told:
    """Tell the owner's guess of a project so new that nothing was told of it yet."""
    version = version_of(db, connection, project.id, project.version)
    return by_kind(project.expected_ms, [question.kind for question in version.questions])


def _money(policy: Policy) -> Money:
    return Money(policy.rate_micros_per_hour // MICROS, policy.currency)


class _Floors:
    """One person's floors: looked up once, turned into each project's currency."""

    def __init__(self, connection: Connection, person_id: int, now: Instant) -> None:
        self._connection, self._now = connection, now
        self._floor: Floor | None = floor_of_person(connection, person_id, now)
        self._held = load_held(connection, person_id)

    def of(self, policy: Policy) -> OwnFloor | None:
        """Give the floor in a project: that of the place now, or a higher one had before."""
        here = self._here(policy.currency)
        held = self._held.get((policy.project_id, policy.currency))
        minor = max(here.minor_per_hour if here else 0, held.minor_per_hour if held else 0)
        if not minor:
            return None
        source = here.floor.row.source_title if here else "the floor you had here before"
        above = policy.rate_micros_per_hour / (minor * MICROS) - 1
        return OwnFloor(Money(minor, policy.currency), source, above)

    def _here(self, currency: str) -> FloorIn | None:
        if self._floor is None:
            return None
        rate = find_rate(self._connection, self._floor.currency, currency, self._now)
        return in_currency(self._floor, currency, rate)


def paid_out_words(offer: Offer, words: Words) -> str:
    """Say when and how money comes."""
    method = offer.paid_out
    if method is None:
        return words(
            "Money comes after each pay period is closed; say under Earnings how you want to be "
            "paid."
        )
    way = words(KINDS[method.rail].title)
    if not method.minimum_minor:
        return words(
            "Money comes after each pay period is closed, by: {way}. There is no smallest amount.",
            way=way,
        )
    least = words.coins(Money(method.minimum_minor, method.currency))
    return words(
        "Money comes after each pay period is closed, by: {way}, once it is {least} or more, as "
        "you chose.",
        way=way,
        least=least,
    )


def floor_words(offer: Offer, words: Words) -> str:
    """Say how the pay stands to the person's own floor."""
    if offer.floor is None:
        return words("No wage floor is known for where you live yet.")
    least = words.coins(offer.floor.per_hour)
    if offer.floor.rate_above < 0:
        return words(
            "Your floor is {least} an hour: you are lifted to it when the period closes.",
            least=least,
        )
    percent = round(100 * offer.floor.rate_above)
    if not percent:
        return words(
            "That is at your floor of {least} an hour; you never get less than that.", least=least
        )
    return words(
        "That is {percent} % above your floor of {least} an hour; you never get less than that.",
        percent=percent,
        least=least,
    )


def time_words(told: Told, words: Words) -> str:
    """Say in words how long a task takes, and how that is known."""
    half, most = seconds_words(told.p50_ms, words), seconds_words(told.p90_ms, words)
    if told.basis == "measured":
        return words(
            "half of the tasks take less than {half}, nine in ten less than {most} "
            "(measured on {answers} answers)",
            half=half,
            most=most,
            answers=words.number(told.items),
        )
    return words(
        "half of the tasks take less than {half}, nine in ten less than {most} (a first guess)",
        half=half,
        most=most,
    )


def content_words(tier: int, words: Words) -> str:
    """Say what sort of hard content a project of a tier may show; empty where there is none."""
    return words(SORTS[tier]) if tier in SORTS else ""


def left_words(offer: Offer, words: Words) -> str:
    """Say how many tasks are left."""
    if offer.is_at_least:
        return words("over {n} tasks left", n=words.number(COUNTED_AS_FAR_AS))
    if not offer.tasks_left:
        return words("no task is free just now")
    return words.plural("{n} task left", "{n} tasks left", offer.tasks_left)


def paid_time_words(words: Words) -> str:
    """Say what counts as paid time."""
    return words("Reading, waiting for a task, skipping, breaks and disputes count as paid time.")
