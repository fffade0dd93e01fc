"""Spans: stretches of a text, each with a label, that may overlap; and relations between them.

Config `{"labels": [...], "snap": true, "overlap": true, "relations": [{"value", "title"?, "key"?,
"from"?: [labels], "to"?: [labels], "directed"?: true}]}`. Answer `{"spans": [{"start", "end",
"label"}], "relations": [{"from", "to", "label"}]}`: offsets count Unicode code points, as in
`text[start:end]`; `from` and `to` are places in the list of spans. A text without anything to mark
is said, not left out: `{"spans": [], "nothing": true}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from fairhand.core.errors import Issue
from fairhand.labels.kind import (
    AnswerContext,
    Config,
    Example,
    Examples,
    Json,
    Kind,
    json_type,
    shown,
    text_problem,
    unknown_keys,
)
from fairhand.labels.label_set import (
    MAX_TITLE_LENGTH,
    MAX_VALUE_LENGTH,
    flag_issues,
    label_values,
    validate_labels,
)
from fairhand.labels.label_set import with_defaults as with_label_defaults

COLUMN = "text"
"""The column of a task's data that is marked."""

MOST_SPANS = 5_000
MOST_RELATIONS = 5_000
MOST_KINDS_OF_RELATION = 50
_MOST_ISSUES = 20
_LONGEST = 2**31
_FLAGS = ("snap", "overlap")
_CONFIG_KEYS = frozenset({"labels", "relations", *_FLAGS})
_RELATION_KEYS = frozenset({"value", "title", "key", "from", "to", "directed"})
_ANSWER_KEYS = frozenset({"spans", "relations", "nothing"})
_SPAN_KEYS = frozenset({"start", "end", "label"})
_LINK_KEYS = frozenset({"from", "to", "label"})


def validate_config(config: Json) -> list[Issue]:
    """Report everything wrong with the config of spans."""
    if not isinstance(config, Mapping):
        return [Issue("config", f"must be a mapping, not {json_type(config)}")]
    issues = [*unknown_keys(config, _CONFIG_KEYS, "config"), *validate_labels(config)]
    for flag in _FLAGS:
        issues += flag_issues(config, flag)
    return issues or _relation_kinds_issues(config)


def validate_answer(config: Config, answer: Json, context: AnswerContext) -> list[Issue]:
    """Report spans that leave the text or hold nothing, unknown labels, and loose relations."""
    if not isinstance(answer, Mapping):
        return [Issue("answer", f"must be a mapping with spans, not {json_type(answer)}")]
    issues = unknown_keys(answer, _ANSWER_KEYS, "answer")
    spans = answer.get("spans")
    if not isinstance(spans, list):
        return [*issues, Issue("answer.spans", f"must be a list, not {json_type(spans)}")]
    if len(spans) > MOST_SPANS:
        return [*issues, Issue("answer.spans", f"has {len(spans)}; {MOST_SPANS} are allowed")]
    text, problem = _text_of(context)
    if problem:
        return [*issues, Issue("answer.spans", problem)]
    issues += _nothing_issues(answer, spans)
    known = frozenset(label_values(config))
    for index, span in enumerate(spans):
        issues += _span_issues(span, known, text, f"answer.spans[{index}]")
        if len(issues) >= _MOST_ISSUES:
            return issues
    if issues:
        return issues
    return [*_together_issues(config, spans), *_links_issues(config, answer, spans)]


def normalise_answer(config: Config, answer: Json) -> Json:
    """Bring spans and relations into one order: spans by where they begin, then end, then label."""
    spans = answer["spans"]
    order = sorted(range(len(spans)), key=lambda at: _sort_key(spans[at]))
    place = {old: new for new, old in enumerate(order)}
    made: dict[str, Json] = {
        "spans": [{key: spans[at][key] for key in ("start", "end", "label")} for at in order]
    }
    undirected = {one["value"] for one in config.get("relations") or () if not _directed(one)}
    links = {
        _link(place[one["from"]], place[one["to"]], one["label"], one["label"] in undirected)
        for one in answer.get("relations") or ()
    }
    if links:
        made["relations"] = [
            {"from": start, "to": end, "label": label} for start, end, label in sorted(links)
        ]
    return made if spans else made | {"nothing": True}


def is_empty(config: Config, answer: Json) -> bool:
    """True when nothing is marked and nobody said that there is nothing to mark."""
    return not isinstance(answer, Mapping) or (
        not answer.get("spans") and answer.get("nothing") is not True
    )


def with_defaults(config: Config) -> dict[str, Json]:
    """Fill in titles, keys and colours of labels, and titles of relations."""
    filled = with_label_defaults(config)
    relations = filled.get("relations")
    if isinstance(relations, list) and len(relations) <= MOST_KINDS_OF_RELATION:
        filled["relations"] = [_relation_filled(one) for one in relations]
    return filled


def _relation_filled(relation: Json) -> Json:
    named = {"value": relation} if isinstance(relation, str) else relation
    if not isinstance(named, Mapping) or "value" not in named:
        return named
    return {"title": named["value"], **named}


def _sort_key(span: Mapping[str, Json]) -> tuple[int, int, str]:
    return span["start"], span["end"], span["label"]


def _directed(relation: Mapping[str, Json]) -> bool:
    return bool(relation.get("directed", True))


def _link(start: int, end: int, label: str, undirected: bool) -> tuple[int, int, str]:
    return (min(start, end), max(start, end), label) if undirected else (start, end, label)


def _text_of(context: AnswerContext) -> tuple[str | None, str | None]:
    """Give the text, or None where the task is not known here; and what is wrong with it."""
    if context.data is None:
        return None, None
    text = context.data.get(COLUMN)
    if isinstance(text, str) and text:
        return text, None
    return None, f"the task has no {COLUMN!r} to mark"


def _nothing_issues(answer: Mapping[str, Json], spans: list[Json]) -> list[Issue]:
    nothing = answer.get("nothing", False)
    if not isinstance(nothing, bool):
        return [Issue("answer.nothing", f"must be true or false, not {json_type(nothing)}")]
    if spans and nothing:
        return [Issue("answer.nothing", "is said although something is marked")]
    if not spans and not nothing:
        return [Issue("answer.spans", "is empty; say `nothing: true` where nothing is to mark")]
    return []


def _span_issues(
    span: Json, known: frozenset[str], text: str | None, place: str
) -> Iterator[Issue]:
    if not isinstance(span, Mapping):
        yield Issue(place, f"must be a mapping with start, end and label, not {json_type(span)}")
        return
    yield from unknown_keys(span, _SPAN_KEYS, place)
    label = span.get("label")
    if not isinstance(label, str) or label not in known:
        yield Issue(f"{place}.label", f"{shown(label)} is not a label of this question")
    start, end = span.get("start"), span.get("end")
    for name, offset in (("start", start), ("end", end)):
        if not _is_whole(offset):
            yield Issue(f"{place}.{name}", f"must be a whole number, not {shown(offset)}")
    if isinstance(start, int) and isinstance(end, int) and _is_whole(start) and _is_whole(end):
        yield from _stretch_issues(start, end, text, place)


def _stretch_issues(start: int, end: int, text: str | None, place: str) -> Iterator[Issue]:
    if not 0 <= start < end:
        yield Issue(place, "must begin at 0 or later and end behind its beginning")
    elif end > (_LONGEST if text is None else len(text)):
        size = "cannot be so long" if text is None else f"has {len(text)} code points"
        yield Issue(f"{place}.end", f"lies past the end of the text, which {size}")
    elif text is not None and text[start:end].isspace():
        yield Issue(place, "marks nothing but space")


def _together_issues(config: Config, spans: list[Json]) -> list[Issue]:
    """Report spans given twice, and overlaps where the question has none."""
    ordered = sorted(spans, key=_sort_key)
    for one, other in pairwise(ordered):
        if _sort_key(one) == _sort_key(other):
            return [Issue("answer.spans", f"has the span from {one['start']} twice")]
        if not config.get("overlap", True) and other["start"] < one["end"]:
            words = f"overlap at {other['start']}, which this question does not allow"
            return [Issue("answer.spans", words)]
    return []


def _links_issues(config: Config, answer: Mapping[str, Json], spans: list[Json]) -> list[Issue]:
    links = answer.get("relations", [])
    if not isinstance(links, list):
        return [Issue("answer.relations", f"must be a list, not {json_type(links)}")]
    if len(links) > MOST_RELATIONS:
        return [Issue("answer.relations", f"has {len(links)}; {MOST_RELATIONS} are allowed")]
    kinds = {one["value"]: one for one in config.get("relations") or ()}
    seen: set[tuple[int, int, str]] = set()
    issues: list[Issue] = []
    for index, link in enumerate(links):
        place = f"answer.relations[{index}]"
        found = list(_link_issues(link, kinds, spans, place))
        if not found:
            key = _link(
                link["from"], link["to"], link["label"], not _directed(kinds[link["label"]])
            )
            if key in seen:
                found = [Issue(place, "is given twice")]
            seen.add(key)
        issues += found
        if len(issues) >= _MOST_ISSUES:
            break
    return issues


def _link_issues(
    link: Json, kinds: Mapping[str, Mapping[str, Json]], spans: list[Json], place: str
) -> Iterator[Issue]:
    if not isinstance(link, Mapping):
        yield Issue(place, f"must be a mapping with from, to and label, not {json_type(link)}")
        return
    yield from unknown_keys(link, _LINK_KEYS, place)
    label = link.get("label")
    kind = kinds.get(label) if isinstance(label, str) else None
    if kind is None:
        yield Issue(f"{place}.label", f"{shown(label)} is not a relation of this question")
    ends: list[Mapping[str, Json]] = []
    for name in ("from", "to"):
        at = link.get(name)
        if not (isinstance(at, int) and _is_whole(at) and 0 <= at < len(spans)):
            yield Issue(f"{place}.{name}", "must be the place of a span in the list of spans")
            return
        ends.append(spans[at])
    labels = [str(end["label"]) for end in ends]
    if ends[0] is ends[1]:
        yield Issue(place, "relates a span to itself")
    elif kind is not None and not _fits(kind, *labels):
        yield Issue(place, f"cannot go from {shown(labels[0])} to {shown(labels[1])}")


def _fits(kind: Mapping[str, Json], start: str, end: str) -> bool:
    """Say whether a relation may join these labels; one without direction reads both ways."""

    def allowed(one: str, other: str) -> bool:
        return one in (kind.get("from") or (one,)) and other in (kind.get("to") or (other,))

    return allowed(start, end) or (not _directed(kind) and allowed(end, start))


def _is_whole(offset: Json) -> bool:
    return isinstance(offset, int) and not isinstance(offset, bool)


def _relation_kinds_issues(config: Mapping[str, Json]) -> list[Issue]:
    relations = config.get("relations", [])
    place = "config.relations"
    if not isinstance(relations, list):
        return [Issue(place, f"must be a list of relations, not {json_type(relations)}")]
    if len(relations) > MOST_KINDS_OF_RELATION:
        return [Issue(place, f"has {len(relations)}; {MOST_KINDS_OF_RELATION} are allowed")]
    known = label_values(config)
    issues: list[Issue] = []
    seen: set[str] = set()
    for index, relation in enumerate(relations):
        found = list(_relation_kind_issues(relation, known, f"{place}[{index}]"))
        if not found and relation["value"] in seen:
            found = [Issue(f"{place}[{index}].value", f"{shown(relation['value'])} comes twice")]
        if not found:
            seen.add(relation["value"])
        issues += found
    return issues


def _relation_kind_issues(relation: Json, known: list[str], place: str) -> Iterator[Issue]:
    if not isinstance(relation, Mapping):
        yield Issue(place, f"must be a mapping with a value, not {json_type(relation)}")
        return
    yield from unknown_keys(relation, _RELATION_KEYS, place)
    if problem := text_problem(relation.get("value"), MAX_VALUE_LENGTH):
        yield Issue(f"{place}.value", problem)
    if "title" in relation and (problem := text_problem(relation["title"], MAX_TITLE_LENGTH)):
        yield Issue(f"{place}.title", problem)
    key = relation.get("key")
    if key is not None and not (isinstance(key, str) and len(key) == 1 and key.isprintable()):
        yield Issue(f"{place}.key", f"must be one visible character, not {shown(key)}")
    if not isinstance(relation.get("directed", True), bool):
        yield Issue(f"{place}.directed", "must be true or false")
    for name in ("from", "to"):
        ends = relation.get(name)
        if ends is not None and not (
            isinstance(ends, list) and ends and all(one in known for one in ends)
        ):
            yield Issue(f"{place}.{name}", "must list labels of this question")


def examples() -> Examples:
    """Show good and bad configs and answers."""
    return Examples(valid=(_plain_example(), _related_example()), bad_configs=_bad_configs())


def _plain_example() -> Example:
    labels = [{"value": "person", "key": "p"}, {"value": "place", "color": "#0072B2"}]
    amina = {"start": 0, "end": 5, "label": "person"}
    return Example(
        config={"labels": labels},
        context=AnswerContext(data={"text": "Amina 👩🏽‍🌾 anaishi Dodoma."}),
        good=(
            {"spans": [amina]},
            {"spans": [{"start": 19, "end": 25, "label": "place"}, amina]},
            {"spans": [amina, {"start": 0, "end": 10, "label": "place"}], "nothing": False},
            {"spans": [], "nothing": True},
            {"spans": [{"start": 25, "end": 26, "label": "place"}], "relations": []},
        ),
        bad=(
            *(None, "", [], [amina], 1, True, float("nan"), {}, {"spans": None}, {"spans": {}}),
            {"spans": []},
            {"spans": [amina], "nothing": True},
            {"spans": [], "nothing": "yes"},
            {"spans": [amina, amina]},
            {"spans": ["Amina"]},
            {"spans": [amina], "text": "Amina"},
            {"spans": [{**amina, "text": "Amina"}]},
            {"spans": [{**amina, "label": "animal"}]},
            {"spans": [{**amina, "label": ["person"]}]},
            {"spans": [{**amina, "end": 0}]},
            {"spans": [{**amina, "start": -1}]},
            {"spans": [{**amina, "end": 27}]},
            {"spans": [{**amina, "end": 10**400}]},
            {"spans": [{**amina, "end": 5.0}]},
            {"spans": [{**amina, "start": False}]},
            {"spans": [{**amina, "start": float("inf")}]},
            {"spans": [{"start": 5, "end": 6, "label": "person"}]},
            {"spans": [amina], "relations": [{"from": 0, "to": 0, "label": "knows"}]},
            {"spans": [amina], "relations": {}},
        ),
        empty=(None, {}, {"spans": []}, {"spans": [], "nothing": False}),
    )


def _related_example() -> Example:
    person = {"start": 0, "end": 4, "label": "person"}
    firm = {"start": 12, "end": 16, "label": "firm"}
    other = {"start": 21, "end": 26, "label": "person"}
    works = {"value": "works for", "key": "w", "from": ["person"], "to": ["firm"]}
    knows = {"value": "knows", "directed": False, "from": ["person"], "to": ["person"]}
    good = {"from": 0, "to": 1, "label": "works for"}

    def related(*relations: Json) -> Json:
        return {"spans": [person, firm, other], "relations": list(relations)}

    return Example(
        config={
            "labels": [{"value": "person"}, {"value": "firm"}],
            "relations": [works, knows],
            "overlap": False,
            "snap": False,
        },
        context=AnswerContext(data={"text": "Juma joined Acme and Neema."}),
        good=(
            related(),
            related(good, {"from": 2, "to": 1, "label": "works for"}),
            related({"from": 2, "to": 0, "label": "knows"}, good),
        ),
        bad=(
            related({**good, "label": "owns"}),
            related({**good, "label": None}),
            related({**good, "to": 3}),
            related({**good, "to": -1}),
            related({**good, "to": True}),
            related({**good, "to": "1"}),
            related({**good, "to": 0}),
            related({**good, "from": 1, "to": 0}),
            related({**good, "to": 2}),
            related({**good, "since": 2020}),
            related(good, good),
            related({"from": 0, "to": 2, "label": "knows"}, {"from": 2, "to": 0, "label": "knows"}),
            related("works for"),
            {"spans": [person, {"start": 2, "end": 6, "label": "firm"}]},
        ),
        empty=({"spans": [], "relations": []},),
    )


def _bad_configs() -> tuple[Json, ...]:
    labels = [{"value": "person"}, {"value": "place"}]

    def related(*relations: Json) -> Json:
        return {"labels": labels, "relations": list(relations)}

    return (
        *(None, {}, [], "person", {"labels": []}, {"labels": ["person"]}),
        {"labels": [{"value": "a"}, {"value": "a"}]},
        {"labels": labels, "snap": "word"},
        {"labels": labels, "overlap": None},
        {"labels": labels, "column": "body"},
        {"labels": labels, "relations": "near"},
        related("near"),
        related({}),
        related({"value": ""}),
        related({"value": "near"}, {"value": "near"}),
        related({"value": "near", "key": "nn"}),
        related({"value": "near", "title": ""}),
        related({"value": "near", "directed": "no"}),
        related({"value": "near", "from": []}),
        related({"value": "near", "to": ["animal"]}),
        related({"value": "near", "to": "place"}),
        related({"value": "near", "to": [["place"]]}),
        related({"value": "near", "colour": "red"}),
        related(*({"value": str(number)} for number in range(51))),
    )


KIND = Kind(
    name="spans",
    validate_config=validate_config,
    validate_answer=validate_answer,
    normalise_answer=normalise_answer,
    is_empty=is_empty,
    with_defaults=with_defaults,
    examples=examples,
    reads_data=True,
    shows=(COLUMN,),
)
