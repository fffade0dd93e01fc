"""The wage rows that come with the product: law-cited minimums, and drafts to be checked."""

from __future__ import annotations

from importlib import resources


def shipped_floors() -> str:
    """Read the shipped wagefloor/v1 file."""
    return (resources.files("fairhand.pay") / "data" / "wagefloors.csv").read_text("utf-8")
