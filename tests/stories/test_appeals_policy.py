"""How appeals are heard changes by the council's word alone, unless nobody is worse off by it."""

from __future__ import annotations

import pytest

from fairhand.core.errors import ConflictError, InvalidError
from fairhand.people.conduct.store import policy_at
from fairhand.storage.database import Database
from fairhand.use_cases.apply_signed_policies import apply_signed_policies
from fairhand.use_cases.set_appeals_policy import SetAppealsPolicy, set_appeals_policy
from tests.cast import Cast
from tests.councils import agree, newcomers, seat_council


def test_what_is_stricter_holds_at_once_and_what_is_not_waits(db: Database) -> None:
    cast = Cast(db)

    def ask(**terms: object) -> int:
        return set_appeals_policy(db, SetAppealsPolicy(cast.carmen, terms), cast.clock.now).id

    def holds() -> tuple[int, int]:
        with db.read() as connection:
            policy = policy_at(connection, cast.clock.now)
        return policy.appeal_days, policy.answer_days

    with pytest.raises(InvalidError, match="No council"):
        ask(answer_days=14)
    ask(appeal_days=90)
    apply_signed_policies(db, cast.clock.now)
    assert holds() == (90, 7)
    seat_council(db, newcomers(db, 3, cast.clock.now), cast.clock.now)
    agree(db, ask(answer_days=14), cast.clock.now)
    assert holds() == (90, 14)
    for wrong, error in (
        ({"answer_days": 14}, ConflictError),
        ({"answer_days": 30}, InvalidError),
        ({"answer_days": "soon"}, InvalidError),
        ({"mood": 1}, InvalidError),
    ):
        with pytest.raises(error):
            ask(**wrong)
