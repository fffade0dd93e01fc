"""`fairhand grant`, as it is met in a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairhand.core.clock import system_now
from fairhand.core.settings import load_settings
from fairhand.formats.consent_record import receipt_issues
from fairhand.use_cases.check_understanding import check_understanding
from fairhand.use_cases.give_grants import GiveGrants, give_grants
from fairhand.use_cases.house import open_database
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.use_cases.read_notice import read_notice
from fairhand.use_cases.refuse_campaign import refuse_campaign
from tests.stories.terminal import Terminal
from tests.stories.test_cli_campaign import MADE, OFFER


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path / "house")
    made.init()
    made.ok(*MADE, "--demo")
    made.ok("campaign", "notice", "voices", made.file("offer.toml", OFFER), "--publish")
    return made


def join(terminal: Terminal, *, says: str) -> int:
    """Let Amina say yes or no; gives her number."""
    db, now = open_database(load_settings(terminal.workspace)), system_now()
    amina = invite_person(
        db, InvitePerson(None, "Amina", country="KE"), now, link_hours=1
    ).person_id
    project = terminal.ok("campaign", "show", "voices", "--json").json["project_id"]
    notice = read_notice(db, amina, project, now).notice
    if says == "no":
        refuse_campaign(db, amina, notice.id, now)
    else:
        check_understanding(db, amina, notice.id, [1, 0], now)
        ticked = {"voice": ("training", "raw_release")}
        give_grants(db, GiveGrants(amina, project, notice.id, ticked, 90, "test/1"), now)
    db.close()
    return amina


def test_a_grant_is_listed_shown_and_its_receipt_written(
    terminal: Terminal, tmp_path: Path
) -> None:
    amina = join(terminal, says="yes")
    listed = terminal.ok("grant", "list", str(amina))
    assert "raw_release" in listed.out
    (one,) = terminal.ok("grant", "list", str(amina), "--json").json["grants"]
    number = str(one["grant_id"])
    shown = terminal.ok("grant", "show", number).out
    assert "Pass the file itself on to those who hold a licence" in shown
    assert "KE, UG" in shown
    assert receipt_issues(terminal.ok("grant", "receipt", number, "--json").json) == []
    paper, machine = tmp_path / "receipt.pdf", tmp_path / "receipt.jsonld"
    terminal.ok("grant", "receipt", number, "--out", str(paper))
    terminal.ok("grant", "receipt", number, "--out", str(machine))
    assert paper.read_bytes().startswith(b"%PDF")
    assert receipt_issues(json.loads(machine.read_bytes())) == []


def test_who_permits_nothing_has_no_grant(terminal: Terminal) -> None:
    amina = join(terminal, says="no")
    assert "permits nothing" in terminal.ok("grant", "list", str(amina)).out
    said = terminal.run("grant", "show", "1")
    assert said.code != 0
    assert "no grant 1" in said.err
