"""A project's quality in figures."""

from __future__ import annotations

from fairhand.quality.agreement import Alpha
from fairhand.quality.report import Tally, summarise

ALPHA = Alpha(0.7, 0.6, 0.8, 10, 25)


def test_tallies_are_summed_per_question() -> None:
    report = summarise(
        ["pet", "cells"],
        [
            Tally("pet", "dawid-skene", 2, True, 6, 5.7),
            Tally("pet", "dawid-skene", 3, True, 3, 2.7),
            Tally("pet", "dawid-skene", 3, False, 1, 0.6),
            Tally("cells", "mask-vote", 2, True, 4, 3.0),
            Tally("cells", "mask-vote", 0, False, 6, 0.0),
        ],
        {"pet": ALPHA},
    )
    pet, cells = report.questions
    assert (pet.tasks, pet.answers) == (10, 24)
    assert pet.mean_confidence == 0.9
    assert pet.share_settled == 0.9
    assert pet.alpha == ALPHA
    assert (cells.tasks, cells.mean_confidence, cells.alpha) == (4, 0.75, None)
    assert report.answers_per_task == ((2, 6), (3, 4))
    assert report.mean_answers == 2.4


def test_a_project_without_answers_has_no_figures_and_no_division_by_zero() -> None:
    report = summarise(["pet"], [], {})
    assert report.questions[0].mean_confidence is None
    assert report.questions[0].share_settled is None
    assert report.answers_per_task == ()
    assert report.mean_answers is None
