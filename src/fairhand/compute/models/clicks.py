"""The built-in clicker: outlines a thing from a click, without training on the pictures at hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from PIL import Image

from fairhand.compute.models.click_candidates import View, grow, likeness, traits
from fairhand.compute.models.click_corrections import correct_surely, piece_at
from fairhand.compute.models.click_network import look
from fairhand.compute.models.click_planes import Planes, see
from fairhand.compute.models.pictures import shrink
from fairhand.compute.models.prompts import Box, Click, Mask, Outline, Picture, Prepared, Prompt
from fairhand.compute.models.regions import expected_iou

MODEL = "outline@2"
MAX_SIDE = 1_024
"""Longer pictures are looked at in this size, and their masks enlarged again."""
_REACHES = (48, 96, 192, 384)
"""How far around a click a thing is looked for, in pixels; the wider, the coarser the steps."""
_ENOUGH = 0.6
"""A thing this likely is not looked for farther off."""
_LIKELY = 0.5


class OutlineClicker:
    """Guesses a region grown around the click; a small network finds the outline from there."""

    model = MODEL

    def prepare(self, picture: Picture) -> Prepared:
        """See the picture's planes; takes about 60 ms for a picture of 512 by 512."""
        return PreparedPicture((picture.shape[0], picture.shape[1]), see(shrink(picture, MAX_SIDE)))


@dataclass
class PreparedPicture:
    """A picture's planes, perhaps smaller than the picture."""

    size: tuple[int, int]
    planes: Planes

    @property
    def nbytes(self) -> int:
        """Bytes that it takes to keep."""
        return self.planes.nbytes

    @cached_property
    def _is_small(self) -> bool:
        return self.planes.shape == self.size

    def outline(self, prompt: Prompt) -> Outline:
        """Outline the thing by its clicks, the newest last, or by its box alone."""
        clicks = [self._down(click) for click in prompt.clicks]
        box = None if prompt.box is None else self._box_down(prompt.box)
        accepted = (
            None if prompt.accepted is None else self._resized(prompt.accepted, self.planes.shape)
        )
        if not clicks:
            assert box is not None, "a prompt has a click or a box"  # noqa: S101
            clicks = [Click((box[0] + box[2]) // 2, (box[1] + box[3]) // 2)]
        if accepted is not None and accepted.any():
            mask, score = self._correct(accepted, clicks)
        else:
            mask, score = self._first(clicks[0], box)
            for number in range(2, len(clicks) + 1):
                if mask.any():
                    mask, score = self._correct(mask, clicks[:number])
                else:
                    mask, score = self._first(clicks[number - 1], box)
        return Outline(self._back(mask, prompt), score)

    def guess(self, click: Click) -> Mask:
        """Guess the thing around a click: the likeliest of the regions grown there."""
        found, score = np.zeros(self.planes.shape, bool), -np.inf
        found[click.y, click.x] = True
        for reach in _REACHES:
            mask, likely = self._best_around(click, reach)
            if likely > score:
                found, score = mask, likely
            if score >= _ENOUGH or reach >= max(self.planes.shape):
                break
        return found

    def _first(self, click: Click, box: Box | None) -> tuple[Mask, float]:
        """Outline the thing under the first click, within the box if there is one."""
        inside = np.ones(self.planes.shape, bool)
        if not click.positive:
            return ~inside, 0.0
        if box is not None:
            inside[:] = False
            inside[box[1] : box[3], box[0] : box[2]] = True
        guess = self.guess(click) & inside
        guess[click.y, click.x] = True
        seen = look(self.planes, guess, [click], is_first=True)
        small = piece_at(seen.chance > _LIKELY, seen.scene.clicks[-1])
        whole = seen.paste(small, np.zeros_like(inside)) & inside
        whole[click.y, click.x] = inside[click.y, click.x]
        return whole, expected_iou(seen.chance, small)

    def _best_around(self, click: Click, reach: int) -> tuple[Mask, float]:
        """Choose within a window; wide windows are looked at in steps of several pixels."""
        step = reach // _REACHES[0]
        rows, first_row = _steps(click.y, reach, step, self.planes.shape[0])
        columns, first_column = _steps(click.x, reach, step, self.planes.shape[1])
        view = View(
            self.planes.values[:, rows, columns],
            self.planes.edges[rows, columns],
            first_row,
            first_column,
        )
        best, most = np.zeros(view.edges.shape, bool), -np.inf
        best[view.row, view.column] = True
        for mask in grow(view):
            found = likeness(traits(view, mask))
            if found > most:
                best, most = mask, found
        whole = np.zeros(self.planes.shape, bool)
        part = whole[rows.start : rows.stop, columns.start : columns.stop]
        fine = best.repeat(step, axis=0).repeat(step, axis=1)
        part[:] = fine[: part.shape[0], : part.shape[1]]
        whole[click.y, click.x] = True
        return whole, most

    def _correct(self, accepted: Mask, clicks: list[Click]) -> tuple[Mask, float]:
        """Correct the mask in a window around it; its cost does not grow with the picture."""
        newest = clicks[-1]
        seen = look(self.planes, accepted, clicks, is_first=False)
        before = seen.scene.mask
        small = correct_surely(before, seen.chance, seen.scene.clicks)
        score = expected_iou(seen.chance, small)
        changed = seen.paste(small != before, np.zeros_like(accepted))
        changed[newest.y, newest.x] = accepted[newest.y, newest.x] != newest.positive
        return (accepted | changed if newest.positive else accepted & ~changed), score

    def _down(self, click: Click) -> Click:
        (height, width), (rows, columns) = self.size, self.planes.shape
        return replace(click, x=click.x * columns // width, y=click.y * rows // height)

    def _box_down(self, box: Box) -> Box:
        (height, width), (rows, columns) = self.size, self.planes.shape
        x0, y0 = box[0] * columns // width, box[1] * rows // height
        x1, y1 = -(-box[2] * columns // width), -(-box[3] * rows // height)
        return x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)

    def _resized(self, mask: Mask, shape: tuple[int, int]) -> Mask:
        if mask.shape == shape:
            return mask
        image = Image.fromarray(mask).resize((shape[1], shape[0]), Image.Resampling.NEAREST)
        return np.asarray(image, bool)

    def _back(self, mask: Mask, prompt: Prompt) -> Mask:
        """Enlarge a mask; where it did not change, an accepted mask stays as fine as it was."""
        if self._is_small:
            return mask
        large = self._resized(mask, self.size)
        if prompt.accepted is None or not prompt.accepted.any() or not prompt.clicks:
            return large
        newest = prompt.clicks[-1]
        large = prompt.accepted | large if newest.positive else prompt.accepted & large
        large[newest.y, newest.x] = newest.positive
        return large


def _steps(at: int, reach: int, step: int, length: int) -> tuple[slice, int]:
    """Give the places that are looked at along one side, and the index of the click's own."""
    before = min(reach, at) // step
    return slice(at - before * step, min(length, at + reach + 1), step), before
