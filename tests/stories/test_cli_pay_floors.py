"""`fairhand pay floors`, `rates` and `disputes` from a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhand.core.clock import MINUTE_MS, Instant
from fairhand.core.settings import load_settings
from fairhand.pay.disputes.rules import Claim
from fairhand.pay.store import credit_time, flush_pending
from fairhand.use_cases.house import House, open_house
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.use_cases.open_dispute import OpenDispute, open_dispute
from tests.stories.terminal import Terminal

KENYA = "ke-cities-hour-2026-05"
RATES = (
    "base,quote,rate,as_of,source_title\nEUR,KES,149.80,2026-11-20,CBK\nEUR,GBP,x,2026-11-20,ECB\n"
)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path)
    made.init()
    return made


def test_a_draft_is_approved_and_ended_from_the_terminal(terminal: Terminal) -> None:
    notice = terminal.file("notice.pdf", b"%PDF-1.7 Legal Notice 108")
    approve = ("pay", "floors", "approve", KENYA, "--evidence", notice, "--note")
    said = terminal.run(*approve, "short")
    assert said.code == 2
    assert "Say what you checked" in said.err
    row = terminal.ok(*approve, "Read Legal Notice 108", "--json").json
    assert row["approved_by"].endswith("(person 1)")
    assert terminal.run(*approve, "Read Legal Notice 108").code == 1, "it is approved already"
    listed = terminal.ok("pay", "floors", "--country", "KE", "--json").json["floors"]
    assert [one["id"] for one in listed if one["active"]] == [KENYA]
    end = ("pay", "floors", "end", KENYA, "--reason", "The 2027 notice is out.", "--last-day")
    assert terminal.run(*end, "2020-01-01").code == 2
    assert "until 2099-12-31" in terminal.ok(*end, "2099-12-31").out
    assert terminal.run(*approve, "Read it again", "--by", "99").code == 1


def test_rates_are_loaded_and_listed(terminal: Terminal) -> None:
    assert "No exchange rate" in terminal.ok("pay", "rates").out
    said = terminal.run("pay", "rates", "--load", terminal.file("rates.csv", RATES))
    assert said.code == 1
    assert "1 rates added" in said.out
    assert "line 3, rate" in said.err
    (rate,) = terminal.ok("pay", "rates", "--json").json["rates"]
    assert (rate["base"], rate["quote"], rate["rate"]) == ("EUR", "KES", "149.80")


def test_a_dispute_is_listed_and_answered(terminal: Terminal) -> None:
    assert "No dispute has been opened" in terminal.ok("pay", "disputes").out
    project = terminal.project()
    house = open_house(load_settings(terminal.workspace))
    try:
        number = _dispute(house, project)
    finally:
        house.close()
    assert "20 minutes" in terminal.ok("pay", "disputes").out
    decide = ("pay", "disputes", "decide", str(number), "--reason")
    assert terminal.run(*decide, "no", "--outcome", "declined").code == 2
    reason = "The log shows twelve minutes of reading."
    part = ("--outcome", "partly", "--minutes", "12")
    done = terminal.ok(*decide, reason, *part, "--json").json
    assert (done["state"], done["granted_ms"]) == ("partly", 720_000)
    assert terminal.run(*decide, reason, *part).code == 1
    nobody = ("pay", "disputes", "decide", "99", "--outcome", "upheld", "--reason", "Yes.")
    assert terminal.run(*nobody).code == 2


def _dispute(house: House, project: int) -> int:
    """Somebody reads for a minute, and says that it was twenty more."""
    now, cap = house.clock(), 2 * MINUTE_MS
    command = InvitePerson(None, "Amina", country="GB")
    amina = invite_person(house.db, command, now, link_hours=1).person_id
    with house.db.write() as connection:
        for at in (Instant(now - MINUTE_MS), now):
            credit_time(
                connection,
                person_id=amina,
                project_id=project,
                task_id=None,
                kind="read",
                now=at,
                idle_cap_ms=cap,
            )
        flush_pending(connection, amina, now)
    claim = Claim("time", 20 * MINUTE_MS, None, "I read the guidelines again.")
    opening = OpenDispute(amina, "key-number-1", claim, project_id=project)
    return open_dispute(house.db, opening, now, idle_cap_ms=cap).dispute.id
