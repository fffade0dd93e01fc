"""The quality wing: from many judgements to the truth; usable on its own."""

from fairhand.quality.aggregation import (
    Aggregation,
    DawidSkene,
    DawidSkeneFit,
    MajorityVote,
    OneCoin,
    OrdinalDawidSkene,
    OrdinalFit,
    PeopleFit,
    Spamming,
    WeightedMajority,
)
from fairhand.quality.agreement import (
    Agreement,
    Alpha,
    PairKappas,
    krippendorff_alpha,
    measure_agreement,
    pair_kappas,
)
from fairhand.quality.calibration import Calibration, measure_calibration, reliability

__all__ = [
    "Aggregation",
    "Agreement",
    "Alpha",
    "Calibration",
    "DawidSkene",
    "DawidSkeneFit",
    "MajorityVote",
    "OneCoin",
    "OrdinalDawidSkene",
    "OrdinalFit",
    "PairKappas",
    "PeopleFit",
    "Spamming",
    "WeightedMajority",
    "krippendorff_alpha",
    "measure_agreement",
    "measure_calibration",
    "pair_kappas",
    "reliability",
]
