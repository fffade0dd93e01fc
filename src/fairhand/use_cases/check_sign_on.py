"""The way to an identity provider, hop by hop: which one fails, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from fairhand.people.sign_on import store
from fairhand.people.sign_on.provider import Document, fetch_keys, read_document
from fairhand.people.sign_on.rules import SignOnError, projects_named
from fairhand.use_cases.house import House
from fairhand.use_cases.sign_on_parts import client_secret, provider_named, redirect_uri

State = Literal["ok", "warn", "fail"]
_MUCH_MS: Final = 60_000
_REMEDIES: Final = {
    "settings": "Write the secret into the file or environment that fairhand.toml names.",
    "discovery": "Look at the issuer in fairhand.toml, and whether this server reaches it.",
    "issuer": "Copy the issuer from the provider's document, letter by letter.",
    "keys": "Have the provider sign with RS256 or ES256, and look at its jwks_uri.",
}


@dataclass(frozen=True, slots=True)
class Looked:
    """One hop: how it is, and what to do."""

    hop: str
    state: State
    words: str
    remedy: str = ""


def check_sign_on(house: House, name: str) -> list[Looked]:
    """Go the way as far as it leads without a person; raises NotFoundError."""
    settings = provider_named(house, name)
    looked: list[Looked] = []
    try:
        secret = client_secret(house, settings)
        looked.append(_settings(house, name, has_secret=bool(secret)))
        document = read_document(settings)
        looked.append(Looked("discovery", "ok", "Its document can be read."))
        looked.append(Looked("issuer", "ok", f"It calls itself {settings.issuer}."))
        keys = fetch_keys(settings, document)
        looked.append(Looked("keys", "ok", f"Keys that can sign: {len(keys)}."))
    except SignOnError as error:
        remedy = _REMEDIES.get(error.hop, "")
        return [*looked, Looked(error.hop, "fail", error.message, remedy)]
    return [*looked, _clock(house, document), _roles(house, name)]


def _settings(house: House, name: str, *, has_secret: bool) -> Looked:
    uri = redirect_uri(house, name)
    words = f"Register this address at the provider: {uri}"
    if not has_secret:
        words += " The client has no secret: a public one, with PKCE alone."
    if file := provider_named(house, name).client_secret_file:
        path = house.settings.workspace / file
        if path.stat().st_mode & 0o077:
            return Looked("settings", "warn", f"Others here can read {path}.", f"chmod 600 {path}")
    if not house.settings.public_url:
        return Looked("settings", "warn", words, "Set public_url: the address hangs on it.")
    return Looked("settings", "ok", words)


def _clock(house: House, document: Document) -> Looked:
    if document.clock is None:
        words = "The provider's answer does not say its time."
        return Looked("clock", "warn", words, "Compare its clock with this server's by hand.")
    by_ms = abs(house.clock() - document.clock)
    words = f"This server's clock and the provider's differ by {by_ms / 1_000:.0f} s."
    if by_ms <= _MUCH_MS:
        return Looked("clock", "ok", words)
    return Looked("clock", "fail", words, "Run a time service (chrony, systemd-timesyncd).")


def _roles(house: House, name: str) -> Looked:
    settings = provider_named(house, name)
    named = projects_named(settings)
    with house.db.read() as connection:
        missing = sorted(named - store.projects_by_slug(connection, named).keys())
    if missing:
        words = f"There is no project {', '.join(missing)}: its groups give nothing there."
        return Looked("roles", "warn", words, "Write projects by their short names.")
    return Looked("roles", "ok", f"{len(settings.roles)} groups give roles here.")
