"""What a release is made of, as pictures: each is left out where its fact is not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from fairhand.proof.release.manifest import Manifest
from fairhand.proof.release.rules import PayFacts, ReleaseStats
from fairhand.web.shared import charts

_MOST_LABELS: Final = 20
_ORIGINS: Final = ("human", "assisted", "synthetic")
_CONDITIONS: Final = {
    "hours": "Paid time",
    "floors": "Where the floors come from",
    "exposure": "Content that can hurt",
    "skips": "Skips, all of them paid",
    "consent": "Consent",
    "appeals": "Decisions and appeals",
    "royalties": "Royalties",
}
_ORIGIN_WORDS: Final = ("people alone", "people with a model", "a model alone")


def label_pictures(stats: ReleaseStats) -> list[Markup]:
    """Draw the labels of each choice, the most frequent first, so that an odd balance is seen."""
    return [
        charts.bars(f"Answers to “{one.name}”", *_most(one.labels))
        for one in stats.questions
        if one.labels
    ]


def agreement_picture(manifest: Manifest) -> Markup | None:
    """Draw how far people agree, with the interval that it is known to lie in."""
    known = [
        charts.Interval(_cut(one.question), one.alpha, one.low, one.high)
        for one in manifest.facts.agreement
        if one.alpha is not None and one.low is not None and one.high is not None
    ]
    if not known:
        return None
    lowest = min(0.0, *(one.low for one in known))
    return charts.intervals("Agreement beyond chance (1: always)", known, low=lowest)


def confidence_picture(stats: ReleaseStats) -> Markup | None:
    """Draw how sure the answers to each question are."""
    sure = [one for one in stats.questions if one.mean_confidence is not None]
    if not sure:
        return None
    names = [_cut(one.name) for one in sure]
    values = [round(100 * (one.mean_confidence or 0.0), 1) for one in sure]
    return charts.bars("How sure the answers are, on average", names, values, "%", 100.0)


def pay_picture(pay: PayFacts | None) -> Markup | None:
    """Draw what an hour paid beside what the floor asked for it."""
    if pay is None:
        return None
    rows = [("least paid", pay.min_per_hour), ("median", pay.median_per_hour)]
    if pay.floor_max_per_hour is not None:
        rows.insert(0, ("highest floor", pay.floor_max_per_hour))
    names, amounts = zip(*rows, strict=True)
    return charts.bars(
        f"An hour of work, in {pay.currency}", names, [float(one) for one in amounts]
    )


def origin_pictures(guard: Mapping[str, Any] | None) -> Iterator[Markup]:
    """Draw who stands behind answers and data, and how many models deep items are."""
    counts = (guard or {}).get("counts")
    if not isinstance(counts, Mapping):
        return
    rows = [
        (name, [int(counts.get(key, {}).get(origin, 0)) for origin in _ORIGINS])
        for name, key in (("answers", "answers"), ("their data", "data"))
    ]
    rows = [(name, row) for name, row in rows if sum(row)]
    if rows:
        names, values = zip(*rows, strict=True)
        yield charts.stacked_bars("Who stands behind it", names, _ORIGIN_WORDS, values)
    depths = sorted((int(depth), int(rows)) for depth, rows in counts.get("depths", {}).items())
    if len(depths) > 1 or (depths and depths[0][0] > 0):
        names = tuple(_models_deep(depth) for depth, _ in depths)
        yield charts.bars("Models between a person and an item", names, [n for _, n in depths])


def split_picture(manifest: Manifest) -> Markup | None:
    """Draw how rows are parted for training and evaluation."""
    found = split_rows(manifest)
    if not found:
        return None
    return charts.bars(
        "Rows in each split", [_cut(name) for name, _ in found], [n for _, n in found]
    )


def split_rows(manifest: Manifest) -> list[tuple[str, int]]:
    """Count the rows of each split, in the order in which the release names them."""
    counts = (manifest.facts.guard or {}).get("counts") or {}
    rows = {str(one["name"]): int(one["rows"]) for one in counts.get("splits", ())}
    named = [name for name in (manifest.facts.splits or {}).get("shares", {}) if name in rows]
    return [(name, rows[name]) for name in dict.fromkeys((*named, *rows)) if name]


def who_pictures(who: Mapping[str, Any] | None) -> Iterator[Markup]:
    """Draw how many people of each group took part; groups of few are not among them."""
    groups = (who or {}).get("groups", ())
    for by, title in (("country", "People, by country"), ("language", "People, by language")):
        shown = [one for one in groups if one["by"] == by][:_MOST_LABELS]
        if shown:
            names = [_cut(str(one["name"])) for one in shown]
            yield charts.bars(title, names, [int(one["people"]) for one in shown])


def condition_pictures(fair_work: Mapping[str, Any]) -> Iterator[Markup]:
    """Draw what paid time was for, and how long content that can hurt was in view."""
    hours = fair_work.get("hours", {}).get("by_kind", ())
    if hours:
        names = [_cut(str(one["kind"])) for one in hours]
        yield charts.bars(
            "Paid minutes, by what for", names, [int(one["minutes"]) for one in hours]
        )
    tiers = fair_work.get("exposure", {}).get("by_tier", ())
    if tiers:
        names = [f"tier {one['tier']}" for one in tiers]
        yield charts.bars("Minutes in view, by tier", names, [int(one["minutes"]) for one in tiers])


def condition_words(fair_work: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say each part of the conditions in words, with what is withheld or not known said to be.

    Parts of which just the same is said stand on one line.
    """
    named: dict[str, list[str]] = {}
    for name, title in _CONDITIONS.items():
        if words := _condition(fair_work.get(name)):
            named.setdefault(words, []).append(title)
    return [(", ".join(titles), words) for words, titles in named.items()]


def _condition(part: object) -> str:
    if not isinstance(part, Mapping):
        return "not part of this version"
    told = [
        f"{key.replace('_', ' ')}: {value:,}"
        for key, value in part.items()
        if isinstance(value, int) and not isinstance(value, bool)
    ]
    told += [str(one["title"]) for one in part.get("sources", ())]
    told += [f"not known: {part['unknown']}"] if "unknown" in part else []
    told += [f"withheld: {part['withheld']}"] if "withheld" in part else []
    return "; ".join(told)


def versions_picture(versions: Sequence[int], rows: Sequence[int]) -> Markup | None:
    """Draw how a dataset grew from version to version; one version alone is no picture."""
    if len(versions) < 2:
        return None
    return charts.bars("Answers in each version", [f"version {one}" for one in versions], rows)


def _most(labels: Mapping[str, int]) -> tuple[list[str], list[int]]:
    """The most frequent labels, the rest as one bar; those of one number in their own order."""
    ordered = sorted(labels.items(), key=lambda item: -item[1])
    shown, rest = ordered[:_MOST_LABELS], ordered[_MOST_LABELS:]
    if rest:
        shown.append((f"{len(rest)} more", sum(count for _, count in rest)))
    return [_cut(label) for label, _ in shown], [count for _, count in shown]


def _models_deep(depth: int) -> str:
    if depth == 0:
        return "none"
    return "1 model" if depth == 1 else f"{depth} models"


def _cut(name: str) -> str:
    """As much of a name as stands beside a bar."""
    return name if len(name) <= 13 else f"{name[:12]}…"
