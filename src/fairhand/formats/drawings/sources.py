"""Which drawing format a folder, an archive or a file is in, and the reader of each.

A new format is one file with a `Reader`, and one line here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final, TypeAlias

from fairhand.core.errors import MalformedError
from fairhand.formats.drawings.coco import Coco
from fairhand.formats.drawings.cvat import Cvat
from fairhand.formats.drawings.dicom_seg import DicomSeg, segmentations
from fairhand.formats.drawings.files import Files
from fairhand.formats.drawings.geojson import GeoJson
from fairhand.formats.drawings.json_parts import Text, mapped, parts
from fairhand.formats.drawings.marks import Reader
from fairhand.formats.drawings.voc import Voc
from fairhand.formats.drawings.yolo import Yolo
from fairhand.formats.json_text import parse_json
from fairhand.formats.options import ReadOptions

Make: TypeAlias = Callable[[Files, Sequence[str], ReadOptions], Reader]

READERS: Final[Mapping[str, Make]] = {
    "coco": Coco,
    "yolo": Yolo,
    "voc": Voc,
    "cvat": Cvat,
    "geojson": GeoJson,
    "dicom-seg": DicomSeg,
}
_HEAD: Final = 64 * 1024
_SNIFFED: Final = 20
_COCO: Final = re.compile(
    rb'\s*\{\s*"(info|images|annotations|categories|licenses)"\s*:\s*[\[{]', re.DOTALL
)
_MAP: Final = re.compile(rb'\s*\{[^{}]*"type"\s*:\s*"FeatureCollection"')
_IMAGES: Final = re.compile(rb'"images"\s*:\s*\[')
_CVAT: Final = re.compile(rb"<annotations[\s>]")
_VOC: Final = re.compile(rb"<annotation[\s>]")
_BESIDE: Final = frozenset({"data.yaml", "data.yml", "dataset.yaml", "dataset.yml", "classes.txt"})


def reader_of(format_: str, files: Files, only: str | None, options: ReadOptions) -> Reader:
    """Make the reader of a source; raises MalformedError when it holds no file of the format."""
    names = [only] if only is not None else _annotations(format_, files)
    if format_ == "yolo" and only is not None:
        raise MalformedError("YOLO is a folder or a ZIP: data.yaml, text files and pictures")
    if format_ == "dicom-seg" and only is not None:
        raise MalformedError("a DICOM segmentation is read with its pictures: a folder or a ZIP")
    if not names:
        raise MalformedError(f"holds no annotations in the format {format_}")
    return READERS[format_](files, names, options)


def detect(files: Files, only: str | None) -> str | None:
    """Tell the format; None when it is none of these."""
    if only is not None:
        return sniff(files, only)
    if any(name in ("metadata.csv", "metadata.jsonl") for name in files.names):
        return None
    if _yolo_names(files) and any(_is_marks(name) for name in files.names):
        return "yolo"
    if segmentations(files):
        return "dicom-seg"
    tried = 0
    for name in files.names:
        if PurePosixPath(name).suffix.casefold() in (".json", ".xml", ".geojson"):
            tried += 1
            if found := sniff(files, name):
                return found
            if tried >= _SNIFFED:
                break
    return None


def may_be(head: bytes) -> bool:
    """Say by how a file begins whether it is worth a closer look."""
    return head.startswith((b"<", b"PK\x03\x04")) or bool(_COCO.match(head) or _MAP.match(head))


def sniff(files: Files, name: str) -> str | None:
    """Tell the format of one file by how it begins."""
    try:
        with files.plain(name) as file:
            head = file.read(_HEAD).removeprefix(b"\xef\xbb\xbf")
            if head.lstrip().startswith(b"<"):
                return "cvat" if _CVAT.search(head) else "voc" if _VOC.search(head) else None
            if _MAP.match(head):
                return "geojson"
            if not _COCO.match(head):
                return None
            return "coco" if _is_coco(head, mapped(file)) else None
    except MalformedError:
        return None


def _is_coco(head: bytes, text: Text) -> bool:
    """Look for pictures; several lines of JSON that merely begin like COCO are rows."""
    first, _, rest = head.partition(b"\n")
    if rest.lstrip().startswith(b"{") and _is_json(first):
        return False
    try:
        return bool(_IMAGES.search(head)) or any(part.key == "images" for part in parts(text))
    except MalformedError:
        return False


def _is_json(line: bytes) -> bool:
    try:
        parse_json(line)
    except MalformedError:
        return False
    return True


def _annotations(format_: str, files: Files) -> list[str]:
    if format_ == "yolo":
        return _yolo_names(files)
    if format_ == "dicom-seg":
        return segmentations(files)
    ending = ".json" if format_ == "coco" else ".xml"
    named = [
        name
        for name in files.names
        if PurePosixPath(name.removesuffix(".gz")).suffix.casefold() == ending
    ]
    if format_ == "geojson":
        return _maps(files)
    if format_ == "voc":
        return named
    return [name for name in named if len(named) == 1 or sniff(files, name) == format_]


def _maps(files: Files) -> list[str]:
    """Find GeoJSON; what is below `native` says the same again where there is another."""
    found = [
        name
        for name in files.names
        if PurePosixPath(name).suffix.casefold() in (".geojson", ".json")
        and sniff(files, name) == "geojson"
    ]
    return [name for name in found if "native" not in PurePosixPath(name).parts] or found


def _yolo_names(files: Files) -> list[str]:
    """Find what names the classes: YAML first, else `classes.txt`."""
    found = [name for name in files.names if PurePosixPath(name).name.casefold() in _BESIDE]
    if not found:
        found = [
            name
            for name in files.names
            if PurePosixPath(name).suffix.casefold() in (".yaml", ".yml") and "/" not in name
        ]
    return sorted(found, key=lambda name: (name.endswith(".txt"), name.count("/"), name))


def _is_marks(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.casefold() == ".txt" and path.name.casefold() not in _BESIDE
