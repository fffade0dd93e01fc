"""A click outlines what it is on; a correcting click never harms what was accepted."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.models.click_corrections import correct, correct_surely, room_around
from fairhand.compute.models.click_network import look
from fairhand.compute.models.click_planes import see
from fairhand.compute.models.clicks import OutlineClicker
from fairhand.compute.models.prompts import Click, Mask, Outline, Prompt
from fairhand.compute.models.ready import ReadyPictures, TimeLimit
from tests.rules.segment.scenes import discs, iou, truthful_click

SHAPE = (24, 30)
PLACES = st.tuples(st.integers(0, SHAPE[1] - 1), st.integers(0, SHAPE[0] - 1), st.booleans())


def blob(seed: int) -> Mask:
    """A random smooth shape that is neither empty nor everything."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=SHAPE), 3)
    mask: Mask = noise > np.quantile(noise, 0.7)
    return mask


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10_000), st.lists(PLACES, min_size=1, max_size=5))
def test_a_click_changes_one_piece_around_itself_and_only_its_own_way(
    one: int, other: int, places: list[tuple[int, int, bool]]
) -> None:
    accepted, proposed = blob(one), blob(other)
    clicks = [Click(*place) for place in places]
    newest = clicks[-1]
    changed = correct(accepted, proposed, clicks)
    if newest.positive:
        assert changed[accepted].all()
    else:
        assert not changed[~accepted].any()
    assert changed[newest.y, newest.x] == newest.positive
    difference = changed ^ accepted
    if difference.any():
        labels, pieces = ndimage.label(difference, structure=np.ones((3, 3)))
        assert pieces == 1
        assert labels[newest.y, newest.x] == 1
    for click in clicks[:-1]:
        if (click.x, click.y) != (newest.x, newest.y):
            before = accepted[click.y, click.x]
            if before == click.positive:
                assert changed[click.y, click.x] == before


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10_000), st.lists(PLACES, min_size=1, max_size=5))
def test_what_a_network_says_changes_one_piece_near_the_click_and_only_where_it_is_sure(
    one: int, other: int, places: list[tuple[int, int, bool]]
) -> None:
    accepted = blob(one)
    noise = ndimage.gaussian_filter(np.random.default_rng(other).normal(size=SHAPE), 2)
    chance = np.clip(0.5 + 4 * noise, 0, 1).astype(np.float32)
    clicks = [Click(*place) for place in places]
    newest = clicks[-1]
    changed = correct_surely(accepted, chance, clicks)
    assert changed[newest.y, newest.x] == newest.positive
    places_changed = np.argwhere(changed ^ accepted)
    if len(places_changed) == 0:
        return
    assert (changed != accepted)[newest.y, newest.x]
    assert ndimage.label(changed ^ accepted, structure=np.ones((3, 3)))[1] == 1
    room = max(1.0, room_around(accepted, newest))
    within = 0
    for row, column in places_changed:
        assert changed[row, column] == newest.positive
        away = np.hypot(row - newest.y, column - newest.x)
        likely = chance[row, column] if newest.positive else 1 - chance[row, column]
        near = away == 0 or (likely > 0.4 and away < room + 1e-9)
        assert near or (likely > 0.8 and away < 3 * room + 1e-9)
        within += near
    assert len(places_changed) - within <= (0.75 if newest.positive else 0.4) * within
    for click in clicks[:-1]:
        elsewhere = (click.x, click.y) != (newest.x, newest.y)
        if elsewhere and accepted[click.y, click.x] == click.positive != newest.positive:
            assert changed[click.y, click.x] == click.positive


@settings(max_examples=40, deadline=None)
@given(st.floats(6, 16), st.floats(6, 16), st.floats(0, np.pi), st.integers(1, 4), st.booleans())
def test_a_truthful_click_on_an_oval_drawn_too_small_or_too_large_never_makes_it_worse(
    long: float, wide: float, turn: float, pixels: int, too_small: bool
) -> None:
    rows, columns = np.mgrid[-24:25, -24:25]
    along = rows * np.cos(turn) + columns * np.sin(turn)
    across = columns * np.cos(turn) - rows * np.sin(turn)
    truth: Mask = (along / long) ** 2 + (across / wide) ** 2 <= 1
    change = ndimage.binary_erosion if too_small else ndimage.binary_dilation
    accepted: Mask = change(truth, iterations=pixels)
    clicks: list[Click] = []
    for _ in range(4):
        click = truthful_click(truth, accepted)
        if click is None:
            return
        clicks.append(click)
        corrected = correct(accepted, accepted, clicks)
        assert iou(corrected, truth) > iou(accepted, truth)
        accepted = corrected


def test_clicks_at_mistakes_bring_every_disc_to_nine_tenths_and_never_back() -> None:
    worse = steps = 0
    for seed in range(4):
        picture, things = discs(seed, inverted=seed % 2 == 1)
        ready = OutlineClicker().prepare(picture)
        for truth in things[:2]:
            mask, before = np.zeros(truth.shape, bool), 0.0
            clicks: list[Click] = []
            while before < 0.9 and len(clicks) < 6:
                click = truthful_click(truth, mask)
                assert click is not None
                clicks.append(click)
                mask = ready.outline(Prompt(tuple(clicks), None, mask)).mask
                worse += iou(mask, truth) < before
                before, steps = iou(mask, truth), steps + 1
            assert before >= 0.9
    assert worse == 0
    assert steps < 20


def test_a_box_keeps_the_outline_within_it() -> None:
    picture, things = discs(2)
    rows, columns = np.nonzero(things[0])
    box = (columns.min() - 3, rows.min() - 3, columns.max() + 4, rows.max() + 4)
    found = OutlineClicker().prepare(picture).outline(Prompt((), tuple(int(n) for n in box)))  # type: ignore[arg-type]
    assert iou(found.mask, things[0]) > 0.85


def test_a_thing_wider_than_a_window_is_outlined_and_corrected_in_its_own_size() -> None:
    picture, truth = np.full((420, 420, 3), 60, np.uint8), np.zeros((420, 420), bool)
    truth[40:380, 60:340] = True
    picture[truth] = 170
    ready = OutlineClicker().prepare(picture)
    first = ready.outline(Prompt((Click(200, 210),))).mask
    assert iou(first, truth) > 0.9
    cut = truth.copy()
    cut[200:300, 300:] = False
    clicks = (Click(200, 210), Click(321, 250))
    mended = ready.outline(Prompt(clicks, None, cut)).mask
    assert mended[cut].all()
    assert iou(mended, truth) > iou(cut, truth)


def test_the_network_that_comes_along_fits_what_is_seen_and_says_something_of_every_pixel() -> None:
    for picture in (discs(0)[0], np.full((9, 40, 3), 200, np.uint8)):
        mask = np.zeros(picture.shape[:2], bool)
        mask[2:5, 3:9] = True
        seen = look(see(picture), mask, [Click(4, 3), Click(8, 8, positive=False)], is_first=False)
        assert np.isfinite(seen.chance).all()
        assert seen.chance.min() >= 0
        assert seen.chance.max() <= 1


def test_a_large_picture_is_looked_at_smaller_and_answered_in_its_own_size() -> None:
    picture, things = discs(1)
    large = picture.repeat(16, axis=0).repeat(16, axis=1)
    truth = things[0].repeat(16, axis=0).repeat(16, axis=1)
    click = truthful_click(truth, np.zeros(truth.shape, bool))
    assert click is not None
    found = OutlineClicker().prepare(large).outline(Prompt((click,)))
    assert found.mask.shape == truth.shape
    assert iou(found.mask, truth) > 0.8


def test_a_flat_picture_a_single_pixel_and_a_negative_first_click_do_no_harm() -> None:
    flat = np.full((20, 30, 3), 7, np.uint8)
    ready = OutlineClicker().prepare(flat)
    assert ready.outline(Prompt((Click(3, 4),))).mask[4, 3]
    assert not ready.outline(Prompt((Click(3, 4, positive=False),))).mask.any()
    both = (Click(3, 4, positive=False), Click(9, 9))
    assert ready.outline(Prompt(both)).mask[9, 9]
    one = OutlineClicker().prepare(np.zeros((1, 1, 3), np.uint8))
    assert one.outline(Prompt((Click(0, 0),))).mask.all()


class Weighty:
    """A prepared picture of a known weight."""

    def __init__(self, nbytes: int) -> None:
        self.nbytes = nbytes

    def outline(self, prompt: Prompt) -> Outline:
        raise NotImplementedError


def test_pictures_are_prepared_once_and_forgotten_beyond_the_limit() -> None:
    kept, made = ReadyPictures(most_bytes=100, most_pictures=3), []

    def make(name: str, nbytes: int) -> None:
        kept.get((name, "m"), lambda: made.append(name) or Weighty(nbytes))  # type: ignore[func-returns-value]

    for name in ("a", "b", "a", "c", "a", "d"):
        make(name, 30)
    assert made == ["a", "b", "c", "d"]
    assert len(kept) == 3
    make("b", 30)
    assert made[-1] == "b"
    make("huge", 1_000)
    assert kept.nbytes <= 100


def test_one_picture_that_many_click_on_at_once_is_prepared_once() -> None:
    kept, made = ReadyPictures(), []

    def prepare() -> Weighty:
        made.append(1)
        time.sleep(0.05)
        return Weighty(1)

    threads = [threading.Thread(target=kept.get, args=(("a", "m"), prepare)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_what_is_slow_is_told_so_and_what_is_too_much_is_refused() -> None:
    limit, gate = TimeLimit(threads=1, waiting=1), threading.Event()
    with pytest.raises(AssistantError) as slow:
        limit.run(gate.wait, 0.02)
    assert slow.value.code == "too_slow"
    waiting = threading.Thread(target=lambda: limit.run(gate.is_set, 5))
    waiting.start()
    time.sleep(0.05)
    with pytest.raises(AssistantError) as busy:
        limit.run(gate.is_set, 5)
    assert busy.value.code == "too_busy"
    gate.set()
    waiting.join()
    assert limit.run(gate.is_set, 5)
