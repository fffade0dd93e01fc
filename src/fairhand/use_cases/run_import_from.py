"""Carry an import from elsewhere on: open its place, list it, take in what is new."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from fairhand.core.errors import FairhandError, UnavailableError
from fairhand.formats.generated import checked
from fairhand.formats.options import ReadOptions
from fairhand.model.elsewhere import ElsewhereError
from fairhand.use_cases.ask_import_from import AskImportFrom, check_ask
from fairhand.use_cases.house import House
from fairhand.use_cases.import_from import ImportFrom, OnProgress, import_from
from fairhand.use_cases.import_tasks import start_import
from fairhand.use_cases.list_elsewhere import list_elsewhere
from fairhand.use_cases.open_place import opened_place
from fairhand.use_cases.reading_options import reading_options
from fairhand.work.elsewhere import store as elsewhere
from fairhand.work.elsewhere.rules import matcher
from fairhand.work.projects import store as projects
from fairhand.work.projects.store import ImportRun


def count_meant(house: House, command: AskImportFrom) -> int:
    """Count the files that there are to look at, and with that see that the place answers."""
    options = options_of(house, command)
    fits, counted = matcher(command.pattern), 0
    most = house.settings.max_source_objects
    with opened_place(house.settings, command.source) as place:
        for one in list_elsewhere(house.blobs, place, command, options, most):
            key = getattr(one, "key", "")
            counted += command.urls is not None or fits(key)
    return counted


def title_of(command: AskImportFrom) -> str:
    """What an import run is called."""
    if command.urls is not None:
        return command.urls.file.name
    return "/".join(part for part in (command.source, command.prefix.strip("/")) if part)


def run_import_from(
    house: House,
    command: AskImportFrom,
    run_id: int,
    on_progress: OnProgress = lambda _seen, _run: None,
    *,
    at_terminal: bool = False,
) -> ImportRun:
    """Take in what is new, in the run that was opened.

    Whether the source may be used is asked again: settings change while a job waits.
    """
    limits = house.settings
    try:
        with house.db.read() as connection:
            check_ask(connection, limits.sources, command, at_terminal=at_terminal)
        options = options_of(house, command)
        asked = ImportFrom(
            run_id,
            command.person_id,
            command.source,
            command.pattern if command.urls is None else "",
            options,
            max(limits.max_upload_bytes, options.max_image_bytes),
            takes_changed=command.takes_changed,
        )
        with opened_place(limits, command.source) as place:
            found = list_elsewhere(house.blobs, place, command, options, limits.max_source_objects)
            return import_from(house.db, house.blobs, asked, place, found, house.clock, on_progress)
    except UnavailableError:
        raise  # it is tried again
    except ElsewhereError as error:
        _give_up(house, run_id)
        raise FairhandError(
            f"The import stopped ({error.hop}): {error.message} What is in stays in; ask again to "
            "go on.",
            code=error.code,
        ) from error
    except FairhandError:
        _give_up(house, run_id)
        raise


def result_of(house: House, run: ImportRun) -> dict[str, Any]:
    """Say what an import did: tasks, and files by what became of them."""
    with house.db.read() as connection:
        files = elsewhere.count_met(connection, run.id)
        failed = elsewhere.list_failed(connection, run.id, 100)
    return {
        "import_id": run.id,
        "rows_read": run.rows_read,
        "added": run.added,
        "already_there": run.already_there,
        "rejected": run.rejected,
        "files": {
            "taken": files.get("taken", 0),
            "refused": files.get("refused", 0),
            "failed": files.get("failed", 0),
        },
        "failed": [{"key": key, "reason": reason} for key, reason in failed],
    }


def open_run(house: House, command: AskImportFrom) -> ImportRun:
    """Open the run of an import."""
    return start_import(house.db, command.project_id, title_of(command), house.clock())


def options_of(house: House, command: AskImportFrom) -> ReadOptions:
    """Say how files are read: as uploads are."""
    return checked(reading_options(house, command.project_id, asdict(command.options)))


def _give_up(house: House, run_id: int) -> None:
    with house.db.write() as connection:
        run = projects.load_import(connection, run_id)
        if run is not None:
            projects.save_import(connection, replace(run, state="failed"), ended_at=house.clock())
