"""What the drawing formats have in common: a picture by name, and the marks on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, TypeAlias

from fairhand.core.errors import Issue
from fairhand.labels.kind import Json

MarkKind: TypeAlias = Literal["boxes", "polygons", "mask", "keypoints", "choice"]
KINDS: Final[tuple[MarkKind, ...]] = ("boxes", "polygons", "mask", "keypoints", "choice")

Corners: TypeAlias = tuple[float, float, float, float]
Point: TypeAlias = tuple[str, str, float, float]
"""A key point: its name, its state (as in `labels.keypoints`), x and y."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that was drawn, or one tag of the whole picture.

    `shape` is what an answer of the kind says of one thing: four sides, a list of corners, run
    lengths as text, or a tuple of `Point`s. `box` is the box that was told beside another shape.
    Key points with an empty `label` are gathered: each mark brings a few points of one thing.
    """

    kind: MarkKind
    label: str
    shape: Json = None
    box: Corners | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture and its marks. `parts` says that coordinates are parts of its width and height.

    `size` is height and width as the file has them; None where only the picture knows. `beside` is
    the file that says all this, `picture` where the picture lies if that is not `file_name`.
    With `crs`, coordinates are places on the map in that system.
    `unmarked` says that nobody looked, which is not to say that nothing is there.
    """

    place: str
    file_name: str
    marks: tuple[Mark, ...]
    size: tuple[int, int] | None = None
    parts: bool = False
    data: Mapping[str, Json] = field(default_factory=dict)
    beside: str = ""
    picture: str = ""
    unmarked: bool = False
    crs: str = ""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The points of one kind of thing, and which are joined."""

    points: tuple[str, ...]
    bones: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Survey:
    """What a source holds as a whole: the labels of each kind in order, and the skeletons.

    `named` are labels that it lists, drawn or not.
    """

    labels: dict[MarkKind, dict[str, None]] = field(default_factory=dict)
    skeletons: dict[str, Skeleton] = field(default_factory=dict)
    named: dict[str, None] = field(default_factory=dict)

    def meet(self, mark: Mark) -> None:
        """Remember a mark's kind and label."""
        if mark.kind == "keypoints" and not mark.label:
            known = self.skeletons.get("", Skeleton(()))
            new = [one[0] for one in mark.shape if one[0] not in known.points]
            self.skeletons[""] = Skeleton((*known.points, *new), known.bones)
        self.labels.setdefault(mark.kind, {}).setdefault(mark.label)

    @property
    def kinds(self) -> frozenset[MarkKind]:
        """The kinds of marks there are."""
        return frozenset(self.labels)


class Reader(Protocol):
    """One source in one format."""

    def survey(self) -> Survey:
        """Look through the source; raises MalformedError when it cannot be read at all."""

    def drawings(self) -> Iterator[Drawing | Issue]:
        """Yield its pictures one at a time; what is wrong takes its place."""
