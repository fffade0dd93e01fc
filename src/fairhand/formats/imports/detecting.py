"""Telling foreign formats apart by what their first entry, or their folder, holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from fairhand.core.errors import MalformedError
from fairhand.formats.json_text import parse_json

_CHAT: Final = frozenset(
    {"messages", "tools", "parallel_tool_calls", "functions", "id", "source", "prompt_id"}
)
_OWN: Final = frozenset({"task_id", "file_name", "data"})
_OWN_TABLE: Final = b"task_id,file_name,split,"
_MARKS: Final = ("chosen", "completion", "messages", "preferred_output", "message_id", "task_id")
_JUDGED: Final = re.compile(rb"\S+[ \t]+(?:0|Q0|1)[ \t]+\S+[ \t]+-?\d+[ \t]*\r?\n")
_CLIPS: Final = (b"client_id\t", b"path\t", b"\tsentence")
_TAR: Final = slice(257, 262)


def may_be(columns: Collection[str]) -> bool:
    """Say whether a table's columns may be those of a format, before a row is read."""
    return any(name in columns for name in _MARKS)


def of_entry(values: Mapping[str, Any]) -> str | None:
    """Name the format of a table by one of its rows; None for a plain table."""
    keys = values.keys()
    if keys >= {"chosen", "rejected"}:
        is_spoken = str(values["chosen"]).startswith("\n\nHuman:")
        return "anthropic-hh" if is_spoken and "prompt" not in keys else "trl-preference"
    if keys >= {"prompt", "completion", "label"} and isinstance(values["label"], bool):
        return "trl-kto"
    if keys >= {"input", "preferred_output", "non_preferred_output"}:
        return "openai-preference"
    if keys >= {"message_tree_id", "prompt"} or keys >= {"message_id", "parent_id", "role"}:
        return "oasst"
    if keys >= {"audio_filepath", "text"}:
        return "nemo"
    if keys >= _OWN:
        return "fairhand"
    if "messages" in keys and keys <= _CHAT:
        return "openai-chat" if _is_weighted(values) else "sft"
    return "sft" if keys == {"prompt", "completion"} else None


def of_head(head: bytes, name: str) -> str | None:
    """Name the format of a file by its first bytes, without a byte order mark."""
    if head.startswith(b"WEBVTT"):
        return "webvtt"
    if is_textgrid(head):
        return "textgrid"
    if head[_TAR] == b"ustar":
        return "webdataset"
    first = head.split(b"\n", 1)[0]
    if first.startswith(_OWN_TABLE) and first.rstrip().endswith(b",data"):
        return "fairhand"
    if all(part in first for part in _CLIPS):
        return "common-voice"
    if _JUDGED.match(head) and not name.casefold().endswith((".csv", ".tab")):
        return "trec"
    return None


def of_line(line: bytes) -> str | None:
    """Name the format of JSON lines by the first; None where it is a plain table, or unreadable."""
    try:
        values = parse_json(line)
    except MalformedError:
        return None
    return of_entry(values) if isinstance(values, dict) else None


def is_textgrid(head: bytes) -> bool:
    """Recognise the first line of Praat's text files, in UTF-8 or UTF-16."""
    plain = head.replace(b"\x00", b"")
    return b"ooTextFile" in plain[:80]


def of_folder(root: Path) -> str | None:
    """Name the format of a folder by the files that lie in it; None for pictures and sounds."""
    names = sorted(path.name for path in root.iterdir())
    lower = [name.casefold() for name in names]
    if {"corpus.jsonl", "queries.jsonl", "qrels"} <= set(lower):
        return "beir"
    if _has(lower, "dataset_dict.json", "state.json") or _is_card(root):
        return "hf"
    if any(name.endswith((".tar", ".tar.gz", ".tgz")) for name in lower):
        return "webdataset"
    for ending, form in ((".textgrid", "textgrid"), (".vtt", "webvtt")):
        if any(name.endswith(ending) for name in lower):
            return form
    if "clips" in lower and any(name.endswith(".tsv") for name in lower):
        return "common-voice"
    if any(name.endswith(".qrels") or name.startswith("qrels") for name in lower):
        return "trec"
    pictures = any(name.startswith("metadata.") for name in lower)
    return "hf" if not pictures and any(name.endswith(".parquet") for name in lower) else None


def _has(names: Collection[str], *wanted: str) -> bool:
    return any(one in names for one in wanted)


def _is_card(root: Path) -> bool:
    """Say whether a README names data files, or Parquet lies in `data`."""
    if any((root / "data").glob("*.parquet")):
        return True
    try:
        with (root / "README.md").open("rb") as file:
            head = file.read(65_536)
    except OSError:
        return False
    return head.startswith(b"---") and b"data_files:" in head


def _is_weighted(values: Mapping[str, Any]) -> bool:
    messages = values["messages"]
    return "tools" in values or (
        isinstance(messages, list)
        and any(isinstance(one, Mapping) and "weight" in one for one in messages)
    )
