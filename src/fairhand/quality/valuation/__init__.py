"""What data is worth: which rows, classes and contributors helped."""

from fairhand.quality.valuation.duplicates import merge_near_duplicates
from fairhand.quality.valuation.value import DataValue, Share, knn_shapley

__all__ = ["DataValue", "Share", "knn_shapley", "merge_near_duplicates"]
