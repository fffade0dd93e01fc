"""The small workspace that the tests of pages and of the API share."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhand.storage.database import Database
from tests.web.world import World, make_world


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> World:
    """A workspace on SQLite behind the real app."""
    return make_world(sqlite_db, tmp_path)


@pytest.fixture
def world_on_both(db: Database, tmp_path: Path) -> World:
    """The same on SQLite and on PostgreSQL, for what databases may see differently."""
    return make_world(db, tmp_path)
