"""Large and deep pictures from import to release: tiles, windows and places, for whom they are."""

from __future__ import annotations

import gc
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import text

from fairhand.formats.image_values import render
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import read_tasks
from fairhand.storage.database import Database
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from tests.rules.formats.scans import geo_tags, scan, tiff
from tests.web.world import TestClient, World, make_world

HEIGHT, WIDTH = 4_100, 4_200
SPOT = (slice(2_000, 2_040), slice(3_000, 3_060))


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> World:
    return make_world(sqlite_db, tmp_path)


def large() -> bytes:
    """A large map of 16 bits with one bright spot."""
    values = np.full((HEIGHT, WIDTH), 300, np.uint16)
    values[:, ::2] = 500
    values[SPOT] = 40_000
    return tiff(values, tile=(512, 512), compression="zlib", extratags=geo_tags())


def rows_of(world: World, query: str) -> list[tuple[Any, ...]]:
    """Look into the database."""
    with world.house.db.read() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def take_in(world: World, folder: Path, **contents: bytes) -> list[tuple[Any, ...]]:
    """Import files, and list (sha256, task, width, height) of what is there now."""
    folder.mkdir()
    for name, content in contents.items():
        (folder / name.replace("_", ".")).write_bytes(content)
    house = world.house
    run = start_import(house.db, world.project, "folder", house.clock())
    rows = read_tasks(folder, ReadOptions())
    done = import_tasks(
        house.db, house.blobs, ImportTasks(run.id, rows, world.people["Carmen"]), house.clock()
    )
    assert done.rejected == 0, done.issues
    return rows_of(
        world, "SELECT media_sha256, id, width, height FROM task WHERE media_details IS NOT NULL"
    )


def picture(client: TestClient, path: str) -> np.ndarray[Any, Any]:
    """Fetch a picture."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(BytesIO(answer.content)))


def test_a_large_map_is_served_in_tiles_to_the_owner_and_to_nobody_else(
    world: World, tmp_path: Path
) -> None:
    ((sha256, _, width, height),) = take_in(world, tmp_path / "maps", land_tif=large())
    assert (width, height) == (WIDTH, HEIGHT)
    carmen = world.client("Carmen")
    tile = picture(carmen, f"/media/{sha256}/tile/0/5_3?window=0_50000")
    assert tile.shape[:2] == (512, 512)
    assert tile[2_010 - 3 * 512, 3_010 - 5 * 512, 0] == round(40_000 * 255 / 50_000)
    assert picture(carmen, f"/media/{sha256}/tile/4/0_0").shape[:2] == (257, 263)
    usual = picture(carmen, f"/media/{sha256}/tile/0/0_0")
    assert set(np.unique(usual)) == {0, 255}, "what occurs is shown from black to white"
    assert len(carmen.get(f"/media/{sha256}/preview").content) <= 60_000
    for path in ("tile/9/0_0", "tile/0/99_0", "tile/-1/0_0", "window/0_9"):
        assert carmen.get(f"/media/{sha256}/{path}").status_code in (404, 422), path
    assert carmen.get(f"/media/{sha256}/tile/0/0_0?window=5_5").status_code == 422
    assert carmen.get(f"/media/{sha256}/tile/0/0_0?window=x").status_code == 422
    for path in ("tile/0/0_0", "window/0_9", "place?x=1&y=1"):
        assert world.client("Dmitri").get(f"/media/{sha256}/{path}").status_code == 404, path
    gc.collect()


def test_a_place_is_told_both_ways(world: World, tmp_path: Path) -> None:
    small = tiff(np.zeros((20, 30), np.uint8), extratags=geo_tags())
    ((sha256, *_),) = take_in(world, tmp_path / "maps", land_tif=small)
    carmen = world.client("Carmen")
    there = carmen.get(f"/media/{sha256}/place?x=3&y=4.5").json()
    assert there == {"crs": "EPSG:32737", "x": 3, "y": 4.5, "east": 500_030, "north": 9_859_955}
    back = carmen.get(f"/media/{sha256}/place?east=500030&north=9859955").json()
    assert (back["x"], back["y"]) == (3, 4.5)
    for odd in ("x=3", "x=nan&y=1", "x=1&y=inf", "east=1e400&north=1", "east=-1e300&north=1e300"):
        assert carmen.get(f"/media/{sha256}/place?{odd}").status_code == 422, odd


def test_a_scan_is_shown_through_any_window_without_loss(world: World, tmp_path: Path) -> None:
    values = np.arange(-2_000, 2_000, dtype=np.int16).reshape(50, 80)
    ((sha256, *_),) = take_in(world, tmp_path / "scans", a_dcm=scan(values, name="Esi^Mensah"))
    carmen = world.client("Carmen")
    shown = picture(carmen, f"/media/{sha256}/window/31768_32768")
    stored = (values.astype(np.int32) + 32_768).astype(np.uint16)
    assert np.array_equal(shown[..., 0], render(stored, (31_768, 32_768)))
    (found,) = rows_of(world, "SELECT media_details FROM task WHERE media_details IS NOT NULL")
    assert "PatientName" in found[0]
    assert "Mensah" not in found[0]
