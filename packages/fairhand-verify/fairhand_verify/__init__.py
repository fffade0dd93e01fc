"""Checks Fairhand's receipts offline: nothing is believed, everything is computed again.

Reads three forms: a composite receipt (`fairhand.receipt/v1`), a C2SP tlog-proof, and a promise
(`fairhand.promise/v1`). Written apart from the server, from the formats alone.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import sys
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from fairhand_verify.keys import (
    Chain,
    Key,
    RefusedError,
    decode,
    link,
    number,
    read_notes,
    signed_by,
    text_of,
)

__all__ = ["Key", "RefusedError", "Report", "main", "verify"]

LARGEST: Final = 8_000_000
_HEAD: Final = "c2sp.org/tlog-proof@v1"
_EXPONENTS: Final = {
    "BHD": 3, "BIF": 0, "CLF": 4, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3,
    "JPY": 0, "KMF": 0, "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3,
    "UGX": 0, "UYI": 0, "UYW": 4, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip


_UNREADABLE: Final = (
    RefusedError, KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError,
    ZeroDivisionError,
)  # fmt: skip


@dataclass
class Report:
    """What was checked: name, state (proven, open, wrong), words; and one sentence."""

    told: list[tuple[str, str, str]] = field(default_factory=list)
    sentence: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return bool(self.told) and all(state != "wrong" for _, state, _ in self.told)

    @property
    def proven(self) -> bool:
        """Whether, besides, the event itself is shown to be in the log."""
        return self.ok and ("event", "proven") in {told[:2] for told in self.told}


@dataclass(frozen=True)
class _Event:
    kind: str
    at: int
    body: Any
    index: int
    size: int
    leaf: bytes
    origin: str


def verify(text: str, keys: list[Key] | None = None, handovers: list[str] | None = None) -> Report:
    """Check a file of any of the three forms; what is wrong is in the report.

    `handovers` are the notes of a log whose key changed, beside those in a receipt: a key that a
    trusted one handed over to, or that handed over to it, is trusted for its time.
    """
    notes = handovers or []
    try:
        if len(text) > LARGEST:
            raise RefusedError("it is too large to be a receipt")
        if text.startswith(_HEAD):
            return _plain(text, keys or [], notes)
        content = _object(text)
        if content.get("type") == "fairhand.promise/v1":
            return _lone_promise(content, keys or [], notes)
        return _composite(text, content, keys or [], notes)
    except _UNREADABLE as error:
        words = str(error) if isinstance(error, RefusedError) else f"it cannot be read: {error}"
        return Report([("event", "wrong", words)])


def main(arguments: list[str] | None = None) -> int:
    """Check the files that are named; 1 when one does not hold, or does not prove its event."""
    parser = argparse.ArgumentParser(prog="fairhand-verify", description=__doc__.split("\n")[0])
    parser.add_argument("file", nargs="+", type=Path)
    parser.add_argument("--key", action="append", default=[], help="the log's key, or its file")
    parser.add_argument("--handovers", type=Path, help="the log's handovers.json")
    options = parser.parse_args(arguments)
    try:
        notes = read_notes(options.handovers.read_text("utf-8")) if options.handovers else []
        keys = [
            Key.parse(line)
            for given in options.key
            for line in (given if "+" in given else Path(given).read_text("utf-8")).split()
        ]
    except (RefusedError, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"--key or --handovers: {error}\n")
        return 2
    right = True
    for path in options.file:
        try:
            texts = _texts(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            sys.stderr.write(f"{path}: cannot be read: {error}\n")
            right = False
            continue
        for text in texts:
            report = verify(text, keys, notes)
            right &= report.proven
            verdict = report.sentence if report.ok else "DOES NOT HOLD."
            sys.stdout.write(f"{path}: {verdict}\n")
            for name, state, words in report.told:
                sys.stdout.write(f"  {state:>6}  {name}: {words}\n")
    return 0 if right else 1


def _texts(text: str) -> list[str]:
    """Part a file of several receipts, one a line."""
    if text.startswith("{"):
        return [line for line in text.split("\n") if line]
    return [text]


def _composite(text: str, content: dict[str, Any], keys: list[Key], notes: list[str]) -> Report:
    parts = {"event", "format", "log_key", "promise", "releases", "statement"}
    if content.get("format") != "fairhand.receipt/v1":
        raise RefusedError("it is not a fairhand.receipt/v1")
    if _canonical(content) != text.encode():
        raise RefusedError("it is not in its one form: a byte was added, left out or moved")
    if "handovers" in content:
        parts.add("handovers")
        notes = [*_notes(content["handovers"]), *notes]
    if set(content) != parts or not isinstance(content["releases"], list):
        raise RefusedError("it has other parts than a receipt has")
    hint = Key.parse(text_of(content["log_key"]))
    trusted, report = link(keys or [hint], notes), Report()
    if hint not in trusted.keys:
        raise RefusedError(f"it is from another log or key than you trust: {hint.name}")
    event = _event(text_of(content["event"]), trusted)
    _say_event(report, event, bool(keys))
    if content["promise"] is not None:
        _step(report, "promise", lambda: _promise(content["promise"], trusted, event.leaf))
    names: list[str] = []
    for one in content["releases"]:
        _step(report, "release", lambda one=one: _release(one, event, trusted, names))
    if not names:
        report.told.append(("release", "open", "no release holds it, as far as this file knows"))
    paid = _pay(report, content["statement"], event, trusted)
    if report.ok:
        report.sentence = _sentence(event, names, paid)
    return report


def _plain(text: str, keys: list[Key], notes: list[str]) -> Report:
    if not keys:
        raise RefusedError("a bare proof says nothing of who signed it: give the log's key")
    report, event = Report(), _event(text, link(keys, notes))
    _say_event(report, event, trusted=True)
    report.sentence = _sentence(event, [], "")
    return report


def _lone_promise(content: dict[str, Any], keys: list[Key], notes: list[str]) -> Report:
    if not keys:
        raise RefusedError("a promise does not bring its key: give the log's key")
    words = _promise(content, link(keys, notes), None)
    waits = f"the log has to hold it by {content['by']}"
    sentence = f"The log {words}; that it does is not proven yet."
    return Report([("promise", "proven", words), ("event", "open", waits)], sentence)


def _notes(value: object) -> list[str]:
    if not isinstance(value, list) or not value:
        raise RefusedError("the receipt's handovers are none")
    return [text_of(one) for one in value]


def _say_event(report: Report, event: _Event, trusted: bool) -> None:
    words = f"{event.kind} is number {event.index} of the {event.size} under the signed root"
    whose = "with a key that you trust" if trusted else "by the key that came along: compare it"
    report.told.append(("event", "proven", words))
    report.told.append(("signature", "proven", f"{event.origin} signed it, {whose}"))


def _step(report: Report, name: str, check: Any) -> None:  # noqa: ANN401  # a function
    try:
        report.told.append((name, "proven", check()))
    except _UNREADABLE as error:
        words = str(error) if isinstance(error, RefusedError) else f"it cannot be read: {error}"
        report.told.append((name, "wrong", words))


def _promise(content: Any, keys: Chain, leaf: bytes | None) -> str:  # noqa: ANN401
    fields = {"type", "log", "leaf_hash", "at", "by", "signature"}
    if not isinstance(content, dict) or set(content) != fields:
        raise RefusedError("the promise is none")
    signed = _canonical({name: content[name] for name in fields - {"signature"}})
    signature = decode(text_of(content["signature"]))
    made = [
        one for one in keys.keys if one.name == content["log"] and one.signed(signature, signed)
    ]
    if not made:
        raise RefusedError("the promise was not signed by this log: it was changed")
    if not set(made) & set(keys.at(text_of(content["at"]))):
        raise RefusedError("the key that signed the promise was retired before")
    if leaf is not None and content["leaf_hash"] != _hash(b"\x00", leaf).hex():
        raise RefusedError("the promise is of another event")
    kept = ", and kept" if leaf is not None else ""
    return f"promised to hold it by {content['by']}{kept}"


def _release(one: Any, event: _Event, keys: Chain, names: list[str]) -> str:  # noqa: ANN401
    if not isinstance(one, dict) or set(one) != {"event", "hashes", "index", "row"}:
        raise RefusedError("the part about a release is not one")
    made = _event(text_of(one["event"]), keys)
    if made.kind != "release.made":
        raise RefusedError("the event is not that of a release")
    row, root = text_of(one["row"]), bytes.fromhex(made.body["annotations_root"])
    size, hashes = (
        _count(made.body["annotations"]),
        [decode(text_of(item)) for item in one["hashes"]],
    )
    found = _climb(_hash(b"\x00", row.encode()), _count(one["index"]), size, hashes)
    if found != root:
        raise RefusedError("the row is not in the release under its root")
    told = json.loads(row)
    same = told["annotation_id"] == event.body.get("annotation")
    if not same or made.body["project"] != event.body["project"]:
        raise RefusedError("the row is of another annotation")
    answer = _answer(row, told, event.body)
    name = f"release v{made.body['version']} of project {made.body['project']}"
    names.append(name)
    return f"it is row {one['index']} of the {size} of {name}{answer}"


def _answer(row: str, told: dict[str, Any], body: dict[str, Any]) -> str:
    """Say whether the row holds the answer that was sent, or an item that stands for it."""
    sent = body.get("value_sha256")
    if sent is None:
        return ""
    value = row[row.index('"value":') + len('"value":') : row.rindex(',"counted":')]
    if hashlib.sha256(value.encode()).hexdigest() == sent:
        return ", with the answer as it was sent"
    if any(isinstance(one, dict) and "item" in one for one in told["value"].values()):
        return ", with an item in the place of the answer"
    raise RefusedError("the release holds another answer than the one that was sent")


def _pay(report: Report, part: Any, event: _Event, keys: Chain) -> str:  # noqa: ANN401
    paid = event.body.get("paid") if isinstance(event.body, dict) else None
    if not isinstance(paid, dict):
        return ""
    words = f"paid {paid['amount']} {paid['currency']} for {paid['milliseconds'] / 1000:.0f} s"
    if part is None:
        words += "; the statement that settles it is still to come"
        report.told.append(("pay", "open", words))
        return words
    before = len(report.told)
    _step(report, "pay", lambda: f"{words}; {_statement(part, event, keys)}")
    name, state, said = report.told[before]
    return said.replace("; ", ": ", 1) if (name, state) == ("pay", "proven") else ""


def _statement(part: Any, event: _Event, keys: Chain) -> str:  # noqa: ANN401
    if not isinstance(part, dict) or set(part) != {"event", "text"}:
        raise RefusedError("the part about pay is not one")
    text, made = text_of(part["text"]), _event(text_of(part["event"]), keys)
    if made.kind != "pay.statement_made":
        raise RefusedError("the event is not that of a statement")
    if hashlib.sha256(text.encode()).hexdigest() not in made.body["statements"]:
        raise RefusedError("the statement is another than its event names")
    said = json.loads(text)
    people = {said["person"]["id"], made.body["person"], event.body["person"]}
    if len(people) != 1:
        raise RefusedError("the statement is of another person")
    _check_time(said, event)
    currency = said["currency"]
    if currency != event.body["paid"]["currency"]:
        raise RefusedError("the statement is in another currency than the work was paid in")
    return _floor_words(said, event, currency)


def _floor_words(said: dict[str, Any], event: _Event, currency: str) -> str:
    for one in said["floor"]["projects"]:
        if one["project_id"] != event.body["project"]:
            continue
        gained = Fraction(one["accrued"]) + Fraction(one["top_up"])
        if gained * 10 ** _EXPONENTS.get(currency, 2) < Fraction(one["due_minor_units"]):
            raise RefusedError("the statement pays less than the floor asks for")
        used = [one.get("in_currency") or one for one in said["floor"]["floors"]]
        floors = [Fraction(one["per_hour"]) for one in used]
        if not floors:
            break
        digits = _EXPONENTS.get(currency, 2)
        minor = int(max(floors) * 10**digits)
        whole, rest = divmod(minor, 10**digits)
        highest = f"{whole}.{rest:0{digits}d}" if digits else str(whole)
        return f"at or above the floor of {highest} {currency} an hour"
    if said["floor"]["floors"]:
        raise RefusedError("the statement pays less than the floor asks for")
    return "no floor was known where they live"


def _check_time(said: dict[str, Any], event: _Event) -> None:
    """Refuse a statement that cannot have paid for this work."""
    if _iso(event.at) >= said["period"]["ends_at"]:
        raise RefusedError("the statement is of a time before the work")
    mine = [one for one in said["lines"] if one["project"]["id"] == event.body["project"]]
    if not mine:
        raise RefusedError("the statement pays nothing for this project")
    late = any(one.get("late_from_earlier_period") for one in mine)
    if _iso(event.at) < said["period"]["starts_at"] and not late:
        raise RefusedError("the statement is of a time after the work, and pays nothing of before")


def _sentence(event: _Event, names: list[str], paid: str) -> str:
    if event.body is None:
        return "An event is in the log; what it said was erased on somebody's wish."
    day = _iso(event.at)[:10]
    what = f"{event.kind} of {day}"
    if "annotation" in event.body:
        what = f"Annotation {event.body['annotation']} of {day}"
    where = f" and in {', '.join(names)}" if names else ""
    return f"{what} is in the log{where}" + (f", {paid}." if paid else ".")


def _event(text: str, keys: Chain) -> _Event:
    """Read a tlog-proof, check it up to the log's signature, and open its leaf."""
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    if not gap or len(lines) < 3 or lines[0] != _HEAD:
        raise RefusedError("the receipt does not begin and end as receipts do")
    if not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise RefusedError("the receipt lacks its lines `extra` and `index`")
    leaf, kind, at, body = _open(decode(lines[1][6:]))
    index, hashes = number(lines[2][6:]), [decode(line) for line in lines[3:]]
    origin, size, root = _checkpoint(note, keys, at)
    if len(hashes) > 63 or _climb(_hash(b"\x00", leaf), index, size, hashes) != root:
        raise RefusedError(
            "the event is not in the log under this root: it or the proof was changed"
        )
    return _Event(kind, at, body, index, size, leaf, origin)


def _open(extra: bytes) -> tuple[bytes, str, int, Any]:
    try:
        content = json.loads(extra)
        if content["v"] != 1 or _canonical(content) != extra:
            raise RefusedError("the receipt's own part is of an unknown version or not canonical")
        if "leaf" in content:
            leaf = text_of(content["leaf"]).encode()
            return leaf, "an event that was erased", int(json.loads(leaf)["at"]), None
        salt, body = bytes.fromhex(content["salt"]), text_of(content["body"])
        at, kind = content["at"], text_of(content["kind"])
        opened = json.loads(body)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RefusedError(f"the receipt's own part cannot be read: {error}") from error
    if type(at) is not int or len(salt) != 16 or not isinstance(opened, dict):
        raise RefusedError("the receipt's salt, time or body is malformed")
    committed = hmac.digest(salt, body.encode(), "sha256").hex()
    leaf = f'{{"at":{at:d},"commitment":"{committed}","kind":"{kind}","v":1}}'.encode()
    return leaf, kind, at, opened


def _checkpoint(note: str, chain: Chain, at: int) -> tuple[str, int, bytes]:
    """Read a checkpoint that a key of its log signed which was not retired before the event."""
    origin = note.partition("\n")[0]
    lines = signed_by(note, tuple(key for key in chain.keys if key.name == origin)).split("\n")
    if lines.pop() or len(lines) < 3 or not all(lines):
        raise RefusedError("a checkpoint has an origin, a size and a root")
    size, root = number(lines[1]), decode(lines[2])
    if len(root) != 32:
        raise RefusedError("the root of a checkpoint has another length")
    still = tuple(key for key in chain.at(_iso(at), size) if key.name == origin)
    if still != tuple(key for key in chain.keys if key.name == origin):
        try:
            signed_by(note, still)
        except RefusedError:
            raise RefusedError("the key that signed it was retired before") from None
    return origin, size, root


def _climb(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes | None:
    """The root that a path leads to (RFC 9162, 2.1.3.2); None when it has the wrong length."""
    if not 0 <= index < size or any(len(item) != 32 for item in proof):
        return None
    position, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return None
        if position % 2 or position == last:
            node = _hash(b"\x01", sibling, node)
            while position % 2 == 0 and position:
                position, last = position >> 1, last >> 1
        else:
            node = _hash(b"\x01", node, sibling)
        position, last = position >> 1, last >> 1
    return node if last == 0 else None


def _hash(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def _canonical(value: object) -> bytes:
    """RFC 8785 for what receipts hold: texts, whole numbers, lists, objects with ASCII keys."""
    try:
        return json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        ).encode()
    except (ValueError, UnicodeEncodeError) as error:
        raise RefusedError("it holds what a receipt cannot") from error


def _object(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise RefusedError("it is neither a receipt nor a promise") from None
    if not isinstance(content, dict):
        raise RefusedError("it is neither a receipt nor a promise")
    return content


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise RefusedError("a count is none")
    return value


def _iso(ms: int) -> str:
    from datetime import UTC, datetime, timedelta

    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


if __name__ == "__main__":
    sys.exit(main())
