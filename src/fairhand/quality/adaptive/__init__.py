"""Fewer judgements for the same truth: how sure, what one more is worth, when to stop, whom to ask.

Fit, weigh the evidence, and plan:

    fit = DawidSkene().fit_codes(codes)
    evidence = weigh_evidence(codes, fit)
    dependence = measure_dependence(evidence)
    plan = plan_stops(evidence, dependence, fit, more)
"""

import lazy_loader

# Nothing is imported before it is asked for: a server never loads what it does not use.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
