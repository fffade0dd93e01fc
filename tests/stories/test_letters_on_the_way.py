"""Letters on their way: certificates, servers that fail, processes that die, databases away."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairhand.core.clock import HOUR_MS, MINUTE_MS
from fairhand.core.mail_settings import MailSettings
from fairhand.people.post import store
from fairhand.people.post.rules import Letter
from fairhand.storage.database import Database
from fairhand.storage.schema import whole_metadata
from fairhand.use_cases.check_mail import check_mail
from fairhand.use_cases.read_letters import read_outbox
from fairhand.use_cases.send_letters import send_next
from tests.authority import Authority
from tests.cast import Cast
from tests.engines import PostgresServer, start_postgres, why_no_postgres
from tests.mail_server import Box, Office, house_with, mail_to, serving

SENDER = "tests.letter_sender"
ROOT = Path(__file__).parent.parent.parent
CLAIM_MS = 20 * MINUTE_MS


@pytest.fixture
def box() -> Iterator[tuple[Box, int]]:
    kept = Box()
    with serving(kept) as port:
        yield kept, port


def put(cast: Cast, many: int = 1, kind: str = "identity") -> None:
    """Put letters to Carmen about as many events."""
    with cast.db.write() as connection:
        for number in range(many):
            store.put(
                connection,
                person_id=cast.carmen,
                address="carmen@example.org",
                kind=kind,
                locale="en",
                about=f"event/{number}",
                sealed=None,
                now=cast.clock.now,
            )


def office_of(cast: Cast, folder: Path, mail: MailSettings, box: Box) -> Office:
    return Office(house_with(cast.db, cast.clock, folder, mail), box)


def only(office: Office) -> Letter:
    (letter,) = read_outbox(office.house)
    return letter


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("right", ""),
        ("another name", "Hostname mismatch"),
        ("by itself", "self-signed certificate"),
        ("expired", "certificate has expired"),
        ("unknown authority", "unable to get local issuer certificate"),
    ],
)
def test_a_certificate_is_believed_only_when_all_of_it_is_right(
    sqlite_db: Database, tmp_path: Path, security: str, shown: str, said: str
) -> None:
    cast, authority, box = Cast(sqlite_db), Authority(tmp_path), Box()
    context = authority.context(
        "mail.elsewhere.example" if shown == "another name" else "localhost",
        days=-1 if shown == "expired" else 30,
        by_itself=shown == "by itself",
    )
    at_once, later = (context, None) if security == "tls" else (None, context)
    believed = "" if shown == "unknown authority" else str(authority.file)
    put(cast)
    with serving(box, tls=at_once, starttls=later) as port:
        mail = mail_to(port, security=security, host="localhost", ca_file=believed)
        office = office_of(cast, tmp_path, mail, box)
        assert send_next(office.house) is (shown == "right")
        letter = only(office)
        state, words = check_mail(office.house)
    if shown == "right":
        assert (letter.state, len(box.letters), state) == ("sent", 1, "ok")
        return
    assert box.letters == []
    assert letter.state == "waiting", "it stays until the certificate is mended"
    assert said in letter.trouble
    assert (state, said in words) == ("fail", True)


def test_a_password_that_is_refused_keeps_letters_until_it_is_mended(
    sqlite_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast, authority, box = Cast(sqlite_db), Authority(tmp_path), Box()
    put(cast)
    with serving(box, starttls=authority.context("localhost"), password="right") as port:
        way = {"security": "starttls", "host": "localhost", "ca_file": str(authority.file)}
        mail = mail_to(port, user="fairhand", password_env="MAIL_WORD", timeout_s=20, **way)
        office = office_of(cast, tmp_path, mail, box)
        monkeypatch.setenv("MAIL_WORD", "wrong")
        assert not send_next(office.house)
        assert "password was not taken" in only(office).trouble
        assert "wrong" not in only(office).trouble
        assert check_mail(office.house)[0] == "fail"
        monkeypatch.delenv("MAIL_WORD")
        cast.clock.advance(HOUR_MS)
        assert not send_next(office.house)
        assert only(office).state == "waiting"
        monkeypatch.setenv("MAIL_WORD", "right")
        cast.clock.advance(HOUR_MS)
        assert send_next(office.house)
    assert len(box.letters) == 1


def test_refusing_us_is_for_now_and_refusing_the_letter_for_good(
    sqlite_db: Database, box: tuple[Box, int], tmp_path: Path
) -> None:
    cast = Cast(sqlite_db)
    office = office_of(cast, tmp_path, mail_to(box[1]), box[0])
    put(cast)
    box[0].to_sender = "553 this sender is not yours"
    assert not send_next(office.house)
    assert (only(office).state, "553" in only(office).trouble) == ("waiting", True)
    box[0].to_sender = ""
    cast.clock.advance(HOUR_MS)
    assert send_next(office.house)
    assert only(office).state == "sent"


def test_a_server_that_sends_all_away_at_the_door_keeps_the_letter_waiting(
    sqlite_db: Database, tmp_path: Path
) -> None:
    cast = Cast(sqlite_db)
    put(cast)
    with socket.create_server(("127.0.0.1", 0)) as door:
        office = office_of(cast, tmp_path, mail_to(door.getsockname()[1]), Box())

        def away() -> None:
            visitor, _ = door.accept()
            visitor.sendall(b"554 no service here\r\n")
            visitor.close()

        porter = threading.Thread(target=away)
        porter.start()
        assert not send_next(office.house)
        porter.join()
    assert (only(office).state, only(office).trouble) == ("waiting", "554 no service here")


def test_a_letter_is_given_up_after_its_last_try_and_says_why(
    sqlite_db: Database, box: tuple[Box, int], tmp_path: Path
) -> None:
    cast = Cast(sqlite_db)
    office = office_of(cast, tmp_path, mail_to(box[1]), box[0])
    put(cast)
    box[0].to_recipient = "451 come back later"
    tries = 0
    while only(office).state == "waiting":
        assert not send_next(office.house)
        cast.clock.advance(27 * HOUR_MS)
        tries += 1
    assert (tries, only(office).trouble) == (8, "451 come back later")
    assert box[0].letters == []


def test_a_server_that_hangs_after_the_letter_gets_it_again_under_the_same_name(
    sqlite_db: Database, box: tuple[Box, int], tmp_path: Path
) -> None:
    """The answer never came: SMTP cannot know whether it was taken."""
    cast = Cast(sqlite_db)
    office = office_of(cast, tmp_path, mail_to(box[1], timeout_s=0.3), box[0])
    put(cast)
    box[0].on_data = lambda: time.sleep(0.8)
    assert not send_next(office.house)
    assert "in time" in only(office).trouble
    box[0].on_data = lambda: None
    time.sleep(0.8)
    cast.clock.advance(HOUR_MS)
    assert send_next(office.house)
    first, second = box[0].letters
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize("knows_utf8", [True, False])
def test_an_address_in_another_script_is_sent_to_where_the_server_can(
    sqlite_db: Database, tmp_path: Path, *, knows_utf8: bool
) -> None:
    cast, box = Cast(sqlite_db), Box()
    cast.change("UPDATE person SET email = 'nééma@bücher.example'")
    put(cast)
    cast.change("UPDATE mail SET address = 'nééma@bücher.example'")
    with serving(box, smtputf8=knows_utf8) as port:
        office = office_of(cast, tmp_path, mail_to(port), box)
        send_next(office.house)
    assert box.recipients == (["nééma@xn--bcher-kva.example"] if knows_utf8 else [])
    assert only(office).state == ("sent" if knows_utf8 else "given_up")
    assert ("no address with such letters" in only(office).trouble) is not knows_utf8


def sender(cast: Cast, url: str, port: int, folder: Path, name: str) -> subprocess.Popen[str]:
    now = str(int(cast.clock.now))
    return subprocess.Popen(
        [sys.executable, "-m", SENDER, url, str(port), str(folder), now, name],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        text=True,
    )


def begin(*senders: subprocess.Popen[str]) -> None:
    for one in senders:
        assert one.stdin is not None
        one.stdin.close()


@pytest.mark.slow
def test_two_processes_send_each_letter_once(
    db_url: str, box: tuple[Box, int], tmp_path: Path
) -> None:
    db = Database(db_url, pool_size=4)
    cast = Cast(db)
    put(cast, 30)
    two = [sender(cast, db_url, box[1], tmp_path, name) for name in ("first", "second")]
    begin(*two)
    assert [one.wait(50) for one in two] == [0, 0]
    office = office_of(cast, tmp_path, mail_to(box[1]), box[0])
    assert {(one.state, one.attempts) for one in read_outbox(office.house)} == {("sent", 1)}
    assert len({one["Message-ID"] for one in box[0].letters}) == len(box[0].letters) == 30
    assert {str(one["From"]).split()[0] for one in box[0].letters} == {"first", "second"}
    db.close()


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before the letter", "after the letter"])
def test_a_sender_that_is_killed_loses_no_letter(
    db_url: str, box: tuple[Box, int], tmp_path: Path, moment: str
) -> None:
    db = Database(db_url, pool_size=4)
    cast = Cast(db)
    put(cast)
    office = office_of(cast, tmp_path, mail_to(box[1]), box[0])
    one = sender(cast, db_url, box[1], tmp_path, "first")

    def kill() -> None:
        os.kill(one.pid, signal.SIGKILL)
        one.wait(10)

    if moment == "before the letter":
        box[0].on_recipient = kill
    else:
        box[0].on_data = kill
    begin(one)
    assert one.wait(50) == -signal.SIGKILL
    box[0].on_recipient = box[0].on_data = lambda: None
    assert only(office).state == "waiting"
    assert not send_next(office.house), "not while the dead one could still be at it"
    cast.clock.advance(CLAIM_MS)
    assert send_next(office.house)
    assert only(office).state == "sent"
    names = [one["Message-ID"] for one in box[0].letters]
    assert len(set(names)) == 1
    assert len(names) == (1 if moment == "before the letter" else 2)
    db.close()


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    reason = why_no_postgres()
    if reason:
        pytest.skip(reason)
    server = start_postgres(durable=True)
    server.run("CREATE DATABASE letters")
    yield server
    server.stop()


@pytest.mark.slow
def test_a_database_that_goes_away_while_a_letter_is_sent_makes_it_neither_lost_nor_double(
    postgres: PostgresServer, box: tuple[Box, int], tmp_path: Path
) -> None:
    db = Database(postgres.url("letters"), pool_size=2)
    with db.write() as connection:
        whole_metadata().create_all(connection)
    cast = Cast(db)
    put(cast, 2)
    office = office_of(cast, tmp_path, mail_to(box[1], timeout_s=20), box[0])
    given, gone = threading.Event(), threading.Event()

    def hold() -> None:
        box[0].on_data = lambda: None
        given.set()
        assert gone.wait(30)

    box[0].on_data = hold
    went: list[bool] = []
    carrying = threading.Thread(target=lambda: went.append(send_next(office.house)))
    carrying.start()
    assert given.wait(30)
    postgres.crash()
    gone.set()
    carrying.join(1)
    assert carrying.is_alive(), "it waits for the database"
    postgres.start_again()
    carrying.join(40)
    assert went == [True], "it is written down when the database is back"
    assert send_next(office.house)
    assert not send_next(office.house)
    assert [(one.state, one.attempts) for one in read_outbox(office.house)] == [("sent", 1)] * 2
    assert len({one["Message-ID"] for one in box[0].letters}) == len(box[0].letters) == 2
    db.close()
