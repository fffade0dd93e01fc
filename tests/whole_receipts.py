"""Receipts that hold and receipts that do not: the vectors that every verifier is held to.

    python -m tests.whole_receipts > tests/vectors/receipts.json

Everything is made from fixed keys, so the file is the same on every machine.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhand.core.clock import Instant, iso, parse_iso
from fairhand.core.ids import sha256_hex
from fairhand.proof.log import merkle
from fairhand.proof.log.checkpoint import Checkpoint, sign_checkpoint
from fairhand.proof.log.cosignature import WitnessSigner
from fairhand.proof.log.leaf import canonical
from fairhand.proof.log.note import Signer, encode64
from fairhand.proof.log.promise import make_promise
from fairhand.proof.log.receipt import Opening, Receipt
from fairhand.proof.log.rotation import make_handover, make_retirement
from fairhand.use_cases.whole_receipt import dump_receipt
from tests.bundles import document, entries_v2

LOG: Final = Signer("log.example/carmen", Ed25519PrivateKey.from_private_bytes(b"v" * 32))
OTHER: Final = Signer("log.example/carmen", Ed25519PrivateKey.from_private_bytes(b"w" * 32))
THIRD: Final = Signer("log.example/carmen", Ed25519PrivateKey.from_private_bytes(b"x" * 32))
UNION: Final = WitnessSigner("union.example", Ed25519PrivateKey.from_private_bytes(b"u" * 32))
MORNING: Final = parse_iso("2026-11-21T09:30:00Z")
LATER: Final = parse_iso("2027-01-01T00:00:00Z")
ROWS: Final = 5
MINE: Final = 2
ANNOTATION: Final = 123

ANSWER: Final = {"pet": 'cat, "value":1,"counted":2'}

Change = Callable[[dict[str, Any]], Any]


def row(number: int, value: object = None) -> str:
    """A row of a release, in its one byte form."""
    found = {
        "annotation_id": ANNOTATION if number == MINE else number,
        "contributor": "c-1",
        "value": ANSWER if value is None else value,
        "counted": True,
    }
    return orjson.dumps(found).decode()


def openings(text: str, value: object = None) -> list[Opening]:
    """The four events of the little log: something else, the work, the release, the statement."""
    leaves = [merkle.leaf_hash(row(number, value).encode()) for number in range(ROWS)]
    work = {
        "annotation": ANNOTATION,
        "counted": True,
        "paid": {"amount": "0.10", "currency": "GBP", "micros": 10_000_000, "milliseconds": 24_000},
        "person": 7,
        "project": 3,
        "simulated": False,
        "task": 9,
        "value_sha256": sha256_hex(orjson.dumps(ANSWER, option=orjson.OPT_SORT_KEYS)),
    }
    made = {
        "annotations": ROWS,
        "annotations_root": merkle.root(leaves).hex(),
        "manifest_sha256": "ab" * 32,
        "project": 3,
        "version": 2,
    }
    statement = {
        "period": 1,
        "person": 7,
        "simulated": False,
        "statements": [sha256_hex(text.encode())],
    }
    events = [
        ("test.other", MORNING, {"n": 0}),
        ("annotation.submitted", MORNING, work),
        ("release.made", Instant(MORNING + 60_000), made),
        ("pay.statement_made", parse_iso("2026-12-01T00:05:00Z"), statement),
    ]
    return [
        Opening(kind, at, bytes([number]) * 16, canonical(body).decode())
        for number, (kind, at, body) in enumerate(events)
    ]


def proof(events: list[Opening], index: int, signer: Signer = LOG, *, open_: bool = True) -> str:
    """The tlog-proof of one of the events, co-signed by the union."""
    hashes = [merkle.leaf_hash(one.leaf()) for one in events]
    note = sign_checkpoint(Checkpoint(LOG.name, len(events), merkle.root(hashes)), signer)
    note += UNION.cosign(note.partition("\n\n")[0] + "\n", MORNING)
    path = merkle.inclusion_proof(
        index, len(events), lambda start, end: merkle.root(hashes[start:end])
    )
    opening = events[index] if open_ else None
    return Receipt(index, tuple(path), note, events[index].leaf(), opening).text()


def statement_text() -> str:
    """A statement of person 7 that pays project 3 up to the floor."""
    found = document(entries_v2(), 2)
    found["person"]["id"] = 7
    return canonical(found).decode()


def parts() -> dict[str, Any]:
    """The parts of the receipt that holds."""
    text = statement_text()
    events = openings(text)
    leaves = [merkle.leaf_hash(row(number).encode()) for number in range(ROWS)]
    path = merkle.inclusion_proof(MINE, ROWS, lambda a, b: merkle.root(leaves[a:b]))
    leaf = merkle.leaf_hash(events[1].leaf())
    return {
        "event": proof(events, 1),
        "log_key": LOG.verifier.vkey,
        "promise": make_promise(LOG, leaf, MORNING).as_json(),
        "releases": [
            {
                "event": proof(events, 2),
                "hashes": [encode64(one) for one in path],
                "index": MINE,
                "row": row(MINE),
            }
        ],
        "statement": {"event": proof(events, 3), "text": text},
    }


def changed(change: Change) -> str:
    """The receipt with something in it changed."""
    found = json.loads(json.dumps(parts()))
    replaced = change(found)
    return dump_receipt(found if replaced is None else replaced)


def put(*path: str | int, value: object) -> Change:
    """Change one value, by the way that leads to it."""

    def change(found: Any) -> None:  # noqa: ANN401
        for step in path[:-1]:
            found = found[step]
        found[path[-1]] = value(found[path[-1]]) if callable(value) else value

    return change


def flip(text: str) -> str:
    """Change one letter in the middle of a text."""
    middle = len(text) // 2
    return text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]


def drop(name: str) -> Change:
    """Leave a part out."""
    return lambda found: found.pop(name) and None


def signed_by_other(found: dict[str, Any]) -> None:
    events = openings(statement_text())
    found["event"] = proof(events, 1, OTHER)


def of_other_annotation(found: dict[str, Any]) -> None:
    leaves = [merkle.leaf_hash(row(number).encode()) for number in range(ROWS)]
    path = merkle.inclusion_proof(0, ROWS, lambda a, b: merkle.root(leaves[a:b]))
    found["releases"][0] |= {"row": row(0), "index": 0, "hashes": [encode64(one) for one in path]}


def below_the_floor(found: dict[str, Any]) -> None:
    text = json.loads(statement_text())
    text["floor"]["projects"][0]["top_up"] = "0.00"
    text["floor"]["projects"][0]["accrued"] = "0.01"
    lower = canonical(text).decode()
    events = openings(lower)
    found |= {"event": proof(events, 1), "statement": {"event": proof(events, 3), "text": lower}}
    found["releases"][0]["event"] = proof(events, 2)


def statement_with(*path: str | int, value: object) -> Change:
    """A statement that the log holds as it is, with something in it that cannot be."""

    def change(found: dict[str, Any]) -> None:
        text = json.loads(statement_text())
        put(*path, value=value)(text)
        other = canonical(text).decode()
        events = openings(other)
        found |= {
            "event": proof(events, 1),
            "statement": {"event": proof(events, 3), "text": other},
        }
        found["releases"][0]["event"] = proof(events, 2)

    return change


def promise_at(at: str) -> Change:
    """A promise that says it was signed at another time than its signature holds."""
    return put("promise", "at", value=at)


def released_as(value: object) -> Change:
    """A release that holds something else in the place of the answer."""

    def change(found: dict[str, Any]) -> None:
        events = openings(statement_text(), value)
        leaves = [merkle.leaf_hash(row(number, value).encode()) for number in range(ROWS)]
        path = merkle.inclusion_proof(MINE, ROWS, lambda a, b: merkle.root(leaves[a:b]))
        found["releases"][0] = {
            "event": proof(events, 2),
            "hashes": [encode64(one) for one in path],
            "index": MINE,
            "row": row(MINE, value),
        }

    return change


def settled_by(**changes: object) -> Change:
    """Another statement of the same person settles it, or so it says."""

    def change(found: dict[str, Any]) -> None:
        text = json.loads(statement_text())
        if "project" in changes:
            text["lines"] = [line | {"project": changes["project"]} for line in text["lines"]]
        else:
            text["period"] |= changes
            for line in text["lines"]:
                line.pop("late_from_earlier_period", None)
        other = canonical(text).decode()
        events = openings(other)
        found |= {
            "event": proof(events, 1),
            "statement": {"event": proof(events, 3), "text": other},
        }
        found["releases"][0]["event"] = proof(events, 2)

    return change


def promise_of(leaf: bytes) -> dict[str, str]:
    return make_promise(LOG, leaf, MORNING).as_json()


def retold(
    signer: Signer,
    notes: list[str],
    *,
    hint: Signer | None = None,
    promised_by: Signer | None = None,
) -> str:
    """The whole receipt under another key of the log, with the notes that lead to it."""
    text = statement_text()
    events = openings(text)
    found = parts()
    found |= {"event": proof(events, 1, signer), "log_key": (hint or signer).verifier.vkey}
    found["releases"][0]["event"] = proof(events, 2, signer)
    found["statement"]["event"] = proof(events, 3, signer)
    leaf = merkle.leaf_hash(events[1].leaf())
    found["promise"] = make_promise(promised_by or LOG, leaf, MORNING).as_json()
    return dump_receipt(found | ({"handovers": notes} if notes else {}))


def handed_over() -> list[dict[str, Any]]:
    """Receipts of a log whose key changed once, or twice; the statement is of December 1st."""
    over, next_ = make_handover(LOG, OTHER, 2, MORNING), make_handover(OTHER, THIRD, 4, LATER)
    ended = make_retirement(LOG.verifier, OTHER, 4, LATER)
    early = make_retirement(LOG.verifier, OTHER, 4, Instant(MORNING - 1))
    small = make_retirement(LOG.verifier, OTHER, 3, LATER)
    forged = over.replace("\n2\n", "\n3\n", 1)
    strange = make_handover(LOG, THIRD, 2, MORNING)
    by_stranger = make_retirement(OTHER.verifier, LOG, 4, Instant(0))
    one, two, three = (key.verifier.vkey for key in (LOG, OTHER, THIRD))
    both = Signer(LOG.name, LOG.private_key, also=OTHER)
    empty = dump_receipt(json.loads(retold(OTHER, [over])) | {"handovers": []})
    found: list[tuple[str, str, str, bool, list[str]]] = [
        ("by the new key, the old one trusted", retold(OTHER, [over]), one, True, []),
        ("by the new key, the new one trusted", retold(OTHER, [over]), two, True, []),
        ("by the new key, by its own key", retold(OTHER, [over]), "", True, []),
        ("by both keys, the old one retired",
         retold(both, [over, early], hint=OTHER, promised_by=OTHER), two, True, []),
        ("by the third key, the first trusted", retold(THIRD, [over, ended, next_]), one, True, []),
        ("by the third key, the first trusted, in another order",
         retold(THIRD, [next_, ended, over]), one, True, []),
        ("by the first key, the third trusted", retold(LOG, []), three, True, [over, ended, next_]),
        ("by the first key, the third trusted, notes missing", retold(LOG, []), three, False, []),
        ("by the first key, a note missing between", retold(LOG, []), three, False, [next_]),
        ("by the old key, retired later", retold(LOG, [over, ended]), two, True, []),
        ("by the old key, retired before", retold(LOG, [over, early]), two, False, []),
        ("by the old key, retired before, its own key", retold(LOG, [over, early]), "", False, []),
        ("by the old key, of a larger log than it signed",
         retold(LOG, [over, small]), two, False, []),
        ("promised by the old key, retired before",
         retold(OTHER, [over, early]), two, False, []),
        ("promised by the new key", retold(OTHER, [over, early], promised_by=OTHER), two, True, []),
        ("a handover changed", retold(OTHER, [forged]), one, False, []),
        ("handed over to two", retold(OTHER, [over, strange]), one, False, []),
        ("a key retired by the one before it", retold(OTHER, [over, by_stranger]), one, True, []),
        ("handovers empty", empty, two, False, []),
        ("handovers no notes", retold(OTHER, ["a note"]), two, False, []),
        ("a plain proof by the old key", proof(openings(statement_text()), 1), two, True, [over]),
        ("a plain proof by the old key, retired before",
         proof(openings(statement_text()), 1), two, False, [over, early]),
    ]  # fmt: skip
    return [
        {"name": n, "text": t, "holds": h, "proven": h, "key": k, "handovers": notes}
        for n, t, k, h, notes in found
    ]


GOOD: Final[Mapping[str, Change]] = {
    "whole": lambda found: None,
    "without a promise": put("promise", value=None),
    "in no release": put("releases", value=[]),
    "not settled yet": put("statement", value=None),
    "released as an item": released_as({"pet": {"item": "i-1", "sha256": "ab" * 32}}),
    "of a grant": lambda found: {**found, "event": proof(openings(statement_text()), 0)}
    | {"promise": None, "releases": [], "statement": None},
    "erased": lambda found: {
        **found, "event": proof(openings(statement_text()), 1, open_=False),
        "promise": None, "releases": [], "statement": None,
    },
}  # fmt: skip
BAD: Final[Mapping[str, Change]] = {
    "event changed": put("event", value=flip),
    "event of another key": signed_by_other,
    "key changed": put("log_key", value=flip),
    "key of another log": put("log_key", value=OTHER.verifier.vkey),
    "a part is missing": drop("promise"),
    "a part too many": lambda found: {**found, "more": 1},
    "promise changed": put("promise", "by", value="2026-11-21T09:32:00.000Z"),
    "promise of another event": put("promise", value=promise_of(b"\0" * 32)),
    "promise with a field too many": lambda found: found["promise"].update(more="1"),
    "promise is a text": put("promise", value="I promise"),
    "row changed": put("releases", 0, "row", value=flip),
    "row of another annotation": of_other_annotation,
    "released with another answer": released_as({"pet": "dog"}),
    "row at another place": put("releases", 0, "index", value=1),
    "row beyond the end": put("releases", 0, "index", value=ROWS),
    "path too short": put("releases", 0, "hashes", value=lambda some: some[:-1]),
    "path changed": put("releases", 0, "hashes", 0, value=encode64(b"\1" * 32)),
    "release of another kind": lambda found: found["releases"][0].update(event=found["event"]),
    "release without its event": lambda found: found["releases"][0].pop("event") and None,
    "statement changed": put("statement", "text", value=lambda text: text.replace("GBP", "EUR")),
    "statement of another kind": lambda found: found["statement"].update(event=found["event"]),
    "statement of another project": settled_by(project={"id": 99, "title": "Other"}),
    "statement of a later period": settled_by(starts_at="2026-11-25T00:00:00.000Z"),
    "statement below the floor": below_the_floor,
    "releases is an object": put("releases", value={}),
    "row at place 1.0": put("releases", 0, "index", value=2.5),
    "row at a negative place": put("releases", 0, "index", value=-2),
    "row at place true": put("releases", 0, "index", value=True),
    "statement of another currency": statement_with("currency", value="EUR"),
    "statement with a floor of nothing over nothing": statement_with(
        "floor", "projects", 0, "accrued", value="1/0"
    ),
    "statement whose floor leaves the project out": statement_with("floor", "projects", value=[]),
    "statement of a time that is none": statement_with("period", "starts_at", value="yesterday"),
    "promise at a time that is none": promise_at("yesterday"),
}  # fmt: skip


def vectors() -> dict[str, Any]:
    """All vectors: name, text, the key to trust (or none), what holds and what is proven by it."""
    found = [
        {"name": name, "text": changed(change), "holds": holds, "proven": holds, "key": key}
        for holds, some in ((True, GOOD), (False, BAD))
        for name, change in some.items()
        for key in ((LOG.verifier.vkey, "") if holds else (LOG.verifier.vkey,))
    ]
    whole = changed(lambda found: None)
    events = openings(statement_text())
    alone = [
        ("with a byte before it", " " + whole, False),
        ("with a line end", whole + "\n", False),
        ("not JSON", whole[:-1], False),
        ("empty", "", False),
        ("a number", "7", False),
        ("a place of 5,000 digits", whole.replace('"index":2', '"index":' + "2" * 5_000), False),
        ("nested too deep", "[" * 100_000, False),
        ("a plain proof", proof(events, 1), True),
        ("a plain proof, changed", flip(proof(events, 1)), False),
        ("a promise", canonical(parts()["promise"]).decode(), True),
        (
            "a promise, changed",
            canonical({**parts()["promise"], "at": iso(Instant(0))}).decode(),
            False,
        ),
    ]
    key = LOG.verifier.vkey
    # A promise that holds shows nothing of the log yet.
    found += [
        {"name": n, "text": t, "holds": h, "proven": h and n != "a promise", "key": key}
        for n, t, h in alone
    ]
    found += handed_over()
    return {"about": "python -m tests.whole_receipts makes this file", "vectors": found}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(vectors(), indent=1, ensure_ascii=True) + "\n")
