"""What pages and commands show of single sign-on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from fairhand.core.ids import sha256_hex
from fairhand.people.sign_on import store
from fairhand.people.sign_on.store import Identity
from fairhand.use_cases.house import House
from fairhand.use_cases.sign_on_parts import label_of, redirect_uri


@dataclass(frozen=True, slots=True)
class OwnIdentity:
    """A link as its person sees it; `key` names it in addresses and says nothing."""

    key: str
    label: str
    issuer: str
    linked_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider as the administrator sees it."""

    name: str
    label: str
    issuer: str
    client_id: str
    redirect_uri: str
    people: int
    admits: bool
    links_by_email: bool
    domains: tuple[str, ...]
    roles: Mapping[str, tuple[str, ...]]


def buttons(house: House, *, without: Collection[str] = ()) -> list[tuple[str, str]]:
    """List the providers that one may sign in by, but those of some issuers: name and label."""
    return [
        (name, label_of(house, name))
        for name, one in house.settings.sign_on.items()
        if one.issuer not in without
    ]


def key_of(identity: Identity) -> str:
    """Name a link in addresses."""
    return sha256_hex(f"{identity.issuer}\n{identity.subject}".encode())[:32]


def read_identities(house: House, person_id: int) -> list[OwnIdentity]:
    """List where a person is known."""
    labels = {one.issuer: label_of(house, name) for name, one in house.settings.sign_on.items()}
    with house.db.read() as connection:
        listed = store.list_identities(connection, person_id)
    return [
        OwnIdentity(
            key_of(one),
            labels.get(one.issuer, urlsplit(one.issuer).hostname or one.issuer),
            one.issuer,
            one.linked_at,
            one.last_at,
        )
        for one in listed
    ]


def read_providers(house: House) -> list[Provider]:
    """List the providers of the settings, with how many people each knows."""
    with house.db.read() as connection:
        known = store.count_identities(connection)
    return [
        Provider(
            name=name,
            label=label_of(house, name),
            issuer=one.issuer,
            client_id=one.client_id,
            redirect_uri=redirect_uri(house, name),
            people=known.get(one.issuer, 0),
            admits=one.admit,
            links_by_email=one.link_by_email,
            domains=one.allowed_domains,
            roles=one.roles,
        )
        for name, one in house.settings.sign_on.items()
    ]
