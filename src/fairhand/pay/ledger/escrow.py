"""What is left of each project's escrow: one row a project, drawn on in one update, never below 0.

The row is a cache of the escrow account's postings. It is shared by all people of a project, so a
transaction touches it as late as it can.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from fairhand.core.errors import ConflictError
from fairhand.storage.tables.pay import escrow


def both(build: Any) -> Mapping[str, Executable]:  # noqa: ANN401  # two dialects' insert()
    """Build a statement once for each database engine."""
    return {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}


_DRAW = (
    update(escrow)
    .where(
        escrow.c.project_id == bindparam("p_project_id"),
        escrow.c.currency == bindparam("p_currency"),
        escrow.c.left_micros >= bindparam("p_amount"),
    )
    .values(left_micros=escrow.c.left_micros - bindparam("p_amount"))
)
_SEE_ESCROW = (
    select(escrow.c.left_micros)
    .where(
        escrow.c.project_id == bindparam("p_project_id"),
        escrow.c.currency == bindparam("p_currency"),
    )
    .with_for_update()
)
_FILL = both(
    lambda insert: (filling := insert(escrow)).on_conflict_do_update(
        index_elements=["project_id"],
        set_={"left_micros": escrow.c.left_micros + filling.excluded.left_micros},
        where=escrow.c.currency == filling.excluded.currency,
    )
)


def load_escrow(connection: Connection, project_id: int) -> int:
    """Say what is left in a project's escrow, in micros."""
    chosen = select(escrow.c.left_micros).where(escrow.c.project_id == project_id)
    return int(connection.execute(chosen).scalar() or 0)


def draw(connection: Connection, project_id: int, currency: str, amount: int) -> int:
    """Take `amount` micros out of escrow, or what is left of it; says how much was taken."""
    params: dict[str, object] = {
        "p_project_id": project_id,
        "p_currency": currency,
        "p_amount": amount,
    }
    if connection.execute(_DRAW, params).rowcount:
        return amount
    left = connection.execute(_SEE_ESCROW, params).scalar_one_or_none()
    if not left:
        return 0
    covered = min(int(left), amount)  # it may have been funded between the two statements
    connection.execute(_DRAW, {**params, "p_amount": covered})
    return covered


def fill(connection: Connection, project_id: int, currency: str, amount: int) -> None:
    """Add `amount` micros to escrow; ConflictError when it holds another currency."""
    filled = connection.execute(
        _FILL[connection.dialect.name].execution_options(preserve_rowcount=True),
        {"project_id": project_id, "currency": currency, "left_micros": amount},
    )
    if filled.rowcount != 1:
        raise ConflictError(
            f"Project {project_id} holds its escrow in another currency than {currency}.",
            code="other_currency",
        )


def move(connection: Connection, project_id: int, currency: str, amount: int) -> None:
    """Fill by a positive amount, or draw all of a negative one (ConflictError: not there)."""
    if amount > 0:
        fill(connection, project_id, currency, amount)
    elif draw(connection, project_id, currency, -amount) != -amount:
        raise ConflictError(
            f"The escrow of project {project_id} does not hold that much {currency}.",
            code="escrow_overdrawn",
        )
