"""The council and contracts from the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhand.core.settings import load_settings
from fairhand.use_cases.apply_signed_policies import apply_signed_policies
from fairhand.use_cases.house import open_house
from tests.councils import newcomers, seat_council
from tests.stories.terminal import Terminal, run


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path / "team")
    made.init()
    return made


def test_an_election_is_called_and_a_contract_waits_for_those_who_were_elected(
    terminal: Terminal, tmp_path: Path
) -> None:
    words = tmp_path / "terms.md"
    words.write_text(run("contract", "default").out)
    assert run("contract", "check", str(words)).out.startswith("Clean")
    house = open_house(load_settings(terminal.workspace))
    assert "nobody" in terminal.ok("council").out
    made = terminal.ok("contract", "propose", str(words), "--summary", "Our words.")
    assert "takes effect" in made.out
    assert apply_signed_policies(house.db, house.clock()) == 1
    (first,) = terminal.ok("contract", "list", "--json").json["contracts"]
    assert (first["version"], first["holds"], first["accepted"]) == (1, True, 0)

    seat_council(house.db, newcomers(house.db, 1, house.clock()), house.clock())
    house.close()
    words.write_text(words.read_text().replace("seven days", "nine days"))
    waits = terminal.ok("contract", "propose", str(words), "--summary", "Nine days.", "--json").json
    assert waits["state"] == "waiting"
    shown = terminal.ok("council", "--json").json
    assert [one["id"] for one in shown["waiting"]] == [waits["id"]]
    assert waits["sha256"] in terminal.ok("council", "proposal", str(waits["id"])).out
    assert "taken back" in terminal.ok("council", "withdraw", str(waits["id"])).out
    late = terminal.run("council", "withdraw", str(waits["id"]))
    assert late.code != 0
    assert "not open any more" in late.err
    again = terminal.run("council", "call", "--seats", "3")
    assert "its end is not near" in " ".join(again.err.split())


def test_a_banned_clause_ends_the_check_with_1(tmp_path: Path) -> None:
    words = tmp_path / "terms.md"
    words.write_text("Training is unpaid. You may leave at any time, and you may appeal.")

    said = run("contract", "check", str(words), "--json")

    assert said.code == 1
    assert "unpaid_time" in {one["clause"] for one in said.json["findings"]}
