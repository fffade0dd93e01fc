"""On the command line: generated data come in, the mix is told, and the guard may be asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhand.cli.release_origin import guard_options
from fairhand.core.errors import InvalidError
from tests.stories.terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A workspace with a project that nobody answered yet."""
    made = Terminal(tmp_path / "workspace")
    made.init()
    made.project()
    return made


def test_generated_data_are_declared_on_import(terminal: Terminal) -> None:
    file = terminal.file("made.jsonl", '{"text": "a merry day"}\n{"text": "a gloomy day"}\n')
    wrong = terminal.run("import", "moods", file, "--synthetic", "writer@2", "--precision", "0.97")
    assert wrong.code == 2
    assert "0.97/0.95..0.99" in wrong.err
    done = terminal.ok(
        "import", "moods", file, "--synthetic", "writer@2", "--depth", "2",
        "--verifier", "panel", "--precision", "0.97/0.95..0.99",
    )  # fmt: skip
    assert "2 tasks added" in done.out


def test_a_project_without_answers_has_nothing_to_tell(terminal: Terminal) -> None:
    assert "nothing to tell yet" in terminal.ok("release", "origin", "moods").out
    content = terminal.ok("release", "origin", "moods", "--json").json
    assert (content["guard"], content["outlook"]) == (None, None)
    missing = terminal.run("release", "origin", "7")
    assert missing.code != 0
    assert "There is no release 7" in missing.err


def test_bounds_are_read_from_the_command_line() -> None:
    assert guard_options([], "") == {}
    read = guard_options(["max_depth=2", "waived=tails", "waived=verified"], "to compare")
    assert (read["max_depth"], read["waived"], read["why"]) == (
        2,
        ["tails", "verified"],
        "to compare",
    )
    for wrong in (["max_depth"], ["depth=1"], ["max_depth=two"], ["max_depth=2"]):
        with pytest.raises(InvalidError):
            guard_options(wrong, "")
