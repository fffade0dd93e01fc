"""How assistance does, from the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.small_servers import serving
from tests.stories.terminal import CHOICE, POLICY, Terminal
from tests.studio_model import answering


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path / "team")
    made.init()
    made.ok("project", "create", "Moods", *CHOICE, *POLICY)
    return made


def test_a_project_without_assistance_says_so_in_words_and_as_json(terminal: Terminal) -> None:
    assert "never switched on" in terminal.ok("assist", "status", "moods").out
    found = terminal.ok("assist", "status", "moods", "--json").json
    assert (found["is_on"], found["policy"], found["questions"]) == (False, None, [])


def test_an_unknown_project_is_refused_by_name(terminal: Terminal) -> None:
    assert terminal.run("assist", "status", "nothing").code != 0


def test_a_backend_that_cannot_be_reached_is_not_called_connected(terminal: Terminal) -> None:
    said = terminal.run("assist", "add", "http://127.0.0.1:9", "--project", "moods")
    assert said.code == 1
    assert "added, but cannot help yet" in said.out
    assert "connected to" not in said.out
    assert "backend_hosts" in said.out


@pytest.mark.parametrize("template", ["boxes", "named-things", "who-speaks", "transcription"])
def test_a_model_server_of_a_kind_is_connected_and_asked_for_all_tasks(
    terminal: Terminal, template: str
) -> None:
    pytest.importorskip("daft", reason="the extra `scale` is not installed")
    terminal.ok("project", "create", "Things", "--template", template, "--sample", *POLICY[2:])
    with serving(answering) as server:
        added = terminal.ok("assist", "add", server.url, "--project", "things", "--allow-private")
        assert "It answers " in added.out
        assert "said nothing" not in added.out
        run = terminal.ok("assist", "run", "things", "--assistant", server.place, "--json").json
    assert (run["state"], run["done"], run["failed"]) == ("done", run["total"], 0)
    assert run["total"] > 0
