"""Relevance: how well each document answers a query, with the passages that do.

Config `{"grades": [{"value": 0, "title": "Not relevant"}, ...], "passages": "none", "shuffled":
true, "reason": "none"}`, grades from low to high; answer `{"grades": {"d1": 2, "d2": 0},
"passages": {"d1": [[0, 42]]}}`: passages are counted in code points of the document's text, start
included and end not. Passages are marked only in documents above the lowest grade. The task's data
holds `query` and `documents`, a list of `{"id", "title"?, "text"}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from fairhand.core.errors import Issue
from fairhand.labels.judging import (
    enough_issues,
    kept_texts,
    mapping_issue,
    order_issues,
    says_nothing,
    seed_for,
    text_issues,
    wish_issues,
)
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
from fairhand.labels.replies import DOCUMENTS, MAX_DOCUMENTS, read_documents

QUERY = "query"
QUERY_ID = "query_id"
"""The column of a pooled task that says which query it belongs to."""

MAX_GRADES = 10
MAX_PASSAGES = 200
_MAX_WORDS = 200
_CONFIG_KEYS = frozenset({"grades", "passages", "shuffled", "reason"})
_GRADE_KEYS = frozenset({"value", "title"})
_ANSWER_KEYS = frozenset({"grades", "passages", "reason", "order"})
_GRADES = (
    {"value": 0, "title": "Not relevant"},
    {"value": 1, "title": "On the topic, no answer"},
    {"value": 2, "title": "Answers a part"},
    {"value": 3, "title": "Answers it"},
)


def validate_config(config: Json) -> list[Issue]:
    """Report everything wrong with the config of a relevance question."""
    if not isinstance(config, Mapping):
        return [Issue("config", f"must be a mapping, not {json_type(config)}")]
    issues = unknown_keys(config, _CONFIG_KEYS, "config")
    for wish in ("passages", "reason"):
        issues += wish_issues(config, wish)
    if not isinstance(config.get("shuffled", True), bool):
        issues.append(Issue("config.shuffled", "must be true or false"))
    return issues + _grades_config_issues(config.get("grades", list(_GRADES)))


def validate_answer(config: Config, answer: Json, context: AnswerContext) -> list[Issue]:
    """Report documents without a grade, unknown grades, and passages that lie outside."""
    if issues := mapping_issue(answer, '{"grades": {"d1": 2}}'):
        return issues
    texts = read_documents((context.data or {}).get(DOCUMENTS))
    ids = tuple(texts)
    issues = [
        *enough_issues(ids, 1, MAX_DOCUMENTS, "documents"),
        *unknown_keys(answer, _ANSWER_KEYS, "answer"),
        *order_issues(answer, ids, seed_for(config, context)),
        *text_issues(config, answer, "reason", "reason"),
        *_grades_issues(config, answer.get("grades"), ids),
    ]
    return issues or _passages_issues(config, answer, texts)


def normalise_answer(config: Config, answer: Json) -> Json:
    """Sort by document, and join passages that touch."""
    grades = answer["grades"]
    kept: dict[str, Json] = {"grades": {one: grades[one] for one in sorted(grades)}}
    passages = answer.get("passages") or {}
    joined = {one: join_passages(passages[one]) for one in sorted(passages) if passages[one]}
    if joined:
        kept["passages"] = joined
    return {**kept, **kept_texts(answer, "reason")}


def is_empty(config: Config, answer: Json) -> bool:
    """True when nothing is graded."""
    return says_nothing(answer, "grades")


def with_defaults(config: Config) -> dict[str, Json]:
    """Fill in four grades, as TREC has them, in a shuffled order without passages."""
    filled: dict[str, Json] = {
        "grades": [dict(one) for one in _GRADES],
        "passages": "none",
        "shuffled": True,
        "reason": "none",
        **config,
    }
    if isinstance(filled["grades"], list):
        filled["grades"] = [_titled(one) for one in filled["grades"]]
    return filled


def grade_values(config: Config) -> list[int]:
    """List the grades, from low to high."""
    return [one["value"] for one in config.get("grades", _GRADES)]


def join_passages(passages: Sequence[Sequence[int]]) -> list[list[int]]:
    """Sort stretches, and make one of those that overlap or touch."""
    joined: list[list[int]] = []
    for start, end in sorted((one[0], one[1]) for one in passages):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(end, joined[-1][1])
        else:
            joined.append([start, end])
    return joined


def examples() -> Examples:
    """Show good and bad configs and answers."""
    documents = [
        {"id": "d1", "title": "Mvua", "text": "Mvua 🌧️ hunyesha."},
        {"id": "d2", "text": "Jua."},
    ]
    marked = Example(
        config=with_defaults({"passages": "optional"}),
        context=AnswerContext(data={"query": "mvua", "documents": documents}),
        good=(
            {"grades": {"d1": 3, "d2": 0}},
            {"grades": {"d2": 1, "d1": 0}, "order": ["d2", "d1"]},
            {"grades": {"d1": 3, "d2": 0}, "passages": {"d1": [[8, 17], [0, 4], [3, 6]]}},
        ),
        bad=(
            {"grades": {"d1": 3}},
            {"grades": {"d1": 3, "d2": 4}},
            {"grades": {"d1": 3, "d2": True}},
            {"grades": {"d1": 3, "d2": "0"}},
            {"grades": {"d1": 3, "d2": 0, "d3": 0}},
            {"grades": [3, 0]},
            {"grades": {"d1": 3, "d2": 0}, "passages": {"d1": [[0, 18]]}},
            {"grades": {"d1": 3, "d2": 0}, "passages": {"d1": [[4, 4]]}},
            {"grades": {"d1": 3, "d2": 0}, "passages": {"d1": [[-1, 4]]}},
            {"grades": {"d1": 3, "d2": 0}, "passages": {"d1": [[0, 1.5]]}},
            {"grades": {"d1": 3, "d2": 0}, "passages": {"d1": [[0, True]]}},
            {"grades": {"d1": 3, "d2": 0}, "passages": {"d1": [0, 4]}},
            {"grades": {"d1": 3, "d2": 0}, "passages": {"d2": [[0, 3]]}},
            {"grades": {"d1": 3, "d2": 0}, "passages": {"d9": [[0, 3]]}},
            {"grades": {"d1": 3, "d2": 0}, "passages": "d1"},
            {"grades": {"d1": 3, "d2": 0}, "order": ["d1"]},
            {"grades": {"d1": 3, "d2": 0}, "best": "d1"},
            3,
        ),
        empty=(None, "", {}, {"grades": {}}),
    )
    plain = Example(
        config={"grades": [{"value": 0}, {"value": 5}], "passages": "required", "shuffled": False},
        context=AnswerContext(data={"documents": documents}, seed="1/1"),
        good=(
            {"grades": {"d1": 5, "d2": 0}, "passages": {"d1": [[0, 4]]}},
            {"grades": {"d1": 0, "d2": 0}, "order": ["d1", "d2"]},
        ),
        bad=({"grades": {"d1": 5, "d2": 0}}, {"grades": {"d1": 1, "d2": 0}}),
    )
    return Examples(
        valid=(marked, plain),
        bad_configs=(
            None,
            [],
            {"grades": []},
            {"grades": [{"value": 1}]},
            {"grades": [{"value": 1}, {"value": 0}]},
            {"grades": [{"value": 0}, {"value": 0}]},
            {"grades": [{"value": "0"}, {"value": "1"}]},
            {"grades": [{"value": 0}, {"value": True}]},
            {"grades": [{"value": 0}, {"value": 10**400}]},
            {"grades": [{"value": 0}, {"value": 1, "title": ""}]},
            {"grades": [{"value": 0}, {"value": 1, "name": "x"}]},
            {"grades": [0, 1]},
            {"grades": "0123"},
            {"passages": True},
            {"shuffled": "yes"},
            {"labels": []},
        ),
    )


def _titled(grade: Json) -> Json:
    if not isinstance(grade, Mapping) or "value" not in grade:
        return grade
    return {"title": str(grade["value"])[:_MAX_WORDS], **grade} if _is_grade(grade) else grade


def _is_grade(grade: Mapping[str, Json]) -> bool:
    return type(grade.get("value")) is int and abs(grade["value"]) <= 1_000


def _grades_config_issues(given: Json) -> list[Issue]:
    place = "config.grades"
    if not isinstance(given, list) or not 2 <= len(given) <= MAX_GRADES:
        return [Issue(place, f"must be a list of 2 to {MAX_GRADES} grades, from low to high")]
    issues: list[Issue] = []
    for number, one in enumerate(given):
        here = f"{place}[{number}]"
        if not isinstance(one, Mapping) or not _is_grade(one):
            issues.append(Issue(here, 'must be a mapping such as {"value": 2, "title": ...}'))
            continue
        issues += unknown_keys(one, _GRADE_KEYS, here)
        if "title" in one and (problem := text_problem(one["title"], _MAX_WORDS)):
            issues.append(Issue(f"{here}.title", problem))
    if not issues:
        values = [one["value"] for one in given]
        if any(low >= high for low, high in pairwise(values)):
            issues.append(Issue(place, "must go up from one grade to the next"))
    return issues


def _grades_issues(config: Config, grades: Json, ids: Sequence[str]) -> list[Issue]:
    place = "answer.grades"
    if not isinstance(grades, Mapping):
        return [Issue(place, f"must map each document to a grade, not {json_type(grades)}")]
    known = grade_values(config)
    issues = unknown_keys(grades, frozenset(ids), place)
    for one in ids:
        given = grades.get(one)
        if type(given) is not int or given not in known:
            said = "has no grade" if given is None else f"{shown(given)} is not a grade here"
            issues.append(Issue(f"{place}.{one[:40]}", said))
    return issues


def _passages_issues(
    config: Config, answer: Mapping[str, Json], texts: Mapping[str, str]
) -> list[Issue]:
    place, wish = "answer.passages", config.get("passages", "none")
    passages = answer.get("passages")
    if passages is None:
        passages = {}
    if not isinstance(passages, Mapping):
        return [Issue(place, f"must map documents to stretches, not {json_type(passages)}")]
    if passages and wish == "none":
        return [Issue(place, "is not asked for by this question")]
    issues = unknown_keys(passages, frozenset(texts), place)
    lowest = grade_values(config)[0]
    for one, text in texts.items():
        relevant, found = answer["grades"][one] > lowest, passages.get(one)
        here = f"{place}.{one[:40]}"
        if relevant and wish == "required" and not found:
            issues.append(Issue(here, "is empty; mark what makes the document relevant"))
        elif found is not None and found != [] and not relevant:
            issues.append(Issue(here, "is marked in a document that is not relevant"))
        elif found is not None:
            issues += _stretch_issues(found, len(text), here)
    return issues


def _stretch_issues(found: Json, length: int, place: str) -> list[Issue]:
    if not isinstance(found, list) or len(found) > MAX_PASSAGES:
        return [Issue(place, f"must be a list of at most {MAX_PASSAGES} stretches [start, end]")]
    for one in found:
        pair = isinstance(one, list) and len(one) == 2 and all(type(at) is int for at in one)
        if not pair or not 0 <= one[0] < one[1] <= length:
            said = f"must be [start, end] inside the text, which has {length} characters"
            return [Issue(place, said)]
    return []


KIND = Kind(
    name="relevance",
    validate_config=validate_config,
    validate_answer=validate_answer,
    normalise_answer=normalise_answer,
    is_empty=is_empty,
    with_defaults=with_defaults,
    examples=examples,
    reads_data=True,
    asides=("order",),
    shows=(QUERY, DOCUMENTS),
)
