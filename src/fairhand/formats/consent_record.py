"""Consent records and receipts: ISO/IEC TS 27560:2023 as JSON-LD with the Data Privacy Vocabulary.

The four sections of the specification (header, processing, parties, events) are properties of one
`dpv:ConsentRecord`. A field that the specification or the GDPR asks for is in `MANDATORY`; a record
without one of them is refused. What neither knows is under `fairhand:`, documented in
docs/reference/consent-record.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairhand.core.clock import Instant, iso
from fairhand.core.errors import Issue
from fairhand.formats.odrl import Policy, dump_policy

VERSION: Final = "ISO/IEC TS 27560:2023"
SCHEMA: Final = "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"
RECEIPT: Final = "https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr"
CONTEXT: Final[Mapping[str, str]] = {
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "fairhand": "urn:fairhand:consent:1#",
}

MANDATORY: Final[Mapping[str, str]] = {
    # ISO/IEC TS 27560: header
    "dct:conformsTo": "schema version",
    "dct:identifier": "record id",
    "dpv:hasDataSubject": "whose data it is",
    # processing
    "dpv:hasNotice": "the notice",
    "dpv:hasNotice/dct:language": "the language of the notice",
    "dpv:hasNotice/fairhand:sha256": "the exact words of the notice",
    "dpv:hasPurpose": "purposes",
    "dpv:hasPersonalData": "the data",
    "dpv:hasPersonalData/@type": "the kind of data",
    "dpv:hasDataController": "the controller",
    "dpv:hasStorageCondition": "storage",
    "dpv:hasStorageCondition/dpv:hasLocation": "where it is kept",
    "dpv:hasStorageCondition/dpv:hasDuration": "how long it is kept",
    "dpv:hasJurisdiction": "jurisdiction",
    "dpv:hasRecipientThirdParty": "who gets it",
    "fairhand:withdrawalMethod": "how it is withdrawn",
    # parties
    "dpv:hasDataController/dct:identifier": "the controller's id",
    "dpv:hasDataController/foaf:name": "the controller's name",
    "dpv:hasDataController/dpv:hasAddress": "the controller's address",
    "dpv:hasDataController/dpv:hasContact": "the controller's contact",
    "dpv:hasDataController/@type": "the controller's type",
    # mandatory for the GDPR
    "dpv:hasLegalBasis": "lawful basis",
    "fairhand:collectionMethod": "how it is collected",
    "dpv:hasProcessing": "what is done with it",
    "fairhand:processingLocation": "where it is processed",
    "fairhand:geographicRestriction": "where it may be used",
    "dpv:hasRight": "rights",
    "dpv:hasAuthority": "the authority to complain to",
    "dpv:hasPersonalData/dpv:hasNecessity": "what is necessary",
    "dpv:hasPersonalData/fairhand:isSpecialCategory": "whether it is of a special category",
    "dpv:hasDataController/fairhand:role": "the controller's role",
    # events
    "fairhand:events": "what happened",
    "fairhand:events/dpv:hasConsentStatus": "what state it came to",
    "fairhand:events/dct:date": "when it happened",
    "fairhand:events/dct:agent": "who did it",
    # what the specification lacks and a person needs
    "fairhand:modality": "the modality",
    "fairhand:expires": "when it ends by itself",
    "fairhand:understanding": "how it was made sure that the notice is clear",
    "fairhand:pay": "what is paid",
    "fairhand:declining": "what declining costs",
    "fairhand:policy": "the terms for machines",
}
"""Paths of fields that must be there and say something, with what they are."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a consent: given, withdrawn, replaced or expired; by whom."""

    state: str
    at: Instant
    by: str
    purposes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One consent of one person for one modality; places are ISO 3166 codes or `worldwide`.

    `needed` are the purposes that the campaign cannot do without. `log_event` is its line in the
    log, for a proof.
    """

    uid: str
    person: str
    policy: Policy
    notice: Mapping[str, Any]  # version, language, sha256, rendering, published_at
    controller: Mapping[str, str]
    needed: tuple[str, ...]
    processing: tuple[str, ...]
    storage: tuple[str, ...]
    retention_days: int
    withdrawal: str
    rights: tuple[str, ...]
    authority: str
    law: str
    pay: str
    royalty: str
    understanding: Mapping[str, Any]
    events: tuple[Event, ...]
    guardian: Mapping[str, Any] | None = None
    proxy: Mapping[str, Any] | None = None
    log_event: int | None = None


DECLINING: Final = "Declining costs no paid work and no pay."
_STATES: Final = {
    "given": "dpv:ConsentGiven",
    "withdrawn": "dpv:ConsentWithdrawn",
    "replaced": "dpv:ConsentInvalidated",
    "expired": "dpv:ConsentExpired",
}
_SPECIAL: Final = frozenset(("biometric_id", "voice_clone", "face_synthesis"))


def dump_record(record: ConsentRecord) -> dict[str, Any]:
    """Write a record as JSON-LD."""
    terms = record.policy.terms
    written: dict[str, Any] = {
        "@context": dict(CONTEXT),
        "@type": "dpv:ConsentRecord",
        "@id": f"urn:uuid:{record.uid}",
        "dct:conformsTo": SCHEMA,
        "fairhand:standard": VERSION,
        "dct:identifier": record.uid,
        "dpv:hasDataSubject": {"@type": "dpv:DataSubject", "@id": record.person},
        "dpv:hasNotice": {"@type": "dpv:ConsentNotice", **_notice(record.notice)},
        "dpv:hasLegalBasis": "eu-gdpr:A6-1-a",
        "dpv:hasApplicableLaw": record.law,
        "dpv:hasPurpose": [f"fairhand:{one}" for one in sorted(terms.purposes)],
        "dpv:hasPersonalData": {
            "@type": f"fairhand:{terms.modality}",
            "dpv:hasNecessity": {
                f"fairhand:{one}": "dpv:Required" if one in record.needed else "dpv:Optional"
                for one in sorted(terms.purposes)
            },
            "fairhand:isSpecialCategory": bool(terms.purposes & _SPECIAL),
        },
        "dpv:hasProcessing": list(record.processing),
        "fairhand:collectionMethod": "given by the person, through this service",
        "fairhand:processingLocation": list(record.storage),
        "fairhand:geographicRestriction": sorted(terms.territory) or ["nowhere"],
        "dpv:hasDataController": _controller(record.controller),
        "dpv:hasAuthority": record.authority,
        "dpv:hasStorageCondition": {
            "dpv:hasLocation": list(record.storage),
            "dpv:hasDuration": f"P{record.retention_days}D",
        },
        "dpv:hasJurisdiction": record.controller.get("jurisdiction", ""),
        "dpv:hasRecipientThirdParty": (
            "whoever holds a licence"
            if terms.recipients is None
            else sorted(terms.recipients) or ["nobody"]
        ),
        "dpv:hasRight": list(record.rights),
        "fairhand:withdrawalMethod": record.withdrawal,
        "fairhand:modality": terms.modality,
        "fairhand:expires": iso(terms.ends),
        "fairhand:understanding": dict(record.understanding),
        "fairhand:pay": record.pay,
        "fairhand:royalty": record.royalty,
        "fairhand:declining": DECLINING,
        "fairhand:policy": dump_policy(record.policy),
        "fairhand:events": [_event(one) for one in record.events],
    }
    for name in ("guardian", "proxy"):
        if (said := getattr(record, name)) is not None:
            written[f"fairhand:{name}"] = dict(said)
    if record.log_event is not None:
        written["fairhand:logEvent"] = record.log_event
    return written


def dump_receipt(record: ConsentRecord, number: str, made_at: Instant) -> dict[str, Any]:
    """Write the receipt of a record: a full copy of it, with the receipt's own header."""
    written = dump_record(record)
    return {
        "@context": written.pop("@context"),
        "@type": "dpv:ConsentReceipt",
        "@id": f"urn:fairhand:receipt:{number}",
        "dct:conformsTo": RECEIPT,
        "fairhand:standard": VERSION,
        "dct:identifier": number,
        "dct:created": iso(made_at),
        "dpv:hasRecordOfActivity": written,
    }


def record_issues(written: Mapping[str, Any]) -> list[Issue]:
    """Report every mandatory field that a record lacks or leaves empty."""
    return [
        Issue(path, f"is missing: {what}")
        for path, what in MANDATORY.items()
        if not all(_says(one) for one in _found(written, path.split("/")))
    ]


def receipt_issues(written: Mapping[str, Any]) -> list[Issue]:
    """Report what a receipt lacks: schema version, id, time, and the whole record."""
    header = ("dct:conformsTo", "dct:identifier", "dct:created")
    issues = [Issue(one, "is missing") for one in header if not _says(written.get(one))]
    record = written.get("dpv:hasRecordOfActivity")
    if not isinstance(record, Mapping):
        return [*issues, Issue("dpv:hasRecordOfActivity", "is missing: the record")]
    return issues + record_issues(record)


def _found(inside: object, path: list[str]) -> list[object]:
    """Everything at a path; a list stands for each of its members. One None: nothing there."""
    if not path:
        return [inside]
    if isinstance(inside, list):
        return [one for each in inside for one in _found(each, path)] or [None]
    if not isinstance(inside, Mapping):
        return [None]
    return _found(inside.get(path[0]), path[1:])


def _says(value: object) -> bool:
    if isinstance(value, bool):
        return True
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, list):
        return bool(value) and all(_says(one) for one in value)
    return bool(value)


def _notice(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "dct:language": said["language"],
        "dct:hasVersion": said["version"],
        "dct:issued": iso(said["published_at"]),
        "fairhand:sha256": said["sha256"],
        "fairhand:rendering": said["rendering"],
    }


def _controller(said: Mapping[str, str]) -> dict[str, str]:
    return {
        "@type": "dpv:DataController",
        "dct:identifier": said.get("contact", ""),
        "foaf:name": said.get("name", ""),
        "dpv:hasAddress": said.get("address", ""),
        "dpv:hasContact": said.get("contact", ""),
        "fairhand:role": "controller",
    }


def _event(one: Event) -> dict[str, Any]:
    return {
        "dpv:hasConsentStatus": _STATES[one.state],
        "dct:date": iso(one.at),
        "dct:agent": one.by,
        "dpv:hasPurpose": [f"fairhand:{name}" for name in one.purposes],
    }
