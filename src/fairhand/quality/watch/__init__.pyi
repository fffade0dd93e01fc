"""Watching: evidence for a human about gold tasks, pace, likeness, drift, slices; no verdicts."""

from .alike import Likeness, Pair, find_alike
from .anonymity import hide_cells, merge_small_groups
from .drift import Drift, DriftReport, Window, find_drift
from .gold import GoldScore, GoldScores, GoldShare, gold_signals, score_gold
from .gold_schedule import GoldSchedule, choose_gold, is_gold_turn
from .intervals import anytime_interval, exact_interval, jeffreys_interval
from .label_errors import LabelErrors, combine_opinions, find_label_errors
from .pace import Pace, PaceReport, agreement_with_others, find_too_fast
from .signal import Signal
from .slices import (
    CrossTable,
    Slice,
    SliceReport,
    compare_groups,
    compare_slices,
    cross_groups,
)
from .straight import Attention, Straightness, find_straight_lining

__all__ = [
    "Attention",
    "CrossTable",
    "Drift",
    "DriftReport",
    "GoldSchedule",
    "GoldScore",
    "GoldScores",
    "GoldShare",
    "LabelErrors",
    "Likeness",
    "Pace",
    "PaceReport",
    "Pair",
    "Signal",
    "Slice",
    "SliceReport",
    "Straightness",
    "Window",
    "agreement_with_others",
    "anytime_interval",
    "choose_gold",
    "combine_opinions",
    "compare_groups",
    "compare_slices",
    "cross_groups",
    "exact_interval",
    "find_alike",
    "find_drift",
    "find_label_errors",
    "find_straight_lining",
    "find_too_fast",
    "gold_signals",
    "hide_cells",
    "is_gold_turn",
    "jeffreys_interval",
    "merge_small_groups",
    "score_gold",
]
