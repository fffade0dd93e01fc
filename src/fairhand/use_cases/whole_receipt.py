"""A receipt that a contributor keeps: one file that says what became of one piece of work.

`fairhand.receipt/v1` is one canonical JSON document (RFC 8785): the receipt of the event, the
promise that came before it, each release that holds the work with the proof of its row, and the
statement that paid for it. Nothing is believed: every part is computed again from the log's
signature. No workspace, no network. Where the log's key changed, `handovers` holds the notes by
which one key handed over to the next: whoever trusts one of them can check what another signed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from fairhand.core.clock import iso
from fairhand.core.money import MICROS
from fairhand.pay.evidence.entries import EvidenceError
from fairhand.pay.evidence.reading import Document, read_document
from fairhand.proof.log import merkle
from fairhand.proof.log.leaf import canonical
from fairhand.proof.log.note import NoteError, Verifier, decode64, parse_vkey
from fairhand.proof.log.promise import check_promise
from fairhand.proof.log.receipt import Receipt, check_dated, parse_receipt
from fairhand.proof.log.rotation import KeyChain, link

FORMAT: Final = "fairhand.receipt/v1"
PROMISE: Final = "fairhand.promise/v1"
HEAD: Final = "c2sp.org/tlog-proof@v1"
LARGEST: Final = 8_000_000
_PARTS: Final = frozenset({"event", "format", "log_key", "promise", "releases", "statement"})
_WITH_NOTES: Final = _PARTS | {"handovers"}
_RELEASE: Final = frozenset({"event", "hashes", "index", "row"})
_STATEMENT: Final = frozenset({"event", "text"})
_VALUE: Final = '"value":'
_AFTER_VALUE: Final = ',"counted":'


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that a receipt shows: proven, not proven yet, or wrong; and what it says."""

    name: str
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class ReceiptReport:
    """What was checked, the event's body, and all of it in one sentence."""

    told: tuple[Told, ...]
    event: Mapping[str, Any] | None = None
    releases: tuple[str, ...] = ()
    sentence: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; what is not proven yet is said, and is not wrong."""
        return bool(self.told) and all(one.state != "wrong" for one in self.told)


@dataclass(slots=True)
class _Reading:
    chain: KeyChain
    told: list[Told] = field(default_factory=list)
    releases: list[str] = field(default_factory=list)

    def say(self, name: str, state: str, words: str) -> None:
        self.told.append(Told(name, state, words))


def is_proven(report: ReceiptReport) -> bool:
    """Say whether nothing is wrong and the event itself is in the log."""
    return report.ok and ("event", "proven") in {(one.name, one.state) for one in report.told}


def dump_receipt(content: Mapping[str, Any]) -> str:
    """Write a receipt in its one form."""
    return canonical({"format": FORMAT, **content}).decode()


def verify_whole(
    text: str, trusted: Sequence[Verifier] = (), handovers: Sequence[str] = ()
) -> ReceiptReport:
    """Check a receipt under the log's keys, or else under the key that came along.

    `handovers` are notes that were got elsewhere, beside those in the receipt. The key that came
    along shows that the parts belong together, not who made them.
    """
    try:
        content = _read(text)
        hint = parse_vkey(content["log_key"])
        chain = link(tuple(trusted) or (hint,), [*content.get("handovers", ()), *handovers])
        if hint not in chain.keys:
            raise NoteError(f"it is from another log or key than you trust: {hint.vkey}")
        reading = _Reading(chain)
        receipt = parse_receipt(content["event"])
        checkpoint = check_dated(receipt, chain)
    except NoteError as error:
        return ReceiptReport((Told("event", "wrong", error.message),))
    body = receipt.event()
    kind = receipt.opening.kind if receipt.opening else "an event that was erased"
    words = f"{kind} is number {receipt.index} of the {checkpoint.size} under the signed root"
    reading.say("event", "proven", words)
    whose = "with a key that you trust" if trusted else "by the key that came along: compare it"
    reading.say("signature", "proven", f"{checkpoint.origin} signed it, {whose}")
    _promise(reading, content["promise"], receipt)
    for one in content["releases"]:
        _release(reading, one, body)
    if not content["releases"]:
        reading.say("release", "open", "no release holds it, as far as this receipt knows")
    paid = _pay(reading, content["statement"], receipt, body)
    told = tuple(reading.told)
    is_well = all(one.state != "wrong" for one in told)
    sentence = _sentence(receipt, body, reading.releases, paid) if is_well else ""
    return ReceiptReport(told, body, tuple(reading.releases), sentence)


def verify_any(
    text: str, trusted: Sequence[Verifier] = (), handovers: Sequence[str] = ()
) -> ReceiptReport:
    """Check whatever a person kept: a whole receipt, a bare tlog-proof, or a bare promise.

    A bare proof or promise carries no key, so it needs one that is trusted.
    """
    content = _json(text)
    if content is not None and content.get("type") == PROMISE:
        return _bare_promise(content, trusted, handovers)
    if not text.startswith(HEAD):
        return verify_whole(text, trusted, handovers)
    try:
        if not trusted:
            raise NoteError("a bare proof carries no key: give the log's public key")
        receipt = parse_receipt(text)
        checkpoint = check_dated(receipt, link(trusted, handovers))
    except NoteError as error:
        return ReceiptReport((Told("event", "wrong", error.message),))
    kind = receipt.opening.kind if receipt.opening else "an event that was erased"
    words = f"{kind} is number {receipt.index} of the {checkpoint.size} under the signed root"
    body = receipt.event()
    sentence = _sentence(receipt, body, (), "")
    return ReceiptReport((Told("event", "proven", words),), body, (), sentence)


def _bare_promise(
    content: Mapping[str, Any], trusted: Sequence[Verifier], handovers: Sequence[str]
) -> ReceiptReport:
    try:
        if not trusted:
            raise NoteError("a bare promise carries no key: give the log's public key")
        check_promise(content, link(trusted, handovers))
    except NoteError as error:
        return ReceiptReport((Told("promise", "wrong", error.message),))
    told = Told("promise", "proven", f"{content['log']} promised it on {content['at']}")
    waits = Told("event", "open", f"the log has to hold it by {content['by']}")
    sentence = f"An event is promised to be in the log by {content['by']}; it is not proven yet."
    return ReceiptReport((told, waits), None, (), sentence)


def _json(text: str) -> dict[str, Any] | None:
    try:
        content = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _read(text: str) -> dict[str, Any]:
    if len(text) > LARGEST:
        raise NoteError("it is too large to be a receipt")
    try:
        content = json.loads(text)
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise NoteError(f"it is not a {FORMAT}")
        if canonical(content).decode() != text:
            raise NoteError("it is not in its one form: a byte was added, left out or moved")
    except (ValueError, TypeError, RecursionError) as error:
        words = error.message if isinstance(error, NoteError) else "it is not JSON"
        raise NoteError(words) from None
    texts = all(isinstance(content.get(name), str) for name in ("event", "log_key"))
    is_named = set(content) in (_PARTS, _WITH_NOTES)
    notes = content.get("handovers", [""])
    is_noted = isinstance(notes, list) and notes and all(isinstance(one, str) for one in notes)
    if not (is_named and texts and is_noted and isinstance(content["releases"], list)):
        raise NoteError("it has other parts than a receipt has")
    return content


def _promise(reading: _Reading, promise: object, receipt: Receipt) -> None:
    if promise is None:
        return
    if not isinstance(promise, dict):
        reading.say("promise", "wrong", "the promise is none")
        return
    try:
        check_promise(promise, reading.chain)
    except NoteError as error:
        reading.say("promise", "wrong", error.message)
        return
    if promise["leaf_hash"] != merkle.leaf_hash(receipt.leaf).hex():
        reading.say("promise", "wrong", "the promise is of another event")
    else:
        reading.say("promise", "proven", f"it was promised by {promise['by']}, and kept")


def _release(reading: _Reading, one: object, body: Mapping[str, Any] | None) -> None:
    """Check that a release's root holds the row, and that the row is of this annotation."""
    try:
        if not isinstance(one, dict) or set(one) != _RELEASE or body is None:
            raise NoteError("the part about a release is not one")
        made = parse_receipt(str(one["event"]))
        check_dated(made, reading.chain)
        event = made.event() or {}
        if made.opening is None or made.opening.kind != "release.made":
            raise NoteError("the event is not that of a release")
        row, index = str(one["row"]), one["index"]
        hashes = [decode64(str(item)) for item in one["hashes"]]
        root, size = bytes.fromhex(str(event["annotations_root"])), int(event["annotations"])
        leaf = merkle.leaf_hash(row.encode())
        if type(index) is not int or not merkle.verify_inclusion(leaf, index, size, hashes, root):
            raise NoteError("the row is not in the release under its root")
        told = json.loads(row)
        if told["annotation_id"] != body.get("annotation") or event["project"] != body["project"]:
            raise NoteError("the row is of another annotation")
        answer = _answer_words(row, told, body)
    except (NoteError, KeyError, TypeError, ValueError) as error:
        words = error.message if isinstance(error, NoteError) else f"it cannot be read: {error}"
        reading.say("release", "wrong", words)
        return
    name = f"release v{event['version']} of project {event['project']}"
    reading.releases.append(name)
    reading.say("release", "proven", f"it is row {index} of the {size} of {name}{answer}")


def _answer_words(row: str, told: Mapping[str, Any], body: Mapping[str, Any]) -> str:
    """Say whether the row holds the answer that was sent; NoteError when it is another.

    What people gave of themselves stands in a release as an item, under a name of its own.
    """
    sent = body.get("value_sha256")
    if sent is None:
        return ""
    value = row[row.index(_VALUE) + len(_VALUE) : row.rindex(_AFTER_VALUE)]
    if hashlib.sha256(value.encode()).hexdigest() == sent:
        return ", with the answer as it was sent"
    if any(isinstance(one, dict) and "item" in one for one in told["value"].values()):
        return ", with an item in the place of the answer"
    raise NoteError("the release holds another answer than the one that was sent")


def _pay(reading: _Reading, part: object, receipt: Receipt, body: Mapping[str, Any] | None) -> str:
    """Check what was paid; gives it in words, or nothing where it is not of this kind of event."""
    paid = (body or {}).get("paid")
    if body is None or not isinstance(paid, Mapping):
        return ""
    words = f"paid {paid['amount']} {paid['currency']} for {paid['milliseconds'] / 1000:.0f} s"
    if part is None:
        reading.say("pay", "open", f"{words}; the statement that settles it is still to come")
        return f"{words}; the statement that settles it is still to come"
    try:
        if not isinstance(part, dict) or set(part) != _STATEMENT:
            raise NoteError("the part about pay is not one")
        document = _statement(reading, part, receipt, body)
    except (NoteError, EvidenceError, ValueError, TypeError, KeyError) as error:
        words = error.message if isinstance(error, NoteError) else f"it cannot be read: {error}"
        reading.say("pay", "wrong", words)
        return ""
    said = _floor_words(document, int(body["project"]))
    if said is None:
        reading.say("pay", "wrong", "the statement pays less than the floor asks for")
        return ""
    reading.say("pay", "proven", f"{words}; {said}")
    return f"{words}: {said}"


def _statement(
    reading: _Reading, part: Mapping[str, Any], receipt: Receipt, body: Mapping[str, Any]
) -> Document:
    text = str(part["text"])
    made = parse_receipt(str(part["event"]))
    check_dated(made, reading.chain)
    event, sha256 = made.event() or {}, hashlib.sha256(text.encode()).hexdigest()
    if made.opening is None or made.opening.kind != "pay.statement_made":
        raise NoteError("the event is not that of a statement")
    if sha256 not in event.get("statements", ()):
        raise NoteError("the statement is another than its event names")
    document = read_document(json.loads(text))
    if document.person_id != body.get("person") or event.get("person") != body.get("person"):
        raise NoteError("the statement is of another person")
    if document.currency != body["paid"]["currency"]:
        raise NoteError("the statement is in another currency than the work was paid in")
    if receipt.opening is None or receipt.opening.at >= document.ends_at:
        raise NoteError("the statement is of a time before the work")
    mine = [line for line in document.lines if line.project_id == body["project"]]
    if not mine:
        raise NoteError("the statement pays nothing for this project")
    if receipt.opening.at < document.starts_at and not any(line.is_late for line in mine):
        raise NoteError("the statement is of a time after the work, and pays nothing of before")
    return document


def _floor_words(document: Document, project_id: int) -> str | None:
    """Say how what was earned stands to the floor; None when it is below it, or left out of it."""
    highest = max((one.minor_per_hour for one in document.floors), default=None)
    for one in document.projects:
        if one.project_id == project_id:
            if Fraction(one.accrued_micros + one.top_up_micros, MICROS) < one.due_minor:
                return None
            if highest is None:
                break
            return f"at or above the floor of {_money(highest, document.currency)} an hour"
    return "no floor was known where they live" if highest is None else None


def _money(minor: int, currency: str) -> str:
    from fairhand.core.money import Money

    return f"{Money(minor, currency).decimal()} {currency}"


def _sentence(
    receipt: Receipt, body: Mapping[str, Any] | None, releases: Sequence[str], paid: str
) -> str:
    if body is None or receipt.opening is None:
        return "An event is in the log; what it said was erased on somebody's wish."
    day = iso(receipt.opening.at)[:10]
    what = f"{receipt.opening.kind} of {day}"
    if "annotation" in body:
        what = f"Annotation {body['annotation']} of {day}"
    where = f" and in {', '.join(releases)}" if releases else ""
    return f"{what} is in the log{where}" + (f", {paid}." if paid else ".")
