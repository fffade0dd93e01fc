"""WebVTT: cues with times, their speaker where a voice tag names one, and plain text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fairhand.core.errors import Issue, MalformedError

_CLOCK: Final = r"(?:(\d{2,6}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMES: Final = re.compile(rf"\s*{_CLOCK}[ \t]+-->[ \t]+{_CLOCK}(?:[ \t].*)?")
_VOICE: Final = re.compile(r"<v(?:\.[^ \t>]*)?[ \t]+([^>]*)>")
_TAG: Final = re.compile(r"</?[a-zA-Z0-9:.][^>]*>|</>")


@dataclass(frozen=True, slots=True)
class Cue:
    """What is said from a time to a time, in milliseconds, and by whom."""

    start: int
    end: int
    text: str
    voice: str | None = None


def parse_cues(text: str, name: str) -> Iterator[Cue | Issue]:
    """Yield cues in their order, and Issues for blocks whose times are none.

    Raises MalformedError where a file does not begin as WebVTT does.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = lines[0].removeprefix("\ufeff")
    if first != "WEBVTT" and not first.startswith(("WEBVTT ", "WEBVTT\t")):
        raise MalformedError("does not begin with WEBVTT")
    for number, block in _blocks(lines):
        at = next((place for place, line in enumerate(block[:2]) if "-->" in line), None)
        if at is None:
            if number > 1 and not block[0].startswith(("NOTE", "STYLE", "REGION")):
                yield Issue(f"{name} line {number}", "is a block without times", "warning")
            continue
        times = _TIMES.fullmatch(block[at])
        if times is None:
            yield Issue(f"{name} line {number + at}", "has times that cannot be read")
            continue
        start, end = _ms(times.groups()[:4]), _ms(times.groups()[4:])
        if end <= start:
            yield Issue(f"{name} line {number + at}", "ends before it begins")
            continue
        yield _cue(start, end, "\n".join(block[at + 1 :]))


def _blocks(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    block: list[str] = []
    for number, line in enumerate([*lines, ""], start=1):
        if line:
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _cue(start: int, end: int, payload: str) -> Cue:
    voice = _VOICE.search(payload)
    text = html.unescape(_TAG.sub("", payload))
    return Cue(start, end, text, html.unescape(voice[1]).strip() if voice else None)


def _ms(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, part = (int(one or 0) for one in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000 + part
