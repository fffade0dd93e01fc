"""A month of many people's pay, made inside the database: fast, the same every time, books right.

Every person works in two of ten projects, at rates from half to one and a half times the floor;
every fourth earning is for pieces with an hourly guarantee, every fiftieth is a premium.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from fairhand.core.clock import DAY_MS, parse_iso
from fairhand.core.money import Money
from fairhand.storage.database import Database
from fairhand.storage.schema import whole_metadata
from fairhand.storage.tables.people import person
from fairhand.storage.tables.work import project
from fairhand.use_cases.fund_project import FundProject, fund_project
from fairhand.use_cases.load_wage_floors import LoadWageFloors, load_wage_floors

STARTS_AT = parse_iso("2026-10-01T00:00:00Z")
ENDS_AT = parse_iso("2026-11-01T00:00:00Z")
PROJECTS = 10
GBP_12 = 1_200_000_000
_FUNDS = Money(10**11, "GBP")

_NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS "
    "(SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :many) ",
    "postgresql": "WITH n(i) AS (SELECT generate_series(0, CAST(:many AS bigint) - 1)) ",
}
_MONTH_MS = 28 * DAY_MS
# Of earning i: whose it is, which project (two each), how long, at what rate, for what.
_EARNING = f"""
SELECT i, :first + i % :people AS person_id,
  1 + (i % :people + (i / :people) % 2) % {PROJECTS} AS project_id,
  CASE WHEN i % 50 = 7 THEN 0 ELSE 20000 + (i * 7919) % 200000 END AS paid_ms,
  CASE WHEN i % 50 = 7 THEN 0 ELSE {GBP_12} / 2 + ((i % :people) * 104729) % {GBP_12} END AS rate,
  CASE WHEN i % 50 = 7 THEN 'premium' WHEN i % 4 = 1 THEN 'piece' ELSE 'time' END AS basis,
  {STARTS_AT} + ((i / :people) * {_MONTH_MS}) / :each + (i * 31) % 60000 AS at
FROM n
"""
_AMOUNT = """
CASE basis WHEN 'premium' THEN 3000000 WHEN 'piece' THEN 900000 * (1 + i % 60)
  ELSE (rate * paid_ms + 3599999) / 3600000 END
"""


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many people, and how many earnings they have together."""

    people: int
    accruals: int


def make_tables(database: Database) -> None:
    """Make the tables of a workspace."""
    with database.write() as connection:
        whole_metadata().create_all(connection)


def make_crowd(database: Database, crowd: Crowd) -> None:
    """Fill a fresh database with a month of pay that nobody has settled."""
    with database.write() as connection:
        first = _people(connection, crowd.people)
        projects = [_project(connection, first, number) for number in range(PROJECTS)]
    load_wage_floors(database, LoadWageFloors(), STARTS_AT)
    for project_id in projects:
        fund_project(database, FundProject(project_id, first, _FUNDS, "first"), STARTS_AT)
    with database.write() as connection:
        _earn(connection, crowd, first)


def _people(connection: Connection, many: int) -> int:
    """Add Carmen and then the people; gives the first of them."""
    values = [
        {"display_name": f"Person {number}", "place_country": "GB", "created_at": STARTS_AT}
        for number in range(many)
    ]
    connection.execute(person.insert(), values)
    return int(connection.execute(text("SELECT min(id) FROM person")).scalar_one())


def _project(connection: Connection, owner: int, number: int) -> int:
    added = connection.execute(
        project.insert().values(
            slug=f"project-{number}",
            title=f"Project {number}",
            mode="open",
            version=1,
            purpose="to measure pay",
            owner_id=owner,
            currency="GBP",
            rate_micros_per_hour=GBP_12,
            min_overlap=1,
            max_overlap=3,
            target_confidence=0.9,
            lease_ttl_ms=600_000,
            expected_ms=20_000,
            created_at=STARTS_AT,
        )
    )
    assert added.inserted_primary_key is not None
    return int(added.inserted_primary_key[0])


def _earn(connection: Connection, crowd: Crowd, first: int) -> None:
    """Write the earnings: entries, accruals, two lines each, and what escrow has left."""
    numbers = _NUMBERS[connection.dialect.name]
    params = {
        "many": crowd.accruals,
        "people": crowd.people,
        "each": max(1, crowd.accruals // crowd.people),
        "first": first,
        "after": int(connection.execute(text("SELECT max(id) FROM entry")).scalar_one()),
    }

    def run(statement: str, **more: object) -> None:
        connection.execute(text(statement), {**_used(statement, params), **more})

    run(
        "INSERT INTO account (key, currency) "
        f"{numbers} SELECT 'payable:person:' || (:first + i), 'GBP' FROM n",
        many=crowd.people,
    )
    run(
        "INSERT INTO entry (id, kind, idem_key, project_id, happened_at, recorded_at) "
        f"{numbers}, e AS ({_EARNING}) "
        "SELECT :after + 1 + i, 'accrual', 'made:' || i, project_id, at, at FROM e"
    )
    run(
        "INSERT INTO accrual (entry_id, person_id, project_id, activity, started_at, ended_at, "
        "paid_ms, rate_micros_per_hour, currency, amount_micros, basis, quantity, unit_micros) "
        f"{numbers}, e AS ({_EARNING}) SELECT :after + 1 + i, person_id, project_id, 'annotate', "
        f"at - paid_ms, at, paid_ms, rate, 'GBP', {_AMOUNT}, basis, "
        "CASE basis WHEN 'piece' THEN 1 + i % 60 END, CASE basis WHEN 'piece' THEN 900000 END "
        "FROM e"
    )
    for key, sign in (("payable:person:", ""), ("escrow:project:", "-")):
        whose = "person_id" if not sign else "project_id"
        connection.execute(
            text(
                "INSERT INTO posting (entry_id, account_id, currency, amount_micros) "
                f"SELECT a.entry_id, c.id, 'GBP', {sign}a.amount_micros FROM accrual a "
                f"JOIN account c ON c.key = '{key}' || a.{whose} AND c.currency = 'GBP'"
            )
        )
    connection.execute(
        text(
            "UPDATE escrow SET left_micros = left_micros - (SELECT sum(amount_micros) "
            "FROM accrual WHERE accrual.project_id = escrow.project_id)"
        )
    )
    if connection.dialect.name == "postgresql":
        connection.execute(
            text(
                "SELECT setval(pg_get_serial_sequence('entry', 'id'), (SELECT max(id) FROM entry))"
            )
        )


def _used(statement: str, params: dict[str, int]) -> dict[str, object]:
    return {name: value for name, value in params.items() if f":{name}" in statement}
