"""`fairhand gold …`: tasks with a known answer, mixed in unseen."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.voice import remark, table, tell

if TYPE_CHECKING:
    from rich.table import Table

    from fairhand.use_cases.read_gold import GoldState

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Gold tasks: known answers, mixed in unseen, to see how well the work goes.",
)
TaskNumber = Annotated[int, typer.Argument(metavar="TASK", min=1, help="A task's number.")]
_SHOWN = 50


def register(app: typer.Typer) -> None:
    """Add `gold`."""
    app.add_typer(group, name="gold")


@group.command("list")
def list_all(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List gold tasks and how people did on them, with intervals; never as a ranking.

    Example:  fairhand gold list digits
    """
    from fairhand.use_cases.read_gold import read_gold
    from fairhand.web.api.gold import gold_json

    with opened(workspace) as house:
        found = find_project(house, project)
        state = read_gold(house.db, found.id)
    if not state.tasks:
        parts: list[str | Table] = [
            "There are no gold tasks yet.",
            f"Next:  fairhand import {found.slug} known.csv --gold COLUMN",
            f"       fairhand gold share {found.slug} 5",
        ]
    else:
        parts = [
            *_tables(state),
            *_unexplained(found.slug, state),
            *state.warnings,
            _share_words(found.slug, state),
        ]
    tell(gold_json(state), *parts)


def _tables(state: GoldState) -> list[Table]:
    tasks = table("Gold tasks", ">Task", "Known answer", ">Answers", ">Right")
    for one in state.tasks[:_SHOWN]:
        known = json.dumps(one.task.value, ensure_ascii=False)
        tasks.add_row(str(one.task.task_id), known[:60], str(one.answers), str(one.right))
    people = table("People, by name", "Name", "What was seen")
    for person in state.people[:_SHOWN]:
        people.add_row(person.name, person.sentence)
    return [tasks, people] if state.people else [tasks]


def _unexplained(slug: str, state: GoldState) -> list[str]:
    """Say what courses and readiness do not count: an answer that nobody explained."""
    bare = [one.task for one in state.tasks if not one.task.explanation.strip()]
    if not bare:
        return []
    answer = shlex.join(f"{name}={value}" for name, value in list(bare[0].value.items())[:1])
    return [
        f"{len(bare)} of {len(state.tasks)} say only what is right, not why: people learn from "
        "the reason, and readiness counts those that have one.",
        f'Next:  fairhand gold mark {slug} {bare[0].task_id} {answer} --explanation "…"',
    ]


def _share_words(slug: str, state: GoldState) -> str:
    if state.percent == 0:
        return f"None are handed out yet:  fairhand gold share {slug} 5"
    return f"{state.percent:g} of a hundred tasks handed out are gold."


@group.command("share")
def share(
    project: ProjectName,
    percent: Annotated[float, typer.Argument(help="How many of a hundred tasks, 0 to 50.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Decide how often people meet gold tasks; newcomers meet them up to four times as often.

    Example:  fairhand gold share digits 5
    """
    from fairhand.use_cases.set_gold_share import SetGoldShare, set_gold_share

    with opened(workspace) as house:
        found = find_project(house, project)
        command = SetGoldShare(owner_id_of(house), found.id, percent)
        set_gold_share(house.db, command, house.clock())
    tell(
        {"project_id": found.id, "percent": percent},
        f"{found.title}: {percent:g} of a hundred tasks will be gold, and paid like any other.",
    )


@group.command("mark")
def mark(
    project: ProjectName,
    task: TaskNumber,
    answer: Annotated[
        list[str], typer.Argument(metavar="QUESTION=ANSWER", help='As "mood=glad", or JSON.')
    ],
    explanation: Annotated[str, typer.Option(help="Why this is the right answer.")] = "",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Say what the right answer to a task is; it is a gold task from now on.

    Example:  fairhand gold mark reviews 17 mood=glad --explanation "Irony is named in section 2."
    """
    from fairhand.core.errors import InvalidError
    from fairhand.use_cases.mark_gold import MarkGold, mark_gold

    value: dict[str, Any] = {}
    for text in answer:
        name, sign, given = text.partition("=")
        if not sign:
            raise InvalidError(f"{text!r} does not read QUESTION=ANSWER, as mood=glad.")
        value[name] = _parsed(given)
    with opened(workspace) as house:
        found = find_project(house, project)
        command = MarkGold(owner_id_of(house), found.id, task, value, explanation)
        mark_gold(house.db, command, house.clock())
        idle = found.gold_permille == 0
    tell({"project_id": found.id, "task_id": task, "value": value}, f"Task {task} is gold now.")
    if idle:
        remark(f"None are handed out yet:  fairhand gold share {found.slug} 5")


@group.command("unmark")
def unmark(
    project: ProjectName, task: TaskNumber, workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """Make a gold task an ordinary one again; what people answered is kept.

    Example:  fairhand gold unmark reviews 17
    """
    from fairhand.use_cases.unmark_gold import UnmarkGold, unmark_gold

    with opened(workspace) as house:
        found = find_project(house, project)
        command = UnmarkGold(owner_id_of(house), found.id, task)
        unmark_gold(house.db, command, house.clock())
    tell({"project_id": found.id, "task_id": task}, f"Task {task} is an ordinary task again.")


def _parsed(text: str) -> Any:  # noqa: ANN401  # any JSON value
    """Read an answer: JSON where it looks like a list or an object, else the text itself."""
    if text.startswith(("[", "{")):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text
