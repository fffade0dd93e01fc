"""Whatever a file holds, reading it ends in tasks and issues, or in one clear refusal.

A reader joins with one line in `READERS`: its name, the files of one good source, and how it is
read. Every file of the source is then cut off, emptied, scrambled, and filled with wrong values;
what a format alone can suffer is in `OWN`.
"""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import read_tasks
from fairhand.model.task import NewTask
from tests.rules.formats.drawn import HEIGHT, QUESTIONS, WIDTH
from tests.rules.formats.reading import gradient, saved
from tests.rules.formats.scans import geo_tags, tiff

PICTURE = saved(gradient(HEIGHT, WIDTH))
Read = Callable[[Path], Iterator[object]]


@dataclass(frozen=True)
class Reader:
    """A reader under test: its good source, and which of its files are mutated."""

    name: str
    files: Mapping[str, bytes]
    read: Read
    hurt: str
    """The file that is mutated."""


def drawings(form: str) -> Read:
    """Read a folder in a drawing format."""
    return lambda folder: read_tasks(
        folder, ReadOptions(format=form, questions=QUESTIONS, media_root=folder)
    )


def rows(form: str, name: str) -> Read:
    """Read one file of rows."""
    return lambda folder: read_tasks(folder / name, ReadOptions(format=form))


COCO: dict[str, Any] = {
    "images": [{"id": 1, "file_name": "one.png", "height": HEIGHT, "width": WIDTH}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "iscrowd": 0},
        {
            "id": 2,
            "image_id": 1,
            "category_id": 1,
            "segmentation": {"size": [HEIGHT, WIDTH], "counts": [10, 5, HEIGHT * WIDTH - 15]},
        },
        {"id": 3, "image_id": 1, "category_id": 1, "segmentation": [[1, 1, 5, 1, 5, 5]]},
        {"id": 4, "image_id": 1, "category_id": 2, "keypoints": [1, 1, 2, 0, 0, 0, 5, 5, 1]},
    ],
    "categories": [
        {"id": 1, "name": "cat"},
        {"id": 2, "name": "pose", "keypoints": ["nose", "left ear", "尾"]},
    ],
}
CVAT = f"""<annotations><version>1.1</version>
<image id="1" name="one.png" width="{WIDTH}" height="{HEIGHT}">
<box label="cat" xtl="1" ytl="2" xbr="3" ybr="4" rotation="0"/>
<polygon label="cat" points="1,1;5,1;5,5"/>
<mask label="cat" rle="1, 2, 1" left="1" top="1" width="2" height="2"/>
<points label="nose" points="1,1"/><tag label="cat"/></image></annotations>""".encode()
VOC = f"""<annotation><filename>one.png</filename><size><width>{WIDTH}</width>
<height>{HEIGHT}</height><depth>3</depth></size><object><name>cat</name><bndbox><xmin>1</xmin>
<ymin>2</ymin><xmax>5</xmax><ymax>9</ymax></bndbox></object></annotation>""".encode()
MAP = {
    "type": "FeatureCollection",
    "crs": {"type": "name", "properties": {"name": "EPSG:32737"}},
    "features": [
        {
            "type": "Feature",
            "properties": {"label": "cat", "file_name": "one.tif", "kind": "boxes"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[500010, 9859900], [500100, 9859900], [500100, 9859990]] * 2],
            },
        },
        {
            "type": "Feature",
            "properties": {"label": "nose", "file_name": "one.tif", "state": "hidden"},
            "geometry": {"type": "Point", "coordinates": [500010.5, 9859900]},
        },
    ],
}
SCENE = tiff(gradient(HEIGHT, WIDTH), extratags=geo_tags())
YOLO = {
    "data.yaml": b"names: [cat, dog]\n",
    "labels/one.txt": b"0 0.5 0.5 0.25 0.25\n",
    "images/one.png": PICTURE,
}

READERS = [
    Reader(
        "coco",
        {"a.json": json.dumps(COCO).encode(), "one.png": PICTURE},
        drawings("coco"),
        "a.json",
    ),
    Reader(
        "geojson",
        {"a.geojson": json.dumps(MAP).encode(), "one.tif": SCENE},
        drawings("geojson"),
        "a.geojson",
    ),
    Reader("cvat", {"a.xml": CVAT, "one.png": PICTURE}, drawings("cvat"), "a.xml"),
    Reader("voc", {"a.xml": VOC, "one.png": PICTURE}, drawings("voc"), "a.xml"),
    Reader("yolo", YOLO, drawings("yolo"), "labels/one.txt"),
    Reader("yolo classes", YOLO, drawings("yolo"), "data.yaml"),
    Reader("jsonl", {"a.jsonl": b'{"text": "a", "n": 1}\n'}, rows("jsonl", "a.jsonl"), "a.jsonl"),
    Reader("csv", {"a.csv": b"text,n\na,1\n"}, rows("csv", "a.csv"), "a.csv"),
    Reader(
        "label_studio",
        {"a.json": b'[{"data": {"text": "a"}, "predictions": [{"result": []}]}]'},
        rows("label_studio", "a.json"),
        "a.json",
    ),
]

HUGE = b"9" * 5_000
WRONG = [b"null", b"true", b'"x"', b"[]", b"{}", b"-1", b"1e999", b"NaN", HUGE, b"0"]


def mutants(good: bytes) -> Iterator[bytes]:
    """Hurt a file in many ways; the same ones each time."""
    yield from (b"", b"\x00" * 64, b"\xff\xfe" + good, good[::-1], b"[" * 100_000, b"<a>" * 100_000)
    yield from (good[: len(good) * part // 12] for part in range(12))
    plain = good.decode("latin-1")
    yield from (plain.encode(one) for one in ("utf-16", "utf-16-be", "utf-32", "cp037"))
    yield from (good.replace(b"\n", end) for end in (b"\r\n", b"\r", b"\x00", b"\xe2\x80\xa8"))
    yield from (good + good, b"\xef\xbb\xbf" + good, gzip.compress(good), gzip.compress(good)[:-9])
    numbers = list(re.finditer(rb"(?<![\w.#])\d[\d.]*(?![\w.])", good))
    words = list(re.finditer(rb'"[^"]*"', good))
    for spots in (numbers, words):
        for at, spot in enumerate(spots):
            wrong = WRONG[at % len(WRONG)], WRONG[(at + 5) % len(WRONG)]
            yield from (good[: spot.start()] + one + good[spot.end() :] for one in wrong)
            yield good[: spot.start()] + b'"\\ud800"' + good[spot.end() :]
    for number in numbers:
        yield good[: number.start()] + HUGE + good[number.end() :]
    for at in range(0, len(good), max(1, len(good) // 24)):
        yield good[:at] + bytes([good[at] ^ 0x15]) + good[at + 1 :]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_hurt_file_gives_issues_or_one_refusal(reader: Reader, tmp_path: Path) -> None:
    lay(tmp_path, reader.files)
    assert any(isinstance(one, NewTask) for one in reader.read(tmp_path)), "the good one is read"
    for bad in mutants(reader.files[reader.hurt]):
        (tmp_path / reader.hurt).write_bytes(bad)
        read_to_its_end(reader.read, tmp_path)


def lay(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def read_to_its_end(read: Read, folder: Path) -> list[str]:
    """Give what was told; fails on any error but a refusal, and on words that say nothing."""
    told = []
    try:
        for one in read(folder):
            assert isinstance(one, NewTask | Issue)
            if isinstance(one, Issue):
                told.append(one.message)
    except MalformedError as error:
        told.append(error.message)
    for message in told:
        assert 4 < len(message) < 400, message
        assert "object at 0x" not in message
        assert "Traceback" not in message
    return told


def changed(**parts: Any) -> bytes:  # noqa: ANN401
    return json.dumps(COCO | parts).encode()


def one_mark(**parts: Any) -> bytes:  # noqa: ANN401
    return changed(annotations=[{"id": 1, "image_id": 1, "category_id": 1, **parts}])


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]>'
    b"<annotations><image id='1' name='&c;'/></annotations>"
)
OUTSIDE = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
    b"<annotation><filename>&b;</filename></annotation>"
)
LIES = {"size": [HEIGHT, WIDTH], "counts": "PPPPPPPP"}
OWN = [
    ("coco", one_mark(segmentation=LIES), "run lengths that cannot be read"),
    ("coco", one_mark(segmentation={"size": [1, 1], "counts": [1]}), "not of the picture's size"),
    (
        "coco",
        one_mark(segmentation={"size": [HEIGHT, WIDTH], "counts": [2**40]}),
        "do not cover the 768 pixels",
    ),
    ("coco", one_mark(category_id=9), "the category '9', unknown here"),
    ("coco", one_mark(bbox=[0, 0, 10**30, 1]), "no sensible number"),
    ("coco", changed(images=COCO["images"] * 2), "has the id of another picture"),
    ("coco", changed(categories=COCO["categories"] * 2), "has the id '1' twice"),
    ("coco", changed(images=[{"id": 1, "file_name": "/etc/passwd"}]), "not a file name inside"),
    ("coco", changed(images=[{"id": 1, "file_name": "../one.png"}]), "not a file name inside"),
    ("coco", changed(annotations=[1, 2, 3]), "what is no object"),
    ("coco", one_mark(image_id=77, bbox=[1, 1, 1, 1]), "1 belong to no picture"),
    ("coco", changed(extra=json.loads("[" * 300 + "]" * 300)), "nested too deeply"),
    ("cvat", LAUGHS, "declares entities"),
    ("voc", OUTSIDE, "declares entities"),
    ("cvat", CVAT.replace(b'rle="1, 2, 1"', b'rle="1, 999999"'), "do not cover the 4 pixels"),
    ("cvat", CVAT.replace(b'left="1"', b'left="31"'), "reaches beyond the picture"),
    ("yolo classes", b"a: &a [x]\nnames: *a\n", "uses anchors"),
    ("yolo classes", b"names: !!python/object/apply:os.getcwd []\n", "is no YAML"),
]


@pytest.mark.parametrize(("name", "bad", "says"), OWN, ids=[says[:30] for _, _, says in OWN])
def test_a_lie_is_told_by_its_name(name: str, bad: bytes, says: str, tmp_path: Path) -> None:
    reader = next(one for one in READERS if one.name == name)
    lay(tmp_path, {**reader.files, reader.hurt: bad})
    assert says in "\n".join(read_to_its_end(reader.read, tmp_path))


def test_an_archive_that_grows_without_end_is_refused(tmp_path: Path) -> None:
    packed = tmp_path / "bomb.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", b'{"images": [' + b" " * 30_000_000 + b"]}")
    (told,) = read_to_its_end(drawings("coco"), packed)
    assert re.fullmatch(r"a\.json grows beyond \d+ bytes when it is unpacked", told)


def test_an_archive_never_reaches_outside(tmp_path: Path) -> None:
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.json", json.dumps(COCO))
        archive.writestr("../one.png", PICTURE)
        archive.writestr("/one.png", PICTURE)
    (told,) = read_to_its_end(drawings("coco"), packed)
    assert told == "one.png is not there"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(PICTURE)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(COCO))
    (folder / "one.png").symlink_to(tmp_path / "secret.png")
    (told,) = read_to_its_end(drawings("coco"), folder)
    assert told == "one.png is not there"
