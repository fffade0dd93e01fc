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


def text(
    name: str,
    *,
    title: str | None = None,
    most: int = 10_000,
    markdown: bool = False,
    edit: bool = False,
) -> Question:
    """Ask to write: `text("reply", markdown=True)`; with `edit` from the task's column `draft`."""
    config = {"max_length": most, "markdown": markdown, "edit": edit}
    return _question(name, "text", title, config)


def spans(
    name: str,
    labels: Sequence[str],
    *,
    title: str | None = None,
    relations: Sequence[str] = (),
    snap: bool = True,
) -> Question:
    """Ask to mark words of the text: `spans("names", ["person", "place"], relations=["is in"])`."""
    config: dict[str, Any] = {"labels": _labels(labels), "snap": snap}
    if relations:
        config["relations"] = _labels(relations)
    return _question(name, "spans", title, config)


def pairwise(
    name: str, *, title: str | None = None, strength: int = 3, reason: str = "optional"
) -> Question:
    """Ask which of two replies is better: `pairwise("better", strength=2)`."""
    config = {"strength": strength, "tie": True, "both_bad": True, "reason": reason}
    return _question(name, "pairwise", title, config)


def ranking(
    name: str, *, title: str | None = None, best_worst: bool = False, ties: bool = True
) -> Question:
    """Ask for an order of replies, or for the best and the worst: `ranking("order")`."""
    mode = "best_worst" if best_worst else "full"
    return _question(name, "ranking", title, {"mode": mode, "ties": ties})


def rating(
    name: str,
    criteria: Sequence[str] = ("rating",),
    *,
    title: str | None = None,
    steps: int = 5,
    each: str = "task",
) -> Question:
    """Ask for numbers on a scale: `rating("quality", ["helpful", "true"], each="reply")`."""
    named = [{"name": one} for one in criteria]
    return _question(name, "rating", title, {"criteria": named, "steps": steps, "each": each})


def relevance(name: str, *, title: str | None = None, passages: str = "none") -> Question:
    """Ask how well documents answer a query: `relevance("grade", passages="optional")`."""
    return _question(name, "relevance", title, {"passages": passages})


def _question(name: str, kind: str, title: str | None, config: dict[str, Any]) -> Question:
    shown = title or name.replace("_", " ").capitalize()
    return {"name": name, "kind": kind, "title": shown, "config": config}


def _labels(labels: Sequence[str]) -> list[dict[str, str]]:
    return [{"value": label} for label in labels]
