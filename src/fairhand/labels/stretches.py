"""Stretches of a sound: from a start to an end, in whole milliseconds; what two kinds share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from fairhand.core.errors import Issue
from fairhand.labels.kind import AnswerContext, Json, json_type, shown, unknown_keys

MAX_STRETCHES: Final = 5_000
MAX_MS: Final = 24 * 3_600_000
SHORTEST_MS: Final = 10


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
