"""`fairhand conduct …` lists decisions, counts appeals, and decides nothing about anybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhand.core.settings import load_settings
from fairhand.use_cases.decide_about_person import DecideAboutPerson, decide_about_person
from fairhand.use_cases.house import open_house
from tests.stories.terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A workspace in which Carmen has put something about Amina on record."""
    made = Terminal(tmp_path / "team")
    made.init()
    amina = made.ok("invite", "Amina", "--country", "GB", "--json").json["person_id"]
    house = open_house(load_settings(made.workspace))
    command = DecideAboutPerson(
        decider_id=1,
        person_id=amina,
        project_id=0,
        kind="fraud_flag",
        reason="Two accounts sent the very same letters.",
        counterfactual="Letters that differ would not have been looked at.",
        evidence="Annotations 3 and 4.",
        client_key="decision-0001",
    )
    decide_about_person(house.db, command, house.clock())
    house.close()
    return made


def test_decisions_are_listed_and_appeals_counted(terminal: Terminal) -> None:
    found = terminal.ok("conduct", "decisions", "--json").json
    assert [(one["kind"], one["by"]) for one in found["decisions"]] == [("fraud_flag", "Carmen")]
    assert terminal.ok("conduct", "decisions", "--person", "1", "--json").json["decisions"] == []
    assert terminal.ok("conduct", "appeals", "--json").json["opened"] == 0
    said = terminal.ok("conduct", "silence").out
    assert "Upheld 0 appeals" in said


def test_reporting_is_set_and_a_circle_is_refused(terminal: Terminal) -> None:
    terminal.ok("conduct", "reports-to", "2", "1")
    circle = terminal.run("conduct", "reports-to", "1", "2")
    assert circle.code == 2
    assert "circle" in circle.err
    terminal.ok("conduct", "reports-to", "2")


def test_no_command_suspends_anybody(terminal: Terminal) -> None:
    listed = terminal.run("conduct", "--help").out
    for word in ("suspend", "decide", "uphold "):
        assert f" {word}" not in listed.split("Commands")[-1]
