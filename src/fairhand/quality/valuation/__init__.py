"""What data is worth: which rows, classes and contributors helped."""

from fairhand.quality.valuation.duplicates import merge_near_duplicates
from fairhand.quality.valuation.value import DataValue, Share, knn_shapley
from fairhand.quality.valuation.whole import Rows, WholeValues, on_grid, value_in_whole

__all__ = [
    "DataValue",
    "Rows",
    "Share",
    "WholeValues",
    "knn_shapley",
    "merge_near_duplicates",
    "on_grid",
    "value_in_whole",
]
