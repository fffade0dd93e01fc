"""`fairhand assist evaluate|evaluations|failures|claims`: how models do, and what they failed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.assist import group
from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.progress import progress
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from fairhand.model.project import Project, Question
    from fairhand.use_cases.evaluate_model import Evaluated
    from fairhand.use_cases.house import House

Number = Annotated[int, typer.Argument(metavar="EVALUATION", min=1, help="Its number.")]
ModelFile = typer.Option(exists=True, dir_okay=False, help="CSV, JSON Lines or Parquet.")


@group.command("evaluate")
def evaluate(
    project: ProjectName,
    version: Annotated[
        int | None, typer.Option(min=1, help="A model version's number, trained or connected.")
    ] = None,
    outputs: Annotated[Path | None, ModelFile] = None,
    model: Annotated[str, typer.Option(help="Name and version of the outputs' model.")] = "",
    question: Annotated[str, typer.Option(help="Which question, where there are several.")] = "",
    key: Annotated[str, typer.Option(help="Column that names the task (default: task_id).")] = "",
    prediction: Annotated[str, typer.Option(help="Column of the prediction.")] = "",
    slices: Annotated[
        list[str] | None, typer.Option("--slice", help="A field to slice by; again for more.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All answered tasks: the model never saw one.")
    ] = False,
    card: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write the model card here (Markdown).")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Measure a model on what people said: a version trained here, or a file of outputs.

    Example:  fairhand assist evaluate reviews --outputs outputs.jsonl --model sentiment@2026-11
    """
    from dataclasses import asdict

    from fairhand.core.errors import InvalidError
    from fairhand.use_cases.read_evaluations import read_evaluation
    from fairhand.use_cases.read_outputs import question_of

    if (version is None) == (outputs is None):
        raise InvalidError("Say what to measure: --version NUMBER, or --outputs FILE.")
    with opened(workspace) as house:
        found = find_project(house, project)
        asked = question_of(house.db, found.id, question)
        if version is not None:
            made = _version(house, found, version, asked, slices)
        else:
            columns = (key, prediction)
            made = _outputs(
                house, found, outputs or Path(), model, asked, columns, slices, everything
            )
        report = read_evaluation(house.db, found.id, made.evaluation_id).report
        if card is not None:
            _write_card(house, found.id, made.evaluation_id, card)
    word = "overlap" if made.measure == "iou" else "right"
    score = f"{100 * made.score:.1f} % {word} ({100 * made.low:.0f} to {100 * made.high:.0f} %)"
    tell(
        asdict(made) | {"report": report},
        f"Evaluation {made.evaluation_id}: {score} on {made.tasks} tasks; {made.failures} failed."
        + (" It had been measured before." if made.again else ""),
        _slice_table(report),
        "Make its failures tasks:  "
        f"fairhand assist failures {found.slug} {made.evaluation_id} --ask",
    )


@group.command("evaluations")
def evaluations(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List what was measured in a project, newest first.

    Example:  fairhand assist evaluations reviews
    """
    from fairhand.use_cases.read_evaluations import list_evaluations
    from fairhand.web.api.evaluations import evaluation_json

    with opened(workspace) as house:
        found = list_evaluations(house.db, find_project(house, project).id)
    shown = table("", ">No", "Model", "Question", ">Score", ">Tasks", ">Failed")
    for one in found:
        score = one.report.get("score")
        value = f"{100 * score['value']:.1f} %" if score else "claims"
        tasks = str(one.report.get("tasks") or one.report.get("claims"))
        shown.add_row(str(one.id), one.model, one.question, value, tasks, str(one.failures))
    content = {"evaluations": [evaluation_json(one) for one in found]}
    tell(content, shown if found else "Nothing was measured yet.")


@group.command("failures")
def failures(
    project: ProjectName,
    evaluation: Number,
    ask: Annotated[
        bool, typer.Option("--ask", help="Ask one more person about each of them.")
    ] = False,
    into: Annotated[str | None, typer.Option(help="Copy them into this project instead.")] = None,
    start: Annotated[int, typer.Option(min=0, help="From this place on.")] = 0,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """List the tasks that a model failed, or make them tasks again (once, however often asked).

    Example:  fairhand assist failures reviews 3 --ask
    """
    from dataclasses import asdict

    from fairhand.use_cases.read_evaluations import read_failures
    from fairhand.use_cases.return_failures import ReturnFailures, return_failures
    from fairhand.web.api.evaluations import failures_json

    with opened(workspace) as house:
        found = find_project(house, project)
        if ask or into:
            target = find_project(house, into).id if into else None
            command = ReturnFailures(owner_id_of(house), found.id, evaluation, into=target)
            done = return_failures(house.db, command, house.clock())
            words = f"{done.made} of {done.of} failures are tasks now."
            tell(asdict(done), words if done.of else "No failure is left that is not a task yet.")
            return
        page = read_failures(house.db, found.id, evaluation, start=start)
    shown = table("", ">Task", "People say", "Model says", ">Score")
    for one in page.failures:
        score = "" if one.score is None else f"{one.score:.2f}"
        shown.add_row(str(one.task_id), _words(one.expected), _words(one.predicted), score)
    tell(failures_json(page), shown if page.failures else "It failed none of these tasks.")


@group.command("claims")
def claims(
    project: ProjectName,
    outputs: Annotated[Path, typer.Argument(exists=True, dir_okay=False, metavar="FILE")],
    model: Annotated[str, typer.Option(help="Name and version of the model.")],
    source: Annotated[str, typer.Option(help="Field of the tasks with the source.")] = "text",
    key: Annotated[str, typer.Option(help="Column that names the task (default: task_id).")] = "",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Ask people which claims of a model's texts their sources support, in a draft project.

    Example:  fairhand assist claims articles summaries.jsonl --model writer@3 --source article
    """
    from dataclasses import asdict

    from fairhand.formats.model_outputs import Columns
    from fairhand.use_cases.check_claims import CheckClaims, check_claims

    with opened(workspace) as house:
        found = find_project(house, project)
        command = CheckClaims(
            owner_id_of(house), found.id, model, outputs, Columns(key=key), source
        )
        made = check_claims(house.db, command, house.clock())
    again = " They had been asked about before." if made.again else ""
    tell(
        asdict(made),
        f"{made.outputs} texts make {made.claims} claims, to be judged in project "
        f"{made.claims_project_id}.{again}",
        f"Next:  fairhand project fund {made.claims_project_id} 100",
    )


def _version(
    house: House, project: Project, version: int, question: Question, slices: list[str] | None
) -> Evaluated:
    from fairhand.use_cases.evaluate_model import EvaluateModel, evaluate_model
    from fairhand.use_cases.read_version_outputs import read_version_outputs

    with progress("Asking the model") as report:
        said = read_version_outputs(house.db, house.blobs, project.id, version, question, report)
    command = EvaluateModel(
        owner_id_of(house),
        project.id,
        said.version.model,
        question,
        said.outputs,
        said.version.id,
        tuple(slices or ()),
        held_out_permille=said.held_out_permille,
    )
    return evaluate_model(house.db, command, house.clock())


def _outputs(
    house: House,
    project: Project,
    path: Path,
    model: str,
    question: Question,
    columns: tuple[str, str],
    slices: list[str] | None,
    everything: bool,
) -> Evaluated:
    from fairhand.formats.model_outputs import Columns
    from fairhand.use_cases.evaluate_model import EvaluateModel, evaluate_model
    from fairhand.use_cases.read_outputs import read_outputs

    outputs = read_outputs(house.db, project.id, question, path, Columns(*columns))
    command = EvaluateModel(
        owner_id_of(house),
        project.id,
        model or path.stem,
        question,
        outputs,
        slice_fields=tuple(slices or ()),
        on="all" if everything else "held_out",
    )
    return evaluate_model(house.db, command, house.clock())


def _write_card(house: House, project_id: int, evaluation_id: int, path: Path) -> None:
    from fairhand.quality.evaluation.card import write_model_card
    from fairhand.use_cases.read_model_card import read_model_card

    text = write_model_card(read_model_card(house.db, project_id, evaluation_id))
    path.write_text(text, encoding="utf-8")


def _slice_table(report: dict[str, Any]) -> Any:  # noqa: ANN401  # rich's table, loaded late
    parts = report["slices"]["parts"]
    if not parts:
        return "No field of the tasks makes slices of ten tasks or more."
    shown = table("", "Slice", ">Tasks", ">Score", ">Gap to the rest", "")
    for one in parts[:20]:
        name, score = f"{one['field']} = {one['value']}", one["score"]
        gap = (
            f"{100 * one['gap']:+.1f} ({100 * one['gap_low']:+.0f} to {100 * one['gap_high']:+.0f})"
        )
        value = f"{100 * score['value']:.1f} %"
        shown.add_row(name, str(score["tasks"]), value, gap, one["verdict"])
    return shown


def _words(answer: Any) -> str:  # noqa: ANN401  # an answer
    if isinstance(answer, list):
        return ", ".join(map(str, answer))
    return "nothing" if answer is None else str(answer)[:60]
