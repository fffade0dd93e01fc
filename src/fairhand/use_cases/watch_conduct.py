"""Those who decide are watched too: rubber stamps, less work after an appeal, groups faring worse.

Meant to be called every hour. Each finding is one incident for the month, or the quarter, however
often it is looked at; an incident changes nothing by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fairhand.core.clock import DAY_MS, Instant
from fairhand.model.system import loaded
from fairhand.people.conduct import monitor_store as store
from fairhand.people.conduct.impact import Impact, against_the_middle, compare_groups
from fairhand.people.conduct.monitor_store import NewIncident
from fairhand.people.conduct.monitoring import (
    REVIEWS_MS,
    WINDOW_MS,
    K,
    Offered,
    Retaliation,
    Stamp,
    find_rubber_stamps,
    judge_retaliation,
    match_peers,
    month_of,
)
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_systems import list_systems

YEAR_MS = 365 * DAY_MS


@dataclass(frozen=True, slots=True)
class Found:
    """What the monitors see now."""

    stamps: tuple[Stamp, ...]
    retaliation: Retaliation
    impacts: tuple[Impact, ...]
    silent: dict[int, int]
    unregistered: tuple[str, ...]


def watch_conduct(db: Database, now: Instant) -> list[int]:
    """Look through all monitors and raise what is new; give the new incidents' numbers."""
    with db.read() as connection:
        found = look(connection, now)
    raised = list(_incidents(found, now))
    if not raised:
        return []
    new = []
    with db.write() as connection:
        for one in raised:
            number = store.add_incident(connection, one, now)
            if number is None:
                continue
            body = {"incident": number, "kind": one.kind, "audience": one.audience}
            project_id = one.project_id or None
            log.append(connection, "conduct.incident_raised", body, now, None, project_id)
            new.append(number)
    return new


def look(connection: Connection, now: Instant) -> Found:
    """Look through all monitors."""
    known = {one.name for one in list_systems()}
    stamp = loaded("monitor.rubber_stamp", find_rubber_stamps)
    return Found(
        tuple(stamp(store.list_reviews(connection, Instant(now - REVIEWS_MS)))),
        look_at_offers(connection, now),
        tuple(look_at_groups(connection, now)),
        store.count_silent(connection, Instant(now - WINDOW_MS)),
        tuple(one for one in store.list_deciding_systems(connection) if one not in known),
    )


def look_at_offers(connection: Connection, now: Instant) -> Retaliation:
    """Test the month that has ended; with too few people, the year that has ended."""
    judge = loaded("monitor.retaliation", judge_retaliation)
    until = Instant(now - WINDOW_MS)
    for span in (WINDOW_MS, YEAR_MS):
        rows = store.list_contested(connection, Instant(until - span), until)
        found = judge(match_peers(_pairs(connection, rows)))
        if found.people >= K:
            break
    return found


def look_at_groups(connection: Connection, now: Instant) -> list[Impact]:
    """Compare the groups that people say they belong to."""
    declared = store.load_declared(connection)
    if len(declared) < 2 * K:
        return []
    month = Instant(now - WINDOW_MS)
    offers = store.load_offers_now(connection, month)
    against = store.list_decided_against(connection, Instant(now - REVIEWS_MS))
    people = {person for each in offers.values() for person in each}
    compare = loaded("monitor.adverse_impact", compare_groups)
    return compare(
        {
            "offered": against_the_middle(offers),
            "pay": against_the_middle(store.load_hourly_now(connection, month)),
            "spared": {person: float(person not in against) for person in people},
        },
        declared,
    )


def _pairs(
    connection: Connection, rows: Iterable[tuple[int, int, Instant]]
) -> list[tuple[Offered, list[Offered]]]:
    """Give each who contested, once, those of their project who did not."""
    rows = list(rows)
    contested = {person for person, _, _ in rows}
    pairs: dict[int, tuple[Offered, list[Offered]]] = {}
    for person, project, at in rows:
        if person in pairs:
            continue
        offered = store.load_offered(connection, project, at)
        if person in offered:
            others = [one for one in offered.values() if one.person_id not in contested]
            pairs[person] = (offered[person], others)
    return list(pairs.values())


def _incidents(found: Found, now: Instant) -> Iterable[NewIncident]:
    month = month_of(now)
    for stamp in found.stamps:
        if stamp.reasons:
            yield NewIncident(
                "rubber_stamp",
                f"rubber_stamp:{stamp.reviewer_id}:{month // 3}",
                f"A reviewer {' and '.join(stamp.reasons)}: were the appeals heard?",
                {
                    "reviewer": stamp.reviewer_id,
                    "reviews": stamp.reviews,
                    "confirmed": stamp.confirmed,
                    "median_ms": stamp.median_ms,
                },
                "owner",
            )
    if found.retaliation.is_found:
        yield _retaliation(found.retaliation, month)
    for impact in found.impacts:
        if impact.is_found:
            yield _impact(impact, month)
    for project_id, count in found.silent.items():
        yield NewIncident(
            "late_answer",
            f"late_answer:{project_id}:{month}",
            f"Nobody answered {count} appeal{'s' * (count != 1)} in time in the last 30 days; "
            "silence upheld the person each time.",
            {"appeals": count},
            "owner",
            project_id,
        )
    for name in found.unregistered:
        yield NewIncident(
            "unregistered",
            f"unregistered:{name}",
            f"Decisions were made in the name of {name!r}, which is not in the register.",
            {"system": name},
            "council",
        )


def _retaliation(found: Retaliation, month: int) -> NewIncident:
    drop = found.drop or 0.0
    return NewIncident(
        "retaliation",
        f"retaliation:{month}",
        f"People who contested a decision were offered {drop:.0%} less work in the 30 days after "
        f"than peers who did not ({found.people} people, {found.peers} peers). If contesting "
        f"changed nothing, this would come about {_often(found.chance or 0.0)}.",
        {
            "people": found.people,
            "peers": found.peers,
            "drop": round(drop, 4),
            "chance": found.chance,
        },
        "council",
    )


def _impact(one: Impact, month: int) -> NewIncident:
    return NewIncident(
        "adverse_impact",
        f"adverse_impact:{one.measure}:{one.question}:{one.group}:{month // 3}"[:64],
        f"{IMPACT_WORDS[one.measure]} of people who say {one.question}: {one.group} is "
        f"{one.ratio:.0%} of what it is for the others who answered ({one.people // 10 * 10} "
        f"people and more, beside {one.others // 10 * 10} and more).",
        {
            "measure": one.measure,
            "question": one.question,
            "group": one.group,
            "people": one.people // 10 * 10,
            "others": one.others // 10 * 10,
            "ratio": round(one.ratio, 4),
            "chance": one.chance,
        },
        "council",
    )


IMPACT_WORDS = {
    "offered": "The work offered in 30 days",
    "pay": "What a paid hour earned in 30 days",
    "spared": "The share without a decision against them in 90 days",
}


def _often(chance: float) -> str:
    return "less than once in 1,000 times" if chance < 0.001 else f"{chance:.1%} of the time"
