"""`fairhand sign-on` and the doctor: which hop fails on the way to an identity provider."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fairhand.core.clock import system_now
from fairhand.people.sign_on import store
from fairhand.storage.database import Database
from tests.identity_provider import CLIENT, SECRET, Provider, provider
from tests.small_servers import Answer
from tests.stories.terminal import Terminal

NAMES = ["settings", "discovery", "issuer", "keys", "clock", "roles"]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path / "house")
    made.init()
    return made


@pytest.fixture
def company(terminal: Terminal, tmp_path: Path) -> Iterator[Provider]:
    """A provider that the workspace's settings name."""
    with provider(lambda: system_now() // 1_000) as (made, _):
        write(tmp_path, made.url)
        yield made


def write(tmp_path: Path, issuer: str, more: str = "") -> None:
    """Write the settings as an administrator does."""
    secret = tmp_path / "house" / "keys" / "company.secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    settings = tmp_path / "house" / "fairhand.toml"
    settings.write_text(
        'public_url = "http://127.0.0.1:8000"\n\n'
        f'[sign_on.company]\nissuer = "{issuer}"\nclient_id = "{CLIENT}"\n'
        f'client_secret_file = "keys/company.secret"\n{more}'
    )


def test_the_way_is_walked_hop_by_hop(terminal: Terminal, company: Provider) -> None:
    said = terminal.ok("sign-on", "check", "company", "--json").json
    assert [one["hop"] for one in said["hops"]] == NAMES
    assert {one["state"] for one in said["hops"]} == {"ok"}
    assert said["failed"] is None
    told = terminal.ok("sign-on", "check", "company").out
    assert "http://127.0.0.1:8000/sign-on/company/callback" in told
    (one,) = terminal.ok("sign-on", "list", "--json").json["providers"]
    assert (one["name"], one["people"], one["issuer"]) == ("company", 0, company.url)
    assert SECRET not in told


def test_the_hop_that_fails_is_named(terminal: Terminal, company: Provider, tmp_path: Path) -> None:
    def failed() -> str:
        answer = terminal.run("sign-on", "check", "company", "--json")
        assert answer.code == 1
        hop = str(answer.json["failed"])
        (broken,) = [one for one in answer.json["hops"] if one["state"] == "fail"]
        assert broken["remedy"]
        return hop

    company.answers["/keys"] = Answer({"keys": []})
    assert failed() == "keys"
    company.answers.clear()
    company.document["issuer"] = "https://somebody.example.net"
    assert failed() == "issuer"
    company.answers["/.well-known/openid-configuration"] = Answer({}, 500)
    assert failed() == "discovery"
    company.answers["/.well-known/openid-configuration"] = Answer(
        company._document() | {"issuer": company.url},
        headers={"Date": "Sat, 21 Nov 2020 09:30:00 GMT"},
    )
    assert failed() == "clock"
    secret = tmp_path / "house" / "keys" / "company.secret"
    secret.chmod(0o644)
    first = terminal.run("sign-on", "check", "company", "--json").json["hops"][0]
    assert (first["state"], "chmod 600" in first["remedy"]) == ("warn", True)
    secret.unlink()
    assert failed() == "settings"
    assert "no identity provider" in terminal.run("sign-on", "check", "elsewhere").err


def test_a_project_that_there_is_not_is_said(
    terminal: Terminal, company: Provider, tmp_path: Path
) -> None:
    write(tmp_path, company.url, '[sign_on.company.roles]\nteam = ["reviewer in leaves"]\n')
    last = terminal.ok("sign-on", "check", "company", "--json").json["hops"][-1]
    assert (last["hop"], last["state"]) == ("roles", "warn")
    assert "no project leaves" in last["words"]


def test_the_doctor_looks_too(terminal: Terminal, company: Provider) -> None:
    def said() -> dict[str, str]:
        found = terminal.run("doctor", "--json").json["findings"]
        return next(one for one in found if one["name"] == "sign_on")

    assert (said()["state"], "company" in said()["words"]) == ("ok", True)
    company.answers["/keys"] = Answer({}, 500)
    assert (said()["state"], "company, keys" in said()["words"]) == ("fail", True)


def test_an_administrator_ends_a_link(terminal: Terminal, company: Provider) -> None:
    db = Database(f"sqlite:///{terminal.workspace / 'fairhand.db'}")
    with db.write() as connection:
        store.link(connection, company.url, "user-carmen", 1, system_now())
    db.close()
    (one,) = terminal.ok("sign-on", "links", "1", "--json").json["links"]
    terminal.ok("sign-on", "unlink", "1", one["key"])
    assert "there is no link" in terminal.ok("sign-on", "links", "1").out
    assert terminal.run("sign-on", "unlink", "1", one["key"]).code != 0


def test_without_a_provider_the_list_says_how_to_add_one(terminal: Terminal) -> None:
    assert "[sign_on.NAME]" in terminal.ok("sign-on", "list").out
