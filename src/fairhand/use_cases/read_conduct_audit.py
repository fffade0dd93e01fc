"""Hold what people decided to the log: decisions about people and appeals against
them, disputes about pay, reviews and what stands by them.

Who lets another answer stand, decides for somebody or forgets what was contested is named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.core.ids import sha256_hex
from fairhand.pay.disputes import store as disputes
from fairhand.people.conduct import appeal_store as appeals
from fairhand.people.conduct import store as conduct
from fairhand.proof.log.bodies import Lines, Told
from fairhand.storage.kept import Row
from fairhand.use_cases.decide_review import value_sha256
from fairhand.use_cases.read_held_rows import (
    ONLY_LOGGED,
    ONLY_STORED,
    Held,
    Said,
    differs,
    held_less,
    hold,
)
from fairhand.work.review import store as reviews

_CLAIMED: Final = ("kind", "claimed_ms", "claimed_micros", "currency", "activity", "answer_by")
_DECIDED: Final = ("decided_by", "granted_ms", "granted_micros", "reason")
_NOT_ENDED: Final = "it has ended in the tables, and no line of the log ended it"


def audit_conduct(lines: Lines, erased: Collection[int]) -> Iterator[Issue]:
    """Compare what people decided with the log's lines."""
    yield from _decisions(lines, erased)
    yield from hold(lines, _REVIEWS, erased)
    yield from hold(lines, _UNDONE, erased)
    yield from _standing(lines, erased)
    yield from hold(lines, _DISPUTES, erased)
    yield from hold(lines, _ANSWERED, erased)
    yield from hold(lines, _APPEALS, erased)
    yield from hold(lines, _HEARD, erased)
    yield from _places(lines, erased)


def _named(_one: Told, body: Mapping[str, Any]) -> Iterable[Said]:
    """Read which decisions a line names; older lines say only of some what they are."""
    if "decided" not in body:
        if "kind" not in body or "decided_by" not in body:
            return []
        values = {"kind": body["kind"], "person_id": body["person"]}
        return [Said((int(body["decision"]),), {**values, "decider_id": body["decided_by"]})]
    return [Said((int(one),), {"content_sha256": sha256}) for one, sha256 in body["decided"]]


_DECISIONS: Final = Held(
    name="decisions",
    kept=conduct.KEPT,
    kinds=dict.fromkeys(
        (
            "workspace.created",
            "conduct.decided",
            "conduct.appeal_found",
            "conduct.appeal_upheld_by_silence",
            "conduct.lifted",
            "labels.aggregated",
            "gold.marked",
            "learning.exam_answered",
            "learning.skill_lapsed",
            "contribution.settled",
            "credential.revoked",
            "conversations.grown",
        ),
        _named,
    ),
    at="made_at",
    place=lambda row: f"decision {row['id']}",
    who=("person_id",),
    reads={"content_sha256": conduct.content_sha256},
)


def _decisions(lines: Lines, erased: Collection[int]) -> Iterator[Issue]:
    """Since lines name every decision, there is none without its line."""
    since = min(
        (
            one.at
            for kind in _DECISIONS.kinds
            for page in lines.pages(kind)
            for one in page
            if one.body is not None and "decided" in one.body
        ),
        default=None,
    )
    held = replace(_DECISIONS, must=lambda row: since is not None and row["made_at"] >= since)
    yield from hold(lines, held, erased)
    if before := conduct.count_before(lines.connection, since):
        yield held_less(held.name, before)


def _review(_one: Told, body: Mapping[str, Any]) -> Iterable[Said]:
    values = {"project_id": body["project"], "task_id": body["task"]}
    values |= {name: body[name] for name in ("verdict", "because")}
    if "content_sha256" in body:
        values |= {"reviewer_id": body["reviewer"], "content_sha256": body["content_sha256"]}
    return [Said((int(body["review"]),), values, whole="content_sha256" in body)]


_REVIEWS: Final = Held(
    name="reviews",
    kept=reviews.KEPT,
    kinds={"review.decided": _review},
    at="at",
    place=lambda row: f"review {row['id']}",
    who=("reviewer_id",),
    reads={"content_sha256": reviews.content_sha256},
)
_UNDONE: Final = Held(
    name="reviews",
    kept=reviews.KEPT,
    kinds={"review.undone": lambda _one, body: [Said((int(body["review"]),))]},
    at="undone_at",
    place=lambda row: f"review {row['id']}",
    who=("reviewer_id",),
    must=lambda row: row["undone_at"] is not None,
    only_stored="it is taken back in the tables, and no line of the log took it back",
)


def _standing(lines: Lines, erased: Collection[int]) -> Iterator[Issue]:
    """What stands is what its review let stand, or that in labels which changed since."""
    changed: dict[int, list[Instant]] = {}
    for page in lines.pages("project.labels_changed"):
        for one in page:
            changed.setdefault(int(one.project_id or 0), []).append(one.at)
    seen = bytearray(reviews.STANDING_KEPT.highest(lines.connection) + 1)
    for page in lines.pages("review.decided"):
        told = [(one, one.body) for one in page if one.body is not None]
        rows = reviews.STANDING_KEPT.load(
            lines.connection, [(int(said["task"]),) for _, said in told]
        )
        for one, said in told:
            row = rows.get((int(said["task"]),))
            if row is None or row["review_id"] != said["review"]:
                continue
            seen[row["task_id"]] = 1
            if row["at"] == one.at and _sha256_of(row["value"]) != said["value_sha256"]:
                words = f"it is not what review {row['review_id']} let stand"
                yield Issue(_stands(row), words)
            since = changed.get(row["project_id"], ())
            if row["at"] != one.at and not any(one.at <= at <= row["at"] for at in since):
                yield Issue(_stands(row), differs("at", row["at"], one.at))
    for row in reviews.STANDING_KEPT.each(lines.connection):
        if not seen[row["task_id"]] and not erased:
            yield Issue(_stands(row), f"no line of the log says so of review {row['review_id']}")


def _stands(row: Row) -> str:
    return f"what stands for task {row['task_id']}"


def _sha256_of(value: str) -> str | None:
    try:
        return value_sha256(orjson.loads(value))
    except orjson.JSONDecodeError:
        return None


def _dispute(_one: Told, body: Mapping[str, Any]) -> Iterable[Said]:
    values = {name: body[name] for name in _CLAIMED if name in body}
    values |= {"person_id": body["person"], "project_id": body["project"]}
    values |= {"statement_id": body["statement"], "line": body["line"]}
    whole = "message_sha256" in body
    if whole:
        values["message_sha256"] = body["message_sha256"]
    return [Said((int(body["dispute"]),), values, whole=whole)]


def _answer(_one: Told, body: Mapping[str, Any]) -> Iterable[Said]:
    values = {name: body[name] for name in _DECIDED}
    values |= {"state": body["outcome"], "entry_id": body["entry"]}
    return [Said((int(body["dispute"]),), values)]


def _message_sha256(row: Row) -> str:
    return sha256_hex(row["message"].encode())


_DISPUTES: Final = Held(
    name="disputes",
    kept=disputes.KEPT,
    kinds={"pay.dispute_opened": _dispute},
    at="opened_at",
    place=lambda row: f"dispute {row['id']}",
    reads={"message_sha256": _message_sha256},
)
_ANSWERED: Final = Held(
    name="disputes",
    kept=disputes.KEPT,
    kinds={
        "pay.dispute_decided": _answer,
        "pay.dispute_upheld_by_silence": _answer,
        "pay.dispute_withdrawn": lambda _one, body: [
            Said((int(body["dispute"]),), {"state": "withdrawn", "granted_micros": None})
        ],
    },
    at="decided_at",
    place=lambda row: f"dispute {row['id']}",
    must=lambda row: row["state"] != "open",
    only_stored=_NOT_ENDED,
)


def _appeal(_one: Told, body: Mapping[str, Any]) -> Iterable[Said]:
    values = {"decision_id": body["decision"], "person_id": body["person"]}
    values |= {"panel": body["panel"], "answer_by": body["answer_by"]}
    whole = "message_sha256" in body
    if whole:
        values["message_sha256"] = body["message_sha256"]
    return [Said((int(body["appeal"]),), values, whole=whole)]


def _ended(state: str) -> Callable[[Told, Mapping[str, Any]], Iterable[Said]]:
    def says(_one: Told, body: Mapping[str, Any]) -> Iterable[Said]:
        values = {"state": state, "repaired": body.get("repaired") or {}}
        return [Said((int(body["appeal"]),), values)]

    return says


def _found(one: Told, body: Mapping[str, Any]) -> Iterable[Said]:
    if body["outcome"] is None:  # others of the panel are still to say
        return []
    return _ended({"uphold": "upheld", "decline": "declined"}[body["outcome"]])(one, body)


_APPEALS: Final = Held(
    name="appeals",
    kept=appeals.KEPT,
    kinds={"conduct.appealed": _appeal},
    at="opened_at",
    place=lambda row: f"appeal {row['id']}",
    who=("person_id",),
    reads={"message_sha256": _message_sha256},
)
_HEARD: Final = Held(
    name="appeals",
    kept=appeals.KEPT,
    kinds={
        "conduct.appeal_found": _found,
        "conduct.appeal_upheld_by_silence": _ended("silent"),
        "conduct.appeal_withdrawn": _ended("withdrawn"),
    },
    at="decided_at",
    place=lambda row: f"appeal {row['id']}",
    who=("person_id",),
    must=lambda row: row["state"] != "open",
    only_stored=_NOT_ENDED,
    reads={"repaired": lambda row: orjson.loads(row["repaired"])},
)


class _Places:
    """Who took a place at an appeal by the log, and what each of them found."""

    def __init__(self, lines: Lines) -> None:
        self.taken: set[tuple[int, int]] = set()
        self.found: dict[tuple[int, int], tuple[str, Instant, str | None]] = {}
        self.emptied: set[Instant | None] = set()
        for kind in ("conduct.appeal_taken", "conduct.appeal_found"):
            for page in lines.pages(kind):
                for one in page:
                    self._read(one)

    def _read(self, one: Told) -> None:
        if one.body is None:
            self.emptied.add(one.at)
            return
        key = int(one.body["appeal"]), int(one.body["reviewer"])
        self.taken.add(key)
        if "finding" in one.body:
            self.found[key] = one.body["finding"], one.at, one.body.get("reason_sha256")

    def wrong(self, row: Row) -> str | None:
        """Say what of a row is not as the log has it."""
        key = row["appeal_id"], row["reviewer_id"]
        if key not in self.taken:
            return ONLY_STORED
        self.taken.discard(key)
        said = self.found.get(key)
        if said is None:
            if row["finding"] is None or row["found_at"] in self.emptied:
                return None
            return "no line of the log says that they found anything"
        reason = said[2] and sha256_hex(row["reason"].encode())
        if (row["finding"], row["found_at"], reason) != said:
            return "what they found is not what the log has"
        return None


def _places(lines: Lines, erased: Collection[int]) -> Iterator[Issue]:
    places = _Places(lines)
    for row in appeals.all_reviews(lines.connection):
        wrong = places.wrong(row)
        is_excused = bool(erased) and row["opened_at"] in places.emptied
        if wrong and not (wrong == ONLY_STORED and is_excused):
            yield Issue(f"person {row['reviewer_id']}'s place at appeal {row['appeal_id']}", wrong)
    for appeal, reviewer in sorted(places.taken):
        yield Issue(f"person {reviewer}'s place at appeal {appeal}", ONLY_LOGGED)
