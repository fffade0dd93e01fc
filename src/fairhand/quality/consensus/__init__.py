"""One file per question kind: how its answers become a consensus; and the registry."""

from collections.abc import Mapping

from fairhand.quality.consensus import choice, mask
from fairhand.quality.consensus.kind import ConsensusKind

KINDS: Mapping[str, ConsensusKind] = {"choice": choice.CONSENSUS, "mask": mask.CONSENSUS}
