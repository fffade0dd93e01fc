"""What comes back when something was made harder to recognise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Anonymised:
    """A file as others may see it, what was done to it, and what its giver should know.

    The name says what was tried. None of it makes anybody anonymous for good: see
    docs/explanation/anonymisation.md.
    """

    content: bytes
    media_type: str
    done: list[dict[str, Any]]
    warnings: list[str] = field(default_factory=list)
