"""Pages and API of payouts: one's own way of getting paid; batches, files, the bank's answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from fairhand.core.clock import iso
from fairhand.storage.database import Database
from tests.stores.bank_files import camt, entry, transaction
from tests.stores.payout_world import DEBTOR, MOBILE, SEPA, PayoutWorld
from tests.web.test_bad_input import is_problem
from tests.web.test_pages import run_jobs
from tests.web.world import TestClient, World, make_world

IBAN = "FR1420041010050500013M02606"
SETTINGS = {
    "payout_name": DEBTOR.name,
    "payout_iban": DEBTOR.iban,
    "payout_bic": DEBTOR.bic,
    **{f"payout_{name}": text for name, text in DEBTOR.address.items()},
}


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> World:
    """Amina is owed EUR 12.34 and GBP for her work; the settings say who pays."""
    made = make_world(sqlite_db, tmp_path)
    for name, text in SETTINGS.items():
        setattr(made.house.settings, name, text)
    money = PayoutWorld(sqlite_db, made.cast.clock.now, made.people, {"EUR": made.project})
    money.settle("Amina", 1234)
    return made


@pytest.fixture
def carmen(world: World) -> TestClient:
    return world.client("Carmen")


def set_bank(world: World, who: str = "Amina", **changed: str) -> TestClient:
    client = world.client(who)
    form = world.form(client, currency="EUR", rail="sepa", **(SEPA | changed))
    answer = client.post("/earnings/payout", data=form)
    assert answer.status_code == 303, answer.text
    return client


def make_batch(world: World, client: TestClient) -> int:
    """Look at the batch, then make it with the form that the page has."""
    page = client.get("/pay/payouts/new?rail=sepa&currency=EUR")
    assert page.status_code == 200
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    answer = client.post("/pay/payouts", data=form)
    assert answer.status_code == 303, answer.text
    again = client.post("/pay/payouts", data=form)
    assert again.headers["location"] == answer.headers["location"], "twice the same click"
    return int(answer.headers["location"].rpartition("/")[2])


def test_a_person_says_where_their_money_goes_without_a_script(world: World) -> None:
    client = world.client("Amina")
    page = client.get("/earnings/payout")
    assert "EUR 12.34 is yours and waits until you say where it should go" in page.text
    form = client.get("/earnings/payout?currency=EUR&rail=sepa")
    assert 'name="iban"' in form.text
    set_bank(world, minimum="20.00")
    after = client.get("/earnings/payout?saved=yes").text
    assert "IBAN FR … 2606" in after
    assert "waits until it comes to EUR 20.00" in after
    assert IBAN not in after
    back = world.form(client, currency="EUR", rail="")
    assert client.post("/earnings/payout", data=back).status_code == 303
    assert "Nobody can send you EUR yet" in client.get("/earnings/payout").text


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_kept(world: World) -> None:
    client = world.client("Amina")
    form = world.form(client, currency="EUR", rail="sepa", **(SEPA | {"iban": "FR00"}))
    answer = client.post("/earnings/payout", data=form)
    assert answer.status_code == 422
    assert 'id="iban-wrong"' in answer.text
    assert SEPA["town"] in answer.text, "what was typed is kept"
    assert world.cast.rows("SELECT count(*) FROM payout_method") == [(0,)]


def test_a_batch_goes_all_the_way_from_look_to_arrived(world: World, carmen: TestClient) -> None:
    amina = set_bank(world)
    office = carmen.get("/pay/payouts").text
    assert "Fairhand moves no money by itself" in office
    assert "EUR 12.34" in office
    look = carmen.get("/pay/payouts/new?rail=sepa&currency=EUR").text
    assert "Aïcha Öztürk" in look
    assert "Aicha Ozturk" in look, "the name as the bank will see it"
    assert IBAN not in look
    batch = make_batch(world, carmen)
    page = carmen.get(f"/pay/payouts/{batch}").text
    assert IBAN not in page
    file = carmen.get(f"/pay/payouts/{batch}/file")
    assert IBAN in file.text
    assert file.headers["cache-control"] == "no-store"
    assert "attachment" in file.headers["content-disposition"]
    sent = carmen.post(f"/pay/payouts/{batch}/sent", data=world.form(carmen, evidence="no. 4711"))
    assert sent.status_code == 303
    assert "is on its way to you" in amina.get("/earnings/payout").text
    (reference,) = re.findall(r"<EndToEndId>(\w+)<", file.text)
    statement = camt(entry("12.34", transaction(reference, "12.34")))
    answer = carmen.post(
        "/pay/payouts/bank", data=world.form(carmen), files={"file": ("bank.xml", statement)}
    )
    assert answer.status_code == 303
    after = carmen.get(answer.headers["location"]).text
    assert "1 payouts arrived" in after
    assert "Clearing is at zero" in after
    assert "arrived" in amina.get("/earnings/payout").text


def test_a_payout_is_returned_by_hand_and_can_be_paid_again(
    world: World, carmen: TestClient
) -> None:
    set_bank(world)
    batch = make_batch(world, carmen)
    carmen.post(f"/pay/payouts/{batch}/sent", data=world.form(carmen))
    path = f"/pay/payouts/{batch}/payouts/1"
    without = carmen.post(path, data=world.form(carmen, outcome="returned"))
    assert without.status_code == 422
    wrong = carmen.post(path, data=world.form(carmen, outcome="burnt", evidence="seen it"))
    assert wrong.status_code == 422
    form = world.form(carmen, outcome="returned", evidence="AC04 closed")
    assert carmen.post(path, data=form).status_code == 303
    assert "came back, payable again" in carmen.get(f"/pay/payouts/{batch}").text
    assert make_batch(world, carmen) == batch + 1


def test_a_batch_is_cancelled_before_it_is_sent_and_not_after(
    world: World, carmen: TestClient
) -> None:
    set_bank(world)
    batch = make_batch(world, carmen)
    assert carmen.post(f"/pay/payouts/{batch}/cancel", data=world.form(carmen)).status_code == 303
    second = make_batch(world, carmen)
    carmen.post(f"/pay/payouts/{second}/sent", data=world.form(carmen))
    late = carmen.post(f"/pay/payouts/{second}/cancel", data=world.form(carmen))
    assert late.status_code == 409
    assert "cannot be cancelled" in late.text


def test_an_auditor_sees_batches_and_never_the_file(world: World, carmen: TestClient) -> None:
    set_bank(world)
    batch = make_batch(world, carmen)
    farid = world.client("Farid")
    assert farid.get("/pay/payouts").status_code == 200
    assert IBAN not in farid.get(f"/pay/payouts/{batch}").text
    assert farid.get(f"/pay/payouts/{batch}/file").status_code == 403
    assert farid.get(f"/api/v1/pay/payouts/{batch}/file").status_code == 403
    assert world.client("Amina").get(f"/pay/payouts/{batch}").status_code == 403


def test_without_settings_the_page_says_which_are_missing(world: World, carmen: TestClient) -> None:
    set_bank(world)
    world.house.settings.payout_iban = ""
    page = carmen.get("/pay/payouts/new?rail=sepa&currency=EUR").text
    assert "payout_iban: Say which account pays" in page
    body = {"rail": "sepa", "currency": "EUR", "client_key": "a long key"}
    document = is_problem(carmen.post("/api/v1/pay/payouts", json=body), 422, "payout_settings")
    assert document["issues"][0]["place"] == "payout_iban"


def test_payouts_that_nothing_was_heard_of_are_listed(world: World, carmen: TestClient) -> None:
    set_bank(world)
    batch = make_batch(world, carmen)
    carmen.post(f"/pay/payouts/{batch}/sent", data=world.form(carmen))
    assert "No payout is overdue" in carmen.get("/pay/payouts").text
    world.cast.clock.advance(6 * 86_400_000)
    carmen = world.client("Carmen")
    assert "Ask your bank" in carmen.get("/pay/payouts").text
    (missing,) = carmen.get("/api/v1/pay/payouts").json()["missing"]
    assert missing["to"] == "IBAN FR … 2606"


def test_the_api_does_all_that_the_pages_do(world: World, carmen: TestClient) -> None:
    amina = world.client("Amina")
    body: dict[str, Any] = {"rail": "sepa", "details": SEPA, "minimum": "1.00"}
    assert amina.put("/api/v1/me/payout/EUR", json=body).status_code == 200
    mine = amina.get("/api/v1/me/payout").json()
    assert mine["currencies"][0]["details"]["iban"] == IBAN
    preview = carmen.get("/api/v1/pay/payouts/preview?rail=sepa&currency=EUR").json()
    assert (preview["control"], preview["ready"][0]["name_in_file"]) == ("12.34", "Aicha Ozturk")
    order = {"rail": "sepa", "currency": "EUR", "client_key": "key-of-eight"}
    changed = carmen.post("/api/v1/pay/payouts", json=order | {"expected": "12.35"})
    is_problem(changed, 409, "sum_changed")
    first = carmen.post("/api/v1/pay/payouts", json=order | {"expected": "12.34"})
    again = carmen.post("/api/v1/pay/payouts", json=order)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    batch = first.json()["id"]
    assert carmen.get(f"/api/v1/pay/payouts/{batch}").json()["lines"][0]["amount"] == "12.34"
    assert carmen.post(f"/api/v1/pay/payouts/{batch}/sent", json={}).json()["changed"]
    outcome = {"outcome": "confirmed", "evidence": "statement 3"}
    path = f"/api/v1/pay/payouts/{batch}/payouts/1"
    assert carmen.post(path, json=outcome).json()["changed"]
    assert not carmen.post(path, json=outcome).json()["changed"]
    is_problem(carmen.post(f"/api/v1/pay/payouts/{batch}/cancel", json={}), 409, "batch_sent")
    assert amina.delete("/api/v1/me/payout/EUR").json()["method_id"] is None


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "b">]><Document>&b;</Document>'


@pytest.mark.parametrize(
    "content",
    [b"", b"<", BOMB, b"\xff\xfe", b"a,b\n1,2\n", b"x" * 200_000],
    ids=lambda content: str(content[:30]),
)
def test_a_bank_file_that_cannot_be_read_is_refused_on_the_page_and_in_the_api(
    world: World, content: bytes
) -> None:
    carmen = world.client("Carmen")
    files = {"file": ("bank.xml", content)}
    page = carmen.post("/pay/payouts/bank", data=world.form(carmen), files=files)
    assert page.status_code in (400, 422)
    assert 'role="alert"' in page.text
    answer = carmen.post("/api/v1/pay/payouts/bank", files=files)
    is_problem(answer, answer.status_code)
    assert world.cast.rows("SELECT count(*) FROM bank_line") == [(0,)]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/api/v1/me/payout/EUR", {"rail": "pigeon", "details": {}}),
        ("PUT", "/api/v1/me/payout/EUR", {"rail": "sepa", "details": {"iban": 7}}),
        ("PUT", "/api/v1/me/payout/EUR", {"rail": "sepa", "details": {}}),
        ("PUT", "/api/v1/me/payout/euro", {"rail": "mobile", "details": MOBILE}),
        ("PUT", "/api/v1/me/payout/KES", {"rail": "sepa", "details": SEPA}),
        ("PUT", "/api/v1/me/payout/EUR", {"rail": "sepa", "details": SEPA, "minimum": "-1"}),
        ("PUT", "/api/v1/me/payout/EUR", {"rail": "sepa", "details": SEPA, "minimum": "1e9"}),
        ("PUT", "/api/v1/me/payout/EUR", {"rail": "sepa", "details": SEPA | {"town": "x" * 9999}}),
        ("POST", "/api/v1/pay/payouts", {"rail": "sepa", "currency": "EUR", "client_key": "short"}),
        ("POST", "/api/v1/pay/payouts", {"rail": "sepa", "currency": "", "client_key": "12345678"}),
        ("POST", "/api/v1/pay/payouts/999/sent", {}),
        ("POST", "/api/v1/pay/payouts/999/cancel", {}),
        ("POST", "/api/v1/pay/payouts/1/payouts/999", {"outcome": "confirmed", "evidence": "abc"}),
        ("GET", "/api/v1/pay/payouts/999", None),
        ("GET", "/api/v1/pay/payouts/999/file", None),
        ("GET", "/api/v1/pay/payouts/preview?rail=pigeon&currency=EUR", None),
        ("GET", "/pay/payouts/999", None),
        ("GET", "/pay/payouts/new", None),
    ],
    ids=str,
)
def test_requests_that_make_no_sense_are_refused_clearly(
    world: World, method: str, path: str, body: object
) -> None:
    answer = world.client("Carmen").request(method, path, json=body)
    assert 400 <= answer.status_code < 500, answer.text
    is_problem(answer, answer.status_code)


def test_a_settled_period_becomes_payable_by_the_real_close(world: World) -> None:
    client = world.client("Amina")
    task = world.next_task(client)["task_id"]
    world.cast.clock.advance(60_000)
    key = {"client_key": world.cast.key(), "value": {"pet": "cat"}}
    assert client.post(f"/api/v1/tasks/{task}/submit", json=key).status_code == 201
    carmen = world.client("Carmen")
    world.cast.clock.advance(60_000)
    closed = carmen.post("/api/v1/pay/close", json={"ends_at": iso(world.cast.clock.now)})
    assert closed.status_code == 202, closed.text
    assert {job.state for job in run_jobs(world)} == {"done"}
    body = {"rail": "mobile", "details": MOBILE}
    assert client.put("/api/v1/me/payout/GBP", json=body).status_code == 200
    due = carmen.get("/api/v1/pay/payouts").json()["due"]
    (mine,) = [one for one in due if one["currency"] == "GBP"]
    assert mine["standing"] == "ready"
    made = carmen.post(
        "/api/v1/pay/payouts",
        json={"rail": "mobile", "currency": "GBP", "client_key": "mobile-money"},
    )
    assert made.json()["control"] == mine["amount"]
