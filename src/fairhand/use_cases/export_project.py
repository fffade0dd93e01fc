"""A project as it stands is written in a format of other tools: no release, and it says so.

What may leave is what might enter a release of this moment: the same source asks the same grants,
for the purposes that the campaign cannot do without. Nothing is put into the log as a release, no
version is given, nothing is proven; a withdrawal later makes the file go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from heapq import merge
from pathlib import Path
from typing import Any, Final

import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.core.ids import pseudonym
from fairhand.formats.exports.items import Options, Report, items_of
from fairhand.formats.exports.registry import STUDIO, format_of
from fairhand.model.project import Project
from fairhand.proof.licensing import mark_store
from fairhand.proof.release import store
from fairhand.proof.release.folder import nothing_left_behind
from fairhand.proof.release.rules import AnnotationRow, ReleaseRow
from fairhand.proof.release.shape import row_bytes
from fairhand.proof.release.source import OwnData, ReleaseSource
from fairhand.proof.release.store import StoredRelease
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.answers_elsewhere import FILE as ELSEWHERE
from fairhand.use_cases.answers_elsewhere import (
    NEEDS_GRANT,
    NOBODY_HERE,
    NOT_ASKED,
    Elsewhere,
    tasks_were,
)
from fairhand.use_cases.export_release import (
    check_question,
    check_written,
    labels_of,
    lay_down,
    refuse_taken,
)
from fairhand.use_cases.label_history import refuse_while_retold, retold
from fairhand.use_cases.release_likeness import MEASURE
from fairhand.use_cases.release_permits import AskedTerms, Permits, own_campaign, settle_terms
from fairhand.use_cases.versions import version_of
from fairhand.use_cases.write_studio_file import write_studio_folder
from fairhand.work.foreign.answered_store import count_answered
from fairhand.work.projects import store as projects

ANSWERS: Final = "answers.jsonl"
ABOUT: Final = "ABOUT.json"
_COLUMNS: Final = tuple(one.name for one in fields(ReleaseRow))


@dataclass(frozen=True, slots=True)
class ExportProject:
    """Which project, in which format, into which folder.

    `with_answers` adds what each person answered, by pseudonym. `secret` makes the pseudonyms.
    `with_elsewhere` adds tasks that people answered in another tool, and nobody here.
    """

    project_id: int
    format: str
    target: Path
    secret: bytes
    question: str | None = None
    with_answers: bool = False
    with_elsewhere: bool = False
    progress: Callable[[int], None] = lambda done: None


def export_project(db: Database, command: ExportProject, now: Instant) -> Report:
    """Write the folder anew from one snapshot, and report what it holds.

    Raises NotFoundError, InvalidError for a question that is not asked, ConflictError where
    nothing fits the format, UnavailableError when the disk is full; then nothing is left.
    """
    if command.format == STUDIO.name:
        with nothing_left_behind(command.target):
            return write_studio_folder(db, command.project_id, command.target, command.progress)
    chosen = format_of(command.format)
    with db.read_once() as connection, nothing_left_behind(command.target):
        store.pin_snapshot(connection)
        project = projects.load_project(connection, command.project_id)
        if project is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        refuse_while_retold(connection, project.id)
        version = version_of(db, connection, project.id, project.version)
        questions = {one.name: one for one in version.questions}
        check_question(questions, command.question, "project")
        labels = labels_of(questions, command.question)
        options = Options(command.question, labels, command.progress)
        source = _source(connection, project, tuple(version.questions), command, now)
        records = _records(source.rows())
        came = _elsewhere(connection, project, tuple(version.questions), command)
        if came is not None:
            records = merge(records, came.rows(), key=_task_of)
        items = items_of(records, command.question)
        report = chosen.load()(items, command.target, options)
        _tell_elsewhere(connection, project, came, report)
        check_written(report, chosen, "project")
        if command.with_answers:
            _write_answers(source.annotations(), command.target / ANSWERS)
            report.files.append(ANSWERS)
    return report


def write_project_folder(db: Database, command: ExportProject, now: Instant) -> Report:
    """Write the same into a folder that appears whole or not at all, with its `ABOUT.json`.

    Raises ConflictError besides, where something is in the target already.
    """
    refuse_taken(command.target)
    draft = command.target.with_name(f".{command.target.name}.draft")
    with nothing_left_behind(draft):
        report = export_project(db, replace(command, target=draft), now)
        with db.read() as connection:
            project = projects.load_project(connection, command.project_id)
        assert project is not None, "it was there a moment ago"  # noqa: S101
        (draft / ABOUT).write_bytes(about(project, None, report, command.target.name))
        lay_down(draft, command.target)
    return report


def _elsewhere(
    connection: Connection,
    project: Project,
    questions: tuple[Any, ...],
    command: ExportProject,
) -> Elsewhere | None:
    if not command.with_elsewhere or own_campaign(connection, project.id) is not None:
        return None
    return Elsewhere(connection, project.id, questions, command.target / ELSEWHERE)


def _tell_elsewhere(
    connection: Connection, project: Project, came: Elsewhere | None, report: Report
) -> None:
    """Say which answers are not ours; or that there are such, and that they were not asked for."""
    if came is None:
        many = count_answered(connection, project.id)
        lends = many and own_campaign(connection, project.id) is not None
        if many and not lends and not report.tasks:
            raise ConflictError(NOBODY_HERE.format(tasks_were(many)), code="answered_elsewhere")
        if many:
            report.leave_out(NEEDS_GRANT if lends else NOT_ASKED, many)
        return
    report.left_out.update(came.unfit)
    report.files.append(ELSEWHERE)
    if came.tasks:
        report.notes.append(
            f"{tasks_were(came.tasks)} answered in another tool and nobody here: unpaid and "
            f"unproven here, without a confidence; {ELSEWHERE} says which, and what was said"
        )


def _source(
    connection: Connection,
    project: Project,
    questions: tuple[Any, ...],
    command: ExportProject,
    now: Instant,
) -> ReleaseSource:
    name_of = lru_cache(maxsize=100_000)(
        lambda person_id: pseudonym(command.secret, project.id, person_id)
    )
    now_said = retold(connection, project.id)
    return ReleaseSource(
        lambda: map(now_said, store.iter_sheets(connection, project.id)),
        questions,
        project.mode,
        name_of,
        store.load_withdrawn(connection, project.id),
        _own(connection, project, questions, command, now),
        measure=MEASURE,
    )


def _own(
    connection: Connection,
    project: Project,
    questions: tuple[Any, ...],
    command: ExportProject,
    now: Instant,
) -> OwnData | None:
    """Ask the grants of a campaign for what it cannot do without; None: nobody lends data here."""
    campaign = own_campaign(connection, project.id)
    if campaign is None:
        return None
    terms = settle_terms(connection, campaign, AskedTerms(), now)
    none = StoredRelease(0, project.id, 0, "writing", None, "", now, None, None)
    left_out = mark_store.left_out(connection, project.id, terms.recipient)
    return Permits(connection, campaign, terms, none, command.secret, left_out).own_data(questions)


def _task_of(row: Mapping[str, Any]) -> int:
    return int(row["task_id"])


def _records(rows: Iterator[ReleaseRow]) -> Iterator[Mapping[str, Any]]:
    return ({name: getattr(row, name) for name in _COLUMNS} for row in rows)


def _write_answers(rows: Iterator[AnnotationRow], path: Path) -> None:
    with path.open("wb") as file:
        for row in rows:
            file.write(row_bytes(row) + b"\n")


def about(project: Project, release: int | None, report: Report, export_id: str) -> bytes:
    """Say in a file of its own what an export is, which one, and what it could not hold."""
    source = (
        f"version {release}, a release: its card and its proof are in its own folder"
        if release is not None
        else "the project as it stands: no release, nothing here is proven, and it may change"
    )
    said = {
        "export": export_id,
        "source": source,
        "is_release": release is not None,
        "project": project.slug,
        "mode": project.mode,
        "tasks": report.tasks,
        "written": report.written,
        "left_out": dict(report.left_out),
        "notes": report.notes,
    }
    return orjson.dumps(said, option=orjson.OPT_INDENT_2) + b"\n"
