"""`fairhand pay time`: what was paid of somebody's time, and what was cut."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fairhand.cli.opening import opened
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.pay import group
from fairhand.cli.people import PersonName, find_person
from fairhand.cli.voice import table, tell


@group.command("time")
def time(
    person: PersonName,
    days: Annotated[int, typer.Option(min=1, max=31, help="How many days, with today.")] = 7,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show a person's paid time day by day, and what idle caps cut.

    Example:  fairhand pay time 3 --days 14
    """
    from dataclasses import asdict

    from fairhand.core.clock import iso
    from fairhand.use_cases.read_time import read_time

    with opened(workspace) as house:
        found = find_person(house, person)
        name = found.display_name
        mine = read_time(house.db, found.id, house.clock(), days=days)
    shown = table("", "Day", ">Paid", ">Cut", ">Still open")
    content: list[dict[str, Any]] = []
    for day in mine.days:
        cut = sum(one.cut_ms for one in day.cuts)
        left = sum(one.left_ms for one in day.cuts)
        shown.add_row(iso(day.starts_at)[:10], *(_minutes(ms) for ms in (day.paid_ms, cut, left)))
        content.append(asdict(day) | {"paid_ms": day.paid_ms, "cut_ms": cut, "left_ms": left})
    nothing = f"No time of {name} was heard in these days."
    tell({"person_id": found.id, "name": name, "days": content}, shown if content else nothing)


def _minutes(milliseconds: int) -> str:
    return f"{milliseconds / 60_000:.1f} min"
