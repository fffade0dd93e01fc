"""The pages and the API of the books: what they show, to whom, and what they hand out."""

from __future__ import annotations

from beancount import loader

from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.seal_books import seal_books
from tests.web.test_pages import PAGE, answer_tasks
from tests.web.world import TestClient, World


def settled(world: World) -> TestClient:
    """Amina answers, a period closes, the books are sealed; Carmen looks."""
    amina = world.client("Amina")
    answer_tasks(world, amina, 3)
    world.cast.clock.advance(60_000)
    now = world.house.clock()
    close_pay_period(world.house.db, ClosePayPeriod(now), now)
    seal_books(world.house.db, now)
    return world.client("Carmen")


def test_the_page_shows_where_the_money_is_and_how_far_it_is_sealed(world: World) -> None:
    page = settled(world).get("/pay/books", headers=PAGE).text
    for words in ("Set aside for projects", "Owed to people", "entries are sealed in 1 block."):
        assert words in page
    assert "Prove the floors of period 1" in page


def test_an_empty_workspace_has_empty_books(world: World) -> None:
    carmen = world.client("Carmen")
    page = carmen.get("/pay/books", headers=PAGE).text
    assert "Nothing is sealed yet" in page
    assert "No pay period" in carmen.get("/pay/books/score", headers=PAGE).text
    assert "All of it holds" in carmen.get("/pay/books/check", headers=PAGE).text


def test_everything_can_be_checked_proven_scored_and_replayed_from_the_pages(world: World) -> None:
    carmen = settled(world)
    assert "All of it holds" in carmen.get("/pay/books/check", headers=PAGE).text
    floors = carmen.get("/pay/books/floors/1", headers=PAGE).text
    assert "Nobody was below their floor" in floors
    assert "fewer than 10 people are not shown" in floors
    score = carmen.get("/pay/books/score", headers=PAGE).text
    assert "no score of Fairwork" in score
    replay = carmen.get("/earnings/statements/1/replay", headers=PAGE).text
    assert "It comes out the same" in replay


def test_the_download_is_accepted_by_beancount(world: World) -> None:
    carmen = settled(world)
    for address in ("/pay/books/beancount", "/api/v1/pay/books/beancount"):
        sent = carmen.get(address)
        assert "attachment" in sent.headers["content-disposition"]
        entries, errors, _ = loader.load_string(sent.text)
        assert errors == []
        assert entries


def test_the_api_says_the_same_in_numbers(world: World) -> None:
    carmen = settled(world)
    books = carmen.get("/api/v1/pay/books").json()
    assert books["chain"]["waiting"] == 0
    assert books["entries"] == books["chain"]["sealed"] > 0
    assert carmen.get("/api/v1/pay/books/check").json() == {"ok": True, "issues": []}
    proof = carmen.get("/api/v1/pay/periods/1/proof").json()
    assert (proof["holds"], proof["everybody"]["people"]) == (True, 1)
    assert proof["everybody"]["smallest"] is None
    assert carmen.get("/api/v1/pay/statements/1/replay").json()["ok"]
    score = carmen.get("/api/v1/pay/self-score").json()
    assert score["official"] is False
    assert {one["state"] for one in score["points"]} <= {"green", "red", "no evidence"}


def test_a_contributor_replays_her_own_statement_and_sees_no_books(world: World) -> None:
    settled(world)
    amina, dmitri = world.client("Amina"), world.client("Dmitri")
    assert amina.get("/api/v1/pay/statements/1/replay").json()["ok"]
    assert "It comes out the same" in amina.get("/earnings/statements/1/replay").text
    assert dmitri.get("/api/v1/pay/statements/1/replay").status_code == 404
    for address in ("/pay/books", "/pay/books/beancount", "/pay/books/check", "/pay/books/score"):
        assert amina.get(address).status_code == 403


def test_what_is_not_there_is_said_so(world: World) -> None:
    carmen = world.client("Carmen")
    for address in (
        "/pay/books/floors/999",
        "/api/v1/pay/periods/999/proof",
        "/api/v1/pay/statements/999/replay",
        "/earnings/statements/999/replay",
        f"/pay/books/floors/{2**63}",
    ):
        assert carmen.get(address).status_code == 404
