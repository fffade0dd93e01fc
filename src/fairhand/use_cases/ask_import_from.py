"""An owner asks for files from elsewhere: a source of the settings, or a list of addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, Issue, NotFoundError
from fairhand.core.ids import new_token
from fairhand.core.source_settings import SourceSettings
from fairhand.model.job import NewJob
from fairhand.model.project import Project
from fairhand.people.accounts import store as accounts
from fairhand.people.sign_on.store import may_have_typed_address
from fairhand.proof.log import store as log
from fairhand.storage import job_store
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.ask_import import AskImport, ImportOptions, Upload, check_import
from fairhand.use_cases.open_place import WEB, unknown
from fairhand.work.elsewhere.rules import check_place
from fairhand.work.projects import store

IMPORT_SOURCE: Final = "import_source"
"""The kind of the job."""
Sources = Mapping[str, SourceSettings]


@dataclass(frozen=True, slots=True)
class UrlList:
    """A list of addresses that was stored: one a line, or in the `column` of a table."""

    file: Upload
    column: str = ""


@dataclass(frozen=True, slots=True)
class AskImportFrom:
    """Which files of which source become tasks; without a `source`, those behind `urls`.

    With `takes_changed`, what has changed since it was taken in is read again.
    """

    person_id: int
    project_id: int
    source: str = WEB
    prefix: str = ""
    pattern: str = ""
    urls: UrlList | None = None
    takes_changed: bool = False
    options: ImportOptions = field(default_factory=ImportOptions)


def ask_import_from(db: Database, sources: Sources, command: AskImportFrom, now: Instant) -> str:
    """Ask for an import and return the id of its job.

    Raises ForbiddenError for a source that is not for this person and project or a closed project,
    InvalidError for what fits nothing, ConflictError while the same is on its way.
    """
    job_id = new_token()
    with db.write() as connection:
        project = check_ask(connection, sources, command)
        content = told_of(command)
        for job in job_store.list_jobs(connection, project.id, kind=IMPORT_SOURCE):
            if not job.is_over and {**job.command, "person_id": command.person_id} == content:
                raise ConflictError("This very import is on its way already.", code="on_its_way")
        new = NewJob(job_id, IMPORT_SOURCE, content, project.id, command.person_id)
        job_store.ask(connection, new, now)
        body = {"job": job_id, "project": project.id, "source": command.source or "addresses"}
        body |= {"prefix": command.prefix, "pattern": command.pattern} if command.source else {}
        body |= {"file_sha256": command.urls.file.sha256} if command.urls else {}
        log.append(connection, "import.asked", body, now, command.person_id, project.id)
    return job_id


def check_ask(
    connection: Connection, sources: Sources, command: AskImportFrom, *, at_terminal: bool = False
) -> Project:
    """Find the project, or raise what speaks against the import."""
    project = store.load_project(connection, command.project_id)
    if project is None:
        raise NotFoundError(f"There is no project {command.project_id}.")
    if project.mode == "closed":
        raise ForbiddenError("This project is finished; its tasks can no longer change.")
    issues = _check_origin(connection, sources, command, project.slug, at_terminal=at_terminal)
    version = store.load_version(connection, project.id, project.version)
    names = [question.name for question in version.questions] if version else []
    asked = AskImport(command.person_id, project.id, Upload("", ""), command.options)
    issues += check_import(asked, names)
    if issues:
        raise InvalidError("This cannot be imported like that.", issues=issues)
    return project


def check_new(
    db: Database,
    sources: Sources,
    command: AskImportFrom,
    slug: str,
    *,
    at_terminal: bool = False,
) -> None:
    """Raise what speaks against an import into a project that is about to be made."""
    with db.read() as connection:
        issues = _check_origin(connection, sources, command, slug, at_terminal=at_terminal)
    if issues:
        raise InvalidError("This cannot be imported like that.", issues=issues)


def _check_origin(
    connection: Connection,
    sources: Sources,
    command: AskImportFrom,
    slug: str,
    *,
    at_terminal: bool,
) -> list[Issue]:
    """Say what is wrong with where the files come from; raises for a source that is not theirs."""
    issues = check_place(command.prefix, command.pattern)
    if command.source == WEB:
        if command.urls is None:
            issues.append(Issue("source", "Choose a source, or give addresses."))
    else:
        source = sources.get(command.source)
        email = proven_address(connection, command.person_id)
        if source is None or not source.lets(slug, email, at_terminal=at_terminal):
            raise unknown(command.source)
        lists = source.scheme not in ("http", "https")
        if lists and command.urls is not None:
            issues.append(Issue("urls", "This source is listed; give a folder and a pattern."))
        if not lists and command.urls is None:
            issues.append(Issue("urls", "A web server is not listed; give the addresses."))
    return issues


def proven_address(connection: Connection, person_id: int) -> str | None:
    """Give the address of an account; None where its person may have typed it themselves.

    Whoever types the address of an owner that has no account yet is not that owner.
    """
    person = accounts.load_person(connection, person_id)
    if person is None or may_have_typed_address(connection, person_id):
        return None
    return person.email


def told_of(command: AskImportFrom) -> dict[str, Any]:
    """Write the job's command: names and places, never a credential."""
    return {
        "project_id": command.project_id,
        "person_id": command.person_id,
        "source": command.source,
        "prefix": command.prefix.strip("/"),
        "pattern": command.pattern.strip(),
        "urls": None if command.urls is None else asdict(command.urls),
        "takes_changed": command.takes_changed,
        "options": asdict(command.options),
    }


def asked_of(told: Mapping[str, Any]) -> AskImportFrom:
    """Read a job's command."""
    given, urls = dict(told), told.get("urls")
    given["urls"] = None if urls is None else UrlList(Upload(**urls["file"]), urls["column"])
    given["options"] = ImportOptions(**told["options"])
    return AskImportFrom(**given)
