"""The one metadata that every wing's tables register with, and the column types they share.

Instants are `BigInteger` milliseconds UTC (`core.clock.Instant`); money is `BigInteger` micros or
minor units; JSON values are text written by `orjson` or, where a hash depends on it, by `rfc8785`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite makes only INTEGER PRIMARY KEY an alias of the row id; PostgreSQL needs 64 bits.
Key: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
