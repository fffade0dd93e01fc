"""Consensus of spans: the model of `structured.spans`; a relation by more than half of people.

Every label is read by itself, so spans of different labels may overlap; spans of one label that
overlap in one answer count as one. A relation is in the consensus where more than half of people
drew it between the spans that became the consensus' (those of the same label that share at least
half of what the two cover). The confidence is how alike people's answers are on average.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from fairhand.labels.kind import Config
from fairhand.quality.consensus.kind import Verdict, Voted
from fairhand.quality.structured.spans import join_spans
from fairhand.quality.systems import consensus_rule

_SAME = 0.5
"""IoU from which two spans of one label are one thing."""

_MOST_PAIRS = 100

Link = tuple[int, int, str]
"""From and to (places in a list of spans), and the relation."""


@consensus_rule("spans", "spans that people most likely mean, and relations that most people drew")
def settle(config: Config, answers: Sequence[Any]) -> Verdict:
    """Join spans label by label, then vote on the relations between them."""
    people = range(len(answers))
    joined = join_spans([0] * len(answers), list(people), [one["spans"] for one in answers])
    spans = [
        {"start": span.start, "end": span.end, "label": span.label} for span in joined.spans[0]
    ]
    value: dict[str, Any] = {"spans": spans}
    if links := _vote_links(config, spans, answers):
        value["relations"] = [{"from": one, "to": two, "label": name} for one, two, name in links]
    if not spans:
        value["nothing"] = True
    return Verdict(value, _mean_likeness(answers))


def likeness(one: Any, other: Any) -> float:  # noqa: ANN401  # answers
    """Tell how alike two answers are: F1 over spans and relations, spans counted by overlap.

    Spans of one label are paired one to one so that their overlaps (IoU) sum to the most; a
    relation counts 1 where both answers draw it between spans that are paired and share half.
    """
    ours, theirs = one["spans"], other["spans"]
    links, their_links = one.get("relations", []), other.get("relations", [])
    number = len(ours) + len(theirs) + len(links) + len(their_links)
    if number == 0:
        return 1.0
    pairs = _paired(ours, theirs)
    place = {mine: its for mine, its, alike in pairs if alike >= _SAME}
    drawn = {(link["from"], link["to"], link["label"]) for link in their_links}
    shared = sum(
        (place.get(link["from"], -1), place.get(link["to"], -1), link["label"]) in drawn
        for link in links
    )
    return min(1.0, 2.0 * (sum(alike for _, _, alike in pairs) + shared) / number)


def _mean_likeness(answers: Sequence[Any]) -> float:
    """Mean over pairs of people; 0 for one person alone, whom nobody confirms."""
    pairs = list(combinations(answers, 2))[:_MOST_PAIRS]
    return float(np.mean([likeness(one, other) for one, other in pairs])) if pairs else 0.0


def _vote_links(
    config: Config, spans: Sequence[Mapping[str, Any]], answers: Sequence[Any]
) -> list[Link]:
    undirected = {
        kind["value"] for kind in config.get("relations") or () if not kind.get("directed", True)
    }
    votes: Counter[Link] = Counter()
    for answer in answers:
        place = {own: its for own, its, alike in _paired(answer["spans"], spans) if alike >= _SAME}
        found: set[Link] = set()
        for link in answer.get("relations", []):
            if link["from"] in place and link["to"] in place:
                start, end = place[link["from"]], place[link["to"]]
                if link["label"] in undirected:
                    start, end = min(start, end), max(start, end)
                found.add((start, end, link["label"]))
        votes.update(found)
    return sorted(link for link, people in votes.items() if 2 * people > len(answers))


def _paired(
    ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]
) -> list[tuple[int, int, float]]:
    """Pair spans of one label one to one, most overlap in all: (ours, theirs, IoU above 0)."""
    from scipy.optimize import linear_sum_assignment  # a server starts sooner without it

    found: list[tuple[int, int, float]] = []
    for label in sorted({span["label"] for span in ours} & {span["label"] for span in theirs}):
        mine, mine_at = _stretches(ours, label)
        its, its_at = _stretches(theirs, label)
        shared = np.minimum.outer(mine[:, 1], its[:, 1]) - np.maximum.outer(mine[:, 0], its[:, 0])
        shared = np.maximum(shared, 0)
        lengths = np.add.outer(mine[:, 1] - mine[:, 0], its[:, 1] - its[:, 0])
        alike = shared / (lengths - shared)
        for row, column in zip(*linear_sum_assignment(alike, maximize=True), strict=True):
            if alike[row, column] > 0:
                found.append((mine_at[row], its_at[column], float(alike[row, column])))
    return found


def _stretches(spans: Sequence[Mapping[str, Any]], label: str) -> tuple[Any, list[int]]:
    places = [at for at, span in enumerate(spans) if span["label"] == label]
    return np.array([(spans[at]["start"], spans[at]["end"]) for at in places]), places


CONSENSUS = Voted("span-model", settle, likeness, "span-f1")
