"""One algorithm, one file, one paper."""

from fairhand.quality.aggregation.dawid_skene import DawidSkene, DawidSkeneFit
from fairhand.quality.aggregation.difficulty import Difficulty, DifficultyFit
from fairhand.quality.aggregation.drift import DriftFit, DriftingDawidSkene
from fairhand.quality.aggregation.ibcc import IBCC
from fairhand.quality.aggregation.majority import MajorityVote
from fairhand.quality.aggregation.numeric import RatingFit, RatingScale
from fairhand.quality.aggregation.one_coin import OneCoin
from fairhand.quality.aggregation.ordinal import OrdinalDawidSkene, OrdinalFit
from fairhand.quality.aggregation.people_fit import PeopleFit
from fairhand.quality.aggregation.result import Aggregation
from fairhand.quality.aggregation.robust import RobustMeans, robust_mean
from fairhand.quality.aggregation.shaped_coin import ShapedCoin
from fairhand.quality.aggregation.spamming import Spamming
from fairhand.quality.aggregation.weighted_majority import WeightedMajority

__all__ = [
    "IBCC",
    "Aggregation",
    "DawidSkene",
    "DawidSkeneFit",
    "Difficulty",
    "DifficultyFit",
    "DriftFit",
    "DriftingDawidSkene",
    "MajorityVote",
    "OneCoin",
    "OrdinalDawidSkene",
    "OrdinalFit",
    "PeopleFit",
    "RatingFit",
    "RatingScale",
    "RobustMeans",
    "ShapedCoin",
    "Spamming",
    "WeightedMajority",
    "robust_mean",
]
