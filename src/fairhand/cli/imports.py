"""`fairhand import`: raw data becomes tasks."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.progress import progress
from fairhand.cli.voice import remark, tell

if TYPE_CHECKING:
    from fairhand.core.errors import Issue
    from fairhand.formats.options import ReadOptions
    from fairhand.model.project import Project
    from fairhand.model.task import NewTask
    from fairhand.use_cases.house import House
    from fairhand.work.projects.store import ImportRun

_SHOWN = 20


class Format(StrEnum):
    """What `--format` takes."""

    AUTO = "auto"
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    IMAGES = "images"
    LABEL_STUDIO = "label_studio"
    HF = "hf"
    TRL_PREFERENCE = "trl-preference"
    TRL_KTO = "trl-kto"
    SFT = "sft"
    OPENAI_CHAT = "openai-chat"
    OPENAI_PREFERENCE = "openai-preference"
    ANTHROPIC_HH = "anthropic-hh"
    OASST = "oasst"
    BEIR = "beir"
    TREC = "trec"
    WEBVTT = "webvtt"
    TEXTGRID = "textgrid"
    NEMO = "nemo"
    COMMON_VOICE = "common-voice"
    WEBDATASET = "webdataset"
    FAIRHAND = "fairhand"
    COCO = "coco"
    YOLO = "yolo"
    VOC = "voc"
    CVAT = "cvat"
    GEOJSON = "geojson"


def register(app: typer.Typer) -> None:
    """Add `import`."""
    app.command("import")(import_)


def import_(
    project: ProjectName,
    path: Annotated[
        Path | None, typer.Argument(exists=True, help="A file, a folder, or a ZIP.")
    ] = None,
    source: Annotated[
        str, typer.Option(help="Instead of a file: NAME or NAME/FOLDER of a source.")
    ] = "",
    pattern: Annotated[
        str, typer.Option(help='Of a source: which files, as "*.jpg, *.png" or "2026/**/*.csv".')
    ] = "",
    urls: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A file of addresses, one a line."),
    ] = None,
    url_column: Annotated[
        str, typer.Option(help="Of --urls: it is a table, and this column has the addresses.")
    ] = "",
    take_changed: Annotated[
        bool, typer.Option("--take-changed", help="Of a source: read what has changed again.")
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Of a source: say what would come, keep nothing.")
    ] = False,
    format_: Annotated[
        Format, typer.Option("--format", help="What the file is; told by its content if left out.")
    ] = Format.AUTO,
    text_column: Annotated[
        str | None, typer.Option(help="The column with the text to be judged.")
    ] = None,
    image_column: Annotated[
        str | None, typer.Option(help="The column with images, or with paths beside the file.")
    ] = None,
    audio_column: Annotated[
        str | None, typer.Option(help="The column with sounds, or with paths beside the file.")
    ] = None,
    prediction_column: Annotated[
        list[str] | None,
        typer.Option(help="A column with a model's answer: COLUMN, or COLUMN=QUESTION."),
    ] = None,
    score_column: Annotated[str | None, typer.Option(help="The column with its score.")] = None,
    model: Annotated[str, typer.Option(help="The model's name and version.")] = "imported",
    gold: Annotated[
        list[str] | None,
        typer.Option(help="A column with the known answer: COLUMN, or COLUMN=QUESTION."),
    ] = None,
    gold_explanation: Annotated[
        str | None, typer.Option(help="The column that says why the known answer is right.")
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map", help="Of drawings: a name in the file and our label, as car=vehicle."
        ),
    ] = None,
    as_gold: Annotated[
        bool, typer.Option("--as-gold", help="Of drawings: they are the known answers.")
    ] = False,
    synthetic: Annotated[
        str | None,
        typer.Option("--synthetic", help="A model generated all of the data: its name, version."),
    ] = None,
    depth: Annotated[
        int, typer.Option(min=1, help="Of generated data: how many models deep it is.")
    ] = 1,
    verifier: Annotated[
        str, typer.Option(help="Of generated data: who or what checked that it is right.")
    ] = "",
    precision: Annotated[
        str, typer.Option(help="What that check was measured at, as 0.97/0.95..0.99.")
    ] = "",
    config: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Label Studio's labelling configuration."),
    ] = None,
    ground_truth_as_gold: Annotated[
        bool,
        typer.Option("--ground-truth-as-gold", help="Label Studio's ground truth becomes gold."),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 when any row was rejected.")
    ] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Import tasks from tables, images, sounds, and the formats of other tools (see --format).

    Bad rows are listed with their line and reason; the others are kept. Importing the same file
    again adds nothing twice, so an import that was stopped is simply run again.

    Example:  fairhand import digits scans/

    Example:  fairhand import calls calls.csv --audio-column recording

    Example:  fairhand import reviews reviews.csv --text-column body --prediction-column mood

    Example:  fairhand import replies pairs.jsonl.gz --format trl-preference

    Example:  fairhand import calls transcripts/ --format textgrid

    Example:  fairhand import reviews made.jsonl --synthetic writer@2 --verifier panel

    Example:  fairhand import cars coco-export/ --map automobile=car

    Example:  fairhand import reviews known.csv --gold mood  (gold tasks, mixed in unseen)

    Example:  fairhand import moved export.json --ground-truth-as-gold  (from Label Studio)
    Example:  fairhand import digits --source scans/2026 --pattern "*.png" --preview
    Example:  fairhand import digits --urls addresses.txt
    """
    from dataclasses import replace

    from fairhand.cli import imports_from
    from fairhand.formats.generated import checked

    imports_from.check_words(path, source, urls)

    with opened(workspace) as house:
        found = find_project(house, project)
        options = _options(
            house, found, format_, path, text_column, image_column, score_column, model
        )
        options = replace(
            options,
            audio_column=audio_column,
            synthetic_model=synthetic,
            synthetic_depth=depth,
            synthetic_verifier=verifier,
            synthetic_precision=precision,
            label_map=_mapped(map_ or []),
            known_answers=as_gold,
            label_config=config_of(house, found, config),
            ground_truth_as_gold=ground_truth_as_gold,
        )
        options = checked(options)
        options = _with_answers(
            found, options, prediction_column or [], gold or [], gold_explanation
        )
        if path is not None:
            run = run_import(house, found, path, options)
            tell_run(run, found.slug)
        else:
            command = imports_from.command_of(
                house,
                found,
                options,
                source,
                pattern,
                urls,
                url_column,
                takes_changed=take_changed,
            )
            if preview:
                imports_from.show_preview(house, command, found.slug)
                return
            run, result = imports_from.run_from(house, command)
            words = imports_from.files_told(result)
            tell(run_json(run) | result, told_of(run, found.slug), words)
            remark_issues(run)
    if strict and run.rejected:
        raise typer.Exit(1)


def _options(
    house: House,
    project: Project,
    format_: Format,
    path: Path | None,
    text_column: str | None,
    image_column: str | None,
    score_column: str | None,
    model: str,
) -> ReadOptions:
    from fairhand.formats.options import ReadOptions
    from fairhand.formats.registry import IMAGE_FOLDER
    from fairhand.use_cases.versions import current_version

    names = {Format.AUTO: None, Format.IMAGES: IMAGE_FOLDER}
    return ReadOptions(
        format=names.get(format_, format_.value),
        text_column=text_column,
        image_column=image_column,
        media_root=None if path is None else path.parent,
        prediction_score_column=score_column,
        prediction_model=model,
        questions=current_version(house.db, project.id, project.version).questions,
        max_payload_bytes=house.settings.max_payload_bytes,
        max_image_pixels=house.settings.max_image_pixels,
        max_raster_pixels=house.settings.max_raster_pixels,
    )


def config_of(house: House, project: Project, path: Path | None) -> str | None:
    """Read a labelling configuration from its file, else take the one the project came with."""
    from fairhand.core.errors import MalformedError
    from fairhand.work.foreign.store import load_project

    if path is not None:
        try:
            return path.read_text("utf-8")
        except UnicodeDecodeError:
            raise MalformedError(f"{path.name} is not UTF-8; save it as UTF-8.") from None
    with house.db.read() as connection:
        kept = load_project(connection, project.id)
    return kept.config if kept is not None else None


def _with_answers(
    project: Project,
    options: ReadOptions,
    predictions: list[str],
    gold: list[str],
    gold_explanation: str | None,
) -> ReadOptions:
    """Pair the columns of proposed and of known answers with their questions."""
    from dataclasses import replace

    return replace(
        options,
        prediction_columns=_paired(project, options, "--prediction-column", predictions),
        gold_columns=_paired(project, options, "--gold", gold),
        gold_explanation_column=gold_explanation,
    )


def _mapped(pairs: list[str]) -> dict[str, str]:
    """Read what a file's names are called here."""
    from fairhand.core.errors import InvalidError

    found = {}
    for text in pairs:
        old, equals, new = text.rpartition("=")
        if not equals or not old.strip() or not new.strip():
            raise InvalidError(f"--map {text}: write it as THEIRS=OURS, as car=vehicle.")
        found[old.strip()] = new.strip()
    return found


def _paired(
    project: Project, options: ReadOptions, flag: str, columns: list[str]
) -> dict[str, str]:
    """Pair each column with its question; a lone question needs no naming."""
    from fairhand.core.errors import InvalidError

    names = [question.name for question in options.questions or ()]
    pairs = {}
    for text in columns:
        column, _, question = text.partition("=")
        question = question or (names[0] if len(names) == 1 else column)
        if question not in names:
            raise InvalidError(
                f"{flag} {text}: {question!r} is not a question of {project.slug}; "
                f"its questions are {', '.join(names)}."
            )
        pairs[column] = question
    return pairs


def run_import(house: House, project: Project, path: Path, options: ReadOptions) -> ImportRun:
    """Read a file into a project."""
    from fairhand.formats.registry import read_tasks
    from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import

    rows = _readable(read_tasks(path, options))
    run = start_import(house.db, project.id, path.name, house.clock())
    command = ImportTasks(run.id, rows, owner_id_of(house))
    with progress(f"Importing {path.name}") as report:
        return import_tasks(
            house.db,
            house.blobs,
            command,
            house.clock(),
            lambda so_far: report(so_far.rows_read, None),
        )


def bring(house: House, project: Project, path: Path) -> ImportRun:
    """Bring the pictures and drawings that a project was made from."""
    options = _options(house, project, Format.AUTO, path, None, None, None, "imported")
    return run_import(house, project, path, options)


def _readable(rows: Iterator[NewTask | Issue]) -> Iterator[NewTask | Issue]:
    """Read the first row now, so that a file that cannot be read at all opens no run."""
    first = next(rows, None)
    return chain([] if first is None else [first], rows)


def tell_run(run: ImportRun, slug: str) -> None:
    """Say what became of a file."""
    tell(run_json(run), told_of(run, slug))
    remark_issues(run)


def run_json(run: ImportRun) -> dict[str, Any]:
    """Say what an import did, for machines."""
    return {
        "import_id": run.id,
        "project_id": run.project_id,
        "rows_read": run.rows_read,
        "added": run.added,
        "already_there": run.already_there,
        "rejected": run.rejected,
        "issues": run.issues,
    }


def told_of(run: ImportRun, slug: str) -> str:
    """Say it in a line."""
    return (
        f"{_counted(run.added, 'task')} added to {slug}; {run.already_there:,} already there; "
        f"{_counted(run.rejected, 'row')} rejected."
    )


def remark_issues(run: ImportRun) -> None:
    """Show the first issues beside it."""
    for issue in run.issues[:_SHOWN]:
        mark = "rejected" if issue["severity"] == "error" else "note"
        remark(f"  {mark}: {issue['place']}: {issue['message']}")
    if len(run.issues) > _SHOWN:
        remark(f"  … and {len(run.issues) - _SHOWN:,} more; --json lists the first thousand.")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
