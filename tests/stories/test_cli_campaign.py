"""`fairhand campaign`, as it is met in a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.terminal import Terminal, run

CELLS = "On a phone: device=phone, environment=street: 1,200\nOld: age_band=65+: 40\n"
OFFER = """
extras = ["evaluation", "raw_release"]
territories = ["KE", "UG"]
[controller]
name = "Voices of Kisumu"
address = "12 Oginga Odinga Street"
contact = "voices@example.org"
jurisdiction = "Kenya"
"""
MADE = ("campaign", "create", "Voices", "--currency", "KES", "--rate", "450")


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path / "house")
    made.init()
    return made


def test_a_campaign_is_made_set_shown_and_published(terminal: Terminal) -> None:
    made = terminal.ok(*MADE, "--sample", "--json").json
    assert made["slug"] == "voices"
    assert made["campaign"]["anonymise"] == {"voice": "mcadams"}
    assert len(made["cells"]) == 4
    changed = terminal.ok(
        "campaign", "set", "voices", "--law-pack", "ke", "--hide", "none", "--json"
    ).json
    assert changed["campaign"]["law_pack"] == "ke"
    assert changed["campaign"]["anonymise"] == {}
    shown = terminal.ok("campaign", "show", "voices").out
    assert "hidden: nothing" in shown
    assert "No notice is published yet" in shown
    put = terminal.ok("campaign", "cells", "voices", terminal.file("cells.txt", CELLS)).out
    assert "1,200" in put
    assert "Old" in terminal.ok("campaign", "cells", "voices").out
    offer = terminal.file("offer.toml", OFFER)
    assert "KE and UG" in terminal.ok("campaign", "notice", "voices", offer).out
    assert terminal.ok("campaign", "show", "voices", "--json").json["notice"] is None
    published = terminal.ok("campaign", "notice", "voices", offer, "--publish", "--json").json
    assert published["version"] == 1
    picture = terminal.ok("campaign", "coverage", "voices").out
    assert "Ask next: On a phone, then Old." in picture
    assert terminal.ok("campaign", "coverage", "voices", "--json").json["people"] is None


def test_what_cannot_be_is_said_with_its_place(terminal: Terminal) -> None:
    terminal.ok(*MADE)
    assert (
        "Line 1"
        in terminal.run(
            "campaign", "cells", "voices", terminal.file("cells.txt", "Everybody\n")
        ).err
    )
    refused = terminal.run("campaign", "set", "voices", "--law-pack", "mars")
    assert refused.code == 2
    assert "eu, ke, us-il" in refused.err
    assert "as 1" in terminal.run("campaign", "set", "voices", "--epsilon", "much").err
    bad = terminal.run("campaign", "notice", "voices", terminal.file("o.toml", "colour = 3"))
    assert "is no offer" in bad.err
    lacking = terminal.file("o.toml", '[controller]\nname = "Carmen"\n')
    assert "controller.address" in terminal.run("campaign", "notice", "voices", lacking).err
    terminal.project()
    assert "is no campaign" in terminal.ok("campaign", "show", "moods").out
    assert "is no campaign" in terminal.run("campaign", "coverage", "moods").err
    assert "no campaign" in terminal.run(*MADE, "--template", "boxes").err


def test_law_packs_are_listed_with_their_sources() -> None:
    said = run("campaign", "laws")
    assert "740 ILCS 14/15(a)" in said.out
    packs = run("campaign", "laws", "--json").json["law_packs"]
    assert {one["name"] for one in packs} == {"eu", "ke", "us-il"}
