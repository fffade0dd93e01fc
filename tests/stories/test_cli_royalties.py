"""Royalties from the terminal: promise, write a use down, list; and what is wrong said clearly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A workspace with one project."""
    made = Terminal(tmp_path / "team")
    made.init()
    made.project()
    return made


def test_a_promise_and_a_use_stand_in_the_list(terminal: Terminal) -> None:
    assert "Nothing has been licensed" in terminal.ok("pay", "royalties").out
    terminal.ok("pay", "promise", "moods", "--share", "15", "--training-run", "50.00")
    use = ("pay", "usage", "moods", "training-run", "--by", "Our team", "--key", "run-7")
    first = terminal.ok(*use, "--json").json
    again = terminal.ok(*use, "--json").json
    assert (first["usage_id"], first["again"], again["again"]) == (again["usage_id"], False, True)
    listed = terminal.ok("pay", "royalties", "--json").json
    assert [one["licensee"] for one in listed["usages"]] == ["Our team"]
    assert [one["terms"]["share_permille"] for one in listed["promises"]] == [150]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("promise", "moods", "--split", "60,60,0"), "add up to a thousand"),
        (("promise", "moods", "--split", "sixty"), "three percentages"),
        (("promise", "moods", "--training-run", "much"), "is not an amount"),
        (("usage", "moods", "gift", "--by", "X", "--key", "k"), "none of licence"),
        (("usage", "moods", "training-run", "--by", "X", "--key", "k"), "promised no royalties"),
        (
            ("usage", "moods", "training-run", "--by", "X", "--key", "k", "--release", "3"),
            "no release version 3",
        ),
    ],
)
def test_what_cannot_be_is_said_in_words(
    terminal: Terminal, arguments: tuple[str, ...], words: str
) -> None:
    said = terminal.run("pay", *arguments)
    assert said.code in (1, 2)
    assert words in said.err


def test_a_file_of_values_must_hold_tasks_and_whole_numbers(terminal: Terminal) -> None:
    terminal.ok("pay", "promise", "moods")
    wrong = terminal.file("worth.csv", "task,value\n1,much\n")
    use = ("pay", "usage", "moods", "licence", "--by", "X", "--key", "k", "--revenue", "10")
    said = terminal.run(*use, "--values", wrong)
    assert said.code == 2
    assert "task,value in whole numbers" in said.err
