"""A release is written in another format, for tools that read that one.

What has left the release since, by the signed list that lies in its folder, is left out. The folder
appears whole or not at all. Exports say nothing of consent, pay or proof: the release does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.formats.exports.items import Options, Report, items_of
from fairhand.formats.exports.registry import Format, format_of
from fairhand.formats.trec import read_release_rows
from fairhand.model.project import Question
from fairhand.proof.release.check import check_folder, open_folder
from fairhand.proof.release.folder import is_free, nothing_left_behind, sync_tree
from fairhand.proof.release.manifest import (
    LABELS_JSONL,
    MANIFEST,
    REVOCATIONS,
    REVOCATIONS_NOTE,
    parse_manifest,
)


@dataclass(frozen=True, slots=True)
class ExportRelease:
    """Which release folder, in which format, where to; `question` picks one of several.

    `originals` is the folder of the files as they were, for the formats that need them.
    """

    folder: Path
    format: str
    target: Path
    question: str | None = None
    progress: Callable[[int], None] = lambda done: None
    originals: Path | None = None


def export_release(command: ExportRelease) -> Report:
    """Write an export and report what it holds and what it could not.

    Raises NotFoundError where there is no release, ConflictError where something is in the target
    already or nothing in the release fits the format, UnavailableError when the disk is full.
    """
    chosen = format_of(command.format)
    questions = _questions(command.folder)
    check_question(questions, command.question, "release")
    refuse_taken(command.target)
    labels = labels_of(questions, command.question)
    options = Options(command.question, labels, command.progress, command.folder, command.originals)
    draft = command.target.with_name(f".{command.target.name}.draft")
    with nothing_left_behind(draft):
        gone = _gone(command.folder)
        rows = _living(read_release_rows(command.folder / LABELS_JSONL), gone)
        report = chosen.load()(items_of(rows, command.question), draft, options)
        check_written(report, chosen, "release")
        lay_down(draft, command.target)
    return report


def refuse_taken(target: Path) -> None:
    """Raise ConflictError where something is in a folder that is to be written."""
    if not is_free(target):
        raise ConflictError(
            f"There is something in {target} already; name another directory.",
            code="directory_taken",
        )


def lay_down(draft: Path, target: Path) -> None:
    """Give a folder that is written its name, once it is on the disk."""
    sync_tree(draft)
    if target.is_dir():
        target.rmdir()
    draft.rename(target)


def check_question(questions: Mapping[str, Question], name: str | None, what: str) -> None:
    """Raise InvalidError naming the questions there are, where one is chosen that is not."""
    if name is not None and name not in questions:
        message = f"This {what} has no question {name!r}; it has {', '.join(questions)}."
        raise InvalidError(message, issues=[Issue("question", message)])


def labels_of(questions: Mapping[str, Question], chosen: str | None) -> dict[str, tuple[str, ...]]:
    """Give the labels of each question that is exported, in the order of its config."""
    return {
        name: tuple(str(one["value"]) for one in question.config.get("labels", ()))
        for name, question in questions.items()
        if chosen in (None, name)
    }


def check_written(report: Report, chosen: Format, what: str) -> None:
    """Raise ConflictError with the reasons where nothing fitted the format."""
    if not report.written:
        if not report.issues():
            message = f"Nothing in this {what} is answered yet: there is nothing to write."
            raise ConflictError(message, code="nothing_fits")
        reasons = "; ".join(one.message for one in report.issues())
        raise ConflictError(
            f"Nothing in this {what} fits {chosen.title}, which holds {chosen.holds}: {reasons}.",
            code="nothing_fits",
        )


def _questions(folder: Path) -> dict[str, Question]:
    try:
        facts = parse_manifest((folder / MANIFEST).read_bytes()).facts
    except OSError:
        raise NotFoundError(f"{folder} is no release: it has no {MANIFEST}.") from None
    return {question.name: question for question in facts.questions}


def _gone(folder: Path) -> frozenset[str]:
    """The items and files that left the release, by the list that lies in its folder."""
    try:
        file = (folder / REVOCATIONS).read_bytes()
        note = (folder / REVOCATIONS_NOTE).read_text("utf-8")
    except FileNotFoundError:
        return frozenset()
    found = check_folder(open_folder(folder), file, note).must_go
    return frozenset(one.item for one in found)


def _living(rows: Iterator[Mapping[str, Any]], gone: frozenset[str]) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        value = row.get("value")
        if not (isinstance(value, dict) and value.get("item") in gone and gone):
            yield row
