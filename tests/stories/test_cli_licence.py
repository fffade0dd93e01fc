"""Licences from the terminal: who asks, who holds, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A workspace with a campaign."""
    made = Terminal(tmp_path / "team")
    made.init()
    said = ("--currency", "GBP", "--rate", "15", "--demo", "--sample")
    made.ok("campaign", "create", "Voices of Kisumu", *said)
    return made


def test_a_campaign_that_nobody_asked_about_says_so(terminal: Terminal) -> None:
    name = "voices-of-kisumu"
    assert "Nobody has asked" in terminal.ok("licence", "requests", name).out
    assert terminal.ok("licence", "list", name, "--json").json == {"licences": []}
    assert terminal.ok("licence", "notices", name, "--json").json == {"notices": []}
    for refused in (("grant", name, "9"), ("decline", name, "9", "--why", "Not for this.")):
        said = terminal.run("licence", *refused)
        assert said.code
        assert "There is no request 9" in said.err
