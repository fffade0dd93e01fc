"""YOLO as Ultralytics writes it: `data.yaml` and one text file a picture.

A line of five numbers is a box; more are an outline (an oriented box is one of four corners), or
key points where `kpt_shape` says so. A picture without a text file is one that nobody marked; an
empty file says that nothing is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, Final

import yaml

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.drawings.files import PICTURES, Files, read_text
from fairhand.formats.drawings.marks import Drawing, Mark, Point, Skeleton, Survey
from fairhand.formats.drawings.values import finite, text_of
from fairhand.formats.options import ReadOptions
from fairhand.labels.kind import shown

RENAMED: Final = "renamed.tsv"
_MAX_LINES: Final = 100_000
_MAX_CLASSES: Final = 100_000
_STATES: Final = ("absent", "hidden", "visible")


@dataclass(slots=True)
class _Data:
    """What `data.yaml` says."""

    names: dict[int, str]
    points: int = 0
    sides: int = 0
    point_names: dict[int, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Yolo:
    """One folder or archive."""

    files: Files
    names: Sequence[str]
    options: ReadOptions
    _known: _Data | None = None

    def survey(self) -> Survey:
        """Look through the text files for the kinds of marks, and give the classes in order."""
        found, data = Survey(), self._data()
        for label in self._labels():
            marks, _ = self._marks(label)
            for mark in marks:
                found.labels.setdefault(mark.kind, {})
                if mark.kind == "keypoints":
                    found.meet(mark)
                    names = tuple(point[0] for point in mark.shape)
                    found.skeletons[mark.label] = Skeleton(names)
        found.named = dict.fromkeys(data.names[key] for key in sorted(data.names))
        for kind in found.labels:
            if kind != "keypoints":
                found.labels[kind] = found.named
        return found

    def drawings(self) -> Iterator[Drawing | Issue]:
        """Yield each picture, those with marks first."""
        pictures = {
            str(PurePosixPath(name).with_suffix("")): name
            for name in reversed(self.files.names)
            if PurePosixPath(name).suffix.casefold() in PICTURES
        }
        used: set[str] = set()
        renamed = self._renamed()
        for label in self._labels():
            if label in renamed:
                marks, issues = self._marks(label)
                used.add(str(PurePosixPath(renamed[label]).with_suffix("")))
                yield from issues
                yield _drawing(renamed[label], label, tuple(marks))
                continue
            stem = next((one for one in _stems(label) if one in pictures), None)
            if stem is None:
                yield Issue(label, "has no picture of its name beside it or below images")
                continue
            used.add(stem)
            marks, issues = self._marks(label)
            yield from issues
            yield _drawing(pictures[stem], label, tuple(marks))
        for stem, picture in sorted(pictures.items()):
            if stem not in used:
                message = "has no text file: nobody marked it, so nothing is proposed"
                yield Issue(picture, message, "warning")
                yield replace(_drawing(picture, picture, ()), unmarked=True)

    def _labels(self) -> Iterator[str]:
        listed = {"classes.txt", "train.txt", "val.txt", "test.txt", "readme.txt", "obj.names"}
        for name in self.files.names:
            path = PurePosixPath(name)
            if path.suffix.casefold() == ".txt" and path.name.casefold() not in listed:
                yield name

    def _renamed(self) -> dict[str, str]:
        """Read which text files, below our `labels`, are of pictures of another name."""
        if RENAMED not in self.files.names:
            return {}
        names = frozenset(self.files.names)
        found: dict[str, str] = {}
        for line in read_text(self.files, RENAMED).decode("utf-8", "replace").splitlines():
            label, _, own = line.partition("\t")
            folder = PurePosixPath("images", *PurePosixPath(label).parts[1:2])
            if label in names and str(folder / own) in names:
                found[label] = str(folder / own)
        return found

    def _data(self) -> _Data:
        if self._known is None:
            self._known = _read_data(self.files, self.names)
        return self._known

    def _marks(self, label: str) -> tuple[list[Mark], list[Issue]]:
        marks: list[Mark] = []
        issues: list[Issue] = []
        try:
            text = read_text(self.files, label).decode("utf-8-sig")
        except MalformedError as error:
            return [], [Issue(label, error.message)]
        except UnicodeDecodeError:
            return [], [Issue(label, "is no text in UTF-8")]
        lines = text.splitlines()
        if len(lines) > _MAX_LINES:
            return [], [Issue(label, f"has {len(lines):,} lines; {_MAX_LINES:,} are read")]
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                marks.append(_mark(line.split(), self._data()))
            except MalformedError as error:
                issues.append(Issue(f"{label} line {number}", error.message, "warning"))
        return marks, issues


def _drawing(picture: str, label: str, marks: tuple[Mark, ...]) -> Drawing:
    split = _split(picture)
    data = {"split": split} if split else {}
    return Drawing(label, _named(picture), marks, None, True, data, picture=picture)


def _mark(words: list[str], data: _Data) -> Mark:
    key = finite(words[0], "class")
    if key != int(key) or int(key) not in data.names:
        raise MalformedError(f"has the class {shown(words[0])}, which has no name")
    label = data.names[int(key)]
    numbers = [finite(word, "coordinate") for word in words[1:]]
    if len(numbers) < 4:
        raise MalformedError(f"has {len(numbers)} numbers after the class; four or more are read")
    if data.points and len(numbers) == 4 + data.points * data.sides:
        return Mark("keypoints", label, _points(numbers[4:], int(key), data), _box(numbers))
    if len(numbers) == 4:
        return Mark("boxes", label, _box(numbers), _box(numbers))
    if len(numbers) == 5:
        return Mark("boxes", label, _box(numbers), _box(numbers), numbers[4])
    if len(numbers) % 2:
        raise MalformedError(f"has an outline of {len(numbers)} numbers, which is an odd number")
    corners = [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
    return Mark("polygons", label, corners, _around(corners))


def _box(numbers: list[float]) -> tuple[float, float, float, float]:
    x, y, width, height = numbers[:4]
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _around(corners: list[list[float]]) -> tuple[float, float, float, float]:
    across, down = [x for x, _ in corners], [y for _, y in corners]
    return min(across), min(down), max(across), max(down)


def _points(numbers: list[float], key: int, data: _Data) -> tuple[Point, ...]:
    names = data.point_names.get(key) or [str(at + 1) for at in range(data.points)]
    found: list[Point] = []
    for at in range(data.points):
        x, y, *more = numbers[at * data.sides : (at + 1) * data.sides]
        state = int(more[0]) if more else 2 if x or y else 0
        if state not in (0, 1, 2):
            raise MalformedError("has a key point that is not absent (0), hidden (1), visible (2)")
        found.append((names[at], _STATES[state], x, y))
    return tuple(found)


def _read_data(files: Files, names: Sequence[str]) -> _Data:
    for name in names:
        try:
            raw = read_text(files, name, 4 * 1024 * 1024)
            if PurePosixPath(name).suffix.casefold() == ".txt":
                lines = raw.decode("utf-8-sig").splitlines()
                return _Data({at: line.strip() for at, line in enumerate(lines) if line.strip()})
            return _parsed(_yaml(raw))
        except UnicodeDecodeError:
            raise MalformedError(f"{name} is no text in UTF-8") from None
        except MalformedError as error:
            raise MalformedError(f"{name} {error.message}") from None
    raise MalformedError("there is no data.yaml and no classes.txt that names the classes")


def _yaml(raw: bytes) -> Any:  # noqa: ANN401  # any YAML value
    if b"*" in raw and b"&" in raw:
        raise MalformedError("uses anchors, which no list of classes needs")
    try:
        return yaml.safe_load(raw)
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        reason = str(getattr(error, "problem", None) or type(error).__name__)[:120]
        raise MalformedError(f"is no YAML that can be read: {reason}") from None


def _parsed(given: Any) -> _Data:  # noqa: ANN401
    if not isinstance(given, dict):
        raise MalformedError("must be a mapping with names")
    data = _Data(_classes(given.get("names")))
    shape = given.get("kpt_shape")
    if shape is not None:
        good = isinstance(shape, list) and len(shape) == 2 and all(type(x) is int for x in shape)
        if not good or not 1 <= shape[0] <= 1_000 or shape[1] not in (2, 3):
            raise MalformedError("has a kpt_shape that is not [points, 2 or 3]")
        data.points, data.sides = shape
        told = given.get("kpt_names")
        for key, points in (told if isinstance(told, dict) else {}).items():
            if isinstance(points, list) and len(points) == data.points:
                data.point_names[key] = [text_of(point, "a point's name") for point in points]
    return data


def _classes(given: Any) -> dict[int, str]:  # noqa: ANN401
    pairs = enumerate(given) if isinstance(given, list) else None
    if isinstance(given, dict):
        pairs = iter(given.items())  # type: ignore[assignment]
    if pairs is None or not 1 <= len(given) <= _MAX_CLASSES:
        raise MalformedError("has no list of names")
    found = {}
    for key, name in pairs:
        if type(key) is not int:
            raise MalformedError("has a class whose number is none")
        found[key] = text_of(str(name) if isinstance(name, int | float) else name, "a class name")
    return found


def _stems(label: str) -> Iterator[str]:
    """Give the names, without ending, under which the picture of a text file may lie."""
    path = PurePosixPath(label).with_suffix("")
    parts = list(path.parts)
    for at in range(len(parts) - 1):
        if parts[at] == "labels":
            yield str(PurePosixPath(*parts[:at], "images", *parts[at + 1 :]))
            yield str(PurePosixPath(*parts[:at], *parts[at + 1 :]))
    yield str(path)
    yield str(path.parent / "images" / path.name)


def _split(picture: str) -> str:
    """Read the split out of the folders: `images/train/…`, or `train/images/…`."""
    words = {"train": "train", "val": "validation", "valid": "validation", "test": "test"}
    parts = PurePosixPath(picture).parts[:-1]
    return next((words[part] for part in parts if part in words), "") if "images" in parts else ""


def _named(picture: str) -> str:
    """Name a picture as it was called before it was sorted into splits."""
    parts = list(PurePosixPath(picture).parts)
    if "images" in parts[:-1]:
        after = parts[parts.index("images") + 1 :]
        if len(after) > 1 and after[0] in ("train", "val", "valid", "validation", "test"):
            after = after[1:]
        return "/".join(after)
    return picture
