"""One algorithm, one file, one paper."""

from .dawid_skene import DawidSkene, DawidSkeneFit
from .difficulty import Difficulty, DifficultyFit
from .drift import DriftFit, DriftingDawidSkene
from .ibcc import IBCC
from .majority import MajorityVote
from .numeric import RatingFit, RatingScale
from .one_coin import OneCoin
from .ordinal import OrdinalDawidSkene, OrdinalFit
from .people_fit import PeopleFit
from .result import Aggregation
from .robust import RobustMeans, robust_mean
from .shaped_coin import ShapedCoin
from .spamming import Spamming
from .weighted_majority import WeightedMajority

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
