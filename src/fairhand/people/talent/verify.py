"""Check somebody's credential with nothing but files: no network, no account, nobody is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairhand.core.clock import MINUTE_MS, Instant, iso, parse_iso
from fairhand.people.talent.badge import VC_CONTEXT, identity_hash, told_results
from fairhand.people.talent.integrity import Document, ProofError, Signed, check_proof
from fairhand.people.talent.issuer_file import IssuerFile
from fairhand.people.talent.multikey import PublicKey
from fairhand.people.talent.status_list import StatusListError, is_set

LARGEST: Final = 256 * 1024
_SKEW_MS: Final = 5 * MINUTE_MS  # clocks differ
Trust = IssuerFile | PublicKey


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked, and how it came out."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a credential says; believed only when every check passed."""

    id: str
    skill: str
    issuer: str
    signed_by: str
    criteria: str
    valid_from: str
    valid_until: str | None
    results: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CredentialReport:
    """Everything that was checked."""

    checks: tuple[Check, ...]
    facts: Facts | None
    remarks: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Say whether the credential may be believed."""
        return all(one.passed for one in self.checks)


def read_document(data: bytes) -> Any:  # noqa: ANN401  # any JSON value
    """Read JSON that has one meaning; raises ValueError when it names a key twice."""
    if len(data) > LARGEST * 32:
        raise ValueError("it is too large")
    try:
        return json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def verify_credential(
    document: Any,  # noqa: ANN401  # any JSON value
    trust: Trust | None,
    now: Instant,
    holder: str | None = None,
) -> CredentialReport:
    """Check a credential against whom one trusts: the issuer's file, or one key of theirs.

    `holder` is the address of the person who shows it. With a key alone nobody can say whether the
    credential was revoked; the report remarks it.
    """
    try:
        signed, facts = check_proof(document), _facts(document)
    except (ProofError, KeyError, TypeError, AttributeError) as error:
        reason = str(error) if isinstance(error, ProofError) else "It is not an Open Badge 3.0."
        return CredentialReport((Check("signature", False, reason),), None)
    checks = [
        Check("signature", True, f"signed with {signed.by.multikey}"),
        _issuer_check(document, signed, trust),
        _period_check(facts, now),
    ]
    remarks = []
    if isinstance(trust, IssuerFile):
        checks.append(_status_check(document, trust))
    elif trust is not None:
        remarks.append("Whether it was revoked cannot be said: that takes the issuer's file.")
    if holder is not None:
        checks.append(_holder_check(document, holder))
    return CredentialReport(tuple(checks), facts, tuple(remarks))


def _facts(document: Document) -> Facts:
    """Read what it says; raises ProofError or KeyError for what is no Open Badge."""
    if document["@context"][0] != VC_CONTEXT or not {
        "VerifiableCredential",
        "OpenBadgeCredential",
    } <= set(document["type"]):
        raise ProofError("It is not an Open Badge 3.0.")
    subject = document["credentialSubject"]
    achievement, issuer = subject["achievement"], document["issuer"]
    return Facts(
        id=str(document["id"]),
        skill=str(achievement["name"]),
        issuer=str(issuer.get("name", "")),
        signed_by=str(issuer["id"]),
        criteria=str(achievement["criteria"]["narrative"]),
        valid_from=str(document["validFrom"]),
        valid_until=document.get("validUntil"),
        results=told_results(subject),
    )


def _issuer_check(document: Document, signed: Signed, trust: Trust | None) -> Check:
    if document["issuer"]["id"] != signed.by.did:
        return Check("issuer", False, "it was signed by somebody else than the issuer it names")
    if trust is None:
        return Check("issuer", False, "you did not say whom you trust; anybody can sign")
    if isinstance(trust, PublicKey):
        is_theirs = trust == signed.by
        detail = "the key that you trust" if is_theirs else "not the key that you trust"
        return Check("issuer", is_theirs, detail)
    state = trust.keys.get(signed.by.multikey)
    if state is None:
        return Check("issuer", False, f"{trust.name} has no such key")
    if state.revoked_at is not None:
        detail = f"{trust.name} revoked this key on {iso(state.revoked_at)[:10]}"
        return Check("issuer", False, detail)
    if state.retired_at is not None and (signed.at is None or signed.at > state.retired_at):
        return Check("issuer", False, "signed after its key was retired")
    return Check("issuer", True, trust.name)


def _period_check(facts: Facts, now: Instant) -> Check:
    try:
        begins = parse_iso(facts.valid_from)
        ends = None if facts.valid_until is None else parse_iso(facts.valid_until)
    except (TypeError, ValueError, OverflowError):
        return Check("period", False, "its dates cannot be read")
    if begins > now + _SKEW_MS:
        return Check("period", False, f"it begins on {facts.valid_from[:10]}")
    if ends is not None and ends <= now:
        return Check("period", False, f"it ended on {str(facts.valid_until)[:10]}")
    until = "without end" if ends is None else f"until {iso(ends)[:10]}"
    return Check("period", True, f"from {iso(begins)[:10]} {until}")


def _status_check(document: Document, trust: IssuerFile) -> Check:
    as_of = f"as of {iso(trust.made_at)[:16]}Z"
    try:
        status = document["credentialStatus"]
        encoded = trust.lists[status["statusListCredential"]]
        if status["statusPurpose"] != "revocation":
            raise StatusListError("its status is not about revocation")
        is_revoked = is_set(encoded, int(status["statusListIndex"]))
    except (KeyError, TypeError):
        return Check("status", False, "the issuer's file does not say whether it was revoked")
    except (StatusListError, ValueError) as error:
        return Check("status", False, str(error))
    detail = f"it was revoked ({as_of})" if is_revoked else f"not revoked {as_of}"
    return Check("status", not is_revoked, detail)


def _holder_check(document: Document, holder: str) -> Check:
    found = document["credentialSubject"].get("identifier")
    for one in found if isinstance(found, list) else []:
        if _names(one, holder):
            return Check("holder", True, f"it was given to {holder}")
    return Check("holder", False, f"it was not given to {holder}")


def _names(identity: object, holder: str) -> bool:
    if not isinstance(identity, Mapping):
        return False
    return identity.get("identityHash") == identity_hash(holder, str(identity.get("salt", "")))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("it names a key twice")
    return found


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
