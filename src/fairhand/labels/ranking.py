"""Ranking: replies from best to worst, with ties; or only the best and the worst.

Config `{"mode": "full", "ties": true, "reason": "none"}`; answer `{"ranks": [["b"], ["a", "c"]]}`,
best first, replies that are as good as each other together. With `"mode": "best_worst"` the answer
is `{"best": "b", "worst": "c"}`. Both perhaps with `reason` and `order`. The task's data holds two
or more `replies` (`labels.replies`).
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
from fairhand.labels.replies import CONVERSATION, MAX_REPLIES, REPLIES, reply_ids, seed_of

MODES = ("full", "best_worst")
_DEFAULTS: Mapping[str, Json] = {"mode": "full", "ties": True, "reason": "none"}
_FULL_KEYS = frozenset({"ranks", "reason", "order"})
_ENDS_KEYS = frozenset({"best", "worst", "reason", "order"})


def validate_config(config: Json) -> list[Issue]:
    """Report everything wrong with the config of a ranking."""
    if not isinstance(config, Mapping):
        return [Issue("config", f"must be a mapping, not {json_type(config)}")]
    issues = unknown_keys(config, frozenset(_DEFAULTS), "config")
    issues += flag_issues(config, "ties")
    issues += wish_issues(config, "reason")
    mode = config.get("mode", "full")
    if not isinstance(mode, str) or mode not in MODES:
        issues.append(Issue("config.mode", f"must be one of {', '.join(MODES)}, not {shown(mode)}"))
    return issues


def validate_answer(config: Config, answer: Json, context: AnswerContext) -> list[Issue]:
    """Report replies that are left out, named twice, or not of this task."""
    full = config.get("mode", "full") == "full"
    if issues := mapping_issue(answer, '{"ranks": [["b"], ["a"]]}' if full else '{"best": "a"}'):
        return issues
    ids = reply_ids(context.data)
    issues = [
        *enough_issues(ids, 2, MAX_REPLIES, "replies"),
        *unknown_keys(answer, _FULL_KEYS if full else _ENDS_KEYS, "answer"),
        *order_issues(answer, ids, context.seed),
        *text_issues(config, answer, "reason", "reason"),
    ]
    if full:
        return issues + _ranks_issues(config, answer.get("ranks"), ids)
    for end in ("best", "worst"):
        issues += id_issue(answer.get(end), ids, f"answer.{end}")
    if not issues and answer["best"] == answer["worst"]:
        issues.append(Issue("answer.worst", "is the best as well"))
    return issues


def normalise_answer(config: Config, answer: Json) -> Json:
    """Sort replies that are as good as each other; drop spaces around the reason."""
    if "ranks" in answer:
        ranked: dict[str, Json] = {"ranks": [sorted(tied) for tied in answer["ranks"]]}
    else:
        ranked = {"best": answer["best"], "worst": answer["worst"]}
    return {**ranked, **kept_texts(answer, "reason")}


def is_empty(config: Config, answer: Json) -> bool:
    """True when nothing is ranked."""
    return says_nothing(answer, "ranks", "best", "worst")


def with_defaults(config: Config) -> dict[str, Json]:
    """Fill in a full ranking in which ties are allowed."""
    return {**_DEFAULTS, **config}


def examples() -> Examples:
    """Show good and bad configs and answers."""
    data = {"replies": ["One.", "Two.", "Three."]}
    full = Example(
        config={"mode": "full", "ties": True, "reason": "optional"},
        context=AnswerContext(data=data),
        good=(
            {"ranks": [["b"], ["a"], ["c"]]},
            {"ranks": [["c", "a"], ["b"]], "order": ["c", "b", "a"], "reason": "Short."},
            {"ranks": [["c", "a", "b"]]},
        ),
        bad=(
            {"ranks": [["a"], ["b"]]},
            {"ranks": [["a"], ["b"], ["c"], []]},
            {"ranks": [["a"], ["b"], ["c"], ["a"]]},
            {"ranks": [["a"], ["b"], ["d"]]},
            {"ranks": ["a", "b", "c"]},
            {"ranks": [["a", 1, None]]},
            {"ranks": "abc"},
            {"ranks": [["a"], ["b"], ["c"]], "best": "a"},
            {"ranks": [["a"], ["b"], ["c"]], "order": ["a", "b"]},
            {"best": "a", "worst": "c"},
            ["a", "b", "c"],
            "a",
        ),
        empty=(None, "", {}, {"ranks": []}),
    )
    strict = Example(
        config={"mode": "full", "ties": False},
        context=AnswerContext(data=data, seed=seed_of(2, 3)),
        good=({"ranks": [["a"], ["b"], ["c"]]},),
        bad=({"ranks": [["a", "b"], ["c"]]}, {"ranks": [["a"], ["b"], ["c"]], "reason": "x"}),
    )
    ends = Example(
        config={"mode": "best_worst", "reason": "none"},
        context=AnswerContext(data=data),
        good=({"best": "a", "worst": "c"}, {"best": "b", "worst": "a", "order": ["a", "b", "c"]}),
        bad=(
            {"best": "a"},
            {"best": "a", "worst": "a"},
            {"best": "a", "worst": "d"},
            {"best": ["a"], "worst": "b"},
            {"ranks": [["a"], ["b"], ["c"]]},
        ),
        empty=(None, {}),
    )
    return Examples(
        valid=(full, strict, ends),
        bad_configs=(
            None,
            "full",
            {"mode": "some"},
            {"mode": ["full"]},
            {"ties": 1},
            {"reason": "maybe"},
            {"labels": []},
        ),
    )


def _ranks_issues(config: Config, ranks: Json, ids: tuple[str, ...]) -> list[Issue]:
    place = "answer.ranks"
    if not isinstance(ranks, list) or len(ranks) > MAX_REPLIES:
        return [Issue(place, 'must be a list of ranks, best first, such as [["b"], ["a", "c"]]')]
    issues: list[Issue] = []
    named: list[str] = []
    for number, tied in enumerate(ranks):
        if not isinstance(tied, list) or not 1 <= len(tied) <= MAX_REPLIES:
            issues.append(Issue(f"{place}[{number}]", "must be a list of one reply or more"))
            continue
        if len(tied) > 1 and not config.get("ties", False):
            issues.append(Issue(f"{place}[{number}]", "holds a tie; this question has none"))
        for one in tied:
            issues += id_issue(one, ids, f"{place}[{number}]")
        named += [one for one in tied if isinstance(one, str)]
    if not issues and sorted(named) != sorted(ids):
        issues.append(Issue(place, "must name each reply of this task once"))
    return issues


KIND = Kind(
    name="ranking",
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
