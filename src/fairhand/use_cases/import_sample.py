"""A project gets the sample tasks of a template, to be tried before own data comes."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import read_tasks
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.use_cases.read_templates import read_template
from fairhand.work.projects import store
from fairhand.work.projects.store import ImportRun


@dataclass(frozen=True, slots=True)
class ImportSample:
    """Whose sample goes into which project."""

    person_id: int
    project_id: int
    template: str


def import_sample(db: Database, blobs: BlobStore, command: ImportSample, now: Instant) -> ImportRun:
    """Import a template's sample tasks; doing it again adds nothing twice.

    Raises NotFoundError where the template or its sample is not there, ForbiddenError when the
    project is closed.
    """
    template = read_template(command.template)
    if template.sample is None:
        raise NotFoundError(f"The template {template.name} has no sample tasks.")
    with db.read() as connection:
        project = store.load_project(connection, command.project_id)
        version = (
            None if project is None else store.load_version(connection, project.id, project.version)
        )
    if project is None or version is None:
        raise NotFoundError(f"There is no project {command.project_id}.")
    options = ReadOptions(
        media_root=template.sample.parent,
        questions=version.questions,
        prediction_columns=template.proposals,
        prediction_model="first-guess@1",
        image_column=template.columns.get("image"),
        audio_column=template.columns.get("audio"),
        text_column=template.columns.get("text"),
    )
    run = start_import(db, project.id, f"sample of {template.name}", now)
    rows = read_tasks(template.sample, options)
    return import_tasks(db, blobs, ImportTasks(run.id, rows, command.person_id), now)
