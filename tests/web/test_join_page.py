"""A campaign is read, understood, decided on purpose by purpose, or refused; all by plain forms."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from fairhand.core.clock import DAY_MS
from fairhand.formats.consent_record import receipt_issues
from fairhand.people.consent.grant_store import living_grant
from fairhand.storage.database import Database
from tests.web.lent import RIGHT, WRONG, Lent
from tests.web.world import World, make_world


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> World:
    return make_world(sqlite_db, tmp_path, tasks=2)


@pytest.fixture
def lent(world: World) -> Lent:
    return Lent(world)


def test_home_leads_to_the_notice_and_a_wrong_answer_is_explained(lent: Lent) -> None:
    home = lent.amina.get("/").text
    assert f'href="{lent.path}"' in home
    assert f'action="/projects/{lent.project}/join"' not in home
    page = lent.amina.get(lent.path)
    assert page.status_code == 200
    assert "Sauti Lab" in page.text
    assert "Is it clear?" in page.text
    assert 'name="tick"' not in page.text
    tried = lent.send("/understand", **WRONG)
    assert tried.status_code == 200
    assert "Extras are yours to give or keep" in tried.text
    assert 'name="tick"' not in tried.text
    for _ in range(30):
        lent.send("/understand", **WRONG)
    assert lent.send("/understand", **RIGHT).status_code == 303


def test_nothing_is_ticked_at_first_and_saying_no_stands_beside_saying_yes(lent: Lent) -> None:
    lent.send("/understand", **RIGHT)
    page = lent.amina.get(lent.path).text
    boxes = re.findall(r'<input type="checkbox" name="tick"[^>]*>', page)
    assert len(boxes) == 4
    assert not any("checked" in one for one in boxes)
    yes, no = re.findall(r'<button class="([^"]*)"[^>]*>(?:I permit|No, I do not)', page)
    assert yes == no


def test_joining_gives_grants_a_receipt_and_work(lent: Lent) -> None:
    grant = lent.join("training", "evaluation", language="sw", device="phone")
    assert set(grant.purposes) == {"training", "evaluation"}
    assert grant.ends_at - grant.starts_at == 365 * DAY_MS
    page = lent.amina.get(lent.path).text
    assert "You take part" in page
    assert f"/work/{lent.project}" in page
    assert lent.amina.get(f"/work/{lent.project}").status_code == 200
    path = f"/given/grants/{grant.id}/receipt"
    receipt = lent.amina.get(path).text
    assert "Measure how good models are" in receipt
    assert grant.uid in receipt
    written = lent.amina.get(f"{path}.json")
    assert written.headers["content-type"] == "application/ld+json"
    assert receipt_issues(written.json()) == []
    assert lent.amina.get(f"{path}.pdf").content.startswith(b"%PDF")
    assert lent.world.client("Bao").get(path).status_code == 404


def test_what_the_campaign_cannot_do_without_is_asked_for_in_words(lent: Lent) -> None:
    lent.send("/understand", **RIGHT)
    sent = lent.send("", tick="voice.evaluation", days="90", territory="KE", region="Kisumu")
    assert sent.status_code == 422
    assert "cannot do without “Train models that recognise" in sent.text
    assert re.search(r'value="voice.evaluation" checked', sent.text)
    assert 'value="Kisumu"' in sent.text
    assert 'value="90" selected' in sent.text
    assert lent.grants() == []
    assert lent.send("", tick="voice.training", days="soon").status_code == 422
    assert lent.send("", tick="voice.training", days="90", territory="Kenya").status_code == 422
    assert lent.send("", tick="face.training", days="90").status_code == 422


def test_a_notice_that_changes_meanwhile_loses_nothing_that_was_ticked(lent: Lent) -> None:
    lent.send("/understand", **RIGHT)
    old = str(lent.notice_id())
    lent.publish(retention_days=900)
    said = {"tick": ["voice.training", "voice.evaluation"], "days": "90", "region": "Kisumu"}
    late = lent.send("", notice_id=old, **said)
    assert late.status_code == 409
    assert "The notice changed" in late.text
    assert 'name="tick" value="voice.training,voice.evaluation"' in late.text
    assert lent.grants() == []
    kept = said | {"tick": "voice.training,voice.evaluation"}
    again = lent.send("/understand", **RIGHT, **kept)
    assert again.status_code == 200
    assert len(re.findall(r'name="tick" value="[^"]*" checked', again.text)) == 2
    assert 'value="Kisumu"' in again.text
    assert lent.send("", **said).status_code == 303


def test_who_takes_part_keeps_what_they_agreed_to_when_the_notice_changes(lent: Lent) -> None:
    grant = lent.join()
    assert "What you agreed to is written here" in lent.amina.get(lent.path).text
    lent.publish(retention_days=900)
    page = lent.amina.get(lent.path).text
    assert "What you permit stays as you agreed to it" in page
    assert "What you agreed to is written here" not in page
    (same,) = lent.grants()
    assert (same.notice_id, same.withdrawn_at) == (grant.notice_id, None)
    receipt = lent.amina.get(f"/given/grants/{grant.id}/receipt").text
    assert "version 1 in en" in receipt


def test_an_expired_notice_is_agreed_to_by_nobody(lent: Lent) -> None:
    lent.publish(expires_in=DAY_MS)
    lent.send("/understand", **RIGHT)
    lent.world.cast.clock.advance(DAY_MS)
    late = lent.send("", tick="voice.training", days="90")
    assert late.status_code == 409
    assert "expired" in late.text
    assert 'name="answer_0"' not in lent.amina.get(lent.path).text


def test_somebody_below_18_takes_part_only_with_a_guardian(world: World) -> None:
    lent = Lent(world, least_age=16)
    lent.send("/understand", **RIGHT)
    said = {"tick": "voice.training", "days": "90", "is_minor": "yes"}
    alone = lent.send("", **said, guardian_name="Bao")
    assert alone.status_code == 403
    assert "parent or guardian" in alone.text
    assert 'id="guardian_relation-wrong"' in alone.text
    with_them = {"guardian_name": "Bao", "guardian_relation": "father", "guardian_contact": "b@x.y"}
    assert lent.send("", **said, **with_them).status_code == 303
    grant = lent.grants()[0]
    assert grant.is_minor
    assert grant.guardian is not None
    assert grant.guardian["name"] == "Bao"


def test_a_campaign_of_adults_takes_nobody_below_18(lent: Lent) -> None:
    lent.send("/understand", **RIGHT)
    sent = lent.send("", tick="voice.training", days="90", age_band="under_18")
    assert sent.status_code == 403
    assert "18 and older" in sent.text


def test_who_says_no_is_not_asked_again_and_keeps_other_work(lent: Lent) -> None:
    assert lent.send("/refuse").status_code == 303
    home = lent.amina.get("/").text
    assert "You said no, and nothing followed from it" in home
    assert "Read and decide" not in home
    assert lent.amina.get(f"/work/{lent.world.project}").status_code == 200
    assert lent.world.next_task(lent.amina)["task_id"]
    assert "change your mind" in lent.amina.get(lent.path).text
    lent.join()
    assert lent.send("/refuse").status_code == 409


def test_each_purpose_ends_with_one_button_and_at_once(lent: Lent) -> None:
    grant = lent.join("training", "evaluation")
    page = lent.amina.get("/given").text
    assert page.count(f'action="/given/grants/{grant.id}/end"') == 3
    data = lent.world.form(lent.amina, purpose="evaluation")
    assert lent.amina.post(f"/given/grants/{grant.id}/end", data=data).status_code == 303
    now = lent.world.cast.clock.now
    with lent.world.house.db.read() as connection:
        living = living_grant(connection, grant.person_id, lent.project, "voice", now)
    assert living is not None
    assert living.purposes["evaluation"] == now
    assert living.purposes["training"] is None
    again = lent.amina.post(f"/given/grants/{grant.id}/end", data=data)
    assert again.status_code == 409
    other = lent.world.client("Bao")
    theirs = other.post(f"/given/grants/{grant.id}/end", data=lent.world.form(other))
    assert theirs.status_code == 404
    whole = lent.world.form(lent.amina)
    assert lent.amina.post(f"/given/grants/{grant.id}/end", data=whole).status_code == 303
    assert lent.grants()[0].withdrawn_at == now
    assert "You permit nothing just now" in lent.amina.get("/given").text
    written = lent.amina.get(f"/given/grants/{grant.id}/receipt.json").json()
    events = written["dpv:hasRecordOfActivity"]["fairhand:events"]
    assert [one["dpv:hasConsentStatus"] for one in events][-1] == "dpv:ConsentWithdrawn"


def test_a_campaign_without_a_notice_is_offered_to_nobody(world: World) -> None:
    from tests.web.campaigns import make_campaign

    project = make_campaign(world, world.client("Carmen"))
    assert f"/campaigns/{project}" not in unquote(world.client("Amina").get("/").text)
    assert world.client("Carmen").get(f"/campaigns/{project}").status_code == 404
