"""A mail server for tests, and a house that sends by it."""

from __future__ import annotations

import email
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from fairhand.core.clock import ManualClock
from fairhand.core.mail_settings import MailSettings
from fairhand.core.settings import Settings
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.house import House
from fairhand.use_cases.put_letters import News, put_budgets
from fairhand.use_cases.read_letters import read_outbox
from fairhand.use_cases.seal_log import seal_log
from fairhand.use_cases.send_letters import send_next
from tests.cast import SIGNER


class Box:
    """A mail server that keeps what it takes, and answers as a test says."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.to_sender = ""
        self.to_recipient = ""
        self.to_data = "250 OK"
        self.on_recipient: Callable[[], None] = lambda: None
        self.on_data: Callable[[], None] = lambda: None

    async def handle_MAIL(  # noqa: N802  # the library's name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_sender:
            return self.to_sender
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        self.on_recipient()
        if self.to_recipient:
            return self.to_recipient
        envelope.rcpt_tos.append(address)
        self.recipients.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        letter = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.on_data()
        if self.to_data == "drop":
            assert server.transport is not None
            server.transport.close()
        return self.to_data


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def serving(
    box: Box,
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    password: str = "",
    smtputf8: bool = True,
) -> Iterator[int]:
    """Serve a box on this machine; gives the port."""

    def knows(_: SMTP, __: Session, ___: Envelope, ____: str, given: object) -> AuthResult:
        right = isinstance(given, LoginPassword) and given.password == password.encode()
        return AuthResult(success=right, handled=False)

    port = free_port()
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=port,
        ssl_context=tls,
        tls_context=starttls,
        require_starttls=starttls is not None,
        authenticator=knows if password else None,
        auth_required=bool(password),
        enable_SMTPUTF8=smtputf8,
    )
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def mail_to(port: int, **changed: object) -> MailSettings:
    """The settings of a server on this machine."""
    said = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "fh@example.org"}
    return MailSettings.model_validate({**said, "timeout_s": 1.0, **changed})


def house_with(db: Database, clock: ManualClock, folder: Path, mail: MailSettings) -> House:
    settings = Settings(workspace=folder, mail=mail, public_url="https://work.example")
    return House(
        settings=settings,
        db=db,
        blobs=BlobStore("memory://"),
        signer=SIGNER,
        name="pets",
        secret=b"s" * 32,
        clock=clock,
    )


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@dataclass
class Office:
    """A house that writes to its people, and the box that all of it goes to."""

    house: House
    box: Box
    news: News = field(init=False)

    def __post_init__(self) -> None:
        self.news = News(self.house.db)

    def address(self, names: dict[str, int], language: str = "en") -> None:
        """Give people an address by their name, and a language."""
        with self.house.db.write() as connection:
            for name, number in names.items():
                connection.exec_driver_sql(
                    f"UPDATE person SET email = '{name.lower()}@example.org', "
                    f"locale = '{language}', is_simulated = false WHERE id = {number}"
                )

    def told(self) -> list[tuple[str, str]]:
        """Carry what there is to tell; gives the kinds and names that it arrived with."""
        now, before = self.house.clock(), len(self.box.letters)
        known = {one.id for one in read_outbox(self.house, 1000) if one.state == "sent"}
        seal_log(self.house.db, self.house.signer, now)
        self.news.put_new(now)
        put_budgets(self.house.db, now)
        while send_next(self.house):
            pass
        new = [one for one in read_outbox(self.house, 1000) if one.id not in known]
        sent = [(one.kind, one.address.split("@")[0]) for one in new if one.state == "sent"]
        assert len(self.box.letters) - before == len(sent)
        return sorted(sent)

    def links(self) -> list[str]:
        """Where the letters lead, without the host."""
        return [
            re.findall(r"https://work\.example(/\S*)", text_of(one))[0] for one in self.box.letters
        ]
