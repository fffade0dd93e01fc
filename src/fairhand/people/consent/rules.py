"""The notice a person agrees to before working on a project; pure."""

from __future__ import annotations

from typing import Final

from fairhand.core.words import ENGLISH, Words
from fairhand.core.words import later as _

WORK_SCOPE = "annotate"

_NOTICE: Final = _(
    """\
You are asked to work on **{title}**. What the data is for: {purpose}

- Your answers are kept with a pseudonym, never your name, and may be used in dataset releases for \
this purpose.
- All your time is paid at {rate} an hour or more; a skip is paid too.
- You may stop at any time; what you have earned stays yours.
- Mode: {mode}.
"""
)
_MODES: Final = {
    "demo": _("demo"),
    "draft": _("draft"),
    "open": _("open"),
    "paused": _("paused"),
    "closed": _("closed"),
}


def work_notice(
    *,
    title: str,
    purpose: str,
    rate: str,
    mode: str,
    royalties: str = "",
    words: Words = ENGLISH,
) -> str:
    """Write the notice in plain words; its exact text is what the grant keeps."""
    said = words(_MODES.get(mode, mode))
    notice = words(_NOTICE, title=title, purpose=purpose, rate=rate, mode=said)
    if not royalties:
        return notice
    return notice + words("- Later uses: {royalties}\n", royalties=royalties)
