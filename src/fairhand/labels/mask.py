"""Mask: which pixels belong to which label.

Config `{"labels": [...], "instances": false}`; answer `{"size": [height, width], "regions":
[{"label": "nucleus", "counts": "<COCO compressed run lengths>"}]}`, or the same with no regions
and `"nothing": true`: that there is nothing to see must be said, not left out.

Without `instances` a pixel has one meaning: at most one region per label, and no two regions
share a pixel. With `instances` each region is one thing; things may hide each other, so regions
may overlap, yet the same region twice is refused as a slip of the hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairhand.core.errors import Issue
from fairhand.labels import rle
from fairhand.labels.kind import (
    AnswerContext,
    Config,
    Example,
    Examples,
    Json,
    Kind,
    json_type,
    shown,
    unknown_keys,
)
from fairhand.labels.label_set import flag_issues, label_values, validate_labels, with_defaults

MAX_REGIONS = 10_000

_CONFIG_KEYS = frozenset({"labels", "instances"})
_ANSWER_KEYS = frozenset({"size", "regions", "nothing"})
_REGION_KEYS = frozenset({"label", "counts"})

Place = "answer.regions[{}]"


def validate_config(config: Json) -> list[Issue]:
    """Report everything wrong with the config of a mask."""
    if not isinstance(config, Mapping):
        return [Issue("config", f"must be a mapping, not {json_type(config)}")]
    extra = unknown_keys(config, _CONFIG_KEYS, "config")
    return [*extra, *validate_labels(config), *flag_issues(config, "instances")]


def validate_answer(config: Config, answer: Json, context: AnswerContext) -> list[Issue]:
    """Report masks that do not fit the image, the labels, each other or the format."""
    if not isinstance(answer, Mapping):
        return [
            Issue("answer", f"must be a mapping with size and regions, not {json_type(answer)}")
        ]
    issues = [
        *unknown_keys(answer, _ANSWER_KEYS, "answer"),
        *_size_issues(answer.get("size"), context),
        *_region_list_issues(answer),
    ]
    return issues or _region_issues(config, answer)


def normalise_answer(config: Config, answer: Json) -> Json:
    """Sort regions by label and place, and write each mask in its one shortest form."""
    height, width = answer["size"]
    regions = [
        {
            "label": region["label"],
            "counts": rle.runs_to_text(rle.text_to_runs(region["counts"], height, width)),
        }
        for region in answer["regions"]
    ]
    regions.sort(key=lambda region: (region["label"], region["counts"]))
    canonical: dict[str, Json] = {"size": [height, width], "regions": regions}
    return canonical if regions else {**canonical, "nothing": True}


def is_empty(config: Config, answer: Json) -> bool:
    """True when nothing is drawn and nobody said that there is nothing."""
    if not isinstance(answer, Mapping):
        return answer is None or answer == ""
    return not answer.get("regions") and answer.get("nothing") is not True


def _size_issues(size: Json, context: AnswerContext) -> list[Issue]:
    place = "answer.size"
    if context.image_height is None or context.image_width is None:
        return [Issue("answer", "this task has no image to draw a mask on")]
    if not isinstance(size, list) or len(size) != 2 or not all(type(side) is int for side in size):
        return [Issue(place, "must be [height, width] in whole pixels")]
    if size != [context.image_height, context.image_width]:
        expected = f"[{context.image_height}, {context.image_width}]"
        return [Issue(place, f"does not match the image, which is {expected} (height, width)")]
    return []


def _region_list_issues(answer: Mapping[str, Json]) -> list[Issue]:
    regions, nothing = answer.get("regions"), answer.get("nothing", False)
    if not isinstance(nothing, bool):
        return [Issue("answer.nothing", f"must be true or false, not {json_type(nothing)}")]
    if not isinstance(regions, list):
        return [Issue("answer.regions", f"must be a list of regions, not {json_type(regions)}")]
    if len(regions) > MAX_REGIONS:
        return [Issue("answer.regions", f"has {len(regions)} regions; {MAX_REGIONS} are allowed")]
    if nothing and regions:
        return [Issue("answer.nothing", "says that there is nothing, yet regions are drawn")]
    if not nothing and not regions:
        hint = 'is empty; draw a region, or say "nothing": true'
        return [Issue("answer.regions", hint)]
    return []


def _region_issues(config: Config, answer: Mapping[str, Json]) -> list[Issue]:
    """Check each region by itself, then all of them together."""
    height, width = answer["size"]
    labels = frozenset(label_values(config))
    masks: list[rle.Runs] = []
    issues: list[Issue] = []
    for index, region in enumerate(answer["regions"]):
        place = Place.format(index)
        found = list(_shape_issues(region, labels, place))
        if not found:
            found = _read_mask(region["counts"], height, width, place, masks)
        issues += found
    return issues or list(_together_issues(config, answer["regions"], masks))


def _shape_issues(region: Json, labels: frozenset[str], place: str) -> Iterator[Issue]:
    if not isinstance(region, Mapping):
        yield Issue(place, f"must be a mapping with label and counts, not {json_type(region)}")
        return
    yield from unknown_keys(region, _REGION_KEYS, place)
    label, counts = region.get("label"), region.get("counts")
    if not isinstance(label, str) or label not in labels:
        yield Issue(f"{place}.label", f"{shown(label)} is not a label of this question")
    if not isinstance(counts, str):
        yield Issue(f"{place}.counts", f"must be COCO run lengths, not {json_type(counts)}")


def _read_mask(
    counts: str, height: int, width: int, place: str, masks: list[rle.Runs]
) -> list[Issue]:
    """Add the region's runs to `masks`, or say why they cannot be read."""
    try:
        runs = rle.text_to_runs(counts, height, width)
    except rle.RleError as error:
        return [Issue(f"{place}.counts", str(error))]
    masks.append(runs)
    return [] if rle.area(runs) else [Issue(f"{place}.counts", "no pixel is inside this region")]


def _together_issues(
    config: Config, regions: list[dict[str, Json]], masks: list[rle.Runs]
) -> Iterator[Issue]:
    instances = config.get("instances", False)
    first: dict[tuple[str, bytes], int] = {}
    for index, (region, runs) in enumerate(zip(regions, masks, strict=True)):
        same = (region["label"], rle.merge_empty(runs).tobytes() if instances else b"")
        earlier = first.setdefault(same, index)
        if earlier != index:
            what = "is the same region as" if instances else "has the same label as"
            yield Issue(Place.format(index), f"{what} regions[{earlier}]")
    if not instances and rle.any_overlap(masks):
        yield Issue("answer.regions", "two labels share a pixel; here each pixel has one label")


def examples() -> Examples:
    """Show good and bad configs and answers on an image three pixels high and four wide."""
    labels = [{"value": "cell", "title": "Cell"}, {"value": "vessel"}]
    size, left, right = [3, 4], "039", "93"
    drawn, other = {"label": "cell", "counts": left}, {"label": "vessel", "counts": right}
    overlapping = [drawn, {"label": "vessel", "counts": "066"}]
    nothing = {"size": size, "regions": [], "nothing": True}
    good = ({"size": size, "regions": [drawn]}, {"size": size, "regions": [other, drawn]}, nothing)
    semantic = Example(
        config={"labels": labels},
        context=AnswerContext(image_width=4, image_height=3),
        good=good,
        bad=(*_bad_answers(size, drawn), {"size": size, "regions": overlapping}),
        empty=({"size": size, "regions": []}, None),
    )
    instances = Example(
        config={"labels": labels, "instances": True},
        context=semantic.context,
        good=(*good, {"size": size, "regions": overlapping}),
        bad=_bad_answers(size, drawn),
        empty=semantic.empty,
    )
    no_image = Example({"labels": labels}, AnswerContext(), good=(), bad=good)
    return Examples(
        valid=(semantic, instances, no_image),
        bad_configs=({}, None, [], {"labels": []}, {"labels": labels, "instances": 1}),
    )


def _bad_answers(size: list[int], drawn: dict[str, str]) -> tuple[Json, ...]:
    no_pixel = {"label": "cell", "counts": "<"}
    return (
        None,
        "cell",
        [],
        float("nan"),
        {"regions": [drawn]},
        {"size": size},
        {"size": size, "regions": []},
        {"size": size, "regions": [], "nothing": 1},
        {"size": size, "regions": [drawn], "nothing": True},
        {"size": size[::-1], "regions": [drawn]},
        {"size": [3.0, float("nan")], "regions": [drawn]},
        {"size": size, "regions": [drawn, drawn]},
        {"size": size, "regions": {"cell": "039"}},
        {"size": size, "regions": [None]},
        {"size": size, "regions": [{**drawn, "label": "tree"}]},
        {"size": size, "regions": [{**drawn, "label": ["cell"]}]},
        {"size": size, "regions": [no_pixel]},
        {"size": size, "regions": [{**drawn, "counts": ""}]},
        {"size": size, "regions": [{**drawn, "counts": "o" * 10**6}]},
        {"size": size, "regions": [{**drawn, "counts": "0é9"}]},
        {"size": size, "regions": [{**drawn, "counts": [0, 3, 9]}]},
        {"size": size, "regions": [{**drawn, "x": 1}]},
        {"size": size, "regions": [drawn], "rotation": 1},
    )


KIND = Kind(
    name="mask",
    validate_config=validate_config,
    validate_answer=validate_answer,
    normalise_answer=normalise_answer,
    is_empty=is_empty,
    with_defaults=with_defaults,
    examples=examples,
)
