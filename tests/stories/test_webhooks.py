"""Events reach receivers signed, in order, at least once, whatever the receivers do."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.client import verify_webhook
from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.backends.guard import GuardedClient, Limits, guarded_client
from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.proof.webhooks import store
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.storage.vault import Vault
from fairhand.use_cases import send_deliveries
from fairhand.use_cases.add_webhook import Added, AddWebhook, add_webhook, address_issues
from fairhand.use_cases.change_webhook import ChangeWebhook, change_webhook
from fairhand.use_cases.erase_person import erase_person
from fairhand.use_cases.fill_webhooks import fill_webhooks, forget_deliveries
from fairhand.use_cases.read_webhooks import WebhookView, read_deliveries, read_webhooks
from fairhand.use_cases.seal_log import seal_log
from fairhand.use_cases.send_deliveries import Post, send_next
from fairhand.use_cases.try_webhook import try_webhook
from tests.cast import Cast
from tests.engines import Templates
from tests.small_servers import Answer, Asked, serving

EVEN = lambda low, high: 1.0  # noqa: E731


@dataclass
class Office:
    """Carmen's workspace with webhooks in it."""

    cast: Cast
    vault: Vault
    project: int
    allowed: list[str] = field(default_factory=list)

    @property
    def now(self) -> Instant:
        return self.cast.clock.now

    def add(self, url: str, *events: str, **more: Any) -> Added:  # noqa: ANN401
        command = AddWebhook(self.cast.carmen, self.project, url, events, **more)
        return add_webhook(self.cast.db, self.vault, command, self.now, allowed=self.allowed)

    def change(self, webhook_id: int, do: str, number: int = 0) -> str:
        command = ChangeWebhook(self.cast.carmen, self.project, webhook_id, do, number)
        return change_webhook(self.cast.db, self.vault, command, self.now)

    def fill(self) -> int:
        seal_log(self.cast.db, self.cast.signer, self.now)
        return fill_webhooks(self.cast.db, self.now)

    def carry(self, webhook_id: int, client: GuardedClient | None = None) -> bool:
        """Send what is due in its order; says whether all of it arrived."""
        with guarded_client(self.allowed) as real:
            while send_next(
                self.cast.db, self.vault, webhook_id, self.cast.clock, client or real, EVEN
            ):
                pass
        return self.view(webhook_id).first is None

    def view(self, webhook_id: int) -> WebhookView:
        found = read_webhooks(self.cast.db, self.project)
        return next(one for one in found if one.webhook.id == webhook_id)

    def answer(self, name: str = "Amina", label: str = "cat") -> None:
        person = self.cast.people[name]
        self.cast.submit(person, self.cast.next_task(person, self.project), label)


@pytest.fixture
def office(db: Database, tmp_path: Path) -> Office:
    return office_on(db, tmp_path)


@pytest.fixture
def near(sqlite_db: Database, tmp_path: Path) -> Office:
    return office_on(sqlite_db, tmp_path)


def office_on(db: Database, folder: Path) -> Office:
    cast = Cast(db)
    cast.load_floors()
    project = cast.project("Amina", tasks=5)
    office = Office(cast, Vault(folder / "people.key"), project)
    seal_log(db, cast.signer, cast.clock.now)
    return office


def answers(status: int, **more: Any) -> Callable[[Asked], Answer]:  # noqa: ANN401
    return lambda asked: Answer({"said": "x"}, status, **more)


def test_an_answer_arrives_signed_and_says_no_more_than_ids(office: Office) -> None:
    with serving(answers(204)) as server:
        office.allowed.append(server.place)
        made = office.add(f"{server.url}/hook", "annotation.*")
        office.answer()
        assert office.fill() == 1
        assert office.fill() == 0
        assert office.carry(made.id)
    (asked,) = server.asked
    seconds = office.now / 1_000
    told = verify_webhook(asked.headers, asked.body, made.secret, now=seconds)
    assert told["type"] == "annotation.submitted"
    assert set(told["data"]) == {"event", "annotation", "task", "project", "counted", "simulated"}
    assert office.view(made.id).counts == {"sent": 1}


def test_answers_go_along_only_where_the_owner_said_so(office: Office) -> None:
    made = office.add("https://a.example/hook", "annotation.submitted", with_content=True)
    office.answer(label="owl")
    office.fill()
    _, (one,) = read_deliveries(office.cast.db, office.project, made.id, 10)
    data = orjson.loads(one.body)["data"]
    assert data["value"] == {"pet": "owl"}
    assert data["person"] == office.cast.people["Amina"]
    assert "Amina" not in one.body


def test_what_somebody_answered_leaves_the_deliveries_when_they_are_erased(
    office: Office, tmp_path: Path
) -> None:
    office.cast.join(office.cast.person("Bao"), office.project)
    made = office.add("https://a.example/hook", "annotation.submitted", with_content=True)
    bare = office.add("https://b.example/hook", "annotation.submitted")
    office.answer("Amina", "owl")
    office.answer("Bao", "dog")
    office.fill()
    before = [one.body for one in read_deliveries(office.cast.db, office.project, bare.id, 10)[1]]
    amina = office.cast.people["Amina"]
    blobs = BlobStore(f"file://{tmp_path / 'blobs'}")
    done = erase_person(office.cast.db, blobs, office.vault, amina, office.now)
    assert done.removed["messages to other systems"] == 1
    bao, hers = read_deliveries(office.cast.db, office.project, made.id, 10)[1]
    assert orjson.loads(bao.body)["data"]["value"] == {"pet": "dog"}
    assert set(orjson.loads(hers.body)["data"]) == {
        "event", "annotation", "task", "project", "counted", "simulated"
    }  # fmt: skip
    after = [one.body for one in read_deliveries(office.cast.db, office.project, bare.id, 10)[1]]
    assert after == before


def test_other_projects_events_are_not_told_and_the_workspaces_webhook_hears_all(
    office: Office,
) -> None:
    other = office.cast.project(tasks=1)
    here = office.add("https://a.example/hook")
    whole = AddWebhook(office.cast.carmen, 0, "https://b.example/hook", ("tasks.imported",))
    everywhere = add_webhook(office.cast.db, office.vault, whole, office.now).id
    seal_log(office.cast.db, office.cast.signer, office.now)
    office.fill()
    office.cast.project(tasks=1)
    office.fill()
    assert other
    _, mine = read_deliveries(office.cast.db, office.project, here.id, 100)
    _, all_of_them = read_deliveries(office.cast.db, 0, everywhere, 100)
    assert mine == []
    assert {one.kind for one in all_of_them} == {"tasks.imported"}


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        (answers(500), 500, "It answered 500"),
        (answers(302, headers={"Location": "http://127.0.0.1:1/"}), 302, "not followed"),
        (answers(400), 400, "It answered 400"),
    ],
)
def test_a_receiver_that_says_no_is_asked_again_later_and_the_rest_waits(
    near: Office, answer: Callable[[Asked], Answer], status: int, says: str
) -> None:
    with serving(answer) as server:
        near.allowed.append(server.place)
        made = near.add(server.url, "annotation.submitted")
        near.answer()
        near.answer()
        near.fill()
        assert not near.carry(made.id)
        assert not near.carry(made.id)  # not due yet
    assert len(server.asked) == 1
    view = near.view(made.id)
    assert view.webhook.state == "failing"
    assert view.first is not None
    assert view.first.status == status
    assert says in view.first.trouble
    assert view.first.next_at == near.now + 5_000


def test_a_huge_or_dripping_answer_is_cut_off(
    near: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send_deliveries, "LIMITS", Limits(1.0, 0.3, 4_096))
    with serving(lambda asked: Answer("x" * 3_000_000)) as huge:
        near.allowed.append(huge.place)
        made = near.add(huge.url, "annotation.submitted")
        near.answer()
        near.fill()
        assert near.carry(made.id)
    with serving(lambda asked: Answer("x" * 50, drip=0.1)) as slow:
        near.allowed.append(slow.place)
        late = near.add(slow.url, "annotation.submitted")
        near.answer()
        near.fill()
        assert not near.carry(late.id)
        slow.ending.set()
    first = near.view(late.id).first
    assert first is not None
    assert "did not answer in time" in first.trouble


def test_one_that_hangs_keeps_no_other_waiting(
    near: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send_deliveries, "LIMITS", Limits(1.0, 5.0, 4_096))
    with (
        serving(lambda asked: Answer("x" * 50, drip=0.2)) as slow,
        serving(answers(200)) as quick,
    ):
        near.allowed += [slow.place, quick.place]
        first = near.add(slow.url, "annotation.submitted")
        second = near.add(quick.url, "annotation.submitted")
        near.answer()
        near.fill()
        post = Post(near.cast.db, near.vault, near.cast.clock, near.allowed, EVEN)
        assert post.send_due() == 2
        carriers = dict(post._out)
        carriers[second.id].join(4)
        assert near.view(second.id).counts == {"sent": 1}
        assert near.view(first.id).counts == {"waiting": 1}
        slow.ending.set()
        carriers[first.id].join(6)
        assert not carriers[first.id].is_alive()


def test_gone_ends_a_webhook_and_days_of_failure_pause_it_until_an_owner_goes_on(
    office: Office,
) -> None:
    with serving(answers(410)) as server:
        office.allowed.append(server.place)
        made = office.add(server.url, "annotation.submitted")
        office.answer()
        office.fill()
        office.carry(made.id)
        assert office.view(made.id).webhook.state == "ended"
        with pytest.raises(ConflictError, match="has ended"):
            office.change(made.id, "resume")
    with serving(answers(503)) as server:
        office.allowed.append(server.place)
        other = office.add(server.url, "annotation.submitted")
        office.answer()
        office.fill()
        for _ in range(12):
            office.carry(other.id)
            office.cast.clock.advance(2 * DAY_MS)
        assert len(server.asked) == 12
        view = office.view(other.id)
        assert view.webhook.state == "paused"
        assert view.webhook.failing_since is not None
        assert view.counts == {"given_up": 1}
    kinds = [kind for (kind,) in office.cast.rows("SELECT kind FROM event ORDER BY id")]
    assert kinds.count("webhook.given_up") == 2
    office.answer()
    office.fill()
    assert office.view(other.id).counts == {"given_up": 1}  # the log itself keeps the rest
    office.change(other.id, "resume")
    office.fill()
    assert office.view(other.id).counts == {"waiting": 2}


def test_resend_skip_rotate_pause_remove(office: Office) -> None:
    with serving(answers(200)) as server:
        office.allowed.append(server.place)
        made = office.add(server.url, "annotation.submitted")
        office.answer()
        office.fill()
        office.carry(made.id)
        office.change(made.id, "resend", 1)
        office.carry(made.id)
        first, second = server.asked
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.body == second.body
        fresh = office.change(made.id, "rotate")
        office.change(made.id, "resend", 1)
        office.carry(made.id)
        for secret in (made.secret, fresh):
            told = server.asked[-1]
            verify_webhook(told.headers, told.body, secret, now=office.now / 1_000)
        office.change(made.id, "pause")
        office.change(made.id, "resend", 1)
        assert not office.carry(made.id)
        office.change(made.id, "skip")
        assert office.carry(made.id)
        assert len(server.asked) == 4
    with pytest.raises(NotFoundError, match="no delivery 99"):
        office.change(made.id, "resend", 99)
    with pytest.raises(InvalidError, match="nothing that can be done"):
        office.change(made.id, "dance")
    office.change(made.id, "remove")
    assert office.view(made.id).webhook.state == "ended"
    with pytest.raises(ConflictError):
        try_webhook(office.cast.db, office.vault, office.project, made.id, office.now)
    office.cast.clock.advance(31 * DAY_MS)
    assert forget_deliveries(office.cast.db, office.now) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/",
        "http://localhost/",
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "ftp://a.example/",
        "http://me:pw@a.example/",
        "http://a.example/#x",
        "",
        "http://a.example/" + "x" * 3_000,
    ],
)
def test_an_address_within_the_house_or_none_is_refused(url: str) -> None:
    (issue,) = address_issues(url, [])
    assert issue.place == "url"
    assert address_issues("http://127.0.0.1:8000/x", ["127.0.0.1:8000"]) == []


def test_a_name_that_leads_into_the_house_is_refused_at_every_sending(
    near: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = near.add("http://rebind.example/", "annotation.submitted")
    found = [(2, 1, 6, "", ("127.0.0.1", 80))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *a, **k: found)
    near.answer()
    near.fill()
    assert not near.carry(made.id)
    first = near.view(made.id).first
    assert first is not None
    assert "this machine itself" in first.trouble
    tried = try_webhook(near.cast.db, near.vault, near.project, made.id, near.now)
    assert not tried.ok
    assert "this machine itself" in tried.trouble


def test_a_test_shows_the_very_request_and_answer(near: Office) -> None:
    with serving(answers(418)) as server:
        near.allowed.append(server.place)
        made = near.add(server.url)
        tried = try_webhook(
            near.cast.db,
            near.vault,
            near.project,
            made.id,
            near.now,
            allowed=[server.place],
        )
    (asked,) = server.asked
    assert not tried.ok
    assert tried.status == 418
    assert tried.body.encode() == asked.body
    assert verify_webhook(asked.headers, asked.body, made.secret, now=near.now / 1_000)
    assert {name: asked.headers[name] for name in ("webhook-id", "webhook-signature")} == {
        name: tried.headers[name] for name in ("webhook-id", "webhook-signature")
    }


@dataclass
class Unreliable:
    """A receiver on a bad line: it may take an event and its answer is lost, or not take it."""

    dice: random.Random
    seen: list[str] = field(default_factory=list)

    def send(
        self, url: str, body: bytes, headers: dict[str, str], limits: Limits
    ) -> tuple[int, bytes]:
        luck = self.dice.random()
        if luck < 0.3:
            raise AssistantError("no way through", hop="connect")
        self.seen.append(headers["webhook-id"])
        if luck < 0.5:
            raise AssistantError("the answer was lost", hop="answer")
        if luck < 0.6:
            raise KeyboardInterrupt  # the process dies after the receiver took it
        return (200 if luck < 0.9 else 500), b""


@pytest.fixture(scope="module")
def quiet(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with templates.fresh("sqlite") as url:
        db = Database(url)
        yield office_on(db, tmp_path_factory.mktemp("keys"))
        db.close()


@given(seed=st.integers(0, 10_000), steps=st.lists(st.sampled_from("awwwt"), max_size=10))
@settings(max_examples=3)
def test_under_random_failures_everything_arrives_at_least_once_and_in_order(
    quiet: Office, seed: int, steps: list[str]
) -> None:
    dice = random.Random(seed)
    receiver: Any = Unreliable(dice)
    made = quiet.add("https://far.example/hook", "gold.*")

    def work() -> None:
        try:
            quiet.carry(made.id, receiver)
        except KeyboardInterrupt:
            return

    told = 0
    for step in [*steps, "a"]:
        if step == "a":
            _happen(quiet)
            told += 1
        elif step == "w":
            quiet.fill()
            work()
        else:
            quiet.cast.clock.advance(dice.choice((1_000, 90_000, 4_000_000)))
    quiet.fill()
    for _ in range(400):
        quiet.fill()
        if quiet.view(made.id).counts.get("waiting", 0) == 0:
            if quiet.view(made.id).webhook.state != "paused":
                break
            quiet.change(made.id, "resume")
        quiet.cast.clock.advance(2 * DAY_MS)
        work()
    first_sights = list(dict.fromkeys(receiver.seen))
    expected = [f"evt_{made.id}_{number}" for number in range(1, told + 1)]
    assert [one.rpartition("_")[0] for one in first_sights] == expected
    with quiet.cast.db.write() as connection:
        store.change(connection, made.id, active=False, ended_at=quiet.now)


def _happen(office: Office) -> None:
    from fairhand.proof.log import store as log

    with office.cast.db.write() as connection:
        log.append(connection, "gold.marked", {"task": 1}, office.now, None, office.project)
