"""A text as its claims, one sentence each, and what people say of them: supported or not.

A claim is a sentence that people can hold against a source. The split follows the ends of sentences
in many scripts (after Unicode's UAX 29, much simplified): it keeps numbers, initials and common
abbreviations together, takes each line of a list as its own, and leaves greetings and questions in,
which people mark as "no claim".
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fairhand.quality.evaluation.judged import Estimate, mean_estimate
from fairhand.quality.evaluation.slices import LEAST, Slices, measure_slices

SUPPORTED = "supported"
CONTRADICTED = "contradicted"
NOT_THERE = "not_in_source"
NO_CLAIM = "no_claim"
VERDICTS: Mapping[str, str] = {
    SUPPORTED: "Supported by the source",
    CONTRADICTED: "The source says otherwise",
    NOT_THERE: "Not in the source",
    NO_CLAIM: "Nothing is claimed",
}
MOST_CLAIMS = 200
LONGEST = 2_000
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof sr jr st vs etc eg ie cf no nr fig vol pp al inc ltd co dept approx bzw "
    "usw z.b d.h p.ex e.g i.e a.m p.m u.s u.k".split()
)
_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s|$)|[。！？｡۔؟।॥]+[\"'”’»）」』]*")
_BULLET = re.compile(r"^\s*(?:[-*•–·]|\(?\d{1,3}[.)])\s+")


@dataclass(frozen=True, slots=True)
class OutputClaims:
    """One output: how many of its claims were judged, and how many are without support."""

    task_id: int
    judged: int
    unsupported: int


@dataclass(frozen=True, slots=True)
class ClaimReport:
    """What people say of a model's claims; shares are over judged claims that claim something.

    `clean` is the share of outputs, judged whole, in which every claim is supported.
    """

    claims: int
    judged: int
    verdicts: Mapping[str, int]
    supported: Estimate | None
    clean: Estimate | None
    outputs: int
    slices: Slices | None
    worst: tuple[OutputClaims, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of an output with people's verdict, None while they have not settled on one."""

    output: int
    verdict: str | None
    slices: Mapping[str, str]


def split_claims(text: str) -> list[str]:
    """Split a text into sentences, in order; an empty text has none."""
    found: list[str] = []
    for line in text.splitlines():
        found += _sentences(_BULLET.sub("", line).strip())
    return [one for one in found if any(char.isalnum() for char in one)]


def _sentences(line: str) -> list[str]:
    found, start = [], 0
    for end in _END.finditer(line):
        piece = line[start : end.end()].strip()
        if _goes_on(piece, end.group()):
            continue
        found.append(piece)
        start = end.end()
    rest = line[start:].strip()
    return [one for one in (*found, rest) if one]


def _goes_on(piece: str, end: str) -> bool:
    """Say whether a dot ends an abbreviation or an initial, and not the sentence."""
    if not end.startswith(".") or len(end.rstrip("\"'”’»)]")) > 1:
        return False
    words = piece.rstrip("\"'”’»)]").removesuffix(".").split()
    last = words[-1].lstrip("(\"'“‘«[") if words else ""
    is_initial = len(last) == 1 and last.isalpha() and last.isupper()
    return is_initial or last.casefold() in _ABBREVIATIONS


def report_claims(claims: Sequence[Claim], fields: Sequence[str]) -> ClaimReport:
    """Sum up what people said of claims; what nobody has settled is counted and left out."""
    judged = [one for one in claims if one.verdict is not None]
    real = [one for one in judged if one.verdict != NO_CLAIM]
    right = np.array([one.verdict == SUPPORTED for one in real], dtype=np.float64)
    counts = Counter(one.verdict for one in judged)
    by_output: defaultdict[int, list[Claim]] = defaultdict(list)
    for one in claims:
        by_output[one.output].append(one)
    outputs = [_output(number, found) for number, found in by_output.items()]
    whole = [one for one in outputs if one.judged == len(by_output[one.task_id]) and one.judged]
    clean = np.array([one.unsupported == 0 for one in whole], dtype=np.float64)
    worst = sorted(outputs, key=lambda one: (-one.unsupported, one.task_id))
    return ClaimReport(
        claims=len(claims),
        judged=len(judged),
        verdicts={name: counts.get(name, 0) for name in VERDICTS},
        supported=mean_estimate(right) if len(right) else None,
        clean=mean_estimate(clean) if len(clean) else None,
        outputs=len(outputs),
        slices=measure_slices(fields, [one.slices for one in real], right)
        if len(real) >= 2 * LEAST
        else None,
        worst=tuple(one for one in worst[:50] if one.unsupported),
    )


def _output(number: int, claims: Sequence[Claim]) -> OutputClaims:
    judged = [one for one in claims if one.verdict is not None]
    bad = sum(one.verdict in (CONTRADICTED, NOT_THERE) for one in judged)
    return OutputClaims(number, len(judged), bad)
