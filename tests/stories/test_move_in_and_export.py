"""From the terminal: a Label Studio project moves in, and its answers leave in other formats."""

from __future__ import annotations

import json
from pathlib import Path

from tests.stories.terminal import POLICY, Terminal
from tests.studio import CONFIG, EXPORT


def test_answers_that_came_along_are_exported_where_they_are_asked_for(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "work")
    terminal.init()
    (tmp_path / "export.json").write_text(json.dumps(EXPORT), "utf-8")
    (tmp_path / "config.xml").write_text(CONFIG, "utf-8")
    files = ("--from-label-studio", str(tmp_path / "export.json"))
    config = ("--config", str(tmp_path / "config.xml"))
    terminal.ok("project", "create", "Reviews", *files, *config, *POLICY)
    refused = terminal.run("export", "reviews", "-f", "csv", "-o", str(tmp_path / "none"))
    assert refused.code != 0
    assert "--elsewhere" in refused.err
    asked = ("export", "reviews", "-f", "jsonl", "--elsewhere")
    made = terminal.ok(*asked, "-o", str(tmp_path / "out"), "--json")
    assert (made.json["tasks"], made.json["written"]) == (1, 1)
    assert "answered in another tool and nobody here" in made.json["issues"][0]["message"]
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == [
        "ABOUT.json",
        "elsewhere.jsonl",
        "labels.jsonl",
    ]
    back = terminal.ok(
        "export", "reviews", "-f", "label-studio", "-o", str(tmp_path / "b.json"), "--json"
    )
    assert (back.json["tasks"], back.json["left_out"]) == (4, {})
    assert json.loads((tmp_path / "b.json").read_bytes()) == EXPORT
