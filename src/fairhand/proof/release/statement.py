"""`release.intoto.json`: an in-toto Statement v1 over a release's files, in a signed DSSE envelope.

Tools of the supply chain read it without knowing Fairhand. Its signature is over DSSE's
pre-authentication encoding; sources: in-toto attestation v1 and DSSE v1.0.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Final

import orjson

from fairhand.core.errors import MalformedError
from fairhand.proof.log.note import Signer, Verifier
from fairhand.proof.release.manifest import MANIFEST, FileEntry, Manifest, dump_json
from fairhand.proof.release.rules import FORMAT

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "urn:fairhand:release:v2"


def dump_statement(manifest: Manifest, manifest_sha256: str, signer: Signer) -> bytes:
    """Write the signed statement of a release; the same release and key give the same bytes."""
    payload = orjson.dumps(_statement(manifest, manifest_sha256), option=orjson.OPT_SORT_KEYS)
    signature = signer.sign(pre_authentication(PAYLOAD_TYPE, payload))
    return dump_json(
        {
            "payloadType": PAYLOAD_TYPE,
            "payload": base64.b64encode(payload).decode(),
            "signatures": [
                {"keyid": signer.verifier.vkey, "sig": base64.b64encode(signature).decode()}
            ],
        }
    )


def check_statement(data: bytes, manifest: Manifest, manifest_sha256: str, key: Verifier) -> None:
    """Raise MalformedError, saying why, unless this statement is the key's and of this release."""
    try:
        envelope = json.loads(data)
        payload = base64.b64decode(envelope["payload"], validate=True)
        kind, made = envelope["payloadType"], envelope["signatures"]
        signatures = [(one["keyid"], base64.b64decode(one["sig"], validate=True)) for one in made]
    except (ValueError, KeyError, TypeError, binascii.Error, RecursionError) as error:
        raise MalformedError(f"it cannot be read: {error}") from error
    if kind != PAYLOAD_TYPE:
        raise MalformedError(f"it holds {kind!r}, not an in-toto statement")
    message = pre_authentication(kind, payload)
    if not any(name == key.vkey and key.accepts(sig, message) for name, sig in signatures):
        raise MalformedError("the log's key did not sign it")
    wanted = _statement(manifest, manifest_sha256)
    if payload != orjson.dumps(wanted, option=orjson.OPT_SORT_KEYS):
        raise MalformedError("it is of other files or facts than the manifest")


def pre_authentication(kind: str, payload: bytes) -> bytes:
    """Encode what DSSE signs: its name, then kind and payload with their lengths (DSSE v1.0)."""
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


def _statement(manifest: Manifest, manifest_sha256: str) -> dict[str, Any]:
    facts, stats = manifest.facts, manifest.stats
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            _subject(MANIFEST, manifest_sha256),
            *(_subject_of(entry) for entry in manifest.files),
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "format": FORMAT,
            "project": facts.project_id,
            "slug": facts.slug,
            "version": facts.version,
            "mode": facts.mode,
            "created_at": facts.created_at,
            "licence": facts.licence,
            "rows": stats.rows,
            "annotations": stats.annotations,
            "splits": (facts.splits or {}).get("names", []),
            "log": {"origin": facts.log_origin, "vkey": facts.log_vkey},
        },
    }


def _subject_of(entry: FileEntry) -> dict[str, Any]:
    return _subject(entry.path, entry.sha256)


def _subject(name: str, sha256: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": sha256}}
