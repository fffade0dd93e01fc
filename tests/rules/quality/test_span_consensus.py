"""Spans of several people become one set, with the probability of each."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.quality import SpanConsensus, join_spans
from fairhand.quality.structured.span_segments import read_marks
from tests.data import data_dir

Mark = tuple[int, int, str]
Row = tuple[int, int, list[Mark]]


def joined(rows: list[Row]) -> SpanConsensus:
    return join_spans(*map(list, zip(*rows, strict=True)))


def marks_of(found: SpanConsensus) -> list[set[Mark]]:
    return [{(s.start, s.end, s.label) for s in spans} for spans in found.spans]


def small() -> st.SearchStrategy[list[Row]]:
    mark = st.tuples(st.integers(0, 5), st.integers(1, 4), st.sampled_from("ab")).map(
        lambda found: (found[0], found[0] + found[1], found[2])
    )
    row = st.tuples(st.integers(0, 2), st.integers(0, 4), st.lists(mark, max_size=3))
    return st.lists(row, min_size=1, max_size=10, unique_by=lambda found: found[:2])


def test_spans_that_most_people_marked_stand_and_the_rest_is_kept_apart() -> None:
    rows: list[Row] = [(1, 1, [(0, 4, "name"), (9, 12, "place")]), (1, 2, [(0, 4, "name")])]
    found = joined([*rows, (1, 3, [(0, 4, "name")]), (1, 4, [])])
    (span,) = found.spans[0]
    assert (span.start, span.end, span.label, span.share) == (0, 4, "name", 0.75)
    assert span.probability > 0.8
    (other,) = found.left_out[0]
    assert (other.label, other.share) == ("place", 0.25)
    assert other.probability < 0.3


def test_spans_of_different_labels_may_overlap_and_of_one_label_may_touch() -> None:
    answer = [(0, 9, "address"), (0, 4, "street"), (4, 9, "street")]
    found = joined([(task, person, answer) for task in range(3) for person in range(3)])
    assert marks_of(found) == [set(answer)] * 3


def test_offsets_are_code_points_of_any_script() -> None:
    text = "👩🏽‍🌾 Amina lives in Łódź, नमस्ते 東京"
    start = text.index("Łódź")
    answer = [{"start": start, "end": start + 4, "label": "place"}]
    found = join_spans([1] * 3, [1, 2, 3], [answer] * 3, texts={1: text})
    assert text[found.spans[0][0].start : found.spans[0][0].end] == "Łódź"
    with pytest.raises(ValueError, match="UTF-16"):
        join_spans([1], [1], [[(0, len(text.encode()), "all")]], texts={1: text})
    with pytest.raises(ValueError, match="no text for task 1"):
        join_spans([1], [1], [[(0, 1, "x")]], texts={})


def test_an_edge_that_one_of_three_drew_wider_is_not_taken_over() -> None:
    rows = [
        (task, person, [(0, 9 if person == task % 3 else 5, "x")])
        for task in range(20)
        for person in range(3)
    ]
    assert marks_of(joined(rows)) == [{(0, 5, "x")}] * 20


@settings(max_examples=60, deadline=None)
@given(small(), st.randoms(use_true_random=False))
def test_names_and_the_order_of_rows_do_not_matter(rows: list[Row], dice: Any) -> None:  # noqa: ANN401
    people, labels = list(range(5)), {"a": "b", "b": "a"}
    dice.shuffle(people)
    other = [
        (task, people[who], [(start, end, labels[label]) for start, end, label in marks])
        for task, who, marks in rows
    ]
    dice.shuffle(other)
    one, two = joined(rows), joined(other)
    for mine, theirs in zip(one.spans, two.spans, strict=True):
        renamed = {(s.start, s.end, labels[s.label]): s.probability for s in theirs}
        assert {(s.start, s.end, s.label): s.probability for s in mine} == pytest.approx(renamed)


@settings(max_examples=60, deadline=None)
@given(small())
def test_a_consensus_span_begins_and_ends_where_somebody_s_does(rows: list[Row]) -> None:
    found = joined(rows)
    for task, chosen, others in zip(found.tasks, found.spans, found.left_out, strict=True):
        theirs = [mark for row in rows if row[0] == task for mark in row[2]]
        edges = {(edge, m[2]) for m in theirs for edge in m[:2]}
        for span in chosen:
            assert {(span.start, span.label), (span.end, span.label)} <= edges
        for span in (*chosen, *others):
            assert 0.0 <= span.probability <= 1.0 + 1e-12
            assert 0.0 <= span.share <= 1.0


def test_tables_are_read() -> None:
    data = {
        "task": [1, 1],
        "worker": ["Amina", "Bao"],
        "spans": [[{"start": 0, "end": 2, "label": "x"}]] * 2,
    }
    for frame in (pd.DataFrame(data), pl.DataFrame(data), data):
        assert marks_of(join_spans(frame)) == [{(0, 2, "x")}]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "row 0 has no list of spans"),
        (float("nan"), "row 0 has no list of spans"),
        ("0-4", "row 0 has no list of spans"),
        ([(0, 4)], "without start, end and label"),
        ([{"start": 0, "end": 4}], "without start, end and label"),
        ([(0, float("nan"), "x")], "without start, end and label"),
        ([(4, 4, "x")], "nothing is inside"),
        ([(-1, 4, "x")], "nothing is inside"),
    ],
)
def test_bad_answers_are_refused_with_their_row(answer: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_marks(0, answer)


def test_bad_tables_are_refused_and_doubtful_ones_warned_of() -> None:
    with pytest.raises(ValueError, match="no spans to join"):
        join_spans([], [], [])
    with pytest.raises(ValueError, match="row 1 is a second answer"):
        joined([(1, 1, []), (1, 1, [])])
    alone = joined([(1, 1, [(0, 2, "x"), (1, 3, "x")]), (2, 1, [])])
    assert marks_of(alone) == [{(0, 3, "x")}, set()]
    text = " ".join(alone.warnings)
    assert "stands unchecked" in text
    assert "nobody to compare" in text
    assert "were united" in text
    nothing = joined([(1, 1, []), (1, 2, []), (1, 3, [])])
    assert marks_of(nothing) == [set()]
    few: list[Row] = [(task, task % 3, []) for task in range(3)]
    giant = joined([*few, *[(task, 0, []) for task in range(3, 9)]])
    assert "leans on them" in " ".join(giant.warnings)


def pii() -> tuple[list[str], list[list[Mark]]]:
    path = data_dir("text_pii") / "presidio_synth_v2_part.json.gz"
    items = json.loads(gzip.decompress(path.read_bytes()))
    spans = [
        [(s["start_position"], s["end_position"], s["entity_type"]) for s in item["spans"]]
        for item in items
    ]
    return [item["full_text"] for item in items], spans


def marked_by_crowd(texts: list[str], truth: list[list[Mark]], answers: int) -> list[Row]:
    """Twelve people of very different care: they miss, shift edges, mix labels, invent."""
    rng = np.random.default_rng(1)
    labels = sorted({label for spans in truth for _, _, label in spans})
    people = [
        (rng.choice([0.05, 0.15, 0.5]), rng.choice([0.05, 0.2, 0.5]), rng.choice([0.02, 0.1, 0.3]))
        for _ in range(12)
    ]
    rows: list[Row] = []
    for task, (text, spans) in enumerate(zip(texts, truth, strict=True)):
        tokens = [match.span() for match in re.finditer(r"\S+", text)]
        for person in rng.choice(12, answers, replace=False).tolist():
            miss, shift, mix = people[person]
            own = set()
            for start, end, label in spans:
                if rng.random() < miss:
                    continue
                if rng.random() < shift:
                    own.add(shifted(rng, tokens, (start, end, label)))
                else:
                    own.add((start, end, rng.choice(labels) if rng.random() < mix else label))
            for _ in range(rng.poisson(2 * mix)):
                own.add((*tokens[rng.integers(len(tokens))], rng.choice(labels)))
            rows.append((task, person, sorted(own)))
    return rows


def shifted(rng: np.random.Generator, tokens: list[tuple[int, int]], mark: Mark) -> Mark:
    """Take in the next word, or the one before, or leave out the last of several."""
    start, end, label = mark
    way = rng.integers(3)
    if way == 0:
        return min([start, *[first for first, stop in tokens if stop >= start - 1]]), end, label
    if way == 1:
        return start, min([stop for _, stop in tokens if stop > end], default=end), label
    return start, max([s for _, s in tokens if start < s < end], default=end), label


def majority(rows: list[Row], tasks: int) -> list[set[Mark]]:
    """Vote letter by letter, label by label."""
    result = []
    for task in range(tasks):
        answers = [marks for row, _, marks in rows if row == task]
        letters: dict[tuple[int, str], int] = {}
        for marks in answers:
            for letter in {(at, label) for s, e, label in marks for at in range(s, e)}:
                letters[letter] = letters.get(letter, 0) + 1
        result.append(
            {
                (at, at + 1, label)
                for (at, label), votes in letters.items()
                if 2 * votes > len(answers)
            }
        )
    return result


def letter_f1(found: list[Any], truth: list[Any]) -> float:
    def letters(spans: Any) -> set[tuple[int, str]]:  # noqa: ANN401
        return {(at, label) for start, end, label in spans for at in range(start, end)}

    pairs = [(letters(one), letters(other)) for one, other in zip(found, truth, strict=True)]
    both = sum(len(one & other) for one, other in pairs)
    return 2 * both / sum(len(one) + len(other) for one, other in pairs)


@pytest.mark.parametrize("answers", [3, 5])
def test_on_real_texts_it_beats_the_majority_and_the_mean_person(answers: int) -> None:
    texts, truth = pii()
    rows = marked_by_crowd(texts, truth, answers)
    found = join_spans(*map(list, zip(*rows, strict=True)), texts=dict(enumerate(texts)))
    ours = letter_f1(marks_of(found), truth)
    persons = [
        letter_f1([m for _, p, m in rows if p == who], [truth[t] for t, p, _ in rows if p == who])
        for who in range(12)
    ]
    assert ours > letter_f1(majority(rows, len(texts)), truth) + 0.02
    assert ours > np.mean(persons) + 0.1
    claimed = np.array([span.probability for spans in found.spans for span in spans])
    right = [
        (span.start, span.end, span.label) in truth[task]
        for task, spans in enumerate(found.spans)
        for span in spans
    ]
    assert claimed.mean() == pytest.approx(np.mean(right), abs=0.07)
