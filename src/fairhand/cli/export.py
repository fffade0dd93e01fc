"""`fairhand export`: a release in the format of another tool."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.progress import progress
from fairhand.cli.voice import issue_lines, issues_json, remark, table, tell

if TYPE_CHECKING:
    from fairhand.formats.exports.items import Report

_STUDIO = "label-studio"


def register(app: typer.Typer) -> None:
    """Add `export`."""
    app.command("export")(export)


def export(
    release: Annotated[
        str | None,
        typer.Argument(help="A release: its folder, its number, or a project (its newest one)."),
    ] = None,
    form: Annotated[str, typer.Option("--format", "-f", help="Which format.")] = "jsonl",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The folder to write (label-studio: the file)."),
    ] = None,
    question: Annotated[
        str | None, typer.Option(help="One question of several, by its name.")
    ] = None,
    originals: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="dicom-seg: the folder of the original DICOM files."),
    ] = None,
    elsewhere: Annotated[
        bool,
        typer.Option(
            "--elsewhere",
            help="The project as it stands, no release, with what people answered in another tool.",
        ),
    ] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Write a release in the format that another tool reads; without a release, list the formats.

    What a format cannot hold is counted and told. What left the release since is left out.

    Example:  fairhand export cells -f coco -o cells-coco

    Example:  fairhand export scans -f dicom-seg --originals scans/ -o scans-seg

    Example:  fairhand export moved -f label-studio -o moved.json  (a project as it stands)

    Example:  fairhand export moved -f csv --elsewhere -o moved-csv
    """
    from fairhand.formats.exports.registry import FORMATS

    if release is None:
        shown = table("", "Format", "For", "Holds")
        for one in FORMATS.values():
            shown.add_row(one.name, one.title, one.holds)
        content = [{"format": x.name, "title": x.title, "holds": x.holds} for x in FORMATS.values()]
        shown.add_row(_STUDIO, "Label Studio (JSON)", "a project as it stands, nothing lost")
        content.append({"format": _STUDIO, "title": "Label Studio (JSON)", "holds": "a project"})
        tell({"formats": content}, shown)
        return
    if form == _STUDIO:
        _to_label_studio(release, output, workspace)
        return
    if elsewhere:
        target, made = _as_it_stands(release, form, output, question, workspace)
    else:
        target, made = _of_release(release, form, output, question, originals, workspace)
    tell(
        {
            "directory": str(target),
            "format": form,
            "tasks": made.tasks,
            "written": made.written,
            "left_out": dict(made.left_out),
            "issues": issues_json(made.issues()),
        },
        f"{made.written:,} written from {made.tasks:,} tasks, in {target}",
    )
    for line in issue_lines(made.issues()):
        remark(line)


def _of_release(
    release: str,
    form: str,
    output: Path | None,
    question: str | None,
    originals: Path | None,
    workspace: Path | None,
) -> tuple[Path, Report]:
    from fairhand.use_cases.export_release import ExportRelease, export_release

    folder = _folder(release, workspace)
    target = output or Path(f"{folder.parent.name}-{folder.name}-{form}")
    with progress(f"Writing {form}") as report:
        command = ExportRelease(
            folder, form, target, question, lambda done: report(done, None), originals
        )
        return target, export_release(command)


def _as_it_stands(
    name: str, form: str, output: Path | None, question: str | None, workspace: Path | None
) -> tuple[Path, Report]:
    """Write the project as it stands, with the answers that came with it from another tool."""
    from fairhand.cli.opening import find_project, opened
    from fairhand.use_cases.export_project import ExportProject, write_project_folder

    with opened(workspace) as house, progress(f"Writing {form}") as report:
        project = find_project(house, name)
        target = output or Path(f"{project.slug}-as-it-stands-{form}")
        command = ExportProject(
            project.id,
            form,
            target,
            house.secret,
            question,
            with_elsewhere=True,
            progress=lambda done: report(done, None),
        )
        return target, write_project_folder(house.db, command, house.clock())


def _to_label_studio(name: str, output: Path | None, workspace: Path | None) -> None:
    from fairhand.cli.move_in import write_out
    from fairhand.cli.opening import find_project, opened

    with opened(workspace) as house:
        project = find_project(house, name)
        target = output or Path(f"{project.slug}-{_STUDIO}.json")
        made = write_out(house, project, target)
    content = {
        "file": str(target),
        "format": _STUDIO,
        "tasks": made.tasks,
        "left_out": dict(made.left_out),
        "issues": issues_json(made.issues()),
    }
    tell(content, f"{made.tasks:,} tasks written in {target}")
    for line in issue_lines(made.issues()):
        remark(line)


def _folder(release: str, workspace: Path | None) -> Path:
    """Find the folder: a path that is there, a release's number, or a project's newest."""
    if Path(release).is_dir():
        return Path(release)
    from fairhand.cli.opening import find_project, opened
    from fairhand.core.errors import NotFoundError
    from fairhand.proof.release.store import list_releases, load_release

    with opened(workspace) as house, house.db.read() as connection:
        if release.isdecimal():
            found = load_release(connection, int(release))
        else:
            made = list_releases(connection, find_project(house, release).id)
            found = made[0] if made else None
    if found is None:
        raise NotFoundError(
            f"There is no release {release}; `fairhand release create` makes one of what was "
            "answered here. What people answered in another tool: --elsewhere."
        )
    return Path(found.directory)
