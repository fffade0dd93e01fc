"""Read a statement bundle and check everything in it: no workspace, no network, nothing believed.

`fairhand-statement-bundle/v1` is one JSON document in canonical form (RFC 8785): the statement's
own text, the ledger entries behind its lines, and the receipt of the log event that names it. The
canonical form and the digest over all of it leave no byte without meaning; the receipt binds the
statement's SHA-256 to a signed checkpoint; the entries must give every figure of the statement.
Where the log's key changed, `handovers` holds the notes by which one key handed over to the next.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairhand.core.errors import Issue
from fairhand.pay.evidence.entries import Entry, EvidenceError, read_entry
from fairhand.pay.evidence.reading import Document, read_document
from fairhand.pay.evidence.rules import Check, check_statement
from fairhand.proof.log.leaf import canonical
from fairhand.proof.log.note import NoteError, Verifier, as_keys, parse_vkey
from fairhand.proof.log.receipt import Receipt, check_dated, parse_receipt
from fairhand.proof.log.rotation import KeyChain, link

FORMAT: Final = "fairhand-statement-bundle/v1"
EVENT_KIND: Final = "pay.statement_made"
LARGEST: Final = 200_000_000
"""No bundle is larger, in bytes: a hundred thousand entries are about 35 million."""
WHY_NOT: Final[Mapping[str, str]] = {
    "not_sealed": "the log had not sealed this statement yet when the bundle was made: nothing "
    "proves it so far; download the bundle again after a minute",
    "erased": "what the log knew of this person was erased on their wish: nothing ties the "
    "statement to the log any more",
}


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle, read: the statement's text, its entries, and what the log says of it."""

    statement: str
    sha256: str
    entries: tuple[Entry, ...]
    receipt: str | None
    sealed: str
    log_key: str
    handovers: tuple[str, ...] = ()

    def text(self) -> str:
        """Write the bundle, digest included, in its one form."""
        content = {
            "entries": [one.as_json() for one in self.entries],
            "format": FORMAT,
            "log_key": self.log_key,
            "receipt": self.receipt,
            "sealed": self.sealed,
            "sha256": self.sha256,
            "statement": self.statement,
            **({"handovers": list(self.handovers)} if self.handovers else {}),
        }
        digest = hashlib.sha256(canonical(content)).hexdigest()
        return canonical({**content, "digest": digest}).decode()


@dataclass(frozen=True, slots=True)
class BundleReport:
    """What was checked, and the statement, when it could be read at all."""

    checks: tuple[Check, ...]
    statement: Mapping[str, Any] | None

    @property
    def ok(self) -> bool:
        """True when every check was made and none failed."""
        return all(check.state == "ok" for check in self.checks)

    @property
    def issues(self) -> list[Issue]:
        """What stands in the way of believing the statement."""
        return [
            Issue(check.name, check.words, "error" if check.state == "failed" else "warning")
            for check in self.checks
            if check.state != "ok"
        ]


def read_bundle(text: str) -> Bundle:
    """Read a bundle; EvidenceError when a single byte is not where it should be."""
    if len(text) > LARGEST:
        raise EvidenceError("it is too large to be a bundle")
    try:
        data = json.loads(text)
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise EvidenceError(f"it is not a {FORMAT}")
        is_canonical = hmac.compare_digest(canonical(data), text.encode())
    except (ValueError, TypeError, RecursionError) as error:
        words = str(error) if isinstance(error, EvidenceError) else "it is not JSON"
        raise EvidenceError(words) from None
    if not is_canonical:
        raise EvidenceError("it is not in canonical form: a byte was added, left out or moved")
    content = {name: part for name, part in data.items() if name != "digest"}
    if hashlib.sha256(canonical(content)).hexdigest() != data.get("digest"):
        raise EvidenceError("its digest is not that of its content: something in it was changed")
    return _bundle(data)


def verify_bundle(
    text: str,
    trusted: Verifier | Sequence[Verifier] | None = None,
    handovers: Sequence[str] = (),
) -> BundleReport:
    """Check a bundle against the log's key; without `trusted`, against the key it came with.

    `handovers` are notes that were got elsewhere, beside those in the bundle. The key that came
    along shows that the parts belong together, not who made them.
    """
    try:
        bundle = read_bundle(text)
        body, document = _statement(bundle)
        figures = check_statement(document, bundle.entries)
    except EvidenceError as error:
        return BundleReport((Check("form", "failed", str(error)),), None)
    checks = [
        Check("form", "ok", "the bundle is whole: canonical, and its digest fits"),
        Check("fingerprint", "ok", f"the statement's SHA-256 is {bundle.sha256}"),
        *figures,
        *_proof(bundle, document, as_keys(trusted), handovers),
    ]
    return BundleReport(tuple(checks), body)


def _bundle(data: Mapping[str, Any]) -> Bundle:
    texts = {name: data.get(name) for name in ("statement", "sha256", "sealed", "log_key")}
    entries, receipt = data.get("entries"), data.get("receipt")
    notes = data.get("handovers", [""])
    if set(data) - {"handovers"} != {*texts, "entries", "receipt", "digest", "format"}:
        raise EvidenceError("it has other parts than a bundle has")
    if not (isinstance(notes, list) and notes and all(isinstance(one, str) for one in notes)):
        raise EvidenceError("its handovers are no list of notes")
    if not all(isinstance(one, str) for one in texts.values()) or not isinstance(entries, list):
        raise EvidenceError("a part of it is not what it should be")
    if receipt is not None and not isinstance(receipt, str):
        raise EvidenceError("the receipt is neither a text nor null")
    read = tuple(read_entry(one) for one in entries)
    given = tuple(data.get("handovers", ()))
    return Bundle(entries=read, receipt=receipt, handovers=given, **texts)  # type: ignore[arg-type]  # all texts


def _statement(bundle: Bundle) -> tuple[dict[str, Any], Document]:
    if hashlib.sha256(bundle.statement.encode()).hexdigest() != bundle.sha256:
        raise EvidenceError("the statement's text is not the one that its SHA-256 names")
    try:
        body = json.loads(bundle.statement)
        is_canonical = canonical(body) == bundle.statement.encode()
    except (ValueError, RecursionError):
        is_canonical, body = False, None
    if not is_canonical or not isinstance(body, dict):
        raise EvidenceError("the statement's text is not canonical JSON")
    return body, read_document(body)


def _proof(
    bundle: Bundle, document: Document, trusted: Sequence[Verifier], handovers: Sequence[str]
) -> Sequence[Check]:
    if bundle.receipt is None:
        why = WHY_NOT.get(bundle.sealed)
        if why is None:
            return [Check("receipt", "failed", "there is no receipt, and no word why")]
        return [Check("receipt", "open", why)]
    try:
        if bundle.sealed != "sealed":
            raise NoteError("there is a receipt, and the bundle says that there is none")
        receipt = parse_receipt(bundle.receipt)
        _names_statement(receipt, bundle.sha256, document)
        signed = check_dated(receipt, _keys(bundle, trusted, handovers))
    except NoteError as error:
        return [Check("receipt", "failed", error.message)]
    whose = (
        f"{signed.origin} signed it with the key that you trust"
        if trusted
        else f"{signed.origin} signed it, by the key that came in the bundle: compare that key "
        "with one you got by another way"
    )
    return [
        Check(
            "receipt",
            "ok",
            f"event {receipt.index} of the log names this statement and is among the "
            f"{signed.size} under the signed root",
        ),
        Check("signature", "ok", whose),
    ]


def _names_statement(receipt: Receipt, sha256: str, document: Document) -> None:
    event = receipt.event()
    if receipt.opening is None or event is None:
        raise NoteError("the receipt proves a leaf only: its event was erased")
    if receipt.opening.kind != EVENT_KIND:
        raise NoteError(f"the receipt is of another kind of event: {receipt.opening.kind}")
    named = event.get("statements")
    if not isinstance(named, list) or sha256 not in named:
        raise NoteError("the receipt is of another statement")
    said = (event.get("person"), event.get("period"), event.get("simulated"))
    if said != (document.person_id, document.period_id, document.is_simulated):
        raise NoteError("the receipt is of another person or period")


def _keys(bundle: Bundle, trusted: Sequence[Verifier], handovers: Sequence[str]) -> KeyChain:
    """The keys to check by; the one in the bundle has to be among them, or is where they begin."""
    hinted = parse_vkey(bundle.log_key)
    if hinted.vkey != bundle.log_key:
        raise NoteError("the log's key is not written as keys are")
    chain = link(tuple(trusted) or (hinted,), [*bundle.handovers, *handovers])
    if hinted not in chain.keys:
        raise NoteError(f"the bundle is from another log than the key you trust: {hinted.name}")
    return chain
