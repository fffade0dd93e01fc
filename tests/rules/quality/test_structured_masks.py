"""Outlines of several people joined: the neighbours' vote, the learned edge, STAPLE, instances."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from fairhand.labels import rle
from fairhand.quality import (
    Outline,
    Staple,
    consensus_mask,
    learn_outline,
    match_instances,
)
from fairhand.quality.consensus import KINDS
from fairhand.quality.consensus.kind import Voted
from fairhand.quality.structured.edges import move_edge
from fairhand.quality.structured.mask_consensus import mask_iou
from tests.data import data_dir

Bits = NDArray[np.bool_]
seeds = st.integers(0, 2**32 - 1)


def crowd_of(seed: int, people: int) -> Bits:
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(rng.random((people, 18, 23)), (0.4, 2, 2))
    return np.asarray(smooth > 0.5)


def load_cells(name: str) -> list[tuple[Bits, Bits]]:
    found = []
    with np.load(data_dir("crowd") / name / "masks.npz") as archive:
        for index in range(int(archive["n"])):
            height, width = archive[f"shape_{index}"].tolist()
            bits = np.unpackbits(archive[f"crowd_{index}"], axis=1)[:, : height * width]
            gold = np.unpackbits(archive[f"gold_{index}"])[: height * width]
            found.append((bits.reshape(-1, height, width) > 0, gold.reshape(height, width) > 0))
    return found


@given(seeds, st.integers(2, 6))
def test_the_order_of_people_does_not_matter(seed: int, people: int) -> None:
    crowd = crowd_of(seed, people)
    mixed = np.random.default_rng(seed).permutation(crowd)
    assert (consensus_mask(crowd).mask == consensus_mask(mixed).mask).all()
    one, other = Staple().fit(crowd), Staple().fit(mixed)
    assert np.allclose(one.probability, other.probability, atol=1e-4)


@given(seeds, st.integers(1, 5))
def test_everybody_twice_changes_nothing(seed: int, people: int) -> None:
    crowd = crowd_of(seed, people)
    once, twice = consensus_mask(crowd), consensus_mask([*crowd, *crowd])
    assert (once.mask == twice.mask).all()
    assert np.allclose(once.share, twice.share)


@given(seeds, st.integers(1, 5))
def test_what_all_agree_on_comes_back_as_it_was(seed: int, people: int) -> None:
    mask = crowd_of(seed, 1)[0]
    joined = consensus_mask([mask] * people)
    assert (joined.mask == mask).all()
    assert joined.agreement == 1.0
    assert (Staple().fit([mask] * people).mask == mask).all()
    assert bool(joined.warnings) == (people == 1)


@given(seeds, st.integers(1, 6))
def test_two_labels_that_share_no_pixel_in_any_drawing_share_none_when_joined(
    seed: int, people: int
) -> None:
    first = crowd_of(seed, people)
    second = crowd_of(seed + 1, people) & ~first
    assert not (consensus_mask(first).mask & consensus_mask(second).mask).any()


@settings(max_examples=40)
@given(seeds, st.sampled_from([-5, -3.3, -2, -1, -0.5, 0, 0.5, 1, 1.5, 2.25, 3, 5]))
def test_an_edge_moves_by_euclidean_distance(seed: int, offset: float) -> None:
    mask = crowd_of(seed, 1)[0]
    if mask.all() or not mask.any():
        return
    inside = ndimage.distance_transform_edt(mask)
    outside = ndimage.distance_transform_edt(~mask)
    expected = inside > offset if offset >= 0 else outside < max(-offset, 0.5)
    assert (move_edge(mask, offset) == expected).all()


def test_masks_may_be_arrays_of_numbers_or_mask_answers() -> None:
    crowd = crowd_of(7, 3)
    answers = [
        {"size": [18, 23], "regions": [{"label": "cell", "counts": rle.encode(mask)}]}
        for mask in crowd
    ]
    expected = consensus_mask(crowd).mask
    assert (consensus_mask(crowd.astype(np.uint8) * 255).mask == expected).all()
    assert (consensus_mask(answers, label="cell").mask == expected).all()
    assert not consensus_mask(answers, label="dust").mask.any()
    assert (Staple().fit_labels(answers)["cell"].mask == Staple().fit(crowd).mask).all()


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        ([], "no mask"),
        ([np.ones((2, 2), bool), np.ones((2, 3), bool)], "different sizes"),
        ([np.ones(4, bool)], "a mask has two"),
        ([np.array([[1.0, np.nan]])], "NaN"),
        ([np.ones((2, 2), bool), {"size": [2, 2], "regions": []}], "not both"),
    ],
)
def test_what_cannot_be_joined_is_refused_with_the_reason(masks: list[Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        consensus_mask(masks)
    with pytest.raises(ValueError, match=message):
        Staple().fit(masks)


def test_empty_masks_stay_empty_and_full_ones_full() -> None:
    nothing, everything = np.zeros((3, 4, 5), bool), np.ones((3, 4, 5), bool)
    assert not consensus_mask(nothing).mask.any()
    assert consensus_mask(everything).mask.all()
    assert not Staple().fit(nothing).mask.any()
    assert Staple().fit(everything).mask.all()
    assert np.isfinite(Staple().fit(nothing).probability).all()


@pytest.mark.parametrize(("name", "prior"), [("cell_masks_2", None), ("cell_masks_4", 0.2)])
def test_staple_agrees_with_simpleitk(name: str, prior: float | None) -> None:
    itk = pytest.importorskip("SimpleITK")
    for crowd, _ in load_cells(name)[:6]:
        images = [itk.GetImageFromArray(mask.astype(np.uint8)) for mask in crowd]
        reference = itk.STAPLEImageFilter()
        reference.SetForegroundValue(1)
        if prior is not None:
            reference.SetConfidenceWeight(prior / crowd.mean())
        expected = itk.GetArrayFromImage(reference.Execute(images))
        fit = Staple(prior=prior).fit(crowd)
        assert np.allclose(fit.sensitivity, reference.GetSensitivity(), atol=2e-3)
        assert np.allclose(fit.specificity, reference.GetSpecificity(), atol=2e-3)
        assert mask_iou(fit.mask, expected > 0.5) > 0.995


def test_people_may_be_too_many_for_staple_and_many_for_a_table() -> None:
    crowd = np.repeat(crowd_of(3, 1), 20, axis=0)
    assert (Staple().fit(crowd).mask == crowd[0]).all()
    with pytest.raises(ValueError, match="62 people"):
        Staple().fit(np.repeat(crowd, 4, axis=0))


@pytest.mark.parametrize("name", ["cell_masks_2", "cell_masks_4"])
def test_the_vote_of_neighbours_is_not_below_the_majority(name: str) -> None:
    cells = load_cells(name)
    ours = np.mean([mask_iou(consensus_mask(crowd).mask, gold) for crowd, gold in cells])
    majority = np.mean([mask_iou(crowd.sum(axis=0) > 3, gold) for crowd, gold in cells])
    assert ours > majority + 0.0005
    assert ours > {"cell_masks_2": 0.774, "cell_masks_4": 0.887}[name]


def drawn_gold(seed: int, count: int, wider: int) -> list[tuple[Bits, Bits]]:
    """Blobs whose crowd draws `wider` pixels too wide together, and each with a jagged edge."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        field = ndimage.gaussian_filter(rng.random((60, 60)), 6)
        true = field > np.quantile(field, 0.75)
        distance = ndimage.distance_transform_edt(~true) - ndimage.distance_transform_edt(true)
        noise = ndimage.gaussian_filter(rng.normal(size=(5, 60, 60)), (0, 2, 2)) * 8
        found.append((distance[None] + noise < wider + 0.5, true))
    return found


def test_an_edge_that_all_draw_too_wide_is_learned_from_five_images() -> None:
    outline = learn_outline(drawn_gold(1, 5, wider=3))
    assert 2 < outline.offset < 4
    assert outline.gain > 0.03
    held_out = drawn_gold(2, 5, wider=3)
    plain = np.mean([mask_iou(consensus_mask(crowd).mask, true) for crowd, true in held_out])
    moved = [mask_iou(consensus_mask(crowd, outline).mask, true) for crowd, true in held_out]
    assert np.mean(moved) > plain + 0.05


def test_an_edge_that_is_right_stays_and_two_images_teach_nothing() -> None:
    gold = drawn_gold(3, 5, wider=0)
    assert abs(learn_outline(gold).offset) < 1
    little = learn_outline(gold[:2])
    assert little.offset == 0
    assert "3 are needed" in little.warnings[0]
    with pytest.raises(ValueError, match="does not lie on"):
        learn_outline([(crowd, true[1:]) for crowd, true in gold])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "figure"), [("cell_masks_2", 0.788), ("cell_masks_4", 0.888)])
def test_five_gold_images_help_where_crowds_draw_too_wide_and_harm_nowhere(
    name: str, figure: float
) -> None:
    cells = load_cells(name)
    rng = np.random.default_rng(0)
    found = []
    for _ in range(20):
        chosen = rng.choice(len(cells), 5, replace=False)
        outline = learn_outline([cells[index] for index in chosen])
        rest = [cells[index] for index in range(len(cells)) if index not in chosen]
        found.append(np.mean([mask_iou(consensus_mask(c, outline).mask, g) for c, g in rest]))
    assert np.mean(found) > figure


def disc(row: float, column: float, radius: float) -> Bits:
    rows, columns = np.mgrid[:40, :60]
    return np.asarray((rows - row) ** 2 + (columns - column) ** 2 <= radius**2)


def test_instances_are_matched_before_they_are_joined() -> None:
    """Two cells touch; Bao missed the third one, Carmen alone saw a fourth."""
    amina = [disc(20, 15, 7), disc(20, 28, 7), disc(10, 50, 5)]
    bao = [disc(20, 29, 7), disc(21, 15, 7)]
    carmen = [disc(10, 50, 5), disc(20, 28, 8), disc(20, 15, 7), disc(34, 5, 3)]
    found = match_instances([amina, bao, carmen])
    assert [one.people for one in found] == [(0, 2), (0, 1, 2), (0, 1, 2)]
    assert mask_iou(found[2].mask, disc(20, 15, 7)) > 0.9
    assert mask_iou(found[1].mask, disc(20, 28, 7)) > 0.9
    assert found[1].existence > found[0].existence > 0.5
    again = match_instances([carmen[::-1], bao[::-1], amina])
    assert [one.mask.tobytes() for one in again] == [one.mask.tobytes() for one in found]


def test_one_person_has_at_most_one_region_in_a_thing() -> None:
    split = [disc(20, 15, 7) & (np.arange(60) < 13), disc(20, 15, 7) & (np.arange(60) >= 13)]
    whole = [disc(20, 15, 7)]
    found = match_instances([split, whole, whole])
    assert len(found) == 1
    assert found[0].people == (0, 1, 2)
    assert (found[0].mask == disc(20, 15, 7)).mean() > 0.98


@given(seeds, st.integers(1, 4))
def test_instances_all_agree_on_come_back_as_they_were(seed: int, people: int) -> None:
    numbered, count = ndimage.label(crowd_of(seed, 1)[0])
    things = [numbered == number for number in range(1, count + 1)]
    found = match_instances([things[one % 2 :] + things[: one % 2] for one in range(people)])
    assert sorted(one.mask.tobytes() for one in found) == sorted(one.tobytes() for one in things)


def test_nobody_and_unlike_sizes_are_refused_and_nothing_stays_nothing() -> None:
    with pytest.raises(ValueError, match="nobody"):
        match_instances([])
    with pytest.raises(ValueError, match="different sizes"):
        match_instances([[np.ones((2, 2), bool)], [np.ones((2, 3), bool)]])
    assert match_instances([[], []]) == ()


def test_a_question_with_instances_keeps_things_apart() -> None:
    def answer(*masks: Bits) -> dict[str, Any]:
        regions = [{"label": "cell", "counts": rle.encode(mask)} for mask in masks]
        return {"size": [40, 60], "regions": regions}

    kind = KINDS["mask"]
    assert isinstance(kind, Voted)
    config = {"labels": [{"value": "cell"}], "instances": True}
    one, other = disc(20, 15, 7), disc(20, 29, 7)
    verdict = kind.settle(config, [answer(one, other), answer(other, one), answer(one)])
    assert len(verdict.value["regions"]) == 2
    assert verdict.confidence == 1.0
    nothing = {"size": [40, 60], "regions": [], "nothing": True}
    assert kind.settle(config, [nothing, nothing]).value == nothing
    assert kind.settle(config, [answer(one)]).confidence == 0.0


def test_an_outline_can_be_set_by_hand() -> None:
    mask = disc(20, 30, 10)
    joined = consensus_mask([mask, mask], Outline(offset=2.0))
    assert mask_iou(joined.mask, disc(20, 30, 8)) > 0.93
