"""The page and the API of exchange rates."""

from __future__ import annotations

import pytest

from tests.web.world import World

LINE = {
    "base": "eur",
    "quote": "gbp",
    "rate": "0.88",
    "as_of": "2026-11-20",
    "source_title": "European Central Bank",
    "source_url": "https://www.ecb.europa.eu/",
}
HEAD = "base,quote,rate,as_of,source_title,source_url\n"
FILE = HEAD + "EUR,GBP,0.88,2026-11-20,ECB,\nEUR,TND,3.37,2026-10-01,ECB,\n"


def test_a_manager_enters_a_rate_and_sees_it_with_its_source(world: World) -> None:
    client = world.client("a manager")
    assert "No rate has been imported" in client.get("/pay/rates").text
    sent = client.post("/pay/rates", data=world.form(client, **LINE))
    assert (sent.status_code, sent.headers["location"]) == (303, "/pay/rates?added=1&known=0")
    page = client.get("/pay/rates?added=1").text
    assert "Rates added: 1;" in page
    assert "0.88 GBP" in page
    assert "https://www.ecb.europa.eu/" in page


def test_a_file_is_imported_and_an_old_rate_is_marked(world: World) -> None:
    client = world.client("Carmen")
    for added in ("2", "0"):
        files = {"file": ("rates.csv", FILE.encode())}
        sent = client.post("/pay/rates/import", data=world.form(client), files=files)
        assert sent.headers["location"] == f"/pay/rates?added={added}&known={2 - int(added)}"
    page = client.get("/pay/rates").text
    assert "51 days old" in page
    assert page.count("days old") == 1


def test_what_floors_and_projects_need_is_named_and_found_through_the_cross(world: World) -> None:
    client = world.client("Carmen")
    world.cast.person("Bilel", "TN")
    assert "people with this floor cannot join" in client.get("/pay/rates").text
    assert client.post("/api/v1/pay/rates", json={"text": FILE}).json()["added"] == 2
    assert "crossed through EUR" in client.get("/pay/rates").text
    (needed,) = client.get("/api/v1/pay/rates").json()["needed"]
    assert (needed["base"], needed["quote"], needed["found"]["via"]) == ("TND", "GBP", "EUR")
    assert needed["found"]["rate"].startswith("0.26112")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rate", ""),
        ("rate", "-1"),
        ("rate", "1/3"),
        ("rate", "9" * 400),
        ("base", "pounds"),
        ("quote", "EUR"),
        ("as_of", "yesterday"),
        ("as_of", "2031-01-01"),
        ("source_title", ""),
        ("source_url", "javascript:alert(1)"),
    ],
)
def test_a_bad_rate_is_refused_beside_what_was_typed(world: World, field: str, value: str) -> None:
    client = world.client("Carmen")
    sent = client.post("/pay/rates", data=world.form(client, **{**LINE, field: value}))
    assert sent.status_code == 422
    assert "No rate was taken" in sent.text
    assert world.cast.rows("SELECT count(*) FROM fx_rate") == [(0,)]


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"\x00", b"<!DOCTYPE x>", b"nothing\n" * 99])
def test_a_bad_file_is_refused_in_words(world: World, data: bytes) -> None:
    client = world.client("Carmen")
    files = {"file": ("rates.csv", data)}
    sent = client.post("/pay/rates/import", data=world.form(client), files=files)
    assert sent.status_code == 422
    assert 'role="alert"' in sent.text
    assert client.post("/pay/rates/import", data=world.form(client)).status_code == 422


def test_an_auditor_reads_and_sets_nothing_and_a_contributor_reads_nothing(world: World) -> None:
    auditor, amina = world.client("Farid"), world.client("Amina")
    page = auditor.get("/pay/rates")
    assert page.status_code == 200
    assert "Enter one rate" not in page.text
    assert auditor.post("/pay/rates", data=world.form(auditor, **LINE)).status_code == 403
    assert amina.get("/pay/rates").status_code == 403
    assert amina.post("/api/v1/pay/rates", json={"text": FILE}).status_code == 403


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": 7}, {"text": "x", "more": 1}, []])
def test_a_bad_body_is_refused(world_on_both: World, body: object) -> None:
    assert world_on_both.client("Carmen").post("/api/v1/pay/rates", json=body).status_code == 422
