"""Consensus of key points: is each there, hidden or not, and where, by those who placed it.

How near is near depends on how large the thing is: two places are alike by exp(-d^2 / (2 k^2 s^2))
as in the object keypoint similarity of Lin et al. (2014), "Microsoft COCO", with k = 0.1 for every
point and s the square root of the area that the points span, at least a twentieth of the picture's
diagonal. A point that one person sees and another calls hidden counts half.

The confidence is the mean likeness of people's answers with the consensus.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from fairhand.labels.drawn import tidy
from fairhand.labels.kind import Config
from fairhand.labels.label_set import label_values
from fairhand.quality.consensus.kind import Verdict, Voted
from fairhand.quality.structured.keypoints import fuse_keypoints
from fairhand.quality.systems import consensus_rule

_K = 0.1
_LEAST_SPAN = 1 / 20


@consensus_rule("keypoints", "each point's place from those who placed it, where most people did")
def settle(config: Config, answers: Sequence[Any]) -> Verdict:
    """Fuse each named point; answers are of one size."""
    rows = [(number, point) for number, one in enumerate(answers) for point in one["points"]]
    fused = fuse_keypoints(
        [0] * len(rows),
        [number for number, _ in rows],
        [point["label"] for _, point in rows],
        [point.get("at", (math.nan, math.nan)) for _, point in rows],
        visible=[point["state"] != "absent" for _, point in rows],
    )
    by_name = {point.name: point for point in fused.points}
    size = answers[0]["size"]
    points: list[dict[str, Any]] = []
    for name in label_values(config):
        found = by_name.get(name)
        if found is None or found.place is None or found.visible <= 0.5:
            points.append({"label": name, "state": "absent"})
            continue
        states = [point["state"] for _, point in rows if point["label"] == name]
        seen = states.count("visible") >= states.count("hidden")
        most = (size[1], size[0])
        at = [tidy(min(max(one, 0.0), end)) for one, end in zip(found.place, most, strict=True)]
        points.append({"label": name, "state": "visible" if seen else "hidden", "at": at})
    value = {"size": list(size), "points": points}
    if len(answers) < 2:
        return Verdict(value, 0.0)
    return Verdict(value, float(np.mean([likeness(one, value) for one in answers])))


def likeness(one: Any, other: Any) -> float:  # noqa: ANN401  # answers
    """Mean over the named points of how near two people placed them; 1 where both say absent."""
    mine = {point["label"]: point for point in one["points"]}
    theirs = {point["label"]: point for point in other["points"]}
    names = mine.keys() | theirs.keys()
    if not names:
        return 1.0
    span = _span([*one["points"], *other["points"]], one["size"])
    alike = (_alike(mine.get(name), theirs.get(name), span) for name in names)
    return math.fsum(alike) / len(names)


def _alike(one: Any, other: Any, span: float) -> float:  # noqa: ANN401  # points
    here = None if one is None else one.get("at")
    there = None if other is None else other.get("at")
    if here is None or there is None:
        return float(here is there)
    distance = math.dist(here, there)
    near = math.exp(-(distance**2) / (2 * (_K * span) ** 2))
    return near if one["state"] == other["state"] else near / 2


def _span(points: Sequence[Any], size: Sequence[int]) -> float:
    """Tell how large the thing is, in pixels."""
    places = np.array([point["at"] for point in points if "at" in point], float).reshape(-1, 2)
    sides = places.max(axis=0) - places.min(axis=0) if len(places) else np.zeros(2)
    return max(math.sqrt(float(sides.prod())), _LEAST_SPAN * math.hypot(*size))


CONSENSUS = Voted("point-fusion", settle, likeness, "nearness")
