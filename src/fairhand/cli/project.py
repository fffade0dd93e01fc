"""`fairhand project …`: make, list, open, pause, close and fund projects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.project_from import Elsewhere, elsewhere_of
from fairhand.cli.questions import parse_question, read_project_file, to_command
from fairhand.cli.voice import remark, table, tell

if TYPE_CHECKING:
    from fairhand.model.project import Mode, Project
    from fairhand.work.projects.store import ImportRun

group = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Make, open, pause, close and fund projects."
)


def register(app: typer.Typer) -> None:
    """Add `project`."""
    app.add_typer(group, name="project")


@group.command("create")
def create(
    title: Annotated[str | None, typer.Argument(help="What people see as the title.")] = None,
    purpose: Annotated[
        str | None, typer.Option(help="In a sentence, what the data is for: people decide by it.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A project in TOML or JSON."),
    ] = None,
    template: Annotated[
        str | None, typer.Option(help="Start from a template: `fairhand template list`.")
    ] = None,
    from_: Annotated[
        Path | None,
        typer.Option("--from", exists=True, help="COCO, YOLO, VOC or CVAT: its labels and tasks."),
    ] = None,
    from_source: Annotated[
        str, typer.Option(help="Its tasks come from a source: NAME or NAME/FOLDER.")
    ] = "",
    pattern: Annotated[
        str, typer.Option(help='Of --from-source: which files, as "*.jpg, *.png".')
    ] = "",
    from_urls: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Its tasks: a file of addresses."),
    ] = None,
    url_column: Annotated[
        str, typer.Option(help="Of --from-urls: it is a table, and this column has them.")
    ] = "",
    from_label_studio: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Move in: Label Studio's JSON export."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Its labelling configuration, as XML."),
    ] = None,
    ground_truth_as_gold: Annotated[
        bool,
        typer.Option("--ground-truth-as-gold", help="Label Studio's ground truth becomes gold."),
    ] = False,
    sample: Annotated[
        bool, typer.Option("--sample", help="Bring the template's sample tasks with it.")
    ] = False,
    choice: Annotated[
        list[str] | None, typer.Option(help='A choice: "digit=0,1,2" or "digit:Which one?=0,1".')
    ] = None,
    mask: Annotated[
        list[str] | None, typer.Option(help='Regions to paint: "tissue=nucleus,gland".')
    ] = None,
    guidelines: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A Markdown file with the guidelines."),
    ] = None,
    currency: Annotated[str | None, typer.Option(help="What people are paid in, as GBP.")] = None,
    rate: Annotated[str | None, typer.Option(help="Pay per hour, as 12.71.")] = None,
    min_overlap: Annotated[int | None, typer.Option(help="People a task at least.")] = None,
    max_overlap: Annotated[int | None, typer.Option(help="People a task at most.")] = None,
    target_confidence: Annotated[
        float | None, typer.Option(help="How sure is sure enough (0.5 to below 1).")
    ] = None,
    worth: Annotated[
        str | None, typer.Option(help="What a right answer is worth, as 0.50: asks while it pays.")
    ] = None,
    expected_seconds: Annotated[float | None, typer.Option(help="Time a task takes.")] = None,
    slug: Annotated[str | None, typer.Option(help="A short name for URLs and commands.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Mark it as a demonstration.")] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Make a project; it starts as a draft and says so everywhere until you open it.

    Example:  fairhand project create "Handwritten digits" --choice "digit=0,1,2,3,4,5,6,7,8,9"
    --purpose "Read amounts on forms" --currency GBP --rate 12.71

    Or from a file with the same fields (questions as a list of name, kind, title, config):
    fairhand project create --file project.toml

    Or from a template, with tasks to try it:
    fairhand project create "Cells" --template boxes --sample --currency GBP --rate 15

    Or from what was drawn elsewhere: labels become questions, pictures tasks with proposals:
    fairhand project create "Cars" --from coco/ --purpose "Count cars" --currency GBP --rate 15

    Or with what lies in a bucket, a folder of the server, or behind addresses:
    fairhand project create "Cells" --template boxes --currency GBP --rate 15
    --from-source scans/2026 --pattern "*.png"

    Or from Label Studio, with its tasks, predictions and answers:
    fairhand project create "Moved" --from-label-studio export.json --config config.xml
    --purpose "Sort reviews" --currency GBP --rate 15
    """
    drawn = from_ or from_label_studio
    elsewhere = elsewhere_of(from_source, pattern, from_urls, url_column, drawn)
    asked = [parse_question("choice", text) for text in choice or []]
    asked += [parse_question("mask", text) for text in mask or []]
    options: dict[str, Any] = {
        "title": title,
        "purpose": purpose,
        "questions": asked or None,
        "guidelines_file": guidelines.absolute() if guidelines else None,
        "currency": currency,
        "rate": rate,
        "min_overlap": min_overlap,
        "max_overlap": max_overlap,
        "target_confidence": target_confidence,
        "worth": worth,
        "expected_seconds": expected_seconds,
        "slug": slug,
        "mode": "demo" if demo else None,
    }
    given = _template_fields(template, sample)
    given |= _drawn_questions(from_) if from_ else {}
    given |= read_project_file(file) if file else {}
    given |= {name: value for name, value in options.items() if value is not None}
    base = file.parent if file else Path()
    if from_label_studio is not None:
        _move_in(given, base, workspace, from_label_studio, config, as_gold=ground_truth_as_gold)
        return
    _create(given, base, workspace, template, is_sampled=sample, source=from_ or elsewhere)


def _move_in(
    given: dict[str, Any],
    base: Path,
    workspace: Path | None,
    export: Path,
    config: Path | None,
    *,
    as_gold: bool,
) -> None:
    from fairhand.cli.move_in import as_fields, bring_in, read_questions
    from fairhand.use_cases.answers_elsewhere import count_elsewhere, tasks_were
    from fairhand.use_cases.create_project import create_project

    found = read_questions(export, config)
    given = as_fields(found) | given
    with opened(workspace) as house:
        lease_ttl_ms = house.settings.lease_ttl_s * 1_000
        command = to_command(given, owner_id_of(house), base, lease_ttl_ms)
        made = create_project(house.db, command, house.clock())
        run = bring_in(house, made, export, found, as_gold=as_gold)
        came = count_elsewhere(house.db, made.id)
    _tell_made(made, command.policy.guidelines, run)
    if came:
        remark(
            f"  {tasks_were(came)} answered there: proposals here, until people of yours answer. "
            f"To have those answers in a format: fairhand export {made.slug} -f csv --elsewhere"
        )


def _template_fields(template: str | None, sample: bool) -> dict[str, Any]:
    from fairhand.core.errors import InvalidError
    from fairhand.use_cases.read_templates import read_template

    if template is not None:
        return read_template(template).fields()
    if sample:
        raise InvalidError("--sample brings the tasks of a template; name one with --template.")
    return {}


def _drawn_questions(path: Path) -> dict[str, Any]:
    """Ask what the drawings of a source answer."""
    from dataclasses import asdict

    from fairhand.core.errors import InvalidError
    from fairhand.formats.drawings.sources import READERS
    from fairhand.formats.drawings.tasks import questions_of
    from fairhand.formats.options import ReadOptions
    from fairhand.formats.registry import detect

    found = detect(path)
    if found not in READERS:
        raise InvalidError(f"--from {path.name}: that is {found}; known are {', '.join(READERS)}.")
    asked = questions_of(path, found, ReadOptions(media_root=path.parent))
    return {"title": path.stem, "questions": [asdict(question) for question in asked]}


def _create(
    given: dict[str, Any],
    base: Path,
    workspace: Path | None,
    template: str | None = None,
    *,
    is_sampled: bool = False,
    source: Path | Elsewhere | None = None,
) -> None:
    from fairhand.cli.imports import bring
    from fairhand.core.ids import slugify
    from fairhand.use_cases.begin_campaign import BeginCampaign, begin_campaign
    from fairhand.use_cases.create_project import create_project
    from fairhand.use_cases.import_sample import ImportSample, import_sample

    added = 0
    run = None
    files: dict[str, Any] | None = None
    with opened(workspace) as house:
        lease_ttl_ms = house.settings.lease_ttl_s * 1_000
        command = to_command(given, owner_id_of(house), base, lease_ttl_ms)
        if isinstance(source, Elsewhere):
            slug = command.slug or slugify(command.policy.title)
            source.check(house, command.owner_id, slug)
        made = create_project(house.db, command, house.clock())
        if template is not None:
            begun = BeginCampaign(command.owner_id, made.id, template)
            begin_campaign(house.db, begun, house.clock())
        if template is not None and is_sampled:
            wanted = ImportSample(command.owner_id, made.id, template)
            added = import_sample(house.db, house.blobs, wanted, house.clock()).added
        if isinstance(source, Elsewhere):
            run, files = source.bring(house, made)
        elif source is not None:
            run = bring(house, made, source)
    _tell_made(made, command.policy.guidelines, run, added if is_sampled else None, files)


def _tell_made(
    made: Project,
    guidelines: str,
    run: ImportRun | None,
    sample_tasks: int | None = None,
    files: dict[str, Any] | None = None,
) -> None:
    """Say what was made, what came with it, and what comes next."""
    from fairhand.cli.imports import remark_issues, run_json, told_of
    from fairhand.cli.imports_from import files_told
    from fairhand.web.api.projects import project_json

    sampled = f", with {sample_tasks} sample tasks." if sample_tasks is not None else "."
    tell(
        project_json(made)
        | ({"sample_tasks": sample_tasks} if sample_tasks is not None else {})
        | ({"import": run_json(run) | (files or {})} if run else {}),
        f"Project {made.id} ({made.slug}) made, as a {made.mode}{sampled}",
        *([told_of(run, made.slug)] if run else []),
        *([files_told(files)] if files else []),
        *([] if run else [f"Next:  fairhand import {made.slug} FILE-OR-FOLDER"]),
        f"{'Next:' if run else '     '}  fairhand project fund {made.slug} 100",
        *_ask_for_guidelines(made.slug, guidelines),
    )
    if run is not None:
        remark_issues(run)


def _ask_for_guidelines(slug: str, given: str) -> list[str]:
    if given.strip():
        return []
    return [f"       fairhand project guidelines {slug} guidelines.md  (to open it for paid work)"]


@group.command("list")
def list_all(
    archived: Annotated[
        bool, typer.Option("--archived", help="Those that are out of the way, instead.")
    ] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """List the projects of the workspace, newest first.

    Example:  fairhand project list --json
    """
    from fairhand.web.api.projects import project_json
    from fairhand.work.projects import store

    with opened(workspace) as house, house.db.read() as connection:
        every = store.list_projects(connection)
    found = [project_json(one) for one in every if (one.archived_at is not None) == archived]
    is_all_archived = bool(every) and not found and not archived
    shown = table("", ">Id", "Short name", "Title", "Mode", ">Pay per hour")
    for one in found:
        pay = f"{one['currency']} {one['rate']}"
        shown.add_row(str(one["id"]), one["slug"], one["title"], one["mode"], pay)
    none = "No project is archived." if archived else _NO_PROJECT
    if is_all_archived:
        none = "Every project is archived. See them:  fairhand project list --archived"
    parts = [shown] if found else [none]
    tell({"projects": found}, *parts)


_NO_PROJECT = "There is no project yet. Make one: fairhand project create"


def _set_mode(workspace: Path | None, name: str, mode: Mode, words: str) -> None:
    from fairhand.use_cases.open_project import OpenProject, open_project

    with opened(workspace) as house:
        project = find_project(house, name)
        command = OpenProject(owner_id_of(house), project.id, mode)
        open_project(house.db, command, house.clock())
    tell({"project_id": project.id, "mode": mode}, f"{project.title}: {words}")


@group.command("open")
def open_(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Open a project for paid work; lists what is still missing (exit code 1) if the gate is red.

    Example:  fairhand project open digits
    """
    _set_mode(workspace, project, "open", "open for paid work.")


@group.command("pause")
def pause(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Pause a project: nothing new is handed out; what people hold is taken and paid.

    Example:  fairhand project pause digits
    """
    _set_mode(workspace, project, "paused", "paused. Answers on the way are taken and paid.")


@group.command("close")
def close(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Close a project: no new tasks, no new people; releases can be made, and `open` reopens it.

    Example:  fairhand project close digits
    """
    _set_mode(workspace, project, "closed", "closed.")


@group.command("guidelines")
def guidelines(
    project: ProjectName,
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The new text, in Markdown.")
    ],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Write the next version of a project's guidelines; earlier versions are kept.

    Example:  fairhand project guidelines digits guidelines.md
    """
    from fairhand.core.errors import MalformedError
    from fairhand.use_cases.change_guidelines import ChangeGuidelines, change_guidelines

    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError:
        raise MalformedError(f"{file.name} is not UTF-8; save it as UTF-8.") from None
    with opened(workspace) as house:
        found = find_project(house, project)
        command = ChangeGuidelines(owner_id_of(house), found.id, text)
        version = change_guidelines(house.db, command, house.clock())
    tell(
        {"project_id": found.id, "version": version},
        f"{found.title}: version {version} of its guidelines holds from now on.",
    )


@group.command("worth")
def worth(
    project: ProjectName,
    amount: Annotated[
        str, typer.Argument(help='What a right answer is worth, as 0.50; "none" to go by target.')
    ],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Say what a right answer is worth: people are asked only while one more judgement pays.

    Example:  fairhand project worth digits 0.50
    """
    from fairhand.core.errors import InvalidError
    from fairhand.core.money import MICROS, parse_money
    from fairhand.use_cases.set_worth import SetWorth, set_worth

    with opened(workspace) as house:
        found = find_project(house, project)
        try:
            money = None if amount == "none" else parse_money(amount, found.currency)
        except ValueError as error:
            raise InvalidError(f"The worth cannot be read: {error}.") from None
        micros = None if money is None else money.minor * MICROS
        set_worth(house.db, SetWorth(owner_id_of(house), found.id, micros), house.clock())
    words = (
        f"people are asked until an answer is {100 * found.target_confidence:g} % sure."
        if money is None
        else f"people are asked while one more judgement earns more than it costs, at {money} "
        "for a right answer."
    )
    shown = None if money is None else money.decimal()
    tell({"project_id": found.id, "worth": shown}, f"{found.title}: {words}")


@group.command("fund")
def fund(
    project: ProjectName,
    amount: Annotated[str, typer.Argument(help="How much, in the project's currency, as 250.00.")],
    key: Annotated[
        str | None, typer.Option(help="A name for this payment: the same name funds only once.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Set money aside for a project; tasks are handed out only while there is some.

    Example:  fairhand project fund digits 250.00 --key invoice-17
    """
    fund_now(workspace, project, amount, key)


def fund_now(workspace: Path | None, name: str, amount: str, key: str | None) -> None:
    """Fund a project, also for `fairhand pay fund`."""
    from uuid import uuid4

    from fairhand.core.errors import InvalidError
    from fairhand.core.money import MICROS, Money, parse_money
    from fairhand.use_cases.fund_project import FundProject, fund_project

    with opened(workspace) as house:
        project = find_project(house, name)
        try:
            money = parse_money(amount, project.currency)
        except ValueError as error:
            raise InvalidError(f"The amount cannot be read: {error}.") from None
        command = FundProject(project.id, owner_id_of(house), money, key or str(uuid4()))
        funded = fund_project(house.db, command, house.clock())
    left = Money(funded.left_micros // MICROS, project.currency)
    words = "was funded with this key before" if funded.again else f"funded with {money}"
    tell(
        {
            "project_id": project.id,
            "currency": project.currency,
            "escrow": left.decimal(),
            "again": funded.again,
        },
        f"{project.title}: {words}. Set aside now: {left}.",
    )
