"""Consensus of masks: the neighbours' vote; or thing by thing, where things are told apart.

A pixel goes to the label that more than half of the votes around it give (see
`structured.mask_consensus`); beyond 2^25 pixels the plain majority does, which needs no picture.

The confidence of a vote is the mean pairwise IoU: how alike people drew. With `instances` it is
the mean over things of how alike their outlines are, times the share of people's regions that
became part of a thing; "nothing here" that all agree on is 1.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fairhand.labels import rle
from fairhand.labels.kind import Config
from fairhand.quality.aggregation.mask_vote import vote_masks
from fairhand.quality.consensus.kind import Verdict, Voted
from fairhand.quality.mask_overlap import layers_iou, layers_of, mean_pairwise_iou
from fairhand.quality.structured.instances import instances_answer, match_instances
from fairhand.quality.structured.mask_consensus import consensus_mask
from fairhand.quality.systems import consensus_rule

_MOST_PIXELS = 2**25


@consensus_rule("mask", "each pixel by the vote of those who outlined it")
def settle(config: Config, answers: Sequence[Any]) -> Verdict:
    """Vote, or match people's instances and join each; answers are of one size."""
    if config.get("instances", False):
        return _settle_instances(answers)
    height, width = answers[0]["size"]
    if height * width > _MOST_PIXELS:
        consensus = vote_masks(answers)
        return Verdict(consensus.value, consensus.confidence)
    labels = sorted({region["label"] for answer in answers for region in answer["regions"]})
    joined = {label: consensus_mask(answers, label=label).mask for label in labels}
    regions = [
        {"label": label, "counts": rle.encode(mask)} for label, mask in joined.items() if mask.any()
    ]
    value: dict[str, Any] = {"size": [height, width], "regions": regions}
    if not regions:
        value["nothing"] = True
    return Verdict(value, mean_pairwise_iou([layers_of(answer) for answer in answers]))


def _settle_instances(answers: Sequence[Any]) -> Verdict:
    things = match_instances(answers)
    height, width = answers[0]["size"]
    value = instances_answer(things, (height, width))
    regions = sum(len(answer["regions"]) for answer in answers)
    if len(answers) < 2 or not things:
        return Verdict(value, float(len(answers) > 1 and regions == 0))
    matched = sum(len(thing.people) for thing in things) / regions
    return Verdict(value, matched * float(np.mean([thing.agreement for thing in things])))


def likeness(one: Any, other: Any) -> float:  # noqa: ANN401  # answers
    """Overlap (intersection over union) of two answers, all labels together."""
    return layers_iou(layers_of(one), layers_of(other))


CONSENSUS = Voted("mask-vote", settle, likeness, "iou")
