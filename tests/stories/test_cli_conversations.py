"""`fairhand conversations`: where trees stand, how they grow, and the ready ones as a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairhand.core.clock import system_now
from fairhand.core.ids import sha256_hex
from fairhand.core.settings import load_settings
from fairhand.use_cases.house import open_database
from fairhand.work.conversations import store
from fairhand.work.conversations.rules import Terms
from tests.stories.terminal import Terminal

TEMPLATE = ("--template", "conversation-trees", "--sample", "--demo")


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path / "house")
    made.init()
    made.ok(
        "project", "create", "Helper", *TEMPLATE, "--currency", "GBP", "--rate", "15", "--json"
    )  # fmt: skip
    return made


def plant(terminal: Terminal, *states: str) -> None:
    """Put conversations of one message into the project."""
    db = open_database(load_settings(terminal.workspace))
    now = system_now()
    with db.write() as connection:
        for state in states:
            tree = store.add_conversation(connection, 1, Terms(), "sw", now)
            store.add_message(
                connection,
                conversation_id=tree,
                project_id=1,
                parent_id=None,
                role="prompter",
                depth=0,
                words=f"Habari ya {state}?",
                state="accepted",
                now=now,
            )
            if state != "prompt_review":
                store.set_state(connection, tree, "ready", "", now)
    db.close()


def test_trees_are_listed_shown_halted_and_written_out(terminal: Terminal, tmp_path: Path) -> None:
    assert "There are none yet." in terminal.ok("conversations", "list", "helper").out
    plant(terminal, "prompt_review", "ready")
    listed = terminal.ok("conversations", "list", "helper", "--json").json
    assert (listed["counts"]["ready"], listed["counts"]["prompt_review"]) == (1, 1)
    assert "Habari ya ready?" in terminal.ok("conversations", "show", "helper", "2").out
    halted = terminal.ok(
        "conversations", "halt", "helper", "1", "--reason", "It names a person.", "--json"
    )
    assert halted.json["ended_because"] == "It names a person."
    path = tmp_path / "trees.jsonl"
    told = terminal.ok("conversations", "export", "helper", "-o", str(path), "--json").json
    (line,) = path.read_text("utf-8").splitlines()
    assert json.loads(line)["prompt"]["text"] == "Habari ya ready?"
    assert (told["rows"], told["sha256"]) == (1, sha256_hex(path.read_bytes()))
    wrong = terminal.run("conversations", "export", "helper", "-o", str(path), "--form", "xml")
    assert wrong.code != 0
    assert "trees, chats, preferences" in wrong.err


def test_terms_change_one_by_one_and_impossible_ones_are_refused(terminal: Terminal) -> None:
    told = terminal.ok("conversations", "terms", "helper", "--reviews", "2", "--json").json
    assert (told["reviews"], told["rankings"]) == (2, 3)
    assert "reviews: 2" in terminal.ok("conversations", "terms", "helper").out
    assert terminal.run("conversations", "terms", "helper", "--rankings", "21").code != 0
