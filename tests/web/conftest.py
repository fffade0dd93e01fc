"""The small workspace that the tests of pages and of the API share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir

import pytest

from fairhand.storage.database import Database
from tests.engines import Templates
from tests.web.world import World, make_world


@pytest.fixture
def world(templates: Templates, tmp_path: Path) -> Iterator[World]:
    """A workspace on SQLite behind the real app."""
    with templates.furnished(_plain_world) as (url, first):
        db = Database(url, pool_size=10)
        yield first.again(db, tmp_path)
        db.close()


def _plain_world(db: Database) -> World:
    return make_world(db, Path(gettempdir()))


@pytest.fixture
def world_on_both(db: Database, tmp_path: Path) -> World:
    """The same on SQLite and on PostgreSQL, for what databases may see differently."""
    return make_world(db, tmp_path)
