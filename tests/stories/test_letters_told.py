"""Who is written to, event by event: once, in their language, and nothing of what it is about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fairhand.core.clock import DAY_MS, HOUR_MS, ManualClock
from fairhand.pay.disputes.rules import Answer
from fairhand.people.accounts.erasure_store import erase_rows
from fairhand.people.post.rules import CHOSEN, LASTING_DAYS
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.choose_letters import choose_letters
from fairhand.use_cases.mark_batch_sent import MarkBatchSent, mark_batch_sent
from fairhand.use_cases.send_letters import forget_letters
from fairhand.use_cases.set_payout_method import SetPayoutMethod, set_payout_method
from fairhand.use_cases.uphold_silent_disputes import uphold_silent_disputes
from tests.cast import Cast
from tests.mail_server import Box, Office, house_with, mail_to, serving, text_of
from tests.stores.payout_world import PayoutWorld
from tests.stories.test_appeals import UPHELD, WHY, panel
from tests.stories.test_appeals import world as suspended
from tests.stories.test_disputes import NO, TWENTY, Scene


@pytest.fixture
def box() -> Iterator[tuple[Box, int]]:
    kept = Box()
    with serving(kept) as port:
        yield kept, port


def office_of(db: Database, clock: ManualClock, box: tuple[Box, int], folder: Path) -> Office:
    return Office(house_with(db, clock, folder, mail_to(box[1])), box[0])


def test_a_decision_an_appeal_and_its_answer_each_reach_whom_they_concern(
    db: Database, box: tuple[Box, int], tmp_path: Path
) -> None:
    found = suspended(db)
    bao, dmitri, esi = panel(found)
    office = office_of(db, found.cast.clock, box, tmp_path)
    names = {"amina": found.amina, "bao": bao, "dmitri": dmitri, "esi": esi}
    office.address({**names, "carmen": found.cast.carmen}, "de")
    assert office.told() == [("decision", "amina")]
    opened = found.appeal().appeal
    told = office.told()
    assert ("appeal_filed", "bao") in told
    assert {kind for kind, _ in told} == {"appeal_filed"}
    assert {name for _, name in told}.isdisjoint({"amina", "carmen"}), "nor who decided"
    found.find(bao, opened, "uphold")
    assert office.told() == [], "one finding of a panel is no answer yet"
    found.find(dmitri, opened, "uphold")
    assert office.told() == [("appeal", "amina")]
    assert office.told() == []
    office.news._read_to = 0
    assert office.told() == [], "read again from the start, nothing is sent again"
    assert {str(one["Content-Language"]) for one in box[0].letters} == {"de"}
    everything = "".join(text_of(one) + str(one["Subject"]) for one in box[0].letters)
    for secret in (WHY, UPHELD, "Forty answers", "Amina", "suspended"):
        assert secret not in everything
    assert set(office.links()) == {"/rights", "/conduct/appeals"}


def test_a_statement_a_dispute_and_its_answer(
    sqlite_db: Database, box: tuple[Box, int], tmp_path: Path
) -> None:
    scene = Scene(sqlite_db)
    office = office_of(sqlite_db, scene.cast.clock, box, tmp_path)
    office.address({"amina": scene.amina, "bao": scene.bao})
    assert office.told() == [("statement", "amina")]
    opened = scene.open()
    assert office.told() == [("dispute_opened", "bao"), ("dispute_opened", "carmen")]
    scene.decide(opened.dispute.id, Answer("declined", NO))
    assert office.told() == [("dispute", "amina")]
    assert office.told() == []
    again = scene.open(key="key-number-2")
    assert again.dispute.id != opened.dispute.id
    office.told()
    scene.cast.clock.advance(90 * DAY_MS)
    assert uphold_silent_disputes(sqlite_db, scene.cast.clock.now) == 1
    assert office.told() == [("dispute", "amina")]
    everything = "".join(text_of(one) for one in box[0].letters)
    assert NO not in everything
    assert TWENTY.message not in everything


def test_whoever_is_paid_hears_it_once_and_a_new_account_is_told_of(
    db: Database, box: tuple[Box, int], tmp_path: Path
) -> None:
    world = PayoutWorld(db)
    for name in ("Amina", "Bao"):
        world.settle(name, 1234)
        world.method(name)
    batch = world.make().batch.id
    office = office_of(db, ManualClock(world.now), box, tmp_path)
    office.address({"amina": world.people["Amina"], "bao": world.people["Bao"]}, "fr")
    office.news.put_new(world.now)
    before = office.told()
    assert before == [("payout_method", "amina"), ("payout_method", "bao")]
    assert mark_batch_sent(db, MarkBatchSent(batch, None), world.now)
    assert office.told() == [("paid", "amina"), ("paid", "bao")]
    assert not mark_batch_sent(db, MarkBatchSent(batch, None), world.now)
    assert office.told() == []
    set_payout_method(db, SetPayoutMethod(world.people["Amina"], "EUR", ""), world.now)
    assert office.told() == [("payout_method", "amina")]
    everything = "".join(text_of(one) for one in box[0].letters)
    for secret in ("12.34", "12,34", "FR14", "EUR"):
        assert secret not in everything


def log_of(office: Office, kind: str, person: int | None, project: int | None = None) -> None:
    body: dict[str, str | int] = {"person": person or 0}
    if kind == "person.signed_in":
        body["linked"] = "by address"
    with office.house.db.write() as connection:
        log.append(connection, kind, body, office.house.clock(), person, project)


def test_letters_that_guard_the_account_come_even_to_who_wants_none(
    sqlite_db: Database, box: tuple[Box, int], tmp_path: Path
) -> None:
    cast = Cast(sqlite_db)
    amina = cast.person("amina")
    office = office_of(sqlite_db, cast.clock, box, tmp_path)
    office.address({"amina": amina}, "sw")
    choose_letters(sqlite_db, amina, (), cast.clock.now)
    guards = ("person.password_set", "person.identity_linked", "person.identity_ended")
    for kind in (*guards, "person.signed_in", "payout.method_set"):
        log_of(office, kind, amina)
    log_of(office, "conduct.decided", amina)
    assert office.told() == [
        ("identity", "amina"),
        ("identity", "amina"),
        ("identity", "amina"),
        ("payout_method", "amina"),
        ("security", "amina"),
    ]
    assert all("List-Unsubscribe" not in one for one in box[0].letters)
    with sqlite_db.write() as connection:
        log.append(connection, "person.signed_in", {"person": amina}, cast.clock.now, amina)
    assert office.told() == [], "signing in as always is no news"


def test_owners_hear_that_money_is_nearly_spent_once_for_each_sum(
    db: Database, box: tuple[Box, int], tmp_path: Path
) -> None:
    cast = Cast(db)
    project = cast.project(funded=1_000)
    cast.change("UPDATE project SET mode = 'open' WHERE id = :p", p=project)
    office = office_of(db, cast.clock, box, tmp_path)

    def spend(left: int) -> None:
        cast.change("UPDATE escrow SET left_micros = :left", left=left * 1_000_000)

    spend(100)
    assert office.told() == [], "a tenth is left"
    spend(99)
    assert office.told() == [("budget", "carmen")]
    spend(0)
    assert office.told() == []
    assert office.links() == [f"/projects/{project}"]
    cast.clock.advance(30 * DAY_MS)
    forget_letters(office.house)
    assert office.told() == [], "what was told of a state is remembered"
    cast.fund(project, 1_000)
    assert office.told() == []
    spend(100)
    assert office.told() == [("budget", "carmen")]
    cast.clock.advance((LASTING_DAYS + 1) * DAY_MS)
    assert forget_letters(office.house) == 2
    cast.change("UPDATE project SET mode = 'closed' WHERE id = :p", p=project)
    assert office.told() == [], "nobody is asked for money for what is over"


def test_owners_hear_of_a_webhook_that_was_switched_off(
    sqlite_db: Database, box: tuple[Box, int], tmp_path: Path
) -> None:
    cast = Cast(sqlite_db)
    project = cast.project()
    office = office_of(sqlite_db, cast.clock, box, tmp_path)
    log_of(office, "webhook.given_up", None, project)
    assert office.told() == [("webhook", "carmen")]
    assert office.links() == [f"/projects/{project}/webhooks"]
    log_of(office, "webhook.given_up", None)
    assert office.told() == [("webhook", "carmen")]
    assert office.links()[1] == "/projects/0/webhooks"
    choose_letters(sqlite_db, cast.carmen, set(CHOSEN) - {"webhook"}, cast.clock.now)
    log_of(office, "webhook.given_up", None, project)
    assert office.told() == []


@pytest.mark.parametrize("gone", ["erased", "closed", "no owner any more", "simulated", "moved"])
def test_who_is_gone_gets_no_letter_that_waited(
    sqlite_db: Database, box: tuple[Box, int], tmp_path: Path, gone: str
) -> None:
    cast = Cast(sqlite_db)
    project, dmitri = cast.project(), cast.person("dmitri")
    office = office_of(sqlite_db, cast.clock, box, tmp_path)
    office.address({"dmitri": dmitri})
    owner = "INSERT INTO membership (person_id, project_id, role, created_at) VALUES (:d, :p, "
    cast.change(owner + "'owner', 0)", d=dmitri, p=project)
    box[0].to_recipient = "451 come back later"
    log_of(office, "webhook.given_up", None, project)
    assert office.told() == []
    if gone == "erased":
        with sqlite_db.write() as connection:
            erase_rows(connection, dmitri)
    changes = {
        "closed": "UPDATE person SET state = 'closed' WHERE id = :d",
        "no owner any more": "DELETE FROM membership WHERE person_id = :d",
        "simulated": "UPDATE person SET is_simulated = true WHERE id = :d",
        "moved": "UPDATE person SET email = 'new@example.org' WHERE id = :d",
    }
    if gone in changes:
        cast.change(changes[gone], d=dmitri)
    box[0].to_recipient = ""
    cast.clock.advance(HOUR_MS)
    office.told()
    assert "dmitri@example.org" not in box[0].recipients
    assert box[0].recipients == ["carmen@example.org"]
