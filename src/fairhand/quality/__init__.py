"""The quality wing: from many judgements to the truth; usable on its own."""

from fairhand.quality.aggregation import Aggregation, DawidSkene, DawidSkeneFit, MajorityVote
from fairhand.quality.agreement import Alpha, krippendorff_alpha
from fairhand.quality.calibration import Calibration, measure_calibration, reliability

__all__ = [
    "Aggregation",
    "Alpha",
    "Calibration",
    "DawidSkene",
    "DawidSkeneFit",
    "MajorityVote",
    "krippendorff_alpha",
    "measure_calibration",
    "reliability",
]
