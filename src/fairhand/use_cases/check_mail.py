"""The way to the mail server: reached, encrypted, signed in; and a test letter over it."""

from __future__ import annotations

import smtplib
import ssl
from typing import Literal

from fairhand.compute.mailing import Handed, connected, hand_over
from fairhand.core.errors import ConflictError, FairhandError
from fairhand.use_cases.house import House
from fairhand.use_cases.letter_words import UNWRITABLE, Told, write_letter


def check_mail(house: House) -> tuple[Literal["ok", "fail"], str]:
    """Connect, encrypt and sign in, and send nothing; gives how it is, in words."""
    mail = house.settings.mail
    if not mail.host:
        return "ok", "No mail server is set: nothing is sent."
    try:
        with connected(mail) as server:
            code, said = server.noop()
            if code >= 400:
                return "fail", f"{mail.host} answers {code} {said.decode('utf-8', 'replace')[:200]}"
    except ssl.SSLError as error:
        why = getattr(error, "verify_message", "") or error.reason
        return "fail", f"The certificate or TLS of {mail.host} is not right: {why}"
    except smtplib.SMTPAuthenticationError:
        return "fail", f"{mail.host} does not take the user and password."
    except FairhandError as error:
        return "fail", error.message
    except (smtplib.SMTPException, OSError) as error:
        return "fail", f"{mail.host}:{mail.port} is not reached as the settings say: {error}"
    return "ok", f"{mail.host} takes letters from {mail.sender}."


def send_test(house: House, address: str, locale: str) -> Handed:
    """Hand over a test letter at once, outside the outbox.

    Raises ConflictError where no mail server is set.
    """
    if not house.settings.mail.host:
        raise ConflictError("No mail server is set: see [mail] in fairhand.toml.")
    told = Told("test", locale, address, house.name)
    domain = house.settings.mail.sender.rpartition("@")[2]
    try:
        now = house.clock()
        letter = write_letter(house.settings.mail, told, f"<fairhand.test.{now}@{domain}>", now)
    except UNWRITABLE:
        return Handed("refused", "No letter can be addressed like this.")
    return hand_over(house.settings.mail, letter)
