"""Charts are valid, say their numbers in words too, and carry no style attributes."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from fairhand.web.shared import charts

EVERY_CHART = {
    "line": charts.line("Answers a day", ["Mon", "Tue", "Wed"], [3, 9, 4.5]),
    "flat line": charts.line("Nothing moved", ["Mon", "Tue"], [2, 2]),
    "empty line": charts.line("Nothing yet", [], []),
    "bars": charts.bars("Votes", ["cat", "dog"], [12, 3]),
    "stacked": charts.stacked_bars(
        "Pay", ["Amina"], ["floor", "earned", "top-up"], [[100, 80.5, 19.5]], "KES"
    ),
    "intervals": charts.intervals("Agreement", [charts.Interval("digits", 0.81, 0.74, 0.87)]),
    "histogram": charts.histogram("Seconds a task", [0, 5, 10, 15], [4, 9, 1]),
    "sparkline": charts.sparkline("Last week", [1, 4, 2, 8]),
    "progress": charts.progress("Tasks done", 1200, 4000),
}


@pytest.mark.parametrize("chart", EVERY_CHART.values(), ids=EVERY_CHART.keys())
def test_every_chart_is_well_formed_and_passes_a_strict_csp(chart: Markup) -> None:
    ElementTree.fromstring(f"<div>{chart}</div>")  # noqa: S314  (our own text)
    assert "style=" not in chart
    assert not re.search(r"\bnan\b|\binf\b", chart)


@pytest.mark.parametrize("name", ["line", "bars", "stacked", "intervals", "histogram"])
def test_every_figure_has_a_title_and_its_numbers_as_a_table(name: str) -> None:
    root = ElementTree.fromstring(EVERY_CHART[name])  # noqa: S314
    assert root.find("svg/title") is not None
    assert root.find("details/table/tbody/tr") is not None


def test_words_from_people_are_escaped() -> None:
    chart = charts.bars("<b>a & b</b>", ["<script>"], [1])
    assert "<script>" not in chart
    assert "&lt;b&gt;a &amp; b&lt;/b&gt;" in chart


def test_bars_are_as_long_as_their_numbers() -> None:
    root = ElementTree.fromstring(charts.bars("Votes", ["cat", "dog"], [12, 3]))  # noqa: S314
    widths = [float(bar.attrib["width"]) for bar in root.findall("svg/rect")]
    assert widths[0] == pytest.approx(4 * widths[1])


def test_a_stacked_bar_is_as_long_as_its_sum() -> None:
    root = ElementTree.fromstring(EVERY_CHART["stacked"])  # noqa: S314
    widths = [float(bar.attrib["width"]) for bar in root.findall("svg/rect")]
    assert sum(widths) == pytest.approx(charts.WIDTH - 180, abs=0.2)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one edge more"):
        charts.histogram("x", [0, 1], [1, 2])
    with pytest.raises(ValueError, match="at most three"):
        charts.stacked_bars("x", ["a"], ["1", "2", "3", "4"], [[1, 2, 3, 4]])
