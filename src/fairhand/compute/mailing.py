"""Handing a letter to an SMTP server, and what it said."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final, Literal

from fairhand.core.mail_settings import MailSettings

_SAID: Final = 300
_PERMANENT: Final = 500
_AUTHENTICATION: Final = (530, 534, 535, 538)


@dataclass(frozen=True, slots=True)
class Handed:
    """How it went: taken, to be tried again, or refused for good."""

    outcome: Literal["sent", "later", "refused"]
    words: str = ""


def hand_over(settings: MailSettings, letter: EmailMessage) -> Handed:
    """Hand one letter to the server; never raises for what the server or the network does."""
    try:
        with connected(settings) as server:
            server.send_message(letter)
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        return _answered(code, said)
    except smtplib.SMTPAuthenticationError as error:
        return Handed("later", f"The password was not taken: {_plain(error.smtp_error)}")
    except smtplib.SMTPDataError as error:
        return _answered(error.smtp_code, error.smtp_error)
    except smtplib.SMTPResponseException as error:
        # It refuses us or our sender, not the letter: the settings can be mended meanwhile.
        return Handed("later", _said(error.smtp_code, error.smtp_error))
    except smtplib.SMTPNotSupportedError as error:
        if "SMTPUTF8" in str(error) or "utf8" in str(error).lower():
            return Handed("refused", "The mail server takes no address with such letters.")
        return Handed("later", f"The mail server cannot do what the settings say: {error}")
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        return _away(error)
    return Handed("sent")


def _away(error: Exception) -> Handed:
    """Say what kept a letter from being handed over; it is tried again."""
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return Handed("later", "The mail server hung up, or did not answer in time.")
    if isinstance(error, ssl.SSLError):
        why = getattr(error, "verify_message", "") or error.reason or "TLS failed"
        return Handed("later", f"The certificate or TLS of the mail server is not right: {why}")
    if isinstance(error, TimeoutError):
        return Handed("later", "The mail server did not answer in time.")
    if isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException):
        return Handed("later", f"The mail server is not reached: {error.strerror or error}")
    return Handed("later", f"The mail server: {type(error).__name__}")


@contextmanager
def connected(settings: MailSettings) -> Iterator[smtplib.SMTP]:
    """Connect, encrypt and sign in as the settings say; a certificate that is wrong is refused."""
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    host, port, wait = settings.host, settings.port, settings.timeout_s
    server: smtplib.SMTP
    if settings.security == "tls":
        server = smtplib.SMTP_SSL(host, port, timeout=wait, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=wait)
    try:
        if settings.security == "starttls":
            server.starttls(context=context)
        if settings.user:
            server.login(settings.user, settings.password)
        yield server
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):
            return  # it was taken before; how the server says goodbye changes nothing
    finally:
        server.close()


def _answered(code: int, said: bytes | str) -> Handed:
    words = _said(code, said)
    if code in _AUTHENTICATION or code < _PERMANENT:
        return Handed("later", words)
    return Handed("refused", words)


def _said(code: int, said: bytes | str) -> str:
    return f"{code} {_plain(said)}".strip() if code > 0 else _plain(said)


def _plain(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    words = " ".join(text.split())[:_SAID]
    return "".join(each for each in words if each.isprintable())
