"""`fairhand webhook`: added, listed, changed and tried from a terminal."""

from __future__ import annotations

import pytest

from tests.small_servers import Answer, serving
from tests.stories.terminal import Terminal

__all__ = ["terminal"]


@pytest.fixture
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    made = Terminal(tmp_path_factory.mktemp("hooks") / "house")
    made.init()
    return made


def test_the_whole_life_of_a_webhook(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda asked: Answer(None, 200)) as server:
        monkeypatch.setenv("FAIRHAND_BACKEND_HOSTS", f'["{server.place}"]')
        made = terminal.ok("webhook", "add", server.url, "--event", "release.*", "--json").json
        assert made["secret"].startswith("whsec_")
        assert terminal.ok("webhook", "test", "1", "--json").json["ok"]
    assert terminal.run("webhook", "test", "1").code == 1
    terminal.ok("webhook", "pause", "1")
    (one,) = terminal.ok("webhook", "list", "--json").json["webhooks"]
    assert (one["state"], one["events"]) == ("paused", ["release.*"])
    terminal.ok("webhook", "resume", "1")
    fresh = terminal.ok("webhook", "rotate-secret", "1", "--json").json["secret"]
    assert fresh != made["secret"]
    assert "Nothing is on its way" in terminal.ok("webhook", "deliveries", "1").out
    assert terminal.run("webhook", "resend", "1", "7").code != 0
    terminal.ok("webhook", "remove", "1")
    assert "ended" in terminal.ok("webhook", "list").out
    assert "no kind" in terminal.run("webhook", "add", "https://a.example", "--event", "x").err
