"""Marks and words along a sound: WebVTT, Praat TextGrids, NeMo manifests, Common Voice tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from fairhand.formats.exports.items import Item, Options, Report, Row
from fairhand.formats.exports.paths import Paths

MANIFEST: Final = "manifest.json"
CLIPS: Final = "{}.tsv"
_COLUMNS: Final = (
    "client_id",
    "path",
    "sentence_id",
    "sentence",
    "sentence_domain",
    "up_votes",
    "down_votes",
    "age",
    "gender",
    "accents",
    "variant",
    "locale",
    "segment",
)


def write_vtt(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `NAME.vtt` for each sound: its lines with times, or its marks by their label."""
    report = Report()
    paths = Paths(folder, ".vtt", report)
    for item, row in _rows(items, report, options):
        if any(_cue(one, keep=True) != _cue(one) for one in _stretches(row)):
            report.leave_out("empty lines in a text: they would end its cue")
        cues = [
            f"{_clock(one['start'])} --> {_clock(one['end'])}\n{_cue(one)}\n"
            for one in _stretches(row)
        ]
        report.leave_split(item)
        if not cues and not _is_silent(row):
            report.leave_out("a transcript without times: WebVTT has nothing to hang it on")
            continue
        _put(paths, item, "\n".join(["WEBVTT\n", *cues]))
    paths.close()
    return report


def write_textgrid(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `NAME.TextGrid`: an interval tier for the lines, or one a label for the marks.

    Praat's tiers have no gaps and no overlap: silence is an empty interval, and marks of one label
    that overlap go one after the other, which is told.
    """
    report = Report()
    paths = Paths(folder, ".TextGrid", report)
    for item, row in _rows(items, report, options):
        report.leave_split(item)
        stretches = _stretches(row)
        if not stretches and not _is_silent(row):
            report.leave_out("a transcript without times: a TextGrid has nothing to hang it on")
            continue
        length = (item.data.get("media_details") or {}).get("duration_ms")
        end = max([length or 0, *(one["end"] for one in stretches)])
        tiers: dict[str, list[tuple[int, int, str]]] = {}
        for one in sorted(stretches, key=lambda one: (one["start"], one["end"])):
            name = str(one.get("label", row.get("question")))
            tier = tiers.setdefault(name, [])
            start = max(one["start"], tier[-1][1] if tier else 0)
            if start != one["start"]:
                report.leave_out("an overlap: a tier of a TextGrid has none")
            if start < one["end"]:
                tier.append((start, one["end"], str(one.get("text", name))))
        names = tiers or {str(row.get("question")): []}
        _put(paths, item, _grid(names, end))
    paths.close()
    return report


def write_nemo(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `manifest.json`: a line a sound with its file, seconds and text; or a file a split."""
    report, files = Report(), dict[str, Any]()
    try:
        for item, row in _rows(items, report, options):
            value: Any = row["value"]
            if row["kind"] != "transcript":
                report.leave_out("marks of a sound: a manifest holds texts")
                continue
            _leave_times(value, report)
            name = MANIFEST if item.split is None else f"{item.split}_{MANIFEST}"
            if name not in files:
                files[name] = (folder / name).open("wb")
                report.files.append(name)
            length = (item.data.get("media_details") or {}).get("duration_ms")
            line = {"audio_filepath": item.file_name(), "text": value["text"]}
            seconds = {} if length is None else {"duration": length / 1000}
            files[name].write(orjson.dumps({**line, **seconds}) + b"\n")
            report.written += 1
    finally:
        for file in files.values():
            file.close()
    return report


def write_common_voice(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `train.tsv`, or a file a split: a clip a line, its sentence, and nobody who spoke.

    The sounds are to lie in `clips/` beside it. Votes are not claimed: both columns are empty.
    """
    report, files = Report(), dict[str, Any]()
    try:
        for item, row in _rows(items, report, options):
            name = CLIPS.format(item.split or "train")
            if row["kind"] != "transcript":
                report.leave_out("marks of a sound: a table of clips holds sentences")
                continue
            _leave_times(row["value"], report)
            if name not in files:
                files[name] = (folder / name).open("w", encoding="utf-8", newline="\n")
                files[name].write("\t".join(_COLUMNS) + "\n")
                report.files.append(name)
            files[name].write("\t".join(_clip(item, row, report)) + "\n")
            report.written += 1
    finally:
        for file in files.values():
            file.close()
    return report


def _leave_times(value: Mapping[str, Any], report: Report) -> None:
    if value.get("segments"):
        report.leave_out("when each line is said: a sound has one text here")


def _clip(item: Item, row: Row, report: Report) -> list[str]:
    """Write a clip's cells: a tab or a line break has no place in one."""
    sentence = str(row["value"]["text"])
    one_line = " ".join(sentence.split()) if _breaks(sentence) else sentence
    if one_line != sentence:
        report.leave_out("line breaks and tabs in a sentence: a space stands there")
    path = item.file_name().removeprefix("clips/")
    known = {"path": path, "sentence": one_line}
    for name in ("sentence_id", "sentence_domain", "variant", "locale", "segment"):
        value = item.data.get(name)
        if isinstance(value, str) and not _breaks(value):
            known[name] = value
    return [known.get(name, "") for name in _COLUMNS]


def _breaks(text: str) -> bool:
    return any(char in text for char in "\t\n\r")


def _rows(items: Iterator[Item], report: Report, options: Options) -> Iterator[tuple[Item, Row]]:
    for item in items:
        report.tasks += 1
        options.progress(report.tasks)
        for row in item.rows:
            if row.get("kind") in ("segments", "transcript") and isinstance(row.get("value"), dict):
                yield item, row
            else:
                report.leave_out(f"an answer of the kind {row.get('kind')}: no marks of a sound")


def _stretches(row: Row) -> list[dict[str, Any]]:
    return list(row["value"].get("segments", ()))


def _is_silent(row: Row) -> bool:
    return bool(row["value"].get("nothing"))


def _put(paths: Paths, item: Item, text: str) -> None:
    paths.of(item).write_text(text, "utf-8", newline="\n")
    paths.report.written += 1


def _clock(ms: int) -> str:
    seconds, part = divmod(int(ms), 1000)
    minutes, second = divmod(seconds, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}.{part:03d}"


def _cue(one: dict[str, Any], *, keep: bool = False) -> str:
    """A cue's text: what would be read as markup, or as the end of the cue, is kept from it."""
    text = str(one.get("text", one.get("label", "")))
    for char, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(char, name)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line for line in lines if keep or line)


def _grid(tiers: dict[str, list[tuple[int, int, str]]], end: int) -> str:
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', ""]
    lines += ["xmin = 0", f"xmax = {_seconds(end)}", "tiers? <exists>", f"size = {len(tiers)}"]
    lines.append("item []:")
    for number, (name, marks) in enumerate(tiers.items(), start=1):
        whole = list(_without_gaps(marks, end))
        lines += [f"    item [{number}]:", '        class = "IntervalTier"']
        lines += [f"        name = {_quoted(name)}", "        xmin = 0"]
        lines += [f"        xmax = {_seconds(end)}", f"        intervals: size = {len(whole)}"]
        for place, (start, stop, text) in enumerate(whole, start=1):
            lines += [f"        intervals [{place}]:", f"            xmin = {_seconds(start)}"]
            lines += [f"            xmax = {_seconds(stop)}", f"            text = {_quoted(text)}"]
    return "\n".join(lines) + "\n"


def _without_gaps(marks: list[tuple[int, int, str]], end: int) -> Iterator[tuple[int, int, str]]:
    at = 0
    for start, stop, text in marks:
        if start > at:
            yield at, start, ""
        yield start, stop, text
        at = stop
    if at < end or not marks:
        yield at, end, ""


def _seconds(ms: int) -> str:
    return f"{ms / 1000:g}" if ms % 1000 == 0 else f"{ms / 1000:.3f}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
