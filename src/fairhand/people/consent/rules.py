"""The notice a person agrees to before working on a project; pure."""

from __future__ import annotations

WORK_SCOPE = "annotate"

_NOTICE_EN = """\
You are asked to work on **{title}**. What the data is for: {purpose}

- Your answers are kept with a pseudonym, never your name, and may be used in dataset releases for \
this purpose.
- All your time is paid at {rate} an hour or more; a skip is paid too.
- You may stop at any time; what you have earned stays yours.
- Mode: {mode}.
"""


def work_notice(*, title: str, purpose: str, rate: str, mode: str, royalties: str = "") -> str:
    """Write the notice in plain words; its exact text is what the grant keeps."""
    notice = _NOTICE_EN.format(title=title, purpose=purpose, rate=rate, mode=mode)
    return f"{notice}- Later uses: {royalties}\n" if royalties else notice
