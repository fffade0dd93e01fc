"""A Label Studio project as it comes out of Label Studio: its configuration and its export."""

from __future__ import annotations

from typing import Any

CONFIG = """<View>
  <Text name="text" value="$review"/>
  <Header value="How does it sound?"/>
  <Choices name="my-mood" toName="text" choice="single" required="true">
    <Choice value="good" hotkey="g"/><Choice value="bad" alias="poor"/>
  </Choices>
  <Labels name="who" toName="text">
    <Label value="Person" background="#ff0000"/><Label value="Place" background="green"/>
  </Labels>
  <Relations><Relation value="lives in"/></Relations>
  <Taxonomy name="topic" toName="text">
    <Choice value="food"><Choice value="taste"/><Choice value="price"/></Choice>
    <Choice value="room"><Choice value="price"/></Choice>
  </Taxonomy>
  <Rating name="stars" toName="text" maxRating="5"/>
  <TextArea name="why" toName="text"/>
  <Number name="nights" toName="text"/>
</View>
"""

REVIEW = "👩 Ann lives in Nairobi — and likes it."


def result(name: str, kind: str, value: dict[str, Any], number: str = "r1") -> dict[str, Any]:
    """One part of a result, as Label Studio writes it."""
    return {
        "id": number,
        "from_name": name,
        "to_name": "text",
        "type": kind,
        "value": value,
        "origin": "manual",
    }


RESULT = [
    result("my-mood", "choices", {"choices": ["poor"]}, "a1"),
    result("who", "labels", {"start": 3, "end": 6, "text": "Ann", "labels": ["Person"]}, "a2"),
    result("who", "labels", {"start": 16, "end": 23, "text": "Nairobi", "labels": ["Place"]}, "a3"),
    {
        "type": "relation",
        "from_id": "a2",
        "to_id": "a3",
        "direction": "right",
        "labels": ["lives in"],
    },
    result("topic", "taxonomy", {"taxonomy": [["food", "price"], ["room", "price"]]}, "a4"),
    result("stars", "rating", {"rating": 4}, "a5"),
    result("why", "textarea", {"text": ["It rained.", "Twice."]}, "a6"),
    result("nights", "number", {"number": 3}, "a7"),
]
VALUE = {
    "my_mood": "poor",
    "who": {
        "spans": [
            {"start": 2, "end": 5, "label": "Person"},
            {"start": 15, "end": 22, "label": "Place"},
        ],
        "relations": [{"from": 0, "to": 1, "label": "lives in"}],
    },
    "topic": ["food / price", "room / price"],
    "stars": {"ratings": {"rating": 4}},
    "why": "It rained.\nTwice.",
}


def annotation(number: int, person: Any, results: list[Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """An annotation with all that an export says of it."""
    return {
        "id": number,
        "completed_by": person,
        "result": results,
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2025-03-01T10:00:00.123456Z",
        "updated_at": "2025-03-01T10:01:00.654321Z",
        "draft_created_at": None,
        "lead_time": 12.345,
        "prediction": {},
        "result_count": len(results),
        "unique_id": f"6f1c2a54-9c35-4f0e-8a0d-1f2e3d4c5b{number:02d}",
        "import_id": None,
        "last_action": None,
        "bulk_created": False,
        "task": 7,
        "project": 3,
        "updated_by": 1,
        "parent_prediction": None,
        "parent_annotation": None,
        "last_created_by": None,
    } | more


def task(number: int, data: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A task with all that an export says of it."""
    return {
        "id": number,
        "annotations": [],
        "file_upload": "6f1c-reviews.json",
        "drafts": [],
        "predictions": [],
        "data": data,
        "meta": {},
        "created_at": "2025-02-28T09:00:00.000001Z",
        "updated_at": "2025-03-01T10:01:00.700000Z",
        "allow_skip": True,
        "inner_id": number,
        "total_annotations": 0,
        "cancelled_annotations": 0,
        "total_predictions": 0,
        "comment_count": 0,
        "unresolved_comment_count": 0,
        "last_comment_updated_at": None,
        "project": 3,
        "updated_by": 1,
        "comment_authors": [],
    } | more


MOOD_ONLY = [result("my-mood", "choices", {"choices": ["good"]}, "b1")]
EXPORT = [
    task(
        7,
        {"review": REVIEW, "stay": {"nights": 3}},
        meta={"origin": "letter"},
        annotations=[
            annotation(21, 1, RESULT),
            annotation(22, {"id": 2, "email": "b@example.org"}, MOOD_ONLY, ground_truth=True),
            annotation(23, 3, [], was_cancelled=True, lead_time=0.5),
        ],
        predictions=[
            {
                "id": 31,
                "result": MOOD_ONLY,
                "model_version": "tiny-1",
                "score": 0.75,
                "cluster": None,
                "task": 7,
                "project": 3,
            }
        ],
        drafts=[{"id": 41, "result": MOOD_ONLY, "lead_time": 3.5, "user": "b@example.org"}],
        total_annotations=2,
        cancelled_annotations=1,
        total_predictions=1,
    ),
    task(8, {"review": "The lamp is broken."}, predictions=[32, 33]),
    task(9, {"review": "The lamp is broken."}),
    {"id": 10, "data": {"review": "Short."}, "annotations": None},
]
"""Several people, a skip, a draft, ground truth, the same data twice, predictions by number."""
