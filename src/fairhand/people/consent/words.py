"""A consent record in plain words, written from the same object as its JSON-LD; pure."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant, iso
from fairhand.core.words import later as _
from fairhand.formats.consent_record import DECLINING, ConsentRecord
from fairhand.model.licence import WORLDWIDE
from fairhand.people.consent.notices import MODALITY_WORDS, PURPOSE_WORDS

_STATES = {
    "given": "You permitted",
    "withdrawn": "You ended",
    "replaced": "A newer permission of yours took its place",
    "expired": "It ended by itself",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One purpose: its words, whether the campaign needs it, and when it ended, if it did."""

    purpose: str
    words: str
    needed: bool
    ended_at: Instant | None


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with pairs of a name and a value."""

    title: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RecordWords:
    """A whole record in words."""

    what: str
    until: str
    lines: tuple[Line, ...]
    parts: tuple[Part, ...]


def record_words(record: ConsentRecord) -> RecordWords:
    """Say a record in words; every fact is read from it."""
    terms = record.policy.terms
    lines = tuple(
        Line(one, PURPOSE_WORDS[one], one in record.needed, terms.withdrawn.get(one))
        for one in PURPOSE_WORDS
        if one in terms.purposes
    )
    return RecordWords(
        what=MODALITY_WORDS[terms.modality],
        until=iso(terms.ends)[:10],
        lines=lines,
        parts=(
            Part("Limits", _limits(record)),
            Part("Who asked, and what for", _parties(record)),
            Part("Your way out", _way_out(record)),
            Part("What happened", _events(record)),
            Part("Proof", _proof(record)),
        ),
    )


def place_words(territory: frozenset[str]) -> str:
    """Say where something may be used."""
    return _("anywhere") if WORLDWIDE in territory else ", ".join(sorted(territory)) or _("nowhere")


def _limits(record: ConsentRecord) -> tuple[tuple[str, str], ...]:
    terms = record.policy.terms
    who = terms.recipients
    return (
        ("From", _when(terms.starts)),
        ("Until", _when(terms.ends)),
        ("Where", place_words(terms.territory)),
        (
            "Who may get it",
            "whoever holds a licence" if who is None else ", ".join(sorted(who)) or "nobody",
        ),
        ("Kept for", f"{record.retention_days} days at most; {', '.join(record.storage)}"),
        ("Not permitted", "everything that is not named above"),
    )


def _parties(record: ConsentRecord) -> tuple[tuple[str, str], ...]:
    who = record.controller
    facts = [
        ("Who asked", f"{who['name']}, {who['address']} ({who['jurisdiction']})"),
        ("Write to", who["contact"]),
        ("What is done with it", "; ".join(record.processing)),
        ("Pay", f"{record.pay} {DECLINING}"),
        ("Later income", record.royalty),
    ]
    if record.guardian is not None:
        said = record.guardian
        facts.append(("Who agreed for you", f"{said['name']} ({said['relation']})"))
    if record.proxy is not None:
        facts.append(("Who may act for you", str(record.proxy.get("name", ""))))
    return tuple(facts)


def _way_out(record: ConsentRecord) -> tuple[tuple[str, str], ...]:
    return (
        ("How to end it", record.withdrawal),
        ("Your rights", "; ".join(record.rights)),
        ("Who hears complaints", record.authority),
    )


def _events(record: ConsentRecord) -> tuple[tuple[str, str], ...]:
    return tuple(
        (
            _when(one.at),
            f"{_STATES[one.state]}: {'; '.join(PURPOSE_WORDS[name] for name in one.purposes)}",
        )
        for one in record.events
    )


def _proof(record: ConsentRecord) -> tuple[tuple[str, str], ...]:
    notice, seen = record.notice, record.understanding
    facts = [
        ("Record", record.uid),
        (
            "Notice",
            f"version {notice['version']} in {notice['language']}, SHA-256 {notice['sha256']}",
        ),
        ("Shown by", str(notice["rendering"])),
        ("Two questions", f"answered rightly at try {seen.get('tries', 1)}"),
    ]
    if record.log_event is not None:
        facts.append(("Line of the log", str(record.log_event)))
    return tuple(facts)


def _when(at: Instant) -> str:
    return iso(at)[:16].replace("T", " ") + " UTC"
