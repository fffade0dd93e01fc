"""Data Integrity proofs: eddsa-jcs-2022, made and checked.

W3C Data Integrity EdDSA Cryptosuites 1.0, section 3.3: the document and the proof's own options are
each put into canonical form (JCS, RFC 8785) and hashed (SHA-256); the two hashes are signed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import rfc8785

from fairhand.core.clock import Instant, iso, parse_iso
from fairhand.people.talent.multikey import (
    KeyPair,
    KeyTextError,
    PublicKey,
    base58btc,
    from_base58btc,
    key_of_method,
)

CRYPTOSUITE: Final = "eddsa-jcs-2022"
_TYPE: Final = "DataIntegrityProof"
_PURPOSE: Final = "assertionMethod"
_SIGNATURE_BYTES: Final = 64
Document = Mapping[str, Any]


class ProofError(ValueError):
    """A document carries no proof that holds; says why."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Who signed a document, and when they say they did."""

    by: PublicKey
    at: Instant | None


def with_proof(
    document: Document, key: KeyPair, now: Instant, *, in_list: bool = False
) -> dict[str, Any]:
    """Sign a document (not signed yet), as it stands now.

    `in_list` writes the proof as a list of one, as the schema of Open Badges 3.0 wants it.
    """
    options: dict[str, Any] = {
        "type": _TYPE,
        "cryptosuite": CRYPTOSUITE,
        "created": iso(now),
        "verificationMethod": key.public.method,
        "proofPurpose": _PURPOSE,
    }
    if "@context" in document:
        options["@context"] = document["@context"]
    signature = key.sign(hash_of(document, options))
    proof = {**options, "proofValue": base58btc(signature)}
    return {**document, "proof": [proof] if in_list else proof}


def check_proof(secured: Document) -> Signed:
    """Check a document's proof and say whose it is; raises ProofError.

    Only one proof, only this cryptosuite, only keys that name themselves (did:key): what this
    cannot check it does not accept.
    """
    proof = secured.get("proof")
    if isinstance(proof, list) and len(proof) == 1:
        proof = proof[0]
    if not isinstance(proof, dict):
        raise ProofError("There is no proof in it, or more than one.")
    for name, wanted in (
        ("type", _TYPE),
        ("cryptosuite", CRYPTOSUITE),
        ("proofPurpose", _PURPOSE),
    ):
        if proof.get(name) != wanted:
            raise ProofError(f"The proof's {name} is not {wanted}.")
    document = {name: value for name, value in secured.items() if name != "proof"}
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    document = _in_context(document, options)
    try:
        key = key_of_method(str(options.get("verificationMethod", "")))
        signature = from_base58btc(str(proof.get("proofValue", "")))
    except KeyTextError as error:
        raise ProofError(f"The proof cannot be read: {error}.") from None
    created = _created(options)
    if len(signature) != _SIGNATURE_BYTES or not key.signed(hash_of(document, options), signature):
        raise ProofError("The signature does not fit: something was changed after it was signed.")
    return Signed(key, created)


def hash_of(document: Document, options: Document) -> bytes:
    """Hash what is signed: the proof's options first, then the document; raises ProofError."""
    return _hash(options) + _hash(document)


def _hash(value: Document) -> bytes:
    try:
        return hashlib.sha256(rfc8785.dumps(dict(value))).digest()
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError):
        raise ProofError("It holds a value that has no canonical form.") from None


def _in_context(document: dict[str, Any], options: Document) -> dict[str, Any]:
    """Read the document in the context that its proof names, which must begin its own."""
    if "@context" not in options:
        return document
    named, own = _as_list(options["@context"]), _as_list(document.get("@context", []))
    if own[: len(named)] != named:
        raise ProofError("The proof was made in another @context.")
    return {**document, "@context": options["@context"]}


def _as_list(value: object) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _created(options: Document) -> Instant | None:
    if "created" not in options:
        return None
    try:
        return parse_iso(str(options["created"]))
    except (ValueError, OverflowError):
        raise ProofError("The proof's date cannot be read.") from None
