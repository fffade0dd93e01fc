"""Boxes, polygons and key points of several people become one answer that is valid itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from fairhand.labels import registry
from fairhand.labels.kind import AnswerContext
from fairhand.quality.consensus import KINDS
from fairhand.quality.consensus.clumps import clump, set_likeness
from fairhand.quality.consensus.kind import Verdict, Voted

CONFIG = {"labels": [{"value": "cell"}, {"value": "platelet"}]}
SIZE = [480, 640]
PICTURE = AnswerContext(image_width=640, image_height=480)


def boxes(*things: tuple[Any, ...], label: str = "cell") -> dict[str, Any]:
    found = [{"label": label, "box": list(thing)} for thing in things]
    answer: dict[str, Any] = {"size": SIZE, "boxes": found}
    return answer if found else {**answer, "nothing": True}


def polygons(*outlines: list[tuple[float, float]], label: str = "cell") -> dict[str, Any]:
    found = [{"label": label, "points": [list(one) for one in outline]} for outline in outlines]
    answer: dict[str, Any] = {"size": SIZE, "polygons": found}
    return answer if found else {**answer, "nothing": True}


Place = tuple[float, float] | None


def points(head: Place, tail: Place, tail_state: str = "visible") -> dict[str, Any]:
    told = []
    for label, at, state in (("cell", head, "visible"), ("platelet", tail, tail_state)):
        point: dict[str, Any] = {"label": label, "state": state if at else "absent"}
        told.append({**point, "at": list(at)} if at else point)
    return {"size": SIZE, "points": told}


def ring(x: float, y: float, radius: float, corners: int = 12) -> list[tuple[float, float]]:
    turns = [2 * math.pi * k / corners for k in range(corners)]
    return [(round(x + radius * math.cos(t), 2), round(y + radius * math.sin(t), 2)) for t in turns]


def jog(rng: np.random.Generator, x: float, y: float, by: float) -> tuple[float, float]:
    return x + by * float(rng.normal()), y + by * float(rng.normal())


def voted(kind: str) -> Voted:
    found = KINDS[kind]
    assert isinstance(found, Voted)
    return found


def settled(kind: str, *answers: dict[str, Any]) -> Verdict:
    """Settle, and insist that the consensus is an answer like any other."""
    canonical = [registry.normalise_answer(kind, CONFIG, one) for one in answers]
    verdict = voted(kind).settle(CONFIG, canonical)
    assert registry.validate_answer(kind, CONFIG, verdict.value, PICTURE) == []
    assert registry.normalise_answer(kind, CONFIG, verdict.value) == verdict.value
    assert 0.0 <= verdict.confidence <= 1.0
    return verdict


def test_boxes_are_fused_and_what_one_of_three_drew_is_left_out() -> None:
    verdict = settled(
        "boxes",
        boxes((10, 10, 110, 90), (300, 200, 360, 260)),
        boxes((12, 9, 112, 91), (302, 199, 361, 262)),
        boxes((11, 11, 108, 90), (301, 201, 359, 258), (500, 400, 520, 420)),
    )
    kept = [thing["box"] for thing in verdict.value["boxes"]]
    assert len(kept) == 2
    assert np.allclose(kept, [[11, 10, 110, 90], [301, 200, 360, 260]], atol=1.5)
    assert 0.7 < verdict.confidence < 6 / 7 + 0.01


def test_two_boxes_of_different_labels_are_two_things() -> None:
    both = boxes((10, 10, 110, 90))
    both["boxes"].append({"label": "platelet", "box": [10, 10, 110, 90]})
    verdict = settled("boxes", both, both)
    assert [thing["label"] for thing in verdict.value["boxes"]] == ["cell", "platelet"]
    assert verdict.confidence == pytest.approx(1.0)


@pytest.mark.parametrize(("kind", "nothing"), [("boxes", boxes()), ("polygons", polygons())])
def test_that_nothing_is_there_can_be_agreed_upon(kind: str, nothing: dict[str, Any]) -> None:
    verdict = settled(kind, nothing, nothing)
    assert verdict.value["nothing"] is True
    assert verdict.confidence == 1.0
    assert settled(kind, nothing).confidence == 0.0


def test_people_who_drew_different_things_agree_on_none() -> None:
    verdict = settled("boxes", boxes((0, 0, 50, 50)), boxes((100, 100, 150, 150)))
    assert verdict.value["nothing"] is True
    assert verdict.confidence == 0.0


def test_of_polygons_the_one_nearest_to_the_vote_stands_for_the_thing() -> None:
    good = polygons(ring(100, 100, 30), ring(300, 300, 12))
    near = polygons(ring(101, 100, 31), ring(300, 301, 12))
    wide = polygons(ring(104, 97, 40))
    verdict = settled("polygons", good, near, wide)
    kept = verdict.value["polygons"]
    assert len(kept) == 2
    people = (good, near, wide)
    drawn = {tuple(map(tuple, one["points"])) for who in people for one in _kept(who)}
    assert all(tuple(map(tuple, one["points"])) in drawn for one in kept)
    assert verdict.confidence > 0.6


def _kept(answer: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = registry.normalise_answer("polygons", CONFIG, answer)["polygons"]
    return found


def test_the_order_of_people_does_not_matter() -> None:
    rng = np.random.default_rng(3)
    people = []
    for _ in range(4):
        shaken = [(x, y, float(rng.uniform(8, 14))) for x, y in [(50, 50), (90, 50), (200, 400)]]
        people.append(
            polygons(
                *(ring(x + float(rng.normal()), y + float(rng.normal()), r) for x, y, r in shaken)
            )
        )
    first = settled("polygons", *people)
    again = settled("polygons", *people[::-1])
    assert first.value == again.value
    assert first.confidence == pytest.approx(again.confidence)


def test_a_point_is_where_most_place_it_and_absent_where_most_say_so() -> None:
    verdict = settled(
        "keypoints",
        points((100, 50), (300, 200)),
        points((102, 51), (301, 198), "hidden"),
        points((101, 49), (299, 201), "hidden"),
    )
    head, tail = verdict.value["points"]
    assert head["state"] == "visible"
    assert np.allclose(head["at"], [101, 50], atol=1)
    assert tail["state"] == "hidden"
    assert verdict.confidence > 0.7
    gone = settled("keypoints", points((5, 5), None), points((5, 5), None), points((5, 5), (9, 9)))
    assert gone.value["points"][1] == {"label": "platelet", "state": "absent"}


@pytest.mark.parametrize(
    ("kind", "one", "near", "far"),
    [
        ("boxes", boxes((0, 0, 50, 50)), boxes((2, 1, 52, 50)), boxes((60, 60, 90, 90))),
        ("polygons", polygons(ring(50, 50, 20)), polygons(ring(52, 50, 20)), polygons()),
        ("keypoints", points((0, 0), (90, 90)), points((2, 2), (88, 90)), points(None, (10, 10))),
    ],
)
def test_likeness_is_one_for_the_same_and_falls_with_distance(
    kind: str, one: dict[str, Any], near: dict[str, Any], far: dict[str, Any]
) -> None:
    alike = voted(kind).likeness
    assert alike(one, one) == pytest.approx(1.0)
    assert 0.7 < alike(one, near) < 1.0
    assert alike(one, near) == pytest.approx(alike(near, one))
    assert alike(one, far) < 0.1


def test_a_thing_more_lowers_the_likeness_as_panoptic_quality_does() -> None:
    alike = voted("boxes").likeness
    one, two = boxes((0, 0, 50, 50)), boxes((0, 0, 50, 50), (100, 100, 150, 150))
    assert alike(one, two) == pytest.approx(2 / 3)


def test_another_label_is_another_thing() -> None:
    alike = voted("boxes").likeness
    assert alike(boxes((0, 0, 50, 50)), boxes((0, 0, 50, 50), label="platelet")) == 0.0


def test_clumps_are_what_touching_makes_of_it() -> None:
    rng = np.random.default_rng(5)
    low = rng.uniform(0, 100, (200, 2))
    sides = np.hstack([low, low + rng.uniform(1, 8, (200, 2))])
    labels = rng.integers(0, 3, 200)
    found = clump(labels, sides)
    group = list(range(200))
    for i in range(200):
        for j in range(i):
            apart = (sides[i, :2] >= sides[j, 2:]).any() or (sides[j, :2] >= sides[i, 2:]).any()
            if not apart and labels[i] == labels[j]:
                old, new = group[i], group[j]
                group = [new if one == old else one for one in group]
    pairs = {(one, other) for one, other in zip(found.tolist(), group, strict=True)}
    assert len(pairs) == len(set(found.tolist())) == len(set(group))


def test_nothing_is_like_nothing() -> None:
    assert set_likeness(np.zeros((0, 0)), 0.3) == 1.0
    assert set_likeness(np.zeros((2, 0)), 0.3) == 0.0


def test_many_things_of_three_people_are_joined() -> None:
    rng = np.random.default_rng(9)
    places = [(x, y) for x in range(10, 640, 40) for y in range(10, 480, 40)]
    people = [
        polygons(
            *(
                ring(x + float(rng.normal()) / 4, y + float(rng.normal()) / 4, 4, 8)
                for x, y in places
            )
        )
        for _ in range(3)
    ]
    verdict = settled("polygons", *people)
    assert len(verdict.value["polygons"]) == len(places)
