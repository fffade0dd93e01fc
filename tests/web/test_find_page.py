"""The page on which somebody asks whether a file is theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhand.people.likeness.rules import LOOK_UPS_A_DAY
from tests.stories.likeness_world import AMINA, Lent, lend, picture, recoded, speech
from tests.web.world import TestClient, World

PAGE = "/given/find"


@pytest.fixture
def lent(world: World, tmp_path: Path) -> Lent:
    made = lend(world.house.db, world.cast.carmen, world.project, tmp_path, world.cast.clock.now)
    made.blobs, made.vault = world.house.blobs, world.house.vault
    return made


def send(world: World, client: TestClient, content: bytes, text: str = "") -> str:
    files = {"file": ("found.jpg", content)} if content else None
    answer = client.post(PAGE, data=world.form(client, text=text), files=files)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_copy_is_shown_with_who_has_it_and_what_to_do(world: World, lent: Lent) -> None:
    amina = world.client("Amina")
    given = lent.give(world.people["Amina"], picture(1, 120), "image/jpeg")
    lent.release([given], lent.license("Acme & Sons Vision"))
    lent.publish()

    page = send(world, amina, recoded(picture(1, 120)))

    assert "A copy of what you gave" in page
    assert "<strong>Acme &amp; Sons Vision</strong>, under a licence until" in page
    assert "What you can do" in page


def test_no_copy_is_said_without_promising_more(world: World, lent: Lent) -> None:
    amina = world.client("Amina")
    lent.give(world.people["Amina"], picture(1, 120), "image/jpeg")

    page = send(world, amina, picture(2, 120))

    assert "No copy was found" in page
    assert "compared with 1 pictures that you gave" in page
    assert "no proof" in page


def test_a_text_needs_no_file(world: World, lent: Lent) -> None:
    words = "The quick brown fox jumps over a lazy dog and then it sleeps until noon."
    lent.give(world.people["Amina"], words.encode(), "text/plain")

    assert "A copy of what you gave" in send(world, world.client("Amina"), b"", f"  {words} ")


def test_what_is_wrong_stands_beside_the_field(world: World, lent: Lent) -> None:
    amina = world.client("Amina")

    nothing = amina.post(PAGE, data=world.form(amina))
    film = amina.post(
        PAGE, data=world.form(amina), files={"file": ("film.webm", b"\x1aE\xdf\xa3\xff\xfe")}
    )

    assert nothing.status_code == film.status_code == 422
    assert "Choose a file, or put a text into the field." in nothing.text
    assert 'id="file-wrong"' in film.text


def test_the_limit_is_said_and_kept(world: World, lent: Lent) -> None:
    amina = world.client("Amina")
    for _ in range(LOOK_UPS_A_DAY):
        send(world, amina, b"", "Eight words are needed for a text here today.")

    refused = amina.post(PAGE, data=world.form(amina, text="One more of them."))

    assert refused.status_code == 409
    assert "go on tomorrow" in refused.text
    assert ": 0 are left" in refused.text


def test_a_voiceprint_is_offered_made_and_destroyed_by_a_button_each(
    world: World, lent: Lent
) -> None:
    amina, who = world.client("Amina"), world.people["Amina"]
    assert "You permitted it nowhere" in amina.get(PAGE).text
    grant = lent.permit(who, "voice", "training", "biometric_id")
    for number in range(4):
        lent.give(who, speech(*AMINA, seed=number), "audio/wav", grant)
    assert "Make one from my recordings there" in amina.get(PAGE).text

    made = amina.post("/given/voiceprints", data=world.form(amina, project=str(world.project)))
    assert made.headers["location"].startswith(PAGE)
    shown = amina.get(PAGE).text
    assert "Destroy it now" in shown
    assert "Make one from my recordings there" not in shown

    listed = amina.get("/api/v1/me/voiceprints").json()
    number = listed["voiceprints"][0]["id"]
    gone = amina.post(f"/given/voiceprints/{number}/destroy", data=world.form(amina))
    assert gone.status_code == 303
    assert "You destroyed it." in amina.get(PAGE).text


def test_without_the_agreement_the_button_is_refused_in_words(world: World, lent: Lent) -> None:
    amina = world.client("Amina")
    lent.permit(world.people["Amina"], "voice", "training")

    refused = amina.post("/given/voiceprints", data=world.form(amina, project=str(world.project)))

    assert refused.status_code == 403
    assert "did not permit being recognised" in refused.text


def test_nobody_destroys_anothers_voiceprint(world: World, lent: Lent) -> None:
    esi, who = world.client("Esi"), world.people["Amina"]
    grant = lent.permit(who, "voice", "biometric_id")
    for number in range(4):
        lent.give(who, speech(*AMINA, seed=number), "audio/wav", grant)
    amina = world.client("Amina")
    made = amina.post("/api/v1/me/voiceprints", json={"project_id": world.project}).json()

    assert esi.delete(f"/api/v1/me/voiceprints/{made['id']}").status_code == 404
    assert esi.get("/api/v1/me/voiceprints").json()["voiceprints"] == []
    assert amina.delete(f"/api/v1/me/voiceprints/{made['id']}").status_code == 200


def test_a_script_may_look_up_for_its_own_person(world: World, lent: Lent) -> None:
    given = lent.give(world.people["Amina"], picture(1, 120), "image/jpeg")
    script = world.bearer(world.token("Amina", "work"))

    found = script.post("/api/v1/me/look-up", files={"file": ("a.jpg", picture(1, 120))})

    assert found.status_code == 200, found.text
    assert found.json()["copies"][0]["contribution_id"] == given
    assert found.json()["copies"][0]["same_file"] is True
    assert found.json()["look_ups_left_today"] == LOOK_UPS_A_DAY - 1
