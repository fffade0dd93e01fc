"""The SDK against a real server: the whole way from a project to its release, and its refusals."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import pytest

import fairhand
from fairhand.client import Client, FairhandError, JobFailedError, choice, mask
from fairhand.core.clock import iso, system_now
from fairhand.people.accounts.rules import Actor
from fairhand.proof.log.note import parse_vkey
from fairhand.proof.log.receipt import verify_receipt
from fairhand.proof.release.verify import verify_release
from fairhand.use_cases.house import House
from fairhand.use_cases.manage_tokens import CreateToken, create_token
from fairhand.use_cases.seal_log import seal_log
from tests.readied import make_ready
from tests.web.live import open_carmens_house, serving

CARMEN = 1
ROWS = "text,guess\nwhat a day,glad\noh dear,sad\nhm,bored\n"


def token_for(house: House, person_id: int, scope: str) -> str:
    actor = Actor(person_id, "", "en", {}, None)
    return create_token(house.db, actor, CreateToken("test", scope), house.clock())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str]]:
    """One server for all tests that only add to its workspace."""
    with open_carmens_house(tmp_path_factory.mktemp("client")) as house, serving(house) as url:
        yield house, url


@pytest.fixture
def carmen(server: tuple[House, str]) -> Iterator[Client]:
    house, url = server
    with Client(url, token_for(house, CARMEN, "manage")) as client:
        yield client


def contributor(
    server: tuple[House, str], carmen: Client, name: str, scope: str = "work"
) -> Client:
    house, url = server
    invited = carmen.invite(name, country="GB")
    return Client(url, token_for(house, invited["person_id"], scope))


def moods(carmen: Client, title: str, **policy: Any) -> int:  # noqa: ANN401
    return carmen.create_project(
        title,
        purpose="To tell moods apart.",
        questions=[choice("mood", ["glad", "sad"], title="How does it sound?")],
        currency="GBP",
        rate="13.00",
        guidelines="# Listen",
        **policy,
    )["id"]


def test_the_client_is_at_the_top_of_the_package() -> None:
    assert fairhand.Client is Client


def test_the_client_imports_nothing_of_the_server() -> None:
    code = (
        "import sys, fairhand.client\n"
        "ours = {name for name in sys.modules if name.startswith('fairhand.')}\n"
        "print(sorted(name for name in ours if not name.startswith('fairhand.client')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_what_a_right_answer_is_worth_is_set_over_http(carmen: Client) -> None:
    project_id = moods(carmen, "What it is worth", worth="0.40")
    assert carmen.project(project_id)["policy"]["worth"] == "0.40"
    carmen.set_worth(project_id, "0.50")
    assert carmen.project(project_id)["policy"]["worth"] == "0.50"
    with pytest.raises(FairhandError, match="worth"):
        carmen.set_worth(project_id, "0")
    carmen.set_worth(project_id, None)
    assert carmen.project(project_id)["policy"]["worth"] is None


def test_a_project_goes_the_whole_way_over_http(
    server: tuple[House, str], carmen: Client, tmp_path: Path
) -> None:
    project_id = moods(carmen, "The whole way", min_overlap=2, max_overlap=2)
    rows = tmp_path / "rows.csv"
    rows.write_text(ROWS)
    seen: list[str] = []
    job = carmen.import_files(
        project_id,
        rows,
        text_column="text",
        prediction_column="guess=mood",
        on_progress=lambda now: seen.append(now["state"]),
    )
    assert job["result"]["added"] == 3
    assert any("bored" in issue["message"] for issue in job["issues"])
    assert seen[-1] == "done"
    assert carmen.fund(project_id, "50.00", key="cheque-17")["again"] is False
    assert carmen.fund(project_id, "50.00", key="cheque-17") == {
        "escrow": "50.00",
        "currency": "GBP",
        "again": True,
    }
    house = server[0]
    make_ready(house.db, project_id, carmen.me()["id"], house.clock())
    assert carmen.set_mode(project_id, "open") == "open"
    submitted = [_work(server, carmen, name, project_id) for name in ("Amina", "Bao")]
    state = carmen.status(project_id)
    assert (state["progress"]["finished"], state["progress"]["answers"]) == (3, 6)
    closed = carmen.close_pay(iso(system_now()))
    assert closed["statements"] >= 2
    release = carmen.create_release(project_id, licence="CC-BY-4.0", with_media=True)
    assert release["version"] == 1
    assert "# The whole way, version 1" in (release["card"] or "")
    assert [one["id"] for one in carmen.releases(project_id)] == [release["id"]]
    archive = carmen.download_release(release["id"], tmp_path / "release.zip")
    _holds(archive, tmp_path / "unpacked", carmen.log_key())
    assert [path.name for path in tmp_path.glob(".release*")] == []
    assert all(receipt_holds for receipt_holds in submitted)


def _work(server: tuple[House, str], carmen: Client, name: str, project_id: int) -> bool:
    """Answer everything there is; say whether the receipt of the last answer holds."""
    with contributor(server, carmen, name) as person:
        assert person.join(project_id) is True
        assert person.join(project_id) is False
        event_id = 0
        while task := person.next_task(project_id):
            person.save_draft(task["task_id"], {"mood": "sad"})
            done = person.submit(task["task_id"], {"mood": "glad"})
            assert done["counted"] is True
            event_id = done["event_id"]
        assert person.me()["display_name"] == name
        assert person.earnings()["currencies"][0]["currency"] == "GBP"
        seal_log(server[0].db, server[0].signer, server[0].clock())
        return not verify_receipt(person.receipt(event_id), parse_vkey(person.log_key()))


def _holds(archive: Path, folder: Path, key: str) -> None:
    with ZipFile(archive) as packed:
        packed.extractall(folder)
    inside = next(folder.rglob("manifest.json")).parent
    report = verify_release(inside, parse_vkey(key))
    assert report.ok, report.issues


def test_a_retry_of_a_submit_counts_once_and_a_submit_can_be_revised(
    server: tuple[House, str], carmen: Client, tmp_path: Path
) -> None:
    project_id = moods(carmen, "Second thoughts", min_overlap=1, max_overlap=1)
    (tmp_path / "one.csv").write_text("text\nhello\n")
    carmen.import_files(project_id, tmp_path / "one.csv")
    carmen.fund(project_id, "10")
    with contributor(server, carmen, "Esi") as esi:
        esi.join(project_id)
        task = esi.next_task(project_id)
        assert task is not None
        key = "11111111-1111-4111-8111-111111111111"
        first = esi.submit(task["task_id"], {"mood": "sad"}, key=key)
        assert esi.submit(task["task_id"], {"mood": "sad"}, key=key) == first
        again = esi.revise(first["annotation_id"])
        better = esi.submit(again["task_id"], {"mood": "glad"}, revises=first["annotation_id"])
        assert better["revision"] == 2
        assert carmen.status(project_id)["progress"]["answers"] == 1


def test_a_wrong_answer_is_refused_with_its_place(
    server: tuple[House, str], carmen: Client, tmp_path: Path
) -> None:
    project_id = moods(carmen, "Refusals", min_overlap=1, max_overlap=1)
    (tmp_path / "one.csv").write_text("text\nhello\n")
    carmen.import_files(project_id, tmp_path / "one.csv")
    carmen.fund(project_id, "10")
    with contributor(server, carmen, "Amina") as amina:
        amina.join(project_id)
        task = amina.next_task(project_id)
        assert task is not None
        with pytest.raises(FairhandError) as refused:
            amina.submit(task["task_id"], {"mood": "bored"})
        assert (refused.value.status, refused.value.code) == (422, "invalid")
        assert "mood" in refused.value.issues[0].place
        assert amina.skip(task["task_id"], reason="unsure")["skipped"] is True
        with pytest.raises(FairhandError) as forbidden:
            amina.status(project_id)
        assert forbidden.value.status == 403


def test_an_unreadable_file_fails_its_job_and_says_why(carmen: Client, tmp_path: Path) -> None:
    project_id = moods(carmen, "Broken files")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and nothing more")
    with pytest.raises((JobFailedError, FairhandError)) as failed:
        carmen.import_files(project_id, broken)
    assert "broken.parquet" in str(failed.value)


def test_a_project_that_cannot_be_says_everything_at_once(carmen: Client) -> None:
    with pytest.raises(FairhandError) as refused:
        carmen.create_project(
            "X",
            purpose="",
            questions=[mask("two words", ["a"])],
            currency="GBP",
            rate="13.00",
        )
    places = {issue.place for issue in refused.value.issues}
    assert {"title", "purpose"} <= places
    assert "title" in str(refused.value)


def test_a_red_gate_is_a_conflict_with_its_reasons(carmen: Client) -> None:
    project_id = moods(carmen, "Too early")
    with pytest.raises(FairhandError) as refused:
        carmen.set_mode(project_id, "open")
    assert refused.value.code == "gate"
    assert {issue.place for issue in refused.value.issues} >= {"tasks", "escrow"}
    carmen.set_readiness_terms(project_id, gold_wanted=7, people_wanted=2)
    found = carmen.readiness(project_id)
    assert (found["may_open"], found["terms"]["gold_wanted"]) == (False, 7)
    assert carmen.pilot(project_id)["pilots"] == []
    with pytest.raises(FairhandError, match="only 0 are there"):
        carmen.start_pilot(project_id, 5)


def test_tokens_are_made_listed_and_revoked(server: tuple[House, str], carmen: Client) -> None:
    secret = carmen.create_token("reader", scope="read")
    with Client(server[1], secret) as reader:
        assert reader.log_key().startswith("fairhand/")
        with pytest.raises(FairhandError):
            reader.create_token("more", scope="manage")
    number = next(one["id"] for one in carmen.tokens() if one["label"] == "reader")
    carmen.revoke_token(number)
    with Client(server[1], secret) as reader, pytest.raises(FairhandError) as refused:
        reader.log_key()
    assert (refused.value.status, refused.value.code) == (401, "not_signed_in")


def test_no_server_is_said_in_words() -> None:
    waits: list[float] = []
    with (
        Client("http://127.0.0.1:9", "fh_x", retries=2, sleep=waits.append) as client,
        pytest.raises(FairhandError) as failed,
    ):
        client.me()
    assert (failed.value.status, failed.value.code) == (0, "unreachable")
    assert "Is the server running?" in str(failed.value)
    assert waits == [0.25, 0.5]


class Flaky:
    """A server that fails a few times before it answers."""

    def __init__(self, failures: list[int | Exception], body: dict[str, Any]) -> None:
        self.failures = failures
        self.body = body
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        if self.failures:
            failure = self.failures.pop(0)
            if isinstance(failure, Exception):
                raise failure
            return httpx.Response(failure, headers={"Retry-After": "7"})
        return httpx.Response(200, json=self.body)


def client_of(server: Flaky, waits: list[float]) -> Client:
    transport = httpx.MockTransport(server)
    return Client("http://fairhand.test", "fh_x", transport=transport, sleep=waits.append)


def test_safe_calls_are_tried_again_as_the_server_asks() -> None:
    waits: list[float] = []
    server = Flaky([503, httpx.ReadTimeout("slow")], {"projects": []})
    assert client_of(server, waits).projects() == []
    assert waits == [7.0, 0.5]


def test_a_submit_is_tried_again_under_the_same_key() -> None:
    server = Flaky([httpx.ReadError("cut off")], {"annotation_id": 1})
    client_of(server, []).submit(5, {"mood": "glad"})
    first, second = (request.content for request in server.requests)
    assert first == second


def test_what_must_not_happen_twice_is_never_sent_twice() -> None:
    server = Flaky([httpx.ReadError("cut off")], {})
    with pytest.raises(FairhandError):
        client_of(server, []).invite("Amina")
    assert len(server.requests) == 1


def test_a_page_that_is_no_json_is_not_taken_for_an_answer() -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, html="<p>Hello</p>"))
    with (
        Client("http://elsewhere.test", "", transport=transport) as client,
        pytest.raises(FairhandError) as failed,
    ):
        client.me()
    assert failed.value.code == "not_fairhand"


def test_address_and_token_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRHAND_URL", "http://team.test/")
    monkeypatch.setenv("FAIRHAND_TOKEN", "fh_secret")
    server = Flaky([], {"projects": []})
    Client(transport=httpx.MockTransport(server)).projects()
    request = server.requests[0]
    assert str(request.url) == "http://team.test/api/v1/projects"
    assert request.headers["authorization"] == "Bearer fh_secret"


def test_a_contributor_says_how_they_are_paid_and_takes_it_back(
    server: tuple[House, str], carmen: Client
) -> None:
    amina = contributor(server, carmen, "Amina is paid", "manage")
    details = {"provider": "M-PESA", "phone": "+254 712 345678", "name": "Amina Wanjiru"}
    assert amina.set_payout_method("KES", "mobile", details, minimum="100.00") > 0
    (mine,) = amina.payout()["currencies"]
    assert (mine["rail"], mine["minimum"], mine["due"]) == ("mobile", "100.00", "0.00")
    assert mine["details"]["phone"] == "+254712345678"
    with pytest.raises(FairhandError) as refused:
        amina.set_payout_method("KES", "sepa", {"name": "Amina"})
    assert "currency" in {issue.place for issue in refused.value.issues}
    amina.end_payout_method("KES")
    assert amina.payout()["currencies"] == []
    amina.close()
