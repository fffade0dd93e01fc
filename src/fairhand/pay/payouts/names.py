"""What a bank makes of a name: Latin letters and few signs, told before it happens."""

from __future__ import annotations

import re

from text_unidecode import unidecode  # type: ignore[import-untyped]

NAME_MAX = 70
"""Max70Text, the length of a name in SEPA credit transfers (EPC rulebook 2025, AT-E001)."""

# The Latin set of EPC217-08, which every SEPA bank takes.
_OTHERS = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")


def as_the_bank_sees_it(text: str, longest: int = NAME_MAX) -> str:
    """Write a text in the letters of the SEPA Latin set (EPC217-08), cut to `longest`.

    Empty when nothing of it can be written so. The original is what we keep and show to people.
    """
    latin = _OTHERS.sub(" ", unidecode(text).replace("&", "+"))
    words = " ".join(latin.split()).strip("/")
    return re.sub("/{2,}", "/", words)[:longest].strip()
