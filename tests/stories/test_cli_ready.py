"""`fairhand ready` and `fairhand pilot`, as they are met in a terminal and in CI."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.terminal import Terminal

ROWS = "text\n" + "\n".join(f"row {number}" for number in range(8)) + "\n"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path / "house")
    made.init()
    return made


def test_ready_says_what_is_missing_and_ends_with_one(terminal: Terminal) -> None:
    terminal.project("Moods", "--guidelines", terminal.file("guide.md", "# Listen"))
    terminal.ok("import", "moods", terminal.file("rows.csv", ROWS))
    said = terminal.run("ready", "moods")
    assert said.code == 1
    assert "No pilot has been run" in said.out
    assert "Not ready yet: workforce, pipeline." in said.out
    found = terminal.run("ready", "moods", "--json")
    assert found.code == 1
    assert found.json["may_open"] is False
    pilot = next(one for one in found.json["stages"][1]["items"] if one["item"] == "pilot")
    assert (pilot["state"], pilot["who"]) == ("missing", {"owner": ["Carmen"]})

    started = terminal.ok("pilot", "start", "moods", "--tasks", "6", "--people", "2", "--json")
    assert started.json["outcome"] == "running"
    assert terminal.run("pilot", "start", "moods", "--tasks", "6").code == 1
    assert "0 of 2 people" in terminal.ok("pilot", "show", "moods").out
    early = ("pilot", "decide", "moods", "go", "--by", "carmen@example.org", "--reason", "Fine.")
    refused = terminal.run(*early)
    assert refused.code == 1
    assert "0 of 2 people have taken part" in refused.err
    stranger = ("pilot", "decide", "moods", "no-go", "--by", "x@example.org", "--reason", "Bad.")
    assert terminal.run(*stranger).code != 0
    no_go = ("pilot", "decide", "moods", "no-go", "--by", "carmen@example.org", "--reason", "Bad.")
    assert terminal.ok(*no_go, "--json").json["outcome"] == "no_go"
    itself = terminal.run("ready", str(started.json["project_id"]))
    assert itself.code == 1
    assert "is itself a pilot" in itself.out


def test_ready_ends_with_zero_when_a_project_may_open_and_compute_still_waits(
    terminal: Terminal,
) -> None:
    terminal.project("Moods", "--guidelines", terminal.file("guide.md", "# Listen"))
    terminal.ok("import", "moods", terminal.file("rows.csv", ROWS))
    terminal.ok("project", "fund", "moods", "100")
    terminal.make_ready(1)
    assert "Everything before compute is done." in terminal.ok("ready", "moods").out
    assert terminal.run("ready", "moods", "--compute").code == 1
