"""Tasks written as Label Studio's JSON: what came from there as it came, and our people's answers.

`Ids.theirs` gives what came the ids that it came with, and puts our own above the highest of those;
`Ids.ours` gives everything the numbers that it has here, for whoever talks to our API.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from fairhand.core.clock import Instant, iso
from fairhand.model.foreign import (
    GivenAnswer,
    KeptAnswer,
    MadePrediction,
    PassedOn,
    WholeTask,
)
from fairhand.model.label_studio.controls import StudioConfig
from fairhand.model.label_studio.write_values import write_results

KEPT_FROM: Final = 1_000_000_000_000
"""Where the numbers of answers begin that came from elsewhere; below are those given here."""
PASSED_FROM: Final = 2_000_000_000_000
"""Where the numbers of tasks passed on begin: Label Studio has them as cancelled annotations."""

_HERE: Final = frozenset({"added", "changed"})


@dataclass(frozen=True, slots=True)
class Ids:
    """How things are numbered; `lift_*` is what is added to our own numbers.

    Whoever gives `left_out` finds there what Label Studio has no place for, with its count.
    """

    is_theirs: bool = False
    lift_task: int = 0
    lift_answer: int = 0
    left_out: Counter[str] | None = None


OURS: Final = Ids()


def original_data(task: WholeTask) -> dict[str, Any]:
    """Give a task's data as it came: without what was added or changed here."""
    data = dict(task.data)
    if task.details is None:
        return data
    for name in task.details.get("added", ()):
        data.pop(name, None)
    return data | dict(task.details.get("changed", {}))


def task_json(
    task: WholeTask, config: StudioConfig, ids: Ids = OURS, host: str = ""
) -> dict[str, Any]:
    """Write one task with its answers and predictions."""
    if ids.is_theirs and task.details is not None:
        return _as_it_came(task, config, ids)
    annotations = annotations_json(task, config, ids)
    predictions = predictions_json(task, config, ids)
    details = {k: v for k, v in (task.details or {}).items() if k not in _HERE}
    written: dict[str, Any] = {
        "id": task.id + ids.lift_task,
        "data": _shown_data(task, config, host),
        "meta": {},
        "annotations": annotations,
        "drafts": [one.original for one in task.kept if one.kind == "draft"],
        "predictions": predictions,
        "created_at": stamp(task.created_at),
        "updated_at": stamp(task.created_at),
    }
    cancelled = sum(one["was_cancelled"] is True for one in annotations)
    written |= {
        "inner_id": task.id,
        "total_annotations": len(annotations) - cancelled,
        "cancelled_annotations": cancelled,
        "total_predictions": len(predictions),
        "comment_count": 0,
        "unresolved_comment_count": 0,
        "last_comment_updated_at": None,
        "project": task.project_id,
        "updated_by": None,
        "comment_authors": [],
        "allow_skip": True,
        "file_upload": None,
        "overlap": 1,
        "is_labeled": bool(task.given),
        "avg_lead_time": None,
    }
    theirs = ("meta", "updated_at", "file_upload", "comment_authors", "comment_count")
    return written | {name: details[name] for name in theirs if name in details}


def _as_it_came(task: WholeTask, config: StudioConfig, ids: Ids) -> dict[str, Any]:
    """Write a task of theirs: as it came, with what our people added counted in."""
    details = task.details or {}
    whole: dict[str, Any] = {k: v for k, v in details.items() if k not in _HERE}
    whole["data"] = original_data(task)
    for name, written in (
        ("annotations", annotations_json(task, config, ids)),
        ("predictions", predictions_json(task, config, ids)),
        ("drafts", [one.original for one in task.kept if one.kind == "draft"]),
    ):
        rest = details.get(name)
        if written or isinstance(rest, list):
            whole[name] = written + (rest if isinstance(rest, list) else [])
    for name, added in (
        ("total_annotations", len(task.given)),
        ("cancelled_annotations", len(task.passed_on)),
    ):
        if isinstance(whole.get(name), int):
            whole[name] += added
    return whole


def annotations_json(
    task: WholeTask, config: StudioConfig, ids: Ids = OURS
) -> list[dict[str, Any]]:
    """Write the answers to a task: what came, what our people gave, and what they passed on."""
    written_here = {one.annotation_id for one in task.kept}
    kept = [
        _kept_json(one, task, ids)
        for one in task.kept
        if one.kind == "annotation" and one.annotation_id is None
    ]
    given = [
        given_json(one, task, config, ids, _result_of(one, task, written_here))
        for one in task.given
    ]
    return kept + given + [_passed_json(one, task, ids) for one in task.passed_on]


def _result_of(
    given: GivenAnswer, task: WholeTask, written_here: set[int | None]
) -> list[Any] | None:
    """Give an answer's results as they were sent, where they were sent in Label Studio's form."""
    if given.id not in written_here:
        return None
    sent = next(one for one in task.kept if one.annotation_id == given.id)
    return list(sent.original.get("result", []))


def _kept_json(one: KeptAnswer, task: WholeTask, ids: Ids) -> dict[str, Any]:
    if ids.is_theirs:
        return one.original
    shape = _annotation(KEPT_FROM + one.id, task, one.at)
    theirs = {k: v for k, v in one.original.items() if k not in ("id", "task", "project")}
    shape |= {**theirs, "import_id": one.original.get("id")}
    shape["result_count"] = len(shape["result"]) if isinstance(shape["result"], list) else 0
    return shape


def given_json(
    one: GivenAnswer,
    task: WholeTask,
    config: StudioConfig,
    ids: Ids = OURS,
    sent: list[Any] | None = None,
) -> dict[str, Any]:
    """Write what a person of ours answered; people are numbers, never names."""
    result = _written(config, one.value, task, ids) if sent is None else sent
    return _annotation(one.first_id + ids.lift_answer, task, one.first_at) | {
        "task": task.id + ids.lift_task if task.details is None else _their_id(task, ids),
        "completed_by": _person(one.person_id, ids),
        "result": result,
        "result_count": len(result),
        "updated_at": stamp(one.submitted_at),
        "lead_time": (one.submitted_at - one.served_at) / 1_000,
        "parent_prediction": one.prediction_id,
    }


def _written(
    config: StudioConfig, value: Mapping[str, Any], task: WholeTask, ids: Ids
) -> list[dict[str, Any]]:
    results, left = write_results(config, value, task.data)
    if ids.left_out is not None:
        ids.left_out.update(left)
    return results


def _their_id(task: WholeTask, ids: Ids) -> int:
    theirs = (task.details or {}).get("id")
    return theirs if ids.is_theirs and isinstance(theirs, int) else task.id


def _passed_json(one: PassedOn, task: WholeTask, ids: Ids) -> dict[str, Any]:
    return _annotation(PASSED_FROM + one.lease_id, task, one.at) | {
        "task": _their_id(task, ids),
        "completed_by": _person(one.person_id, ids),
        "was_cancelled": True,
        "lead_time": (one.at - one.served_at) / 1_000,
    }


def _annotation(number: int, task: WholeTask, at: Instant) -> dict[str, Any]:
    return {
        "id": number,
        "completed_by": None,
        "result": [],
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": stamp(at),
        "updated_at": stamp(at),
        "draft_created_at": None,
        "lead_time": None,
        "prediction": {},
        "result_count": 0,
        "unique_id": str(uuid5(NAMESPACE_URL, f"annotation/{task.project_id}/{number}")),
        "import_id": None,
        "last_action": None,
        "bulk_created": False,
        "task": task.id,
        "project": task.project_id,
        "updated_by": None,
        "parent_prediction": None,
        "parent_annotation": None,
        "last_created_by": None,
    }


def _person(person_id: int, ids: Ids) -> Any:  # noqa: ANN401  # a number, or who it is
    if not ids.is_theirs:
        return person_id
    return {"id": person_id, "email": pseudonym(person_id), "first_name": "", "last_name": ""}


def pseudonym(person_id: int) -> str:
    """Write an address for a person that says who is the same and not who it is."""
    return f"person-{person_id}@people.invalid"


def predictions_json(
    task: WholeTask, config: StudioConfig, ids: Ids = OURS
) -> list[dict[str, Any]]:
    """Write the predictions of a task; what came as an annotation is no prediction there."""
    linked = {one.prediction_id for one in task.kept if one.prediction_id is not None}
    values = {one.id: one for one in task.predictions}
    kept = [
        _predicted_json(one, values, task, ids) for one in task.kept if one.kind == "prediction"
    ]
    made = [_made_json(one, task, config, ids) for one in task.predictions if one.id not in linked]
    return kept + made


def _predicted_json(
    one: KeptAnswer, values: Mapping[int, MadePrediction], task: WholeTask, ids: Ids
) -> dict[str, Any]:
    if ids.is_theirs:
        return one.original
    number = one.prediction_id if one.prediction_id in values else KEPT_FROM + one.id
    theirs = {k: v for k, v in one.original.items() if k not in ("id", "task", "project")}
    return _prediction(number, task, one.at) | theirs


def _made_json(
    one: MadePrediction, task: WholeTask, config: StudioConfig, ids: Ids
) -> dict[str, Any]:
    result = _written(config, one.value, task, ids)
    return _prediction(one.id + ids.lift_answer, task, one.at) | {
        "task": _their_id(task, ids),
        "result": result,
        "model_version": one.model,
        "score": one.score,
    }


def _prediction(number: int | None, task: WholeTask, at: Instant) -> dict[str, Any]:
    return {
        "id": number,
        "result": [],
        "model_version": "",
        "score": None,
        "cluster": None,
        "neighbors": None,
        "mislabeling": 0,
        "created_at": stamp(at),
        "updated_at": stamp(at),
        "model": None,
        "model_run": None,
        "task": task.id,
        "project": task.project_id,
    }


def _shown_data(task: WholeTask, config: StudioConfig, host: str) -> dict[str, Any]:
    """Give a task's data; a file of our own by the address where it is given out."""
    data = original_data(task)
    if task.media_type is None or task.details is not None:
        return data
    sort, _, ending = task.media_type.partition("/")
    names = [one.field for one in config.shown if one.tag.lower().startswith(sort)]
    name = names[0] if names else sort
    data.setdefault(name, f"{host}/data/upload/{task.project_id}/{task.id}.{ending}")
    return data


def _listed(rest: object) -> list[Any]:
    return rest if isinstance(rest, list) else []


def stamp(at: Instant) -> str:
    """Write an instant as Label Studio does: with microseconds, in UTC."""
    return f"{iso(at).removesuffix('Z')}000Z"
