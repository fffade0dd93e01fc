"""A person's own pay pages: in their language, with every line's formula, and all to take home."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest

from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.read_bundle import verify_bundle
from fairhand.use_cases.seal_log import seal_log
from tests.web.test_pages import answer_tasks
from tests.web.world import TestClient, World


def close(world: World) -> None:
    """Close the period a minute later."""
    now = world.cast.clock.advance(60_000)
    assert close_pay_period(world.house.db, ClosePayPeriod(now), now).statements


def settle(world: World) -> None:
    """Amina answers, the period closes, she answers once more, the log is sealed."""
    amina = world.client("Amina")
    answer_tasks(world, amina, 3)
    close(world)
    answer_tasks(world, amina, 1)
    world.cast.clock.advance(1_000)
    seal_log(world.house.db, world.house.signer, world.cast.clock.now)


@pytest.fixture
def amina(world: World) -> TestClient:
    settle(world)
    return world.client("Amina")


def speak(world: World, locale: str) -> None:
    world.cast.change(
        "UPDATE person SET locale = :locale WHERE id = :id",
        locale=locale,
        id=world.people["Amina"],
    )


def test_the_earnings_page_shows_pay_for_an_hour_beside_the_floor_and_the_years(
    amina: TestClient,
) -> None:
    page = amina.get("/earnings")
    assert page.status_code == 200
    text = page.text.replace("\u00a0", " ")
    for wanted in (
        "Your pay for an hour so far: GBP 1",
        "Your floor: GBP 12.71",
        "Time: answering",
        "an hour",
        "ledger entries",
        "2026, GBP",
        'href="/earnings/statements/1"',
        'href="/earnings/statements/1/bundle"',
        'href="/earnings/export"',
    ):
        assert wanted in text, wanted


def test_the_first_page_says_of_this_period_what_the_earnings_page_says(
    world: World, amina: TestClient
) -> None:
    first, earnings = (amina.get(place).text.replace("\u00a0", " ") for place in ("/", "/earnings"))
    told = re.search(
        r'this period: <strong class="money">(.*?)</strong> for (.*?) of paid time', first
    )
    assert told, first
    amount, time = told.groups()
    assert re.findall(r'class="value">(.*?)<', earnings) == [amount]
    assert f"for {time} of paid time" in earnings
    close(world)
    assert "Earned in this period" not in amina.get("/").text


def test_the_statement_page_shows_each_line_with_evidence_and_a_way_to_dispute_it(
    amina: TestClient,
) -> None:
    page = amina.get("/earnings/statements/1")
    assert page.status_code == 200
    text = page.text.replace("\u00a0", " ")
    for wanted in (
        "Pay statement 1",
        "× GBP 6.00 an hour",
        "Fingerprint over them:",
        'href="/earnings/disputes/new?statement=1&amp;line=1"',
        "SI 2026/357",
        "Root of the log at",
        "Fairhand: statement 1.",
        'href="/earnings/statements/1/pdf?lang=sw"',
    ):
        assert wanted in text, wanted


def test_pages_papers_and_messages_are_in_the_persons_language(
    world: World, amina: TestClient
) -> None:
    speak(world, "sw-KE")
    earnings, statement = amina.get("/earnings").text, amina.get("/earnings/statements/1").text
    assert '<html lang="sw"' in earnings
    assert "Malipo yako kwa saa hadi sasa" in earnings
    assert "Hati ya malipo 1" in statement
    assert "Fairhand: hati 1." in statement
    assert '<html lang="en"' in amina.get("/log").text

    own = amina.get("/earnings/statements/1/pdf")
    assert own.headers["content-type"] == "application/pdf"
    assert b"/Lang (sw)" in own.content
    assert b"/Lang (de)" in amina.get("/earnings/statements/1/pdf?lang=de").content
    for_carmen = world.client("Carmen").get("/earnings/statements/1/pdf")
    assert for_carmen.content == own.content, "in the language of the person whose it is"


def test_the_bundle_from_the_page_verifies_offline(world: World, amina: TestClient) -> None:
    answer = amina.get("/earnings/statements/1/bundle")
    assert 'filename="fairhand-statement-1.bundle.json"' in answer.headers["content-disposition"]
    report = verify_bundle(answer.text, world.house.signer.verifier)
    assert report.ok, report.issues


def test_before_the_log_is_sealed_the_bundle_says_that_it_proves_nothing_yet(
    world: World,
) -> None:
    answer_tasks(world, world.client("Amina"), 1)
    close(world)
    text = world.client("Amina").get("/earnings/statements/1/bundle").text
    assert json.loads(text)["sealed"] == "not_sealed"
    report = verify_bundle(text, world.house.signer.verifier)
    assert [check.name for check in report.checks if check.state != "ok"] == ["receipt"]
    assert not report.ok


def test_nobody_else_sees_a_statement_in_any_form(world: World, amina: TestClient) -> None:
    assert amina.get("/earnings/statements/1").status_code == 200
    for name in ("Dmitri", "Bao", "Esi"):
        other = world.client(name)
        for form in ("", "/bundle", "/pdf", "/download"):
            assert other.get(f"/earnings/statements/1{form}").status_code == 404, (name, form)
    farid = world.client("Farid")
    assert farid.get("/earnings/statements/1/bundle").status_code == 200
    assert "Dispute this line" not in farid.get("/earnings/statements/1").text


def test_the_bundle_verifies_on_both_databases(world_on_both: World) -> None:
    settle(world_on_both)
    text = world_on_both.client("Amina").get("/earnings/statements/1/bundle").text
    assert verify_bundle(text, world_on_both.house.signer.verifier).ok
    assert world_on_both.client("Amina").get("/earnings").status_code == 200


def test_an_empty_earnings_page_says_how_it_begins(world: World) -> None:
    page = world.client("Dmitri").get("/earnings")
    assert page.status_code == 200
    assert "Nothing earned yet" in page.text


def test_one_chooses_ones_language_in_the_browser(world: World) -> None:
    amina = world.client("Amina")
    said = {"display_name": "Amina", "country": "GB"}
    assert 'value="sw"' in amina.get("/account").text
    changed = amina.post("/account", data=world.form(amina, **said, language="sw"))
    assert changed.status_code == 303
    assert '<html lang="sw"' in amina.get("/earnings").text
    kept = amina.post("/account", data=world.form(amina, **said))
    assert kept.status_code == 303
    assert '<html lang="sw"' in amina.get("/earnings").text
    wrong = amina.post("/account", data=world.form(amina, **said, language="tlh"))
    assert wrong.status_code == 422
    assert "Chagua mojawapo ya lugha." in wrong.text


def test_the_api_gives_the_same_as_the_pages(world: World, amina: TestClient) -> None:
    script = world.bearer(world.token("Amina", "work"))
    bundle = script.get("/api/v1/pay/statements/1/bundle")
    assert bundle.text == amina.get("/earnings/statements/1/bundle").text
    pdf = script.get("/api/v1/pay/statements/1/pdf?lang=fr")
    assert pdf.content == amina.get("/earnings/statements/1/pdf?lang=fr").content
    message = script.get("/api/v1/pay/statements/1/message?lang=es").json()
    assert message["language"] == "es"
    assert message["message"].startswith("Fairhand: recibo 1.")
    archive = script.get("/api/v1/me/earnings/export").content
    assert archive == amina.get("/earnings/export").content
    assert zipfile.ZipFile(io.BytesIO(archive)).testzip() is None
    assert script.get("/api/v1/pay/statements/2/bundle").status_code == 404
