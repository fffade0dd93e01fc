"""Label Studio's words for our questions and answers, both ways."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st

from fairhand.compute.assistants.contract import AssistantError, Item
from fairhand.compute.backends.label_config import LabelConfig, Shown, label_config, shown_of
from fairhand.compute.backends.label_studio_values import (
    clicks_as_results,
    read_results,
    write_results,
)
from fairhand.compute.backends.regions import read_score
from fairhand.labels import rle
from fairhand.labels.answers import validate_value
from fairhand.labels.brush_rle import BrushError, decode_brush, encode_brush
from fairhand.labels.kind import AnswerContext
from fairhand.model.project import Question

ANIMAL = Question(
    "animal", "choice", "Which?", {"labels": [{"value": "cat"}, {"value": "dog", "title": "Dog!"}]}
)
COLOURS = Question(
    "colours",
    "choice",
    "Which?",
    {"labels": [{"value": "red"}, {"value": "blue"}], "multiple": True},
    required=False,
)
CELLS = Question(
    "cells", "mask", "Where?", {"labels": [{"value": 'a<b>&"c'}, {"value": "nucleus"}]}
)
THINGS = Question("things", "mask", "Each?", {"labels": [{"value": "x"}], "instances": True})


def _config(*questions: Question, sort: str = "image") -> LabelConfig:
    return label_config(questions, Shown(sort, sort))


def _read(config: LabelConfig, *results: Any, size: tuple[int, int] = (20, 10)) -> Any:  # noqa: ANN401
    return read_results(config, results, AnswerContext(size[1], size[0]))


def _choice(*labels: object, name: str = "animal") -> dict[str, Any]:
    return {"from_name": name, "type": "choices", "value": {"choices": list(labels)}}


def _box(label: str, x: float, y: float, w: float, h: float, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    value = {"x": x, "y": y, "width": w, "height": h, "rotation": 0, "rectanglelabels": [label]}
    return {"from_name": "cells-box", "type": "rectanglelabels", "value": value, **more}


def _painted(answer: dict[str, Any], label: str) -> Any:  # noqa: ANN401  # a mask
    height, width = answer["size"]
    found = [r["counts"] for r in answer["regions"] if r["label"] == label]
    return rle.decode(found[0], height, width) if found else np.zeros((height, width), bool)


def test_the_configuration_is_xml_whatever_labels_are_called() -> None:
    config = _config(ANIMAL, COLOURS, CELLS)
    root = ElementTree.fromstring(config.xml)
    assert {tag.get("toName") for tag in root if tag.get("toName")} == {"image"}
    (image,) = root.findall("Image")
    assert image.get("value") == "$image"
    single, multiple = root.findall("Choices")
    assert [one.get("value") for one in single] == ["cat", "dog"]
    assert (single.get("choice"), multiple.get("choice")) == ("single", "multiple")
    assert multiple.get("required") == "false"
    brush = root.find("BrushLabels")
    assert brush is not None
    assert [one.get("value") for one in brush] == ['a<b>&"c', "nucleus"]
    points = root.find("KeyPointLabels")
    assert points is not None
    assert points.get("smart") == "true"


def test_controls_never_share_a_name() -> None:
    other = Question("cells-point", "choice", "?", ANIMAL.config)
    image = Question("image", "choice", "?", ANIMAL.config)
    config = _config(CELLS, other, image)
    names = [tag.get("name") for tag in ElementTree.fromstring(config.xml)]
    assert len(names) == len(set(names)) == 7
    assert config.controls["cells-point"] is other


def test_what_a_task_shows_is_found() -> None:
    assert shown_of(Item(1, {"id": 3, "text": "t"})) == Shown("text", "text")
    assert shown_of(Item(1, {"title": "t", "body": "b"}, None), "body") == Shown("text", "body")
    assert shown_of(Item(1, {}, lambda: b"", "image/png")) == Shown("image", "image")
    assert shown_of(Item(1, {}, None, "audio/wav")) == Shown("audio", "audio")
    for item in (Item(1, {"n": 3}), Item(1, {}, None, "application/pdf")):
        with pytest.raises(AssistantError) as wrong:
            shown_of(item)
        assert wrong.value.hop == "shape"


def test_choices_become_answers() -> None:
    config = _config(ANIMAL, COLOURS)
    assert _read(config, _choice("dog")) == {"animal": "dog"}
    assert _read(config, _choice("CAT")) == {"animal": "cat"}
    assert _read(config, _choice("dog!")) == {"animal": "dog"}
    both = _choice("blue", "red", name="colours")
    assert _read(config, _choice("cat"), both) == {"animal": "cat", "colours": ["red", "blue"]}
    assert _read(config) is None
    assert _read(config, _choice()) is None


def test_a_control_of_another_name_answers_the_only_question_of_its_kind() -> None:
    assert _read(_config(ANIMAL, CELLS), _choice("cat", name="sentiment")) == {"animal": "cat"}
    with pytest.raises(AssistantError, match="sentiment"):
        _read(_config(ANIMAL, COLOURS), _choice("cat", name="sentiment"))


@pytest.mark.parametrize(
    "result",
    [
        _choice("cow"),
        _choice("cat", "dog"),
        _choice(""),
        _choice(None),
        _choice(3),
        _choice(["cat"]),
        _choice("cat", name="cells"),
        {"from_name": "animal", "type": "choices", "value": {"choices": "cat"}},
        {"from_name": "animal", "type": "choices", "value": None},
        {"from_name": "animal", "type": "choices"},
        "cat",
        None,
        [],
    ],
)
def test_a_choice_that_is_none_is_named(result: object) -> None:
    with pytest.raises(AssistantError) as wrong:
        _read(_config(ANIMAL, CELLS), result)
    assert wrong.value.hop in ("value", "shape")


def test_boxes_polygons_ellipses_and_brushes_become_masks() -> None:
    config = _config(CELLS)
    answer = _read(config, _box("nucleus", 10, 20, 50, 30))["cells"]
    mask = _painted(answer, "nucleus")
    assert mask.sum() == 5 * 6
    assert mask[4:10, 1:6].all()
    points = [[0, 0], [100, 0], [100, 50], [0, 50]]
    drawn_by_hand = {"points": points, "closed": True, "polygonlabels": ["nucleus"]}
    polygon = {"type": "polygonlabels", "from_name": "cells-polygon", "value": drawn_by_hand}
    assert _painted(_read(config, polygon)["cells"], "nucleus")[:10].all()
    drawn = np.zeros((20, 10), bool)
    drawn[3:7, 2:9] = True
    brush = {"type": "brushlabels", "from_name": "cells", "original_width": 10,
             "original_height": 20, "value": {"format": "rle", "rle": encode_brush(drawn),
                                              "brushlabels": ["nucleus"]}}  # fmt: skip
    assert (_painted(_read(config, brush)["cells"], "nucleus") == drawn).all()
    round_it = {"type": "ellipselabels", "from_name": "cells", "value": {
        "x": 50, "y": 50, "radiusX": 40, "radiusY": 20, "ellipselabels": ["nucleus"]}}  # fmt: skip
    assert abs(_painted(_read(config, round_it)["cells"], "nucleus").sum() - np.pi * 16) < 6


def test_where_labels_overlap_the_surer_region_has_the_pixel() -> None:
    config = _config(CELLS)
    for sure in (0.9, 0.1):
        answer = _read(
            config, _box('a<b>&"c', 0, 0, 60, 100, score=0.5),
            _box("nucleus", 40, 0, 60, 100, score=sure),
        )["cells"]  # fmt: skip
        assert validate_value([CELLS], {"cells": answer}, AnswerContext(10, 20)) == []
        assert _painted(answer, "nucleus").sum() == (120 if sure > 0.5 else 80)


def test_things_may_overlap_and_the_same_one_twice_is_one() -> None:
    config = _config(THINGS)
    result = {"type": "rectanglelabels", "value": {"x": 0, "y": 0, "width": 50, "height": 50}}
    wider = {"type": "rectangle", "value": {"x": 0, "y": 0, "width": 60, "height": 50}}
    answer = _read(config, result, result, wider)["things"]
    assert [region["label"] for region in answer["regions"]] == ["x", "x"]


@pytest.mark.parametrize(
    "changed",
    [
        {"value": {"x": float("nan"), "y": 0, "width": 1, "height": 1}},
        {"value": {"x": 1e9, "y": 0, "width": 1, "height": 1, "rectanglelabels": ["nucleus"]}},
        {"value": {"x": "1", "y": 0, "width": 1, "height": 1, "rectanglelabels": ["nucleus"]}},
        {"value": {"y": 0, "width": 1, "height": 1, "rectanglelabels": ["nucleus"]}},
        {"original_width": 99, "original_height": 20},
        {"original_width": "10", "original_height": 20},
        {"value": {"x": 0, "y": 0, "width": 50, "height": 50, "rectanglelabels": ["tree"]}},
        {"value": {"x": 0, "y": 0, "width": 50, "height": 50, "rectanglelabels": []}},
        {"value": {"x": 0, "y": 0, "width": 50, "height": 50, "rectanglelabels": [{}]}},
        {"type": "polygonlabels", "value": {"points": [[0, 0], [1, 1]]}},
        {"type": "polygonlabels", "value": {"points": "round"}},
        {"type": "polygonlabels", "value": {"points": [[0, 0], [1, None], [2]]}},
        {"type": "polygonlabels", "value": {"points": [[0, 0], [1e300, 3], [2, 2]]}},
        {"type": "brushlabels", "value": {"rle": "zip"}},
        {"type": "brushlabels", "value": {"rle": [1, 2, 3]}},
        {"type": "brushlabels", "value": {"rle": [300] * 40}},
        {"type": "brushlabels", "value": {"rle": [0] * 100}},
        {"type": "brushlabels", "value": {"rle": [0, 0, 3, 32, *[255] * 60]}},
        {"type": "choices", "value": {"choices": ["nucleus"]}},
    ],
)
def test_a_region_that_is_none_is_named(changed: dict[str, Any]) -> None:
    with pytest.raises(AssistantError) as wrong:
        _read(_config(CELLS), {**_box("nucleus", 0, 0, 50, 50), **changed})
    assert wrong.value.hop == "value"


def test_too_many_results_are_not_read() -> None:
    with pytest.raises(AssistantError, match="10001"):
        _read(_config(ANIMAL), *[_choice("cat")] * 10_001)


def test_results_that_no_question_asks_for_are_left_out() -> None:
    relation = {"type": "relation", "from_id": "a", "to_id": "b"}
    text = {"type": "textarea", "from_name": "why", "value": {"text": ["because"]}}
    assert _read(_config(ANIMAL), relation, text, _choice("cat")) == {"animal": "cat"}


def test_scores_are_probabilities_or_nothing() -> None:
    none_of_them: list[object] = [float("nan"), float("inf"), -0.1, 1.2, 93, True, "0.5", None, []]
    for score in none_of_them:
        assert read_score(score) is None
    assert [read_score(score) for score in (0, 0.25, 1)] == [0.0, 0.25, 1.0]


def test_what_is_written_reads_the_same() -> None:
    config = _config(ANIMAL, COLOURS, CELLS)
    mask = np.zeros((20, 10), bool)
    mask[2:9, 4:8] = True
    regions = [{"label": "nucleus", "counts": rle.encode(mask)}]
    value = {
        "animal": "dog", "colours": ["red"], "cells": {"size": [20, 10], "regions": regions},
    }  # fmt: skip
    written = write_results(config, value, {})
    assert _read(config, *written) == value
    assert written[-1]["original_width"] == 10


def test_a_prompt_is_written_as_smart_points_and_a_box() -> None:
    config = _config(CELLS)
    results = clicks_as_results(
        config, CELLS, "nucleus", [(0, 0, True), (9, 19, False)], (1, 2, 5, 12), (20, 10)
    )
    assert [one["type"] for one in results] == [
        "keypointlabels",
        "keypointlabels",
        "rectanglelabels",
    ]
    assert [one.get("is_positive") for one in results] == [1, 0, None]
    assert results[0]["value"]["x"] == pytest.approx(5)
    assert results[2]["value"]["x"] == pytest.approx(10)
    assert results[2]["value"]["height"] == pytest.approx(50)
    assert all(one["original_height"] == 20 for one in results)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_a_brush_reads_as_it_was_written(h: int, w: int, seed: int, share: float) -> None:
    mask = np.random.default_rng(seed).random((h, w)) < share
    assert (decode_brush(encode_brush(mask), h, w) == mask).all()


def test_literal_words_are_read_too() -> None:
    # Two pixels: 8 words as they are (length 8 in size class 3 bits), the second one's alpha 255.
    bits = f"{8:032b}{7:05b}{2:04b}{3:04b}{7:04b}{15:04b}" + "0" + "00" + "111"
    bits += "".join(f"{word:08b}" for word in (9, 9, 9, 0, 9, 9, 9, 255))
    bits += "0" * (-len(bits) % 8)
    numbers = [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]
    assert decode_brush(numbers, 1, 2).tolist() == [[False, True]]
    with pytest.raises(BrushError, match="words"):
        decode_brush(numbers, 2, 2)
