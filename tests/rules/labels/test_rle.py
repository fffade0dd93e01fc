"""Run-length masks keep every pixel, and refuse every text that is not one."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image

from fairhand.labels import rle
from tests.data import data_dir

MASKS = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40))


def slow_text(mask: NDArray[np.bool_]) -> str:
    """COCO's text by hand, one pixel and one character at a time."""
    counts, inside = [0], False
    for pixel in mask.T.reshape(-1).tolist():
        if pixel != inside:
            counts.append(0)
            inside = pixel
        counts[-1] += 1
    text = ""
    for index, count in enumerate(counts):
        number = count - counts[index - 2] if index > 2 else count
        while True:
            group, number = number & 31, number >> 5
            done = number == (-1 if group & 16 else 0)
            text += chr(48 + group + (0 if done else 32))
            if done:
                break
    return text


@given(MASKS)
def test_a_mask_comes_back_pixel_for_pixel(mask: NDArray[np.bool_]) -> None:
    assert (rle.decode(rle.encode(mask), *mask.shape) == mask).all()


@given(MASKS)
def test_the_text_is_that_of_the_plain_algorithm(mask: NDArray[np.bool_]) -> None:
    assert rle.encode(mask) == slow_text(mask)


def test_runs_of_every_length_and_every_step_between_them_are_written_alike() -> None:
    height, width = 3, 40_000
    mask = np.zeros((height, width), np.bool_)
    for start, length in ((5, 1), (90, 15), (400, 16), (900, 511), (3000, 512), (9000, 17_000)):
        mask[:, start : start + length] = True
    assert rle.encode(mask) == slow_text(mask)
    assert (rle.decode(rle.encode(mask), height, width) == mask).all()


@given(st.data())
def test_areas_unions_and_overlaps_are_those_of_the_pixels(data: st.DataObject) -> None:
    one = data.draw(MASKS)
    other = data.draw(hnp.arrays(np.bool_, one.shape))
    a, b = rle.mask_to_runs(one), rle.mask_to_runs(other)
    assert rle.area(a) == one.sum()
    assert rle.intersection_area(a, b) == (one & other).sum()
    assert (rle.runs_to_mask(rle.union(a, b), *one.shape) == (one | other)).all()
    assert (rle.runs_to_mask(rle.intersection(a, b), *one.shape) == (one & other)).all()
    together = (one | other).sum()
    assert rle.iou(a, b) == ((one & other).sum() / together if together else 1.0)
    assert rle.any_overlap([a, b]) == bool((one & other).any())


@given(MASKS, st.integers(0, 200))
def test_one_mask_has_one_text_however_its_runs_were_split(
    mask: NDArray[np.bool_], where: int
) -> None:
    runs = rle.mask_to_runs(mask)
    index = where % runs.size
    half = runs[index] // 2
    split = np.concatenate([runs[:index], [half, 0, runs[index] - half], runs[index + 1 :]])
    assert rle.runs_to_text(split) == rle.encode(mask)


@given(MASKS, st.data())
def test_a_corrupted_text_is_refused_or_is_another_whole_mask(
    mask: NDArray[np.bool_], data: st.DataObject
) -> None:
    text = rle.encode(mask)
    at = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.characters(max_codepoint=300))
    corrupted = text[:at] + character + text[at + 1 :]
    with contextlib.suppress(rle.RleError):
        assert rle.decode(corrupted, *mask.shape).shape == mask.shape


@given(st.text(max_size=60))
def test_any_text_is_a_mask_or_an_error_with_a_reason(text: str) -> None:
    with contextlib.suppress(rle.RleError):
        assert rle.decode(text, 6, 7).shape == (6, 7)


@pytest.mark.parametrize(
    "text",
    ["", "\x00", "p", "PP", "o" * 1000, "0" * 1000, "é", "<\n", "\ud800", "nnnnnnnO", "0nnnnnn70"],
)
def test_texts_that_are_not_twelve_pixels_are_refused(text: str) -> None:
    with pytest.raises(rle.RleError):
        rle.text_to_runs(text, 3, 4)


def test_a_text_past_the_length_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(rle.RleError, match="characters"):
        rle.text_to_runs("0" * (rle.MAX_TEXT + 1), 100, 100)


@pytest.mark.parametrize("size", [(0, 4), (-1, 4), (65_536, 1), (65_535, 65_535)])
def test_sizes_without_bound_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(rle.RleError):
        rle.text_to_runs("<", *size)


def test_sums_that_would_wrap_around_are_refused() -> None:
    with pytest.raises(rle.RleError):
        rle.text_to_runs("oooooo?" * 500_000, 3, 4)


def test_masks_of_two_sizes_do_not_compare() -> None:
    small, large = rle.mask_to_runs(np.ones((2, 2))), rle.mask_to_runs(np.ones((3, 3)))
    with pytest.raises(rle.RleError):
        rle.iou(small, large)


def test_real_nuclei_keep_every_pixel() -> None:
    for path in sorted(data_dir("seg_nuclei").glob("*_inst.png"))[:20]:
        instances = np.asarray(Image.open(path))
        runs = []
        for number in np.unique(instances)[1:]:
            text = rle.encode(instances == number)
            assert (rle.decode(text, *instances.shape) == (instances == number)).all()
            runs.append(rle.text_to_runs(text, *instances.shape))
        assert not rle.any_overlap(runs)
        assert sum(map(rle.area, runs)) == (instances > 0).sum()


@given(st.lists(st.integers(0, 2**32 - 1), max_size=6))
def test_several_texts_are_read_as_one_by_one(seeds: list[int]) -> None:
    masks = [np.random.default_rng(seed).random((7, 9)) > 0.6 for seed in seeds]
    texts = [rle.encode(mask) for mask in masks]
    together = rle.texts_to_runs(texts, 7, 9)
    assert [runs.tolist() for runs in together] == [
        rle.text_to_runs(text, 7, 9).tolist() for text in texts
    ]


@pytest.mark.parametrize("bad", ["", "o", "1", "zz", "é", "0" * 5])
def test_a_bad_text_among_good_ones_is_refused_as_alone(bad: str) -> None:
    good = rle.encode(np.eye(4, dtype=bool))
    for texts in ([good, bad], [bad, good], [good, bad, good]):
        with pytest.raises(rle.RleError):
            rle.texts_to_runs(texts, 4, 4)
