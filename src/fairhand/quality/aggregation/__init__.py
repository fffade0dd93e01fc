"""One algorithm, one file, one paper."""

from fairhand.quality.aggregation.dawid_skene import DawidSkene, DawidSkeneFit
from fairhand.quality.aggregation.majority import MajorityVote
from fairhand.quality.aggregation.result import Aggregation

__all__ = ["Aggregation", "DawidSkene", "DawidSkeneFit", "MajorityVote"]
