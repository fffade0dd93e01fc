"""Everybody reads what they agree to, and what went wrong, in their own language."""

from __future__ import annotations

import html
import re

import pytest

from fairhand.core.ids import sha256_hex
from fairhand.core.words import words_for
from fairhand.people.accounts import store as accounts
from fairhand.people.wellbeing.disclosure import words_for_tier
from tests.web.world import TestClient, World


def speak(world: World, who: str, language: str) -> TestClient:
    world.cast.change(
        "UPDATE person SET locale = :language WHERE id = :person",
        language=language,
        person=world.people[who],
    )
    return world.client(who)


def offered(world: World) -> None:
    with world.house.db.write() as connection:
        accounts.add_role(
            connection, world.people["Dmitri"], "contributor", world.project, world.cast.clock.now
        )


def sent_hash(page: str) -> str:
    (found,) = re.findall(r'name="notice_sha256" value="(\w+)"', page)
    return str(found)


@pytest.mark.parametrize(
    ("language", "begins", "pay"),
    [
        ("sw", "Unaombwa kufanya kazi kwenye", "kwa kila saa"),
        ("de", "Du wirst gebeten", "für jede Stunde"),
    ],
)
def test_an_offer_is_agreed_to_in_the_words_that_were_read(
    world: World, language: str, begins: str, pay: str
) -> None:
    offered(world)
    dmitri = speak(world, "Dmitri", language)
    page = dmitri.get("/").text
    assert f'<html lang="{language}"' in page
    assert begins in page
    assert pay in page
    form = world.form(dmitri, notice_sha256=sent_hash(page))
    assert dmitri.post(f"/projects/{world.project}/join", data=form).status_code == 303
    ((notice, locale),) = world.cast.rows(
        "SELECT notice, locale FROM consent_grant WHERE person_id = :person",
        person=world.people["Dmitri"],
    )
    assert (begins in notice, locale) == (True, language)


def test_a_program_may_agree_to_the_english_words(world: World) -> None:
    offered(world)
    english = sent_hash(world.client("Dmitri").get("/").text)
    dmitri = speak(world, "Dmitri", "sw")
    assert sent_hash(dmitri.get("/").text) != english
    form = world.form(dmitri, notice_sha256=english)
    assert dmitri.post(f"/projects/{world.project}/join", data=form).status_code == 303
    rows = world.cast.rows(
        "SELECT locale FROM consent_grant WHERE person_id = :person", person=world.people["Dmitri"]
    )
    assert rows == [("en",)]


def test_words_of_another_language_are_not_agreed_to(world: World) -> None:
    offered(world)
    french = sent_hash(speak(world, "Dmitri", "fr").get("/").text)
    dmitri = speak(world, "Dmitri", "sw")
    form = world.form(dmitri, notice_sha256=french)
    assert dmitri.post(f"/projects/{world.project}/join", data=form).status_code == 409


@pytest.mark.parametrize(
    ("asked", "language", "says"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de", "Anmelden"),
        ("pt-BR, sw;q=0.8, en;q=0.9;x", "sw", "Ingia"),
        ("en;q=0.1, fr", "fr", "Se connecter"),
        ("tlh, *;q=many", "en", "Sign in"),
        ("", "en", "Sign in"),
    ],
)
def test_whoever_is_not_signed_in_reads_their_browsers_language(
    world: World, asked: str, language: str, says: str
) -> None:
    page = world.client().get("/sign-in", headers={"Accept-Language": asked})
    assert f'<html lang="{language}"' in page.text
    assert f"<h1>{says}</h1>" in page.text


def test_a_page_that_is_not_there_says_so_in_the_readers_language(world: World) -> None:
    asked = {"Accept": "text/html", "Accept-Language": "es"}
    page = world.client().get("/nothing", headers=asked)
    assert page.status_code == 404
    assert "<h1>No encontrado</h1>" in page.text
    assert "No hay nada en esta dirección." in page.text


def test_a_closed_door_says_so_in_the_persons_language_whatever_the_browser(world: World) -> None:
    amina = speak(world, "Amina", "sw")
    asked = {"Accept": "text/html", "Accept-Language": "de"}
    page = amina.get("/pay", headers=asked)
    assert page.status_code == 403
    assert '<html lang="sw"' in page.text
    assert "Akaunti yako hairuhusiwi kufanya hivi hapa." in page.text


def test_what_is_said_in_english_only_says_that_it_is_english(world: World) -> None:
    amina = speak(world, "Amina", "sw")
    said = {"display_name": "Amina", "country": "ke", "hours_from": "8", "hours_to": ""}
    page = amina.post("/account", data=world.form(amina, **said, email="not an address")).text
    assert "Taja saa kama 08:30." in page
    form = world.form(amina, display_name="Amina", country="ZZ")
    page = html.unescape(amina.post("/account", data=form).text)
    assert '<span lang="en">ZZ is not a country' in page


def test_hard_content_is_agreed_to_in_ones_own_language(world: World) -> None:
    german = words_for_tier(1, words_for("de"))
    assert german.startswith("Stufe 1 von 3.")
    amina = speak(world, "Amina", "de")
    form = world.form(amina, disclosure_sha256=sha256_hex(german.encode()))
    assert amina.post("/wellbeing/tiers/1", data=form).status_code == 303
    (kept,) = world.cast.rows("SELECT disclosure, locale FROM tier_consent")
    assert kept == (german, "de")
