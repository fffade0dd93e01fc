"""`fairhand assist on|off|train|rank|models|card|promote|rollback`: the built-in loop by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.assist import group
from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.voice import remark, table, tell

if TYPE_CHECKING:
    from rich.table import Table

    from fairhand.use_cases.house import House

VersionNumber = Annotated[
    int, typer.Argument(metavar="VERSION", min=1, help="A version, as `assist models` lists them.")
]


@group.command("on")
def switch_on(
    project: ProjectName,
    blind: Annotated[
        float | None, typer.Option(help="Percent of the work done without proposals (first: 10).")
    ] = None,
    holdout: Annotated[
        float | None, typer.Option(help="Percent of tasks kept to measure models by (first: 20).")
    ] = None,
    target: Annotated[
        float | None, typer.Option(help="The quality in percent that is enough; 0: none.")
    ] = None,
    reorder: Annotated[
        bool | None, typer.Option("--reorder/--keep-order", help="Ask first what teaches most.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Tick assistance: a built-in model learns from answers as they come and proposes the next.

    Example:  fairhand assist on digits

    Example:  fairhand assist on digits --blind 5 --target 95 --keep-order
    """
    from fairhand.use_cases.set_assist_policy import SetAssistPolicy, set_assist_policy
    from fairhand.web.api.models import policy_json

    with opened(workspace) as house:
        found = find_project(house, project)
        command = SetAssistPolicy(
            owner_id_of(house),
            found.id,
            is_on=True,
            reorders=reorder,
            target_quality=None if target is None else target / 100,
            blind_permille=None if blind is None else round(10 * blind),
            holdout_permille=None if holdout is None else round(10 * holdout),
        )
        policy = set_assist_policy(house.db, command, house.clock(), blobs=house.blobs)
    tell(
        policy_json(policy),
        f"Assistance is on in {found.title}. It learns while a server or a worker runs.",
        f"Next:  fairhand assist status {found.slug}",
    )


@group.command("off")
def switch_off(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Untick assistance: nobody is shown a model's proposals any more; nothing is deleted.

    Example:  fairhand assist off digits
    """
    from fairhand.use_cases.set_assist_policy import SetAssistPolicy, set_assist_policy
    from fairhand.web.api.models import policy_json

    with opened(workspace) as house:
        found = find_project(house, project)
        command = SetAssistPolicy(owner_id_of(house), found.id, is_on=False)
        policy = set_assist_policy(house.db, command, house.clock(), blobs=house.blobs)
    tell(policy_json(policy), f"Assistance is off in {found.title}.")


@group.command("train")
def train(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Train now, reorder the queue, and propose for what is next; it is done when this ends.

    Example:  fairhand assist train digits
    """
    with opened(workspace) as house:
        found = find_project(house, project)
        result = _work(house, found.id, "train")
    tell(result, str(result.get("problem") or result.get("words", "")), _done(result))


@group.command("rank")
def rank(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Choose anew what to ask next, and put it first in the queue.

    Example:  fairhand assist rank digits
    """
    with opened(workspace) as house:
        found = find_project(house, project)
        result = _work(house, found.id, "rank")
    tell(result, _done(result))


@group.command("models")
def models(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List every version of every model, how it did on people's answers, and which is shown.

    Example:  fairhand assist models digits
    """
    from fairhand.use_cases.read_models import read_models
    from fairhand.web.api.models import models_json

    with opened(workspace) as house:
        found = find_project(house, project)
        content = models_json(read_models(house.db, found.id))
    if not content["models"]:
        tell(content, "There are no models yet: the first one is trained from ten answers.")
        return
    tell(content, _table(content["models"]), content["models"][0]["verdict"])


@group.command("card")
def card(
    project: ProjectName,
    version: VersionNumber,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show a version's model card: what it learnt from, how it did, and its limits.

    Example:  fairhand assist card digits 3
    """
    from fairhand.use_cases.read_models import read_card

    with opened(workspace) as house:
        found = find_project(house, project)
        content = read_card(house.db, found.id, version)
    measured = content["measured"]
    lines = [
        content["model"],
        f"Learnt from {content['trained_on_tasks']:,} tasks; checkpoint "
        f"{content['checkpoint_sha256'] or 'unknown'}.",
        content["verdict"],
        *(f"- {limit}" for limit in content["limits"]),
    ]
    if measured["score"] is not None:
        lines.insert(2, f"Score {_percent(measured)} over {measured['tasks']:,} tasks.")
    tell(content, *lines)


@group.command("promote")
def promote(
    project: ProjectName,
    version: VersionNumber,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show people this version's proposals from now on.

    Example:  fairhand assist promote digits 3
    """
    _promote(workspace, project, version)


@group.command("rollback")
def roll_back(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Show the version that was shown before.

    Example:  fairhand assist rollback digits
    """
    _promote(workspace, project, None)


def _promote(workspace: Path | None, project: str, version_id: int | None) -> None:
    from fairhand.use_cases.promote_version import PromoteVersion, promote_version
    from fairhand.use_cases.read_models import read_model
    from fairhand.web.api.models import model_json

    with opened(workspace) as house:
        found = find_project(house, project)
        command = PromoteVersion(owner_id_of(house), found.id, version_id)
        version = promote_version(house.db, command, house.clock())
        content = model_json(read_model(house.db, found.id, version.id))
    tell(content, f"People are shown {version.model} from now on.")


def _work(house: House, project_id: int, work: str) -> dict[str, Any]:
    """Ask for the work and do it here; a server that takes it up too does no harm."""
    from fairhand.core.errors import ConflictError, UnavailableError
    from fairhand.jobs.kinds import kinds_of
    from fairhand.jobs.steps import Services, take_step
    from fairhand.storage import job_store
    from fairhand.use_cases.ask_assist_work import ASSIST_KINDS, AskAssistWork, ask_assist_work

    command = AskAssistWork(project_id, work, owner_id_of(house))
    job_id = ask_assist_work(house.db, command, house.clock())
    if job_id is None:
        remark("This project's models are at work already; going on with that.")
        with house.db.read() as connection:
            job_id = job_store.find_unfinished(connection, project_id, ASSIST_KINDS)
    if job_id is None:
        return {}
    services, kinds = Services(house.db, house.blobs, house.clock), kinds_of(house)
    number, cursor = 0, take_step(services, kinds, job_id, 0, None)
    while cursor is not None:
        number += 1
        cursor = take_step(services, kinds, job_id, number, cursor)
    with house.db.read() as connection:
        job = job_store.find_job(connection, job_id)
    if job is None or job.state == "failed":
        raise UnavailableError(job.error or "It failed." if job else "The job is gone.")
    if not job.is_over:
        raise ConflictError("A server is doing this now; look again in a moment.")
    return dict(job.result or {})


def _done(result: dict[str, Any]) -> str:
    parts = []
    if "ranked" in result:
        parts.append(f"{result['ranked']:,} tasks were put first by {result['strategy']}.")
    if result.get("proposed"):
        parts.append(f"Proposals were made for {result['proposed']:,} tasks.")
    return " ".join(parts) or "The queue stays as it is."


def _table(found: list[dict[str, Any]]) -> Table:
    shown = table("Models", ">Version", "Model", "State", ">Learnt from", ">Held out", ">Score")
    for one in found:
        score = "" if one["score"] is None else _percent(one)
        shown.add_row(
            str(one["id"]),
            one["model"],
            "shown" if one["is_shown"] else one["state"],
            f"{one['trained_on']:,}",
            f"{one['held_out']:,}",
            score,
        )
    return shown


def _percent(found: dict[str, Any]) -> str:
    return f"{found['score']:.0%} ({found['low']:.0%} to {found['high']:.0%})"
