"""The part of `fairhand import` that brings files from a source or from addresses."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from fairhand.cli.progress import progress
from fairhand.cli.voice import remark, tell

if TYPE_CHECKING:
    from fairhand.formats.options import ReadOptions
    from fairhand.model.project import Project
    from fairhand.use_cases.ask_import_from import AskImportFrom
    from fairhand.use_cases.house import House
    from fairhand.work.projects.store import ImportRun


def command_of(
    house: House,
    project: Project,
    options: ReadOptions,
    where: str,
    pattern: str,
    urls: Path | None,
    url_column: str,
    *,
    takes_changed: bool,
) -> AskImportFrom:
    """Read what was asked for: `NAME` or `NAME/FOLDER`, or a file of addresses."""
    from fairhand.cli.opening import owner_id_of
    from fairhand.use_cases.ask_import import ImportOptions, Upload
    from fairhand.use_cases.ask_import_from import AskImportFrom, UrlList

    name, _, prefix = where.partition("/")
    listed = None
    if urls is not None:
        listed = UrlList(Upload(urls.name, house.blobs.put(urls)), url_column)
    known = ImportOptions.__dataclass_fields__
    given = {key: getattr(options, key) for key in known}
    return AskImportFrom(
        owner_id_of(house),
        project.id,
        name,
        prefix,
        pattern,
        listed,
        takes_changed,
        ImportOptions(**given),
    )


def show_preview(house: House, command: AskImportFrom, slug: str) -> None:
    """Say what an import would bring."""
    from fairhand.use_cases.preview_import_from import preview_import_from

    found = preview_import_from(house, command, at_terminal=True)
    more = "" if found.is_whole else f" among the first {found.looked_at:,}"
    size = f", {found.new_bytes / 1e6:,.1f} MB" if found.new_bytes else ""
    lines = [f"{found.new:,} files would come into {slug}{more}{size}."]
    lines += [f"  left out: {number:,} {reason}" for reason, number in found.skipped.items()]
    lines += [f"  {key}" for key in found.keys]
    lines += [f"  {one.place}: {_short(one.data)}" for one in found.shown]
    told = asdict(found)
    told["shown"] = [{"place": one.place, "data": one.data} for one in found.shown]
    tell(told, *lines)
    for issue in found.issues:
        remark(f"  {issue.place}: {issue.message}")


def run_from(house: House, command: AskImportFrom) -> tuple[ImportRun, dict[str, Any]]:
    """Bring the files, here and now; stopped, it goes on when it is run again."""
    from fairhand.use_cases.run_import_from import (
        count_meant,
        open_run,
        result_of,
        run_import_from,
        title_of,
    )

    with house.db.read() as connection:
        from fairhand.use_cases.ask_import_from import check_ask

        check_ask(connection, house.settings.sources, command, at_terminal=True)
    total = count_meant(house, command)
    run = open_run(house, command)
    with progress(f"Importing {title_of(command)}") as report:
        run = run_import_from(
            house,
            command,
            run.id,
            lambda seen, _run: report(min(seen, total), total),
            at_terminal=True,
        )
    return run, result_of(house, run)


def files_told(result: dict[str, Any]) -> str:
    """Say what became of the files, and how to try again what failed."""
    files = result["files"]
    words = f"Files: {files['taken']:,} taken, {files['refused']:,} refused"
    if files["failed"]:
        words += f", {files['failed']:,} failed: run it again to try them again"
    return f"{words}."


def check_words(path: Path | None, source: str, urls: Path | None) -> None:
    """Refuse to bring a file and a source at once, or neither."""
    if (path is None) == (not source and urls is None):
        raise typer.BadParameter("Name a file or folder, or --source NAME/FOLDER, or --urls FILE.")


def _short(data: Any) -> str:  # noqa: ANN401  # any JSON value
    text = str(dict(data))
    return text if len(text) <= 100 else text[:99] + "…"
