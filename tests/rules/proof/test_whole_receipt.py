"""A receipt holds, or says what does not: the same for us and for the package without a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fairhand.core.clock import Instant
from fairhand.proof.log.note import parse_vkey
from fairhand.proof.log.receipt import verify_receipt
from fairhand.use_cases.whole_receipt import is_proven, verify_any, verify_whole
from tests import whole_receipts

ROOT = Path(__file__).parents[3]
VECTORS: list[dict[str, Any]] = json.loads(
    (ROOT / "tests/vectors/receipts.json").read_text("utf-8")
)["vectors"]


def name_of(one: dict[str, Any]) -> str:
    return f"{one['name']}{'' if one['key'] else ', by its own key'}"


def test_the_vectors_are_those_that_the_script_makes() -> None:
    assert whole_receipts.vectors()["vectors"] == VECTORS


@pytest.mark.parametrize("one", VECTORS, ids=name_of)
def test_ours(one: dict[str, Any]) -> None:
    keys = [parse_vkey(one["key"])] if one["key"] else []
    report = verify_any(one["text"], keys, one.get("handovers", ()))
    assert report.ok == one["holds"], report.told
    assert is_proven(report) == one["proven"], report.told


def test_it_says_in_one_sentence_what_became_of_a_piece_of_work() -> None:
    report = verify_whole(whole_receipts.changed(lambda found: None))
    assert report.sentence == (
        "Annotation 123 of 2026-11-21 is in the log and in release v2 of project 3, "
        "paid 0.10 GBP for 24 s: at or above the floor of 12.71 GBP an hour."
    )


def test_a_plain_proof_is_checked_as_before() -> None:
    key = whole_receipts.LOG.verifier
    for one in VECTORS:
        if one["text"].startswith("c2sp.org/tlog-proof") and "handovers" not in one:
            assert (verify_receipt(one["text"], key) == []) == one["holds"]
    assert Instant(0) == 0
