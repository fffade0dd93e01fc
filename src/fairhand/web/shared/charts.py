"""Small charts as inline SVG, made on the server: no script, a few hundred bytes each.

Each chart is a `<figure>` with a `<title>` for screen readers and the same numbers as a table
behind a disclosure. Ink comes from `currentColor` and the classes a, b and c of app.css, so charts
follow light and dark; no style attributes, so they pass a strict CSP.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from markupsafe import Markup

from fairhand.core.words import ENGLISH, Words

WIDTH = 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 8, 8, 24
_CLASSES = ("a", "b", "c")
_STROKE = 'fill="none" stroke="currentColor"'


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with the interval that it is known to lie in."""

    label: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Swing:
    """How low and how high one input alone takes a value."""

    label: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Spot:
    """A point of a curve at `x`, with the interval that its value is known to lie in."""

    x: float
    value: float
    low: float
    high: float


def line(
    title: str,
    labels: Sequence[str],
    values: Sequence[float],
    height: int = 180,
    words: Words = ENGLISH,
) -> Markup:
    """A line over ordered labels, with its least and greatest value on the axis."""
    low, high = _range(values)
    y = _Scale(low, high, height - _BOTTOM, _TOP)
    x = _Scale(0, max(1, len(values) - 1), _LEFT, WIDTH - _RIGHT)
    points = " ".join(f"{_n(x(at))},{_n(y(value))}" for at, value in enumerate(values))
    shapes = f'<polyline class="a" {_STROKE} stroke-width="2" points="{points}"/>'
    axis = _value_axis(y, (low, high)) + _end_labels(labels, height)
    return _figure(title, height, axis + shapes, _table(("", title), _rows(labels, values), words))


def band(
    title: str,
    measured: Sequence[Spot],
    ahead: Sequence[Spot] = (),
    goal: float | None = None,
    told: Callable[[float], str] | None = None,
    height: int = 220,
) -> Markup:
    """A curve over numbers with its interval as a band: dots where it was measured, dashes ahead.

    `told` says a number of the lower axis in words; `goal` is a dotted line to be reached.
    """
    told = told or _short
    ends = [end for spot in (*measured, *ahead) for end in (spot.low, spot.high)]
    low, high = _range([*ends, *([] if goal is None else [goal])])
    y = _Scale(low, high, height - _BOTTOM, _TOP)
    places = [spot.x for spot in (*measured, *ahead)] or [0.0]
    x = _Scale(min(places), max(places), _LEFT, WIDTH - _RIGHT)
    shapes = [_value_axis(y, (low, high)), _end_labels(_ends(places, told), height)]
    if goal is not None:
        shapes += [_dotted(x(min(places)), x(max(places)), y(goal), "c")]
        shapes += [_text(_LEFT + 4, y(goal) + 16, f"target {_short(goal)}")]
    joined = (*measured[-1:], *ahead) if ahead else ()
    shapes += [_area(measured, x, y, "a"), _area(joined, x, y, "b")]
    shapes += [_path(measured, x, y, "a"), _path(joined, x, y, "b", ' stroke-dasharray="6 4"')]
    shapes += [
        f'<circle class="a" fill="currentColor" cx="{_n(x(s.x))}" cy="{_n(y(s.value))}" r="3"/>'
        for s in measured
    ]
    rows = [
        (told(spot.x), _short(spot.value), f"{_short(spot.low)} to {_short(spot.high)}", kind)
        for kind, spots in (("measured", measured), ("carried on", ahead))
        for spot in spots
    ]
    legend = _legend(("measured", "carried on")) if ahead else ""
    table = _table(("", "value", "interval", "how"), rows)
    return _figure(title, height, "".join(shapes), legend + table)


def curve(
    title: str,
    points: Sequence[tuple[float, float]],
    here: tuple[float, float] | None,
    named: str,
    told: Callable[[float], str] | None = None,
    height: int = 200,
) -> Markup:
    """A line that a formula gives, and the one point of it that is meant, as a dot with a name."""
    told = told or _short
    low, high = _range([value for _, value in (*points, *([here] if here else []))])
    y = _Scale(low, high, height - _BOTTOM, _TOP)
    places = [at for at, _ in points]
    x = _Scale(min(places), max(places), _LEFT, WIDTH - _RIGHT)
    spots = [Spot(at, value, value, value) for at, value in points]
    shapes = [_value_axis(y, (low, high)), _end_labels(_ends(places, told), height)]
    shapes.append(_path(spots, x, y, "a"))
    if here is not None:
        at, up = x(here[0]), y(here[1])
        shapes.append(f'<circle class="b" fill="currentColor" cx="{_n(at)}" cy="{_n(up)}" r="5"/>')
        side = at - 12 - 7 * len(named) if at > WIDTH / 2 else at + 10
        shapes.append(_text(side, up - 10, named))
    rows = [(told(at), _short(value)) for at, value in points]
    if here is not None:
        rows.append((f"{named} ({told(here[0])})", _short(here[1])))
    return _figure(title, height, "".join(shapes), _table(("", "value"), rows))


def _ends(places: Sequence[float], told: Callable[[float], str]) -> list[str]:
    return [told(end) for end in dict.fromkeys((min(places), max(places)))]


def _path(spots: Sequence[Spot], x: _Scale, y: _Scale, name: str, dashes: str = "") -> str:
    points = " ".join(f"{_n(x(spot.x))},{_n(y(spot.value))}" for spot in spots)
    return f'<polyline class="{name}" {_STROKE} stroke-width="2"{dashes} points="{points}"/>'


def _area(spots: Sequence[Spot], x: _Scale, y: _Scale, name: str) -> str:
    ways = [(spot.x, spot.low) for spot in spots] + [(s.x, s.high) for s in reversed(spots)]
    points = " ".join(f"{_n(x(at))},{_n(y(value))}" for at, value in ways)
    return f'<polygon class="{name}" fill="currentColor" fill-opacity="0.18" points="{points}"/>'


def _dotted(start: float, end: float, y: float, name: str) -> str:
    return (
        f'<line class="{name}" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2 3" '
        f'x1="{_n(start)}" y1="{_n(y)}" x2="{_n(end)}" y2="{_n(y)}"/>'
    )


def bars(
    title: str,
    labels: Sequence[str],
    values: Sequence[float],
    unit: str = "",
    most: float | None = None,
    words: Words = ENGLISH,
) -> Markup:
    """Horizontal bars, one a label, each with its number; `most` is the end of the scale."""
    return stacked_bars(title, labels, (title,), [(value,) for value in values], unit, most, words)


def stacked_bars(
    title: str,
    labels: Sequence[str],
    parts: Sequence[str],
    values: Sequence[Sequence[float]],
    unit: str = "",
    most: float | None = None,
    words: Words = ENGLISH,
) -> Markup:
    """Horizontal bars of up to three parts, such as floor, earned and top-up; each with its sum."""
    if len(parts) > len(_CLASSES):
        raise ValueError("A stacked bar has at most three parts; more cannot be told apart.")
    has_end = most is not None
    most = most or max((sum(row) for row in values), default=0) or 1
    x = _Scale(0, most, 0, WIDTH - 180)
    shapes: list[str] = []
    for at, (label, row) in enumerate(zip(labels, values, strict=True)):
        shapes.append(_text(0, at * 28 + 19, label))
        start = 100.0
        if has_end:
            shapes.append(_rule(100 + x(most), at * 28 + 2, 100 + x(most), at * 28 + 26))
        for part, amount in enumerate(row):
            shapes.append(_rect(start, at * 28 + 4, x(amount), 20, _CLASSES[part]))
            start += x(amount)
        end = 100 + x(most) if has_end else start
        shapes.append(_text(end + 6, at * 28 + 19, f"{_short(sum(row))} {unit}".strip()))
    rows = [(label, *map(_short, row)) for label, row in zip(labels, values, strict=True)]
    legend = _legend(parts) if len(parts) > 1 else ""
    table = _table(("", *parts), rows, words)
    return _figure(title, max(1, len(labels)) * 28, "".join(shapes), legend + table)


def intervals(
    title: str,
    items: Sequence[Interval],
    low: float = 0.0,
    high: float = 1.0,
    words: Words = ENGLISH,
) -> Markup:
    """A dot for each value on the line of its interval, on one common scale."""
    x = _Scale(low, high, 130, WIDTH - 60)
    shapes = [
        _rule(x(low), 0, x(low), len(items) * 28),
        _rule(x(high), 0, x(high), len(items) * 28),
    ]
    for at, item in enumerate(items):
        y = at * 28 + 14
        shapes.append(_text(0, y + 5, item.label))
        ends = (x(max(low, item.low)), x(min(high, item.high)))
        shapes.append(_rule(ends[0], y, ends[1], y, "a", 2))
        shapes.append(
            f'<circle class="a" fill="currentColor" cx="{_n(x(item.value))}" cy="{y}" r="5"/>'
        )
        shapes.append(_text(WIDTH - 50, y + 5, _short(item.value)))
    rows = [
        (
            one.label,
            _short(one.value),
            words("{low} to {high}", low=_short(one.low), high=_short(one.high)),
        )
        for one in items
    ]
    table = _table(("", words("value"), words("interval")), rows, words)
    return _figure(title, max(1, len(items)) * 28, "".join(shapes), table)


def tornado(title: str, items: Sequence[Swing], middle: float, unit: str = "") -> Markup:
    """A bar for each input from where it alone takes the value at lowest to where at highest.

    The widest stands on top, so that the eye sees what matters; the line is the middle.
    """
    ordered = sorted(items, key=lambda item: item.low - item.high)
    low = min([middle, *(item.low for item in items)])
    high = max([middle, *(item.high for item in items)])
    x = _Scale(low, high, 4, WIDTH - 4)
    shapes = []
    for at, item in enumerate(ordered):
        top = at * 46
        shapes.append(_text(0, top + 14, item.label))
        ends = f"{_short(item.low)} to {_short(item.high)} {unit}".strip()
        shapes.append(f'<text x="{WIDTH}" y="{top + 14}" text-anchor="end">{escape(ends)}</text>')
        shapes.append(_rect(x(item.low), top + 20, max(1.0, x(item.high) - x(item.low)), 16, "a"))
        shapes.append(_rule(x(middle), top + 18, x(middle), top + 38, "b", 2))
    height = max(1, len(items)) * 46
    rows = [(item.label, _short(item.low), _short(item.high)) for item in ordered]
    table = _table(("", f"low {unit}".strip(), f"high {unit}".strip()), rows)
    return _figure(title, height, "".join(shapes), table)


def matrix(
    title: str, names: Sequence[str], counts: Sequence[Sequence[float]], rows: str, columns: str
) -> Markup:
    """A square table of counts as shades: each row is shared out over the columns.

    `rows` and `columns` say what they stand for. The shade is the share of its row.
    """
    side, left, top = _side(len(names)), 120, 44
    shapes = [_text(left, 14, f"{columns} →"), _text(0, 14, f"{rows} ↓")]
    for at, name in enumerate(names):
        shapes.append(_text(0, top + at * side + side / 2 + 5, _cut(name, 15)))
        shapes.append(_text(left + at * side + 2, top - 8, _cut(name, max(1, int(side / 9)))))
    for at, row in enumerate(counts):
        total = sum(row) or 1.0
        for to, count in enumerate(row):
            share = count / total
            x, y = left + to * side, top + at * side
            name = "a" if at == to else "c"
            shapes.append(
                f'<rect class="{name}" fill="currentColor" fill-opacity="{share:.2f}" '
                f'stroke="currentColor" stroke-opacity="0.2" x="{_n(x)}" y="{_n(y)}" '
                f'width="{_n(side - 2)}" height="{_n(side - 2)}"/>'
            )
            if side >= 30 and share >= 0.005:
                shapes.append(_text(x + 4, y + side / 2 + 5, f"{100 * share:.0f}"))
    table = _table(
        (rows, *names),
        [
            (name, *(_short(round(count, 1)) for count in row))
            for name, row in zip(names, counts, strict=True)
        ],
    )
    return _figure(title, top + len(names) * side, "".join(shapes), table)


def _side(cells: int) -> float:
    return min(56.0, (WIDTH - 120) / max(1, cells))


def _cut(name: str, most: int) -> str:
    return name if len(name) <= most else name[: max(1, most - 1)] + "…"


def histogram(
    title: str, edges: Sequence[float], counts: Sequence[int], height: int = 160
) -> Markup:
    """Columns between edges; there is one edge more than there are counts."""
    if len(edges) != len(counts) + 1:
        raise ValueError("A histogram has one edge more than it has counts.")
    y = _Scale(0, max(counts, default=0) or 1, height - _BOTTOM, _TOP)
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(counts))
    shapes = "".join(
        _rect(_LEFT + at * step + 1, y(count), step - 2, y(0) - y(count), "a")
        for at, count in enumerate(counts)
    )
    names = [f"{_short(a)} to {_short(b)}" for a, b in pairwise(edges)]
    axis = _value_axis(y, (0, max(counts, default=0))) + _end_labels(
        [_short(edges[0]), _short(edges[-1])], height
    )
    return _figure(title, height, axis + shapes, _table(("", "count"), _rows(names, counts)))


def columns(
    title: str, labels: Sequence[str], values: Sequence[float], unit: str = "", height: int = 130
) -> Markup:
    """Upright bars in the order of their labels, as days; the last label stands at the end."""
    y = _Scale(0, max(values, default=0) or 1, height - _BOTTOM, _TOP)
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(values))
    shapes = "".join(
        _rect(_LEFT + at * step + 1, y(value), max(1, step - 2), y(0) - y(value), "a")
        for at, value in enumerate(values)
    )
    axis = _value_axis(y, (0, max(values, default=0))) + _end_labels(labels, height)
    return _figure(title, height, axis + shapes, _table(("", unit or title), _rows(labels, values)))


def span(title: str, low: float, middle: float, high: float, done: float = 0.0) -> Markup:
    """How far along a scale something is (`done`), and where it will end: a band and a mark."""
    most = max(high, done, middle) * 1.05 or 1.0
    x = _Scale(0, most, 0, WIDTH)
    shapes = (
        _rule(0, 15, WIDTH, 15)
        + f'<g opacity="0.35">{_rect(x(low), 6, x(high) - x(low), 18, "b")}</g>'
        + _rect(0, 6, x(done), 18, "a")
        + _rule(x(middle), 2, x(middle), 28, "b", 3)
    )
    return _safe(
        f'<svg class="span" role="img" viewBox="0 0 {WIDTH} 30"><title>{escape(title)}</title>'
        f"{shapes}</svg>"
    )


def sparkline(title: str, values: Sequence[float], width: int = 96, height: int = 24) -> Markup:
    """A line the size of a word, to stand beside its number."""
    low, high = _range(values)
    y = _Scale(low, high, height - 2, 2)
    x = _Scale(0, max(1, len(values) - 1), 2, width - 2)
    points = " ".join(f"{_n(x(at))},{_n(y(value))}" for at, value in enumerate(values))
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return _safe(
        f'<svg class="spark" role="img" {size}><title>{escape(title)}</title>'
        f'<polyline {_STROKE} stroke-width="1.5" points="{points}"/></svg>'
    )


def progress(title: str, done: int, total: int, words: Words = ENGLISH) -> Markup:
    """n of m, as words and as a bar."""
    ends = f'max="{max(total, 1)}" value="{min(done, total)}"'
    bar = f'<progress {ends} aria-label="{escape(title)}"></progress>'
    said = escape(words("{n} of {total}", n=words.number(done), total=words.number(total)))
    return _safe(f'<div><span class="number">{said}</span>{bar}</div>')


def _safe(html: str) -> Markup:
    """Marks as safe what was put together here, every foreign word already escaped."""
    return Markup(html)  # noqa: S704


@dataclass(frozen=True, slots=True)
class _Scale:
    """Numbers to places, straight."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        span = (self.high - self.low) or 1.0
        return self.start + (value - self.low) / span * (self.end - self.start)


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values, default=0.0), max(values, default=1.0)
    return (low - 0.5, high + 0.5) if low == high else (low, high)


def _figure(title: str, height: float, shapes: str, after: str) -> Markup:
    name = escape(title)
    return _safe(
        f'<figure class="chart"><figcaption>{name}</figcaption>'
        f'<svg role="img" viewBox="0 0 {WIDTH} {_n(height)}"><title>{name}</title>{shapes}</svg>'
        f"{after}</figure>"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], words: Words = ENGLISH) -> str:
    said = words("The numbers")
    names = "".join(
        f'<th scope="col">{escape(cell)}</th>' if cell else "<td></td>" for cell in head
    )
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f'<td class="number">{escape(cell)}</td>' for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<details class="small"><summary>{said}</summary>'
        f'<div class="scroll" tabindex="0" role="group" aria-label="{said}">'
        f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table></div></details>"
    )


def _rows(labels: Sequence[str], values: Sequence[float]) -> list[tuple[str, str]]:
    return [(label, _short(value)) for label, value in zip(labels, values, strict=True)]


def _legend(parts: Sequence[str]) -> str:
    chips = "".join(
        f'<span class="chip"><svg class="{_CLASSES[at]}" width="12" height="12" aria-hidden="true">'
        f'<rect width="12" height="12" fill="currentColor"/></svg>{escape(part)}</span> '
        for at, part in enumerate(parts)
    )
    return f"<p>{chips}</p>"


def _value_axis(y: _Scale, ends: tuple[float, float]) -> str:
    return "".join(
        _rule(_LEFT, y(end), WIDTH - _RIGHT, y(end)) + _text(0, y(end) + 4, _short(end))
        for end in dict.fromkeys(ends)
    )


def _end_labels(labels: Sequence[str], height: float) -> str:
    if not labels:
        return ""
    first = _text(_LEFT, height - 4, labels[0])
    if len(labels) == 1:
        return first
    place = f'x="{WIDTH - _RIGHT}" y="{_n(height - 4)}" text-anchor="end"'
    return f"{first}<text {place}>{escape(labels[-1])}</text>"


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{_n(x)}" y="{_n(y)}">{escape(words)}</text>'


def _rect(x: float, y: float, width: float, height: float, name: str) -> str:
    return (
        f'<rect class="{name}" fill="currentColor" x="{_n(x)}" y="{_n(y)}" '
        f'width="{_n(max(0.0, width))}" height="{_n(max(0.0, height))}"/>'
    )


def _rule(x1: float, y1: float, x2: float, y2: float, name: str = "", width: float = 1) -> str:
    tone = f'class="{name}"' if name else 'opacity="0.25"'
    return (
        f'<line {tone} stroke="currentColor" stroke-width="{width}" '
        f'x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"/>'
    )


def _n(number: float) -> str:
    """A coordinate to a tenth, without a needless zero."""
    return f"{number:.1f}".removesuffix(".0")


def _short(number: float) -> str:
    """A number as one writes it: whole ones whole, others with three figures."""
    if number == int(number):
        return f"{int(number):,}"
    return f"{number:,.1f}".removesuffix(".0") if abs(number) >= 100 else f"{number:.3g}"
