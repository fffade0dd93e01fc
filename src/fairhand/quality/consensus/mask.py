"""Consensus of masks: the vote of pixels, with the mean pairwise IoU for its confidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairhand.labels.kind import Config
from fairhand.quality.aggregation.mask_vote import vote_masks
from fairhand.quality.consensus.kind import Verdict, Voted


def settle(config: Config, answers: Sequence[Any]) -> Verdict:
    """Vote; with `instances` the regions of a label are united first, see `mask_vote`."""
    consensus = vote_masks(answers)
    return Verdict(consensus.value, consensus.confidence)


CONSENSUS = Voted("mask-vote", settle)
