"""Somebody asks to sign in by an identity provider, and is sent there."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from fairhand.core.clock import Instant
from fairhand.core.ids import new_token
from fairhand.people.sign_on.provider import document_of
from fairhand.use_cases.house import House
from fairhand.use_cases.sign_on_parts import (
    Waiting,
    client_secret,
    keep_waiting,
    provider_named,
    redirect_uri,
)


@dataclass(frozen=True, slots=True)
class BeginSignOn:
    """At which provider, in which browser (its cookie's secret), and where to go afterwards."""

    provider: str
    browser: str
    next: str = ""


def begin_sign_on(house: House, command: BeginSignOn, now: Instant) -> str:
    """Keep the sign-in and give the provider's address; raises SignOnError, NotFoundError."""
    settings = provider_named(house, command.provider)
    client_secret(house, settings)  # a secret that cannot be read is said before the way, not after
    document = document_of(settings)
    waiting = Waiting(command.provider, new_token(), new_token(), command.next)
    with house.db.write() as connection:
        state = keep_waiting(connection, house, waiting, command.browser, now)
    asked = {
        "response_type": "code",
        "client_id": settings.client_id,
        "redirect_uri": redirect_uri(house, command.provider),
        "scope": " ".join(settings.scopes),
        "state": state,
        "nonce": waiting.nonce,
        "code_challenge": create_s256_code_challenge(waiting.verifier),
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in document.authorization else "?"
    return f"{document.authorization}{joint}{urlencode(asked)}"


def leaving_address(house: House, provider: str) -> str:
    """Give where one also signs out at the provider, or the sign-in page where it has no such."""
    settings = provider_named(house, provider)
    home = f"{house.settings.base_url}/sign-in"
    end = document_of(settings).end_session
    if not end:
        return home
    asked = urlencode({"client_id": settings.client_id, "post_logout_redirect_uri": home})
    return f"{end}{'&' if '?' in end else '?'}{asked}"
