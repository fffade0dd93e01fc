"""Instances: several people's outlines of many things, matched first, then joined one by one.

People's regions of one label that overlap enough are the same thing (see `matching`; a person has
one region in it at most). A thing is kept when more than half of the people, or the given share,
drew it; its outline is the consensus of those who did (see `mask_consensus`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.labels import rle
from fairhand.quality.structured.mask_consensus import Outline, join_stack, mask_iou
from fairhand.quality.structured.matching import match
from fairhand.quality.structured.patches import Patch, alike_patches, patch_of, stack_patches

_LEAST = 0.3
"""IoU from which two outlines are one thing. Two things beside each other stay far below it."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One thing: its consensus, who drew it (places in `people`), and how sure it is.

    `existence` is the share of people who drew it, each side given half a vote more (Jeffreys'
    prior); `agreement` the mean IoU of their outlines with the consensus.
    """

    label: str
    patch: Patch
    size: tuple[int, int]
    people: tuple[int, ...]
    existence: float
    agreement: float

    @property
    def mask(self) -> NDArray[np.bool_]:
        """The whole image's mask of this thing."""
        painted = np.zeros(self.size, bool)
        self.patch.paint(painted)
        return painted


def match_instances(
    people: Sequence[Mapping[str, Any]] | Sequence[Sequence[NDArray[Any]]],
    *,
    share: float = 0.5,
    least_iou: float = _LEAST,
    outline: Outline | None = None,
) -> tuple[Instance, ...]:
    """Join several people's instances of one image.

    `people` holds one mask answer a person, or one list of two-dimensional boolean arrays a
    person (label ""). Things that at most `share` of the people drew are left out.
    Raises ValueError for nobody, or for images of different sizes.
    """
    drawn, size = _read(people)
    found = []
    for label in sorted({label for label, _, _ in drawn}):
        mine = [(person, patch) for name, person, patch in drawn if name == label]
        person = np.array([one for one, _ in mine], np.intp)
        patches = [patch for _, patch in mine]
        for things in match(person, alike_patches(patches), least_iou):
            if len(things) > share * len(people):
                names = tuple(sorted(person[things].tolist()))
                cluster = [patches[thing] for thing in things]
                found.append(_join(label, cluster, names, (len(people), size), outline))
    kept = [one for one in found if one.patch.bits.any()]
    return tuple(sorted(kept, key=lambda one: (one.label, one.patch.top, one.patch.left)))


def instances_answer(instances: Sequence[Instance], size: tuple[int, int]) -> dict[str, Any]:
    """Write instances as a mask answer for an image of height x width."""
    regions = [{"label": one.label, "counts": rle.encode(one.mask)} for one in instances]
    regions.sort(key=lambda region: (region["label"], region["counts"]))
    answer: dict[str, Any] = {"size": list(size), "regions": regions}
    return answer if regions else {**answer, "nothing": True}


def _join(
    label: str,
    cluster: Sequence[Patch],
    names: tuple[int, ...],
    asked: tuple[int, tuple[int, int]],
    outline: Outline | None,
) -> Instance:
    people, size = asked
    stack, top, left = stack_patches(cluster, size)
    joined = join_stack(stack, outline.offset if outline else 0.0)
    agreement = float(np.mean([mask_iou(one, joined) for one in stack]))
    existence = (len(cluster) + 0.5) / (people + 1)
    patch = patch_of(joined).shifted(top, left)
    return Instance(label, patch, size, names, existence, agreement)


def _read(people: Sequence[Any]) -> tuple[list[tuple[str, int, Patch]], tuple[int, int]]:
    if not people:
        raise ValueError("there is nobody whose instances could be joined")
    drawn: list[tuple[str, int, Patch]] = []
    sizes: set[tuple[int, ...]] = set()
    for person, given in enumerate(people):
        if isinstance(given, Mapping):
            height, width = given["size"]
            regions = [
                (str(one["label"]), rle.decode(one["counts"], height, width))
                for one in given["regions"]
            ]
            sizes.add((height, width))
        else:
            regions = [("", np.asarray(mask) != 0) for mask in given]
        for label, mask in regions:
            sizes.add(mask.shape)
            if mask.any():
                drawn.append((label, person, patch_of(mask)))
    if len(sizes) > 1:
        raise ValueError(f"masks of different sizes cannot be joined: {sorted(sizes)}")
    if sizes and len(next(iter(sizes))) != 2:
        raise ValueError("a mask has two dimensions: give each person a list of masks")
    height, width = next(iter(sizes)) if sizes else (0, 0)
    return drawn, (height, width)
