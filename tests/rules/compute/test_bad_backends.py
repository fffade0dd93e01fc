"""Backends that behave, and every way that we know of in which they do not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fairhand.compute.assistants.answers import problem_of
from fairhand.compute.assistants.contract import AssistantError, Item
from fairhand.compute.assistants.opening import open_assistant
from fairhand.compute.backends.label_studio import LabelStudioBackend
from fairhand.labels.brush_rle import encode_brush
from fairhand.model.project import Question
from tests.small_servers import Answer, Asked, SmallServer, serving

ANIMAL = Question("animal", "choice", "Which?", {"labels": [{"value": "cat"}, {"value": "dog"}]})
CELLS = Question("cells", "mask", "Where?", {"labels": [{"value": "nucleus"}]})
ITEMS = [Item(7, {"text": "It purrs."}), Item(8, {"text": "It barks."})]


def _cat(score: object = 0.9, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    result = {"from_name": "animal", "to_name": "text", "type": "choices",
              "value": {"choices": ["cat"]}}  # fmt: skip
    return {"result": [result], "score": score, **more}


def _speaking(predict: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
    """Answer health and setup as one should, and /predict as this test says."""

    def answer(asked: Asked) -> Answer:
        if asked.path == "/predict":
            return predict(asked)
        return Answer({"model_version": "v1", "status": "UP"})

    return answer


def _open(server: SmallServer, *questions: Question, **more: Any) -> LabelStudioBackend:  # noqa: ANN401
    config = {
        "url": server.url + "/",
        "name": "animals",
        "project": "3.1700000000",
        "hostname": "http://fairhand.example.org",
        "access_token": "short-lived",
        "allowed": [server.place],
        **more,
    }
    opened = open_assistant("label_studio", config, None, questions or (ANIMAL,))
    assert isinstance(opened, LabelStudioBackend)
    return opened


def _failing(predict: Answer, items: list[Item] = ITEMS, **more: Any) -> AssistantError:  # noqa: ANN401
    answer = _speaking(lambda _asked: predict)
    with serving(answer) as server, pytest.raises(AssistantError) as failed:
        _open(server, **more).predict(items)
    return failed.value


def test_a_backend_is_set_up_once_and_predicts_as_label_studio_asks() -> None:
    with serving(_speaking(lambda _asked: Answer({"results": [_cat(), _cat(0.3)]}))) as server:
        backend = _open(server, extra_params='{"a": 1}')
        first, second = backend.predict(ITEMS)
        backend.predict(ITEMS)
        assert backend.model == "animals@v1"
    assert server.paths() == ["/setup", "/predict", "/predict"]
    setup, predict, _ = (one.json for one in server.asked)
    assert setup["project"] == "3.1700000000"
    assert setup["hostname"] == "http://fairhand.example.org"
    assert setup["access_token"] == "short-lived"
    assert setup["extra_params"] == '{"a": 1}'
    assert "<Choices" in setup["schema"]
    assert predict["label_config"] == setup["schema"]
    assert predict["params"] == {"login": None, "password": None, "context": None}
    assert [task["id"] for task in predict["tasks"]] == [7, 8]
    assert predict["tasks"][0]["data"] == {"text": "It purrs."}
    assert predict["tasks"][0]["project"] == 3
    assert (first.value, first.score, second.score) == ({"animal": "cat"}, 0.9, 0.3)
    assert first.model == "animals@v1"


def test_a_prediction_names_its_own_version_and_the_surest_of_several_counts() -> None:
    several = [_cat(0.2, model_version="v7"), _cat(0.8, model_version="v8"), {"score": 1}]
    with serving(_speaking(lambda _asked: Answer({"results": [several]}))) as server:
        (proposal,) = _open(server).predict(ITEMS[:1])
    assert (proposal.model, proposal.score) == ("animals@v8", 0.8)


def test_a_backend_that_takes_one_task_at_a_time_is_asked_one_by_one() -> None:
    with serving(_speaking(lambda _asked: Answer({"results": [_cat()]}))) as server:
        assert len(_open(server).predict(ITEMS)) == 2
    assert server.paths().count("/predict") == 3


def test_many_items_come_in_batches() -> None:
    def predict(asked: Asked) -> Answer:
        return Answer({"results": [_cat()] * len(asked.json["tasks"])})

    with serving(_speaking(predict)) as server:
        assert len(_open(server, batch=3).predict([ITEMS[0]] * 8)) == 8
    assert server.paths().count("/predict") == 3


def test_a_backend_that_forgot_the_project_is_set_up_again() -> None:
    answers = [Answer({"error": "run setup() first"}, 500), Answer({"results": [_cat(), _cat()]})]
    with serving(_speaking(lambda _asked: answers.pop(0))) as server:
        assert len(_open(server).predict(ITEMS)) == 2
    assert server.paths() == ["/setup", "/predict", "/setup", "/predict"]


def test_files_have_absolute_addresses_that_the_token_opens() -> None:
    item = Item(9, {"file": "a.jpg"}, lambda: b"", "image/jpeg", 4, 4)
    with serving(_speaking(lambda _asked: Answer({"results": [{}]}))) as server:
        (proposal,) = _open(server, CELLS).predict([item])
    assert proposal.value is None
    shown = server.asked[-1].json["tasks"][0]["data"]["image"]
    assert shown == "http://fairhand.example.org/data/upload/3/9.jpeg?token=short-lived"


def test_a_name_and_password_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRHAND_SECRET_CATS", "pw")
    with serving(_speaking(lambda _asked: Answer({"results": [_cat(), _cat()]}))) as server:
        _open(server, basic_user="me", basic_secret="FAIRHAND_SECRET_CATS").predict(ITEMS)
        assert server.asked[0].headers["Authorization"] == "Basic bWU6cHc="
        for name in ("HOME", "FAIRHAND_SECRET_NONE"):
            with pytest.raises(AssistantError):
                _open(server, basic_user="me", basic_secret=name)


def test_only_the_prompt_travels_on_a_click() -> None:
    drawn = np.zeros((20, 10), bool)
    drawn[2:8, 3:6] = True
    brush = {"type": "brushlabels", "from_name": "cells", "to_name": "image",
             "original_width": 10, "original_height": 20, "score": 0.7,
             "value": {"format": "rle", "rle": encode_brush(drawn),
                       "brushlabels": ["nucleus"]}}  # fmt: skip
    item = Item(9, {}, lambda: b"", "image/png", 10, 20)
    with serving(_speaking(lambda _asked: Answer({"results": [{"result": [brush]}]}))) as server:
        backend = _open(server, CELLS)
        mask, score = backend.outline(item, CELLS, "nucleus", [(4, 5, True)], None)
    assert (mask == drawn).all()
    assert score == pytest.approx(0.7)
    sent = server.asked[-1].json
    assert len(sent["tasks"]) == 1
    assert sent["tasks"][0]["annotations"] == sent["tasks"][0]["drafts"] == []
    (point,) = sent["params"]["context"]["result"]
    assert point["value"]["keypointlabels"] == ["nucleus"]
    assert len(server.asked[-1].body) < 3_000


def test_a_click_that_draws_nothing_gives_an_empty_mask() -> None:
    item = Item(9, {}, lambda: b"", "image/png", 10, 20)
    with serving(_speaking(lambda _asked: Answer({"results": [None]}))) as server:
        mask, score = _open(server, CELLS).outline(item, CELLS, "nucleus", [(4, 5, True)], None)
    assert not mask.any()
    assert score is None


def test_an_annotation_is_told_with_its_task_and_project() -> None:
    with serving(_speaking(lambda _asked: Answer())) as server:
        _open(server).tell(
            "ANNOTATION_CREATED", {"id": 3, "title": "T"}, ITEMS[0], {"id": 5}, {"animal": "dog"}
        )
    (told,) = server.asked
    body = told.json
    assert (told.path, body["action"]) == ("/webhook", "ANNOTATION_CREATED")
    assert body["project"]["id"] == 3
    assert "<Choices" in body["project"]["label_config"]
    assert body["task"]["data"] == {"text": "It purrs."}
    (result,) = body["annotation"]["result"]
    assert (body["annotation"]["id"], result["value"]) == (5, {"choices": ["dog"]})


@pytest.mark.parametrize(
    ("body", "hop"),
    [
        ({"results": [_cat()] * 3}, "shape"),
        ({"results": []}, "shape"),
        ({"results": {"7": _cat()}}, "shape"),
        ({"predictions": []}, "shape"),
        ([], "shape"),
        (None, "shape"),
        ({"results": ["cat", "cat"]}, "shape"),
        ({"results": [{"result": "cat"}, _cat()]}, "shape"),
        ({"results": [{"result": ["cat"]}, _cat()]}, "shape"),
        (b"[" * 200_000, "shape"),
        (b'{"results": ' + b"[" * 5_000 + b"NaN" + b"]" * 5_000 + b"}", "shape"),
        (b"<html>Bad gateway</html>", "shape"),
    ],
)
def test_an_answer_of_the_wrong_shape_is_named(body: object, hop: str) -> None:
    assert _failing(Answer(body)).hop == hop


def test_a_wrong_label_is_named() -> None:
    wrong = _cat()
    wrong["result"][0]["value"]["choices"] = ["cow"]
    with serving(_speaking(lambda _asked: Answer({"results": [wrong, _cat()]}))) as server:
        bad, good = _open(server).predict(ITEMS)
    assert (bad.value, good.value) == (None, {"animal": "cat"})
    assert str(problem_of(bad)).startswith("task 7: It answers 'cow'")
    failed = _failing(Answer({"results": [wrong, wrong]}))
    assert (failed.hop, failed.code) == ("value", "bad_answer")
    assert "'cow'" in failed.message
    assert "cat, dog" in failed.message


def test_a_score_that_is_no_number_is_no_score() -> None:
    body = b'{"results": [{"score": NaN, "result": [{"from_name": "animal", "type": "choices",'
    body += b'"value": {"choices": ["dog"]}}]}]}'
    with serving(_speaking(lambda _asked: Answer(body))) as server:
        (proposal,) = _open(server).predict(ITEMS[:1])
    assert (proposal.value, proposal.score) == ({"animal": "dog"}, None)


def test_an_error_of_the_server_is_told_with_its_words() -> None:
    failed = _failing(Answer({"error": "CUDA out of memory"}, 500))
    assert failed.hop == "answer"
    assert "500" in failed.message
    assert "CUDA out of memory" in failed.message


def test_a_huge_answer_is_not_taken_in() -> None:
    failed = _failing(Answer(b'{"results": "' + b"x" * 33 * 1024 * 1024 + b'"}'))
    assert (failed.hop, failed.code) == ("answer", "too_large")


def test_a_slow_backend_and_one_that_hangs_are_left_in_time() -> None:
    hanging: list[SmallServer] = []

    def hang(_asked: Asked) -> Answer:
        hanging[0].ending.wait(20)
        return Answer()

    for predict in (hang, lambda _asked: Answer({"results": "x" * 900}, drip=0.05)):
        with serving(_speaking(predict)) as server:
            hanging[:] = [server]
            began = time.monotonic()
            with pytest.raises(AssistantError) as slow:
                _open(server, predict_s=1).predict(ITEMS)
            assert time.monotonic() - began < 5
            assert (slow.value.hop, slow.value.code) == ("answer", "backend_slow")


def test_a_backend_that_leads_elsewhere_is_not_followed() -> None:
    for status in (301, 302, 307, 308):
        failed = _failing(Answer(None, status, {"Location": "http://169.254.169.254/predict"}))
        assert failed.hop == "address"


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest", "http://127.0.0.1:1/", "file:///etc/passwd", "http://[::1]/"],
)
def test_a_malicious_address_is_never_asked(url: str) -> None:
    backend = open_assistant("label_studio", {"url": url}, None, [ANIMAL])
    with pytest.raises(AssistantError) as refused:
        backend.predict(ITEMS)
    assert refused.value.hop == "address"


def test_nobody_there_is_tried_again_before_it_is_said() -> None:
    with serving(_speaking(lambda _asked: Answer())) as server:
        backend = _open(server)
    with pytest.raises(AssistantError) as gone:
        backend.predict(ITEMS)
    assert gone.value.hop == "connect"


def test_a_strange_version_is_written_on_one_line() -> None:
    def answer(_asked: Asked) -> Answer:
        return Answer({"model_version": "v\n1\x00" + "x" * 500})

    with serving(answer) as server:
        model = _open(server, sort="text", field="text").model
    assert model.startswith("animals@v1x")
    assert len(model) < 100
