"""An ONNX file is looked through, fed and read as its owner says, within bounds."""

from __future__ import annotations

import io
import threading
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper
from PIL import Image

from fairhand.compute.assistants import onnx as running
from fairhand.compute.assistants.contract import AssistantError, Item
from fairhand.compute.assistants.onnx import check_network
from fairhand.compute.assistants.onnx_file import read_network
from fairhand.compute.assistants.opening import open_assistant
from fairhand.core.errors import InvalidError
from fairhand.labels import rle
from fairhand.model.project import Question
from tests import networks

LIGHT = Question("light", "choice", "Day or night?",
                 {"labels": [{"value": "night"}, {"value": "day"}]})  # fmt: skip
CELLS = Question("cells", "mask", "Where?", {"labels": [{"value": "cell"}], "instances": False})
THINGS = Question("cells", "mask", "Where?", {"labels": [{"value": "cell"}], "instances": True})


def picture(shade: int | np.ndarray[Any, Any], size: tuple[int, int] = (16, 12)) -> Item:
    pixels = np.full((size[1], size[0], 3), shade, np.uint8) if isinstance(shade, int) else shade
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    content = file.getvalue()
    return Item(7, {}, lambda: content, "image/png", pixels.shape[1], pixels.shape[0])


def test_a_classifier_of_pictures_proposes_labels_with_their_probabilities() -> None:
    predictor = open_assistant("onnx", {"name": "lux"}, networks.brightness(), (LIGHT,))
    night, day = predictor.predict([picture(10), picture(250)])
    assert (night.value, day.value) == ({"light": "night"}, {"light": "day"})
    shares = day.probabilities["light"]
    assert day.score == shares["day"] > 0.99
    assert sum(shares.values()) == pytest.approx(1, abs=1e-6)
    assert predictor.model.startswith("lux@1+")


def test_mean_and_deviation_are_taken_as_the_owner_says() -> None:
    config = {"mean": [0.5, 0.5, 0.5], "std": 0.5}  # a grey of 0.5 becomes 0, dark for this one
    plain, scaled = (
        open_assistant("onnx", said, networks.brightness(dark=0.25), (LIGHT,))
        for said in ({}, config)
    )
    assert plain.predict([picture(128)])[0].value == {"light": "day"}
    assert scaled.predict([picture(128)])[0].value == {"light": "night"}


def test_labels_may_come_in_the_networks_own_order_with_places_that_mean_nothing() -> None:
    config = {"labels": ["day", None]}
    predictor = open_assistant("onnx", config, networks.brightness(), (LIGHT,))
    dark, bright = predictor.predict([picture(0), picture(255)])
    assert dark.value == {"light": "day"}
    assert bright.value is None
    assert "problem" not in bright.details


def test_several_labels_are_those_that_are_as_probable_as_not() -> None:
    both = Question("both", "choice", "Which?", {**LIGHT.config, "multiple": True})
    content = networks.linear([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], softmax=False)
    config = {"input": "numbers", "scores": "probabilities"}
    predictor = open_assistant("onnx", config, content, (both,))
    rows = [[0.9, 0.8], [0.2, 0.75], [0.1, 0.2]]
    found = predictor.predict([Item(n, {"numbers": row}) for n, row in enumerate(rows)])
    assert [one.value for one in found] == [
        {"both": ["night", "day"]}, {"both": ["day"]}, None,
    ]  # fmt: skip
    assert found[0].score == pytest.approx(0.72)
    assert found[1].score == pytest.approx(0.6)


def test_numbers_that_are_not_finite_are_a_problem_of_their_item() -> None:
    content = networks.linear([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], softmax=False)
    predictor = open_assistant("onnx", {"input": "numbers"}, content, (LIGHT,))
    bad, good = predictor.predict(
        [Item(1, {"numbers": [3e38, 1e38]}), Item(2, {"numbers": [0, 1]})]
    )
    assert good.value == {"light": "day"}
    assert bad.value == {"light": "night"}, "large is not infinite"
    inverse = networks.linear([[1e38, 0.0], [0.0, 1.0]], [0.0, 0.0], softmax=False)
    predictor = open_assistant("onnx", {"input": "numbers"}, inverse, (LIGHT,))
    bad, good = predictor.predict([Item(1, {"numbers": [9e9, 1]}), Item(2, {"numbers": [0, 1]})])
    assert bad.details["problem"] == "task 1: the network gave numbers that are not finite"
    assert good.value == {"light": "day"}


def test_a_network_of_fixed_batches_answers_any_number_of_items() -> None:
    predictor = open_assistant("onnx", {}, networks.brightness(batch=4), (LIGHT,))
    shades = [0, 255, 0, 255, 255, 0, 255]
    found = [one.value for one in predictor.predict([picture(shade) for shade in shades])]
    assert found == [{"light": "day" if shade else "night"} for shade in shades]


def test_rows_of_numbers_are_classified_from_the_data() -> None:
    content = networks.linear([[-4.0, 4.0], [0.0, 0.0]], [0.0, 0.0])
    config = {"input": "numbers", "field": "sensor"}
    predictor = open_assistant("onnx", config, content, (LIGHT,))
    good, bad = predictor.predict([Item(1, {"sensor": [1, 5]}), Item(2, {"sensor": "dark"})])
    assert good.value == {"light": "day"}
    assert bad.details["problem"] == "task 2: has no list of numbers in the field 'sensor'"


def test_texts_are_classified_by_a_network_that_reads_strings() -> None:
    content = networks.texts_of(["moon", "sun"])
    predictor = open_assistant("onnx", {"input": "text"}, content, (LIGHT,))
    found = predictor.predict([Item(1, {"text": "sun"}), Item(2, {"text": "moon"})])
    assert [one.value for one in found] == [{"light": "day"}, {"light": "night"}]


def test_a_segmenter_proposes_masks_in_the_pictures_own_size() -> None:
    pixels = np.zeros((24, 32, 3), np.uint8)
    pixels[6:18, 8:24] = 255
    predictor = open_assistant("onnx", {"task": "segmenter"}, networks.bright_pixels(), (CELLS,))
    drawn, empty = predictor.predict([picture(pixels), picture(0)])
    assert drawn.value is not None
    answer = drawn.value["cells"]
    assert answer["size"] == [24, 32]
    found = rle.decode(answer["regions"][0]["counts"], 24, 32)
    truth = pixels[:, :, 0] > 0
    assert (found & truth).sum() / (found | truth).sum() > 0.85
    assert 0.9 < (drawn.score or 0) <= 1
    assert empty.value == {"cells": {"size": [12, 16], "regions": [], "nothing": True}}


def test_things_apart_from_each_other_are_regions_of_their_own() -> None:
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[0:8, 0:8] = pixels[16:28, 16:28] = 255
    predictor = open_assistant("onnx", {"task": "segmenter"}, networks.bright_pixels(), (THINGS,))
    (found,) = predictor.predict([picture(pixels)])
    assert found.value is not None
    assert len(found.value["cells"]["regions"]) == 2


def test_a_picture_that_cannot_be_read_spares_the_others() -> None:
    broken = Item(9, {}, lambda: b"no picture", "image/png", 4, 4)
    predictor = open_assistant("onnx", {}, networks.brightness(), (LIGHT,))
    bad, good, none = predictor.predict([broken, picture(255), Item(11, {"text": "no picture"})])
    assert good.value == {"light": "day"}
    assert bad.details["problem"].startswith("task 9: has a picture that cannot be read")
    assert none.details["problem"] == "task 11: has no picture"
    with pytest.raises(AssistantError, match="task 9: has a picture that cannot be read"):
        predictor.predict([broken])


def test_numbers_in_another_file_are_never_followed() -> None:
    content = networks.with_external_data(networks.brightness(), "../../../etc/passwd")
    with pytest.raises(AssistantError, match="external data"):
        check_network(content, {}, (LIGHT,))
    with pytest.raises(AssistantError, match="external data"):
        open_assistant("onnx", {}, content, (LIGHT,))


def test_numbers_in_another_file_are_found_inside_of_branches_too() -> None:
    hidden = networks.tensor("far", [1.0])
    hidden.data_location = TensorProto.EXTERNAL
    constant = helper.make_node("Constant", [], ["b"], value=hidden)
    branch = helper.make_graph([constant], "branch", [], [networks.value("b", [1])])
    node = helper.make_node("If", ["go"], ["out"], then_branch=branch, else_branch=branch)
    go = networks.value("go", [], TensorProto.BOOL)
    with pytest.raises(AssistantError, match="external data"):
        read_network(networks.network([node], [go], [networks.value("out", [1])]))


def test_operators_of_plug_ins_are_refused_by_name() -> None:
    node = helper.make_node("Phone", ["image"], ["scores"], domain="com.evil")
    ends = ([networks.value("image", [1, 3, 8, 8])], [networks.value("scores", [1, 2])])
    content = networks.network([node], *ends, domains=("com.evil",))
    with pytest.raises(AssistantError, match=r"operators that ONNX does not have \(com.evil.Phone"):
        read_network(content)
    unknown = networks.network([helper.make_node("Phone", ["image"], ["scores"])], *ends)
    with pytest.raises(AssistantError, match="cannot be loaded"):
        check_network(unknown, {}, (LIGHT,))


def test_an_old_opset_is_refused_with_what_to_do() -> None:
    node = helper.make_node("Identity", ["x"], ["y"])
    content = networks.network(
        [node], [networks.value("x", [1])], [networks.value("y", [1])], opset=3
    )
    with pytest.raises(AssistantError, match="written in opset 3; 7 is the oldest"):
        read_network(content)


@pytest.mark.parametrize("cut", [0, 1, 17, 100, -1])
def test_what_is_no_network_is_refused_in_words(cut: int) -> None:
    content = networks.brightness()[:cut] if cut else b"\x89PNG and so on"
    with pytest.raises(AssistantError) as caught:
        check_network(content, {}, (LIGHT,))
    assert caught.value.hop == "shape"


def test_random_damage_never_gets_past_the_reader_as_anything_but_a_refusal() -> None:
    content, dice = networks.brightness(), np.random.default_rng(4)
    hops = set()
    for _ in range(300):
        damaged = bytearray(content)
        for place in dice.integers(0, len(content), 3):
            damaged[place] = dice.integers(0, 256)
        try:
            read_network(bytes(damaged))
        except AssistantError as error:
            hops.add(error.hop)
    assert hops == {"shape"}


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fairhand.compute.assistants.onnx_file.MOST_BYTES", 100)
    with pytest.raises(AssistantError, match="MB are taken"):
        read_network(networks.brightness())


def test_everything_that_is_said_wrongly_is_told_at_once() -> None:
    config = {
        "layout": "CHWN", "mean": [0, 0], "std": 0, "labels": ["day", "dusk"], "size": [9, 9],
        "threads": 99, "colour": "red", "output": "absent",
    }  # fmt: skip
    with pytest.raises(InvalidError) as caught:
        check_network(networks.brightness(), config, (LIGHT,))
    places = {issue.place for issue in caught.value.issues}
    assert places == {"layout", "mean", "std", "labels", "size", "threads", "colour", "output"}


def test_a_network_that_does_not_fit_the_project_says_what_would() -> None:
    with pytest.raises(InvalidError) as caught:
        check_network(networks.brightness(), {"task": "segmenter"}, (LIGHT,))
    assert caught.value.issues[0].message == (
        "a segmenter answers a question of kind mask; this project has none"
    )
    with pytest.raises(InvalidError) as caught:
        check_network(networks.linear([[1.0]], [0.0]), {}, (LIGHT,))
    assert "its input is float of ? x 1; image needs" in caught.value.issues[0].message


def test_the_number_of_outputs_is_held_against_the_labels() -> None:
    predictor = open_assistant("onnx", {"labels": ["day"]}, networks.brightness(), (LIGHT,))
    with pytest.raises(AssistantError, match="2 scores for 1 labels"):
        predictor.predict([picture(0)])


def test_a_greedy_network_fails_and_takes_nothing_down() -> None:
    nodes = [
        helper.make_node("Expand", ["dark", "huge"], ["much"]),
        helper.make_node("ReduceMean", ["much"], ["little"], keepdims=0),
        helper.make_node("Add", ["image", "little"], ["more"]),
        helper.make_node("ReduceMean", ["more"], ["scores"], axes=[2, 3], keepdims=0),
    ]
    given = [networks.tensor("dark", 0.5), networks.tensor("huge", [3, 2**28], np.int64)]
    content = networks.network(
        nodes,
        [networks.value("image", ["n", 3, 8, 8])],
        [networks.value("scores", ["n", 3])],
        given,
    )
    predictor = open_assistant("onnx", {"labels": ["day", "night", None]}, content, (LIGHT,))
    with pytest.raises(AssistantError, match="The network failed"):
        predictor.predict([picture(0)])
    small = open_assistant("onnx", {}, networks.brightness(), (LIGHT,))
    assert small.predict([picture(255)])[0].value == {"light": "day"}


def test_a_network_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["still"]),
            helper.make_node("Add", ["x", "x"], ["xx"]),
        ],
        "body",
        [networks.value("i", [], TensorProto.INT64), networks.value("go", [], TensorProto.BOOL),
         networks.value("x", ["n", 2])],
        [networks.value("still", [], TensorProto.BOOL), networks.value("xx", ["n", 2])],
    )  # fmt: skip
    loop = helper.make_node("Loop", ["turns", "yes", "numbers"], ["scores"], body=body)
    given = [networks.tensor("turns", 2**62, np.int64), networks.tensor("yes", True, np.bool_)]
    content = networks.network(
        [loop], [networks.value("numbers", ["n", 2])], [networks.value("scores", ["n", 2])], given
    )
    monkeypatch.setattr(running, "MOST_SECONDS", 0.3)
    predictor = open_assistant("onnx", {"input": "numbers"}, content, (LIGHT,))
    with pytest.raises(AssistantError, match="did not answer within"):
        predictor.predict([Item(1, {"numbers": [0, 0]})])
    assert threading.active_count() < 20
