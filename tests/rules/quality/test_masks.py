"""Consensus of masks by vote, and how far masks agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from fairhand.labels import rle
from fairhand.labels.kind import AnswerContext
from fairhand.labels.mask import validate_answer
from fairhand.quality.aggregation.mask_vote import vote_masks
from fairhand.quality.mask_overlap import layers_iou, layers_of, mean_pairwise_iou
from tests.data import data_dir

Bits = NDArray[np.bool_]

stacks = st.tuples(st.integers(1, 5), st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda shape: arrays.arrays(np.bool_, shape)
)


def answer(*drawn: tuple[str, Bits], size: tuple[int, int] | None = None) -> dict[str, Any]:
    height, width = size or drawn[0][1].shape
    regions = [{"label": name, "counts": rle.encode(bits)} for name, bits in drawn if bits.any()]
    value: dict[str, Any] = {"size": [height, width], "regions": regions}
    return value if regions else {**value, "nothing": True}


def painted(value: dict[str, Any], label: str) -> Bits:
    height, width = value["size"]
    for region in value["regions"]:
        if region["label"] == label:
            return rle.decode(region["counts"], height, width)
    return np.zeros((height, width), bool)


@given(stack=stacks)
def test_a_pixel_is_inside_when_more_than_half_say_so(stack: Bits) -> None:
    result = vote_masks([answer(("cell", bits)) for bits in stack])
    expected = stack.sum(axis=0) * 2 > len(stack)
    np.testing.assert_array_equal(painted(result.value, "cell"), expected)


@given(stack=stacks)
def test_the_consensus_is_a_valid_answer_whoever_comes_first(stack: Bits) -> None:
    answers = [answer(("cell", bits), ("vessel", ~bits)) for bits in stack]
    result = vote_masks(answers)
    config = {"labels": [{"value": "cell"}, {"value": "vessel"}]}
    height, width = stack.shape[1:]
    assert validate_answer(config, result.value, AnswerContext(width, height)) == []
    backwards = vote_masks(answers[::-1])
    assert backwards.value == result.value
    assert backwards.confidence == pytest.approx(result.confidence)


@given(stack=stacks)
def test_pairwise_iou_is_that_of_the_painted_masks(stack: Bits) -> None:
    layers = [layers_of(answer(("cell", bits))) for bits in stack]
    expected = [
        (one & other).sum() / (one | other).sum() if (one | other).any() else 1.0
        for i, one in enumerate(stack)
        for other in stack[i + 1 :]
    ]
    assert mean_pairwise_iou(layers) == pytest.approx(np.mean(expected) if expected else 0.0)


def test_an_even_split_stays_background() -> None:
    inside = np.ones((2, 3), bool)
    result = vote_masks([answer(("cell", inside)), answer(("cell", ~inside))])
    assert result.value == {"size": [2, 3], "regions": [], "nothing": True}
    assert result.confidence == 0.0


def test_all_who_see_nothing_agree_fully() -> None:
    nothing = answer(size=(4, 4))
    assert vote_masks([nothing, nothing]).confidence == 1.0


def test_one_mask_alone_is_kept_and_confirmed_by_nobody() -> None:
    alone = answer(("cell", np.eye(3, dtype=bool)))
    result = vote_masks([alone])
    assert result.value == alone
    assert result.confidence == 0.0


def test_the_same_pixels_under_another_label_do_not_agree() -> None:
    bits = np.ones((2, 2), bool)
    assert layers_iou(layers_of(answer(("cell", bits))), layers_of(answer(("vessel", bits)))) == 0.0


def test_instances_of_a_label_are_united_before_the_vote() -> None:
    left, right = np.zeros((2, 4), bool), np.zeros((2, 4), bool)
    left[:, :3], right[:, 2:] = True, True
    result = vote_masks([answer(("cell", left), ("cell", right)), answer(("cell", left | right))])
    assert painted(result.value, "cell").all()
    assert len(result.value["regions"]) == 1
    assert result.confidence == 1.0


def test_masks_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="different sizes"):
        vote_masks([answer(size=(2, 2)), answer(size=(2, 3))])


def test_no_mask_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="no mask"):
        vote_masks([])


@pytest.mark.parametrize(("name", "figure"), [("cell_masks_2", 0.774), ("cell_masks_4", 0.887)])
def test_the_vote_of_seven_reaches_the_published_overlap_with_experts(
    name: str, figure: float
) -> None:
    found = []
    with np.load(data_dir("crowd") / name / "masks.npz") as archive:
        for index in range(int(archive["n"])):
            height, width = archive[f"shape_{index}"].tolist()
            area = height * width
            crowd = np.unpackbits(archive[f"crowd_{index}"], axis=1)[:, :area]
            gold = np.unpackbits(archive[f"gold_{index}"])[:area].reshape(height, width)
            answers = [answer(("cell", row.reshape(height, width) > 0)) for row in crowd]
            expert = layers_of(answer(("cell", gold > 0)))
            found.append(layers_iou(layers_of(vote_masks(answers).value), expert))
    assert np.mean(found) == pytest.approx(figure, abs=0.002)
