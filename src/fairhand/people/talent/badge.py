"""What a credential says: an Open Badges 3.0 achievement in a Verifiable Credential 2.0.

It carries no name and no account: its person is named by a salted hash of their address (Open
Badges 3.0, IdentityObject), which whoever knows the address can check, and nobody can reverse who
does not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from fairhand.core.clock import HOUR_MS, Instant, iso
from fairhand.people.talent.multikey import PublicKey

VC_CONTEXT: Final = "https://www.w3.org/ns/credentials/v2"
BADGE_CONTEXT: Final = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
_SCHEMA: Final = (
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
)
_SKILL_KINDS: Final[Mapping[str, str]] = {
    "task": "Work on a kind of task",
    "language": "A language",
    "domain": "Knowledge of a field",
    "tool": "Work with a tool",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What an exam showed: right answers of those asked, and what 95 % confidence leaves of them.

    `paid_ms` is what learning and exam took and was paid for.
    """

    right: int
    asked: int
    lower_permille: int
    paid_ms: int


@dataclass(frozen=True, slots=True)
class Badge:
    """All that a credential says."""

    uid: str
    skill_id: int
    skill: str
    kind: str
    description: str
    criteria: str
    identity: str  # an address, else a name; hashed before it goes in
    identity_type: str
    salt: str
    issued_at: Instant
    valid_until: Instant | None
    status_list: str
    status_index: int
    shown: Shown | None = None


def badge_body(badge: Badge, issuer_name: str, issuer_url: str, key: PublicKey) -> dict[str, Any]:
    """Write a credential, not signed yet."""
    subject: dict[str, Any] = {
        "type": ["AchievementSubject"],
        "identifier": [
            {
                "type": "IdentityObject",
                "identityType": badge.identity_type,
                "hashed": True,
                "salt": badge.salt,
                "identityHash": identity_hash(badge.identity, badge.salt),
            }
        ],
        "achievement": _achievement(badge, issuer_url),
    }
    if badge.shown is not None:
        subject["result"] = _results(badge, badge.shown, issuer_url)
    body: dict[str, Any] = {
        "@context": [VC_CONTEXT, BADGE_CONTEXT],
        "id": f"urn:uuid:{badge.uid}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": badge.skill,
        "issuer": {"id": key.did, "type": ["Profile"], "name": issuer_name, "url": issuer_url},
        "validFrom": iso(badge.issued_at),
        "credentialSubject": subject,
        "credentialStatus": _status((badge.status_list, badge.status_index), issuer_url),
        "credentialSchema": [{"id": _SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
    }
    if badge.valid_until is not None:
        body["validUntil"] = iso(badge.valid_until)
    return body


def renewed_body(
    body: Mapping[str, Any], uid: str, place: tuple[str, int], issuer_url: str, key: PublicKey
) -> dict[str, Any]:
    """Write a credential anew for another key: it says the same of the same person."""
    kept = {name: value for name, value in body.items() if name != "proof"}
    return {
        **kept,
        "id": f"urn:uuid:{uid}",
        "issuer": {**kept["issuer"], "id": key.did},
        "credentialStatus": _status(place, issuer_url),
    }


def status_list_body(
    name: str, encoded: str, issuer_url: str, key: PublicKey, now: Instant
) -> dict[str, Any]:
    """Write a status list as a credential of its own, not signed yet."""
    address = status_address(issuer_url, name)
    return {
        "@context": [VC_CONTEXT],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": key.did,
        "validFrom": iso(now),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded,
        },
    }


def told_results(subject: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Say each result of a credential with its unit; raises KeyError for one that nothing names."""
    described = {one["id"]: one for one in subject["achievement"].get("resultDescription", [])}
    return tuple(
        (str(described[one["resultDescription"]]["name"]), _told(one, described))
        for one in subject.get("result", [])
    )


def identity_hash(identity: str, salt: str) -> str:
    """Hash who somebody is, as Open Badges 3.0 does: SHA-256 of the lower-case text and a salt."""
    digest = hashlib.sha256((identity.strip().lower() + salt).encode()).hexdigest()
    return f"sha256${digest}"


def status_address(issuer_url: str, name: str) -> str:
    """Say where a status list is published."""
    return f"{issuer_url}/credentials/status/{name}"


def _told(result: Mapping[str, Any], described: Mapping[str, Mapping[str, Any]]) -> str:
    description = described[result["resultDescription"]]
    value = str(result["value"])
    if description["resultType"] == "Percent":
        return f"{value} %"
    return f"{value} / {description['valueMax']}" if "valueMax" in description else value


def _status(place: tuple[str, int], issuer_url: str) -> dict[str, str]:
    name, index = place
    address = status_address(issuer_url, name)
    return {
        "id": f"{address}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(index),
        "statusListCredential": address,
    }


def _achievement(badge: Badge, issuer_url: str) -> dict[str, Any]:
    achievement: dict[str, Any] = {
        "id": _urn(issuer_url, badge, ""),
        "type": ["Achievement"],
        "achievementType": "Competency",
        "name": badge.skill,
        "description": badge.description or f"{_SKILL_KINDS[badge.kind]}: {badge.skill}.",
        "criteria": {"narrative": badge.criteria},
        "tag": [badge.kind],
    }
    if badge.shown is not None:
        achievement["resultDescription"] = [
            {
                "id": _urn(issuer_url, badge, part),
                "type": ["ResultDescription"],
                "name": name,
                "resultType": result_type,
                **limits,
            }
            for part, name, result_type, limits in _measures(badge.shown)
        ]
    return achievement


def _measures(shown: Shown) -> tuple[tuple[str, str, str, dict[str, str]], ...]:
    return (
        (
            "right",
            "Right answers in the exam",
            "RawScore",
            {"valueMin": "0", "valueMax": str(shown.asked)},
        ),
        (
            "lower",
            "Share of right answers that is sure at 95 %",
            "Percent",
            {"valueMin": "0", "valueMax": "100"},
        ),
        ("hours", "Hours of learning and exam, all of them paid", "Result", {}),
    )


def _results(badge: Badge, shown: Shown, issuer_url: str) -> list[dict[str, Any]]:
    values = {
        "right": str(shown.right),
        "lower": _tenths(shown.lower_permille),
        "hours": _tenths(shown.paid_ms * 10 // HOUR_MS),
    }
    return [
        {
            "type": ["Result"],
            "resultDescription": _urn(issuer_url, badge, part),
            "value": value,
        }
        for part, value in values.items()
    ]


def _tenths(number: int) -> str:
    return f"{number // 10}.{number % 10}"


def _urn(issuer_url: str, badge: Badge, part: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{issuer_url}/skills/{badge.skill_id}/{part}')}"
