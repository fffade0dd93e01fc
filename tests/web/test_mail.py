"""Letters by mail: who is written to, in which language, and what a bad server does."""

from __future__ import annotations

import dataclasses
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from fairhand.client import Client, FairhandError
from fairhand.compute.mailing import hand_over
from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from fairhand.core.mail_settings import MailSettings
from fairhand.core.settings import Settings
from fairhand.core.words import LANGUAGES, load_messages
from fairhand.people.accounts.erasure_store import erase_rows
from fairhand.people.post import store
from fairhand.people.post.rules import stop_token
from fairhand.use_cases.check_mail import check_mail, send_test
from fairhand.use_cases.examine_house import check_mail_way
from fairhand.use_cases.letter_words import SAID, STOP, Told, write_letter
from fairhand.use_cases.make_reset_link import make_reset_link
from fairhand.use_cases.put_letters import News
from fairhand.use_cases.read_letters import preview_letter, read_outbox
from fairhand.use_cases.read_server import read_server
from fairhand.use_cases.seal_log import seal_log
from fairhand.use_cases.send_letters import Postman, forget_letters, send_next
from tests.mail_server import Box, mail_to, serving, text_of
from tests.web.live import serving as served
from tests.web.world import World

NEW = "a sentence that nobody guesses"


@pytest.fixture
def box() -> Iterator[tuple[Box, int]]:
    kept = Box()
    with serving(kept) as port:
        yield kept, port


@pytest.fixture
def post(world: World, box: tuple[Box, int]) -> World:
    return with_mail(world, box[1])


def with_mail(world: World, port: int, **changed: object) -> World:
    mail = mail_to(port, **changed)
    settings = world.house.settings.model_copy(
        update={"mail": mail, "public_url": "https://work.example"}
    )
    house = dataclasses.replace(world.house, settings=settings)
    return World(world.cast, house, world.project, world.other, dict(world.people))


def states(world: World) -> list[tuple[str, str, int]]:
    return [(one.kind, one.state, one.attempts) for one in read_outbox(world.house)]


def invite(world: World, address: str = "neema@example.org", language: str = "sw") -> str:
    carmen = world.client("Carmen")
    fields = {"display_name": "Neema", "email": address, "country": "KE", "language": language}
    answer = carmen.post("/people", data=world.form(carmen, role="contributor", **fields))
    assert answer.status_code == 200
    return answer.text


def address_of(world: World, who: str) -> str:
    world.cast.change(
        "UPDATE person SET email = :email, is_simulated = false WHERE id = :id",
        email=f"{who.lower()}@example.org",
        id=world.people[who],
    )
    found = world.cast.rows(f"SELECT email FROM person WHERE id = {world.people[who]}")
    return str(found[0][0])


def test_an_invitation_arrives_in_swahili_and_its_link_opens_the_account(
    post: World, box: tuple[Box, int]
) -> None:
    assert "also on its way by mail to neema@example.org" in invite(post)
    assert send_next(post.house)
    (letter,) = box[0].letters
    assert letter["To"] == "neema@example.org"
    assert "umealikwa" in letter["Subject"]
    assert "Umealikwa" in text_of(letter)
    assert "List-Unsubscribe" not in letter
    html = letter.get_body(("html",))
    assert html is not None
    assert "<img" not in html.get_content()
    (path,) = re.findall(r"https://work\.example(/sign-in/\S+)", text_of(letter))
    client = post.client()
    assert "Neema" in client.get(path).text
    token = path.rpartition("/")[2]
    assert client.post("/sign-in", data={"link_token": token}).status_code == 303
    assert states(post) == [("invitation", "sent", 1)]
    assert post.cast.rows("SELECT sealed FROM mail") == [(None,)]
    assert not send_next(post.house)


def test_nothing_is_put_where_no_server_is_set(world: World) -> None:
    assert "by mail" not in invite(world)
    assert read_outbox(world.house) == []
    assert "No mail is sent from here" in world.client().get("/forgot").text


def test_a_forgotten_password_is_set_anew_and_ends_old_sessions(
    post: World, box: tuple[Box, int]
) -> None:
    before, address = post.client("Amina"), address_of(post, "Amina")
    client = post.client()
    known = client.post("/forgot", data={"email": address})
    unknown = client.post("/forgot", data={"email": "nobody@example.org"})
    assert known.text == unknown.text
    assert send_next(post.house)
    (path,) = re.findall(r"https://work\.example(/reset/\S+)", text_of(box[0].letters[0]))
    token = path.rpartition("/")[2]
    assert client.post("/sign-in", data={"link_token": token}).status_code == 401
    assert token not in str(post.cast.rows("SELECT * FROM sign_in_link"))
    assert "Set the password" in client.get(path).text
    assert client.post(path, data={"new_password": "short"}).status_code == 422
    assert client.post(path, data={"new_password": NEW}).status_code == 303
    assert client.post(path, data={"new_password": NEW}).status_code == 401
    assert before.get("/account").status_code == 401
    signed = client.post("/sign-in", data={"email": address, "password": NEW})
    assert signed.status_code == 303
    seal_log(post.house.db, post.house.signer, post.cast.clock.now)
    news = News(post.house.db)
    assert news.put_new(post.cast.clock.now) == 1
    assert news.put_new(post.cast.clock.now) == 0
    assert News(post.house.db).put_new(post.cast.clock.now) == 1, "after a restart it looks again"
    assert send_next(post.house)
    assert not send_next(post.house), "and still writes once"
    assert "password was changed" in box[0].letters[-1]["Subject"]


def test_a_reset_link_ends_after_an_hour_and_three_are_made_at_most(post: World) -> None:
    client, address = post.client(), address_of(post, "Amina")
    for _ in range(5):
        assert client.post("/forgot", data={"email": address}).status_code == 200
    assert len(read_outbox(post.house)) == 3
    secret = make_reset_link(post.house.db, post.people["Amina"], post.cast.clock.now, hours=1)
    assert "Set the password" in client.get(f"/reset/{secret}").text
    post.cast.clock.advance(HOUR_MS)
    assert client.post(f"/reset/{secret}", data={"new_password": NEW}).status_code == 401
    send_next(post.house)
    assert read_outbox(post.house)[-1].trouble.startswith("Its link had ended")


def test_the_doctor_and_the_measures_tell_of_a_letter_that_waits(
    post: World, box: tuple[Box, int]
) -> None:
    assert check_mail_way(post.house).state == "ok"
    box[0].to_recipient = "451 come back later"
    invite(post)
    send_next(post.house)
    post.cast.clock.advance(HOUR_MS)
    assert check_mail_way(post.house).state == "ok", "it may well go out yet"
    post.cast.clock.advance(HOUR_MS)
    found = check_mail_way(post.house)
    assert (found.state, found.words) == ("warn", "Letters that wait: 1; the oldest for 2 hours.")
    figures = read_server(post.house).figures
    assert (figures.letters, figures.letter_wait_s) == ({"waiting": 1}, 7_200)
    box[0].to_recipient = "550 no such person"
    assert send_next(post.house)
    assert check_mail_way(post.house).state == "ok"
    assert read_server(post.house).figures.letters == {"given_up": 1}


def test_asking_often_is_bounded(post: World) -> None:
    client = post.client()
    answers = [client.post("/forgot", data={"email": f"{n}@b.c"}).status_code for n in range(11)]
    assert answers == [200] * 10 + [429]


def put_appeal(world: World) -> None:
    now, address = world.cast.clock.now, address_of(world, "Amina")
    with world.house.db.write() as connection:
        store.put(
            connection,
            person_id=world.people["Amina"],
            address=address,
            kind="appeal",
            locale="de",
            about="event/1",
            sealed=None,
            now=now,
        )


def test_one_click_ends_letters_of_a_kind_without_signing_in(
    post: World, box: tuple[Box, int]
) -> None:
    put_appeal(post)
    assert send_next(post.house)
    letter = box[0].letters[0]
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = letter["List-Unsubscribe"].strip(" <>").removeprefix("https://work.example")
    client = post.client()
    assert client.post(path[:-1] + "x").status_code == 404
    assert "Stop these letters" in client.get(path).text
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    post.cast.change("DELETE FROM mail")
    put_appeal(post)
    assert send_next(post.house)
    assert len(box[0].letters) == 1
    amina = post.client("Amina")
    assert "Write to me when an appeal of mine is answered" in amina.get("/account").text
    said = {**post.form(amina), "kind": ["appeal", "budget"]}
    assert amina.post("/account/letters", data=said).status_code == 303
    assert post.cast.rows("SELECT kind, wanted FROM mail_choice ORDER BY kind") == [
        ("appeal", 1),
        ("appeal_filed", 0),
        ("decision", 0),
        ("dispute", 0),
        ("paid", 0),
        ("statement", 0),
    ], "what only owners are written is neither asked nor answered"
    forged = stop_token(post.house.secret, 10**17, "appeal")
    assert client.post(f"/letters/stop/{forged}").status_code == 404


@pytest.mark.parametrize(
    ("recipient", "data", "state", "said"),
    [
        ("451 come back later", "250 OK", "waiting", "451 come back later"),
        ("550 no such person", "250 OK", "given_up", "550 no such person"),
        ("", "552 the box is full", "given_up", "552"),
        ("", "452 too many", "waiting", "452"),
        ("", "drop", "waiting", "hung up"),
    ],
)
def test_what_the_server_answers_decides(
    post: World, box: tuple[Box, int], recipient: str, data: str, state: str, said: str
) -> None:
    box[0].to_recipient, box[0].to_data = recipient, data
    invite(post)
    send_next(post.house)
    (letter,) = read_outbox(post.house)
    assert (letter.state, said in letter.trouble) == (state, True), letter.trouble
    box[0].to_recipient, box[0].to_data = "", "250 OK"
    assert not send_next(post.house), "not before its time"
    post.cast.clock.advance(2 * MINUTE_MS)
    assert send_next(post.house) is (state == "waiting")
    assert len({one["Message-ID"] for one in box[0].letters}) == len(box[0].letters[:1])
    assert all(one["Date"].datetime.tzinfo is not None for one in box[0].letters)


def test_a_server_that_hangs_or_is_away_holds_nothing_for_long(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hangs = with_mail(world, silent.getsockname()[1], timeout_s=0.2)
        invite(hangs)
        assert not send_next(hangs.house)
        assert "in time" in read_outbox(hangs.house)[0].trouble
    assert check_mail(hangs.house)[0] == "fail"


def test_without_encryption_where_it_is_asked_for_nothing_is_sent(
    world: World, box: tuple[Box, int]
) -> None:
    careful = with_mail(world, box[1], security="starttls")
    assert send_test(careful.house, "a@example.org", "en").outcome == "later"
    assert box[0].letters == []


def test_no_more_go_out_in_a_minute_than_the_settings_say(
    world: World, box: tuple[Box, int]
) -> None:
    slow = with_mail(world, box[1], per_minute=2)
    for number in range(3):
        invite(slow, f"n{number}@example.org")
    postman = Postman(slow.house)
    postman.send_due(wait_s=10)
    postman.send_due(wait_s=10)
    assert len(box[0].letters) == 2
    slow.cast.clock.advance(MINUTE_MS)
    postman.send_due(wait_s=10)
    assert len(box[0].letters) == 3
    slow.cast.clock.advance(15 * DAY_MS)
    assert forget_letters(slow.house) == 3


def test_who_is_erased_is_written_to_no_more(post: World, box: tuple[Box, int]) -> None:
    put_appeal(post)
    with post.house.db.write() as connection:
        erase_rows(connection, post.people["Amina"])
    assert read_outbox(post.house) == []
    assert not send_next(post.house)
    assert box[0].letters == []


def test_names_and_addresses_cannot_break_a_header(box: tuple[Box, int]) -> None:
    mail = MailSettings(host="127.0.0.1", port=box[1], security="none", sender="fh@example.org")
    name = "House\r\nBcc: all@example.org " + "x" * 300
    told = Told("test", "en", "neema@bücher.example", name)
    assert hand_over(mail, write_letter(mail, told, "<1@example.org>")).outcome == "sent"
    (letter,) = box[0].letters
    assert letter["Bcc"] is None
    assert letter["To"] == "neema@xn--bcher-kva.example"
    with pytest.raises(ValueError, match="line breaks"):
        write_letter(mail, Told("test", "en", "a@b.c\r\nBcc: x@y.z", "House"), "<1@example.org>")


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_letter_is_in_every_language(world: World, language: str) -> None:
    wanted = {one for subject, said, button in SAID.values() for one in (subject, *said, button)}
    if language != "en":
        assert set(load_messages(language, "mail")) == (wanted | {STOP}) - {""}
    for kind in SAID:
        subject, text = preview_letter(world.house, kind, language, world.cast.clock.now)
        assert "{" not in subject + text


def test_settings_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    sane = {"host": "mail.example.org", "sender": "fh@example.org"}
    for wrong in ({"sender": ""}, {"sender": "a@b\r\nc"}, {"user": "u"}, {"port": 0}):
        with pytest.raises(ValidationError):
            MailSettings.model_validate({**sane, **wrong})
    with pytest.raises(ValidationError, match="public_url"):
        Settings(workspace=tmp_path, mail=MailSettings.model_validate(sane))


def test_an_administrator_looks_after_letters_in_the_browser(
    post: World, box: tuple[Box, int]
) -> None:
    invite(post)
    carmen = post.client("Carmen")
    page = carmen.get("/admin/mail").text
    assert "neema@example.org" in page
    assert "umealikwa" not in page
    preview = carmen.get("/admin/mail?kind=reset&language=sw").text
    assert SAID["reset"][0].partition(": ")[2] not in preview
    assert 'lang="sw"' in preview
    checked = carmen.post("/admin/mail/check", data=post.form(carmen))
    assert "takes letters from" in checked.text
    sent = carmen.post("/admin/mail/test", data=post.form(carmen, address="carmen@example.org"))
    assert "took a letter to carmen@example.org" in sent.text
    assert [one["To"] for one in box[0].letters] == ["carmen@example.org"]
    (waiting,) = read_outbox(post.house)
    retried = carmen.post(f"/admin/mail/{waiting.id}/retry", data=post.form(carmen))
    assert retried.headers["location"] == "/admin/mail?state=waiting#outbox"
    assert carmen.post(f"/admin/mail/{waiting.id}/cancel", data=post.form(carmen)).is_redirect
    assert states(post) == [("invitation", "given_up", 0)]
    assert "Called off." in carmen.get("/admin/mail?state=given_up").text
    assert "No letter is like that." in carmen.get("/admin/mail?state=waiting").text
    gone = carmen.post(f"/admin/mail/{waiting.id}/retry", data=post.form(carmen))
    assert gone.status_code == 404
    assert carmen.get("/admin/mail?state=lost").status_code == 422
    assert carmen.get("/admin/mail?kind=love").status_code == 404
    assert post.client("Amina").get("/admin/mail").status_code == 403


def test_letters_are_kept_over_the_api_as_well(post: World, box: tuple[Box, int]) -> None:
    with post.house.db.write() as connection:
        for number in range(53):
            store.put(
                connection, person_id=post.people["Amina"], address="amina@example.org",
                kind="statement", locale="en", about=f"event/{number}", sealed=None,
                now=post.house.clock(),
            )  # fmt: skip
    token = post.token("Carmen", "manage")
    with served(post.house) as url, Client(url, token) as client:
        first = client.mail.outbox("waiting")
        assert (first["counts"]["waiting"], len(first["letters"])) == (53, 50)
        rest = client.mail.outbox(before=first["before"])
        assert (len(rest["letters"]), rest["before"]) == (3, None)
        client.mail.cancel(rest["letters"][0]["id"])
        client.mail.retry(rest["letters"][1]["id"])
        assert client.mail.outbox()["counts"] == {"waiting": 52, "sent": 0, "given_up": 1}
        assert client.mail.preview("paid", "fr")["kinds"] == list(SAID)
        assert client.mail.check()["state"] == "ok"
        assert client.mail.test("carmen@example.org")["outcome"] == "sent"
        with pytest.raises(FairhandError, match="no letter 'love'"):
            client.mail.preview("love")
        with pytest.raises(FairhandError, match="No letter 1000000 waits"):
            client.mail.cancel(10**6)
        with pytest.raises(FairhandError, match="none is 'lost'"):
            client.mail.outbox("lost")  # type: ignore[arg-type]  # what a caller may get wrong


def test_without_a_server_the_page_says_how_to_name_one(world: World) -> None:
    carmen = world.client("Carmen")
    assert "No mail server is set" in carmen.get("/admin/mail").text
    refused = carmen.post("/admin/mail/test", data=world.form(carmen, address="a@example.org"))
    assert refused.status_code == 409
    assert "fairhand.toml" in refused.text
