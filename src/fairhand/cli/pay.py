"""`fairhand pay …`: floors, funding, closing a period, statements, what is owed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.project import fund_now
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from fairhand.core.clock import Instant
    from fairhand.use_cases.house import House

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Wage floors, money set aside, pay periods, statements.",
)


def register(app: typer.Typer) -> None:
    """Add `pay`."""
    import pkgutil
    from importlib import import_module

    import fairhand.cli

    # Rooms of pay keep their commands in `pay_*.py`, and those know this file: so found by name.
    for room in sorted(one.name for one in pkgutil.iter_modules(fairhand.cli.__path__)):
        if room.startswith("pay_"):
            import_module(f"fairhand.cli.{room}")
    app.add_typer(group, name="pay")


@group.command("close")
def close(
    until: Annotated[
        str | None,
        typer.Option(help="The period's end, as 2026-12-01T00:00:00Z (default: now)."),
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only say who would get what; nothing is written.")
    ] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Close a pay period: every paid minute settled, everybody at the floor, a statement each.

    Running it twice with the same end changes nothing; what comes in late goes into the next. A
    close that was cut off goes on where it stopped.

    Example:  fairhand pay close --until 2026-12-01T00:00:00Z

    Example:  fairhand pay close --preview
    """
    from dataclasses import asdict

    from fairhand.cli.progress import progress
    from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period

    with opened(workspace) as house:
        now = house.clock()
        ends_at = now if until is None else _instant(until)
        if preview:
            _preview(house, ends_at)
            return
        command = ClosePayPeriod(ends_at, owner_id_of(house))
        with progress("People settled") as report:
            closed = close_pay_period(house.db, command, now, report)
    words = (
        "Nothing was earned that is not settled already."
        if closed.period_id is None
        else f"Pay period {closed.period_id} closed: {closed.people} people settled, "
        f"{closed.statements} statements."
    )
    tell(asdict(closed), words)


def _preview(house: House, ends_at: Instant) -> None:
    from dataclasses import asdict

    from fairhand.core.money import MICROS, Money
    from fairhand.use_cases.read_pay_office import preview_close

    columns = (">Paid hours", ">For work", ">Floor asks", ">Top-up", ">On top", ">In all")
    shown = table("", "Person", *columns)
    found = preview_close(house.db, ends_at)
    for one in found:
        amounts = (
            one.accrued_micros,
            one.floor_micros,
            one.top_up_minor * MICROS,
            one.extras_micros,
            one.gross_micros,
        )
        cells = [str(Money(micros // MICROS, one.currency)) for micros in amounts]
        if one.unfloored_ms:
            cells[1] = "not known"
        shown.add_row(one.display_name, f"{one.paid_ms / 3_600_000:.2f}", *cells)
    content = [asdict(one) | {"gross_micros": one.gross_micros} for one in found]
    tell({"preview": content}, shown if found else "Nothing is to be settled.")


def _instant(text: str) -> Instant:
    from fairhand.core.clock import parse_iso
    from fairhand.core.errors import InvalidError

    try:
        return parse_iso(text)
    except ValueError as error:
        raise InvalidError(f"--until cannot be read: {error}.") from None


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
