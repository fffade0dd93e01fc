"""Which formats a release can be exported to. A new one is one file, and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from fairhand.core.errors import InvalidError, Issue
from fairhand.formats.exports.items import Write

_PACKAGE: Final = "fairhand.formats.exports"


@dataclass(frozen=True, slots=True)
class Format:
    """A format: what it is for, and where its writer is (module and function)."""

    name: str
    title: str
    holds: str
    module: str
    function: str = "write"
    needs_originals: bool = False

    def load(self) -> Write:
        """Import the writer when it is wanted."""
        found: Write = getattr(import_module(f"{_PACKAGE}.{self.module}"), self.function)
        return found


_ALL: Final = (
    Format("jsonl", "JSON lines", "everything", "tables", "write_jsonl"),
    Format("csv", "CSV", "everything, as text", "tables", "write_csv"),
    Format("parquet", "Parquet", "everything, as text", "tables", "write_parquet"),
    Format("coco", "COCO", "boxes, polygons, masks, key points", "coco"),
    Format("yolo", "YOLO (Ultralytics)", "boxes, polygons or key points", "yolo"),
    Format("voc", "Pascal VOC", "boxes in whole pixels", "voc"),
    Format("cvat", "CVAT for images 1.1", "boxes, polygons, masks, points, tags", "cvat"),
    Format("geojson", "GeoJSON", "boxes, polygons, points of pictures on the map", "geojson"),
    Format("dicom-seg", "DICOM segmentation", "masks", "dicom_seg", needs_originals=True),
    Format("trl-preference", "TRL preferences", "comparisons", "chats", "write_preferences"),
    Format("trl-kto", "TRL unpaired preferences", "comparisons", "chats", "write_kto"),
    Format("sft", "Conversations (TRL, OpenAI)", "replies that people wrote", "chats", "write_sft"),
    Format("openai-chat", "OpenAI chat", "replies that people wrote", "chats", "write_openai_chat"),
    Format(
        "openai-preference",
        "OpenAI preferences",
        "comparisons",
        "chats",
        "write_openai_preferences",
    ),
    Format("anthropic-hh", "Anthropic HH", "comparisons, as one text each", "chats", "write_hh"),
    Format("oasst", "Open Assistant trees", "comparisons and replies", "trees"),
    Format("hf", "Hugging Face data set", "everything, with files", "hub"),
    Format("webdataset", "WebDataset", "everything, with files", "shards"),
    Format("trec", "TREC qrels", "grades of search results", "retrieval", "write_trec"),
    Format("beir", "BEIR", "grades of search results, with texts", "retrieval", "write_beir"),
    Format("webvtt", "WebVTT", "marks and words with times", "timed", "write_vtt"),
    Format("textgrid", "Praat TextGrid", "marks and words with times", "timed", "write_textgrid"),
    Format("nemo", "NeMo manifest", "transcripts", "timed", "write_nemo"),
    Format("common-voice", "Common Voice table", "transcripts", "timed", "write_common_voice"),
)
FORMATS: Final[Mapping[str, Format]] = {one.name: one for one in _ALL}
ON_SERVERS: Final[Mapping[str, Format]] = {
    name: one for name, one in FORMATS.items() if not one.needs_originals
}
"""What a server can write by itself, from what it keeps."""


STUDIO: Final = Format(
    "label-studio", "Label Studio", "the project as it stands, and what came from there", ""
)
"""Not of a release: tasks as Label Studio has them, by the ids that they came with."""
OF_PROJECTS: Final[Mapping[str, Format]] = {**ON_SERVERS, STUDIO.name: STUDIO}
"""What a server can write of a project as it stands."""


def format_of(name: str) -> Format:
    """Find a format; raises InvalidError naming those that there are."""
    if name not in FORMATS:
        message = f"{name!r} is no format to export to; there are {', '.join(FORMATS)}."
        raise InvalidError(message, issues=[Issue("format", message)])
    return FORMATS[name]
