"""Open Assistant's trees: a prompt, the replies to it, what came next; ranks where people ranked.

What one release says about one prompt is one tree, so trees are held in memory until the end.
Nobody is named: messages bear a hash of what was said up to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from fairhand.core.ids import sha256_hex
from fairhand.formats.exports.items import Item, Options, Report, Row
from fairhand.labels.replies import (
    CONVERSATION,
    REPLIES,
    Turn,
    read_conversation,
    read_replies,
)

FILE: Final = "{}.trees.jsonl"
_KINDS: Final = ("ranking", "pairwise", "text")


@dataclass(slots=True)
class _Node:
    role: str
    text: str
    lang: str
    rank: int | None = None
    below: dict[tuple[str, str], _Node] = field(default_factory=dict)

    def grown(self, before: str, tree: str = "") -> dict[str, Any]:
        """Write a message with all below it."""
        name = sha256_hex(orjson.dumps([before, self.role, self.text]))[:32]
        return {
            "message_id": name,
            "parent_id": before or None,
            "text": self.text,
            "role": self.role,
            "lang": self.lang,
            "deleted": False,
            "rank": self.rank,
            "synthetic": False,
            "model_name": None,
            "message_tree_id": tree or name,
            "replies": [one.grown(name, tree or name) for one in self.below.values()],
        }


def write(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `train.trees.jsonl`, or a file a split."""
    report = Report()
    trees: dict[str, dict[tuple[str, str], _Node]] = {}
    for item in items:
        report.tasks += 1
        options.progress(report.tasks)
        grove = trees.setdefault(item.split or "train", {})
        for row in item.rows:
            report.written += _planted(row, grove, report)
    for split, grove in trees.items():
        if not grove:
            continue
        report.files.append(FILE.format(split))
        with (folder / FILE.format(split)).open("wb") as file:
            for root in grove.values():
                prompt = root.grown("")
                line = {"message_tree_id": prompt["message_id"], "tree_state": "ready_for_export"}
                file.write(orjson.dumps({**line, "prompt": prompt}) + b"\n")
    return report


def _planted(row: Row, grove: dict[tuple[str, str], _Node], report: Report) -> int:
    """Add what a row says to the trees; 0, and a reason in the report, where nothing fits."""
    data, value = row.get("data") or {}, row.get("value")
    if row.get("kind") not in _KINDS:
        report.leave_out(f"an answer of the kind {row.get('kind')}: a tree has no place for it")
        return 0
    path = read_conversation(data.get(CONVERSATION))
    if not path or path[0].role != "prompter" or any(turn.role == "system" for turn in path):
        report.leave_out("replies to what does not begin with a person's words, or a system's")
        return 0
    ranked = _ranked(value, data)
    if not ranked:
        report.leave_out("no rank for each reply: both bad, only best and worst, or long replies")
        return 0
    lang = data.get("lang", data.get("language"))
    node = _found(grove, path, lang if isinstance(lang, str) else "")
    told = {one.text: one.rank for one in node.below.values() if one.rank is not None}
    if told and any(rank is not None and told.get(text) != rank for text, rank in ranked):
        report.leave_out("a second order of replies to the same words")
        return 0
    report.leave_beside(value)
    if isinstance(value, Mapping) and "strength" in value:
        report.leave_out("how much better: a tree has ranks alone")
    for text, rank in ranked:
        reply = node.below.setdefault(("assistant", text), _Node("assistant", text, node.lang))
        reply.rank = rank if rank is not None else reply.rank
    return 1


def _found(grove: dict[tuple[str, str], _Node], path: Sequence[Turn], lang: str) -> _Node:
    node, below = None, grove
    for turn in path:
        node = below.setdefault((turn.role, turn.text), _Node(turn.role, turn.text, lang))
        below = node.below
    assert node is not None, "a path has a turn"  # noqa: S101
    return node


def _ranked(value: Any, data: Mapping[str, Any]) -> list[tuple[str, int | None]]:  # noqa: ANN401
    """List each reply's text with its rank, 0 the best; nothing where not all have one."""
    if isinstance(value, str):
        return [(value, None)]
    replies = {one.id: one.text for one in read_replies(data.get(REPLIES)) if not one.turns}
    if not isinstance(value, Mapping):
        return []
    groups: list[list[str]] = value.get("ranks") or []
    if value.get("verdict") == "better":
        groups = [[value["better"]], [one for one in replies if one != value["better"]]]
    elif value.get("verdict") == "tie":
        groups = [list(replies)]
    ranked = [(replies.get(one), rank) for rank, some in enumerate(groups) for one in some]
    if not ranked or any(text is None for text, _ in ranked):
        return []
    return [(text, rank) for text, rank in ranked if text is not None]
