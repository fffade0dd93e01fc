"""A stricter look at a machine-readable card than its readers take: whatever is wrong is named.

A reader of Croissant lets pass what it does not know: a misspelt word, a version that is none, a
missing licence. Here every word must be one of Croissant 1.1, its responsible-AI part 1.0, PROV-O,
ODRL 2.2 or our own, and every name that is pointed at must be there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Final

from fairhand.core.errors import Issue
from fairhand.proof.release.croissant import NOT_STATED
from fairhand.proof.release.croissant_graph import check_graph
from fairhand.proof.release.croissant_known import (
    DATASET,
    ODRL,
    PROV,
    RAI,
    RAI_SINGLE,
)
from fairhand.proof.release.croissant_words import (
    CONTEXT,
    CROISSANT_VERSION,
    FAIR_WORK,
    RAI_VERSION,
)
from fairhand.proof.release.fair_work_words import SMALLEST_GROUP, TERMS, camel

_VERSION: Final = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", re.ASCII)
_REQUIRED: Final = ("name", "description", "license", "version", "datePublished", "creator")
_WORDS: Final = {
    "rai": ("the responsible-AI part 1.0", RAI),
    "prov": ("PROV-O", PROV),
    "odrl": ("ODRL 2.2", ODRL),
    "fw": ("the fair-work vocabulary", frozenset({"fairWork", "whoLabelled", *map(camel, TERMS)})),
}
_KNOWN_ELSEWHERE: Final = frozenset({"fairhand"})  # our profile of ODRL; formats.odrl reads it


def check_croissant(data: bytes) -> list[Issue]:
    """List what is wrong with a card, each with its place; no errors: it is complete."""
    try:
        card = json.loads(data)
    except (ValueError, RecursionError) as error:
        return [Issue("croissant.json", f"it is no JSON: {error}")]
    if not isinstance(card, dict):
        return [Issue("croissant.json", "it is no JSON object")]
    checks = (_context, _versions, _required, _dataset_words, _words, _fair_work, _usage)
    found = [issue for check in checks for issue in check(card)]
    return [*found, *check_graph(card)]


def _context(card: Mapping[str, Any]) -> Iterator[Issue]:
    context = card.get("@context")
    if not isinstance(context, dict):
        yield Issue("@context", "@context is missing, or points elsewhere instead of being there")
        return
    for name, value in CONTEXT.items():
        if context.get(name) != value and name not in ("prov", "odrl", "xsd", "fw", "fairhand"):
            yield Issue(f"@context.{name}", f"@context says {name} in another way than Croissant")
    if context.get("fw", f"{FAIR_WORK}#") != f"{FAIR_WORK}#":
        yield Issue("@context.fw", f"the prefix fw is not {FAIR_WORK}#")


def _versions(card: Mapping[str, Any]) -> Iterator[Issue]:
    said = card.get("conformsTo")
    listed = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    for version in (CROISSANT_VERSION, RAI_VERSION):
        if version not in listed:
            told = ", ".join(map(str, listed)) or "nothing"
            yield Issue("conformsTo", f"conformsTo must name {version}; it names {told}")
    if card.get("@type") not in ("sc:Dataset", "Dataset"):
        yield Issue("@type", f"@type must be sc:Dataset, not {card.get('@type')!r}")
    own = card.get("version")
    if own is not None and not (isinstance(own, str) and _VERSION.fullmatch(own)):
        yield Issue("version", f"version {own!r} is none: write it as 3.0.0")


def _required(card: Mapping[str, Any]) -> Iterator[Issue]:
    for name in _REQUIRED:
        if not card.get(name):
            yield Issue(name, f"{name} is missing")
    if card.get("license") == NOT_STATED:
        yield Issue("license", "the licence is not stated", "warning")
    published = card.get("datePublished")
    if published is not None and not _is_date(published):
        yield Issue("datePublished", f"datePublished {published!r} is no ISO 8601 date")


def _dataset_words(card: Mapping[str, Any]) -> Iterator[Issue]:
    for name in card:
        if ":" not in name and name not in DATASET:
            yield Issue(name, f"{name} is no field of a Croissant dataset{_meant(name, DATASET)}")


def _words(card: Mapping[str, Any]) -> Iterator[Issue]:
    """Name every word with a prefix that its vocabulary does not have, wherever it stands."""
    for place, name in _prefixed({key: card[key] for key in card if key != "@context"}, ""):
        prefix, _, word = name.partition(":")
        if prefix in _WORDS:
            title, known = _WORDS[prefix]
            if word not in known:
                yield Issue(place, f"{name} is no word of {title}{_meant(word, known, prefix)}")
        elif prefix not in _KNOWN_ELSEWHERE:
            yield Issue(place, f"{name} is of a vocabulary that is not known here")
    for name in RAI_SINGLE:
        if isinstance(card.get(f"rai:{name}"), list):
            yield Issue(f"rai:{name}", f"rai:{name} is one text, not a list")


def _fair_work(card: Mapping[str, Any]) -> Iterator[Issue]:
    """Refuse a figure about fewer people than may be told."""
    for name in ("fw:fairWork", "fw:whoLabelled"):
        content = card.get(name)
        if content is None:
            continue
        if not isinstance(content, dict):
            yield Issue(name, f"{name} is no object")
            continue
        least = content.get("fw:smallestGroup")
        if not isinstance(least, int) or least < SMALLEST_GROUP:
            yield Issue(name, f"{name} must say fw:smallestGroup, at least {SMALLEST_GROUP}")
            least = SMALLEST_GROUP
        for place, people in _people(content, name):
            if not isinstance(people, int) or 0 < people < least:
                yield Issue(place, f"{place}: a figure about {people} people must be withheld")


def _usage(card: Mapping[str, Any]) -> Iterator[Issue]:
    usage = card.get("usageInfo")
    for policy in usage if isinstance(usage, list) else [usage]:
        if policy is not None:
            yield from _one_policy(policy)


def _one_policy(usage: Any) -> Iterator[Issue]:  # noqa: ANN401  # JSON
    if not isinstance(usage, dict) or not usage.get("odrl:permission"):
        yield Issue("usageInfo", "usageInfo permits nothing: it is no ODRL policy of this profile")
        return
    for number, one in enumerate(usage["odrl:permission"]):
        place = f"usageInfo.permission[{number}]"
        lacks = [
            name
            for name in ("odrl:action", "odrl:target", "odrl:constraint")
            if not isinstance(one, dict) or not one.get(name)
        ]
        if lacks:
            yield Issue(place, f"{place} lacks {', '.join(lacks)}")


def _prefixed(value: Any, place: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401  # JSON
    """Find every key with a prefix, and where it stands."""
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _prefixed(one, f"{place}[{number}]")
    if isinstance(value, dict):
        for name, one in value.items():
            here = f"{place}.{name}" if place else name
            if ":" in name and not name.startswith("@"):
                yield here, name
            if name != "data":
                yield from _prefixed(one, here)


def _people(value: Any, place: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  # JSON
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _people(one, f"{place}[{number}]")
    if isinstance(value, dict):
        for name, one in value.items():
            if name == "fw:people":
                yield f"{place}.{name}", one
            else:
                yield from _people(one, f"{place}.{name}")


def _is_date(text: object) -> bool:
    try:
        datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return False
    return True


def _meant(word: str, known: frozenset[str], prefix: str = "") -> str:
    close = get_close_matches(word, sorted(known), 1, 0.75)
    head = f"{prefix}:" if prefix else ""
    return f"; did you mean {head}{close[0]}?" if close else ""
