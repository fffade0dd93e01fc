"""Comparing two releases row by row: streamed, in 24 bytes of memory a row."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import orjson

from fairhand.proof.release.manifest import Manifest
from fairhand.proof.release.rules import ReleaseFacts, ReleaseRow, ReleaseStats
from fairhand.proof.release.shape import LABELS

Kind = Literal["added", "removed", "changed"]

MOST_EXAMPLES: Final = 20
"""Rows shown of each kind of change."""
MOST_CHANGES: Final = 50
"""Changes of one label into another that are told by question."""
_SHORT: Final = 120


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Rows by what became of them; `relabelled` are those whose answer is another one.

    `resplit` are rows of both that went to another split: who trained on the older one may have
    seen what the newer one evaluates on.
    """

    added: int
    removed: int
    changed: int
    same: int
    relabelled: int
    resplit: int


@dataclass(frozen=True, slots=True)
class LabelChange:
    """How often one answer became another."""

    old: str
    new: str
    rows: int


@dataclass(frozen=True, slots=True)
class QuestionDiff:
    """What became of a question's rows, and its most frequent changes of answers."""

    question: str
    counts: RowCounts
    changes: tuple[LabelChange, ...]


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that came, went or changed; `what` names the columns that differ."""

    kind: Kind
    task_id: int
    question: str
    old: str | None
    new: str | None
    what: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SplitDiff:
    """Rows of a split in both releases; None: that release has no such split."""

    name: str
    old_rows: int | None
    new_rows: int | None


@dataclass(frozen=True, slots=True)
class FactChange:
    """A fact that the two releases state otherwise, in words."""

    name: str
    old: str
    new: str


@dataclass(slots=True)
class _Tally:
    counts: Counter[str] = field(default_factory=Counter)
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def result(self) -> RowCounts:
        fields = ("added", "removed", "changed", "same", "relabelled", "resplit")
        return RowCounts(*(self.counts[name] for name in fields))


class _Index:
    """Where each row of a release lies, and a hash of it: sorted arrays, no objects a row."""

    def __init__(self, path: Path, places: Mapping[str, int]) -> None:
        keys, hashes, offsets = array("q"), array("Q"), array("q")
        for offset, line in _lines(path):
            content = orjson.loads(line)
            keys.append(content["task_id"] * len(places) + places[content["question"]])
            hashes.append(int.from_bytes(blake2b(line, digest_size=8).digest(), "little"))
            offsets.append(offset)
        order = np.argsort(np.frombuffer(keys, np.int64), kind="stable")
        self.keys = np.frombuffer(keys, np.int64)[order]
        self.hashes = np.frombuffer(hashes, np.uint64)[order]
        self.offsets = np.frombuffer(offsets, np.int64)[order]


def compare_rows(
    old: Path, new: Path, questions: Sequence[str]
) -> tuple[RowCounts, tuple[QuestionDiff, ...], tuple[RowChange, ...]]:
    """Compare two `labels.jsonl`: in all, by question, and some examples of each kind."""
    names = list(dict.fromkeys(questions))
    places = {name: place for place, name in enumerate(names)}
    before, after = _Index(old, places), _Index(new, places)
    tallies = [_Tally() for _ in names]
    examples: list[RowChange] = []
    both, at_old, at_new = np.intersect1d(
        before.keys, after.keys, assume_unique=True, return_indices=True
    )
    differ = before.hashes[at_old] != after.hashes[at_new]
    for key in both[~differ] % len(names):
        tallies[int(key)].counts["same"] += 1
    with old.open("rb") as old_lines, new.open("rb") as new_lines:
        gone = np.setdiff1d(np.arange(len(before.keys)), at_old)
        come = np.setdiff1d(np.arange(len(after.keys)), at_new)
        _tell("removed", before, gone, old_lines, tallies, examples)
        _tell("added", after, come, new_lines, tallies, examples)
        shown = 0
        for one, other in zip(at_old[differ].tolist(), at_new[differ].tolist(), strict=True):
            was = _row(old_lines, int(before.offsets[one]))
            now = _row(new_lines, int(after.offsets[other]))
            what = _add_change(tallies[places[was.question]], was, now)
            if shown < MOST_EXAMPLES:
                shown += 1
                examples.append(
                    RowChange("changed", was.task_id, was.question, _short(was), _short(now), what)
                )
    return _sum(tallies), _by_question(names, tallies), tuple(examples)


def _tell(
    kind: Kind,
    index: _Index,
    rows: Any,  # noqa: ANN401  # an array of places
    lines: Any,  # noqa: ANN401  # an open file
    tallies: list[_Tally],
    examples: list[RowChange],
) -> None:
    for key in index.keys[rows] % len(tallies):
        tallies[int(key)].counts[kind] += 1
    for place in rows[:MOST_EXAMPLES].tolist():
        row = _row(lines, int(index.offsets[place]))
        said = _short(row)
        old, new = (None, said) if kind == "added" else (said, None)
        examples.append(RowChange(kind, row.task_id, row.question, old, new))


def _add_change(tally: _Tally, was: ReleaseRow, now: ReleaseRow) -> tuple[str, ...]:
    what = tuple(name for name in LABELS.names if getattr(was, name) != getattr(now, name))
    tally.counts["changed"] += 1
    tally.counts["relabelled"] += "value" in what
    tally.counts["resplit"] += "split" in what and was.split is not None
    if "value" in what:
        tally.changes[_short(was), _short(now)] += 1
        if len(tally.changes) > 40 * MOST_CHANGES:
            tally.changes = Counter(dict(tally.changes.most_common(20 * MOST_CHANGES)))
    return what


def _by_question(names: Sequence[str], tallies: Sequence[_Tally]) -> tuple[QuestionDiff, ...]:
    found = []
    for name, tally in zip(names, tallies, strict=True):
        ordered = sorted(tally.changes.items(), key=lambda one: (-one[1], one[0]))
        changes = tuple(LabelChange(*pair, rows) for pair, rows in ordered[:MOST_CHANGES])
        found.append(QuestionDiff(name, tally.result(), changes))
    return tuple(found)


def _sum(tallies: Sequence[_Tally]) -> RowCounts:
    whole = _Tally()
    for tally in tallies:
        whole.counts.update(tally.counts)
    return whole.result()


def compare_people(
    old: ReleaseStats, new: ReleaseStats
) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """Say how many contributors are in both, who came and who left, by pseudonym."""
    before = {one.contributor for one in old.people}
    after = {one.contributor for one in new.people}
    return len(before & after), tuple(sorted(after - before)), tuple(sorted(before - after))


def compare_splits(old: ReleaseFacts, new: ReleaseFacts) -> tuple[SplitDiff, ...]:
    """Compare the rows of each split, in the order of the newer release."""
    before, after = _split_rows(old), _split_rows(new)
    return tuple(
        SplitDiff(name, before.get(name), after.get(name))
        for name in dict.fromkeys((*after, *before))
    )


def _split_rows(facts: ReleaseFacts) -> dict[str, int]:
    return {one["name"]: one["rows"] for one in (facts.splits or {}).get("parts", ())}


def compare_facts(old: Manifest, new: Manifest) -> tuple[FactChange, ...]:
    """Say which facts differ; pay, people, rows and splits are told elsewhere."""
    found = [
        FactChange(name, str(getattr(old.facts, name)), str(getattr(new.facts, name)))
        for name in ("title", "purpose", "mode", "licence", "media_copied", "log_vkey")
        if getattr(old.facts, name) != getattr(new.facts, name)
    ]
    before, after = dict(_told(old)), dict(_told(new))
    for name in dict.fromkeys((*after, *before)):
        was, now = before.get(name, "not told"), after.get(name, "not told")
        if was != now:
            found.append(FactChange(name, was, now))
    return tuple(found)


def _told(manifest: Manifest) -> Iterator[tuple[str, str]]:
    facts, stats = manifest.facts, manifest.stats
    yield "tasks", str(stats.tasks)
    yield "annotations", str(stats.annotations)
    yield "annotations with a proposal in view", str(stats.assisted_annotations)
    yield "simulated annotations", str(stats.simulated_annotations)
    for name, count in asdict(facts.gaps).items():
        yield name.replace("_", " "), str(count)
    for one in facts.agreement:
        said = "unknown" if one.alpha is None else f"{one.alpha:.3f}"
        yield f"agreement on {one.question}", said
    for question in facts.questions:
        yield f"question {question.name}", f"{question.kind}: {question.title}"
    if facts.guard is not None:
        yield "synthetic-data guard", str(facts.guard.get("verdict"))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    offset = 0
    with path.open("rb") as lines:
        for line in lines:
            yield offset, line
            offset += len(line)


def _row(lines: Any, offset: int) -> ReleaseRow:  # noqa: ANN401  # an open file
    lines.seek(offset)
    return LABELS.parse(lines.readline())


def _short(row: ReleaseRow) -> str:
    value = row.value
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
