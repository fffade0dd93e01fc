"""`fairhand systems`, `monitors`, `conditions` and `self-score` in a terminal."""

from __future__ import annotations

from pathlib import Path

from tests.stories.terminal import Terminal


def test_the_house_tells_what_watches_it_and_how_it_stands(tmp_path: Path) -> None:
    """One workspace, four commands: each speaks JSON, and a red line is exit 1."""
    terminal = Terminal(tmp_path / "team")
    terminal.init()

    systems = terminal.ok("systems", "--json").json["systems"]
    assert "work.next" in {one["name"] for one in systems}
    assert all(one["is_on"] for one in systems)
    assert "automated systems; no other is loaded." in terminal.ok("systems").out

    assert "No incident is waiting." in terminal.ok("monitors").out
    assert terminal.ok("monitors", "--json").json["incidents"] == []

    cuts = terminal.ok("conditions", "--json").json["cuts"]
    assert [cut["name"] for cut in cuts] == ["pay", "hours", "pace"]

    scored = terminal.run("self-score", "--json")
    assert scored.code == 1  # nobody sits on a council yet
    assert scored.json["frameworks"][0]["name"] == "fairwork"
    assert "not a score of Fairwork" in terminal.run("self-score").out
