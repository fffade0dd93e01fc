"""The books from the terminal: shown, sealed, exported, replayed, proven, scored."""

from __future__ import annotations

from pathlib import Path

import pytest
from beancount import loader

from tests.stories.terminal import CHOICE, POLICY, Terminal


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    made = Terminal(tmp_path_factory.mktemp("books") / "team")
    made.init()
    made.ok("project", "create", "Moods", *CHOICE, *POLICY)
    made.ok("pay", "fund", "moods", "250.00", "--key", "invoice-17")
    return made


def test_the_trial_balance_is_shown_and_the_books_are_sealed(terminal: Terminal) -> None:
    before = terminal.ok("pay", "books", "--json").json
    assert {one["kind"]: one["amount"] for one in before["balances"]} == {
        "owner": "-250.00",
        "escrow": "250.00",
    }
    terminal.ok("pay", "seal")
    after = terminal.ok("pay", "books")
    assert "Put in by owners" in after.out
    assert "1 of 1 entries are sealed in 1 blocks." in after.out
    assert terminal.ok("verify", "workspace").code == 0


def test_the_export_is_accepted_by_beancount(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "books.beancount"
    said = terminal.ok("pay", "export-books", str(file), "--json")
    assert said.json["lines"] > 5
    entries, errors, _ = loader.load_file(str(file))
    assert errors == []
    assert entries


def test_points_without_evidence_say_so(terminal: Terminal) -> None:
    said = terminal.ok("pay", "self-score")
    assert "no evidence" in said.out
    assert "no score of Fairwork" in said.out
    points = terminal.ok("pay", "self-score", "--json").json["points"]
    assert {one["id"] for one in points} >= {"fairwork-1.2-floor", "c193-statements"}


@pytest.mark.parametrize("command", [("replay", "7"), ("prove", "7"), ("replay", "0")])
def test_what_is_not_there_is_said_so(terminal: Terminal, command: tuple[str, str]) -> None:
    said = terminal.run("pay", *command)
    assert said.code == 2
    assert "There is no" in said.err
