"""The owner's campaign page, the picture of coverage, and their API and SDK."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from fairhand.client import Client, FairhandError
from fairhand.storage.database import Database
from tests.web.campaigns import CONTROLLER, give_much, make_campaign
from tests.web.world import TestClient, World, make_world

FORM = {
    "modalities": "voice",
    "hide_voice": "mcadams",
    "check_language": "sw",
    "law_pack": "ke",
    "retention_days": "400",
    "least_age": "18",
    "smallest_cell": "10",
    "needed": "training",
    "extras": "evaluation",
    "longest_days": "365",
    "territories": "worldwide",
    **{f"controller_{name}": value for name, value in CONTROLLER.items()},
}


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> World:
    return make_world(sqlite_db, tmp_path, tasks=2)


@pytest.fixture
def carmen(world: World) -> TestClient:
    return world.client("Carmen")


def test_a_template_becomes_a_campaign_and_its_words_are_published(
    world: World, carmen: TestClient
) -> None:
    project = make_campaign(world, carmen)
    path = f"/projects/{project}/campaign"
    page = carmen.get(path).text
    assert "Nobody can join yet" in page
    assert "What is kept, and how long" in page
    assert f"/projects/{project}/coverage" in carmen.get(f"/projects/{project}").text
    seen = carmen.post(path, data=world.form(carmen, **FORM, do="preview"))
    assert seen.status_code == 200
    assert "What people would read" in seen.text
    assert "12 Oginga Odinga Street" in seen.text
    assert "Nobody can join yet" in carmen.get(path).text
    done = carmen.post(path, data=world.form(carmen, **FORM, do="publish"))
    assert done.status_code == 303
    page = carmen.get(path).text
    assert "Notice 1 is in force" in page
    assert 'value="ke" selected' in page
    assert "12 Oginga Odinga Street" in page
    policy = world.client().get(f"/campaigns/{project}/biometrics")
    assert policy.status_code == 200
    assert "365 days after the person was last here" in policy.text
    assert "Voices of Kisumu" in policy.text


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    world: World, carmen: TestClient
) -> None:
    project = make_campaign(world, carmen)
    wrong = FORM | {"retention_days": "ten", "royalty": "Half of it."}
    seen = carmen.post(f"/projects/{project}/campaign", data=world.form(carmen, **wrong, do="save"))
    assert seen.status_code == 422
    assert 'id="retention_days-wrong"' in seen.text
    assert "Half of it." in seen.text
    wrong = FORM | {"controller_address": "", "territories": "Kenia"}
    seen = carmen.post(
        f"/projects/{project}/campaign", data=world.form(carmen, **wrong, do="publish")
    )
    assert seen.status_code == 422
    assert 'id="controller_address-wrong"' in seen.text
    assert 'id="territories-wrong"' in seen.text
    assert "Nobody can join yet" in carmen.get(f"/projects/{project}/campaign").text
    assert world.client().get(f"/campaigns/{project}/biometrics").status_code == 404


def test_an_ordinary_project_says_what_it_lacks(world: World, carmen: TestClient) -> None:
    page = carmen.get(f"/projects/{world.project}/campaign")
    assert page.status_code == 200
    assert "No question of this project asks for anything" in page.text
    assert carmen.get(f"/projects/{world.project}/coverage").status_code == 404
    assert "/campaign" not in carmen.get(f"/projects/{world.project}").text


def test_coverage_is_a_picture_that_hides_the_few(world: World, carmen: TestClient) -> None:
    project = make_campaign(world, carmen)
    give_much(world, project)
    page = carmen.get(f"/projects/{project}/coverage").text
    assert "180 of 300" in page  # 31 people, 186 contributions, rounded down
    assert "Ask next" in page
    lines = "Old: age_band=65+: 40\nYoung: age_band=18-24: 20"
    put = carmen.post(f"/projects/{project}/coverage", data=world.form(carmen, cells=lines))
    assert put.status_code == 303
    page = carmen.get(f"/projects/{project}/coverage").text
    assert "30 of 40" in page
    assert '<span class="chip">hidden</span> <span class="small">of 20</span>' in page
    bad = carmen.post(f"/projects/{project}/coverage", data=world.form(carmen, cells="Old people"))
    assert bad.status_code == 422
    assert "Line 1" in bad.text
    assert "Old people" in bad.text


def test_reviewers_and_auditors_see_the_picture_and_change_nothing(
    world: World, carmen: TestClient
) -> None:
    project = make_campaign(world, carmen)
    give_much(world, project)
    farid = world.client("Farid")
    page = farid.get(f"/projects/{project}/coverage")
    assert page.status_code == 200
    assert "One group a line" not in page.text
    assert f'href="/projects/{project}/campaign"' not in page.text
    assert f'href="/projects/{project}/intake"' in page.text
    assert farid.get(f"/projects/{project}/campaign").status_code == 403
    sent = farid.post(f"/projects/{project}/coverage", data=world.form(farid, cells=""))
    assert sent.status_code == 403
    assert world.client("Dmitri").get(f"/projects/{project}/coverage").status_code == 403


def sdk(world: World, who: str, scope: str) -> Client:
    """The SDK over the app in this process."""
    wire = world.client()

    def answer(request: httpx.Request) -> httpx.Response:
        sent: Any = wire.request(
            request.method,
            request.url.raw_path.decode(),
            content=request.content,
            headers=dict(request.headers),
        )
        return httpx.Response(sent.status_code, content=sent.content, headers=dict(sent.headers))

    return Client(
        "http://test", world.token(who, scope), transport=httpx.MockTransport(answer), retries=0
    )


def test_everything_goes_through_the_sdk_too(world: World, carmen: TestClient) -> None:
    project = make_campaign(world, carmen)
    owner = sdk(world, "Carmen", "manage").campaigns
    changed = owner.set(project, law_pack="us-il", retention_days=365)
    assert changed["campaign"]["law_pack"] == "us-il"
    assert changed["campaign"]["modalities"] == ["voice"]
    kept = owner.set_cells(
        project, [{"name": "Luo", "attributes": {"language": "luo"}, "target": 60}]
    )
    assert kept == [{"name": "Luo", "attributes": {"language": "luo"}, "target": 60}]
    shown = owner.preview_notice(project, controller=CONTROLLER, extras=["biometric_id"])
    assert shown["version"] is None
    assert shown["terms"]["biometrics"]["destroyed_after_days"] == 1_095
    assert owner.show(project)["notice"] is None
    assert owner.publish_notice(project, controller=CONTROLLER)["version"] == 1
    assert owner.show(project)["notice"]["version"] == 1
    give_much(world, project)
    picture = owner.coverage(project)
    assert picture["people"] == 70
    assert picture["cells"][0]["reached"] == 30
    assert picture["cells"][0]["clean_at_first"]["value"] == 0.0
    assert {one["name"] for one in owner.law_packs()} == {"eu", "us-il", "ke"}
    with pytest.raises(FairhandError) as refused:
        owner.set(project, modalities=["biometric_template"])
    assert refused.value.status == 422


def test_people_say_of_themselves_what_they_like(world: World, carmen: TestClient) -> None:
    project = make_campaign(world, carmen)
    amina = sdk(world, "Amina", "work").campaigns
    assert amina.profile(project)["language"] == ""
    assert amina.say_profile(project, language="luo", age_band="25-34")["language"] == "luo"
    assert amina.profile(project)["age_band"] == "25-34"
    assert amina.say_profile(project)["language"] == ""
    with pytest.raises(FairhandError):
        amina.say_profile(project, age_band="old")
    with pytest.raises(FairhandError):
        amina.say_profile(world.project, language="luo")
