"""A small world for pay tests: people with a place, a project with a rate, tasks."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from fairhand.core.clock import Instant, parse_iso
from fairhand.pay.paid_time.rules import EventKind
from fairhand.pay.store import credit_time
from fairhand.storage.tables.pay import account, posting
from fairhand.storage.tables.people import person
from fairhand.storage.tables.work import project, task

MORNING = parse_iso("2026-11-21T09:30:00Z")
CAP = 120_000
GBP_12 = 1_200_000_000
"""GBP 12.00 per hour in micros."""


def add_person(connection: Connection, name: str, country: str = "GB", region: str = "") -> int:
    """Add a person who lives somewhere."""
    added = connection.execute(
        person.insert().values(
            display_name=name, place_country=country, place_region=region, created_at=MORNING
        )
    )
    assert added.inserted_primary_key is not None
    return int(added.inserted_primary_key[0])


def add_project(
    connection: Connection, owner_id: int, slug: str, currency: str = "GBP", rate: int = GBP_12
) -> int:
    """Add a project that pays an hourly rate."""
    added = connection.execute(
        project.insert().values(
            slug=slug,
            title=slug,
            mode="open",
            version=1,
            purpose="to test pay",
            owner_id=owner_id,
            currency=currency,
            rate_micros_per_hour=rate,
            min_overlap=1,
            max_overlap=3,
            target_confidence=0.9,
            lease_ttl_ms=600_000,
            expected_ms=20_000,
            created_at=MORNING,
        )
    )
    assert added.inserted_primary_key is not None
    return int(added.inserted_primary_key[0])


def add_task(connection: Connection, project_id: int, name: str = "one") -> int:
    """Add a task to a project."""
    added = connection.execute(
        task.insert().values(
            project_id=project_id, fingerprint=name, data="{}", place=name, created_at=MORNING
        )
    )
    assert added.inserted_primary_key is not None
    return int(added.inserted_primary_key[0])


@dataclass(frozen=True, slots=True)
class World:
    """Carmen owns two projects; Amina works."""

    carmen: int
    amina: int
    digits: int
    tissue: int


def make_world(connection: Connection, country: str = "GB", currency: str = "GBP") -> World:
    """Fill a fresh database with the cast."""
    carmen = add_person(connection, "Carmen", country)
    return World(
        carmen,
        add_person(connection, "Amina", country),
        add_project(connection, carmen, "digits", currency),
        add_project(connection, carmen, "tissue", currency, 2 * GBP_12),
    )


def hear(
    connection: Connection, who: int, where: int, kind: EventKind, after_s: float, cap: int = CAP
) -> int:
    """Credit one event, some seconds after the morning began."""
    return credit_time(
        connection,
        person_id=who,
        project_id=where,
        task_id=None,
        kind=kind,
        now=Instant(MORNING + round(after_s * 1000)),
        idle_cap_ms=cap,
    )


def balance(connection: Connection, key: str) -> int:
    """Sum what an account holds."""
    total = connection.execute(
        select(func.coalesce(func.sum(posting.c.amount_micros), 0))
        .select_from(posting.join(account))
        .where(account.c.key == key)
    )
    return int(total.scalar_one())
