"""`fairhand quality …`: how good the answers are, where people disagree, and asking once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from rich.table import Table

    from fairhand.use_cases.read_place_pull import QuestionPull
    from fairhand.use_cases.read_quality import QualityPicture, QuestionPicture

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="How good the answers are, where people disagree, and asking once more.",
)
_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add `quality`."""
    app.add_typer(group, name="quality")


@group.command("show")
def show(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Show agreement, mix-ups, the least sure answers, and what a human should look at.

    Example:  fairhand quality show digits
    """
    from fairhand.use_cases.read_quality import read_quality
    from fairhand.web.api.quality import quality_json

    with opened(workspace) as house:
        found = find_project(house, project)
        picture = read_quality(house.db, found.id, named=True)
    parts: list[str | Table] = []
    for one in picture.questions:
        parts += _question(one)
    parts += _doubts(found.slug, picture)
    watched = [one.signal for one in picture.signals if one.signal.state == "open"]
    parts += [f"Worth a look: {signal.sentence}" for signal in watched]
    tell(quality_json(picture), *parts)


@group.command("order")
def order(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Show whether the place on the page pulls people: how often the first thing shown was best.

    Example:  fairhand quality order preferences
    """
    from dataclasses import asdict

    from fairhand.use_cases.read_place_pull import read_place_pull

    with opened(workspace) as house:
        questions = read_place_pull(house.db, find_project(house, project).id)
    lines = [_pull(one) for one in questions]
    tell(
        {"questions": [asdict(one) for one in questions]},
        *(lines or ["No question of this project shows things in an order that is dealt."]),
    )


def _pull(one: QuestionPull) -> str:
    if one.pull is None:
        return f"{one.title}  No answer tells yet."
    pull = one.pull
    said = "the place pulls" if pull.is_seen else "no pull is seen"
    return (
        f"{one.title}  What stood first was the best in {pull.share:.0%} of {pull.answers:,} "
        f"answers, between {pull.low:.0%} and {pull.high:.0%}; chance gives {pull.chance:.0%}: "
        f"{said}."
    )


def _question(one: QuestionPicture) -> list[str | Table]:
    figures = one.figures
    lines: list[str | Table] = [
        f"{one.title}  ({figures.answers:,} answers to {figures.tasks:,} tasks)"
    ]
    alpha = figures.alpha
    if alpha is not None and alpha.value is not None:
        low, high = alpha.low, alpha.high
        between = "" if low is None or high is None else f", between {low:.2f} and {high:.2f}"
        lines.append(f"  Agreement beyond chance (alpha): {alpha.value:.2f}{between}")
    report = one.report or {}
    lines += [f"  Mixed up: {pair}" for pair in _mix_ups(report.get("confusion"))]
    for part in report.get("slices", ()):
        lines.append(f"  {part['field']} = {part['slice']}: {part['sentence']}")
    lines += [f"  Mind: {warning}" for warning in report.get("warnings", ())]
    return lines


def _mix_ups(confusion: dict[str, list[Any]] | None) -> list[str]:
    """Name the three pairs of labels that are mixed up most, as shares of what is true."""
    if not confusion:
        return []
    found = []
    for true, row in zip(confusion["classes"], confusion["counts"], strict=True):
        total = sum(row) or 1.0
        for said, count in zip(confusion["classes"], row, strict=True):
            if said != true and count / total >= 0.01:
                found.append((count / total, f"{true} called {said} ({100 * count / total:.0f} %)"))
    return [words for _, words in sorted(found, reverse=True)[:3]]


def _doubts(slug: str, picture: QualityPicture) -> list[str | Table]:
    if not picture.doubts:
        return ["No disagreement so far."]
    shown = table(
        "Where people disagree", ">Task", "Question", "What people said", ">Sure", "State"
    )
    for one in picture.doubts[:_SHOWN]:
        said = ", ".join(f"{label} x{people}" for label, people in one.votes)
        state = "settled" if one.settled else "one more is asked"
        shown.add_row(
            str(one.task_id), one.question, said or f"{one.answers} answers",
            f"{100 * one.confidence:.0f} %", state,
        )  # fmt: skip
    return [shown, f"Ask one more person:  fairhand quality ask {slug} {picture.doubts[0].task_id}"]


@group.command("ask")
def ask(
    project: ProjectName,
    tasks: Annotated[list[int], typer.Argument(metavar="TASK…", min=1, help="Tasks' numbers.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Ask one more person about tasks that are full.

    Example:  fairhand quality ask digits 17 23
    """
    from dataclasses import asdict

    from fairhand.use_cases.ask_again import AskAgain, ask_again

    with opened(workspace) as house:
        found = find_project(house, project)
        command = AskAgain(owner_id_of(house), found.id, tuple(tasks))
        done = ask_again(house.db, command, house.clock())
    others = done.of - done.opened
    words = f"{done.opened} of {done.of} tasks ask one more person."
    if others:
        words += " The others are open already, are gold, or are not in this project."
    tell(asdict(done), words)
