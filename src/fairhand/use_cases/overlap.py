"""How a project's own figures become the policy by which tasks are asked on or stop; reads only."""

from __future__ import annotations

from fairhand.model.project import Project
from fairhand.quality.redundancy import OverlapPolicy

_HOUR_MS = 3_600_000


def overlap_policy(project: Project) -> OverlapPolicy:
    """Give the policy; a judgement's price is the pay for the time it is expected to take."""
    return OverlapPolicy(
        project.min_overlap,
        project.max_overlap,
        project.target_confidence,
        worth_micros=project.worth_micros,
        price_micros=judgement_price(project),
    )


def judgement_price(project: Project) -> int:
    """Give what one judgement is expected to cost, in micros of the project's currency.

    Top-ups to somebody's floor come on top of it; so does time longer than expected.
    """
    return project.rate_micros_per_hour * project.expected_ms // _HOUR_MS
