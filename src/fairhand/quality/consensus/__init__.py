"""One file per question kind: how its answers become a consensus; and the registry."""

from collections.abc import Mapping

from fairhand.core.systems import loaded
from fairhand.quality.consensus import (
    boxes,
    choice,
    keypoints,
    mask,
    pairwise,
    photo,
    polygons,
    ranking,
    rating,
    recording,
    relevance,
    segments,
    spans,
    text,
    transcript,
)
from fairhand.quality.consensus.kind import ConsensusKind


def gathered(kinds: Mapping[str, ConsensusKind]) -> Mapping[str, ConsensusKind]:
    """Take kinds into use; raises UnregisteredError for one that is not in the register."""
    for name, kind in kinds.items():
        loaded(f"consensus.{name}", kind.settle)
    return kinds


KINDS: Mapping[str, ConsensusKind] = gathered(
    {
        "boxes": boxes.CONSENSUS,
        "choice": choice.CONSENSUS,
        "keypoints": keypoints.CONSENSUS,
        "mask": mask.CONSENSUS,
        "pairwise": pairwise.CONSENSUS,
        "photo": photo.CONSENSUS,
        "polygons": polygons.CONSENSUS,
        "ranking": ranking.CONSENSUS,
        "rating": rating.CONSENSUS,
        "recording": recording.CONSENSUS,
        "relevance": relevance.CONSENSUS,
        "segments": segments.CONSENSUS,
        "spans": spans.CONSENSUS,
        "text": text.CONSENSUS,
        "transcript": transcript.CONSENSUS,
    }
)
