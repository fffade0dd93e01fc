"""Many entries at once: each balances, a key is used once, nobody's account goes below zero."""

from __future__ import annotations

import pytest

from fairhand.core.errors import ConflictError
from fairhand.pay.ledger.book import post_entries, post_entry
from fairhand.pay.ledger.rules import CLEARING, Posting, batching, escrow_key, royalty
from fairhand.storage.database import Database
from tests.stores.pay_world import MORNING, balance, make_world


def test_many_entries_move_what_single_ones_would_and_draw_no_more_than_is_there(
    db: Database,
) -> None:
    with db.write() as connection:
        world = make_world(connection)
        lines = royalty(world.digits, world.amina, "GBP", 1_000)
        post_entry(connection, "royalty", "earned", None, lines, MORNING, MORNING)
    moves = {f"payout:{n}": batching(world.amina, "GBP", 400) for n in range(2)}
    with db.write() as connection:
        numbers = post_entries(connection, "payout", moves, MORNING, MORNING)
        assert len(set(numbers.values())) == 2
        assert balance(connection, CLEARING) == 800
        assert balance(connection, f"payable:person:{world.amina}") == 200
    wrong: list[tuple[dict[str, list[Posting]], type[Exception]]] = [
        ({f"late:{n}": batching(world.amina, "GBP", 150) for n in range(2)}, ConflictError),
        ({"payout:1": batching(world.amina, "GBP", 1)}, ConflictError),
        ({"half": batching(world.amina, "GBP", 1)[:1]}, ValueError),
        ({"nothing": []}, ValueError),
        (
            {"escrow": [Posting(escrow_key(1), "GBP", -1), Posting(CLEARING, "GBP", 1)]},
            ValueError,
        ),
    ]
    for entries, error in wrong:
        with pytest.raises(error), db.write() as connection:
            post_entries(connection, "payout", entries, MORNING, MORNING)
    with db.read() as connection:
        assert balance(connection, CLEARING) == 800
