"""What is drawn on pictures that lie on the map goes out as GeoJSON and comes in again."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from fairhand.core.errors import MalformedError
from fairhand.formats.exports.items import Options, Report, items_of
from fairhand.formats.exports.registry import format_of
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import detect, read_tasks
from tests.rules.formats.drawn import (
    BY_NAME,
    HEIGHT,
    QUESTIONS,
    WIDTH,
    answer,
    boxes,
    polygons,
    poses,
    read_back,
    rows_of,
)
from tests.rules.formats.reading import gradient
from tests.rules.formats.scans import geo_tags, tiff

EAST, NORTH, METRES = 500_000.0, 9_860_000.0, 10.0
GEO = {
    "crs": "EPSG:32737",
    "transform": [METRES, 0.0, EAST, 0.0, -METRES, NORTH],
    "geographic": False,
}


def written(answers: dict[str, Any], folder: Path, geo: dict[str, Any] | None = None) -> Report:
    """Export the answers about one picture, and lay the picture beside."""
    details = {"media_details": {"geo": geo or GEO}}
    rows = [{**one, "data": {"file_name": "scene.tif", **details}} for one in rows_of(answers)]
    report = format_of("geojson").load()(items_of(rows), folder, Options())
    (folder / "scene.tif").write_bytes(
        tiff(gradient(HEIGHT, WIDTH), extratags=geo_tags(EAST, NORTH, METRES))
    )
    return report


@pytest.mark.parametrize("name", ["boxes", "polygons", "pose"])
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_outlines_and_points_come_back_to_the_hundredth_of_a_pixel(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("map")
    drawn = {"boxes": boxes(), "polygons": polygons(), "pose": poses()}[name]
    answers = {name: answer(BY_NAME[name], data.draw(drawn))}
    assert not written(answers, folder).left_out
    assert detect(folder) == "geojson"
    assert read_back(folder, name) == ([answers], [])
    (folder / "annotations.geojson").unlink()
    assert read_back(folder, name) == ([answers], []), "from the native system alone"
    shutil.rmtree(folder)


@settings(max_examples=20, deadline=None)
@given(drawn=polygons())
def test_rings_are_closed_run_against_the_clock_and_lie_where_pyproj_says(
    drawn: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("map")
    written({"polygons": answer(BY_NAME["polygons"], drawn)}, folder)
    whole = json.loads((folder / "annotations.geojson").read_bytes())
    native = json.loads((folder / "native/EPSG-32737.geojson").read_bytes())
    assert "crs" not in whole
    assert native["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::32737"
    way = Transformer.from_crs("EPSG:32737", "EPSG:4326", always_xy=True)
    for one, own in zip(whole["features"], native["features"], strict=True):
        if one["geometry"] is None:
            continue
        (ring,), (local,) = one["geometry"]["coordinates"], own["geometry"]["coordinates"]
        assert ring[0] == ring[-1]
        edges = list(pairwise(ring))
        x, y = ring[0]
        assert sum((a - x) * (d - y) - (c - x) * (b - y) for (a, b), (c, d) in edges) > 0
        there = [way.transform(*place) for place in local]
        for place in ring:
            assert any(place == pytest.approx(list(one), abs=1e-9) for one in there)
    shutil.rmtree(folder)


def test_what_has_no_place_on_the_map_or_no_known_system_is_told(tmp_path: Path) -> None:
    box = {"boxes": answer(BY_NAME["boxes"], {"boxes": [{"label": "cat", "box": [1, 1, 5, 5]}]})}
    report = written(box, tmp_path, {**GEO, "crs": "Plant grid"})
    assert report.written == 1
    assert [one.message for one in report.issues()] == [
        "1 left out: a thing that is in its own system alone: it is in the coordinate system "
        "'Plant grid', which has no EPSG number"
    ]
    other = tmp_path / "other"
    other.mkdir()
    report = format_of("geojson").load()(items_of(rows_of(box)), other, Options())
    assert (report.written, report.left_out.total()) == (0, 1)


def feature(**parts: Any) -> dict[str, Any]:  # noqa: ANN401
    ring = [[39.0005, -1.2675], [39.001, -1.2675], [39.001, -1.267], [39.0005, -1.2675]]
    whole = {
        "type": "Feature",
        "properties": {"class": "cat"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    return whole | parts


def read(folder: Path, *features: dict[str, Any], **more: Any) -> Any:  # noqa: ANN401
    (folder / "scene.tif").write_bytes(tiff(gradient(HEIGHT, WIDTH), extratags=geo_tags()))
    whole = {"type": "FeatureCollection", **more, "features": features}
    (folder / "a.geojson").write_text(json.dumps(whole))
    return read_back(folder, "polygons")


def test_features_of_other_tools_need_no_file_name_where_there_is_one_picture(
    tmp_path: Path,
) -> None:
    (value,), issues = read(tmp_path, feature())
    (outline,) = value["polygons"]["polygons"]
    assert outline["label"] == "cat"
    assert len(outline["points"]) == 3
    assert not issues


def test_holes_lines_and_unknown_systems_are_told(tmp_path: Path) -> None:
    line = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
    ring = feature()["geometry"]["coordinates"][0]
    holes = {"type": "Polygon", "coordinates": [ring, ring]}
    _, issues = read(tmp_path, feature(geometry=line), feature(geometry=holes))
    assert [one.message for one in issues] == [
        "is a 'LineString'; polygons and points are read",
        "has a polygon with holes, which no answer here can hold",
    ]
    named = {"type": "name", "properties": {"name": "Plant grid"}}
    with pytest.raises(MalformedError, match="no EPSG number"):
        read(tmp_path, feature(), crs=named)


def test_a_picture_without_a_place_is_told(tmp_path: Path) -> None:
    whole = {"type": "FeatureCollection", "features": [feature()]}
    (tmp_path / "a.geojson").write_text(json.dumps(whole))
    (tmp_path / "scene.tif").write_bytes(tiff(gradient(HEIGHT, WIDTH)))
    (issue,) = list(read_tasks(tmp_path, ReadOptions(questions=QUESTIONS, media_root=tmp_path)))
    assert "has no place on the map" in getattr(issue, "message", "")
