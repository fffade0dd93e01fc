"""Boxes and named points of several people: matched, fused, and weighed for being there at all."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from fairhand.quality import fuse_boxes, fuse_keypoints
from fairhand.quality.structured.boxes import box_iou
from tests.data import data_dir

Floats = NDArray[np.float64]
seeds = st.integers(0, 2**32 - 1)
_SIDES = ("xmin", "ymin", "xmax", "ymax")


class Drawn(NamedTuple):
    """Boxes as columns: what `fuse_boxes` takes."""

    image: list[str]
    person: list[Any]
    label: list[str]
    boxes: Floats


def blood_cells() -> Drawn:
    with (data_dir("boxes_bloodcells") / "boxes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    boxes = np.array([[float(row[side]) for side in _SIDES] for row in rows])
    flat = np.any(boxes[:, 2:] <= boxes[:, :2], axis=1)
    kept = [rows[number] for number in np.flatnonzero(~flat).tolist()]
    images, labels = [row["image"] for row in kept], [row["label"] for row in kept]
    return Drawn(images, ["expert"] * len(kept), labels, boxes[~flat])


def draw(truth: Drawn, people: int, seed: int) -> Drawn:
    """Everybody misses some, draws with a bias and a spread of their own, slips, and invents."""
    rng = np.random.default_rng(seed)
    spread = rng.permutation(np.geomspace(0.02, 0.15, people))
    image, person, label, boxes = [], [], [], []
    size = np.sqrt((truth.boxes[:, 2:] - truth.boxes[:, :2]).prod(axis=1))[:, None]
    for one in range(people):
        slip = np.where(rng.random(len(size)) < 0.03, 5.0, 1.0)[:, None]
        errors = rng.normal(0, 0.04, 4) + spread[one] * slip * rng.normal(size=(len(size), 4))
        drawn = truth.boxes + size * errors
        kept = rng.random(len(size)) > rng.uniform(0.03, 0.25)
        kept &= (drawn[:, 2:] > drawn[:, :2] + 2).all(axis=1)
        rows = np.flatnonzero(kept).tolist()
        corner = rng.uniform(0, 400, (40, 2))
        image += [truth.image[row] for row in rows] + truth.image[:400:10]
        label += [truth.label[row] for row in rows] + ["RBC"] * 40
        boxes += [drawn[rows], np.concatenate([corner, corner + 100], axis=1)]
        person += [one] * (len(rows) + 40)
    return Drawn(image, person, label, np.concatenate(boxes))


def score(truth: Drawn, found: Drawn) -> float:
    """IoU of matched boxes, where a box too many and a box too few count as IoU 0."""
    theirs, mine = defaultdict(list), defaultdict(list)
    for image, _, label, box in zip(*truth, strict=True):
        theirs[image, label].append(box)
    for image, _, label, box in zip(*found, strict=True):
        mine[image, label].append(box)
    total = 0.0
    for key in theirs.keys() & mine.keys():
        table = box_iou(np.array(theirs[key]), np.array(mine[key]))
        rows, columns = linear_sum_assignment(table, maximize=True)
        total += table[rows, columns].sum()
    return 2 * total / (len(truth.boxes) + len(found.boxes))


def joined_plainly(drawn: Drawn, how: Callable[..., Floats]) -> Drawn:
    """Take clusters that more than half drew, and their plain mean or median."""
    fused = fuse_boxes(*drawn)
    rows: dict[Any, list[int]] = defaultdict(list)
    for row, key in enumerate(zip(drawn.image, drawn.person, drawn.label, strict=True)):
        rows[key].append(row)
    image, label, boxes = [], [], []
    for one in [*fused.boxes, *fused.doubted]:
        if len(one.people) < 3:
            continue
        members = []
        for person in one.people:
            mine = drawn.boxes[rows[one.image, person, one.label]]
            members.append(mine[box_iou(mine, np.array([one.box]))[:, 0].argmax()])
        image.append(str(one.image))
        label.append(str(one.label))
        boxes.append(how(np.array(members), axis=0))
    return Drawn(image, ["all"] * len(image), label, np.array(boxes))


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_fused_boxes_beat_the_mean_the_median_and_the_best_person(seed: int) -> None:
    truth = blood_cells()
    drawn = draw(truth, 5, seed)
    fused = fuse_boxes(*drawn)
    ours = score(
        truth,
        Drawn(
            [str(one.image) for one in fused.boxes],
            ["all"] * len(fused.boxes),
            [str(one.label) for one in fused.boxes],
            np.array([one.box for one in fused.boxes]),
        ),
    )
    alone = []
    for person in range(5):
        mine = [row for row, one in enumerate(drawn.person) if one == person]
        image, label = [drawn.image[row] for row in mine], [drawn.label[row] for row in mine]
        alone.append(score(truth, Drawn(image, [person] * len(mine), label, drawn.boxes[mine])))
    assert ours > max(alone) + 0.05
    assert ours > score(truth, joined_plainly(drawn, np.mean)) + 0.02
    assert ours > score(truth, joined_plainly(drawn, np.median)) + 0.01


def test_who_draws_carefully_and_who_does_not_is_learned_with_how_they_lean() -> None:
    rng = np.random.default_rng(5)
    corner = rng.uniform(0, 800, (200, 2))
    truth = np.concatenate([corner, corner + 50], axis=1)
    lean = np.array([[0.1, 0, 0.1, 0], [0, 0, 0, 0], [-0.1, 0, -0.1, 0]])
    boxes = [
        truth + 50 * (bias + rng.normal(0, spread, truth.shape))
        for bias, spread in zip(lean, (0.02, 0.05, 0.1), strict=True)
    ]
    images = [f"image {number}" for number in range(200)] * 3
    people = np.repeat(["Amina", "Bao", "Esi"], 200).tolist()
    fused = fuse_boxes(images, people, ["cell"] * 600, np.concatenate(boxes))
    spreads = [fused.people[name].spread or 0.0 for name in ("Amina", "Bao", "Esi")]
    assert spreads == pytest.approx([0.02, 0.05, 0.1], abs=0.02)
    assert spreads == sorted(spreads)
    bias = np.array([fused.people[name].bias for name in ("Amina", "Bao", "Esi")])
    assert bias == pytest.approx(lean, abs=0.03)
    assert fused.warnings == ()


def three_people(seed: int) -> Drawn:
    rng = np.random.default_rng(seed)
    corner = np.repeat(rng.uniform(0, 1000, (6, 2)), 3, axis=0)
    boxes = np.concatenate([corner, corner + 40], axis=1) + rng.normal(0, 2, (18, 4))
    return Drawn([f"i{row // 6}" for row in range(18)], ["a", "b", "c"] * 6, ["x"] * 18, boxes)


@settings(max_examples=25)
@given(seeds)
def test_neither_order_nor_names_matter(seed: int) -> None:
    drawn = three_people(seed)
    order = np.random.default_rng(seed).permutation(18).tolist()
    new = {"a": "Zoe", "b": "Yan", "c": "Xu"}
    mixed = fuse_boxes(
        [drawn.image[row] for row in order],
        [new[drawn.person[row]] for row in order],
        [drawn.label[row] for row in order],
        drawn.boxes[order],
    )
    plain = fuse_boxes(*drawn)
    assert np.allclose(
        np.array(sorted(one.box for one in mixed.boxes)),
        np.array(sorted(one.box for one in plain.boxes)),
        atol=1e-6,
    )
    assert mixed.people["Zoe"].spread == pytest.approx(plain.people["a"].spread, rel=1e-6)


@given(seeds, st.integers(2, 5))
def test_boxes_all_agree_on_come_back_as_they_were(seed: int, people: int) -> None:
    drawn = three_people(seed)
    once = drawn.boxes[::3]
    fused = fuse_boxes(
        drawn.image[::3] * people,
        np.repeat(np.arange(people), 6).tolist(),
        ["x"] * 6 * people,
        np.tile(once, (people, 1)),
    )
    everything = np.array([one.box for one in fused.boxes])
    if len(everything) == 6:  # two boxes may lie on each other by chance, and be one
        assert everything == pytest.approx(once, abs=1e-6)
    assert all(one.existence > 0.9 for one in fused.boxes if len(one.people) > 2)


def test_what_one_of_many_drew_is_doubted_and_silence_counts_when_it_is_known() -> None:
    image, person = ["one"] * 4, ["Amina", "Bao", "Carmen", "Carmen"]
    boxes = [[0, 0, 10, 10], [0, 0, 10, 11], [0, 1, 10, 10], [50, 50, 60, 60]]
    fused = fuse_boxes(image, person, ["cell"] * 4, boxes)
    assert len(fused.boxes) == len(fused.doubted) == 1
    assert fused.doubted[0].people == ("Carmen",)
    asked = [("one", name) for name in ("Bao", "Carmen", "Dmitri", "Esi", "Farid")]
    alone = fuse_boxes(image[:1], person[:1], ["cell"], boxes[:1], asked=asked)
    assert alone.boxes == ()
    assert alone.people["Dmitri"].spread is None


def test_one_person_alone_is_believed_with_a_warning_and_no_box_is_no_error() -> None:
    fused = fuse_boxes(["one"], ["Amina"], ["cell"], [[0, 0, 10, 10]])
    assert fused.boxes[0].box == pytest.approx((0, 0, 10, 10))
    assert "only one person" in fused.warnings[0]
    assert fuse_boxes([], [], [], []).boxes == ()


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ([[0, 0, 10, np.nan], [0, 0, 1, 1]], r"boxes\[0\]"),
        ([[0, 0, 1, 1], [5, 0, 5, 1]], r"boxes\[1\] is no box"),
        ([[0, 0, 1], [0, 0, 1]], "four columns"),
        ([[0, 0, 1, 1]], "differ in length"),
    ],
)
def test_boxes_that_are_none_are_refused_by_row(boxes: list[list[float]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fuse_boxes(["i", "i"], ["a", "b"], ["x", "x"], boxes)


def test_points_are_placed_better_than_by_mean_or_median() -> None:
    rng = np.random.default_rng(2)
    truth = rng.uniform(0, 200, (120, 2))
    lean = np.array([[3, 0], [0, 0], [0, -3], [0, 3], [-3, 0]])
    noise = rng.normal(size=(5, 120, 2)) * np.array([1, 2, 4, 8, 8])[:, None, None]
    noise[:, ::40] *= 10
    said = truth + lean[:, None] + noise
    image = [f"i{number // 4}" for number in range(120)] * 5
    name = ["nose", "tail", "left ear", "right ear"] * 150
    person = np.repeat(np.arange(5), 120).tolist()
    fused = fuse_keypoints(image, person, name, said.reshape(-1, 2))

    def miss(places: Floats) -> float:
        return float(np.median(np.linalg.norm(places - truth, axis=1)))

    ours = miss(np.array([one.place for one in fused.points]))
    assert ours < 0.7 * miss(np.median(said, axis=0))
    assert ours < 0.7 * miss(said.mean(axis=0))
    assert all(one.visible > 0.9 for one in fused.points)


def test_a_point_that_most_do_not_see_is_not_seen() -> None:
    nowhere = [np.nan, np.nan]
    fused = fuse_keypoints(
        ["i"] * 6,
        ["a", "b", "c"] * 2,
        ["nose"] * 3 + ["tail"] * 3,
        [[1.0, 1.0], [1.0, 2.0], [1.0, 3.0], [9.0, 9.0], nowhere, nowhere],
        visible=[True, True, True, True, False, False],
    )
    nose, tail = fused.points
    assert nose.place == pytest.approx((1, 2), abs=0.5)
    assert nose.visible > 0.9 > 0.5 > tail.visible
    assert tail.place is not None
    unseen = fuse_keypoints(["i"], ["a"], ["nose"], [nowhere], visible=[False])
    assert unseen.points[0].place is None
    assert fuse_keypoints([], [], [], []).points == ()


def test_points_that_are_none_are_refused_by_row() -> None:
    with pytest.raises(ValueError, match=r"points\[1\].*visible=False"):
        fuse_keypoints(["i", "i"], ["a", "b"], ["nose"] * 2, [[1.0, 1.0], [np.nan, 1.0]])
    with pytest.raises(ValueError, match="again, after row 0"):
        fuse_keypoints(["i", "i"], ["a", "a"], ["nose"] * 2, [[1, 1], [1, 1]])
    with pytest.raises(ValueError, match="two columns"):
        fuse_keypoints(["i"], ["a"], ["nose"], [[1, 1, 1]])
    with pytest.raises(ValueError, match="differ in length"):
        fuse_keypoints(["i"], ["a", "b"], ["nose"], [[1, 1]])
