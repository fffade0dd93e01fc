"""Preferences as trainers read them: a prompt, the reply that was chosen, the one that was not.

The conversational form with an explicit prompt: `prompt`, `chosen` and `rejected` are lists of
messages `{"role": "user" | "assistant" | "system", "content"}`; chosen and rejected hold the
assistant's turn alone. Ties, and "both are bad", choose nothing and give no pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from fairhand.labels.replies import (
    CONVERSATION,
    REPLIES,
    Reply,
    Turn,
    read_conversation,
    read_replies,
)

_ROLES: Final = {"prompter": "user", "assistant": "assistant", "system": "system"}


def preferences_of(
    rows: Iterable[Mapping[str, Any]], question: str | None = None
) -> Iterator[dict[str, Any]]:
    """Give a pair for each preference in the rows of a release, in their order.

    A ranking gives one for every two replies that it tells apart. Rows of other kinds of
    questions, and replies that the task's data does not hold, say nothing.
    """
    for row in rows:
        data, value = row.get("data") or {}, row.get("value")
        other = question is not None and row.get("question") != question
        if other or not isinstance(value, Mapping):
            continue
        replies = {reply.id: reply for reply in read_replies(data.get(REPLIES))}
        prompt = _messages(read_conversation(data.get(CONVERSATION)))
        for better, worse in _told_apart(value, replies):
            pair = {
                "prompt": prompt,
                "chosen": _said(replies[better]),
                "rejected": _said(replies[worse]),
            }
            more = {name: value[name] for name in ("strength",) if name in value}
            yield {**pair, **more, "confidence": row.get("confidence"), "task": row.get("task_id")}


def _told_apart(value: Mapping[str, Any], known: Mapping[str, Reply]) -> list[tuple[str, str]]:
    """List who is better than whom: (better, worse)."""
    if value.get("verdict") == "better":
        pairs = [(value["better"], other) for other in known if other != value["better"]]
    elif "ranks" in value:
        groups = combinations(value["ranks"], 2)
        pairs = [(one, two) for above, below in groups for one in above for two in below]
    elif "best" in value and "worst" in value:
        pairs = [(value["best"], value["worst"])]
    else:
        pairs = []
    return [(one, two) for one, two in pairs if one in known and two in known]


def _said(reply: Reply) -> list[dict[str, str]]:
    spoken = _messages(reply.turns)
    return [*spoken, {"role": "assistant", "content": reply.text}] if reply.text else spoken


def _messages(turns: Sequence[Turn]) -> list[dict[str, str]]:
    return [{"role": _ROLES[turn.role], "content": turn.text} for turn in turns]
