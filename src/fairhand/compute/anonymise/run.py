"""What a campaign hides, in one call: faces and marked places, numbers and names, voices."""

from __future__ import annotations

from collections.abc import Mapping

from fairhand.compute.anonymise.made import Anonymised
from fairhand.core.errors import MalformedError

__all__ = ["Anonymised", "anonymise"]


def anonymise(content: bytes, media_type: str, rules: Mapping[str, str], seed: int) -> Anonymised:
    """Hide in a file what the rules name; the same file, rules and seed give the same again.

    `rules` are those of the campaign that concern this sort of file (`faces`, `plates`, `text`,
    `voice`), and `boxes`: JSON [[x, y, width, height], ...] in parts of 1 of the upright picture,
    which a person marked, also when they marked none. Raises UnavailableError where something
    cannot be hidden (then nobody may be shown it), MalformedError for what cannot be read.
    """
    sort = media_type.split("/")[0]
    if sort == "image":
        from fairhand.compute.anonymise.pictures import hide_in_picture

        return hide_in_picture(content, media_type, rules)
    if sort == "audio":
        from fairhand.compute.anonymise.voice import hide_voice

        return hide_voice(content, media_type, rules, seed)
    if sort == "text":
        from fairhand.compute.anonymise.text import hide_in_text

        return hide_in_text(content, media_type, rules)
    raise MalformedError(f"Nothing can be hidden in a file of the type {media_type}.")
