"""A story that changes something for somebody writes exactly one line in the log."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import fairhand.use_cases

STORIES = sorted(Path(fairhand.use_cases.__path__[0]).glob("[!_]*.py"))

# What is not logged, and why.
UNLOGGED = {
    "house": "opens the workspace",
    "versions": "reads",
    "overlap": "reads a project's figures",
    "hand_out_task": "kept for ever as the lease itself; logged when it is answered or skipped",
    "save_draft": "a draft is nobody's statement yet",
    "revise_annotation": "logged when the revision is submitted",
    "reap_leases": "kept as the lease's own end",
    "seal_log": "is the log",
    "keep_up_quality": "a tick that tells the stories aggregate_labels and refit_quality",
    "settle_quality": "tells the stories aggregate_labels and refit_quality before a release",
    "pay_task": "a part of submit_annotation and skip_task, which log it",
    "release_facts": "gathers what publish_release writes",
}
# Files that hold several stories of one thing, each logged once.
SEVERAL = {
    "sign_in": 3,
    "manage_tokens": 2,
    "close_pay_period": 3,
}


def is_read(path: Path) -> bool:
    """Reads are named so."""
    return path.stem.startswith(("read_", "list_"))


def appends(path: Path) -> int:
    """Count the calls of the log's `append` in a file."""
    tree = ast.parse(path.read_text())
    return sum(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "append"
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "log"
        for node in ast.walk(tree)
    )


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_a_story_writes_one_line_in_the_log(path: Path) -> None:
    expected = 0 if path.stem in UNLOGGED or is_read(path) else SEVERAL.get(path.stem, 1)

    assert appends(path) == expected


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_a_story_that_only_reads_never_opens_a_writing_transaction(path: Path) -> None:
    if is_read(path):
        assert ".write()" not in path.read_text()
