"""Courses from the terminal: drafted, looked at, published, taken away."""

from __future__ import annotations

import json
from pathlib import Path

from tests.stories.terminal import Terminal


def test_a_course_is_drafted_shown_published_and_retired(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "team")
    terminal.init()
    terminal.project()
    assert "No course yet" in terminal.ok("course", "list", "moods").out
    assert terminal.ok("course", "draft", "moods", "--json").json["number"] == 1
    shown = terminal.run("course", "show", "moods", "1")
    assert shown.code == 1, "a course without gold cannot be published"
    assert "Make more gold" in shown.out
    refused = terminal.run("course", "publish", "moods", "1")
    assert refused.code == 2
    rows = [
        {"text": f"what a day {at}", "mood": "glad", "why": "It is meant well."} for at in range(30)
    ]
    path = terminal.file("known.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    terminal.ok("import", "moods", path, "--gold", "mood", "--gold-explanation", "why")
    terminal.ok("course", "draft", "moods")
    shown = terminal.run("course", "show", "moods", "2", "--json")
    assert (shown.code, shown.json["needed"] is None) == (0, False)
    assert "learns first" in terminal.ok("course", "publish", "moods", "2").out
    listed = terminal.ok("course", "list", "moods", "--json").json
    assert [one["state"] for one in listed["courses"]] == ["live", "draft"]
    assert terminal.ok("course", "retire", "moods", "2", "--json").json["people"] == 0
    assert terminal.run("course", "void", "moods", "9", "--reason", "A good reason.").code == 2
