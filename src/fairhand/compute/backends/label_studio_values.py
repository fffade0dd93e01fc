"""Label Studio's results <-> our values, of every kind that has a control.

A backend's word is checked like anybody's: labels that are not asked for, sizes of another picture,
places past the end of a text or a sound, numbers that are none all raise AssistantError with the
hop `value` and say which result is wrong. How each kind is written, `model.label_studio` knows;
`heard` knows what models say otherwise, and `regions` how masks are painted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from fairhand.compute.backends.heard import adapted
from fairhand.compute.backends.label_config import LabelConfig
from fairhand.compute.backends.regions import label_meant, read_mask, value_of, wrong
from fairhand.labels import registry
from fairhand.labels.kind import AnswerContext, shown
from fairhand.labels.replies import DOCUMENTS, read_documents, reply_ids
from fairhand.model.label_studio import read_values, write_values
from fairhand.model.project import Question

_MOST_RESULTS: Final = 10_000
_SHAPES: Final = ("brush", "polygon", "rectangle", "ellipse")
_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "choices": ("choice",),
    "rating": ("rating",),
    "textarea": ("text", "transcript"),
    "labels": ("spans", "segments", "transcript"),
    "pairwise": ("pairwise",),
    "ranker": ("ranking", "relevance"),
    **{
        f"{shape}{end}": kinds
        for shape, kinds in {
            "rectangle": ("boxes", "mask", "polygons"),
            "polygon": ("polygons", "mask"),
            "keypoint": ("keypoints",),
            "brush": ("mask",),
            "ellipse": ("mask",),
        }.items()
        for end in ("", "labels")
    },
}
"""The kinds that a type of result answers; where its control is not known, the first one asked."""

Result = Mapping[str, Any]


def read_results(
    config: LabelConfig, results: Sequence[Any], context: AnswerContext
) -> dict[str, Any] | None:
    """Read a prediction's results into a value; None when they propose nothing.

    Results of kinds that our questions do not ask for are left out; raises AssistantError when
    one that answers a question cannot be read.
    """
    if len(results) > _MOST_RESULTS:
        raise wrong(f"It proposes {len(results)} results for one task.", "value")
    asked: dict[str, list[tuple[int, Result]]] = {}
    links: list[Result] = []
    for number, result in enumerate(results, 1):
        if not isinstance(result, Mapping):
            raise wrong(f"Result {number} is {shown(result)}, not a mapping.", "shape")
        if result.get("type") == "relation":
            links.append(result)
        elif (question := _question_of(config, result)) is not None:
            asked.setdefault(question.name, []).append((number, result))
    value: dict[str, Any] = {}
    for question in config.questions:
        given = asked.get(question.name)
        if given is None or _has_nothing_to_judge(question, context.data or {}):
            continue
        answer = _answer(config, question, given, links, context)
        if answer is not None:
            value[question.name] = _checked(question, answer, context)
    return value or None


def write_results(
    config: LabelConfig, value: Mapping[str, Any], data: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Write a valid value as Label Studio's results, for a backend to learn from."""
    kinds = {one.name: one.kind for one in config.questions}
    plain = {name: one for name, one in value.items() if kinds.get(name) not in _OWN}
    results, _ = write_values.write_results(config.studio, plain, data)
    for name, answer in value.items():
        if kinds.get(name) in _OWN:
            results += _OWN[kinds[name]](config, name, answer)
    return results


def _ratings(config: LabelConfig, name: str, answer: Result) -> list[dict[str, Any]]:
    """Write a rating: each criterion has its control."""
    given = answer.get("ratings", {})
    return [
        {
            "id": f"{control}-1",
            "from_name": control,
            "to_name": config.object_name,
            "origin": "manual",
            "type": "rating",
            "value": {"rating": given[criterion]},
        }
        for control, criterion in config.criteria.items()
        if config.controls[control].name == name and criterion in given
    ]


def _grades(config: LabelConfig, name: str, answer: Result) -> list[dict[str, Any]]:
    """Write grades: each is a bucket of the list."""
    buckets: dict[str, list[str]] = {}
    for one, grade in answer["grades"].items():
        buckets.setdefault(str(grade), []).append(one)
    return [
        {
            "id": f"{name}-1",
            "from_name": name,
            "to_name": config.studio.controls[name].to_name,
            "origin": "manual",
            "type": "ranker",
            "value": {"ranker": buckets},
        }
    ]


_OWN: Final = {"rating": _ratings, "relevance": _grades}


def clicks_as_results(
    config: LabelConfig,
    question: Question,
    label: str,
    clicks: Iterable[tuple[int, int, bool]],
    box: tuple[int, int, int, int] | None,
    size: tuple[int, int],
) -> list[dict[str, Any]]:
    """Write a person's prompt (clicks x, y, positive; a box; size height, width) as results."""
    height, width = size
    about = {
        "to_name": config.object_name,
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "origin": "manual",
    }
    results: list[dict[str, Any]] = []
    for number, (x, y, positive) in enumerate(clicks):
        at = {"x": 100 * (x + 0.5) / width, "y": 100 * (y + 0.5) / height, "width": 0.5}
        results.append(
            {
                "id": f"click-{number + 1}",
                "from_name": config.points[question.name],
                "type": "keypointlabels",
                "is_positive": int(positive),
                "value": {**at, "keypointlabels": [label]},
                **about,
            }
        )
    if box is not None:
        x0, y0, x1, y1 = box
        placed = {"x": x0, "y": y0, "width": x1 - x0, "height": y1 - y0}
        scale = {"x": width, "y": height, "width": width, "height": height}
        value = {key: 100 * number / scale[key] for key, number in placed.items()}
        results.append(
            {
                "id": "box-1",
                "from_name": config.boxes[question.name],
                "type": "rectanglelabels",
                "value": {**value, "rotation": 0, "rectanglelabels": [label]},
                **about,
            }
        )
    return results


def _question_of(config: LabelConfig, result: Result) -> Question | None:
    """Find the question that a result answers: by its control, else the only one of its kind."""
    kinds = _KINDS.get(str(result.get("type")))
    if kinds is None:
        return None
    control = result.get("from_name")
    question = config.controls.get(control) if isinstance(control, str) else None
    if question is None:
        return _only_one(config, kinds, control)
    if question.kind not in kinds:
        raise wrong(
            f"It answers the {question.kind} question {question.name!r} "
            f"with a result of type {shown(result.get('type'))}.",
            "value",
        )
    return question


def _only_one(config: LabelConfig, kinds: Sequence[str], control: object) -> Question | None:
    """Find the only question of a kind; None where no question asks for any."""
    for kind in kinds:
        alike = [one for one in config.questions if one.kind == kind]
        if len(alike) == 1:
            return alike[0]
        if alike:
            raise wrong(
                f"It answers {shown(control)}; the questions are "
                f"{', '.join(one.name for one in config.questions)}.",
                "value",
            )
    return None


def _answer(
    config: LabelConfig,
    question: Question,
    given: Sequence[tuple[int, Result]],
    links: Sequence[Result],
    context: AnswerContext,
) -> Any:  # noqa: ANN401  # an answer of any kind
    results = [result for _, result in given]
    if question.kind == "choice":
        return _chosen(question, results)
    if question.kind == "mask":
        return read_mask(question, results, context)
    if question.kind == "rating":
        return _rated(config, question, results)
    if question.kind == "relevance":
        return _graded(question, results)
    if question.kind == "pairwise":
        return _better(config, question, results, context)
    heard = adapted(question, given, context)
    if not heard:
        return None
    try:
        return _read(config, question, [one for _, one in heard], links, context)
    except read_values.UnfitError as error:
        for number, one in heard:  # which of them is it?
            try:
                _read(config, question, [one], [], context)
            except read_values.UnfitError as own:
                raise wrong(f"Result {number}, for {question.name!r}, {own}.") from None
        raise wrong(f"Its answer to {question.name!r} {error}.") from None


def _has_nothing_to_judge(question: Question, data: Mapping[str, Any]) -> bool:
    """Say whether a task has no replies or documents: a model answers its controls all the same."""
    if question.kind in ("pairwise", "ranking"):
        return not reply_ids(data)
    return question.kind == "relevance" and not read_documents(data.get(DOCUMENTS))


def _read(
    config: LabelConfig,
    question: Question,
    given: Sequence[Result],
    links: Sequence[Result],
    context: AnswerContext,
) -> Any:  # noqa: ANN401  # an answer of any kind
    return read_values.read_answer(config.studio, question, given, links, context)


def _better(
    config: LabelConfig, question: Question, given: Sequence[Result], context: AnswerContext
) -> dict[str, Any]:
    """Read which of two is better; where people also say how much, it is taken as a little."""
    plain = replace(question, config={**question.config, "strength": 1})
    try:
        answer: dict[str, Any] = _read(config, plain, given, [], context)
    except read_values.UnfitError as error:
        raise wrong(f"Its answer to {question.name!r} {error}.") from None
    return {**answer, "strength": 1} if question.config.get("strength", 1) > 1 else answer


def _rated(config: LabelConfig, question: Question, given: Sequence[Result]) -> dict[str, Any]:
    ratings: dict[str, Any] = {}
    for result in given:
        name = result.get("from_name")
        criterion = config.criteria.get(name) if isinstance(name, str) else None
        if criterion is None and len(question.config.get("criteria", ())) > 1:
            raise wrong(f"It rates {shown(name)}, which is no criterion of {question.name!r}.")
        criterion = criterion or next(iter(config.criteria.values()))
        ratings[criterion] = value_of(result).get("rating")
    return {"ratings": ratings}


def _graded(question: Question, given: Sequence[Result]) -> dict[str, Any] | None:
    """Read the buckets of a list as grades; what lies in none of ours has no grade."""
    known = {str(one["value"]): one["value"] for one in question.config["grades"]}
    grades: dict[str, Any] = {}
    for result in given:
        buckets = value_of(result).get("ranker")
        if not isinstance(buckets, Mapping):
            raise wrong(f"It sorts {question.name!r} into {shown(buckets)}, not into buckets.")
        for name, ids in buckets.items():
            if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
                raise wrong(f"The bucket {shown(name)} for {question.name!r} is no list of ids.")
            if name not in known and ids and name != "_":
                raise wrong(f"It sorts into {shown(name)}, which is no grade of {question.name!r}.")
            if name in known:
                grades |= dict.fromkeys(ids, known[name])
    return {"grades": grades} if grades else None


def _checked(question: Question, answer: Any, context: AnswerContext) -> Any:  # noqa: ANN401
    """Give the answer in its canonical form; raises AssistantError when it is none."""
    for issue in registry.validate_answer(question.kind, question.config, answer, context):
        raise wrong(f"Its answer to {question.name!r}: {issue.message}.", "value")
    return registry.normalise_answer(question.kind, question.config, answer)


def _chosen(question: Question, given: Sequence[Mapping[str, Any]]) -> str | list[str] | None:
    chosen: dict[str, None] = {}
    for result in given:
        named = value_of(result).get("choices")
        if not isinstance(named, list):
            raise wrong(f"Its choices for {question.name!r} are {shown(named)}, not a list.")
        for one in named:
            chosen[label_meant(question, one)] = None
    if question.config.get("multiple"):
        return list(chosen) or None
    if len(chosen) > 1:
        raise wrong(f"It chose {len(chosen)} labels for {question.name!r}, which takes one.")
    return next(iter(chosen), None)
