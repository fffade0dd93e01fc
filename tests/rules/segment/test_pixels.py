"""The pixel forest: learns from one picture, proposes valid answers, and keeps no code."""

from __future__ import annotations

import numpy as np
import pytest

from fairhand.compute.assistants.contract import AssistantError, Example, Item, NotEnoughError
from fairhand.compute.models.learnt import pack_learnt, unpack_learnt
from fairhand.compute.models.pixel_features import COARSE, pixel_features
from fairhand.compute.models.pixels import PixelPredictor, PixelTrainer
from fairhand.compute.models.prompts import Mask
from fairhand.compute.models.regions import box_of, boxes_of, pieces, things
from fairhand.labels import rle
from fairhand.labels.kind import AnswerContext
from fairhand.labels.mask import validate_answer
from fairhand.model.project import Question
from tests.rules.segment.scenes import SIDE, answered, discs, iou, item, threads

LABELS = {"labels": [{"value": "disc"}, {"value": "never seen"}]}
ONE = Question("where", "mask", "Where are discs?", LABELS)
EACH = Question("where", "mask", "Where is each disc?", {**LABELS, "instances": True})


@pytest.fixture(scope="module")
def learnt() -> bytes:
    return PixelTrainer().fit(ONE, [answered(1, *discs(1))], seed=3, version="1")


def predictor(learnt: bytes, question: Question = ONE) -> PixelPredictor:
    return PixelTrainer().load(question, learnt, version="1")


def drawn(regions: list[dict[str, str]]) -> Mask:
    mask = np.zeros((SIDE, SIDE), bool)
    for one in regions:
        mask |= rle.decode(one["counts"], SIDE, SIDE)
    return mask


def test_one_corrected_picture_is_enough_even_for_one_of_inverted_contrast(learnt: bytes) -> None:
    for seed, inverted in ((7, False), (8, True)):
        picture, truth = discs(seed, inverted=inverted)
        proposal = predictor(learnt).predict([item(2, picture)])[0]
        assert proposal.value is not None
        answer = proposal.value["where"]
        assert validate_answer(ONE.config, answer, AnswerContext(SIDE, SIDE)) == []
        found = iou(drawn(answer["regions"]), np.logical_or.reduce(truth))
        assert found > 0.8
        assert proposal.score is not None
        assert abs(proposal.score - found) < 0.25


def test_things_are_told_apart_where_the_question_asks_for_each(learnt: bytes) -> None:
    picture, truth = discs(7)
    proposal = predictor(learnt, EACH).predict([item(2, picture)])[0]
    assert proposal.value is not None
    answer = proposal.value["where"]
    assert len(answer["regions"]) == len(truth)
    assert validate_answer(EACH.config, answer, AnswerContext(SIDE, SIDE)) == []


def test_an_item_without_a_picture_gets_no_proposal(learnt: bytes) -> None:
    assert predictor(learnt).predict([Item(1, {})])[0].value is None


def test_a_file_that_is_no_picture_is_an_error_of_the_assistant(learnt: bytes) -> None:
    with pytest.raises(AssistantError):
        predictor(learnt).predict([Item(1, {}, lambda: b"nothing")])


def test_the_same_answers_and_seed_give_the_same_bytes(learnt: bytes) -> None:
    again = PixelTrainer().fit(ONE, [answered(1, *discs(1))], seed=3, version="1")
    assert again == learnt


def test_without_an_answer_or_an_outline_there_is_nothing_to_learn() -> None:
    picture, _ = discs(1)
    with pytest.raises(NotEnoughError):
        PixelTrainer().fit(ONE, [], seed=1, version="1")
    with pytest.raises(NotEnoughError):
        PixelTrainer().fit(ONE, [Example(item(1, picture), {})], seed=1, version="1")
    with pytest.raises(NotEnoughError):
        PixelTrainer().fit(ONE, [answered(1, picture, [])], seed=1, version="1")


def test_damaged_models_are_refused_before_they_lead_astray(learnt: bytes) -> None:
    read = unpack_learnt(learnt)
    with pytest.raises(AssistantError):
        predictor(b"no model")
    with pytest.raises(AssistantError):
        predictor(pack_learnt({**read.header, "model": "other"}, read.arrays))
    left = read.arrays["0/left"]
    for damage in (
        {"0/left": np.where(left > 0, 0, left)},
        {"0/left": np.where(left > 0, left.size + 9, left)},
        {"0/feature": read.arrays["0/feature"] + 10_000},
        {"0/roots": read.arrays["0/roots"] - 5},
        {"0/value": read.arrays["0/value"][:-1]},
    ):
        with pytest.raises(AssistantError):
            predictor(pack_learnt(read.header, {**read.arrays, **damage}))


def test_boxes_fit_their_masks_and_touching_things_are_split() -> None:
    rows, columns = np.ogrid[:60, :60]
    left = (rows - 30) ** 2 + (columns - 20) ** 2 <= 100
    right = (rows - 30) ** 2 + (columns - 37) ** 2 <= 100
    both: Mask = left | right
    assert box_of(np.zeros((4, 5), bool)) is None
    assert box_of(left) == (10, 20, 31, 41)
    assert pieces(both).max() == 1
    split = things(both, 10.0)
    assert split.max() == 2
    assert ((split > 0) == both).all()
    assert len(boxes_of(split)) == 2
    assert pieces(left, least_area=10_000).max() == 0


def test_thin_things_are_found_by_a_network_over_lines() -> None:
    examples = [answered(number, *threads(number)) for number in range(3)]
    learnt = PixelTrainer().fit(ONE, examples, seed=3, version="1")
    read = unpack_learnt(learnt)
    assert "0/w0" in read.arrays  # a network was taken, not a forest
    picture, truth = threads(9)
    proposal = predictor(learnt).predict([item(2, picture)])[0]
    assert proposal.value is not None
    assert iou(drawn(proposal.value["where"]["regions"]), np.logical_or.reduce(truth)) > 0.6
    for damage in ({"0/w1": read.arrays["0/w1"][1:]}, {"0/spread": -read.arrays["0/spread"]}):
        with pytest.raises(AssistantError):
            predictor(pack_learnt(read.header, {**read.arrays, **damage}))


def test_lines_are_laid_only_where_people_drew_long_things(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lay(*_: object) -> None:
        raise ArithmeticError("lines")

    monkeypatch.setattr("fairhand.compute.models.pixel_features.line_planes", lay)
    PixelTrainer().fit(ONE, [answered(1, *discs(1))], seed=3, version="1")
    with pytest.raises(ArithmeticError):
        PixelTrainer().fit(ONE, [answered(1, *threads(1))], seed=3, version="1")


def test_a_window_of_a_picture_is_described_as_in_the_whole() -> None:
    picture, _ = discs(4)
    window = (slice(10, 60), slice(20, 90))
    alone = pixel_features(picture, window)
    assert np.abs(alone - pixel_features(picture)[:, window[0], window[1]]).max() < 0.1
    assert (pixel_features(picture, window, fine=False) == alone[:COARSE]).all()
