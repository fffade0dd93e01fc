"""What the stories of single sign-on share: providers by name, what waits, roles by groups."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import orjson

from fairhand.core.clock import MINUTE_MS, Instant
from fairhand.core.errors import NotFoundError, TooManyError
from fairhand.core.ids import new_token, token_hash
from fairhand.core.sign_on import SignOn
from fairhand.people.accounts import erasure_store
from fairhand.people.sign_on import store
from fairhand.people.sign_on.rules import (
    Change,
    Grant,
    ProviderDownError,
    Said,
    SignOnError,
    every_grant,
    follow_groups,
    grants_of,
    projects_named,
    words_of,
)
from fairhand.storage.database import Connection
from fairhand.use_cases.house import House

WAIT_MS: Final = 10 * MINUTE_MS
_SECRET_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sign-in that is at the provider, or (with `said`) one that waits for a proof."""

    provider: str
    nonce: str = ""
    verifier: str = ""
    next: str = ""
    said: dict[str, Any] = field(default_factory=dict)
    tries: int = 0


def provider_named(house: House, name: str) -> SignOn:
    """Give a provider's settings; raises NotFoundError."""
    found = house.settings.sign_on.get(name)
    if found is None:
        raise NotFoundError("There is no identity provider of this name here.")
    return found


def label_of(house: House, name: str) -> str:
    """Give what a provider is called on pages."""
    return house.settings.sign_on[name].label or name.replace("-", " ").title()


def redirect_uri(house: House, name: str) -> str:
    """Give the address that the provider sends people back to; it must be registered there."""
    return f"{house.settings.base_url}/sign-on/{name}/callback"


def client_secret(house: House, settings: SignOn) -> str:
    """Read the client's secret, or "" for a public client; raises ProviderDownError."""
    if settings.client_secret_env:
        found = os.environ.get(settings.client_secret_env, "")
        if not found:
            raise ProviderDownError(
                f"The environment has no {settings.client_secret_env}, which holds the secret.",
                "settings",
            )
        return found
    if not settings.client_secret_file:
        return ""
    path = house.settings.workspace / settings.client_secret_file
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(_SECRET_BYTES).strip()
    except (OSError, ValueError):
        raise ProviderDownError(
            f"The client's secret cannot be read: {path}.", "settings"
        ) from None


def keep_waiting(
    connection: Connection, house: House, waiting: Waiting, browser: str, now: Instant
) -> str:
    """Keep a sign-in that waits and give its name, which is told to nobody else."""
    state = new_token()
    sealed = seal(connection, house, waiting, state)
    if not store.put_waiting(connection, state, browser, sealed, now, WAIT_MS):
        raise TooManyError("Too many people sign in at this moment. Try again in a few minutes.")
    return state


def seal(connection: Connection, house: House, waiting: Waiting, state: str) -> bytes:
    """Seal what is kept of a sign-in, for its own row alone."""
    return house.vault.seal_secret(connection, orjson.dumps(asdict(waiting)), _about(state))


def unseal(house: House, sealed: bytes, state: str) -> Waiting:
    """Open what is kept of a sign-in."""
    return Waiting(**orjson.loads(house.vault.open_secret(sealed, _about(state))))


def over() -> SignOnError:
    """Say that a sign-in cannot be gone on with."""
    return SignOnError(
        "This sign-in was used already, or it took longer than ten minutes. Start again.", "browser"
    )


def follow(
    connection: Connection,
    house: House,
    provider: str | None,
    person_id: int,
    said: Said | None,
    now: Instant,
) -> Change:
    """Let a person's roles follow their groups at a provider (None: at none any more)."""
    providers = house.settings.sign_on
    projects = store.projects_by_slug(
        connection, frozenset().union(*(projects_named(one) for one in providers.values()))
    )
    wanted: frozenset[Grant] = frozenset()
    if provider is not None and said is not None:
        wanted = grants_of(providers[provider], said.groups or (), projects)
    issuers = {one.issuer for one in store.list_identities(connection, person_id)}
    elsewhere = frozenset[Grant]().union(
        *(
            every_grant(one, projects)
            for name, one in providers.items()
            if name != provider and one.issuer in issuers
        )
    )
    present = store.roles_of(connection, person_id)
    pilots = store.pilots_of(connection, projects.values())
    wanted |= _in_pilots(pilots, wanted, present)
    elsewhere |= _in_pilots(pilots, elsewhere, present)
    if present.get((0, "owner")) == "group":
        store.hold_owners(connection)
    change = follow_groups(
        present,
        wanted,
        elsewhere=elsewhere,
        is_last_owner=erasure_store.is_last_owner(connection, person_id),
    )
    store.give_by_group(connection, person_id, change.give, now)
    store.take_by_group(connection, person_id, change.take)
    return change


def _in_pilots(
    pilots: Mapping[int, tuple[int, bool]], grants: frozenset[Grant], present: Collection[Grant]
) -> frozenset[Grant]:
    """A role in a project is one in its running pilot too, and stays one when that is over."""
    return frozenset(
        (pilot_id, role)
        for pilot_id, (project_id, runs) in pilots.items()
        for place, role in grants
        if place == project_id and (runs or (pilot_id, role) in present)
    )


def link_now(connection: Connection, said: Said, person_id: int, now: Instant) -> None:
    """Link an identity to an account; raises SignOnError when somebody has it by now."""
    if not store.link(connection, said.issuer, said.subject, person_id, now):
        raise SignOnError("Somebody has linked this identity meanwhile. Start again.", "browser")


def must_be_open(connection: Connection, person_id: int) -> None:
    """Raise SignOnError for an account that is closed."""
    if not store.is_open(connection, person_id):
        raise SignOnError("This account is closed. Ask an owner of the workspace.", "token")


def told(change: Change, said: Said | None = None) -> dict[str, Any]:
    """Write a change of roles for the log; nothing of what did not change."""
    body: dict[str, Any] = {}
    if change.give:
        body["roles_given"] = words_of(change.give)
    if change.take:
        body["roles_taken"] = words_of(change.take)
    if change.kept_owner:
        body["kept"] = "the last owner"
    if said is not None and said.groups is None:
        body["groups"] = "left out by the provider"
    return body


def said_of(waiting: Waiting) -> Said:
    """Read what the provider said of somebody who waits for a proof."""
    kept = dict(waiting.said)
    groups = kept.pop("groups")
    return Said(**kept, groups=None if groups is None else frozenset(groups))


def kept_of(said: Said) -> dict[str, Any]:
    """Write what the provider said, to be kept until the proof."""
    return {
        **asdict(said),
        "groups": None if said.groups is None else sorted(said.groups),
    }


def _about(state: str) -> str:
    return f"sign on {token_hash(state)}"
