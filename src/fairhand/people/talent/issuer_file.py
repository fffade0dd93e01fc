"""What an issuer publishes so that others can check its credentials without asking about any.

One JSON document (W3C Controlled Identifiers 1.0): the keys, which of them are revoked, and the
lists of revoked credentials. Whoever has a copy checks offline, and nobody learns what they check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairhand.core.clock import Instant, iso, parse_iso
from fairhand.people.talent.integrity import Document, ProofError, check_proof
from fairhand.people.talent.multikey import KeyTextError, PublicKey

CONTEXT: Final = "https://www.w3.org/ns/cid/v1"


class IssuerFileError(ValueError):
    """A document is not what an issuer publishes; says why."""


@dataclass(frozen=True, slots=True)
class KeyState:
    """Until when a key signed (None: it still does), and since when it is not trusted."""

    retired_at: Instant | None = None
    revoked_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class IssuerFile:
    """An issuer's keys and lists, as they were at one moment."""

    name: str
    made_at: Instant
    keys: Mapping[str, KeyState]
    lists: Mapping[str, str]  # address of a list: the encoded list


def issuer_document(
    name: str,
    url: str,
    keys: Sequence[tuple[PublicKey, KeyState]],
    lists: Sequence[Document],
    now: Instant,
) -> dict[str, Any]:
    """Write what an issuer publishes; `lists` are signed already."""
    return {
        "@context": [CONTEXT],
        "id": f"{url}/credentials/issuer",
        "name": name,
        "url": url,
        "made": iso(now),
        "verificationMethod": [_method(key, state) for key, state in keys],
        "assertionMethod": [key.method for key, state in keys if state.revoked_at is None],
        "statusLists": list(lists),
    }


def read_issuer_file(document: Any) -> IssuerFile:  # noqa: ANN401  # any JSON value
    """Read what an issuer published, lists checked; raises IssuerFileError."""
    try:
        methods = document["verificationMethod"]
        keys = {
            PublicKey(one["publicKeyMultibase"]).multikey: KeyState(
                _instant(one, "expires"), _instant(one, "revoked")
            )
            for one in methods
        }
        lists = dict(_list(one, keys) for one in document["statusLists"])
        made_at = parse_iso(document["made"])
        return IssuerFile(str(document["name"]), made_at, keys, lists)
    except (KeyError, TypeError, AttributeError):
        raise IssuerFileError("it is not what `fairhand credential issuer` writes") from None
    except (KeyTextError, ProofError, ValueError, OverflowError) as error:
        raise IssuerFileError(str(error).rstrip(".")) from None


def _method(key: PublicKey, state: KeyState) -> dict[str, str]:
    method = {
        "id": key.method,
        "type": "Multikey",
        "controller": key.did,
        "publicKeyMultibase": key.multikey,
    }
    if state.retired_at is not None:
        method["expires"] = iso(state.retired_at)
    if state.revoked_at is not None:
        method["revoked"] = iso(state.revoked_at)
    return method


def _list(signed: Document, keys: Mapping[str, KeyState]) -> tuple[str, str]:
    state = keys.get(check_proof(signed).by.multikey)
    if state is None or state.revoked_at is not None:
        raise IssuerFileError("a list of revoked credentials is signed by a key that is not good")
    subject = signed["credentialSubject"]
    if subject["type"] != "BitstringStatusList" or subject["statusPurpose"] != "revocation":
        raise IssuerFileError("a list is not one of revoked credentials")
    return str(signed["id"]), str(subject["encodedList"])


def _instant(method: Document, name: str) -> Instant | None:
    return parse_iso(method[name]) if name in method else None
