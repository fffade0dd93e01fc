"""What trainers of language models read: preferences, single judgements, demonstrations.

`trl-preference`: prompt, chosen, rejected as lists of messages, and `margin` where people said how
much better (TRL's conversational form with an explicit prompt). `trl-kto`: prompt, completion and
whether it was the better one. `sft`: `messages` that end in the reply a person wrote. `openai`: the
same as lines of OpenAI's chat fine-tuning. Ties choose nothing: they are counted, not guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from fairhand.formats.exports.items import Item, Options, Report, Row
from fairhand.formats.preferences import preferences_of
from fairhand.labels.replies import CONVERSATION, Turn, read_conversation

FILE: Final = "{}.jsonl"
_ROLES: Final = {"prompter": "user", "assistant": "assistant", "system": "system"}
_COMPARED: Final = frozenset({"pairwise", "ranking"})

Line = dict[str, Any]
Lines = Callable[[Row, Report], Iterator[Line]]


def write_preferences(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `train.jsonl`, or a file a split, with a preference a line."""
    return _write(items, folder, options, _preferences)


def write_kto(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write a line for the chosen and one for the rejected reply."""
    return _write(items, folder, options, _unpaired)


def write_sft(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write conversations that end in what a person wrote."""
    return _write(items, folder, options, _demonstration)


def _write(items: Iterator[Item], folder: Path, options: Options, lines: Lines) -> Report:
    report, files = Report(), dict[str, Any]()
    try:
        for item in items:
            report.tasks += 1
            options.progress(report.tasks)
            name = FILE.format(item.split or "train")
            if name not in files:
                files[name] = (folder / name).open("wb")
                report.files.append(name)
            for row in item.rows:
                for line in lines(row, report):
                    files[name].write(orjson.dumps(line) + b"\n")
                    report.written += 1
    finally:
        for file in files.values():
            file.close()
    return report


def _preferences(row: Row, report: Report) -> Iterator[Line]:
    if row.get("kind") not in _COMPARED:
        report.leave_out(f"an answer of the kind {row.get('kind')}: it compares nothing")
        return
    none = True
    for pair in preferences_of([row]):
        none = False
        line = {name: pair[name] for name in ("prompt", "chosen", "rejected")}
        yield line | ({"margin": float(pair["strength"])} if "strength" in pair else {})
    if none:
        report.leave_out("a tie, or both replies bad: it prefers nothing")


def _unpaired(row: Row, report: Report) -> Iterator[Line]:
    for pair in _preferences(row, report):
        for side, label in (("chosen", True), ("rejected", False)):
            yield {"prompt": pair["prompt"], "completion": pair[side], "label": label}


def _demonstration(row: Row, report: Report) -> Iterator[Line]:
    value = row.get("value")
    if row.get("kind") != "text" or not isinstance(value, str):
        report.leave_out(f"an answer of the kind {row.get('kind')}: nobody wrote a reply in it")
        return
    data = row.get("data") or {}
    prompt = _messages(read_conversation(data.get(CONVERSATION)))
    if not prompt and isinstance(data.get("prompt"), str):
        prompt = [{"role": "user", "content": data["prompt"]}]
    if not prompt:
        report.leave_out("a text without a conversation or a prompt before it")
        return
    yield {"messages": [*prompt, {"role": "assistant", "content": value}]}


def _messages(turns: tuple[Turn, ...] | list[Turn]) -> list[dict[str, str]]:
    return [{"role": _ROLES[turn.role], "content": turn.text} for turn in turns]
