"""Pictures of how appeals go."""

from __future__ import annotations

from markupsafe import Markup

from fairhand.use_cases.read_appeals import Counter
from fairhand.web.shared import charts

LABELS = ("Upheld", "By silence", "Declined", "Waiting")


def picture_of(counter: Counter) -> Markup | None:
    """Draw how appeals went; nothing before the first."""
    if not counter.opened:
        return None
    spoken = counter.upheld - counter.silent
    counts = (spoken, counter.silent, counter.declined, counter.waiting)
    return charts.bars("How appeals go here", LABELS, counts)
