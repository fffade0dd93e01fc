"""Agreement on masks and on spans."""

from __future__ import annotations

from itertools import permutations
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairhand.labels import rle
from fairhand.quality import mask_agreement, span_agreement
from tests.data import data_dir

Span = tuple[float, float, str]


def four_readers() -> list[list[NDArray[np.uint8]]]:
    """Lung nodules outlined by four radiologists."""
    held = np.load(data_dir("crowd") / "lidc_4reader_masks" / "masks.npz")
    packed, at, found = held["packed"], 0, []
    for height, width in held["shapes"].tolist():
        size = -(-height * width // 8)
        bits = np.unpackbits(packed[at : at + 4 * size].reshape(4, size), axis=1)
        found.append(list(bits[:, : height * width].reshape(4, height, width)))
        at += 4 * size
    return found


def test_radiologists_agree_as_published() -> None:
    nodules = four_readers()
    found = mask_agreement(nodules)
    assert found.value == pytest.approx(0.712, abs=0.0005)
    assert (found.tasks, found.answers, found.people, found.warnings) == (889, 3_556, 4, ())
    assert found.low is not None
    assert found.high is not None
    assert 0.005 < found.high - found.low < 0.03
    dice = mask_agreement(nodules, measure="dice")
    assert dice.value is not None
    assert dice.value > 0.712 + 0.08


def test_arrays_and_mask_answers_give_the_same_overlap() -> None:
    rng = np.random.default_rng(1)
    arrays = [[rng.random((9, 7)) < 0.4 for _ in range(3)] for _ in range(5)]
    answers: list[list[dict[str, Any]]] = [
        [
            {"size": [9, 7], "regions": [{"label": "cell", "counts": rle.encode(one)}]}
            for one in masks
        ]
        for masks in arrays
    ]
    measures: tuple[Literal["iou", "dice"], ...] = ("iou", "dice")
    for measure in measures:
        plain = mask_agreement(arrays, measure=measure)
        assert mask_agreement(answers, measure=measure).value == pytest.approx(plain.value)


def test_masks_by_hand_empty_masks_and_lone_masks() -> None:
    one, other = np.zeros((4, 4), int), np.zeros((4, 4), int)
    one[:2], other[1:3] = 1, 1  # 4 of 12 pixels shared
    nothing = np.zeros((4, 4))
    found = mask_agreement([[one, other], [nothing, nothing], [one]])
    assert found.value == pytest.approx((1 / 3 + 1) / 2)
    assert any("1 images have fewer" in note for note in found.warnings)
    assert mask_agreement([[one, other]], measure="dice").value == pytest.approx(0.5)
    assert mask_agreement([]).value is None
    with pytest.raises(ValueError, match="image 1"):
        mask_agreement([[one, other], [one, np.zeros((3, 3))]])


def cost_by_hand(one: list[Span], other: list[Span]) -> float:
    """Least cost over every way to give spans partners."""
    if len(one) > len(other):
        one, other = other, one
    best = float(len(one) + len(other))
    for chosen in permutations(range(len(other)), len(one)):
        total = float(len(one) + len(other))
        for (start, end, label), place in zip(one, chosen, strict=True):
            begin, stop, name = other[place]
            gap = (abs(start - begin) + abs(end - stop)) / (end - start + stop - begin)
            total += min(gap**2 + (label != name) - 2, 0)
        best = min(best, total)
    return best


spans = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 9), st.sampled_from("abc")).map(
        lambda one: (float(one[0]), float(one[0] + one[1]), one[2])
    ),
    max_size=4,
)


@given(one=spans, other=spans)
def test_spans_are_aligned_at_the_least_cost(one: list[Span], other: list[Span]) -> None:
    from fairhand.quality.agreement.spans import _cost, _read

    first, second = _read([one, other])
    assert _cost(first, second) == pytest.approx(cost_by_hand(one, other))
    assert _cost(second, first) == pytest.approx(cost_by_hand(one, other))


def marked(seed: int, texts: int, wobble: float, wrong: float) -> dict[str, list[Any]]:
    """Three people mark three spans a text; they wobble at the ends, and mistake labels."""
    rng = np.random.default_rng(seed)
    table: dict[str, list[Any]] = {"task": [], "worker": [], "spans": []}
    for text in range(texts):
        starts = np.sort(rng.choice(18, 3, replace=False)) * 50.0 + 5
        labels = rng.choice(["name", "place", "date"], 3)
        for person in ("Amina", "Bao", "Esi"):
            ends = starts[:, np.newaxis] + [0, 20] + rng.normal(0, wobble, (3, 2))
            ends = np.clip(np.sort(ends, axis=1), 0, 1_000)
            ends[:, 1] += 1e-3
            given = np.where(
                rng.random(3) < wrong, rng.choice(["name", "place", "date"], 3), labels
            )
            table["task"].append(text)
            table["worker"].append(person)
            table["spans"].append(
                [{"start": s, "end": e, "label": n} for (s, e), n in zip(ends, given, strict=True)]
            )
    return table


LENGTHS = dict.fromkeys(range(200), 1_001.0)


def gamma_of(table: dict[str, list[Any]], **options: Any) -> float:  # noqa: ANN401
    value = span_agreement(table, lengths=LENGTHS, **options).value
    assert value is not None
    return value


def test_the_same_spans_agree_fully_and_less_alike_ones_less() -> None:
    assert gamma_of(marked(1, 40, 0, 0)) == pytest.approx(1.0, abs=1e-6)
    steps = [gamma_of(marked(1, 40, wobble, 0)) for wobble in (0, 2, 6, 15)]
    assert steps == sorted(steps, reverse=True)
    names = [gamma_of(marked(1, 40, 0, wrong)) for wrong in (0, 0.3, 0.7, 1.0)]
    assert names == sorted(names, reverse=True)
    assert 0.3 < names[-1] < names[0] - 0.3  # they still agree where things are


def test_spans_thrown_at_random_agree_by_chance_alone() -> None:
    rng = np.random.default_rng(3)
    table: dict[str, list[Any]] = {"task": [], "worker": [], "spans": []}
    for text in range(150):
        for person in range(2):
            starts = rng.uniform(0, 980, 4)
            table["task"].append(text)
            table["worker"].append(person)
            table["spans"].append([(s, s + 20, str(rng.integers(3))) for s in starts])
    found = span_agreement(table, lengths=LENGTHS)
    assert found.value == pytest.approx(0, abs=0.03)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high


def test_people_may_be_renamed_and_dice_are_the_same_every_time() -> None:
    table = marked(2, 60, 5, 0.2)
    found = span_agreement(table, lengths=LENGTHS)
    assert found == span_agreement(table, lengths=LENGTHS)
    assert (found.tasks, found.answers, found.people, found.warnings) == (60, 180, 3, ())
    names = {"Amina": "Z", "Bao": "Y", "Esi": "X"}
    renamed = {**table, "worker": [names[one] for one in table["worker"]]}
    assert gamma_of(renamed) == pytest.approx(found.value, abs=0.01)
    assert found.low is not None
    assert found.high is not None
    assert found.low < gamma_of(marked(7, 200, 5, 0.2)) < found.high


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(1, 1, None)], "row 0 has no list"),
        ([(1, 1, [(3, 3, "a")])], "nothing is inside"),
        ([(1, 1, [(1, 2, "a")]), (1, 2, [(1, 2)])], "row 1 has a span that is not"),
        ([(1, 1, [(float("nan"), 3, "a")])], "nothing is inside"),
        ([(1, 1, []), (1, 1, [])], "row 1 is a second answer"),
        ([(1, 1, [(0, 70, "a")])], "beyond its length"),
        ([(2, 1, [])], "no entry for task 2"),
    ],
)
def test_answers_that_are_no_spans_are_refused_by_their_row(
    rows: list[tuple[int, int, Any]], words: str
) -> None:
    task, worker, answers = map(list, zip(*rows, strict=True))
    with pytest.raises(ValueError, match=words):
        span_agreement(task, worker, answers, lengths={1: 50})


def test_what_makes_agreement_on_spans_doubtful_is_said() -> None:
    nothing = span_agreement([1, 1, 2], ["Amina", "Bao", "Esi"], [[], [], [(0, 1, "a")]])
    assert nothing.value is None
    for words in ("only 1 texts", "1 texts have one person's", "lengths were not", "nobody marked"):
        assert any(words in note for note in nothing.warnings)
    assert span_agreement([], [], []).warnings[0].startswith("no text has two")
    one_sided = span_agreement([1, 1], ["Amina", "Bao"], [[(0, 1, "a")], []], lengths={1: 9})
    assert one_sided.value == pytest.approx(0.0)
