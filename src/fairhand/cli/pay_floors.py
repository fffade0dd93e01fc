"""`fairhand pay floors …`: list, load, approve and end wage rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairhand.cli.opening import opened, owner_id_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.pay import group
from fairhand.cli.voice import issue_lines, issues_json, remark, table, tell

if TYPE_CHECKING:
    from fairhand.pay.floors.rules import FloorRow
    from fairhand.use_cases.house import House

floors = typer.Typer(
    rich_markup_mode=None,
    help="Wage floors: list them, load rows from a file, approve a draft, end a row.",
)
group.add_typer(floors, name="floors")

RowId = Annotated[
    str, typer.Argument(metavar="ID", help="The row's id, as ke-cities-hour-2026-05.")
]


@floors.callback(invoke_without_command=True)
def list_floors(
    context: typer.Context,
    load: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A wagefloor/v1 file, CSV or JSON."),
    ] = None,
    country: Annotated[str | None, typer.Option(help="Only this country, as KE.")] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """List the wage floors, or load rows from a file.

    Example:  fairhand pay floors --country GB

    Example:  fairhand pay floors --load our-floors.csv
    """
    if context.invoked_subcommand is not None:
        return
    if load is not None:
        _load_floors(load, workspace)
        return
    from dataclasses import asdict

    from fairhand.pay.floors.rules import is_active
    from fairhand.pay.floors.store import load_rows

    with opened(workspace) as house, house.db.read() as connection:
        rows = load_rows(connection, country)
    shown = table("", "ID", "Place", ">Amount", "Per", "From", "To", "Active", "Source")
    for row in rows:
        shown.add_row(*_floor_cells(row, active=is_active(row)))
    tell({"floors": [asdict(row) | {"active": is_active(row)} for row in rows]}, shown)


@floors.command("approve")
def approve(
    row_id: RowId,
    evidence: Annotated[
        Path,
        typer.Option(exists=True, dir_okay=False, help="The law, notice or page that you read."),
    ],
    note: Annotated[str, typer.Option(help="What you checked, in a sentence.")],
    hours_per_week: Annotated[
        str, typer.Option(help="Hours a week that the amount pays for, where the row lacks them.")
    ] = "",
    payments_per_year: Annotated[
        str, typer.Option(help="Payments a year, where the row lacks them.")
    ] = "",
    by: Annotated[
        int | None, typer.Option(help="The number of who approves (default: the owner).")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Approve a draft row: you confirm that you have read its source yourself.

    Example:  fairhand pay floors approve ke-cities-hour-2026-05 --evidence notice.pdf --note "Read Legal Notice 108"
    """  # noqa: E501  # an example is one line, to be copied
    from dataclasses import asdict

    from fairhand.pay.floors.approval import Approval, in_words
    from fairhand.use_cases.approve_floor import ApproveFloor, approve_floor

    given = Approval(hours_per_week, payments_per_year, note, checked=True)
    with opened(workspace) as house:
        who = owner_id_of(house) if by is None else _who_may(house, by)
        command = ApproveFloor(row_id, who, given, evidence.read_bytes())
        row = approve_floor(house.db, house.blobs, command, house.clock())
    tell(asdict(row), f"Approved by {row.approved_by}: {in_words(row)}")


@floors.command("end")
def end(
    row_id: RowId,
    last_day: Annotated[str, typer.Option(help="The last day on which the row counts.")],
    reason: Annotated[str, typer.Option(help="Why it ends, in a sentence.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """End a row with a day to come; people who worked under it keep its amount.

    Example:  fairhand pay floors end ke-cities-hour-2026-05 --last-day 2027-04-30 --reason "Superseded by the 2027 notice"
    """  # noqa: E501  # an example is one line, to be copied
    from dataclasses import asdict

    from fairhand.use_cases.end_floor import EndFloor, end_floor

    with opened(workspace) as house:
        command = EndFloor(row_id, last_day, owner_id_of(house), reason)
        row = end_floor(house.db, command, house.clock())
    tell(asdict(row), f"{row.id} counts until {row.valid_to}, that day included.")


def _who_may(house: House, person_id: int) -> int:
    """Check that a person may set floors; raises ForbiddenError."""
    from fairhand.core.errors import ForbiddenError
    from fairhand.people.accounts.store import list_people
    from fairhand.use_cases.approve_floor import MAY_APPROVE

    with house.db.read() as connection:
        roles = {person.id: roles for person, roles in list_people(connection)}
    if not set(MAY_APPROVE) & set(roles.get(person_id, ())):
        raise ForbiddenError(f"Person {person_id} is neither an owner nor a manager.")
    return person_id


def _floor_cells(row: FloorRow, *, active: bool) -> tuple[str, ...]:
    place = f"{row.country} {row.region}".strip()
    amount = f"{row.currency} {row.amount}"
    is_on = "yes" if active else "no: not approved"
    dates = (row.valid_from, row.valid_to)
    return row.id, place, amount, row.period, *dates, is_on, row.source_title[:60]


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
