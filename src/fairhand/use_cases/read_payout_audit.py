"""Hold where people's money goes to the log: the ways that they chose, and the files for banks.

Who puts another account in the place of somebody's own is named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

import orjson

from fairhand.core.errors import Issue
from fairhand.core.ids import sha256_hex
from fairhand.pay.payouts import methods_store as methods
from fairhand.pay.payouts import store as payouts
from fairhand.pay.payouts.methods import hash_of
from fairhand.proof.log.bodies import Lines, Told
from fairhand.storage.kept import Row
from fairhand.use_cases.read_held_rows import Held, Said, hold


def audit_payouts(lines: Lines, erased: Collection[int]) -> Iterator[Issue]:
    """Compare ways of being paid, and payout files, with the log's lines."""
    yield from hold(lines, _METHODS, erased)
    yield from _in_force(lines)
    yield from hold(lines, _BATCHES, erased)


def _method(_one: Told, body: Mapping[str, Any]) -> Iterable[Said]:
    if "method" not in body:  # one was ended, and none put in its place
        return []
    values = {"person_id": body["person"]}
    values |= {name: body[name] for name in ("currency", "rail", "minimum_minor", "details_sha256")}
    return [Said((int(body["method"]),), values)]


def _details_sha256(row: Row) -> str | None:
    try:
        return hash_of(row["rail"], row["currency"], orjson.loads(row["details"]))
    except (orjson.JSONDecodeError, TypeError, ValueError):
        return None


def _in_force(lines: Lines) -> Iterator[Issue]:
    """In each currency the way that a person chose last holds, or none where they ended it."""
    last: dict[tuple[int, str], int | None] = {}
    for page in lines.pages("payout.method_set"):
        for one in page:
            if one.body is not None:
                person, currency = int(one.body["person"]), str(one.body["currency"])
                last[person, currency] = one.body.get("method")
    for row in methods.KEPT.each(lines.connection):
        holds = row["superseded_at"] is None
        if holds != (last.get((row["person_id"], row["currency"])) == row["id"]):
            words = "it holds in the tables, and by the log it does not"
            other = "it is ended in the tables, and by the log it holds"
            yield Issue(f"way of being paid {row['id']}", words if holds else other)


_METHODS: Final = Held(
    name="ways of being paid",
    kept=methods.KEPT,
    kinds={"payout.method_set": _method},
    at="created_at",
    place=lambda row: f"way of being paid {row['id']}",
    reads={"details_sha256": _details_sha256},
)


def _batch(_one: Told, body: Mapping[str, Any]) -> Iterable[Said]:
    names = ("rail", "currency", "message_id", "payouts", "file_sha256")
    return [Said((int(body["batch"]),), {name: body[name] for name in names})]


_BATCHES: Final = Held(
    name="payout files",
    kept=payouts.BATCHES,
    kinds={"payout.batch_made": _batch},
    at="made_at",
    place=lambda row: f"payout file {row['id']}",
    reads={"file_sha256": lambda row: sha256_hex(row["file_body"].encode())},
)
