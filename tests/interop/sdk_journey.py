"""What scripts do with Label Studio's own client; run by that client's own Python."""

import json
import sys

from label_studio_sdk import LabelStudio
from label_studio_sdk.core.api_error import ApiError

CONFIG = """<View><Text name="text" value="$review"/>
<Choices name="mood" toName="text" choice="single" required="true">
<Choice value="good"/><Choice value="bad"/></Choices>
<Number name="nights" toName="text"/></View>"""


def mood(value: str) -> list[dict[str, object]]:
    """An answer."""
    return [
        {
            "id": "region-1",
            "from_name": "mood",
            "to_name": "text",
            "type": "choices",
            "value": {"choices": [value]},
        }
    ]


def refused(call: object, status: int) -> str:
    """Make a call that must be refused; give the reason."""
    try:
        call()  # type: ignore[operator]
    except ApiError as error:
        if (error.status_code, error.body["status_code"]) == (status, status):
            return str(error.body["detail"])
        raise
    raise AssertionError("was let through")


def setting_up(ls: LabelStudio) -> int:
    """Everything that comes before people answer."""
    me = ls.users.whoami()
    assert me.email.endswith("@people.invalid")
    made = ls.projects.create(
        title="Hotel reviews",
        label_config=CONFIG,
        description="Sort them",
        request_options={"additional_body_parameters": {"currency": "GBP", "rate": "15.00"}},
    )
    assert made.label_config == CONFIG
    project = made.id
    assert ls.projects.get(id=project).title == "Hotel reviews"
    assert project in [one.id for one in ls.projects.list()]
    ls.projects.update(id=project, title="Reviews", expert_instruction="Read closely.")
    assert ls.projects.get(id=project).title == "Reviews"
    ls.projects.validate_label_config(id=project, label_config=CONFIG)
    assert "3 characters" in str(
        refused_body(lambda: ls.projects.create(title="X", label_config=CONFIG))
    )
    assert "deleted" in refused(lambda: ls.projects.delete(id=project), 409)
    brought = ls.projects.import_tasks(
        id=project,
        return_task_ids=True,
        request=[
            {
                "data": {"review": f"Review {n}"},
                "predictions": [{"model_version": "tiny", "score": 0.5, "result": mood("good")}],
                "meta": {"n": n},
            }
            for n in range(7)
        ],
    )
    assert len(brought.task_ids) == 7
    return int(project)


def refused_body(call: object) -> object:
    """The body of a refusal."""
    try:
        call()  # type: ignore[operator]
    except ApiError as error:
        return error.body
    raise AssertionError("was let through")


def answering(ls: LabelStudio, project: int) -> None:
    """Tasks, annotations and predictions."""
    tasks = list(ls.tasks.list(project=project, page_size=3, fields="all"))
    assert len(tasks) == 7
    extra = ls.tasks.create(data={"review": "One more"}, project=project)
    assert ls.tasks.get(id=str(extra.id)).data == {"review": "One more"}
    ls.tasks.delete(id=str(extra.id))
    refused(lambda: ls.tasks.get(id=str(extra.id)), 404)
    first = tasks[0].id
    given = ls.annotations.create(
        id=first, result=[*mood("bad"), *number()], lead_time=2.5, was_cancelled=False
    )
    assert given.result[0]["id"] == "region-1"
    assert len(given.result) == 2  # the number has no question here, and is kept
    assert ls.annotations.get(id=given.id).result[0]["value"] == {"choices": ["bad"]}
    changed = ls.annotations.update(id=given.id, result=mood("good"))
    assert changed.id == given.id
    (listed,) = ls.annotations.list(id=first)
    assert listed.result[0]["value"] == {"choices": ["good"]}
    assert "never deleted" in refused(lambda: ls.annotations.delete(id=given.id), 409)
    again = refused(lambda: ls.annotations.create(id=first, result=mood("bad")), 409)
    assert "submitted" in again
    refused(lambda: ls.annotations.create(id=tasks[1].id, result=mood("ugly")), 400)
    skipped = ls.annotations.create(id=tasks[2].id, result=[], was_cancelled=True, lead_time=1)
    assert skipped.was_cancelled
    made = ls.predictions.create(task=first, result=mood("bad"), score=0.9, model_version="v2")
    assert ls.predictions.get(id=made.id).model_version == "v2"
    assert len(ls.predictions.list(task=first)) == 2
    ls.projects.import_predictions(
        id=project, request=[{"task": tasks[3].id, "result": mood("bad"), "model_version": "v3"}]
    )
    assert len(ls.predictions.list(project=project)) == 9


def number() -> list[dict[str, object]]:
    """A part of an answer that no question of ours can hold."""
    return [
        {"id": "n", "from_name": "nights", "to_name": "text", "type": "number",
         "value": {"number": 2}}
    ]  # fmt: skip


def exporting(ls: LabelStudio, project: int) -> None:
    """What comes out."""
    assert ls.versions.get().edition == "Community"
    assert ls.views.list(project=project) == []
    assert ls.ml.list(project=project) == []
    assert ls.webhooks.list(project=project) == []
    snapshots = ls.projects.exports
    assert snapshots.list(id=project) == []
    assert "as_json" in refused(lambda: snapshots.create(id=project, title="nightly"), 405)
    assert "as_json" in refused(lambda: snapshots.get(id=project, export_pk=1), 404)
    assert "as_json" in refused(lambda: list(snapshots.download(id=project, export_pk=1)), 405)
    server = {"url": "http://127.0.0.1:9090", "project": project}
    assert "Assistance" in refused(lambda: ls.ml.create(**server), 405)
    hook = {"url": "https://a.example/hook", "project": project}
    assert "webhook add" in refused(lambda: ls.webhooks.create(**hook), 405)
    assert "fairhand import" in refused(
        lambda: ls.import_storage.s3.create(bucket="b", project=project), 405
    )
    assert {one["name"] for one in ls.projects.exports.list_formats(id=project)} == {
        "JSON",
        "JSON_MIN",
    }
    found = ls.projects.exports.as_json(project)
    assert len(found) == 7
    assert found[0]["data"] == {"review": "Review 0"}
    assert found[0]["meta"] == {"n": 0}
    assert found[0]["annotations"][0]["result"][0]["value"] == {"choices": ["good"]}
    assert json.dumps(found).count("@") == 0


if __name__ == "__main__":
    client = LabelStudio(base_url=sys.argv[1], api_key=sys.argv[2])
    number_of_project = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    if not number_of_project:
        sys.stdout.write(f"{setting_up(client)}\n")
    else:
        answering(client, number_of_project)
        exporting(client, number_of_project)
