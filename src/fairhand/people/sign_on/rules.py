"""What a provider said of somebody, and which roles their groups give them here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from fairhand.core.errors import FairhandError
from fairhand.core.sign_on import SignOn

MAX_SUBJECT: Final = 255  # OpenID Connect Core, section 2
_MAX_EMAIL: Final = 320
_MAX_NAME: Final = 200
_MAX_GROUPS: Final = 20_000

Hop = Literal["settings", "address", "discovery", "issuer", "keys", "browser", "token", "clock"]
Grant = tuple[int, str]
"""A role in a project; project 0 is the whole workspace."""


class SignOnError(FairhandError):
    """A sign-in by a provider that cannot go on: `hop` is where it failed."""

    code = "sign_on_refused"
    status = 401

    def __init__(self, message: str, hop: Hop) -> None:
        super().__init__(message)
        self.hop = hop


class ProviderDownError(SignOnError):
    """The provider does not answer, or not as a provider would; nobody's fault who signs in."""

    code = "provider_unavailable"
    status = 503


@dataclass(frozen=True, slots=True)
class Said:
    """What a provider says of somebody, once all of it was checked.

    `groups` is None when the provider says that there are more than it sends.
    """

    issuer: str
    subject: str
    email: str
    is_verified: bool
    name: str
    groups: frozenset[str] | None

    @property
    def verified_email(self) -> str | None:
        """The address, where the provider says that it was checked."""
        return self.email if self.email and self.is_verified else None


def read_said(settings: SignOn, claims: Mapping[str, Any]) -> Said:
    """Read who somebody is; claims of the wrong type say nothing."""
    return Said(
        issuer=settings.issuer,
        subject=str(claims["sub"]),
        email=_email(claims.get("email")),
        is_verified=claims.get("email_verified") is True,
        name=_name(claims),
        groups=_groups(settings.groups_claim, claims),
    )


def check_domain(settings: SignOn, said: Said) -> str | None:
    """Say why somebody is not let in by the domain of their address; None when they are."""
    if not settings.allowed_domains:
        return None
    domains = " or ".join(settings.allowed_domains)
    if said.verified_email is None:
        return (
            f"Only people with an address at {domains} are let in here, and the provider does "
            "not say that it has verified yours."
        )
    if said.verified_email.rpartition("@")[2] not in settings.allowed_domains:
        return f"Only people with an address at {domains} are let in here."
    return None


Way = Literal["link", "admit", "prove"]


def how_to_know(
    settings: SignOn,
    said: Said,
    *,
    has_account: bool,
    is_doubtful: bool,
    is_signed_in: bool,
) -> Way:
    """Say how somebody whom the provider has named for the first time comes to an account.

    An address alone never opens an account: the provider must say that it is verified, and the
    settings must allow it. It is doubtful where the account is somebody else's at this provider
    already (addresses are given to new people), or where the account's person has typed the address
    (they could await its owner there). Otherwise the person proves that the account is theirs.
    """
    if is_signed_in:
        return "prove"
    if has_account:
        trusted = settings.link_by_email and said.verified_email is not None
        return "link" if trusted and not is_doubtful else "prove"
    return "admit" if settings.admit else "prove"


def projects_named(settings: SignOn) -> frozenset[str]:
    """List the short names of projects that the settings give roles in."""
    named = (_place(one) for given in settings.roles.values() for one in given)
    return frozenset(slug for _, slug in named if slug)


def grants_of(
    settings: SignOn, groups: Collection[str], projects: Mapping[str, int]
) -> frozenset[Grant]:
    """Say which roles these groups give; a project that there is not gives none."""
    given = (one for group, roles in settings.roles.items() if group in groups for one in roles)
    return frozenset(
        (projects[slug] if slug else 0, role)
        for role, slug in map(_place, given)
        if not slug or slug in projects
    )


def every_grant(settings: SignOn, projects: Mapping[str, int]) -> frozenset[Grant]:
    """Say which roles a provider could give at all."""
    return grants_of(settings, settings.roles.keys(), projects)


@dataclass(frozen=True, slots=True)
class Change:
    """Which roles a person is given and which are taken, for those that came from groups."""

    give: tuple[Grant, ...] = ()
    take: tuple[Grant, ...] = ()
    kept_owner: bool = False


def follow_groups(
    present: Mapping[Grant, str],
    wanted: Collection[Grant],
    *,
    elsewhere: Collection[Grant] = (),
    is_last_owner: bool = False,
) -> Change:
    """Let the roles that came from groups follow the groups.

    `present` maps each role a person has to its source (`given` or `group`). Roles given by hand
    stay; roles that another provider of this person could have given (`elsewhere`) stay until they
    sign in there; and nobody is left without an owner.
    """
    stale = {
        grant
        for grant, source in present.items()
        if source == "group" and grant not in wanted and grant not in elsewhere
    }
    kept = is_last_owner and (0, "owner") in stale
    return Change(
        give=tuple(sorted(set(wanted) - set(present))),
        take=tuple(sorted(stale - {(0, "owner")} if kept else stale)),
        kept_owner=kept,
    )


def words_of(grants: Iterable[Grant]) -> list[str]:
    """Write roles as lists show them: `owner`, or `reviewer in project 3`."""
    return [role + (f" in project {place}" if place else "") for place, role in grants]


def grants_of_words(words: Iterable[str]) -> list[Grant]:
    """Read what `words_of` wrote."""
    return [
        (int(place.removeprefix("project ") or 0), role)
        for role, _, place in (one.partition(" in ") for one in words)
    ]


def _place(one: str) -> tuple[str, str]:
    role, _, slug = one.partition(" in ")
    return role, slug


def _email(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable():
        return ""
    text = value.strip().lower()
    local, at, domain = text.rpartition("@")
    fits = local and at and domain and len(text) <= _MAX_EMAIL
    # A Kelvin sign's small letter is a plain k: whoever has that address has not its namesake's.
    is_folded = any(not one.isascii() and min(one.lower()).isascii() for one in value)
    return text if fits and not is_folded and not set(text) & set(" ,;<>") else ""


def _name(claims: Mapping[str, Any]) -> str:
    for key in ("name", "preferred_username", "nickname"):
        value = claims.get(key)
        if isinstance(value, str):
            plain = " ".join("".join(each for each in value if each.isprintable()).split())
            if plain:
                return plain[:_MAX_NAME]
    return _email(claims.get("email")).partition("@")[0]


def _groups(path: str, claims: Mapping[str, Any]) -> frozenset[str] | None:
    """Find the groups: under the claim's very name, else along its dots, as `realm_access.roles`.

    A single text is the name of one group. A claim that is missing gives none; one that the
    provider says it left out for its length is not known.
    """
    found: object = claims.get(path)
    if found is None:
        found = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    left_out = claims.get("_claim_names")
    is_left_out = isinstance(left_out, dict) and path in left_out
    if found is None and (is_left_out or claims.get("hasgroups") is True):
        return None
    if isinstance(found, str):
        return frozenset((found,))
    if not isinstance(found, list) or len(found) > _MAX_GROUPS:
        return frozenset()
    return frozenset(one for one in found if isinstance(one, str))
