"""Consensus of masks: the vote of pixels; or thing by thing, where things are told apart.

The confidence of a vote is the mean pairwise IoU: how alike people drew. With `instances` it is
the mean over things of how alike their outlines are, times the share of people's regions that
became part of a thing; "nothing here" that all agree on is 1.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fairhand.labels.kind import Config
from fairhand.quality.aggregation.mask_vote import vote_masks
from fairhand.quality.consensus.kind import Verdict, Voted
from fairhand.quality.structured.instances import instances_answer, match_instances


def settle(config: Config, answers: Sequence[Any]) -> Verdict:
    """Vote, or match people's instances and join each."""
    if config.get("instances", False):
        return _settle_instances(answers)
    consensus = vote_masks(answers)
    return Verdict(consensus.value, consensus.confidence)


def _settle_instances(answers: Sequence[Any]) -> Verdict:
    things = match_instances(answers)
    height, width = answers[0]["size"]
    value = instances_answer(things, (height, width))
    regions = sum(len(answer["regions"]) for answer in answers)
    if len(answers) < 2 or not things:
        return Verdict(value, float(len(answers) > 1 and regions == 0))
    matched = sum(len(thing.people) for thing in things) / regions
    return Verdict(value, matched * float(np.mean([thing.agreement for thing in things])))


CONSENSUS = Voted("mask-vote", settle)
