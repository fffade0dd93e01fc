"""Charts are valid, say their numbers in words too, and carry no style attributes."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from fairhand.web.shared import charts, measured_charts

EVERY_CHART = {
    "line": charts.line("Answers a day", ["Mon", "Tue", "Wed"], [3, 9, 4.5]),
    "flat line": charts.line("Nothing moved", ["Mon", "Tue"], [2, 2]),
    "empty line": charts.line("Nothing yet", [], []),
    "band": charts.band(
        "Quality",
        [charts.Spot(20, 55, 45, 65), charts.Spot(80, 70, 64, 76)],
        [charts.Spot(160, 75, 66, 81)],
        goal=90,
        told=lambda hours: f"{hours:.0f} <h>",
    ),
    "empty band": charts.band("Nothing measured", []),
    "bars": charts.bars("Votes", ["cat", "dog"], [12, 3]),
    "stacked": charts.stacked_bars(
        "Pay", ["Amina"], ["floor", "earned", "top-up"], [[100, 80.5, 19.5]], "KES"
    ),
    "intervals": charts.intervals("Agreement", [charts.Interval("digits", 0.81, 0.74, 0.87)]),
    "tornado": charts.tornado(
        "Cost", [charts.Swing("seconds", 80, 240.5), charts.Swing("<answers>", 90, 120)], 100, "KES"
    ),
    "empty tornado": charts.tornado("Nothing to tell", [], 0.0),
    "histogram": charts.histogram("Seconds a task", [0, 5, 10, 15], [4, 9, 1]),
    "sparkline": charts.sparkline("Last week", [1, 4, 2, 8]),
    "progress": charts.progress("Tasks done", 1200, 4000),
    "reliability": measured_charts.reliability(
        "Scores",
        [
            measured_charts.Claimed(0.4, 0.3, 0.1, 0.6, 20),
            measured_charts.Claimed(0.9, 0.8, 0.7, 0.9, 40),
        ],
    ),
    "empty reliability": measured_charts.reliability("No scores", []),
    "gaps": measured_charts.gaps("Gaps", [charts.Interval("language = <sw>", -0.2, -0.3, -0.1)]),
    "empty gaps": measured_charts.gaps("No gaps", []),
    "coverage": measured_charts.coverage("Surest", [(0.1, 1.0), (0.5, 0.95), (1.0, 0.8)]),
    "shares": measured_charts.shares("Models", [charts.Interval("pets@1", 0.75, 0.61, 0.85)]),
    "empty shares": measured_charts.shares("No models", []),
}


@pytest.mark.parametrize("chart", EVERY_CHART.values(), ids=EVERY_CHART.keys())
def test_every_chart_is_well_formed_and_passes_a_strict_csp(chart: Markup) -> None:
    ElementTree.fromstring(f"<div>{chart}</div>")  # noqa: S314  (our own text)
    assert "style=" not in chart
    assert not re.search(r"\bnan\b|\binf\b", chart)


@pytest.mark.parametrize(
    "name",
    [
        *("line", "band", "bars", "stacked", "intervals", "tornado", "histogram"),
        *("reliability", "gaps", "coverage", "shares"),
    ],
)
def test_every_figure_has_a_title_and_its_numbers_as_a_table(name: str) -> None:
    root = ElementTree.fromstring(EVERY_CHART[name])  # noqa: S314
    assert root.find("svg/title") is not None
    assert root.find("details/div/table/tbody/tr") is not None


def test_words_from_people_are_escaped() -> None:
    chart = charts.bars("<b>a & b</b>", ["<script>"], [1])
    assert "<script>" not in chart
    assert "&lt;b&gt;a &amp; b&lt;/b&gt;" in chart


def test_bars_are_as_long_as_their_numbers() -> None:
    root = ElementTree.fromstring(charts.bars("Votes", ["cat", "dog"], [12, 3]))  # noqa: S314
    widths = [float(bar.attrib["width"]) for bar in root.findall("svg/rect")]
    assert widths[0] == pytest.approx(4 * widths[1])


def test_a_band_reaches_from_low_to_high_and_what_is_ahead_begins_where_was_measured_last() -> None:
    root = ElementTree.fromstring(EVERY_CHART["band"])  # noqa: S314
    measured, ahead = (
        [tuple(map(float, pair.split(","))) for pair in area.attrib["points"].split()]
        for area in root.findall("svg/polygon")
    )
    lines = [
        [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
        for line in root.findall("svg/polyline")
    ]
    assert lines[0][-1] == lines[1][0]
    assert (len(measured), len(ahead)) == (4, 4)
    for (x, low), (other, high), (place, value) in zip(
        measured[:2], reversed(measured[2:]), lines[0], strict=True
    ):
        assert x == other == place
        assert high < value < low  # the SVG counts from the top


def test_a_curve_over_numbers_keeps_their_distances_and_says_its_axis_in_words() -> None:
    chart = EVERY_CHART["band"]
    root = ElementTree.fromstring(chart)  # noqa: S314
    at = [float(dot.attrib["cx"]) for dot in root.findall("svg/circle")]
    end = float(root.findall("svg/polyline")[1].attrib["points"].split()[-1].split(",")[0])
    assert (at[1] - at[0]) / (end - at[0]) == pytest.approx(60 / 140, abs=0.01)
    assert "160 &lt;h&gt;" in chart
    assert "target 90" in chart


def test_a_stacked_bar_is_as_long_as_its_sum() -> None:
    root = ElementTree.fromstring(EVERY_CHART["stacked"])  # noqa: S314
    widths = [float(bar.attrib["width"]) for bar in root.findall("svg/rect")]
    assert sum(widths) == pytest.approx(charts.WIDTH - 180, abs=0.2)


def test_the_widest_swing_stands_on_top() -> None:
    swings = [charts.Swing("narrow", 9, 11), charts.Swing("wide", 2, 20)]
    root = ElementTree.fromstring(charts.tornado("Cost", swings, 10))  # noqa: S314
    widths = [float(bar.attrib["width"]) for bar in root.findall("svg/rect")]
    assert widths[0] == pytest.approx(9 * widths[1], rel=0.01)
    assert [row.text for row in root.findall("details/div/table/tbody/tr/th")] == ["wide", "narrow"]


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one edge more"):
        charts.histogram("x", [0, 1], [1, 2])
    with pytest.raises(ValueError, match="at most three"):
        charts.stacked_bars("x", ["a"], ["1", "2", "3", "4"], [[1, 2, 3, 4]])
