"""`fairhand assist run`: an assistant proposes for a whole project, a million tasks and more."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.assist import group
from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.progress import progress
from fairhand.cli.voice import remark, table, tell

if TYPE_CHECKING:
    from fairhand.use_cases.house import House
    from fairhand.work.prelabel.run_store import PrelabelRun
    from fairhand.work.prelabel.store import Assistant


@group.command("run")
def run(
    project: ProjectName,
    assistant: Annotated[
        str | None,
        typer.Option("--assistant", metavar="NAME", help="Which of the project's assistants."),
    ] = None,
    function: Annotated[
        str | None,
        typer.Option(
            "--with",
            metavar="MODULE:FUNCTION",
            help="A function of your own, marked @fairhand.assistant.",
        ),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option("--ray", metavar="ADDRESS", help="Work on this Ray cluster (local: here)."),
    ] = None,
    limit: Annotated[
        str | None,
        typer.Option("--limit", metavar="AMOUNT", help="What the run may spend in all, as 5.00."),
    ] = None,
    scratch: Annotated[
        Path | None,
        typer.Option("--scratch", help="A folder that all machines see (default: workspace)."),
    ] = None,
    items: Annotated[
        int | None, typer.Option("--piece", min=1, max=100_000, help="How many tasks in a piece.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Propose answers for every task that has none of this assistant yet; goes on after a kill.

    Example:  fairhand assist run digits --with my_models:propose
    """
    from fairhand.jobs.prelabel_project import PrelabelProject, check_runner, prelabel_project
    from fairhand.use_cases.open_source import model_of
    from fairhand.use_cases.start_prelabel import StartPrelabel, start_prelabel

    if ray and ray != "local":
        os.environ["FAIRHAND_RAY_ADDRESS"] = ray
    runner = "ray" if ray else "native"
    with opened(workspace) as house:
        project_id = find_project(house, project).id
        one = _assistant(house, project_id, assistant, function)
        check_runner(one.kind, runner)
        model = model_of(house.db, house.blobs, one, house.clock())
        command = StartPrelabel(owner_id_of(house), project_id, one.id, model, runner)
        started = start_prelabel(house.db, command, house.clock())
        if started.done:
            remark(f"Going on after {started.done + started.failed:,} of {started.total:,} tasks.")
        asked = PrelabelProject(project_id, started.id, _micros(limit, one), scratch, items)
        with progress("Proposing") as report:
            done = prelabel_project(
                house, asked, lambda now: report(now.done + now.failed, now.total)
            )
    tell(run_json(done, one.name, model), *_words(done, one.name))
    if done.state == "failed":
        raise typer.Exit(1)


@group.command("runs")
def runs(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the runs that pre-labelled a project, with what they cost.

    Example:  fairhand assist runs digits
    """
    from fairhand.use_cases.read_prelabel import list_runs

    with opened(workspace) as house:
        views = list_runs(house.db, find_project(house, project).id)
    shown = table("Runs", ">Run", "Assistant", "State", ">Done", ">Failed", ">Of", "Cost")
    for view in views:
        now = view.run
        shown.add_row(
            str(now.id), view.assistant.name, now.state, f"{now.done:,}", f"{now.failed:,}",
            f"{now.total:,}", _cost(now),
        )  # fmt: skip
    content = [run_json(view.run, view.assistant.name, view.version.model) for view in views]
    tell({"runs": content}, shown if views else "No run yet: fairhand assist run PROJECT")


@group.command("stop")
def stop(
    project: ProjectName,
    number: Annotated[int, typer.Argument(metavar="RUN", min=1, help="The run's number.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Stop a run; what it proposed stays, and `assist run` lets it go on.

    Example:  fairhand assist stop digits 3
    """
    from fairhand.use_cases.end_prelabel import EndPrelabel, end_prelabel
    from fairhand.use_cases.read_prelabel import read_run

    with opened(workspace) as house:
        project_id = find_project(house, project).id
        command = EndPrelabel(project_id, number, "stopped", person_id=owner_id_of(house))
        end_prelabel(house.db, command, house.clock())
        view = read_run(house.db, project_id, number)
    tell(run_json(view.run, view.assistant.name, view.version.model), f"Run {number} is stopped.")


def run_json(run: PrelabelRun, assistant: str, model: str) -> dict[str, Any]:
    """Write a run as the API does."""
    from fairhand.web.api.prelabel import run_fields

    return run_fields(run, assistant, model)


def _assistant(house: House, project_id: int, name: str | None, function: str | None) -> Assistant:
    """Find the assistant that is meant, or add the function that is named."""
    from fairhand.compute.assistants.functions import allow_functions, marked
    from fairhand.core.errors import InvalidError, NotFoundError
    from fairhand.use_cases.add_source import AddSource, function_source
    from fairhand.use_cases.read_prelabel import list_able

    if name and function:
        raise InvalidError("Give --assistant or --with, not both.")
    if function:
        allow_functions([function])
        about = marked(function)
        command = AddSource(
            owner_id_of(house), project_id, "function", about.name, {"function": function},
            by_operator=True,
        )  # fmt: skip
        return function_source(house.db, command, house.clock())
    able = list_able(house.db, project_id)
    chosen = [one for one in able if name in (None, one.name, str(one.id))]
    if len(chosen) == 1:
        if chosen[0].kind == "function":  # the operator is asking for it at this moment
            allow_functions([str(chosen[0].config.get("function"))])
        return chosen[0]
    known = ", ".join(one.name for one in able) or "none"
    asked = f"There is no assistant {name!r}." if name else "Say which with --assistant."
    raise NotFoundError(f"{asked} There are: {known}.")


def _micros(limit: str | None, one: Assistant) -> int | None:
    from fairhand.core.errors import InvalidError
    from fairhand.core.money import MICROS, parse_money

    if limit is None:
        return None
    try:
        return parse_money(limit, str(one.config.get("currency", ""))).minor * MICROS
    except ValueError as error:
        raise InvalidError(f"--limit: {error}") from None


def _cost(run: PrelabelRun) -> str:
    from fairhand.core.money import Money, micros_to_minor_up

    if run.cost_currency is None:
        return ""
    return str(Money(micros_to_minor_up(run.cost_micros), run.cost_currency))


def _words(run: PrelabelRun, name: str) -> list[str]:
    parts = [f"{name} proposed for {run.done:,} of {run.total:,} tasks; run {run.id} is "
             f"{run.state}."]  # fmt: skip
    if run.failed:
        parts.append(f"{run.failed:,} could not be proposed for.")
    if run.problem:
        parts += [f"  {line}" for line in run.problem.split("\n")[:5]]
    if run.cost_currency:
        parts.append(f"It cost {_cost(run)}.")
    if run.state == "done":
        parts.append("People are shown these proposals once the model is promoted (Models page).")
    return parts
