"""Questions without one truth: keep the distribution and the groups, force no majority."""

from fairhand.quality.subjectivity.diagnosis import SubjectivityCheck, check_subjectivity
from fairhand.quality.subjectivity.groups import (
    GroupAgreement,
    GroupComparison,
    compare_rater_groups,
)
from fairhand.quality.subjectivity.soft_labels import GroupShares, SoftLabels, soft_labels

__all__ = [
    "GroupAgreement",
    "GroupComparison",
    "GroupShares",
    "SoftLabels",
    "SubjectivityCheck",
    "check_subjectivity",
    "compare_rater_groups",
    "soft_labels",
]
