"""`fairhand task …` and archiving, from the shell."""

from __future__ import annotations

from typing import Any

import pytest

from fairhand.cli.task import sure_words
from fairhand.work.tasks.browse_store import Joint
from tests.stories.terminal import Terminal


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A project called moods with three tasks; each test leaves it as it was."""
    made = Terminal(tmp_path_factory.mktemp("tasks") / "team")
    made.init()
    made.project()
    rows = '{"text": "fine"}\n{"text": "lorem ipsum"}\n{"text": "awful"}\n'
    made.ok("import", "moods", made.file("rows.jsonl", rows))
    return made


def told(terminal: Terminal, *arguments: str) -> Any:  # noqa: ANN401  # any JSON value
    return terminal.ok(*arguments, "--json").json


def test_tasks_are_listed_set_aside_and_taken_back(terminal: Terminal) -> None:
    found = told(terminal, "task", "list", "moods", "--where", "q=lorem")
    (task,) = found["tasks"]

    aside = told(terminal, "task", "set-aside", "moods", "--where", "q=lorem")
    back = told(terminal, "task", "take-back", "moods", str(task["id"]))

    assert task["data"] == {"text": "lorem ipsum"}
    assert (aside["changed"], aside["of"], back["changed"]) == (1, 1, 1)
    assert told(terminal, "task", "overlap", "moods", "4", str(task["id"]))["changed"] == 1
    assert told(terminal, "task", "ask-again", "moods", str(task["id"]))["changed"] == 0
    assert told(terminal, "task", "show", "moods", str(task["id"]))["wanted"] == 4
    assert terminal.run("task", "set-aside", "moods").code == 2
    assert terminal.run("task", "list", "moods", "--where", "state").code == 2


def test_a_tie_is_called_even_and_never_a_percentage() -> None:
    sure = Joint("mood", "good", 0.98, 2)
    even = Joint("mood", "good", 0.98, 2, even=("good", "bad"))
    tied = Joint("tone", "good", 0.5, 2, tied=("good", "bad"))
    assert sure_words(()) == ""
    assert sure_words((sure,)) == "98%"
    assert sure_words((sure, even)) == sure_words((tied, sure)) == "even"


def test_a_view_is_saved_used_and_dropped(terminal: Terminal) -> None:
    kept = told(terminal, "task", "save-view", "moods", "Lorem", "--where", "q=lorem", "--share")

    assert len(told(terminal, "task", "list", "moods", "--view", "Lorem")["tasks"]) == 1
    assert [one["name"] for one in told(terminal, "task", "views", "moods")["views"]] == ["Lorem"]
    told(terminal, "task", "drop-view", "moods", str(kept["id"]))
    assert terminal.run("task", "list", "moods", "--view", "Lorem").code == 2


def test_an_archived_project_is_out_of_the_list_and_comes_back(terminal: Terminal) -> None:
    told(terminal, "project", "archive", "moods")

    assert told(terminal, "project", "list")["projects"] == []
    assert len(told(terminal, "project", "list", "--archived")["projects"]) == 1
    refused = terminal.run("project", "fund", "moods", "100")
    assert refused.code == 1
    assert "archived" in refused.err
    told(terminal, "project", "restore", "moods")
    assert len(told(terminal, "project", "list")["projects"]) == 1
