"""`fairhand exports` talks to a server from any machine, and says what it refuses."""

from __future__ import annotations

import pytest

from tests.interop.test_label_studio_sdk import served
from tests.stories.terminal import run
from tests.web.world import World


def test_exports_are_listed_and_refusals_are_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRHAND_TOKEN", world.token("Carmen", "manage"))
    slug = world.cast.rows("SELECT slug FROM project ORDER BY id")[0][0]
    with served(world) as url:
        there = ("--server", url, "--json")
        assert run("exports", "list", slug, *there).json == {"exports": []}
        wrong = run("exports", "make", slug, "-f", "stone-tablet", *there)
        assert wrong.code != 0
        assert "stone-tablet" in wrong.err
        assert slug in run("exports", "list", "nothing-here", *there).err
