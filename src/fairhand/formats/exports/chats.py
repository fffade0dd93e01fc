"""What trainers of language models read: preferences, single judgements, demonstrations.

`trl-preference`: prompt, chosen, rejected as lists of messages, and `margin` where people said how
much better (TRL's conversational form with an explicit prompt); ties, which choose nothing, stand
in a file of their own beside it. `trl-kto`: prompt, completion and whether it is a good one.
`sft`: `messages` that end in the reply a person wrote. `openai-chat` and `openai-preference`: lines
of OpenAI's fine-tuning. `anthropic-hh`: two texts in which `Human:` and `Assistant:` begin turns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from fairhand.formats.exports.items import Item, Options, Report, Row
from fairhand.formats.imports.chats import judged_good
from fairhand.formats.preferences import preferences_of
from fairhand.labels.replies import (
    CONVERSATION,
    REPLIES,
    Reply,
    Turn,
    read_conversation,
    read_replies,
)

FILE: Final = "{}.jsonl"
TIES: Final = "ties.jsonl"
_ROLES: Final = {"prompter": "user", "assistant": "assistant", "system": "system"}
_NAMES: Final = {"user": "Human", "assistant": "Assistant"}
_BEGUN: Final = ("\n\nHuman:", "\n\nAssistant:")
_COMPARED: Final = frozenset({"pairwise", "ranking"})

Line = dict[str, Any]
Lines = Callable[[Row, Report], Iterator[Line]]


def write_preferences(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `train.jsonl`, or a file a split, with a preference a line; ties go to `ties.jsonl`."""
    with (folder / TIES).open("wb") as ties:
        report = _write(_beside(items, ties), folder, options, _preferences)
        empty = ties.tell() == 0
    if empty:
        (folder / TIES).unlink()
    else:
        report.files.append(TIES)
    return report


def write_kto(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write a line for the chosen and one for the rejected reply."""
    return _write(items, folder, options, _unpaired)


def write_sft(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write conversations that end in what a person wrote."""
    return _write(items, folder, options, _demonstration)


def write_openai_chat(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write conversations of which only what a person wrote here is to be learned (`weight`)."""
    return _write(items, folder, options, _weighted)


def write_openai_preferences(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `input`, `preferred_output` and `non_preferred_output`."""
    return _write(items, folder, options, _preferred)


def write_hh(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `chosen` and `rejected` as one text each."""
    return _write(items, folder, options, _in_one_text)


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
    value = row.get("value")
    report.leave_beside(value)
    if none:
        report.leave_out("a tie, or both replies bad: it prefers nothing")
    elif any(len(group) > 1 for group in _ranks(value)):
        report.leave_out("that replies are as good as each other: a pair prefers one")


def _beside(items: Iterator[Item], ties: BinaryIO) -> Iterator[Item]:
    """Pass items on, and write what prefers nothing to a file of its own."""
    for item in items:
        for row in item.rows:
            value = row.get("value")
            verdict = value.get("verdict") if isinstance(value, Mapping) else None
            if row.get("kind") == "pairwise" and verdict in ("tie", "both_bad"):
                data = row.get("data") or {}
                replies = [_spoken(one) for one in read_replies(data.get(REPLIES))]
                prompt = _messages(read_conversation(data.get(CONVERSATION)))
                line = {"prompt": prompt, "completions": replies, "verdict": verdict}
                ties.write(orjson.dumps({**line, "split": item.split}) + b"\n")
        yield item


def _unpaired(row: Row, report: Report) -> Iterator[Line]:
    if row.get("kind") == "choice":
        yield from _judged(row, report)
        return
    for pair in _preferences(row, report):
        if "margin" in pair:
            report.leave_out("how much better: a judgement is yes or no")
        for side, label in (("chosen", True), ("rejected", False)):
            yield {"prompt": pair["prompt"], "completion": pair[side], "label": label}


def _judged(row: Row, report: Report) -> Iterator[Line]:
    """Write a reply that was judged by itself, with two labels such as yes and no."""
    data, label = row.get("data") or {}, judged_good(row.get("value"))
    replies = read_replies(data.get(REPLIES))
    if label is None or len(replies) != 1:
        report.leave_out("a choice that does not say yes or no of one reply")
        return
    prompt = _messages(read_conversation(data.get(CONVERSATION)))
    yield {"prompt": prompt, "completion": _spoken(replies[0]), "label": label}


def _weighted(row: Row, report: Report) -> Iterator[Line]:
    for line in _demonstration(row, report):
        *before, last = line["messages"]
        earlier = [{**one, "weight": 0} if one["role"] == "assistant" else one for one in before]
        yield {"messages": [*earlier, {**last, "weight": 1}]}


def _preferred(row: Row, report: Report) -> Iterator[Line]:
    for pair in _preferences(row, report):
        if "margin" in pair:
            report.leave_out("how much better: OpenAI's preferences have no place for it")
        if any(len(pair[side]) > 1 for side in ("chosen", "rejected")):
            report.leave_out("a preference between replies of several turns")
            continue
        yield {
            "input": {"messages": pair["prompt"]},
            "preferred_output": pair["chosen"],
            "non_preferred_output": pair["rejected"],
        }


def _in_one_text(row: Row, report: Report) -> Iterator[Line]:
    for pair in _preferences(row, report):
        if "margin" in pair:
            report.leave_out("how much better: these pairs have no place for it")
        turns = [*pair["prompt"], *pair["chosen"], *pair["rejected"]]
        if any(one["role"] not in _NAMES for one in turns):
            report.leave_out("a preference after a system message, which has no turn here")
        elif any(name in one["content"] for one in turns for name in _BEGUN):
            report.leave_out("a preference with a text that would be read as a turn")
        else:
            yield {
                side: "".join(
                    f"\n\n{_NAMES[one['role']]}: {one['content']}"
                    for one in [*pair["prompt"], *pair[side]]
                )
                for side in ("chosen", "rejected")
            }


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


def _ranks(value: Any) -> list[list[str]]:  # noqa: ANN401  # any JSON value
    return value.get("ranks") or [] if isinstance(value, Mapping) else []


def _messages(turns: tuple[Turn, ...] | list[Turn]) -> list[dict[str, str]]:
    return [{"role": _ROLES[turn.role], "content": turn.text} for turn in turns]


def _spoken(reply: Reply) -> list[dict[str, str]]:
    own = _messages(reply.turns)
    return [*own, {"role": "assistant", "content": reply.text}] if reply.text else own
