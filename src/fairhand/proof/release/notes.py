"""What only the owner of a release can say, in their own words: for the datasheet.

The questions are asked in the spirit of Gebru et al. 2021, "Datasheets for Datasets"; whatever the
workspace knows by itself is not asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fairhand.core.errors import InvalidError, Issue

NOTES: Final = {
    "motivation": "Why was this made, for whom, and who paid for it?",
    "source": "Where does what was asked about come from, and how was it chosen?",
    "errors": "Which errors, noise or repetitions do you know of?",
    "sensitive": "Could it hurt, reveal or wrong somebody?",
    "preparation": "What was done to it before people were asked?",
    "not_for": "What should it not be used for?",
    "upkeep": "Who looks after it, and how can they be reached?",
}
"""The questions by their names."""

MOST_LETTERS: Final = 2_000


def parse_notes(content: Mapping[str, Any] | None) -> dict[str, str]:
    """Read an owner's words by question; empty ones are left out, spaces are made single.

    Raises InvalidError for a question that is not asked, and for words that are none or too many.
    """
    issues = []
    told = {}
    for name, words in (content or {}).items():
        if name not in NOTES:
            issues.append(Issue(f"notes.{name}", f"is not asked; known: {', '.join(NOTES)}"))
        elif not isinstance(words, str) or len(words) > MOST_LETTERS:
            issues.append(Issue(f"notes.{name}", f"must be up to {MOST_LETTERS} characters"))
        elif plain := " ".join("".join(c if c.isprintable() else " " for c in words).split()):
            told[name] = plain
    if issues:
        first = issues[0]
        raise InvalidError(f"{first.place} {first.message}.", issues=issues)
    return dict(sorted(told.items()))
