"""Pictures of where items come from, and of what the literature predicts at their mix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from fairhand.proof.release.outlook import Outlook
from fairhand.web.shared import charts

_ORIGINS: Final = ("human", "assisted", "synthetic")
_WORDS: Final = ("people alone", "people with a model", "a model alone")


def mix(counts: Mapping[str, Any]) -> Iterator[Markup]:
    """Draw who stands behind answers and data, and how many models deep items are."""
    rows = [
        (name, [int(counts[key].get(origin, 0)) for origin in _ORIGINS])
        for name, key in (("answers", "answers"), ("data", "data"))
    ]
    names, values = zip(*rows, strict=True)
    yield charts.stacked_bars("Who stands behind it", names, _WORDS, values)
    depths = sorted((int(depth), int(rows)) for depth, rows in counts["depths"].items())
    yield charts.bars(
        "Models between a person and an item",
        [_models(depth) for depth, _ in depths],
        [rows for _, rows in depths],
        "items",
    )


def outlook_picture(seen: Outlook) -> Markup:
    """Draw where the error settles by the share of people's items, with this project's place."""
    here = None
    if seen.settles is not None and seen.weight >= seen.curve[0][0]:
        here = (100 * seen.weight, round(seen.settles, 2))
    return charts.curve(
        "Error in the end, by the share of people’s items",
        [(100 * weight, round(error, 2)) for weight, error in seen.curve],
        here,
        "here",
        lambda share: f"{share:.0f} %",
    )


def generations_picture(seen: Outlook) -> Markup:
    """Draw the error after some generations, replaced and added to."""
    names = [f"{count} later" for count, _ in seen.replaced]
    values = [
        (round(added, 2), round(max(replaced - added, 0.0), 2))
        for (_, replaced), (_, added) in zip(seen.replaced, seen.added, strict=True)
    ]
    return charts.stacked_bars(
        "Error after some generations of models", names, ("added to", "more when replaced"), values
    )


def history(before: Sequence[tuple[int, float]]) -> Markup | None:
    """Draw the share of people's items over releases; None with fewer than two."""
    if len(before) < 2:
        return None
    labels = [f"v{version}" for version, _ in before]
    return charts.line("People’s items, in percent", labels, [100 * share for _, share in before])


def _models(depth: int) -> str:
    if depth == 0:
        return "none"
    return "1 model" if depth == 1 else f"{depth} models"
