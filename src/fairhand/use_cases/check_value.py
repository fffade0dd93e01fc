"""Anybody with a release and an opened study measures again, and gets the same whole numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairhand.core.errors import InvalidError
from fairhand.use_cases.value_of_folder import (
    FORMAT,
    draw_tests,
    folder_media,
    labelled_rows,
    measure_folder,
    read_folder,
    test_digest,
    values_digest,
)


@dataclass(frozen=True, slots=True)
class ValueCheck:
    """What was held against what; `issues` is empty where all of it is true."""

    tasks: int
    test_tasks: int
    gain: float
    issues: tuple[str, ...]


def check_value(folder: Path, opened: Mapping[str, Any]) -> ValueCheck:
    """Draw the test set again, measure again, and compare every number.

    Raises InvalidError for a file that is no opened study, or one of another release.
    """
    try:
        sealed, said = opened["sealed"], opened["measured"]
        wanted = {int(task): (int(leader), int(nano)) for task, leader, nano in opened["values"]}
        if opened["format"] != FORMAT:
            raise InvalidError(f"This study is written as {opened['format']}, not {FORMAT}.")
        digest, question, nonce = opened["test_sha256"], sealed["question"], sealed["nonce"]
        features, embedder = said["features_sha256"], said["embedder"]
        values_sha256, tasks = said["values_sha256"], list(sealed["tasks"])
    except (KeyError, TypeError, ValueError):
        raise InvalidError("This file is not an opened value study.") from None
    issues = []
    if test_digest(sealed) != digest:
        issues.append("The test set is not the one that the log committed to.")
    manifest = read_folder(folder)
    if draw_tests(labelled_rows(folder, manifest, question), nonce) != tasks:
        issues.append("The test set does not follow from its nonce: it was chosen.")
    measured = measure_folder(folder, manifest, sealed, folder_media(folder))
    if measured.embedder != embedder:
        issues.append(f"Features here are {measured.embedder}'s, and were {embedder}'s.")
    elif measured.features_sha256 != features:
        issues.append("The features of the tasks are others here than they were.")
    found = measured.by_task()
    if values_digest(wanted) != values_sha256:
        issues.append("The values were changed after they were measured.")
    if other := sum(found.get(task) != one for task, one in wanted.items()) + len(
        found.keys() - wanted.keys()
    ):
        issues.append(f"{other:,} of {len(found):,} tasks have another value when measured again.")
    return ValueCheck(len(found), len(tasks), measured.values.gain, tuple(issues))
