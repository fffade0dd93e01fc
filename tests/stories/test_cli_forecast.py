"""A forecast from the terminal, as it is and with something else supposed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.terminal import CHOICE, POLICY, Terminal

ROWS = "text\n" + "".join(f"line {number}\n" for number in range(40))


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path / "team")
    made.init()
    made.ok("project", "create", "Moods", *CHOICE, *POLICY)
    return made


def test_a_project_is_forecast_in_words_and_as_json(terminal: Terminal, tmp_path: Path) -> None:
    assert "No task is left" in terminal.ok("pay", "forecast", "moods").out
    rows = tmp_path / "rows.csv"
    rows.write_text(ROWS)
    terminal.ok("import", "moods", str(rows))

    words = terminal.ok("pay", "forecast", "moods").out
    found = terminal.ok("pay", "forecast", "moods", "--json").json
    fewer = terminal.ok("pay", "forecast", "moods", "--overlap", "1", "--people", "9", "--json")

    assert found["to_spend"]["p90"] in words
    assert "Most hangs on: seconds an answer takes" in words
    assert found["tasks_left"] == 40
    assert found["missing"]["p90"] == found["to_spend"]["p90"], "nothing is set aside"
    assert fewer.json["answers"]["p90"] == 40
    assert (fewer.json["people"], fewer.json["otherwise"]) == (9, True)


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("--overlap", "many", "not a whole number"),
        ("--per-hour", "1.234", "more than 2 digits"),
        ("--target", "1", "not a share"),
        ("--people", "0", "Choose 1 to"),
    ],
)
def test_what_cannot_be_supposed_is_refused_with_its_reason(
    terminal: Terminal, option: str, value: str, why: str
) -> None:
    refused = terminal.run("pay", "forecast", "moods", option, value)

    assert refused.code == 2
    assert why in refused.err
