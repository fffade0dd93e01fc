"""Boxes, polygons and key points: what is refused, and the one form in which they are kept."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.labels import registry
from fairhand.labels.crossing import first_crossings, twice_area
from fairhand.labels.kind import AnswerContext

LABELS = {"labels": [{"value": "house"}, {"value": "tree"}]}
SIZE = [60, 80]
PICTURE = AnswerContext(image_width=80, image_height=60)
corner = st.integers(0, 12)
outline = st.lists(st.tuples(corner, corner), min_size=3, max_size=7)


def polygon(*points: Sequence[float], label: str = "house") -> dict[str, Any]:
    return {"size": SIZE, "polygons": [{"label": label, "points": [list(one) for one in points]}]}


def issues(kind: str, answer: object) -> list[tuple[str, str]]:
    found = registry.validate_answer(kind, LABELS, answer, PICTURE)
    return [(one.place, one.message) for one in found]


def crosses_slowly(points: list[tuple[int, int]]) -> bool:
    """Look at every two edges one by one, in whole numbers of Python."""

    def side(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> int:
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        return (area > 0) - (area < 0)

    def lies_on(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> bool:
        within = min(a[0], b[0]) <= c[0] <= max(a[0], b[0])
        return within and min(a[1], b[1]) <= c[1] <= max(a[1], b[1]) and side(a, b, c) == 0

    edges = list(zip(points, points[1:] + points[:1], strict=True))
    for i, (a, b) in enumerate(edges):
        for j, (c, d) in enumerate(edges[i + 1 :], start=i + 1):
            if j == i + 1 or (i == 0 and j == len(edges) - 1):
                common, ends = (b, (a, d)) if j == i + 1 else (a, (b, c))
                if j == i + 1 and i == 0 and j == len(edges) - 1:
                    raise AssertionError("a polygon has three edges")
                if lies_on(common, ends[0], ends[1]) or lies_on(common, ends[1], ends[0]):
                    return True
                continue
            proper = side(a, b, c) != side(a, b, d) and side(c, d, a) != side(c, d, b)
            touch = lies_on(a, b, c) or lies_on(a, b, d) or lies_on(c, d, a) or lies_on(c, d, b)
            if (proper and 0 not in (side(a, b, c), side(a, b, d))) or touch:
                return True
    return False


@settings(max_examples=150)
@given(points=outline)
def test_a_polygon_that_meets_itself_anywhere_is_found(points: list[tuple[int, int]]) -> None:
    ring = points[1:] + points[:1]
    if any(one == other for one, other in zip(points, ring, strict=True)):
        return
    (found,) = first_crossings([np.array(points, np.int64)])
    assert (found is not None) == crosses_slowly(points)


def test_a_polygon_that_crosses_itself_is_refused_by_naming_its_edges() -> None:
    bow = polygon((10, 10), (50, 40), (50, 10), (10, 40))
    ((place, message),) = issues("polygons", bow)
    assert place == "answer.polygons[0].points"
    assert message == "cross: the edge after corner 0 meets that after 2"


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([(1, 1), (1, 1.001), (9, 9)], "lies on the corner before it"),
        ([(1, 1), (9, 1), (5, 1)], "cross"),
        ([(0, 0), (40, 0), (40, 40), (20, 0), (0, 40)], "cross"),
        ([(0, 0), (81, 0), (40, 40)], "outside the image of 80 x 60"),
    ],
)
def test_outlines_that_no_hand_means_are_refused(points: list[Any], said: str) -> None:
    (found,) = issues("polygons", polygon(*points))
    assert said in found[1]


def test_one_outline_is_one_value_wherever_it_begins_and_however_it_runs() -> None:
    corners = [(10, 10), (50, 12.345), (40, 40), (10, 30)]
    ways = [corners[k:] + corners[:k] for k in range(4)]
    ways += [way[::-1] for way in ways]
    values = [registry.normalise_answer("polygons", LABELS, polygon(*way)) for way in ways]
    assert all(value == values[0] for value in values)
    points = values[0]["polygons"][0]["points"]
    assert points[0] == [10, 10]
    assert points[1] in ([50, 12.34], [50, 12.35])
    assert twice_area(np.array(points) * 100) > 0


def test_the_same_box_twice_is_a_slip_and_two_of_different_labels_are_not() -> None:
    box = {"label": "house", "box": [1, 2, 30, 40]}
    twice = {"size": SIZE, "boxes": [box, {**box, "box": [1.001, 2, 30, 40]}]}
    ((place, message),) = issues("boxes", twice)
    assert (place, message) == ("answer.boxes[1]", "is the same as boxes[0]")
    both = {"size": SIZE, "boxes": [box, {**box, "label": "tree"}]}
    assert issues("boxes", both) == []


def test_boxes_of_another_size_of_the_picture_are_refused() -> None:
    preview = {"size": [30, 40], "boxes": [{"label": "house", "box": [1, 2, 3, 4]}]}
    ((place, message),) = issues("boxes", preview)
    assert place == "answer.size"
    assert "[60, 80]" in message


def test_every_key_point_is_answered_for() -> None:
    seen = {"label": "house", "state": "visible", "at": [3, 4]}
    ((place, message),) = issues("keypoints", {"size": SIZE, "points": [seen]})
    assert place == "answer.points"
    assert "'tree'" in message
    whole = {"size": SIZE, "points": [{"label": "tree", "state": "absent"}, seen]}
    assert issues("keypoints", whole) == []
    kept = registry.normalise_answer("keypoints", LABELS, whole)
    assert [point["label"] for point in kept["points"]] == ["house", "tree"]


def test_a_thousand_polygons_are_checked_while_nobody_waits() -> None:
    rng = np.random.default_rng(7)
    context = AnswerContext(image_width=4000, image_height=4000)
    things = []
    for middle in rng.uniform(50, 3950, (1000, 2)):
        turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
        reach = rng.uniform(10, 30, 20)
        ring = middle + reach[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])
        things.append({"label": "house", "points": ring.round(2).tolist()})
    answer = {"size": [4000, 4000], "polygons": things}
    start = time.process_time()
    assert registry.validate_answer("polygons", LABELS, answer, context) == []
    assert time.process_time() - start < 5
