"""Stretches of a sound: from a start to an end, in whole milliseconds; what two kinds share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from fairhand.core.errors import Issue
from fairhand.labels.kind import AnswerContext, Json, json_type, shown, unknown_keys

MAX_STRETCHES: Final = 5_000
MAX_MS: Final = 24 * 3_600_000
SHORTEST_MS: Final = 10

Stretch = tuple[int, int]
"""Its start and end."""


def stretch_issues(
    given: Json, known: frozenset[str], place: str, context: AnswerContext
) -> Iterator[Issue]:
    """Report what is wrong with one stretch's keys and times; its words are its kind's own.

    Without a known length of the sound only the order of the times is checked.
    """
    if not isinstance(given, Mapping):
        yield Issue(place, f"must be a mapping with a start and an end, not {json_type(given)}")
        return
    yield from unknown_keys(given, known, place)
    wrong = False
    for name in ("start", "end"):
        time = given.get(name)
        if not isinstance(time, int) or isinstance(time, bool) or not 0 <= time <= MAX_MS:
            wrong = True
            found = shown(time)
            yield Issue(f"{place}.{name}", f"must be whole milliseconds from 0, not {found}")
    if wrong:
        return
    if given["end"] - given["start"] < SHORTEST_MS:
        yield Issue(f"{place}.end", f"must be at least {SHORTEST_MS} ms after its start")
    if context.duration_ms is not None and given["end"] > context.duration_ms:
        long = f"the sound is {context.duration_ms} ms long"
        yield Issue(f"{place}.end", f"is at {given['end']} ms; {long}")


def list_issues(given: Json, place: str) -> list[Issue]:
    """Report what is no list of a bearable number of stretches."""
    if not isinstance(given, list):
        return [Issue(place, f"must be a list, not {json_type(given)}")]
    if len(given) > MAX_STRETCHES:
        return [Issue(place, f"has {len(given)} entries; {MAX_STRETCHES} are allowed")]
    return []


def overlaps(stretches: Sequence[Mapping[str, Json]]) -> Iterator[tuple[int, int]]:
    """Find the stretches that begin before another that came before them has ended.

    Gives their places in the list, the earlier one first.
    """
    order = sorted(range(len(stretches)), key=lambda at: (stretches[at]["start"], at))
    longest: int | None = None
    for at in order:
        if longest is not None and stretches[at]["start"] < stretches[longest]["end"]:
            yield longest, at
        if longest is None or stretches[at]["end"] > stretches[longest]["end"]:
            longest = at


def likeness(one: Any, other: Any) -> float:  # noqa: ANN401  # two answers
    """Share of time that both marked with the same label, of the time that either did (IoU)."""
    ours, theirs = by_label(one), by_label(other)
    both = either = 0
    for label in {*ours, *theirs}:
        mine, its = ours.get(label, []), theirs.get(label, [])
        shared = shared_ms(mine, its)
        both += shared
        either += _length(mine) + _length(its) - shared
    return both / either if either else 1.0


def by_label(answer: Any) -> dict[str, list[Stretch]]:  # noqa: ANN401  # an answer
    """Collect an answer's stretches of each label; those of one label do not overlap."""
    found: dict[str, list[Stretch]] = {}
    for segment in answer["segments"]:
        found.setdefault(segment["label"], []).append((segment["start"], segment["end"]))
    return found


def _length(stretches: Iterable[Stretch]) -> int:
    return sum(end - start for start, end in stretches)


def shared_ms(mine: Sequence[Stretch], its: Sequence[Stretch]) -> int:
    """Sum the time in both; neither overlaps itself, so one walk through the two is enough."""
    ours, theirs = sorted(mine), sorted(its)
    at = other = shared = 0
    while at < len(ours) and other < len(theirs):
        (start, end), (begin, stop) = ours[at], theirs[other]
        shared += max(0, min(end, stop) - max(start, begin))
        if end <= stop:
            at += 1
        else:
            other += 1
    return shared
