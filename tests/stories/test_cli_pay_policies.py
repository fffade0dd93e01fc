"""What a project pays, and booked hours, from the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhand.core.clock import DAY_MS, Instant, iso, system_now
from fairhand.core.settings import load_settings
from fairhand.use_cases.house import open_house
from fairhand.use_cases.join_project import JoinProject, join_project
from tests.councils import agree, newcomers, seat_council
from tests.stories.terminal import Terminal

PIECE = ("--basis", "piece", "--unit", "0.05", "--per-hour", "13.50", "--reason", "By the answer")


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A workspace whose project pays GBP 13 an hour, with Amina in it."""
    made = Terminal(tmp_path / "team")
    made.init()
    made.project()
    person = made.ok("invite", "Amina", "--country", "GB", "--json").json["person_id"]
    house = open_house(load_settings(made.workspace))
    join_project(house.db, JoinProject(person, 1), house.clock())
    house.close()
    return made


def day(days: int) -> str:
    return iso(Instant(system_now() + days * DAY_MS))[:10]


def test_a_policy_is_shown_previewed_and_changed(terminal: Terminal) -> None:
    shown = terminal.ok("pay", "policy", "moods", "--json").json
    assert shown["policy"]["words"] == "GBP 13.00 for each hour, by the clock."
    assert "An hour of work pays GBP 13.00." in terminal.ok("pay", "policy", "moods").out

    seen = terminal.ok("pay", "policy", "moods", *PIECE, "--preview", "--json").json
    assert (seen["preview"], seen["policy"]["version"], seen["lowers"]) == (True, 2, [])
    assert len(terminal.ok("pay", "policy", "moods", "--json").json["versions"]) == 1
    said = terminal.ok("pay", "policy", "moods", *PIECE)
    assert "GBP 0.05 for each answer, and never less than GBP 13.50" in " ".join(said.out.split())

    assert terminal.ok("pay", "policy", "moods", "--json").json["policy"]["version"] == 2


def test_a_cut_needs_its_notice_and_a_floor_its_height(terminal: Terminal) -> None:
    lower = ("pay", "policy", "moods", "--per-hour", "12.80", "--reason", "Less is needed")

    early = terminal.run(*lower)
    assert early.code == 2
    assert "told 7 days before" in " ".join(early.err.split())
    below = terminal.run(*lower[:4], "12.70", *lower[5:], "--from", day(9))
    assert below.code == 2
    assert "below the floor of GBP 12.71" in " ".join(below.err.split())
    alone = terminal.run(*lower, "--from", day(9))
    assert alone.code == 2
    assert "No council has been elected" in " ".join(alone.err.split())
    house = open_house(load_settings(terminal.workspace))
    seat_council(house.db, newcomers(house.db, 1, house.clock()), house.clock())
    said = terminal.ok(*lower, "--from", day(9))
    assert said.out.startswith("From ")
    assert "It waits for the council as proposal 1." in said.out
    agree(house.db, 1, house.clock())
    house.close()

    assert len(terminal.ok("pay", "policy", "moods", "--json").json["coming"]) == 1


def test_what_cannot_be_read_names_its_option(terminal: Terminal) -> None:
    wrong = terminal.run("pay", "policy", "moods", "--per-hour", "much", "--reason", "Because")

    assert wrong.code == 2
    assert "per_hour" in wrong.err


def test_hours_are_booked_listed_and_called_off(terminal: Terminal) -> None:
    assert "No hours are booked" in terminal.ok("pay", "bookings", "moods").out
    times = ("--from", f"{day(3)}T08:00Z", "--until", f"{day(3)}T12:00Z")

    made = terminal.ok("pay", "book", "moods", "Amina", *times, "--json").json["booking"]

    assert made["state"] == "offered"
    listed = terminal.ok("pay", "bookings", "moods", "--json").json["bookings"]
    assert [(one["person"], one["state"]) for one in listed] == [("Amina", "offered")]
    again = terminal.run("pay", "book", "moods", "Amina", *times)
    assert again.code == 2
    assert "booked hours in that time" in again.err
    gone = terminal.ok("pay", "unbook", "moods", str(made["id"]))
    assert gone.out.strip() == f"Hours {made['id']} are called off."
    assert terminal.run("pay", "unbook", "moods", "99").code == 2
    assert (
        terminal.run("pay", "book", "moods", "Amina", "--from", "then", "--until", "now").code == 2
    )
