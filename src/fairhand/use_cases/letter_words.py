"""What letters say, in the language of whoever reads them: plain words, and the same as HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from html import escape
from typing import Final

import idna

from fairhand.core.clock import Instant
from fairhand.core.mail_settings import MailSettings
from fairhand.core.words import mail_words

_FOREIGN: Final = re.compile(r"[^\x00-\x7f]")
_MOST_NAME: Final = 100
UNWRITABLE: Final = (ValueError, IndexError, MessageError)
"""What writing a letter raises for an address that no header can hold."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# What turns the direction of a line or is no letter at all: a name could look like another.
_UNSEEN: Final = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")

# By kind: the subject, what it says, and what the button says (where there is a link).
SAID: Final[dict[str, tuple[str, tuple[str, ...], str]]] = {
    "invitation": (
        "{house}: you are invited",
        (
            "You are invited to {house}. The link opens your account.",
            "The link works once, until {until}. If you expected no invitation, do nothing.",
        ),
        "Open the invitation",
    ),
    "reset": (
        "{house}: a new password",
        (
            "Somebody, perhaps you, asked for a new password for your account on {house}.",
            "The link works once, until {until}. If it was not you, do nothing: your "
            "password stays as it is.",
        ),
        "Choose a new password",
    ),
    "security": (
        "{house}: your password was changed",
        (
            "The password of your account on {house} was changed.",
            "If it was not you, tell whoever runs {house}, and choose a new password at once.",
        ),
        "Open your account",
    ),
    "appeal": (
        "{house}: your appeal was answered",
        ("An appeal of yours on {house} was answered. What was found, and why, is on your page.",),
        "Read the answer",
    ),
    "statement": (
        "{house}: a new pay statement",
        ("A statement of your pay on {house} was written. It is on your pay page.",),
        "Open my pay",
    ),
    "identity": (
        "{house}: a way to sign in was changed",
        (
            "A way to sign in to your account on {house} was added or taken away.",
            "If it was not you, tell whoever runs {house}, and choose a new password at once.",
        ),
        "Open your account",
    ),
    "payout_method": (
        "{house}: where your pay goes was changed",
        (
            "Where your pay from {house} is sent to was changed.",
            "If it was not you, tell whoever runs {house}, and choose a new password at once.",
        ),
        "Open my pay",
    ),
    "decision": (
        "{house}: a decision about you",
        (
            "Something was decided about you on {house}. What, why, and how to appeal is on "
            "your page.",
        ),
        "Read the decision",
    ),
    "dispute": (
        "{house}: your dispute was answered",
        (
            "A dispute of yours about pay on {house} was answered. What was found, and why, is "
            "on your page.",
        ),
        "Read the answer",
    ),
    "paid": (
        "{house}: pay is on its way to you",
        ("A payment to you from {house} was sent. It may take some days to arrive.",),
        "Open my pay",
    ),
    "appeal_filed": (
        "{house}: an appeal waits for an answer",
        (
            "Somebody on {house} appealed against a decision, and you may hear it. Without an "
            "answer in time the appeal is upheld.",
        ),
        "Open the appeals",
    ),
    "dispute_opened": (
        "{house}: a dispute about pay waits for an answer",
        (
            "Somebody on {house} disputes a line of their pay. Without an answer in time the "
            "dispute is upheld.",
        ),
        "Open the disputes",
    ),
    "budget": (
        "{house}: the money of a project is nearly spent",
        (
            "Less than a tenth is left of the money that was set aside for a project on {house}.",
            "When nothing is left, no more work is handed out there.",
        ),
        "Open the project",
    ),
    "webhook": (
        "{house}: a webhook was switched off",
        (
            "A webhook on {house} could not be delivered to and was switched off. Its page says "
            "what went wrong.",
        ),
        "Open the webhooks",
    ),
    "test": (
        "{house}: a test",
        ("This is a test of the letters of {house}. It arrived.",),
        "",
    ),
}
STOP: Final = "Stop letters of this kind"
WHERE: Final = {
    "security": "/account",
    "identity": "/account",
    "payout_method": "/earnings/payout",
    "decision": "/rights",
    "appeal": "/rights",
    "dispute": "/earnings/disputes",
    "statement": "/earnings",
    "paid": "/earnings",
    "appeal_filed": "/conduct/appeals",
    "dispute_opened": "/pay/disputes",
    "budget": "/projects/{project}",
    "webhook": "/projects/{project}/webhooks",
}


def path_of(kind: str, about: str) -> str:
    """Say where the button of a letter leads; what it is about names the project second."""
    parts = about.split("/")
    project = parts[1] if len(parts) > 1 and parts[1].isdigit() else "0"
    return WHERE.get(kind, "/").format(project=project)


@dataclass(frozen=True, slots=True)
class Told:
    """What one letter is made from; `link` and `stop` are whole addresses, or empty."""

    kind: str
    locale: str
    address: str
    house: str
    link: str = ""
    until: Instant | None = None
    stop: str = ""


def write_letter(
    settings: MailSettings, told: Told, message_id: str, at: Instant | None = None
) -> EmailMessage:
    """Write the letter, dated `at`; raises ValueError for an address that no header can hold."""
    words = mail_words(told.locale)
    name = _plain(told.house)
    values = {"house": name, "until": ""}
    if told.until is not None:
        values["until"] = words.moment(told.until)
    subject, paragraphs, button = SAID[told.kind]
    said = [words(one, **values) for one in paragraphs]
    to = _address(told.address)
    letter = EmailMessage(policy=SMTP if to.isascii() else SMTPUTF8)
    letter["From"] = Address(name, addr_spec=settings.sender)
    letter["To"] = _recipient(to)
    if settings.reply_to:
        letter["Reply-To"] = Address(addr_spec=settings.reply_to)
    letter["Subject"] = words(subject, **values)
    letter["Message-ID"] = message_id
    if at is not None:  # RFC 5322 asks for it; a letter without one is taken for spam
        letter["Date"] = datetime.fromtimestamp(at / 1_000, UTC)
    letter["Auto-Submitted"] = "auto-generated"
    if told.stop:
        letter["List-Unsubscribe"] = f"<{told.stop}>"
        letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    letter.set_content(_as_text(said, told, words(STOP)))
    link = words(button) if button and told.link else ""
    letter.add_alternative(_as_html(words.language, said, told, link, words(STOP)), subtype="html")
    letter["Content-Language"] = words.language  # set before, it would go to the first part alone
    return letter


def _as_text(said: list[str], told: Told, stop: str) -> str:
    parts = [said[0], *([told.link] if told.link else []), *said[1:]]
    parts += [f"-- \n{_plain(told.house)}"]
    parts += [f"{stop}: {told.stop}"] if told.stop else []
    return "\n\n".join(parts) + "\n"


def _as_html(language: str, said: list[str], told: Told, button: str, stop: str) -> str:
    link = f'<p><a href="{escape(told.link)}">{escape(button)}</a></p>' if button else ""
    end = f'<p><a href="{escape(told.stop)}">{escape(stop)}</a></p>' if told.stop else ""
    rest = "".join(f"<p>{escape(one)}</p>" for one in said[1:])
    name = escape(_plain(told.house))
    return (
        f'<!doctype html><html lang="{language}"><body><p>{escape(said[0])}</p>{link}{rest}'
        f"<p>{name}</p>{end}</body></html>"
    )


def _plain(name: str) -> str:
    """A name as a header holds it: one line, not too long."""
    return _CONTROL.sub(" ", _UNSEEN.sub("", name)).strip()[:_MOST_NAME].strip()


def _recipient(to: str) -> Address:
    """The address as a header has it; its local part may be in any script (RFC 6531).

    The library takes no address whole that is not ASCII; so its shape is looked at without them.
    """
    Address(addr_spec=_FOREIGN.sub("x", to))
    local, _, domain = to.rpartition("@")
    return Address(username=local, domain=domain) if not to.isascii() else Address(addr_spec=to)


def _address(address: str) -> str:
    """An address as it travels: its domain in the letters of the net."""
    if _CONTROL.search(address) or _UNSEEN.search(address):
        raise ValueError("an address has no line breaks, nor what nobody sees")
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return f"{local}@{domain}"
    # As today's mail programs and browsers read it (UTS 46): the older rules, which Python has,
    # write "straße" as "strasse", which is another's.
    return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
