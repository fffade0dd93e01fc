"""The pages of licences: in public, for whoever holds one, and for the owner."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from fairhand.people.accounts import store as accounts
from fairhand.people.consent import grant_store as grants
from fairhand.storage.database import Connection
from fairhand.storage.tables.campaigns import contribution
from fairhand.web.licences.spam import AN_HOUR
from fairhand.work.projects import store as projects
from tests.stories.campaign_world import CampaignWorld, first_task
from tests.web.campaigns import CONTROLLER, make_campaign
from tests.web.world import TestClient, World

WORDS = "To teach a small model to hear digits in Swahili."
ASKED = {
    "name": "Sauti AI",
    "contact": "data@sauti.example",
    "country": "de",
    "website": "",
    "purposes": ["training", "evaluation"],
    "territory": "ke, DE",
    "term_days": "30",
    "words": WORDS,
}


@pytest.fixture
def carmen(world: World) -> TestClient:
    return world.client("Carmen")


@pytest.fixture
def project(world: World, carmen: TestClient) -> int:
    """A listed campaign to which nobody gave anything yet."""
    made = make_campaign(world, carmen)
    offer = {"controller": CONTROLLER, "extras": ["evaluation", "raw_release"]}
    sent = carmen.post(f"/api/v1/projects/{made}/campaign/notice", json=offer)
    assert sent.status_code == 201, sent.text
    prices = {"price_training": "0.05", "price_evaluation": "0.01", "is_listed": "yes"}
    saved = carmen.post(f"/projects/{made}/licences/prices", data=world.form(carmen, **prices))
    assert saved.status_code == 303, saved.text
    return made


def test_the_public_page_says_what_is_there_and_nothing_of_few_people(
    world: World, carmen: TestClient, project: int
) -> None:
    page = world.client().get("/data")
    assert page.status_code == 200
    assert f"/data/{project}" in page.text
    asked = f"/data/{project}?purposes=training&territory=KE&term_days=30"
    assert "Fewer than 10 people permit this" in world.client().get(asked).text
    assert world.client().get(f"/data/{world.project}").status_code == 404
    wrong = world.client().get(f"/data/{project}?purposes=cloning&term_days=9")
    assert wrong.status_code == 422
    assert "is no purpose" in wrong.text


def ask(world: World, project: int, **changes: object) -> str:
    sent = world.client().post(f"/data/{project}", data={**ASKED, **changes})
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"])


def test_somebody_asks_is_declined_with_a_reason_and_reads_it(
    world: World, carmen: TestClient, project: int
) -> None:
    place = ask(world, project)
    assert re.fullmatch(r"/data/requests/[\w-]{43}", place)
    page = world.client().get(place)
    assert "A person decides" in page.text
    assert page.headers["cache-control"] == "no-store"
    office = carmen.get(f"/projects/{project}/licences")
    assert WORDS in office.text
    (number,) = re.findall(rf"/projects/{project}/licences/(\d+)\"", office.text)[:1]
    few = carmen.post(
        f"/projects/{project}/licences/{number}",
        data=world.form(carmen, do="grant", price="0"),
    )
    assert few.status_code == 409
    assert "Fewer than 10 people" in few.text
    refused = world.form(carmen, do="decline", why="We license to hospitals only.")
    done = carmen.post(f"/projects/{project}/licences/{number}", data=refused)
    assert done.status_code == 303
    assert "We license to hospitals only." in world.client().get(place).text


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    world: World, carmen: TestClient, project: int
) -> None:
    typed = {**ASKED, "country": "Germany", "words": "AI", "term_days": "0"}
    sent = world.client().post(f"/data/{project}", data=typed)
    assert sent.status_code == 422
    for name in ("country", "words", "term_days"):
        assert f'id="{name}-wrong"' in sent.text
    assert 'value="Sauti AI"' in sent.text


def test_one_address_cannot_fill_the_office(world: World, carmen: TestClient, project: int) -> None:
    for _ in range(AN_HOUR):
        ask(world, project)
    more = world.client().post(f"/data/{project}", data=ASKED)
    assert more.status_code == 429
    assert "again later" in more.text


def test_a_licence_is_granted_and_its_holder_sees_it(
    world: World, carmen: TestClient, project: int
) -> None:
    terms = {"smallest_cell": 2}
    assert carmen.put(f"/api/v1/projects/{project}/campaign", json=terms).status_code == 200
    lend(world, project, "Amina", "Bao")
    place = ask(world, project)
    assert "At least 2 items of 2 people" in world.client().get(f"/data/{project}").text
    office = carmen.get(f"/projects/{project}/licences").text
    (number,) = re.findall(rf"/projects/{project}/licences/(\d+)\"", office)[:1]
    path = f"/projects/{project}/licences/{number}"
    assert carmen.post(path, data=world.form(carmen, do="grant")).status_code == 303
    assert carmen.post(path, data=world.form(carmen, do="grant")).status_code == 409
    page = world.client().get(place)
    assert "Permitted, and nothing else" in page.text
    assert "being written" in page.text
    policy = world.client().get(f"{place}/licences/1/policy")
    assert policy.headers["content-type"].startswith("application/ld+json")
    assert policy.json()["policies"][0]["@type"] == "Agreement"
    assert world.client().get(f"{place}/licences/1/archive").status_code == 404
    (state,) = world.client().get(f"{place}/state").json()["licences"]
    assert (state["release"], state["in_force"]) == (None, True)
    said = carmen.get(f"/api/v1/projects/{project}/licences").json()
    assert [one["state"] for one in said["requests"]] == ["granted"]
    assert [one["licensee"] for one in said["licences"]] == ["Sauti AI"]
    over = carmen.post(f"/api/v1/projects/{project}/licences/{number}/decline", json={"why": "No."})
    assert over.status_code == 409
    board = world.client().get("/data/compliance")
    assert "Sauti AI" in board.text
    assert "data@sauti.example" not in board.text


def lend(world: World, project: int, *names: str) -> None:
    """Let people agree and have given something, as a row."""
    db, now = world.house.db, world.cast.clock.now
    with db.read() as connection:
        found = projects.load_project(connection, project)
    assert found is not None
    lent = CampaignWorld(db, world.people["Carmen"], found, first_task(db, project))
    for name in names:
        client = world.client(name)
        with db.write() as connection:
            accounts.add_role(connection, world.people[name], "contributor", project, now)
        at = f"/api/v1/campaigns/{project}"
        notice = client.get(f"{at}/notice").json()["notice_id"]
        client.post(f"{at}/understand", json={"notice_id": notice, "answers": [1, 0]})
        ticked = {"voice": ["training", "evaluation"]}
        said = {"notice_id": notice, "ticked": ticked, "days": 90}
        given = client.post(f"{at}/grants", json=said)
        assert given.status_code == 201, given.text
        lent.give(world.people[name], {}, now)
        with db.write() as connection:
            connection.execute(
                update(contribution)
                .where(contribution.c.person_id == world.people[name])
                .values(grant_id=living_grant(connection, world, name), open_sha256="0" * 64)
            )


def living_grant(connection: Connection, world: World, name: str) -> int:
    (given,) = grants.list_own(connection, world.people[name])
    return given.id


@pytest.mark.parametrize("token", ["none", "x" * 43, "x" * 5_000, "%00", "é"])
def test_a_secret_that_is_none_opens_nothing(world: World, token: str) -> None:
    for end in ("", "/state", "/licences/1/policy", "/licences/1/archive", "/notices/1/receipt"):
        assert world.client().get(f"/data/requests/{token}{end}").status_code == 404
    sent = world.client().post(f"/data/requests/{token}", data={"do": "answer", "number": "1"})
    assert sent.status_code in (404, 422)


def test_numbers_beyond_every_database_are_nothing(
    world: World, carmen: TestClient, project: int
) -> None:
    huge = "9" * 30
    assert world.client().get(f"/data/{huge}").status_code == 404
    place = ask(world, project)
    assert world.client().get(f"{place}/licences/{huge}/archive").status_code == 404
    odd = world.client().post(place, data={"do": "take_back", "number": huge})
    assert odd.status_code == 404
    assert world.client().post(place, data={"do": "burn"}).status_code == 422


def test_only_who_decides_may_decide(world: World, carmen: TestClient, project: int) -> None:
    ask(world, project)
    for name in ("Amina", "Dmitri"):
        client = world.client(name)
        sent = client.post(f"/projects/{project}/licences/1", data=world.form(client, do="grant"))
        assert sent.status_code == 403
        assert client.get(f"/projects/{project}/licences").status_code == 403
