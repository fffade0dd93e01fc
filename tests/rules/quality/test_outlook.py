"""What the next point of quality costs, as the owner's page shows it."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from fairhand.core.clock import Instant
from fairhand.model.project import Project
from fairhand.quality import DawidSkene
from fairhand.quality.aggregation.codes import AnswerCodes
from fairhand.quality.outlook import outlook_of
from fairhand.web.studio.outlook_view import outlook
from tests.rules.quality.crowds import codes_of, planted_crowd

PROJECT = Project(
    1, "pets", "Pets", "draft", 1, "to learn", "GBP", 1_440_000_000, 2, 9, 0.95, 60_000, 20_000, 0,
    Instant(0),
)  # fmt: skip
"""A judgement takes 20 seconds at GBP 14.40 an hour: 8 pence."""


def looked(codes: AnswerCodes, most: int) -> dict[str, object] | None:
    fit = DawidSkene().fit_codes(codes)
    return outlook_of(codes, np.arange(len(codes)), fit, most, np.random.default_rng(1))


def test_doubt_has_a_price_in_judgements_and_in_money() -> None:
    found = looked(planted_crowd(1, tasks=300, people=20, answers=3).codes, 9)
    assert found is not None
    shown = outlook(found, PROJECT)
    assert shown is not None
    assert isinstance(shown.picture, Markup)
    assert shown.now.startswith("By the answers alone ")
    following = found["next"]
    assert isinstance(following, dict)
    pence = round(8 * following["judgements"])
    assert f"GBP {pence // 100}.{pence % 100:02d} of pay" in shown.next
    assert following["judgements_p90"] >= following["judgements"] > 0
    assert "No gold" in shown.notes[-1]


def test_where_nobody_more_may_be_asked_no_point_is_to_be_had() -> None:
    found = looked(planted_crowd(1, tasks=50, answers=3).codes, 3)
    shown = outlook(found, PROJECT)
    assert shown is not None
    assert shown.next.startswith("More answers would not raise")
    assert shown.picture is None


def test_nothing_answered_or_nothing_to_tell_apart_has_no_outlook() -> None:
    assert looked(codes_of([], 0, 0, 2), 5) is None
    assert looked(codes_of([(0, 0, 0)], 1, 1, 1), 5) is None
    assert outlook(None, PROJECT) is None
