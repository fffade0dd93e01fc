"""Which split each task of a release is in: looked at once, near-duplicates kept together.

Memory stays bounded: of a task are kept 8 bytes of a hash, 192 bytes of its text's signature, and
of at most 50,000 pictures what they look like from afar. What is not compared is said to be not.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
import orjson

from fairhand.compute.assistants.contract import AssistantError, Item
from fairhand.compute.models.duplicates import (
    near_looks,
    near_signatures,
    picture_look,
    text_signatures,
)
from fairhand.compute.models.images import read_picture
from fairhand.core.errors import InvalidError, Issue
from fairhand.model.project import Question
from fairhand.proof.release.source import Answer, TaskSheet, data_of
from fairhand.proof.release.split_counts import digest_of
from fairhand.proof.release.split_own import keep_own, own_tasks, part_own
from fairhand.proof.release.splits import (
    Assignment,
    Joined,
    SplitPlan,
    Unit,
    assign_people,
    assign_units,
)
from fairhand.proof.release.writer import nothing_to_release
from fairhand.storage.blobs import BlobStore

MOST_PICTURES: Final = 50_000
_TEXTS_AT_ONCE: Final = 4_096
_SHORTEST_TEXT: Final = 20
"""Shorter texts are the same or not: of a word or a file's name, near says nothing."""
_LIKE_TEXTS: Final = 0.8
_LIKE_PICTURES: Final = 0.92
_EXACT: Final = "the same file or data: SHA-256"
_TEXT: Final = f"nearly the same text: MinHash, overlap {_LIKE_TEXTS} of pieces of five letters"
_PICTURE: Final = f"nearly the same picture: difference hash, likeness {_LIKE_PICTURES}"
_TOO_MANY: Final = f"pictures after the first {MOST_PICTURES}: by SHA-256 alone"


def split_release(
    sheets: Callable[[], Iterable[TaskSheet]],
    plan: SplitPlan,
    questions: Sequence[Question],
    blobs: BlobStore,
) -> Assignment:
    """Assign every answered task to a split.

    Raises ConflictError where nothing is answered, and InvalidError where a split would be empty,
    or nothing has the field to stratify by.
    """
    seen = _look(sheets(), plan, {question.name for question in questions}, blobs)
    if not seen.tasks:
        raise nothing_to_release()
    missing = [name for name in plan.stratify if name not in seen.known]
    if missing:
        raise _refused("stratify", f"There is no question and no field of the data {missing[0]!r}.")
    joined, compared = seen.together()
    groups = joined.groups(range(len(seen.tasks)))
    own = own_tasks(seen.tasks, seen.own)
    if plan.by == "person":
        people = {task: seen.people[place] for place, task in enumerate(seen.tasks)}
        near = [[seen.tasks[at] for at in group] for group in groups if len(group) > 1]
        parted = keep_own(assign_people(people, near, plan), own, plan)
    elif plan.by == "time":
        parted = keep_own(assign_units(seen.units(groups), plan), own, plan)
    else:
        parted = part_own(seen.units(groups), own, plan)
    split_of = parted.split_of
    empty = plan.shares.keys() - set(split_of.values())
    if empty:
        name = next(one for one in plan.shares if one in empty)
        raise _refused("shares", f"There are too few tasks to part: {name} would be empty.")
    sizes = [len(group) for group in groups if len(group) > 1]
    return Assignment(split_of, len(sizes), sum(sizes), compared, parted.kept_out)


@dataclass(slots=True)
class _Seen:
    """What was seen of each answered task, by place."""

    tasks: array[int] = field(default_factory=lambda: array("q"))
    digests: array[int] = field(default_factory=lambda: array("Q"))
    moments: array[int] = field(default_factory=lambda: array("q"))
    strata: list[str] = field(default_factory=list)
    people: list[frozenset[int]] = field(default_factory=list)
    own: bytearray = field(default_factory=bytearray)
    known: set[str] = field(default_factory=set)
    signatures: list[Any] = field(default_factory=list)
    signed: list[int] = field(default_factory=list)
    looks: dict[int, Any] = field(default_factory=dict)
    is_cut: bool = False

    def together(self) -> tuple[Joined, tuple[str, ...]]:
        """Join the places of tasks that are the same or nearly so, and say how it was found."""
        joined, compared = Joined(), [_EXACT]
        first: dict[int, int] = {}
        for place, digest in enumerate(self.digests):
            joined.join(place, first.setdefault(digest, place))
        if self.signatures:
            compared.append(_TEXT)
            for group in near_signatures(np.concatenate(self.signatures), threshold=_LIKE_TEXTS):
                _join(joined, [self.signed[at] for at in group.places])
        if self.looks:
            compared.append(_PICTURE)
            places = list(self.looks)
            looks = np.stack(list(self.looks.values()))
            for group in near_looks(looks, threshold=_LIKE_PICTURES):
                _join(joined, [places[at] for at in group.places])
        if self.is_cut:
            compared.append(_TOO_MANY)
        return joined, tuple(compared)

    def units(self, groups: Iterable[Sequence[int]]) -> Iterator[Unit]:
        """Give what stays together, by task: the first one's stratum, the newest one's moment."""
        for group in groups:
            tasks = tuple(self.tasks[at] for at in group)
            moment = max(self.moments[at] for at in group)
            yield Unit(tasks, self.strata[group[0]] if self.strata else "", moment)


def _look(
    sheets: Iterable[TaskSheet], plan: SplitPlan, questions: set[str], blobs: BlobStore
) -> _Seen:
    seen, texts, strata = _Seen(), _Texts(), dict[str, str]()
    looked: set[int] = set()
    for sheet in sheets:
        answers = [answer for answer in sheet.answers if answer.question in questions]
        if not answers or sheet.held:
            continue
        place, data = len(seen.tasks), data_of(sheet)
        digest = digest_of(sheet.media_sha256, data)
        seen.tasks.append(sheet.task_id)
        seen.digests.append(digest)
        behind = {one.id: one for answer in answers for one in sheet.behind(answer)}.values()
        seen.moments.append(max((one.submitted_at for one in behind), default=0))
        seen.own.append(not sheet.origin.depth and not any(one.assisted for one in behind))
        if plan.by == "person":
            seen.people.append(frozenset(one.person_id for one in sheet.given.values()))
        if plan.stratify:
            stratum = _stratum(plan, answers, data, seen.known)
            seen.strata.append(strata.setdefault(stratum, stratum))
        if digest in looked:
            continue
        looked.add(digest)
        if sheet.media_sha256 is None:
            texts.add(place, _text(data), seen)
        elif (sheet.media_type or "").startswith("image/"):
            _add_look(seen, place, sheet, blobs)
    texts.sign(seen)
    return seen


def _stratum(
    plan: SplitPlan, answers: Sequence[Answer], data: Mapping[str, Any], known: set[str]
) -> str:
    said = {answer.question: answer.value for answer in answers}
    parts = []
    for name in plan.stratify:
        if name in said or name in data:
            known.add(name)
        found = said.get(name)
        parts.append(found if found is not None else orjson.dumps(data.get(name)).decode())
    return "\n".join(parts)


@dataclass(slots=True)
class _Texts:
    """Holds some texts until they are signed together."""

    places: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def add(self, place: int, text: str, seen: _Seen) -> None:
        if text:
            self.places.append(place)
            self.texts.append(text)
        if len(self.texts) == _TEXTS_AT_ONCE:
            self.sign(seen)

    def sign(self, seen: _Seen) -> None:
        if self.texts:
            kept, signatures = text_signatures(self.texts)
            seen.signed.extend(self.places[at] for at in kept)
            seen.signatures.append(signatures)
        self.places, self.texts = [], []


def _text(data: object) -> str:
    """All longer texts of a task's data, in their order."""
    if isinstance(data, str):
        return data if len(data) >= _SHORTEST_TEXT and " " in data.strip() else ""
    if isinstance(data, Mapping):
        data = list(data.values())
    if isinstance(data, list):
        return "\n".join(part for part in map(_text, data) if part)
    return ""


def _add_look(seen: _Seen, place: int, sheet: TaskSheet, blobs: BlobStore) -> None:
    """Remember what a picture looks like; one that cannot be read goes by its hash alone."""
    if len(seen.looks) >= MOST_PICTURES:
        seen.is_cut = True
        return
    read = partial(blobs.get, sheet.media_sha256 or "")
    try:
        picture = read_picture(Item(sheet.task_id, {}, read, sheet.media_type), 64)
    except (AssistantError, OSError):
        return
    seen.looks[place] = picture_look(picture)


def _join(joined: Joined, places: Sequence[int]) -> None:
    for place in places[1:]:
        joined.join(places[0], place)


def _refused(name: str, message: str) -> InvalidError:
    return InvalidError(message, issues=[Issue(f"splits.{name}", message)])
