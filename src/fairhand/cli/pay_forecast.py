"""`fairhand pay forecast`: what a project will cost, how sure that is, and what it hangs on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import find_project, opened
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.pay import group
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from rich.table import Table


@group.command("forecast")
def forecast(
    project: ProjectName,
    overlap: Annotated[
        str, typer.Option(help="Suppose that a task gets so many answers at most.")
    ] = "",
    target: Annotated[str, typer.Option(help="Suppose that so sure is sure enough, as 0.95.")] = "",
    per_hour: Annotated[
        str, typer.Option(help="Suppose another pay an hour, as 14.00, in the project's currency.")
    ] = "",
    people: Annotated[str, typer.Option(help="Suppose that so many people work.")] = "",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Forecast what a project will cost from here on, and what the escrow lacks.

    Example:  fairhand pay forecast digits --overlap 3 --per-hour 14.00 --people 20
    """
    from fairhand.use_cases.read_forecast import read_forecast
    from fairhand.web.api.forecast import forecast_json
    from fairhand.web.shared.what_if import read_what_if

    asked = {"overlap": overlap, "target": target, "per_hour": per_hour, "people": people}
    with opened(workspace) as house:
        found = find_project(house, project)
        what_if = read_what_if(asked, found.currency)
        content = forecast_json(read_forecast(house.db, found.id, house.clock(), what_if))
    tell(content, *_lines(content))


def _lines(content: dict[str, Any]) -> list[str | Table]:
    currency = content["currency"]
    if not content["tasks_left"]:
        return [f"No task is left to answer; {currency} {content['spent']} are spent."]
    shown = table("", "From here on", ">Half of all cases under", ">Nine in ten under")
    for name, key, unit in (
        ("Money", "to_spend", currency),
        ("Paid hours", "hours", "h"),
        ("Answers", "answers", ""),
        ("Seconds an answer", "seconds_an_answer", "s"),
        (f"Working days of {content['people']} people", "working_days", ""),
    ):
        p50, p90 = content[key]["p50"], content[key]["p90"]
        shown.add_row(name, f"{p50} {unit}".strip(), f"{p90} {unit}".strip())
    widest = content["levers"][0]
    lines: list[str | Table] = [shown]
    lines.append(
        f"Spent {currency} {content['spent']}; set aside {currency} {content['escrow']}; missing "
        f"for nine in ten cases: {currency} {content['missing']['p90']}."
    )
    lines.append(
        f"Most hangs on: {widest['input']} ({currency} {widest['low']} to {widest['high']})."
    )
    return [*lines, *(f"  {sentence}" for sentence in content["assumptions"])]
