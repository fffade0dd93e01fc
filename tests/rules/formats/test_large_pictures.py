"""Pictures of many pixels, many bits, or with a place on the map, and scans from hospitals."""

from __future__ import annotations

import tracemalloc
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from fairhand.core.errors import Issue, MalformedError, NotFoundError
from fairhand.formats.dicom import read_dicom
from fairhand.formats.geo_tiff import read_geo
from fairhand.formats.image_values import check_window, render, render_file
from fairhand.formats.images import make_preview
from fairhand.formats.options import ReadOptions
from fairhand.formats.pyramid import TILE, Index, levels_of, read_index, shape_of, write_pyramid
from fairhand.formats.raster import opened_raster
from fairhand.formats.registry import read_tasks
from fairhand.formats.tasks import read_picture
from fairhand.formats.tiff import read_large_tiff, tiff_pyramid
from fairhand.formats.tiff_copy import copy_pixels
from fairhand.model.geo import Geo, geo_of
from fairhand.model.task import NewTask
from tests.rules.formats.scans import DEFLATED, geo_tags, scan, tiff

LIMIT = 10**9
SMALL = np.random.default_rng(3).integers(0, 255, (97, 131, 3)).astype(np.uint8)
GREY = SMALL[..., 0].astype(np.uint16) * 200


def whole(content: bytes) -> NDArray[Any]:
    """Read a TIFF through its bands."""
    with opened_raster(BytesIO(content), LIMIT) as raster:
        return np.concatenate(list(raster.rows()))


@pytest.mark.parametrize(
    ("pixels", "how"),
    [
        (SMALL, {"photometric": "rgb"}),
        (SMALL, {"photometric": "rgb", "tile": (32, 48), "compression": "zlib", "predictor": 2}),
        (SMALL, {"photometric": "rgb", "rowsperstrip": 10, "compression": "zlib"}),
        (GREY, {"tile": (32, 48), "compression": "zlib", "predictor": 2, "byteorder": ">"}),
        (GREY.astype(np.int16) - 9_000, {"tile": (48, 32)}),
        (GREY.astype(np.float32) / 7, {"rowsperstrip": 7, "bigtiff": True}),
        (
            np.repeat(SMALL, 2, axis=2),
            {"photometric": "minisblack", "planarconfig": "contig", "tile": (32, 32)},
        ),
    ],
)
def test_a_tiff_read_in_bands_has_every_pixel_also_after_its_metadata_is_cut_off(
    pixels: NDArray[Any], how: dict[str, Any]
) -> None:
    content = tiff(pixels, description="taken by Amina", **how)
    wanted = pixels if pixels.ndim == 3 else pixels[..., None]
    assert np.array_equal(whole(content), wanted)
    copied = BytesIO()
    with opened_raster(BytesIO(content), LIMIT) as raster:
        copy_pixels(raster, copied)
    assert np.array_equal(whole(copied.getvalue()), wanted)
    assert b"taken by Amina" in content
    assert b"taken by Amina" not in copied.getvalue()


@pytest.mark.parametrize("packing", ["tiff_lzw", "packbits", "zstd", "lzma", "jpeg"])
def test_other_compressions_are_unpacked_piece_by_piece(packing: str) -> None:
    out = BytesIO()
    Image.fromarray(SMALL).save(out, "TIFF", compression=packing)
    wanted = np.asarray(Image.open(BytesIO(out.getvalue())))
    assert np.array_equal(whole(out.getvalue()), wanted)


def test_planes_that_lie_apart_are_joined() -> None:
    planes = np.ascontiguousarray(SMALL.transpose(2, 0, 1))
    content = tiff(planes, photometric="rgb", planarconfig="separate", tile=(32, 32))
    assert np.array_equal(whole(content), SMALL)


@pytest.mark.parametrize("share", [0.05, 0.4, 0.8])
def test_a_tiff_that_breaks_off_is_refused(share: float) -> None:
    content = tiff(SMALL, photometric="rgb", tile=(32, 32))
    with pytest.raises(MalformedError):
        whole(content[: int(len(content) * share)])


def test_pieces_that_lie_on_one_another_do_not_make_a_file_grow() -> None:
    content = bytearray(tiff(np.zeros((640, 640), np.uint8), tile=(16, 16)))
    with opened_raster(BytesIO(bytes(content)), LIMIT) as raster:
        raster.page.dataoffsets = (raster.page.dataoffsets[0],) * 1_600
        raster.page.databytecounts = (len(content) - 5_000,) * 1_600
        with pytest.raises(MalformedError, match="do not fit"):
            copy_pixels(raster, BytesIO())


def test_levels_halve_down_to_one_tile() -> None:
    assert [levels_of(*size) for size in ((512, 1), (513, 1), (1024, 9), (1025, 9))] == [1, 2, 2, 3]
    assert levels_of(20_000, 20_000) == 7
    assert shape_of(20_000, 3, 6) == (313, 1)


class Tiles:
    """A pyramid in memory."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.index: Index = read_index(len(content), self._read)

    def _read(self, start: int, end: int) -> bytes:
        return self.content[start:end]

    def level(self, number: int) -> NDArray[Any]:
        """Put a level together again."""
        width, height = shape_of(self.index.width, self.index.height, number)
        bands = [
            np.concatenate(
                [self._tile(number, column, row) for column in range(-(-width // TILE))], 1
            )
            for row in range(-(-height // TILE))
        ]
        return np.concatenate(bands)

    def _tile(self, level: int, column: int, row: int) -> NDArray[Any]:
        start, end = self.index.find(level, column, row)
        return np.asarray(Image.open(BytesIO(self.content[start:end])))


def ramp(height: int, width: int) -> NDArray[np.uint16]:
    """A 16-bit picture in which every place is told from every other."""
    rows, columns = np.mgrid[0:height, 0:width]
    values: NDArray[np.uint16] = (rows * 31 + columns * 7).astype(np.uint16)
    return values


def test_tiles_put_together_are_the_picture_bit_by_bit_and_levels_are_its_means() -> None:
    values = ramp(1_031, 1_290)
    out = BytesIO()
    bands = (values[top : top + 77] for top in range(0, len(values), 77))
    small = write_pyramid(bands, 1_290, 1_031, out, exact=True)
    tiles = Tiles(out.getvalue())
    assert np.array_equal(tiles.level(0), values)
    half = tiles.level(1)
    assert half.shape == (516, 645)
    means = values[:1_030].reshape(515, 2, 645, 2).mean(axis=(1, 3))
    assert np.abs(half[:515] - means).max() <= 0.5
    assert np.array_equal(np.asarray(small), values), "small enough to be a preview as it is"


def test_colours_at_full_size_are_exact_and_smaller_ones_are_like_them() -> None:
    pixels = np.zeros((700, 900, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, 900).astype(np.uint8)
    pixels[200:400, 300:500] = (10, 200, 90)
    out = BytesIO()
    write_pyramid([pixels], 900, 700, out, exact=True)
    tiles = Tiles(out.getvalue())
    assert np.array_equal(tiles.level(0), pixels)
    assert np.abs(tiles.level(1).astype(int) - pixels[::2, ::2]).mean() < 4


@pytest.mark.parametrize("place", [(0, 3, 0), (0, 0, 3), (0, -1, 0), (2, 0, 0), (-1, 0, 0)])
def test_there_is_no_tile_outside_the_picture(place: tuple[int, int, int]) -> None:
    out = BytesIO()
    write_pyramid([np.zeros((700, 900), np.uint8)], 900, 700, out, exact=True)
    with pytest.raises(NotFoundError):
        Tiles(out.getvalue()).index.find(*place)


def test_the_tiles_of_a_large_tiff_take_the_memory_of_a_few_bands() -> None:
    side = 5_000
    content = tiff(np.zeros((side, side), np.uint16), tile=(256, 256), compression="zlib")
    tracemalloc.start()
    tiff_pyramid(BytesIO(content), BytesIO())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 0.8 * side * side * 2


def test_a_large_geotiff_keeps_its_pixels_and_its_place_and_nothing_else() -> None:
    pixels = np.zeros((4_100, 4_200), np.uint8)
    pixels[100:200, 300:400] = 77
    content = tiff(
        pixels, tile=(512, 512), compression="zlib", description="by Amina", extratags=geo_tags()
    )
    large = read_large_tiff(BytesIO(content), LIMIT)
    with large.file:
        stored = large.file.read() if large.file.seek(0) == 0 else b""
    assert np.array_equal(whole(stored)[..., 0], pixels)
    assert b"by Amina" not in stored
    details = large.media.details or {}
    assert (large.media.width, large.media.height) == (4_200, 4_100)
    assert (details["levels"], details["tile"]) == (5, TILE)
    geo = geo_of(details)
    assert geo is not None
    assert geo.crs == "EPSG:32737"
    assert geo.to_map(300, 100) == (503_000.0, 9_859_000.0)


def test_a_place_on_the_map_comes_back_to_its_pixel() -> None:
    turned = Geo("EPSG:32737", (8.66, 5.0, 5e5, 5.0, -8.66, 9.86e6))
    assert turned.to_pixel(*turned.to_map(12.25, 900.5)) == pytest.approx((12.25, 900.5))


def test_a_pixel_told_as_a_point_lies_half_a_pixel_to_the_side() -> None:
    tags = {33550: (10, 10, 0), 33922: (0, 0, 0, 500, 900, 0)}
    area, point = (
        read_geo({**tags, 34735: (1, 1, 0, 2, 1024, 0, 1, 1, 1025, 0, 1, kind)}) for kind in (1, 2)
    )
    assert area is not None
    assert point is not None
    assert area.to_map(0, 0) == (500, 900)
    assert point.to_map(0.5, 0.5) == (500, 900)


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {33550: (10, 10, 0)},
        {33550: (0, 0, 0), 33922: (0, 0, 0, 1, 1, 0)},
        {33550: ("x",), 33922: (0,)},
        {34264: (float("nan"),) * 16},
        {34264: (1, 0, 0, 5, 0, 1, 0, 5), 34735: (1, 1, 0, 1, 1024)},
    ],
)
def test_a_place_that_makes_no_sense_is_none_or_harmless(tags: dict[int, Any]) -> None:
    found = read_geo(tags)
    assert found is None or found.crs == "unknown"


def test_a_small_geotiff_becomes_a_png_that_knows_its_place() -> None:
    picture = read_picture(tiff(SMALL, photometric="rgb", extratags=geo_tags()), ReadOptions())
    assert picture.media.content_type == "image/png"
    geo = geo_of(picture.media.details)
    assert geo is not None
    assert geo.to_map(0, 0) == (500_000.0, 9_860_000.0)


def test_sixteen_bits_are_kept_and_shown_through_a_window() -> None:
    content = tiff(GREY)
    picture = read_picture(content, ReadOptions())
    assert picture.content is not None
    assert np.array_equal(np.asarray(Image.open(BytesIO(picture.content))), GREY)
    details = picture.media.details or {}
    assert details["bits"] == 16
    assert details["range"] == [int(GREY.min()), int(GREY.max())]
    shown = np.asarray(
        Image.open(BytesIO(render_file(picture.content, (1_000, 30_000)))).convert("L")
    )
    assert np.array_equal(shown, render(GREY, (1_000, 30_000)))
    wanted = np.clip((GREY.astype(float) - 1_000) * 255 / 29_000, 0, 255)
    assert np.abs(shown - wanted).max() <= 0.5
    negative = np.asarray(
        Image.open(BytesIO(render_file(picture.content, (30_000, 1_000)))).convert("L")
    )
    assert np.abs(255.0 - negative - wanted).max() <= 0.5


def test_a_preview_shows_the_window_and_stays_small() -> None:
    picture = read_picture(tiff(ramp(900, 1_100)), ReadOptions())
    assert picture.content is not None
    preview = make_preview(picture.content, window=(0, 9_000))
    assert len(preview) <= 60_000
    shown = np.asarray(Image.open(BytesIO(preview)).convert("L"))
    assert shown[-20:, -20:].min() > 250
    assert shown[:10, :10].max() < 12


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_negative_and_broken_numbers_are_told_by_what_a_value_means(dtype: type) -> None:
    heights: NDArray[Any] = (GREY.astype(np.float64) / 20 - 500).astype(dtype)
    picture = read_picture(tiff(heights), ReadOptions())
    assert picture.content is not None
    stored = np.asarray(Image.open(BytesIO(picture.content))).astype(np.float64)
    meaning = (picture.media.details or {})["values"]
    back = stored * meaning["slope"] + meaning["intercept"]
    assert np.abs(back - heights).max() <= meaning["slope"] / 2 + 1e-3


def test_colours_of_sixteen_bits_become_colours_that_are_seen() -> None:
    colours = SMALL.astype(np.uint16) * 12
    picture = read_picture(tiff(colours, photometric="rgb"), ReadOptions())
    assert picture.content is not None
    shown = np.asarray(Image.open(BytesIO(picture.content)))
    assert shown.shape == SMALL.shape
    assert shown.max() == 255
    assert shown.std() > 60


def test_a_scan_keeps_its_values_and_says_what_they_mean() -> None:
    hounsfield = np.arange(-1_000, 1_000, dtype=np.int16).reshape(40, 50)
    found = read_dicom(scan(hounsfield, window=(40, 400)), LIMIT)
    stored = np.asarray(Image.open(BytesIO(found.content))).astype(int)
    meaning = found.details["values"]
    assert meaning["unit"] == "HU"
    assert np.array_equal(stored * meaning["slope"] + meaning["intercept"], hounsfield)
    black, white = found.details["window"]
    assert black + meaning["intercept"] == -160
    assert white + meaning["intercept"] == 240
    assert [each["name"] for each in found.details["windows"]][:2] == ["Soft tissue", "Lung"]


def test_nothing_of_the_person_stays_and_what_is_left_behind_is_named() -> None:
    content = scan(np.zeros((8, 8), np.int16), name="Esi^Mensah", burned=True)
    found = read_dicom(content, LIMIT)
    assert b"Mensah" in content
    assert b"Mensah" not in found.content
    assert "Mensah" not in str(found.details)
    assert {"PatientName", "PatientID", "StudyDate", "private tags"} <= set(found.removed)
    assert found.burned_in


def test_a_scan_whose_low_values_are_bright_is_turned_round() -> None:
    values = np.arange(0, 1_600, dtype=np.uint16).reshape(40, 40)
    found = read_dicom(scan(values, photometric="MONOCHROME1", slope=1, intercept=0), LIMIT)
    stored = np.asarray(Image.open(BytesIO(found.content))).astype(int)
    assert stored[0, 0] > stored[-1, -1]
    meaning = found.details["values"]
    assert np.array_equal(stored * meaning["slope"] + meaning["intercept"], values)
    black, white = found.details["window"]
    assert black < white


def test_films_and_files_without_a_picture_are_refused_with_a_reason() -> None:
    with pytest.raises(MalformedError, match="3 frames"):
        read_dicom(scan(np.zeros((3, 8, 8), np.int16), frames=3), LIMIT)
    with pytest.raises(MalformedError, match="63 are allowed"):
        read_dicom(scan(np.zeros((8, 8), np.int16)), 63)
    with pytest.raises(MalformedError, match="DICOM"):
        read_dicom(bytes(128) + b"DICM" + b"\x02\x00nothing", LIMIT)


def test_a_scan_of_the_widest_window_can_be_shown() -> None:
    """As it is asked of a picture whose values are of many to a unit."""
    wide = scan(np.zeros((8, 8), np.int16), slope=0.01, window=(32_768, 65_536))
    found = read_dicom(wide, LIMIT)
    black, white = check_window(tuple(found.details["window"]))
    assert black < white


def test_a_scan_that_is_deflated_as_a_whole_is_refused_before_it_is_unpacked() -> None:
    bomb = scan(np.zeros((4_000, 4_000), np.int16), syntax=DEFLATED)
    assert len(bomb) < 100_000
    tracemalloc.start()
    try:
        with pytest.raises(MalformedError, match="deflated"):
            read_dicom(bomb, LIMIT)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_scans_and_maps_are_imported_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(scan(np.zeros((8, 8), np.int16) + 5, burned=True))
    (tmp_path / "b.tif").write_bytes(tiff(np.zeros((4_100, 4_200), np.uint8), tile=(512, 512)))
    (tmp_path / "broken.dcm").write_bytes(bytes(128) + b"DICM")
    rows = list(read_tasks(tmp_path))
    tasks = [row for row in rows if isinstance(row, NewTask)]
    issues = [row for row in rows if isinstance(row, Issue)]
    assert [task.data["file_name"] for task in tasks] == ["a.dcm", "b.tif"]
    assert [(issue.place, issue.severity) for issue in issues] == [
        ("a.dcm", "warning"),
        ("broken.dcm", "error"),
    ]
    assert "names are written into the picture" in issues[0].message
    assert tasks[1].media_bytes is None
    assert tasks[1].media_file is not None
    tasks[1].media_file.close()
