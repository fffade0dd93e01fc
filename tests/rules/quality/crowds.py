"""Made crowds with a planted truth, and strategies for small hand-made ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import AnswerCodes

Row = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Answers by code, and the truth they were made from."""

    codes: AnswerCodes
    truth: NDArray[np.intp]


def planted_crowd(
    seed: int, *, tasks: int = 300, people: int = 12, classes: int = 3, answers: int = 5
) -> Crowd:
    """Make good people, and a third of people who confuse the classes in a way of their own."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, tasks)
    tables = np.full((people, classes, classes), 0.15 / (classes - 1))
    for person in range(people):
        honest = person >= people // 3
        given = np.arange(classes) if honest else np.roll(np.arange(classes), 1 + person % 2)
        tables[person, np.arange(classes), given] = 0.85
    rows = [
        (task, person, rng.choice(classes, p=tables[person, truth[task]]))
        for task in range(tasks)
        for person in rng.choice(people, answers, replace=False)
    ]
    return Crowd(codes_of(rows, tasks, people, classes), truth.astype(np.intp))


def codes_of(rows: list[Row], tasks: int, people: int, classes: int) -> AnswerCodes:
    """Put rows of task, person, label into codes."""
    table = np.array(rows, dtype=np.intp).reshape(-1, 3)
    return AnswerCodes(
        np.ascontiguousarray(table[:, 0]),
        np.ascontiguousarray(table[:, 1]),
        np.ascontiguousarray(table[:, 2]),
        tuple(range(tasks)),
        tuple(range(people)),
        tuple(range(classes)),
    )


def small_crowds() -> st.SearchStrategy[AnswerCodes]:
    """Up to forty answers of up to six people to up to eight tasks, in one to four classes."""
    return st.integers(1, 4).flatmap(_crowds_of)


def _crowds_of(classes: int) -> st.SearchStrategy[AnswerCodes]:
    row = st.tuples(st.integers(0, 7), st.integers(0, 5), st.integers(0, classes - 1))
    return st.lists(row, max_size=40).map(lambda rows: codes_of(rows, 8, 6, classes))
