"""Questions as the server takes them, written in one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairhand.client.shapes import Question


def choice(
    name: str, labels: Sequence[str], *, title: str | None = None, multiple: bool = False
) -> Question:
    """Ask to choose a label: `choice("digit", "0123456789", title="Which digit is it?")`."""
    return _question(name, "choice", title, {"labels": _labels(labels), "multiple": multiple})


def mask(
    name: str, labels: Sequence[str], *, title: str | None = None, instances: bool = False
) -> Question:
    """Ask to paint regions: `mask("tissue", ["nucleus", "gland"])`."""
    return _question(name, "mask", title, {"labels": _labels(labels), "instances": instances})


def _question(name: str, kind: str, title: str | None, config: dict[str, Any]) -> Question:
    shown = title or name.replace("_", " ").capitalize()
    return {"name": name, "kind": kind, "title": shown, "config": config}


def _labels(labels: Sequence[str]) -> list[dict[str, str]]:
    return [{"value": label} for label in labels]
