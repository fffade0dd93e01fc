"""Pictures of how a model does: is its score to be believed, where it is worse, what is left to it.

Made as those of `charts`: inline SVG without script or style, the same numbers as a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from fairhand.web.shared.charts import (
    WIDTH,
    Interval,
    _cut,
    _end_labels,
    _figure,
    _n,
    _rule,
    _Scale,
    _short,
    _table,
    _text,
)

_SIDE = 300
_LEFT, _TOP, _BOTTOM = 56, 8, 32
_NAME = 150
_ROW = 28


@dataclass(frozen=True, slots=True)
class Claimed:
    """Tasks of like score: what was claimed of them, what share was right, and between what."""

    claimed: float
    right: float
    low: float
    high: float
    tasks: int


def reliability(title: str, bins: Sequence[Claimed]) -> Markup:
    """What is right (upwards) against what is claimed (to the right); on the diagonal both agree.

    Dots below the diagonal are claimed too surely. Larger dots stand for more tasks.
    """
    low = min([0.0 if any(one.claimed < 0.5 for one in bins) else 0.5, *(b.low for b in bins)])
    x = _Scale(low, 1.0, _LEFT, _LEFT + _SIDE)
    y = _Scale(low, 1.0, _TOP + _SIDE, _TOP)
    most = max((one.tasks for one in bins), default=1)
    shapes = [
        _rule(x(low), y(low), x(1), y(low)),
        _rule(x(low), y(low), x(low), y(1)),
        f'<line class="c" stroke="currentColor" stroke-width="1.5" stroke-dasharray="4 4" '
        f'x1="{_n(x(low))}" y1="{_n(y(low))}" x2="{_n(x(1))}" y2="{_n(y(1))}"/>',
        _text(0, y(1) + 14, "100 %"),
        _text(0, y(low), f"{100 * low:.0f} %"),
        _text(0, (y(1) + y(low)) / 2, "right"),
        _text(_LEFT, _TOP + _SIDE + 22, f"{100 * low:.0f} % claimed"),
        f'<text x="{_LEFT + _SIDE}" y="{_TOP + _SIDE + 22}" text-anchor="end">100 %</text>',
    ]
    for one in bins:
        radius = 3 + 5 * (one.tasks / most) ** 0.5
        shapes.append(_rule(x(one.claimed), y(one.low), x(one.claimed), y(one.high), "a", 1.5))
        shapes.append(
            f'<circle class="a" fill="currentColor" cx="{_n(x(one.claimed))}" '
            f'cy="{_n(y(one.right))}" r="{_n(radius)}"/>'
        )
    rows = [
        (
            f"{100 * one.claimed:.1f} %",
            f"{100 * one.right:.1f} %",
            f"{100 * one.low:.0f} to {100 * one.high:.0f} %",
            f"{one.tasks:,}",
        )
        for one in bins
    ]
    table = _table(("claimed", "right", "interval", "tasks"), rows)
    return _figure(title, _TOP + _SIDE + _BOTTOM, "".join(shapes), table)


def gaps(title: str, items: Sequence[Interval]) -> Markup:
    """Differences to the rest with their intervals, in points; the line in the middle is none."""
    reach = max([0.05, *(max(abs(one.low), abs(one.high)) for one in items)])
    x = _Scale(-reach, reach, _NAME, WIDTH - 56)
    height = max(1, len(items)) * _ROW
    shapes = [_rule(x(0), 0, x(0), height, "c", 1.5)]
    for at, item in enumerate(items):
        middle = at * _ROW + _ROW / 2
        shapes.append(_text(0, middle + 5, _cut(item.label, 20)))
        shapes.append(_rule(x(item.low), middle, x(item.high), middle, "a", 2))
        shapes.append(
            f'<circle class="a" fill="currentColor" cx="{_n(x(item.value))}" '
            f'cy="{_n(middle)}" r="5"/>'
        )
        shapes.append(_text(WIDTH - 48, middle + 5, f"{100 * item.value:+.1f}"))
    rows = [
        (
            one.label,
            f"{100 * one.value:+.1f}",
            f"{100 * one.low:+.1f} to {100 * one.high:+.1f}",
        )
        for one in items
    ]
    return _figure(title, height, "".join(shapes), _table(("", "points", "interval"), rows))


def coverage(title: str, points: Sequence[tuple[float, float]], height: int = 200) -> Markup:
    """How many are right of the surest tasks, from the surest few to all of them."""
    values = [value for _, value in points]
    low = min([0.9, *values]) if values else 0.0
    y = _Scale(low, 1.0, height - _BOTTOM, _TOP)
    x = _Scale(0, 1, _LEFT, WIDTH - 8)
    path = " ".join(f"{_n(x(share))},{_n(y(value))}" for share, value in points)
    shapes = [
        _rule(_LEFT, y(1), WIDTH - 8, y(1)),
        _rule(_LEFT, y(low), WIDTH - 8, y(low)),
        _text(0, y(1) + 14, "100 %"),
        _text(0, y(low), f"{100 * low:.0f} %"),
        f'<polyline class="a" fill="none" stroke="currentColor" stroke-width="2" points="{path}"/>',
        _end_labels(("surest", "all tasks"), height).replace(f'x="{48}"', f'x="{_LEFT}"'),
    ]
    rows = [(f"{100 * share:.0f} %", f"{100 * value:.1f} %") for share, value in points]
    table = _table(("of the tasks", "right"), rows)
    return _figure(title, height, "".join(shapes), table)


def shares(title: str, items: Sequence[Interval]) -> Markup:
    """A dot for each share on the line of its interval, as percentages on one scale of its own.

    The scale ends where the intervals do, so that small differences can be seen; its ends are said.
    """
    low = min([1.0, *(one.low for one in items)])
    low = max(0.0, int(low * 20) / 20)
    x = _Scale(low, 1.0, _NAME, WIDTH - 64)
    height = max(1, len(items)) * _ROW
    shapes = [_rule(x(low), 0, x(low), height), _rule(x(1), 0, x(1), height)]
    for at, item in enumerate(items):
        middle = at * _ROW + _ROW / 2
        shapes.append(_text(0, middle + 5, _cut(item.label, 20)))
        shapes.append(_rule(x(max(low, item.low)), middle, x(item.high), middle, "a", 2))
        shapes.append(
            f'<circle class="a" fill="currentColor" cx="{_n(x(item.value))}" '
            f'cy="{_n(middle)}" r="5"/>'
        )
        shapes.append(_text(WIDTH - 56, middle + 5, f"{_short(100 * item.value)} %"))
    ends = _end_labels((f"{100 * low:.0f} %",), height + 20).replace('x="48"', f'x="{_NAME}"')
    last = f'<text x="{_n(x(1))}" y="{height + 16}" text-anchor="end">100 %</text>'
    rows = [
        (
            one.label,
            f"{100 * one.value:.1f} %",
            f"{100 * one.low:.1f} to {100 * one.high:.1f} %",
        )
        for one in items
    ]
    table = _table(("", "value", "interval"), rows)
    return _figure(title, height + 20, "".join(shapes) + ends + last, table)
