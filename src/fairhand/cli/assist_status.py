"""`fairhand assist status`: whether it helps, sways people, and when to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fairhand.cli.assist import group
from fairhand.cli.opening import find_project, opened
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from rich.table import Table

_NEWEST = 8


@group.command("status")
def status(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Show whether assistance helps, the learning curve, and what one more paid hour buys.

    Example:  fairhand assist status digits

    Example:  fairhand assist status digits --json
    """
    from fairhand.use_cases.read_assistance import read_assistance
    from fairhand.web.api.assist_overview import assistance_json

    with opened(workspace) as house:
        found = find_project(house, project)
        content = assistance_json(read_assistance(house.db, found.id))
    tell(content, *_lines(content))


def _lines(content: dict[str, Any]) -> list[str | Table]:
    lines: list[str | Table] = [content["state"]]
    for one in content["problems"]:
        lines.append(f"Problem: {one['name']}: {one['message']}")
    for question in content["questions"]:
        lines += [_curve(question), question["advice"]["sentence"]]
        lines += [f"Lags: {lag['sentence']}" for lag in question["lagging"]]
    if content["policy"] is not None:
        lines.append(content["help"]["sentence"])
        lines += content["bias"]["sentences"]
        lines.append(content["queue"]["sentence"])
    return lines


def _curve(question: dict[str, Any]) -> Table:
    title = f"{question['title']}: {question['measure']} on people's answers"
    shown = table(title, ">Judgements", ">Paid hours", ">Score", ">Interval")
    for point in question["points"][-_NEWEST:]:
        shown.add_row(
            f"{point['judgements']:,}",
            f"{point['paid_hours']:.2f}",
            f"{point['score']:.1%}",
            f"{point['low']:.1%} to {point['high']:.1%}",
        )
    return shown
