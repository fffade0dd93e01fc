"""The quality wing: from many judgements to the truth; usable on its own."""

from fairhand.quality.aggregation import Aggregation, DawidSkene, DawidSkeneFit, MajorityVote
from fairhand.quality.agreement import Alpha, krippendorff_alpha

__all__ = [
    "Aggregation",
    "Alpha",
    "DawidSkene",
    "DawidSkeneFit",
    "MajorityVote",
    "krippendorff_alpha",
]
