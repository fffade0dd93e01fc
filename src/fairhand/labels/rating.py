"""Rating: numbers on a scale with named ends, for each criterion, of a task or of each reply.

Config `{"criteria": [{"name": "helpful", "title": "How helpful is it?", "low": "Not at all",
"high": "Very"}], "steps": 5, "each": "task", "reason": "none"}`; the scale runs from 1 to `steps`.
Answer `{"ratings": {"helpful": 4}}`; with `"each": "reply"` it is `{"replies": {"a": {"helpful":
4}, "b": {"helpful": 2}}}`, over the task's `replies` (`labels.replies`). Both perhaps with
`reason`, the second with `order`.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairhand.core.errors import Issue
from fairhand.labels.judging import (
    enough_issues,
    kept_texts,
    mapping_issue,
    order_issues,
    says_nothing,
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
from fairhand.labels.replies import CONVERSATION, MAX_REPLIES, REPLIES, reply_ids

MAX_CRITERIA = 12
MAX_STEPS = 11
_MAX_WORDS = 200
_CONFIG_KEYS = frozenset({"criteria", "steps", "each", "reason"})
_CRITERION_KEYS = frozenset({"name", "title", "low", "high"})
_EACH = ("task", "reply")
_DEFAULTS: Mapping[str, Json] = {
    "criteria": [{"name": "rating"}],
    "steps": 5,
    "each": "task",
    "reason": "none",
}


def validate_config(config: Json) -> list[Issue]:
    """Report everything wrong with the config of a rating."""
    if not isinstance(config, Mapping):
        return [Issue("config", f"must be a mapping, not {json_type(config)}")]
    issues = unknown_keys(config, _CONFIG_KEYS, "config")
    issues += wish_issues(config, "reason")
    steps, each = config.get("steps", 5), config.get("each", "task")
    if type(steps) is not int or not 2 <= steps <= MAX_STEPS:
        issues.append(Issue("config.steps", f"must be a whole number from 2 to {MAX_STEPS}"))
    if not isinstance(each, str) or each not in _EACH:
        issues.append(Issue("config.each", f"must be one of {', '.join(_EACH)}"))
    return issues + _criteria_issues(config.get("criteria", _DEFAULTS["criteria"]))


def validate_answer(config: Config, answer: Json, context: AnswerContext) -> list[Issue]:
    """Report ratings that are missing, off the scale, or of what is not asked."""
    if _of_replies(config):
        return _replies_issues(config, answer, context)
    if issues := mapping_issue(answer, '{"ratings": {"rating": 4}}'):
        return issues
    return [
        *unknown_keys(answer, frozenset({"ratings", "reason"}), "answer"),
        *text_issues(config, answer, "reason", "reason"),
        *_ratings_issues(config, answer.get("ratings"), "answer.ratings"),
    ]


def normalise_answer(config: Config, answer: Json) -> Json:
    """Bring criteria into the order of the question, and replies into that of their ids."""
    names = criteria(config)
    if "ratings" in answer:
        rated: dict[str, Json] = {"ratings": {name: answer["ratings"][name] for name in names}}
    else:
        replies = answer["replies"]
        rated = {
            "replies": {
                reply: {name: replies[reply][name] for name in names} for reply in sorted(replies)
            }
        }
    return {**rated, **kept_texts(answer, "reason")}


def is_empty(config: Config, answer: Json) -> bool:
    """True when nothing is rated."""
    return says_nothing(answer, "ratings", "replies")


def with_defaults(config: Config) -> dict[str, Json]:
    """Fill in five steps and one criterion; a criterion's title is its name."""
    filled = {**_DEFAULTS, **config}
    given = filled["criteria"]
    if isinstance(given, list):
        named = [{"name": one} if isinstance(one, str) else one for one in given]
        filled["criteria"] = [_titled(one) for one in named]
    return filled


def criteria(config: Config) -> list[str]:
    """Name the criteria, in the order of the question."""
    return [one["name"] for one in config.get("criteria", _DEFAULTS["criteria"])]


def examples() -> Examples:
    """Show good and bad configs and answers."""
    asked = [{"name": "helpful", "low": "Not at all", "high": "Very"}, {"name": "true"}]
    whole = Example(
        config={"criteria": asked, "steps": 5, "each": "task", "reason": "optional"},
        context=AnswerContext(),
        good=(
            {"ratings": {"helpful": 1, "true": 5}},
            {"ratings": {"true": 2, "helpful": 3}, "reason": "It skips a step."},
        ),
        bad=(
            {"ratings": {"helpful": 1}},
            {"ratings": {"helpful": 0, "true": 5}},
            {"ratings": {"helpful": 6, "true": 5}},
            {"ratings": {"helpful": 2.0, "true": 5}},
            {"ratings": {"helpful": True, "true": 5}},
            {"ratings": {"helpful": "3", "true": 5}},
            {"ratings": {"helpful": 3, "true": 5, "kind": 1}},
            {"ratings": [3, 5]},
            {"ratings": {"helpful": 3, "true": 5}, "order": []},
            {"replies": {"a": {"helpful": 3, "true": 5}}},
            3,
            "3",
        ),
        empty=(None, "", {}, {"ratings": {}}),
    )
    each = Example(
        config={"criteria": [{"name": "rating"}], "steps": 7, "each": "reply"},
        context=AnswerContext(data={"replies": ["One.", "Two."]}),
        good=(
            {"replies": {"a": {"rating": 7}, "b": {"rating": 1}}},
            {"replies": {"b": {"rating": 2}, "a": {"rating": 2}}, "order": ["b", "a"]},
        ),
        bad=(
            {"replies": {"a": {"rating": 7}}},
            {"replies": {"a": {"rating": 7}, "b": {"rating": 1}, "c": {"rating": 1}}},
            {"replies": {"a": {"rating": 8}, "b": {"rating": 1}}},
            {"replies": {"a": 7, "b": 1}},
            {"replies": [{"rating": 7}]},
            {"replies": {"a": {"rating": 7}, "b": {"rating": 1}}, "order": ["a"]},
            {"replies": {"a": {"rating": 7}, "b": {"rating": 1}}, "reason": "x"},
            {"ratings": {"rating": 3}},
        ),
        empty=(None, {"replies": {}}),
    )
    return Examples(
        valid=(whole, each),
        bad_configs=(
            None,
            5,
            {"steps": 1},
            {"steps": 12},
            {"steps": True},
            {"each": "item"},
            {"criteria": []},
            {"criteria": {"name": "a"}},
            {"criteria": [{"title": "A"}]},
            {"criteria": [{"name": "a"}, {"name": "a"}]},
            {"criteria": [{"name": "a", "low": 1}]},
            {"criteria": [{"name": "a", "middle": "so-so"}]},
            {"criteria": [{"name": str(n)} for n in range(13)]},
            {"reason": "maybe"},
            {"labels": []},
        ),
    )


def _of_replies(config: Config) -> bool:
    return bool(config.get("each", "task") == "reply")


def _titled(criterion: Json) -> Json:
    if not isinstance(criterion, Mapping) or "name" not in criterion:
        return criterion
    return {"title": criterion["name"], **criterion}


def _criteria_issues(given: Json) -> list[Issue]:
    place = "config.criteria"
    if not isinstance(given, list) or not 1 <= len(given) <= MAX_CRITERIA:
        return [Issue(place, f"must be a list of 1 to {MAX_CRITERIA} criteria")]
    issues: list[Issue] = []
    names: list[str] = []
    for number, one in enumerate(given):
        here = f"{place}[{number}]"
        if not isinstance(one, Mapping):
            issues.append(Issue(here, f"must be a mapping with a name, not {json_type(one)}"))
            continue
        issues += unknown_keys(one, _CRITERION_KEYS, here)
        for key in ("name", "title", "low", "high"):
            problem = text_problem(one.get(key), _MAX_WORDS)
            if problem and (key in one or key == "name"):
                issues.append(Issue(f"{here}.{key}", problem))
        names += [one["name"]] if isinstance(one.get("name"), str) else []
    if not issues and len(set(names)) < len(names):
        issues.append(Issue(place, "has two criteria of one name"))
    return issues


def _ratings_issues(config: Config, ratings: Json, place: str) -> list[Issue]:
    names, steps = criteria(config), config.get("steps", 5)
    if not isinstance(ratings, Mapping):
        return [Issue(place, f"must map each criterion to a number, not {json_type(ratings)}")]
    issues = unknown_keys(ratings, frozenset(names), place)
    for name in names:
        given = ratings.get(name)
        if type(given) is not int or not 1 <= given <= steps:
            said = "is missing" if given is None else f"{shown(given)} is not on it"
            issues.append(Issue(f"{place}.{name}"[:200], f"{said}; the scale is 1 to {steps}"))
    return issues


def _replies_issues(config: Config, answer: Json, context: AnswerContext) -> list[Issue]:
    if issues := mapping_issue(answer, '{"replies": {"a": {"rating": 4}}}'):
        return issues
    ids = reply_ids(context.data)
    issues = [
        *enough_issues(ids, 1, MAX_REPLIES, "replies"),
        *unknown_keys(answer, frozenset({"replies", "reason", "order"}), "answer"),
        *order_issues(answer, ids, context.seed),
        *text_issues(config, answer, "reason", "reason"),
    ]
    replies = answer.get("replies")
    if not isinstance(replies, Mapping):
        return [*issues, Issue("answer.replies", "must map each reply to its ratings")]
    issues += unknown_keys(replies, frozenset(ids), "answer.replies")
    for reply in ids:
        issues += _ratings_issues(config, replies.get(reply), f"answer.replies.{reply[:40]}")
    return issues


KIND = Kind(
    name="rating",
    validate_config=validate_config,
    validate_answer=validate_answer,
    normalise_answer=normalise_answer,
    is_empty=is_empty,
    with_defaults=with_defaults,
    examples=examples,
    reads_data=True,
    asides=("order",),
    shows=(CONVERSATION, REPLIES),
)
