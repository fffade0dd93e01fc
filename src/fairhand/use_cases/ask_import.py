"""An owner asks for an import: the file is stored already, a durable job reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from fairhand.core.clock import Instant
from fairhand.core.errors import ForbiddenError, InvalidError, Issue, NotFoundError
from fairhand.core.ids import new_token
from fairhand.formats.generated import check_generated
from fairhand.formats.registry import formats
from fairhand.model.job import NewJob
from fairhand.proof.log import store as log
from fairhand.storage import job_store
from fairhand.storage.database import Database
from fairhand.work.projects import store

IMPORT = "import_file"
"""The kind of the job; the file is named by its place in the blob store alone."""
NAME_MAX = 200


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent: what its sender calls it, and where it lies in the blob store."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Which column means what.

    `prediction_columns` and `gold_columns` map a column to the question it answers. With
    `synthetic_model`, that model generated all of the data.
    """

    format: str | None = None
    text_column: str | None = None
    image_column: str | None = None
    audio_column: str | None = None
    prediction_columns: Mapping[str, str] = field(default_factory=dict)
    prediction_score_column: str | None = None
    prediction_model: str = "imported"
    gold_columns: Mapping[str, str] = field(default_factory=dict)
    gold_explanation_column: str | None = None
    synthetic_model: str | None = None
    synthetic_depth: int = 1
    synthetic_verifier: str = ""
    synthetic_precision: str = ""
    label_map: Mapping[str, str] = field(default_factory=dict)
    known_answers: bool = False


@dataclass(frozen=True, slots=True)
class AskImport:
    """Which file becomes tasks of which project, and how it is to be read."""

    person_id: int
    project_id: int
    file: Upload
    options: ImportOptions


def ask_import(db: Database, command: AskImport, now: Instant) -> str:
    """Ask for an import and return the id of its job.

    Raises InvalidError for options that fit nothing, ForbiddenError when the project is closed.
    """
    job_id = new_token()
    with db.write() as connection:
        project = store.load_project(connection, command.project_id)
        if project is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        if project.mode == "closed":
            raise ForbiddenError("This project is finished; its tasks can no longer change.")
        version = store.load_version(connection, project.id, project.version)
        names = [question.name for question in version.questions] if version else []
        if issues := check_import(command, names):
            raise InvalidError("The file cannot be imported like this.", issues=issues)
        content = {
            "project_id": project.id,
            "person_id": command.person_id,
            "source": f"blob:{command.file.sha256}",
            "name": command.file.name[:NAME_MAX],
            "options": asdict(command.options),
        }
        new = NewJob(job_id, IMPORT, content, project.id, command.person_id)
        job_store.ask(connection, new, now)
        body = {"job": job_id, "project": project.id, "file_sha256": command.file.sha256}
        log.append(connection, "import.asked", body, now, command.person_id, project.id)
    return job_id


def check_import(command: AskImport, questions: Sequence[str]) -> list[Issue]:
    """List what is wrong with how a file is to be read."""
    issues = check_generated(command.options)
    chosen = command.options.format
    if chosen is not None and chosen not in formats():
        known = ", ".join(formats())
        issues.append(Issue("format", f"{chosen[:60]!r} cannot be read; known are {known}."))
    paired = {
        "prediction_column": command.options.prediction_columns,
        "gold_column": command.options.gold_columns,
    }
    for place, columns in paired.items():
        for column, question in columns.items():
            if question not in questions:
                message = f"{column[:60]!r} is for {question[:60]!r}, which is not asked."
                issues.append(Issue(place, message))
    return issues
