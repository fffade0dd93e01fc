"""Changing what is asked in mid-project: the questions after it, and what becomes of answers; pure.

A change is a mapping with a `do`: `rename` (a label's title), `add`, `remove`, `merge`, `split`,
`add_question`, `remove_question`. What was merged is mapped by itself; what was removed or split
says nothing any more and has to be asked anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from fairhand.core.errors import InvalidError, Issue
from fairhand.labels.registry import with_defaults
from fairhand.model.project import Question
from fairhand.work.projects.rules import check_questions

MOST_CHANGES: Final = 200
ASKS: Final = ("touched", "all", "sample", "none")
SAMPLE_PERMILLE: Final = 100
"""How many of a thousand tasks a sample asks about."""
_LOST: Final = object()
_KEYS: Final = {
    "rename": {"question", "label", "title"},
    "add": {"question", "label", "title"},
    "remove": {"question", "label"},
    "merge": {"question", "labels", "into"},
    "split": {"question", "label", "into"},
    "add_question": {"question"},
    "remove_question": {"question"},
}

Change = Mapping[str, Any]
Labels = Mapping[str, Mapping[str, str | None]]
"""By question: what a label of before is called now; None: nothing says it any more."""


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """The questions after the changes, and what they do to answers of before.

    `added` are labels and questions that nobody could choose before.
    """

    questions: tuple[Question, ...]
    labels: dict[str, dict[str, str | None]] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def plan_changes(questions: Sequence[Question], changes: Sequence[Change]) -> ChangePlan:
    """Carry changes out one after another; raises InvalidError for what cannot be done."""
    if len(changes) > MOST_CHANGES:
        raise _wrong("changes", f"Make at most {MOST_CHANGES} changes at once.")
    plan = ChangePlan(tuple(questions))
    for number, change in enumerate(changes):
        plan = _step(plan, change, f"changes[{number}]")
    if issues := check_questions(plan.questions):
        message = "The questions would not hold together after this; nothing was changed."
        raise InvalidError(message, issues=issues)
    return plan


def translate(
    value: Mapping[str, Any], labels: Labels, removed: Sequence[str] = ()
) -> tuple[dict[str, Any], frozenset[str]]:
    """Say an answer of before in the labels of now; and which questions lost their answer by it."""
    found, lost = {}, set()
    for name, answer in value.items():
        if name in removed:
            lost.add(name)
        elif name not in labels:
            found[name] = answer
        elif (now := _said(answer, labels[name])) is _LOST:
            lost.add(name)
        else:
            found[name] = now
    return found, frozenset(lost)


def is_asked_anew(ask: str, task_id: int, *, is_lost: bool) -> bool:
    """Say whether a change asks people anew about a task that was answered before it."""
    if ask == "sample":
        return is_in_sample(task_id)
    return ask == "all" or (ask == "touched" and is_lost)


def is_in_sample(task_id: int) -> bool:
    """Say whether a sample holds a task; the same tasks every time, and not those of reviews."""
    return (task_id * 2_246_822_519 + 374_761_393) % 2**32 * 1_000 // 2**32 < SAMPLE_PERMILLE


def _said(answer: Any, labels: Mapping[str, str | None]) -> Any:  # noqa: ANN401  # any answer
    """Map a choice, or the labels of what was drawn."""
    if isinstance(answer, str):
        now = labels.get(answer, answer)
        return _LOST if now is None else now
    if isinstance(answer, list) and all(isinstance(one, str) for one in answer):
        each = [labels.get(one, one) for one in answer]
        return _LOST if None in each else list(dict.fromkeys(each))
    return _drawn(answer, labels)


def _drawn(node: Any, labels: Mapping[str, str | None]) -> Any:  # noqa: ANN401
    if isinstance(node, list):
        items = [_drawn(one, labels) for one in node]
        return _LOST if any(one is _LOST for one in items) else items
    if not isinstance(node, Mapping):
        return node
    made = {}
    for name, inner in node.items():
        if name == "label" and isinstance(inner, str):
            now: Any = labels.get(inner, inner)
            now = _LOST if now is None else now
        else:
            now = _drawn(inner, labels)
        if now is _LOST:
            return _LOST
        made[name] = now
    return made


def _step(plan: ChangePlan, change: Change, place: str) -> ChangePlan:
    do = change.get("do") if isinstance(change, Mapping) else None
    if not isinstance(do, str) or do not in _KEYS:
        raise _wrong(f"{place}.do", f"Say one of {', '.join(_KEYS)}.")
    if extra := set(change) - _KEYS[do] - {"do"}:
        raise _wrong(place, f"{sorted(map(str, extra))[0][:60]!r} says nothing to {do}.")
    if do == "add_question":
        return _add_question(plan, change, place)
    name = change.get("question")
    asked = next((one for one in plan.questions if one.name == name), None)
    if asked is None:
        raise _wrong(f"{place}.question", f"There is no question {str(name)[:60]!r}.")
    if do == "remove_question":
        left = tuple(one for one in plan.questions if one.name != name)
        return replace(plan, questions=left, removed=(*plan.removed, asked.name))
    if not isinstance(asked.config.get("labels"), list):
        raise _wrong(f"{place}.question", f"{asked.name!r} has no labels to change.")
    return _LABEL_STEPS[do](plan, asked, change, place)


def _add_question(plan: ChangePlan, change: Change, place: str) -> ChangePlan:
    given = change.get("question")
    if not isinstance(given, Mapping) or not isinstance(given.get("config", {}), Mapping):
        raise _wrong(f"{place}.question", "Write the question as name, kind, title and config.")
    known = {"name", "kind", "title", "config", "required", "only_if"}
    texts = all(isinstance(given.get(one), str) for one in ("name", "kind", "title"))
    if set(given) - known or not texts:
        raise _wrong(f"{place}.question", "A question has name, kind, title, config, required.")
    config = with_defaults(given["kind"], dict(given.get("config", {})))
    made = Question(
        given["name"],
        given["kind"],
        given["title"],
        config,
        bool(given.get("required", True)),
        given.get("only_if"),
    )
    if made.name in plan.removed:
        raise _wrong(f"{place}.question", f"{made.name!r} is removed here: choose another name.")
    return replace(plan, questions=(*plan.questions, made), added=(*plan.added, f"{made.name}"))


def _rename(plan: ChangePlan, asked: Question, change: Change, place: str) -> ChangePlan:
    label, title = _known(asked, change.get("label"), f"{place}.label"), change.get("title")
    if not isinstance(title, str) or not title.strip():
        raise _wrong(f"{place}.title", "Give the new title.")
    labels = [
        {**one, "title": title.strip()} if one["value"] == label else one
        for one in asked.config["labels"]
    ]
    return _with(plan, asked, labels)


def _add(plan: ChangePlan, asked: Question, change: Change, place: str) -> ChangePlan:
    label = _new(asked, change.get("label"), f"{place}.label")
    made = {"value": label, "title": change.get("title") or label}
    added = (*plan.added, f"{asked.name}.{label}")
    return replace(_with(plan, asked, [*asked.config["labels"], made]), added=added)


def _remove(plan: ChangePlan, asked: Question, change: Change, place: str) -> ChangePlan:
    label = _known(asked, change.get("label"), f"{place}.label")
    left = [one for one in asked.config["labels"] if one["value"] != label]
    return _mapped(_with(plan, asked, left), asked.name, {label: None})


def _merge(plan: ChangePlan, asked: Question, change: Change, place: str) -> ChangePlan:
    if asked.kind == "mask":
        raise _wrong(
            place, "What was painted of two labels cannot be made one by name; split them."
        )
    given, into = change.get("labels"), change.get("into")
    if not isinstance(given, list) or len(given) < 2:
        raise _wrong(f"{place}.labels", "Name two labels or more.")
    merged = [_known(asked, one, f"{place}.labels") for one in given]
    labels, here = list(asked.config["labels"]), {one["value"] for one in asked.config["labels"]}
    if not isinstance(into, str) or into not in here:
        into = _new(asked, into, f"{place}.into")
        at = next(place for place, one in enumerate(labels) if one["value"] in merged)
        labels.insert(at, {"value": into, "title": into})
    left = [one for one in labels if one["value"] not in merged or one["value"] == into]
    return _mapped(
        _with(plan, asked, left), asked.name, {one: into for one in merged if one != into}
    )


def _split(plan: ChangePlan, asked: Question, change: Change, place: str) -> ChangePlan:
    label, into = _known(asked, change.get("label"), f"{place}.label"), change.get("into")
    if not isinstance(into, list) or len(into) < 2 or len(set(map(str, into))) < len(into):
        raise _wrong(f"{place}.into", "Name two new labels or more.")
    made = [{"value": _new(asked, one, f"{place}.into"), "title": one} for one in into]
    labels = list(asked.config["labels"])
    at = next(place for place, one in enumerate(labels) if one["value"] == label)
    labels[at : at + 1] = made
    return _mapped(_with(plan, asked, labels), asked.name, {label: None})


_LABEL_STEPS: Final = {
    "rename": _rename,
    "add": _add,
    "remove": _remove,
    "merge": _merge,
    "split": _split,
}


def _with(plan: ChangePlan, asked: Question, labels: list[Any]) -> ChangePlan:
    config = with_defaults(asked.kind, {**asked.config, "labels": labels})
    changed = replace(asked, config=config)
    return replace(
        plan, questions=tuple(changed if one.name == asked.name else one for one in plan.questions)
    )


def _mapped(plan: ChangePlan, name: str, more: Mapping[str, str | None]) -> ChangePlan:
    """Join a step's mapping to those before it: what was `a` and then `b` is now what `b` is."""
    before = plan.labels.get(name, {})
    joined = {old: more.get(now, now) if now is not None else None for old, now in before.items()}
    return replace(plan, labels={**plan.labels, name: {**more, **joined}})


def _known(asked: Question, label: object, place: str) -> str:
    for one in asked.config["labels"]:
        if one["value"] == label:
            return str(one["value"])
    raise _wrong(place, f"{str(label)[:60]!r} is not a label of {asked.name!r}.")


def _new(asked: Question, label: object, place: str) -> str:
    if not isinstance(label, str) or not label.strip():
        raise _wrong(place, "Give the new label.")
    if any(one["value"] == label for one in asked.config["labels"]):
        raise _wrong(place, f"{label[:60]!r} is a label of {asked.name!r} already.")
    return label


def _wrong(place: str, message: str) -> InvalidError:
    return InvalidError(message, issues=[Issue(place, message)])
