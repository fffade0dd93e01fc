"""`fairhand status`: how far, how good, how much, and what holds us up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import find_project, opened
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from rich.table import Table

    from fairhand.model.project import Project
    from fairhand.use_cases.read_project import ProjectStatus


def register(app: typer.Typer) -> None:
    """Add `status`."""
    app.command("status")(status)


def status(
    project: Annotated[
        str | None, typer.Argument(help="A project's number or short name (default: all).")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show progress, quality, cost per label and what holds a project up.

    Example:  fairhand status digits

    Example:  fairhand status --json
    """
    from dataclasses import asdict

    from fairhand.use_cases.read_project import read_status
    from fairhand.work.projects import store

    with opened(workspace) as house:
        if project:
            chosen = [find_project(house, project)]
        else:
            with house.db.read() as connection:
                chosen = store.list_projects(connection)
        found = [(one, read_status(house.db, one.id, house.clock())) for one in chosen]
    content = [asdict(state) | {"slug": one.slug, "title": one.title} for one, state in found]
    if project:
        tell(content[0], *_details(*found[0]))
        return
    parts: list[str | Table] = [_overview(found)] if found else ["There is no project yet."]
    tell({"projects": content}, *parts)


def _overview(found: list[tuple[Project, ProjectStatus]]) -> Table:
    columns = ("Project", "Mode", ">Tasks done", ">Answers", ">People", "Quality", ">Per task")
    shown = table("", *columns, "What holds us up")
    for project, state in found:
        done = f"{state.progress.finished:,} of {state.progress.tasks:,}"
        shown.add_row(
            project.slug,
            state.mode,
            done,
            f"{state.progress.answers:,}",
            str(state.progress.people),
            "; ".join(_quality(one) for one in state.questions),
            _money(state.cost_per_task, state.currency),
            state.holds_up[0] if state.holds_up else "nothing",
        )
    return shown


def _details(project: Project, state: ProjectStatus) -> list[str | Table]:
    progress = state.progress
    shown = table(f"{project.title} ({state.mode})", "", ">")
    rows = {
        "Tasks done": f"{progress.finished:,} of {progress.tasks:,}",
        "Being worked on": f"{progress.live_leases:,}",
        "Answers": f"{progress.answers:,} by {progress.people} people",
        "  with a model's proposal shown": f"{progress.assisted_answers:,}",
        "Time per answer, median": _seconds(state.median_task_ms),
        "Paid time": f"{state.paid_ms / 3_600_000:.2f} hours",
        "Spent, top-ups included": f"{state.currency} {state.spent}",
        "Set aside, still": f"{state.currency} {state.escrow_left}",
        "Cost per answer": _money(state.cost_per_answer, state.currency),
        "Cost per finished task": _money(state.cost_per_task, state.currency),
    }
    for name, value in rows.items():
        shown.add_row(name, value)
    for one in state.questions:
        shown.add_row(f"Quality of {one.question}", _quality(one))
    held = [f"Holds us up: {text}" for text in state.holds_up]
    return [shown, *(held or ["Nothing holds this project up."])]


def _quality(one: Any) -> str:  # noqa: ANN401  # QuestionState, imported late
    if one.mean_confidence is None:
        return f"{one.question}: no answers yet"
    share = f"{one.mean_confidence:.0%}"
    sure = f"drawn {share} alike" if one.method == "mask-vote" else f"{share} sure"
    agreed = "" if one.alpha is None else f", alpha {one.alpha:.2f}"
    settled = "" if one.share_settled is None else f", {one.share_settled:.0%} settled"
    return f"{one.question}: {sure}{agreed}{settled}"


def _seconds(milliseconds: int | None) -> str:
    return "not known yet" if milliseconds is None else f"{milliseconds / 1_000:.1f} s"


def _money(amount: str | None, currency: str) -> str:
    return "not known yet" if amount is None else f"{currency} {amount}"
