"""Pairwise: which of two replies is better, how much, or neither.

Config `{"strength": 3, "tie": true, "both_bad": true, "reason": "optional", "edit": "none"}`:
`strength` is how many degrees of "better" there are (1 for none), `edit` whether the better reply
may or must be made better still. Answer `{"verdict": "better", "better": "a", "strength": 2}`, or
`{"verdict": "tie"}`, or `{"verdict": "both_bad"}`; each perhaps with `reason` and `order`, the
first also with `edited`. The task's data holds two `replies` (`labels.replies`).
"""

from __future__ import annotations

from collections.abc import Mapping

from fairhand.core.errors import Issue
from fairhand.labels.judging import (
    enough_issues,
    id_issue,
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
    unknown_keys,
)
from fairhand.labels.label_set import flag_issues
from fairhand.labels.replies import CONVERSATION, REPLIES, reply_ids, seed_of

MOST_DEGREES = 4
_DEFAULTS: Mapping[str, Json] = {
    "strength": 3,
    "tie": True,
    "both_bad": True,
    "reason": "optional",
    "edit": "none",
}
_ANSWER_KEYS = frozenset({"verdict", "better", "strength", "reason", "edited", "order"})


def validate_config(config: Json) -> list[Issue]:
    """Report everything wrong with the config of a pair."""
    if not isinstance(config, Mapping):
        return [Issue("config", f"must be a mapping, not {json_type(config)}")]
    issues = unknown_keys(config, frozenset(_DEFAULTS), "config")
    for flag in ("tie", "both_bad"):
        issues += flag_issues(config, flag)
    for wish in ("reason", "edit"):
        issues += wish_issues(config, wish)
    degrees = config.get("strength", 1)
    if type(degrees) is not int or not 1 <= degrees <= MOST_DEGREES:
        issues.append(Issue("config.strength", f"must be a whole number from 1 to {MOST_DEGREES}"))
    return issues


def validate_answer(config: Config, answer: Json, context: AnswerContext) -> list[Issue]:
    """Report a verdict that the question does not know, or that names another task's reply."""
    if issues := mapping_issue(answer, '{"verdict": "better", "better": "a"}'):
        return issues
    ids = reply_ids(context.data)
    issues = [
        *enough_issues(ids, 2, 2, "replies"),
        *unknown_keys(answer, _ANSWER_KEYS, "answer"),
        *order_issues(answer, ids, context.seed),
        *text_issues(config, answer, "reason", "reason"),
    ]
    verdict = answer.get("verdict")
    if not isinstance(verdict, str) or verdict not in _verdicts(config):
        known = ", ".join(_verdicts(config))
        return [*issues, Issue("answer.verdict", f"{shown(verdict)} is not one of {known}")]
    if verdict == "better":
        return issues + _better_issues(config, answer, ids)
    extra = [name for name in ("better", "strength", "edited") if answer.get(name) is not None]
    return issues + [Issue(f"answer.{name}", "is said only of the better of two") for name in extra]


def normalise_answer(config: Config, answer: Json) -> Json:
    """Write the verdict, what belongs to it, and the texts without spaces around them."""
    kept: dict[str, Json] = {"verdict": answer["verdict"]}
    if answer["verdict"] == "better":
        kept["better"] = answer["better"]
        if answer.get("strength") is not None:
            kept["strength"] = answer["strength"]
    return {**kept, **kept_texts(answer, "reason", "edited")}


def is_empty(config: Config, answer: Json) -> bool:
    """True when there is no verdict."""
    return says_nothing(answer, "verdict", "better")


def with_defaults(config: Config) -> dict[str, Json]:
    """Fill in three degrees, "the same", "both are bad", and room for a reason."""
    return {**_DEFAULTS, **config}


def examples() -> Examples:
    """Show good and bad configs and answers."""
    data = {"replies": [{"id": "a", "text": "Yes."}, {"id": "b", "text": "No."}]}
    full = Example(
        config={"strength": 3, "tie": True, "both_bad": True, "reason": "optional", "edit": "none"},
        context=AnswerContext(data=data),
        good=(
            {"verdict": "better", "better": "a", "strength": 2},
            {"verdict": "better", "better": "b", "strength": 3, "order": ["b", "a"]},
            {"verdict": "tie", "reason": " Both are one word. "},
            {"verdict": "both_bad", "order": ["a", "b"]},
        ),
        bad=(
            {"verdict": "better", "better": "c", "strength": 1},
            {"verdict": "better", "better": "a"},
            {"verdict": "better", "better": "a", "strength": 4},
            {"verdict": "better", "better": "a", "strength": True},
            {"verdict": "tie", "better": "a"},
            {"verdict": "tie", "order": ["a"]},
            {"verdict": "tie", "order": ["a", "a"]},
            {"verdict": "tie", "order": ["a", "c"]},
            {"verdict": "tie", "reason": 7},
            {"verdict": "tie", "reason": "x" * 5_001},
            {"verdict": "tie", "reason": "\ud800"},
            {"verdict": "tie", "edited": "Yes!"},
            {"verdict": "maybe"},
            {"verdict": ["tie"]},
            {"verdict": "tie", "winner": "a"},
            "a",
            ["a"],
        ),
        empty=(None, "", {}, {"order": ["a", "b"]}),
    )
    strict = Example(
        config={"strength": 1, "reason": "required", "edit": "optional"},
        context=AnswerContext(data=data, seed=seed_of(1, 1)),
        good=({"verdict": "better", "better": "a", "reason": "True.", "edited": "Yes, it is."},),
        bad=(
            {"verdict": "better", "better": "a"},
            {"verdict": "better", "better": "a", "reason": "  "},
            {"verdict": "better", "better": "a", "reason": "True.", "strength": 1},
            {"verdict": "tie", "reason": "Same."},
            {"verdict": "both_bad", "reason": "Bad."},
        ),
        empty=(None, {}),
    )
    return Examples(
        valid=(full, strict),
        bad_configs=(
            None,
            [],
            {"strength": 0},
            {"strength": 9},
            {"strength": "3"},
            {"tie": "yes"},
            {"both_bad": 1},
            {"reason": "always"},
            {"edit": True},
            {"labels": []},
        ),
    )


def _verdicts(config: Config) -> tuple[str, ...]:
    return ("better", *(name for name in ("tie", "both_bad") if config.get(name, False)))


def _better_issues(config: Config, answer: Mapping[str, Json], ids: tuple[str, ...]) -> list[Issue]:
    issues = id_issue(answer.get("better"), ids, "answer.better")
    issues += text_issues(config, answer, "edited", "edit")
    degrees, degree = config.get("strength", 1), answer.get("strength")
    if degrees == 1:
        if degree is not None:
            issues.append(Issue("answer.strength", "is not asked for by this question"))
    elif type(degree) is not int or not 1 <= degree <= degrees:
        issues.append(Issue("answer.strength", f"must be a whole number from 1 to {degrees}"))
    return issues


KIND = Kind(
    name="pairwise",
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
