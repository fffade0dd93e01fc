"""Credentials, My skills and the directory, in the browser and over the API."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from fairhand.client import Client, FairhandError
from fairhand.people.talent.badge import Shown
from fairhand.people.talent.issuer_file import read_issuer_file
from fairhand.people.talent.verify import verify_credential
from fairhand.storage.database import Database
from fairhand.use_cases.add_skill import AddSkill, add_skill
from fairhand.use_cases.issue_credential import NewCredential, issue_credential
from tests.web.world import World, make_world


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> World:
    return make_world(sqlite_db, tmp_path)


def give(world: World, who: str = "Amina") -> str:
    """Give somebody a credential; gives its id."""
    now = world.cast.clock.now
    skill = add_skill(world.house.db, AddSkill(world.cast.carmen, "Birds", "domain"), now)
    shown = Shown(right=18, asked=20, lower_permille=683, paid_ms=5_400_000)
    new = NewCredential(world.people[who], skill, "18 of 20 gold tasks.", shown=shown)
    with world.house.db.write() as connection:
        return issue_credential(connection, new, world.house.issuer, now).uid


def test_a_person_downloads_shares_and_takes_back_their_credential(world: World) -> None:
    amina, stranger = world.client("Amina"), world.client()
    assert "no credential yet" in amina.get("/credentials").text
    uid = give(world)
    address = f"/credentials/shared/{uid}"

    page = amina.get("/credentials").text
    assert "Birds" in page
    assert "68.3" in page
    file = amina.get(f"/credentials/{uid}/file")
    assert "attachment" in file.headers["content-disposition"]
    assert stranger.get(address).status_code == 404

    shared = amina.post(f"/credentials/{uid}/share", data=world.form(amina, share="yes"))
    assert shared.status_code == 303
    given = stranger.get(address)
    assert given.content == file.content
    assert given.headers["content-type"].startswith("application/vc")
    trust = read_issuer_file(stranger.get("/credentials/issuer").json())
    assert verify_credential(given.json(), trust, world.cast.clock.now).ok

    amina.post(f"/credentials/{uid}/revoke", data=world.form(amina))
    trust = read_issuer_file(stranger.get("/credentials/issuer").json())
    assert not verify_credential(given.json(), trust, world.cast.clock.now).ok
    assert stranger.get(address).status_code == 404
    assert "revoked" in amina.get("/credentials").text
    listed = given.json()["credentialStatus"]["statusListCredential"]
    assert stranger.get(listed.removeprefix(world.house.settings.base_url)).status_code == 200
    assert stranger.get("/credentials/status/9-9").status_code == 404


def test_a_credential_is_nobody_else_s_to_take_or_to_share(world: World) -> None:
    uid, bao = give(world), world.client("Bao")

    assert bao.get(f"/credentials/{uid}/file").status_code == 404
    for action in ("share", "revoke"):
        data = world.form(bao, share="yes")
        assert bao.post(f"/credentials/{uid}/{action}", data=data).status_code == 404


def test_checking_a_credential_leaves_no_trace(world: World) -> None:
    amina, stranger = world.client("Amina"), world.client()
    uid = give(world)
    amina.post(f"/credentials/{uid}/share", data=world.form(amina, share="yes"))
    count = "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM credential)"
    before = world.cast.rows(count)

    for path in (f"/credentials/shared/{uid}", "/credentials/issuer", "/credentials/status/1-1"):
        answer = stranger.get(path)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers

    assert world.cast.rows(count) == before


def test_what_somebody_enters_is_kept_and_what_is_wrong_stays_beside_its_field(
    world: World,
) -> None:
    amina, manager = world.client("Amina"), world.client("a manager")
    page = amina.get("/talent").text
    notice = page.split('name="notice_sha256" value="')[1].split('"')[0]
    said = {
        "languages": "sw native, en good",
        "domains": "birds",
        "hours_a_week": "20",
        "available_until": "2030-12-31",
        "reviewer": "yes",
        "is_listed": "yes",
        "notice_sha256": notice,
    }

    wrong = amina.post("/talent", data=world.form(amina, **said | {"hours_a_week": "ninety"}))
    assert wrong.status_code == 422
    assert "sw native, en good" in wrong.text
    assert "whole hours" in wrong.text
    assert "Nobody fits" in manager.get("/people/talent").text
    assert amina.post("/talent", data=world.form(amina, **said)).status_code == 303

    found = manager.get("/people/talent?language=sw&hours=10&role=reviewer&word=birds").text
    assert "Amina" in found
    assert "until 31 Dec 2030" in found
    assert "Amina" not in manager.get("/people/talent?language=fr").text
    assert 'value="2030-12-31"' in amina.get("/talent").text
    assert amina.get("/people/talent").status_code == 403
    amina.post("/talent/delete", data=world.form(amina))
    assert "Amina" not in manager.get("/people/talent?hours=abc&skill=-1").text


def test_pages_speak_the_reader_s_language_where_it_is_known(world: World) -> None:
    world.cast.change("UPDATE person SET locale = 'sw' WHERE display_name = 'Amina'")

    for path in ("/credentials", "/talent"):
        assert '<html lang="sw"' in world.client("Amina").get(path).text


def test_the_api_gives_the_same(world: World) -> None:
    uid = give(world)
    mine = world.bearer(world.token("Amina", "work"))
    office = world.bearer(world.token("a manager", "manage"))

    (listed,) = mine.get("/api/v1/me/credentials").json()["credentials"]
    assert (listed["id"], listed["state"], listed["skill"]) == (uid, "good", "Birds")
    body = mine.get(f"/api/v1/me/credentials/{uid}").json()
    assert body["id"] == f"urn:uuid:{uid}"
    assert mine.post(f"/api/v1/me/credentials/{uid}/share", json={"is_shared": True}).is_success
    profile = {"languages": [{"tag": "sw", "level": "native"}], "hours_a_week": 20}
    notice = mine.get("/api/v1/me/talent").json()["notice"]
    kept = mine.put(
        "/api/v1/me/talent",
        json=profile | {"is_listed": True, "notice_sha256": notice["sha256"]},
    )
    assert kept.status_code == 200, kept.text
    assert kept.json()["profile"]["hours_a_week"] == 20
    found = office.get("/api/v1/talent?language=sw&hours=5").json()
    assert [one["name"] for one in found["found"]] == ["Amina"]
    assert "email" not in json.dumps(found)
    assert office.get("/api/v1/talent?language=fr").json()["found"] == []
    why = "It was given to the wrong account."
    refused = office.post(f"/api/v1/credentials/{uid}/revoke", json={"reason": why})
    assert refused.status_code == 403
    carmen = world.client("Carmen")
    revoked = carmen.post(f"/api/v1/credentials/{uid}/revoke", json={"reason": why})
    assert revoked.status_code == 200, revoked.text
    assert mine.delete("/api/v1/me/talent").json() == {"profile": None}
    assert office.get("/api/v1/talent").json()["listed"] == 0
    added = office.get("/api/v1/skills").json()["skills"]
    assert [one["name"] for one in added] == ["Birds"]


def test_steps_are_set_in_the_office_and_stand_on_everybody_s_path(world: World) -> None:
    carmen, amina = world.client("Carmen"), world.client("Amina")
    assert "No steps have been set" in amina.get("/path").text
    step = {"role": "reviewer", "title": "Reviewer", "answers": "50", "pay": "7.5", "project": "0"}

    wrong = carmen.post("/people/path", data=world.form(carmen, **step | {"pay": "a lot"}))
    assert (wrong.status_code, "Give percent" in wrong.text) == (422, True)
    assert carmen.post("/people/path", data=world.form(carmen, **step)).status_code == 303

    page = amina.get("/path").text
    assert "7.5 % more an hour" in page
    assert "0 of 50 answers" in page
    (mine,) = amina.get("/api/v1/me/path").json()["steps"]
    assert (mine["state"], mine["pay_permille"]) == ("ahead", 75)
    assert mine["missing"] == [{"what": "answers", "have": 0, "want": 50, "skill_id": None}]
    carmen.post(f"/people/path/{mine['id']}/end", data=world.form(carmen))
    assert amina.get("/api/v1/me/path").json()["steps"] == []
    sent = {"role": "trainer", "title": "Trainer", "pay_permille": 100}
    added = carmen.post("/api/v1/career-steps", json=sent)
    assert added.status_code == 201
    ended = carmen.delete(f"/api/v1/career-steps/{added.json()['id']}")
    assert ended.json()["state"] == "ended"
    assert carmen.get("/api/v1/career-steps").json()["steps"] == []


def sdk(world: World, who: str, scope: str) -> Client:
    """The SDK, talking to the app in this process."""
    app = world.client()

    def carry(request: httpx.Request) -> httpx.Response:
        names = ("authorization", "content-type")
        headers = {name: request.headers[name] for name in names if name in request.headers}
        path = request.url.raw_path.decode()
        answer = app.request(request.method, path, content=request.content, headers=headers)
        return httpx.Response(answer.status_code, content=answer.content)

    transport = httpx.MockTransport(carry)
    return Client("http://fairhand.test", world.token(who, scope), transport=transport)


def test_the_sdk_carries_credentials_and_finds_people(world: World, tmp_path: Path) -> None:
    uid, mine = give(world), sdk(world, "Amina", "work").talent

    assert [one["id"] for one in mine.credentials()] == [uid]
    file = mine.download_credential(uid, tmp_path / "mine.json")
    assert json.loads(file.read_text())["id"] == f"urn:uuid:{uid}"
    assert mine.share_credential(uid).endswith(uid)
    kept = mine.keep(is_listed=True, languages=[{"tag": "sw", "level": "native"}])
    assert kept["profile"]["is_listed"]
    assert [one["name"] for one in mine.skills()] == ["Birds"]
    assert mine.path() == []
    office = sdk(world, "a manager", "manage").talent
    assert [one["name"] for one in office.search(language="sw")] == ["Amina"]
    mine.delete()
    assert office.search() == []
    with pytest.raises(FairhandError, match="may not"):
        mine.search()
