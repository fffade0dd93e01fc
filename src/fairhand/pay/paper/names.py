"""What activities and bases of pay are called, in the person's language."""

from __future__ import annotations

from fairhand.core.words import Words


def activity_name(words: Words, activity: str) -> str:
    """Say what was done."""
    _ = words
    names = {
        "annotate": _("answering"),
        "read": _("reading"),
        "train": _("training"),
        "qualify": _("qualifying"),
        "wait": _("waiting"),
        "appeal": _("writing a dispute"),
        "fault": _("a technical fault"),
        "break": _("a break"),
        "skip": _("skipping"),
        "royalty": _("use of what you made"),
        "top_up": _("top-up to the floor"),
    }
    return names.get(activity, activity)


def basis_name(words: Words, basis: str) -> str:
    """Say what an amount is paid for."""
    _ = words
    names = {
        "time": _("Time"),
        "piece": _("Pieces"),
        "audio": _("Minutes of audio"),
        "block": _("Minimum block"),
        "cancellation": _("Called off late"),
        "premium": _("Premium"),
        "overtime": _("Overtime"),
        "expense": _("Expenses"),
        "royalty": _("Royalty"),
        "correction": _("Correction"),
        "top_up": _("Top-up to the floor"),
    }
    return names.get(basis, basis)
