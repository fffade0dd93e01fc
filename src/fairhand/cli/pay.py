"""`fairhand pay …`: floors, funding, closing a period, statements, what is owed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.project import fund_now
from fairhand.cli.voice import issue_lines, issues_json, remark, table, tell

if TYPE_CHECKING:
    from fairhand.core.clock import Instant
    from fairhand.pay.floors.rules import FloorRow

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Wage floors, money set aside, pay periods, statements.",
)


def register(app: typer.Typer) -> None:
    """Add `pay`."""
    app.add_typer(group, name="pay")


@group.command("close")
def close(
    until: Annotated[
        str | None,
        typer.Option(help="The period's end, as 2026-12-01T00:00:00Z (default: now)."),
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Close a pay period: every paid minute settled, everybody at the floor, a statement each.

    Running it twice with the same end changes nothing; what comes in late goes into the next.

    Example:  fairhand pay close --until 2026-12-01T00:00:00Z
    """
    from dataclasses import asdict

    from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period

    with opened(workspace) as house:
        now = house.clock()
        ends_at = now if until is None else _instant(until)
        closed = close_pay_period(house.db, ClosePayPeriod(ends_at, owner_id_of(house)), now)
    words = (
        "Nothing was earned that is not settled already."
        if closed.period_id is None
        else f"Pay period {closed.period_id} closed: {closed.people} people settled, "
        f"{closed.statements} statements."
    )
    tell(asdict(closed), words)


def _instant(text: str) -> Instant:
    from fairhand.core.clock import parse_iso
    from fairhand.core.errors import InvalidError

    try:
        return parse_iso(text)
    except ValueError as error:
        raise InvalidError(f"--until cannot be read: {error}.") from None


@group.command("floors")
def floors(
    load: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A wagefloor/v1 CSV file to load."),
    ] = None,
    country: Annotated[str | None, typer.Option(help="Only this country, as KE.")] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """List the wage floors, or load approved rows from a file.

    Example:  fairhand pay floors --country GB
    Example:  fairhand pay floors --load our-floors.csv
    """
    if load is not None:
        _load_floors(load, workspace)
        return
    from dataclasses import asdict

    from fairhand.pay.floors.rules import is_active
    from fairhand.pay.floors.store import load_rows

    with opened(workspace) as house, house.db.read() as connection:
        rows = load_rows(connection, country)
    shown = table("", "Place", ">Amount", "Per", "From", "To", "Active", "Source")
    for row in rows:
        shown.add_row(*_floor_cells(row, active=is_active(row)))
    tell({"floors": [asdict(row) | {"active": is_active(row)} for row in rows]}, shown)


def _floor_cells(row: FloorRow, *, active: bool) -> tuple[str, ...]:
    place = f"{row.country} {row.region}".strip()
    amount = f"{row.currency} {row.amount}"
    is_on = "yes" if active else "no: not approved"
    return place, amount, row.period, row.valid_from, row.valid_to, is_on, row.source_title[:60]


def _load_floors(path: Path, workspace: Path | None) -> None:
    from dataclasses import asdict

    from fairhand.core.errors import MalformedError
    from fairhand.use_cases.load_wage_floors import LoadWageFloors, load_wage_floors

    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise MalformedError(f"{path.name} is not UTF-8; save it as UTF-8.") from None
    with opened(workspace) as house:
        command = LoadWageFloors(text, owner_id_of(house))
        done = load_wage_floors(house.db, command, house.clock())
    saved = done.saved
    tell(
        asdict(saved) | {"issues": issues_json(done.issues)},
        f"{saved.added} rows added, {saved.changed} changed, {saved.unchanged} known already; "
        f"{len(done.issues)} not taken.",
    )
    for line in issue_lines(done.issues):
        remark(line)
    if done.issues:
        raise typer.Exit(1)


@group.command("fund")
def fund(
    project: ProjectName,
    amount: Annotated[str, typer.Argument(help="How much, in the project's currency, as 250.00.")],
    key: Annotated[
        str | None, typer.Option(help="A name for this payment: the same name funds only once.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Set money aside for a project; the same as `fairhand project fund`.

    Example:  fairhand pay fund digits 250.00 --key invoice-17
    """
    fund_now(workspace, project, amount, key)


@group.command("statement")
def statement(
    number: Annotated[int, typer.Argument(metavar="ID", help="The statement's number.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show one statement: its lines, the floor it was checked against, what is to be paid.

    Example:  fairhand pay statement 12 --json
    """
    import json

    from fairhand.core.errors import NotFoundError
    from fairhand.pay.earnings.store import load_statement

    with opened(workspace) as house, house.db.read() as connection:
        found = load_statement(connection, number)
    if found is None:
        raise NotFoundError(f"There is no statement {number}; `fairhand pay owed` lists them.")
    body = json.loads(found.body)
    content = {"id": found.id, "sha256": found.sha256, "statement": body}
    tell(content, *_statement_lines(body), f"SHA-256 {found.sha256}")


def _statement_lines(body: dict[str, Any]) -> list[str]:
    currency, totals = body["currency"], body["totals"]
    lines = [
        f"Person {body['person']['id']}, {body['period']['starts_at']} to "
        f"{body['period']['ends_at']}" + (" (simulated)" if body["person"]["simulated"] else "")
    ]
    for line in body["lines"]:
        title, amount = line["project"]["title"], line["amount"]
        if line["kind"] == "time":
            hours = line["paid_ms"] / 3_600_000
            lines.append(f"  {title}: {line['activity']} {hours:.3f} h  {currency} {amount}")
        else:
            lines.append(f"  {title}: top-up to the floor  {currency} {amount}")
    for floor in body["floor"]["floors"]:
        lines.append(f"  floor {currency} {floor['per_hour']} an hour: {floor['source_title']}")
    return [*lines, f"  gross {currency} {totals['gross']}; to pay {currency} {totals['to_pay']}"]


@group.command("owed")
def owed(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List what everybody has earned, what is not settled yet and what is owed, by person.

    Example:  fairhand pay owed --json
    """
    from fairhand.pay.earnings.store import load_earnings
    from fairhand.people.accounts.store import list_people

    columns = ("Person", ">Paid hours", ">Earned", ">Top-ups", ">Not settled", ">Owed")
    shown = table("", *columns, "Statements")
    content: list[dict[str, Any]] = []
    with opened(workspace) as house, house.db.read() as connection:
        for person, _ in list_people(connection):
            earned = load_earnings(connection, person.id)
            for one in earned.currencies:
                numbers = [row.id for row in earned.statements if row.currency == one.currency]
                row = _owed_row(one) | {
                    "person_id": person.id,
                    "name": person.display_name,
                    "simulated": person.is_simulated,
                    "statements": numbers,
                }
                content.append(row)
                shown.add_row(*_owed_cells(row))
    tell({"owed": content}, shown if content else "Nobody has earned anything yet.")


def _owed_row(one: Any) -> dict[str, Any]:  # noqa: ANN401  # CurrencyEarnings, imported late
    from fairhand.core.money import MICROS, Money

    def decimal(micros: int) -> str:
        return Money(micros // MICROS, one.currency).decimal()

    return {
        "currency": one.currency,
        "paid_ms": one.paid_ms,
        "earned": decimal(one.accrued_micros),
        "top_up": decimal(one.top_up_micros),
        "unsettled": decimal(one.unsettled_micros),
        "owed": decimal(one.payable_micros),
    }


def _owed_cells(row: dict[str, Any]) -> tuple[str, ...]:
    name = row["name"] + (" (simulated)" if row["simulated"] else "")
    amounts = [f"{row['currency']} {row[key]}" for key in ("earned", "top_up", "unsettled", "owed")]
    numbers = ", ".join(map(str, row["statements"]))
    return name, f"{row['paid_ms'] / 3_600_000:.2f}", *amounts, numbers
