"""The adapter for networks like Segment Anything, run on a small pair that is built here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.models.prompts import Click, Prompt
from fairhand.compute.models.sam import open_sam

HEIGHT, WIDTH, SIDE = 40, 64, 32
FLOAT = TensorProto.FLOAT


def network(nodes: list[Any], inputs: list[Any], outputs: list[Any], constants: list[Any]) -> bytes:
    graph = helper.make_graph(nodes, "small", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    content: bytes = model.SerializeToString()
    return content


def encoder() -> bytes:
    """Passes the picture on as its own embedding."""
    given = helper.make_tensor_value_info("image", FLOAT, [1, 3, SIDE, SIDE])
    out = helper.make_tensor_value_info("embedding", FLOAT, [1, 3, SIDE, SIDE])
    return network([helper.make_node("Identity", ["image"], ["embedding"])], [given], [out], [])


def decoder(*, wrong: bool = False, height: int = HEIGHT, width: int = WIDTH) -> bytes:
    """Masks what is bright in the picture; the second mask is what was given before.

    Scores: the share of pixels of padding for the first, 0.1 for the second.
    """
    inputs = [
        helper.make_tensor_value_info("image_embeddings", FLOAT, [1, 3, SIDE, SIDE]),
        helper.make_tensor_value_info("point_coords", FLOAT, [1, "n", 2]),
        helper.make_tensor_value_info("point_labels", FLOAT, [1, "n"]),
        helper.make_tensor_value_info("mask_input", FLOAT, [1, 1, 256, 256]),
        helper.make_tensor_value_info("has_mask_input", FLOAT, [1]),
        helper.make_tensor_value_info("orig_im_size", FLOAT, [2]),
    ]
    if wrong:
        inputs[1] = helper.make_tensor_value_info("points", FLOAT, [1, "n", 2])
    outputs = [
        helper.make_tensor_value_info("masks", FLOAT, [1, 2, height, width]),
        helper.make_tensor_value_info("iou_predictions", FLOAT, [1, 2]),
    ]
    # The part of the scaled picture that is not padding, enlarged to the picture's size.
    rows = round(height * SIDE / width)
    constants = [
        helper.make_tensor("start", TensorProto.INT64, [4], [0, 0, 0, 0]),
        helper.make_tensor("end", TensorProto.INT64, [4], [1, 1, rows, SIDE]),
        helper.make_tensor("size", TensorProto.INT64, [4], [1, 1, height, width]),
        helper.make_tensor("end_low", TensorProto.INT64, [4], [1, 1, 160, 256]),
        helper.make_tensor("scores", FLOAT, [1, 2], [0.9, 0.1]),
    ]
    nodes = [
        helper.make_node("Slice", ["image_embeddings", "start", "end"], ["part"]),
        helper.make_node("Resize", ["part", "", "", "size"], ["bright"], mode="nearest"),
        helper.make_node("Slice", ["mask_input", "start", "end_low"], ["low"]),
        helper.make_node("Resize", ["low", "", "", "size"], ["before"], mode="nearest"),
        helper.make_node("Concat", ["bright", "before"], ["masks"], axis=1),
        helper.make_node("Identity", ["scores"], ["iou_predictions"]),
    ]
    return network(nodes, inputs, outputs, constants)


def picture() -> np.ndarray[Any, np.dtype[np.uint8]]:
    shown = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    shown[10:30, 20:50] = 255
    return shown


def test_the_encoder_runs_once_and_the_decoder_answers_in_the_pictures_own_size() -> None:
    clicker = open_sam(encoder(), decoder(), model="small@1")
    assert clicker.model == "small@1"
    ready = clicker.prepare(picture())
    assert ready.nbytes == 3 * SIDE * SIDE * 4
    found = ready.outline(Prompt((Click(30, 20),)))
    truth = picture()[:, :, 0] > 0
    assert found.mask.shape == (HEIGHT, WIDTH)
    assert (found.mask & truth).sum() / (found.mask | truth).sum() > 0.85
    assert found.score == pytest.approx(0.9)


def test_an_accepted_mask_is_only_corrected_around_the_click() -> None:
    ready = open_sam(encoder(), decoder(), model="small@1").prepare(picture())
    accepted = np.zeros((HEIGHT, WIDTH), bool)
    accepted[2:6, 2:6] = True
    accepted[10:30, 20:30] = True
    more = ready.outline(Prompt((Click(25, 20), Click(40, 20)), None, accepted)).mask
    assert more[accepted].all()
    assert more[20, 45]
    less = ready.outline(Prompt((Click(25, 20), Click(3, 3, positive=False)), None, accepted)).mask
    assert not less[3, 3]
    assert less[10:30, 20:30].all()


def test_a_box_goes_in_as_two_corners() -> None:
    ready = open_sam(encoder(), decoder(), model="small@1").prepare(picture())
    assert ready.outline(Prompt((), (20, 10, 50, 30))).mask.any()


def test_networks_of_another_kind_are_told_apart() -> None:
    with pytest.raises(AssistantError, match="point_coords"):
        open_sam(encoder(), decoder(wrong=True), model="m")
    with pytest.raises(AssistantError, match="no ONNX network"):
        open_sam(b"nothing", decoder(), model="m")
    with pytest.raises(AssistantError, match="must take one picture"):
        open_sam(decoder(), decoder(), model="m")


def test_a_picture_of_another_size_than_the_decoder_answers_in_is_an_error() -> None:
    ready = open_sam(encoder(), decoder(), model="m").prepare(np.zeros((50, 64, 3), np.uint8))
    with pytest.raises(AssistantError, match="another size"):
        ready.outline(Prompt((Click(1, 1),)))
