"""`fairhand assist add|list|test|remove`: model servers of Label Studio's protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.assist import group
from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from rich.table import Table

    from fairhand.use_cases.check_backend import Checked
    from fairhand.use_cases.house import House
    from fairhand.use_cases.read_sources import Source
    from fairhand.work.prelabel.store import Assistant

SourceName = Annotated[str, typer.Argument(metavar="SOURCE", help="A source's name or number.")]


@group.command("add")
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="As http://host:9090.")],
    project: Annotated[str, typer.Option("--project", "-p", help="A project's number or name.")],
    name: Annotated[str, typer.Option(help="What its predictions are called.")] = "",
    interactive: Annotated[
        bool, typer.Option("--interactive", help="Ask it when somebody points at a thing.")
    ] = False,
    learns: Annotated[
        bool, typer.Option("--learns/--no-learns", help="Tell it people's answers.")
    ] = True,
    allow_private: Annotated[
        bool,
        typer.Option(
            "--allow-private",
            help="You run this server, and its own network may be asked at this host and port.",
        ),
    ] = False,
    hostname: Annotated[
        str, typer.Option(help="The address under which it reaches this server.")
    ] = "",
    field: Annotated[str, typer.Option(help="The field of the data with the text.")] = "",
    basic_user: Annotated[str, typer.Option(help="User, where the backend asks for one.")] = "",
    basic_secret: Annotated[
        str, typer.Option(help="Environment variable of its password: FAIRHAND_SECRET_….")
    ] = "",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Connect a Label Studio ML backend to a project, and test the way to it.

    Example:  fairhand assist add http://127.0.0.1:9090 --project reviews --allow-private
    """
    from dataclasses import replace

    from fairhand.use_cases.add_assistant import add_assistant
    from fairhand.web.api.sources import backend_command

    with opened(workspace) as house:
        found = find_project(house, project)
        given: dict[str, Any] = {
            "url": url, "name": name, "interactive": interactive, "hostname": hostname,
            "field": field, "basic_user": basic_user, "basic_secret": basic_secret,
        }  # fmt: skip
        if not learns:
            given["learns"] = False
        command = backend_command(house, owner_id_of(house), found.id, given)
        made = add_assistant(house.db, replace(command, allow_private=allow_private), house.clock())
        checked = _check(house, made)
    state = "connected" if checked.failed is None else "added, but cannot help yet"
    _tell_walk(made, checked, f"{made.name} in {found.title}: {state}.")


@group.command("list")
def list_all(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List who proposes answers in a project, and what is wrong with whom.

    Example:  fairhand assist list reviews
    """
    from fairhand.use_cases.read_sources import read_sources
    from fairhand.web.api.sources import source_json

    with opened(workspace) as house:
        found = find_project(house, project)
        sources = read_sources(house.db, found.id)
    parts: list[str | Table] = [_table(sources)] if sources else ["Nobody proposes here yet."]
    if not sources:
        parts.append(f"Next:  fairhand assist add http://host:9090 --project {found.slug}")
    tell({"sources": [source_json(one) for one in sources]}, *parts)


@group.command("test")
def walk_to(
    project: ProjectName, source: SourceName, workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """Walk the way to a backend, hop by hop; exits with 1 at the hop that fails.

    Example:  fairhand assist test reviews host:9090
    """
    with opened(workspace) as house:
        one = _find(house, find_project(house, project).id, source)
        checked = _check(house, one)
    _tell_walk(one, checked)


@group.command("remove")
def remove(
    project: ProjectName, source: SourceName, workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """Ask a source nothing more; what it predicted stays, and is shown to nobody any more.

    Example:  fairhand assist remove reviews host:9090
    """
    from fairhand.use_cases.end_assistant import EndAssistant, end_assistant

    with opened(workspace) as house:
        one = _find(house, find_project(house, project).id, source)
        command = EndAssistant(owner_id_of(house), one.project_id, one.id)
        end_assistant(house.db, command, house.clock())
    tell({"id": one.id, "removed": True}, f"{one.name} is asked nothing more.")


def _check(house: House, one: Assistant) -> Checked:
    from fairhand.use_cases.check_backend import CheckBackend, check_backend

    command = CheckBackend(one.project_id, one.id, owner_id_of(house))
    return check_backend(house.db, house.blobs, command, house.clock())


def _find(house: House, project_id: int, name: str) -> Assistant:
    from fairhand.core.errors import NotFoundError
    from fairhand.use_cases.read_sources import read_sources

    sources = [one.assistant for one in read_sources(house.db, project_id)]
    found = next((one for one in sources if name in (one.name, str(one.id))), None)
    if found is None:
        names = ", ".join(one.name for one in sources) or "none"
        raise NotFoundError(f"There is no source {name!r} here. There are: {names}.")
    return found


def _tell_walk(one: Assistant, checked: Checked, *before: str) -> None:
    from fairhand.web.api.sources import checked_json

    words: list[str | Table] = [*before, _walk(checked)]
    failed = checked.failed
    if failed is not None:
        words += [f"{failed.title}: no. {failed.words}", failed.advice]
    tell({"id": one.id, "name": one.name, **checked_json(checked)}, *words)
    if failed is not None:
        raise typer.Exit(1)


def _walk(checked: Checked) -> Table:
    rows = table("The way", "Hop", "Works", "What happened")
    for hop in checked.hops:
        works = {True: "yes", False: "no", None: "not reached"}[hop.ok]
        rows.add_row(hop.title, works, hop.words)
    return rows


def _table(sources: list[Source]) -> Table:
    rows = table("Sources", ">No.", "Name", "Kind", "State", "Model", "What is wrong")
    for source in sources:
        one = source.assistant
        wrong = f"{one.problem['hop']}: {one.problem['message']}" if one.problem else ""
        model = "" if source.newest is None else source.newest.model
        rows.add_row(str(one.id), one.name, one.kind, one.state, model, wrong)
    return rows
