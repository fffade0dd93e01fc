"""An answer is paid by what its project pays by: time, pieces or minutes of audio."""

from __future__ import annotations

import json

import pytest

from fairhand.core.money import MICROS, micros_for
from fairhand.storage.database import Database
from tests.cast import GBP_6, Cast

UNIT = 5 * 100 * MICROS
"""Five pounds."""


@pytest.fixture
def cast(db: Database) -> Cast:
    return Cast(db)


def pay_by(cast: Cast, project_id: int, basis: str, unit: int | None = UNIT) -> None:
    """Put a basis into the project's own columns, where the hot path reads it."""
    cast.change(
        "UPDATE project SET pay_basis = :basis, unit_micros = :unit WHERE id = :id",
        basis=basis,
        unit=unit,
        id=project_id,
    )


def accruals(cast: Cast) -> list[tuple[object, ...]]:
    return cast.rows(
        "SELECT basis, paid_ms, amount_micros, quantity, unit_micros, rate_micros_per_hour "
        "FROM accrual WHERE activity = 'annotate' ORDER BY entry_id"
    )


def answer(cast: Cast, project_id: int, seconds: int = 30) -> int:
    amina = cast.person("Amina")
    task_id = cast.next_task(amina, project_id)
    cast.clock.advance(seconds * 1000)
    reply = cast.submit(amina, task_id).reply
    assert set(reply["paid"]) == {"milliseconds", "micros", "amount", "currency"}
    return int(reply["annotation_id"])


def test_an_answer_paid_by_the_piece_earns_its_price_and_keeps_its_time(cast: Cast) -> None:
    project_id = cast.project("Amina")
    pay_by(cast, project_id, "piece")

    answer(cast, project_id)

    assert accruals(cast) == [("piece", 30_000, UNIT, 1, UNIT, GBP_6)]


def test_a_revision_is_paid_by_time_and_is_no_second_piece(cast: Cast) -> None:
    project_id = cast.project("Amina")
    pay_by(cast, project_id, "piece")
    first = answer(cast, project_id)
    amina = cast.person("Amina")
    cast.revise(amina, first)
    cast.clock.advance(20_000)
    task_id = cast.rows("SELECT task_id FROM annotation WHERE id = :id", id=first)[0][0]

    cast.submit(amina, task_id, "dog", revises=first)

    assert [row[0] for row in accruals(cast)] == ["piece", "time"]
    assert accruals(cast)[1][1:4] == (20_000, micros_for(GBP_6, 20_000), None)


def test_a_skip_is_paid_by_time_where_answers_are_paid_by_the_piece(cast: Cast) -> None:
    project_id = cast.project("Amina")
    pay_by(cast, project_id, "piece")
    amina = cast.person("Amina")
    task_id = cast.next_task(amina, project_id)
    cast.clock.advance(12_000)

    cast.skip(amina, task_id)

    assert accruals(cast) == [("time", 12_000, micros_for(GBP_6, 12_000), None, None, GBP_6)]


@pytest.mark.parametrize(
    ("data", "milliseconds"), [({"duration": 90.5}, 90_500), ({"duration_ms": 30_001}, 30_001)]
)
def test_audio_is_paid_by_its_length_rounded_up(
    cast: Cast, data: dict[str, float], milliseconds: int
) -> None:
    project_id = cast.project("Amina")
    pay_by(cast, project_id, "audio")
    cast.change("UPDATE task SET data = :data", data=json.dumps(data))

    answer(cast, project_id)

    amount = -(-UNIT * milliseconds // 60_000)
    assert accruals(cast) == [("audio", 30_000, amount, milliseconds, UNIT, GBP_6)]


def test_audio_of_unknown_length_is_paid_by_time_and_its_accrual_says_so(cast: Cast) -> None:
    project_id = cast.project("Amina")
    pay_by(cast, project_id, "audio")

    answer(cast, project_id)

    assert accruals(cast) == [("time", 30_000, micros_for(GBP_6, 30_000), 0, UNIT, GBP_6)]
