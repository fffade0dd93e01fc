"""Label Studio's task lists: data is kept, choices become predictions, the rest is reported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.errors import MalformedError
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import read_tasks
from tests.rules.formats.reading import Asked, read, split

MOOD = Asked("mood", "choice", {"labels": [{"value": "good"}, {"value": "bad"}]})
OPTIONS = ReadOptions(questions=(MOOD,))


def choices(*labels: str, name: str = "mood", kind: str = "choices") -> dict[str, Any]:
    """One region of a Label Studio result."""
    return {"from_name": name, "to_name": "t", "type": kind, "value": {"choices": list(labels)}}


def listed(*tasks: object) -> bytes:
    """A Label Studio file."""
    return json.dumps(list(tasks), indent=1).encode()


def test_tasks_and_bare_data_are_read(tmp_path: Path) -> None:
    content = listed(
        {"id": 4, "data": {"text": 'a "quoted", [odd] {one} \\'}}, {"image": "https://x/y.jpg"}
    )
    tasks, issues = read(tmp_path, "t.json", content)
    assert issues == []
    assert [task.data for task in tasks] == [
        {"text": 'a "quoted", [odd] {one} \\'},
        {"image": "https://x/y.jpg"},
    ]
    assert tasks[1].place == "t.json task 2"
    assert tasks[1].media_bytes is None


def test_choices_of_models_and_people_become_predictions(tmp_path: Path) -> None:
    task = {
        "data": {"text": "a"},
        "predictions": [{"model_version": "v3", "score": 0.75, "result": [choices("good")]}],
        "annotations": [
            {"result": [choices("bad")]},
            {"result": [choices("good")], "was_cancelled": True},
        ],
    }
    (read_task,), issues = read(tmp_path, "t.json", listed(task), OPTIONS)
    assert issues == []
    assert [(p.model, p.score, p.value) for p in read_task.predictions] == [
        ("v3", 0.75, {"mood": "good"}),
        ("label-studio-annotation", None, {"mood": "bad"}),
    ]


def test_a_control_with_another_name_is_mapped_to_the_question(tmp_path: Path) -> None:
    task = {"data": {"text": "a"}, "predictions": [{"result": [choices("good", name="ctl")]}]}
    options = ReadOptions(questions=(MOOD,), prediction_columns={"ctl": "mood"})
    (read_task,), issues = read(tmp_path, "t.json", listed(task), options)
    assert issues == []
    assert read_task.predictions[0].value == {"mood": "good"}


@pytest.mark.parametrize(
    ("predictions", "reason"),
    [
        ([{"result": [choices("ugly")]}], "'ugly' is not a label of this question"),
        ([{"result": [choices("good", "bad")]}], "has 2 labels, and takes one"),
        ([{"result": [choices("good", name="other")]}], "not a question here"),
        ([{"result": [choices(kind="brushlabels")]}], "is no answer to 'mood'"),
        ([{"result": [choices()]}], "has no choices"),
        ([{"result": "good"}], "not a list"),
        ([{"result": [3]}], "not objects"),
        ("good", "not a list"),
        ([{"result": [{"type": "choices"}]}], "without 'from_name'"),
    ],
)
def test_a_prediction_that_does_not_fit_is_reported_and_its_task_kept(
    tmp_path: Path, predictions: object, reason: str
) -> None:
    content = listed({"data": {"text": "a"}, "predictions": predictions})
    (task,), (issue,) = read(tmp_path, "t.json", content, OPTIONS)
    assert task.predictions == ()
    assert issue.place == "t.json task 1"
    assert issue.severity == "warning"
    assert reason in issue.message


@pytest.mark.parametrize(
    "bad",
    [
        b"3",
        b"[1, 2]",
        b'"text"',
        b"null",
        b"{}",
        b'{"data": [1, 2]}',
        b'{"data": {}}',
        b'{"data": {"a": NaN}}',
        b'{"data": {"a": 1, "a": 2}}',
        b'{"data": {"a": "\xff"}}',
        b'{"data" {"a": 1}}',
        b"",
        b'{"data": {"a": "' + b"x" * 2_000_000 + b'"}}',
        b'{"data": {"a": "' + b"x" * 50_000_000 + b'"}}',
    ],
    ids=lambda bad: bad[:24].decode("latin-1"),
)
def test_a_bad_task_is_named_and_its_neighbours_are_kept(tmp_path: Path, bad: bytes) -> None:
    content = b'[{"data": {"n": 1}},' + bad + b', {"data": {"n": 3}}]'
    tasks, issues = read(tmp_path, "t.json", content)
    assert [task.data for task in tasks] == [{"n": 1}, {"n": 3}]
    assert [issue.place for issue in issues] == ["t.json task 2"]
    assert len(issues[0].message) < 300


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"data": {"text": "a"}}', "must be a JSON list"),
        (b'[{"data": {"text": "a', "breaks off in item 1"),
        (b"[", "breaks off in item 1"),
        (b"", "must be a JSON list"),
        (b"[] []", "more text after"),
    ],
)
def test_a_file_that_is_no_list_is_refused_whole(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    with pytest.raises(MalformedError, match=reason):
        read(tmp_path, "t.json", content, ReadOptions(format="label_studio"))


def test_a_list_that_breaks_off_keeps_what_came_before(tmp_path: Path) -> None:
    tasks, issues = read(tmp_path, "t.json", b'[{"n": 1}, {"n": 2}, {"n"')
    assert len(tasks) == 2
    assert issues[-1].message == "t.json breaks off in item 3"


def test_an_empty_list_has_no_tasks(tmp_path: Path) -> None:
    assert read(tmp_path, "t.json", b" [ ] \n") == ([], [])


JSON_DATA = st.dictionaries(
    st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=4),
    st.integers(1, 2**60)
    | st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=9)
    | st.lists(st.sampled_from(['"', "\\", "]", "}", ",", "[", "{"]), min_size=1, max_size=3),
    min_size=1,
    max_size=4,
)


@given(tasks=st.lists(JSON_DATA, min_size=1, max_size=8), chunk=st.integers(1, 40))
def test_tasks_come_back_wherever_the_file_is_cut_into_chunks(
    tmp_path_factory: pytest.TempPathFactory, tasks: list[dict[str, Any]], chunk: int
) -> None:
    path = tmp_path_factory.mktemp("ls") / "t.json"
    path.write_text(json.dumps([{"data": task} for task in tasks], ensure_ascii=False), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fairhand.formats.json_array._CHUNK", chunk)
        found, issues = split(read_tasks(path, ReadOptions(format="label_studio")))
    assert issues == []
    assert [task.data for task in found] == tasks
