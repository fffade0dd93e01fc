"""Fewer judgements for the same truth: how sure, what one more is worth, when to stop, whom to ask.

Fit, weigh the evidence, and plan:

    fit = DawidSkene().fit_codes(codes)
    evidence = weigh_evidence(codes, fit)
    dependence = measure_dependence(evidence)
    plan = plan_stops(evidence, dependence, fit, more)
"""

from .dependence import (
    Dependence,
    Evidence,
    measure_dependence,
    weigh_evidence,
)
from .forecast import Forecast, forecast_quality
from .live import Folded, LiveModel
from .one_task import gain_per_judgement
from .stopping import StopPlan, plan_stops, stop_by_price
from .trust import Trust, weigh_trust
from .value import expected_gain, value_of_one_more
from .whom import Candidate, whom_to_ask

__all__ = [
    "Candidate",
    "Dependence",
    "Evidence",
    "Folded",
    "Forecast",
    "LiveModel",
    "StopPlan",
    "Trust",
    "expected_gain",
    "forecast_quality",
    "gain_per_judgement",
    "measure_dependence",
    "plan_stops",
    "stop_by_price",
    "value_of_one_more",
    "weigh_evidence",
    "weigh_trust",
    "whom_to_ask",
]
