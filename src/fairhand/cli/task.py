"""`fairhand task …`: look through tasks, and do something with many of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.voice import remark, table, tell

if TYPE_CHECKING:
    from pathlib import Path

    from fairhand.people.accounts.rules import Actor
    from fairhand.use_cases.house import House
    from fairhand.work.tasks.browse_store import Joint
    from fairhand.work.tasks.rules import TaskQuery

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Look through tasks: filter, search, one task's story; set aside, ask again.",
)
Filters = Annotated[
    list[str] | None,
    typer.Option("--where", help='A filter as in the page\'s address: "state=in_doubt".'),
]
Tasks = Annotated[list[int] | None, typer.Argument(metavar="TASK", help="Numbers of tasks.")]


def register(app: typer.Typer) -> None:
    """Add `task`."""
    app.add_typer(group, name="task")


@group.command("list")
def list_all(
    project: ProjectName,
    where: Filters = None,
    view: Annotated[str | None, typer.Option(help="The name of a saved view.")] = None,
    rows: Annotated[int, typer.Option(min=1, max=500, help="So many at most.")] = 50,
    after: Annotated[str, typer.Option(help="Go on where the last list stopped.")] = "",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """List tasks that fit; the filters are those of the page's address.

    Example:  fairhand task list reviews --where state=in_doubt --where order=least_sure
    """
    from fairhand.use_cases.read_tasks import read_tasks
    from fairhand.web.shared.task_rows import page_json, words_of
    from fairhand.work.tasks.rules import STATES, parse_cursor

    with opened(workspace) as house:
        found = find_project(house, project)
        actor = _owner(owner_id_of(house))
        query = _query(where, _view(house, found.id, actor.person_id, view))
        page = read_tasks(house.db, actor, found.id, query, parse_cursor(after), rows)
    words = words_of(page.rows)
    shown = table("", ">Task", "State", ">Answers", ">Sure", "What it shows")
    for row in page.rows:
        shown.add_row(
            str(row.id),
            STATES[row.state],
            f"{row.answers}/{row.wanted}",
            sure_words(row.joint),
            words[row.id][:80] or row.place,
        )
    tell(page_json(page), shown if page.rows else "No task fits.")
    if page.stopped:
        remark(f"Looked at {page.looked:,} tasks; there may be more further on.")
    if page.after is not None:
        remark(f"Go on with:  --after {page.after.text()}")


def sure_words(joint: Sequence[Joint]) -> str:
    """Say how sure the joint answers are, in a cell: the least sure, or that votes are even."""
    if any(one.tied or one.even for one in joint):
        return "even"
    sure = min((one.confidence for one in joint), default=None)
    return "" if sure is None else f"{sure:.0%}"


@group.command("show")
def show(
    project: ProjectName,
    task: Annotated[int, typer.Argument(metavar="TASK", min=1, help="A task's number.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Tell one task's whole story: who answered what and when, predictions, releases.

    Example:  fairhand task show reviews 17
    """
    from fairhand.core.clock import iso
    from fairhand.use_cases.read_task_story import read_task_story
    from fairhand.web.shared.task_rows import story_json
    from fairhand.work.tasks.rules import STATES

    with opened(workspace) as house:
        found = find_project(house, project)
        actor = _owner(owner_id_of(house))
        story = read_task_story(house.db, actor, found.id, task, house.secret)
    head = f"Task {task}: {STATES[story.row.state]}, {story.row.answers} of {story.row.wanted}"
    lines = table("", "When", "Who", "What")
    for one in story.told.answers if story.told else ():
        said = json.dumps(one.value, ensure_ascii=False)[:100]
        lines.add_row(iso(one.submitted_at), story.names[one.person_id], said)
    tell(story_json(story), head, json.dumps(story.row.data, ensure_ascii=False)[:500], lines)


@group.command("set-aside")
def set_aside(
    project: ProjectName,
    tasks: Tasks = None,
    where: Filters = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Set tasks aside: nobody is asked, no release holds them; answers are kept.

    Example:  fairhand task set-aside reviews --where q=lorem
    """
    _act(workspace, project, "set_aside", tasks, where)


@group.command("take-back")
def take_back(
    project: ProjectName,
    tasks: Tasks = None,
    where: Filters = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Take tasks back that were set aside.

    Example:  fairhand task take-back reviews 17 18
    """
    _act(workspace, project, "take_back", tasks, where)


@group.command("ask-again")
def ask_again(
    project: ProjectName,
    tasks: Tasks = None,
    where: Filters = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Ask one more person about each finished task.

    Example:  fairhand task ask-again reviews --where state=in_doubt
    """
    _act(workspace, project, "ask_again", tasks, where)


@group.command("overlap")
def overlap(
    project: ProjectName,
    wanted: Annotated[int, typer.Argument(min=1, help="How many people answer each.")],
    tasks: Tasks = None,
    where: Filters = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Change how many people answer; never fewer than have answered already.

    Example:  fairhand task overlap reviews 3 --where state=waiting
    """
    _act(workspace, project, "overlap", tasks, where, wanted)


@group.command("views")
def views(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List saved views of the task browser: your own, and those that are shared.

    Example:  fairhand task views reviews
    """
    from fairhand.use_cases.read_views import read_views
    from fairhand.web.shared.task_rows import view_json

    with opened(workspace) as house:
        found = find_project(house, project)
        me = owner_id_of(house)
        seen = read_views(house.db, found.id, me)
    lines = table("", ">View", "Name", "Filters", "Shared")
    for one in seen:
        said = " ".join(f"{name}={value}" for name, value in one.query.items())
        lines.add_row(str(one.id), one.name, said, "yes" if one.shared else "")
    content = {"views": [view_json(one, me) for one in seen]}
    tell(content, lines if seen else "There are no saved views yet: fairhand task save-view")


@group.command("save-view")
def save_view_command(
    project: ProjectName,
    name: Annotated[str, typer.Argument(help="What it is called.")],
    where: Filters = None,
    share: Annotated[bool, typer.Option("--share", help="For all who see the project.")] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Save filters under a name.

    Example:  fairhand task save-view reviews Doubtful --where state=in_doubt --share
    """
    from fairhand.use_cases.keep_views import SaveView, save_view

    with opened(workspace) as house:
        found = find_project(house, project)
        command = SaveView(owner_id_of(house), found.id, name, _query(where, {}), share)
        view_id = save_view(house.db, command, house.clock())
    tell({"id": view_id}, f"Saved as view {view_id}: fairhand task list {found.slug} --view {name}")


@group.command("drop-view")
def drop_view(
    project: ProjectName,
    view: Annotated[int, typer.Argument(metavar="VIEW", min=1, help="A view's number.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Delete one of your saved views.

    Example:  fairhand task drop-view reviews 3
    """
    from fairhand.use_cases.keep_views import DeleteView, delete_view

    with opened(workspace) as house:
        found = find_project(house, project)
        delete_view(house.db, DeleteView(owner_id_of(house), found.id, view), house.clock())
    tell({"id": view}, f"View {view} is deleted.")


def _act(
    workspace: Path | None,
    project: str,
    act: str,
    tasks: Sequence[int] | None,
    where: Sequence[str] | None,
    wanted: int = 0,
) -> None:
    """Do something with the tasks that are named, or with all that fit, a thousand at a time."""
    from dataclasses import replace

    from fairhand.core.errors import InvalidError
    from fairhand.use_cases.act_on_tasks import AT_ONCE, TaskAct, act_on_tasks
    from fairhand.use_cases.read_tasks import iter_tasks

    if bool(tasks) == bool(where):
        raise InvalidError("Give either numbers of tasks, or --where with a filter that they fit.")
    with opened(workspace) as house:
        found = find_project(house, project)
        told = TaskAct(owner_id_of(house), found.id, act, wanted)
        told.check()
        now, changed, of = house.clock(), 0, 0
        pieces: Iterable[Sequence[int]]
        if tasks:
            pieces = [tasks[at : at + AT_ONCE] for at in range(0, len(tasks), AT_ONCE)]
        else:
            query = replace(_query(where, {}), order="oldest")
            found_rows = iter_tasks(house.db, _owner(told.person_id), found.id, query)
            pieces = ([row.id for row in piece] for piece in found_rows)
        for ids in pieces:
            done = act_on_tasks(house.db, told, ids, now)
            changed, of = changed + done.changed, of + done.of
    tell({"act": act, "changed": changed, "of": of, "at": now}, f"{changed:,} of {of:,} changed.")


def _owner(person_id: int) -> Actor:
    from fairhand.people.accounts.rules import Actor

    return Actor(person_id, "", "en", {0: {"owner"}}, None)


def _query(where: Sequence[str] | None, view: dict[str, str]) -> TaskQuery:
    from fairhand.core.errors import InvalidError
    from fairhand.work.tasks.rules import parse_query

    said = dict(view)
    for one in where or ():
        name, sign, value = one.partition("=")
        if not sign:
            raise InvalidError(f"{one!r} does not read FILTER=VALUE, as state=in_doubt.")
        said[name] = value
    return parse_query(said)


def _view(house: House, project_id: int, person_id: int, name: str | None) -> dict[str, str]:
    from fairhand.core.errors import NotFoundError
    from fairhand.use_cases.read_views import read_views

    if name is None:
        return {}
    seen = {one.name: one.query for one in read_views(house.db, project_id, person_id)}
    if name not in seen:
        there = ", ".join(seen) or "none yet"
        raise NotFoundError(f"There is no view {name!r}; there are: {there}.")
    return seen[name]
