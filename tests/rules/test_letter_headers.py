"""A letter's head holds what it should, whatever a house is called and whoever it goes to."""

from __future__ import annotations

import email
from email.message import EmailMessage
from email.policy import SMTPUTF8, default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.core.mail_settings import MailSettings
from fairhand.use_cases.letter_words import SAID, UNWRITABLE, Told, write_letter

MAIL = MailSettings(host="localhost", sender="fh@example.org", reply_to="desk@example.org")
HEAD = {
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
}
NAMES = st.text(max_size=300) | st.from_regex(r"[a-z]{0,9}\r?\n(Bcc|Subject): [a-z@.]{1,40}")
ADDRESSES = st.emails() | st.builds("{}@{}".format, st.text(max_size=80), st.text(max_size=80))


def written(house: str, address: str = "neema@example.org", kind: str = "test") -> EmailMessage:
    return write_letter(MAIL, Told(kind, "de", address, house), "<1@example.org>")


def read_back(letter: EmailMessage) -> EmailMessage:
    read = email.message_from_string(letter.as_string(policy=SMTPUTF8), policy=default)
    assert isinstance(read, EmailMessage)
    return read


@settings(max_examples=60)
@given(house=NAMES, address=ADDRESSES, kind=st.sampled_from(sorted(SAID)))
def test_no_name_and_no_address_adds_a_header_or_a_recipient(
    house: str, address: str, kind: str
) -> None:
    try:
        letter = written(house, address, kind)
    except UNWRITABLE:
        return
    read = read_back(letter)
    assert sorted(read.keys()) == sorted(HEAD)
    assert len(read["To"].addresses) == len(read["From"].addresses) == 1
    assert read["From"].addresses[0].addr_spec == "fh@example.org"
    long = [one for one in letter.as_bytes().split(b"\r\n") if len(one) > 998]
    assert long == [], "RFC 5322: no line is longer"


@pytest.mark.parametrize(
    ("address", "travels"),
    [
        ("neema@bücher.example", "neema@xn--bcher-kva.example"),
        ("neema@straße.example", "neema@xn--strae-oqa.example"),
        ("neema@例え.テスト", "neema@xn--r8jz45g.xn--zckzah"),
        ("nééma@bücher.example", "nééma@xn--bcher-kva.example"),
        ("neema@BÜCHER.example", "neema@xn--bcher-kva.example"),
    ],
)
def test_a_domain_travels_in_the_letters_of_the_net_and_a_name_as_it_is(
    address: str, travels: str
) -> None:
    assert read_back(written("pets", address))["To"].addresses[0].addr_spec == travels


@pytest.mark.parametrize(
    "address",
    ["", "@", "a@", "@b.c", "a b@c.d", "a@b.c, x@y.z", "a@ü..de", "a\r\nBcc: x@y.z@b.c", "a@<b.c>"],
)
def test_what_is_no_address_is_not_written_to(address: str) -> None:
    with pytest.raises(UNWRITABLE):
        written("pets", address)


def test_a_name_arrives_whole_in_its_script_without_what_turns_a_line() -> None:
    for name in ("Kazi ya 公平な手 🐾 قطط", 'O\'Brien, "Ltd." <x@y.z>', "ü" * 100):
        read = read_back(written(name))
        assert read["From"].addresses[0].display_name == name
        assert read["Subject"].startswith(f"{name}: ")
    assert str(read_back(written("good\u202eevil\u200b"))["Subject"]).startswith("goodevil: ")
    assert len(read_back(written("x" * 5_000))["From"].addresses[0].display_name) == 100
