"""Messages of chats, as other tools write them, to turns and replies as they are kept here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any, Final

from fairhand.core.errors import MalformedError
from fairhand.formats.json_text import canonical_json
from fairhand.labels.kind import json_type, shown
from fairhand.labels.replies import deal

Turn = dict[str, str]

_ROLES: Final = {
    "user": "prompter",
    "human": "prompter",
    "prompter": "prompter",
    "assistant": "assistant",
    "model": "assistant",
    "gpt": "assistant",
    "system": "system",
    "developer": "system",
}
_SPOKEN: Final = re.compile(r"\n\n(Human|Assistant): ?")


def turns_of(given: Any, what: str) -> list[Turn]:  # noqa: ANN401  # any JSON value
    """Read messages, or one text that was asked; raises MalformedError with a reason."""
    if isinstance(given, str):
        return [{"role": "prompter", "text": given}] if given.strip() else []
    if not isinstance(given, list):
        raise MalformedError(f"must have messages or a text in {what!r}, not {json_type(given)}")
    return [_turn(one, what) for one in given]


def spoken_turns(text: str) -> list[Turn] | None:
    """Read `\\n\\nHuman: ...\\n\\nAssistant: ...`; None where a text is not written so."""
    parts = _SPOKEN.split(text)
    if len(parts) < 3 or parts[0].strip():
        return None
    spoken = zip(parts[1::2], parts[2::2], strict=True)
    return [{"role": _ROLES[who.lower()], "text": words} for who, words in spoken]


def reply_of(given: Any, what: str) -> dict[str, Any]:  # noqa: ANN401  # any JSON value
    """Read a reply without its id: one text, or turns of its own."""
    if isinstance(given, str):
        turns = [{"role": "assistant", "text": given}]
    else:
        turns = turns_of([given] if isinstance(given, dict) else given, what)
    return as_reply(turns, what)


def as_reply(turns: list[Turn], what: str) -> dict[str, Any]:
    """Write turns as a reply; raises MalformedError where nothing is said."""
    if not any(turn["text"].strip() for turn in turns):
        raise MalformedError(f"has an empty reply in {what!r}")
    if len(turns) == 1 and turns[0]["role"] == "assistant":
        return {"text": turns[0]["text"]}
    return {"conversation": turns}


def parted(one: list[Turn], other: list[Turn]) -> tuple[list[Turn], list[Turn], list[Turn]]:
    """Part two conversations: what both begin with, and what is left of each, never nothing."""
    most = min(len(one), len(other)) - 1
    same = list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    at = max(0, min(len(same), most))
    return one[:at], one[at:], other[at:]


def parted_texts(one: str, other: str) -> tuple[str, str, str]:
    """Part two texts after what both begin with, back to where a word begins."""
    pairs = enumerate(zip(one, other, strict=False))
    differ = next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
    begun = one[:differ]
    at = max(begun.rfind(" "), begun.rfind("\n")) + 1
    return one[:at], one[at:], other[at:]


def with_ids(
    conversation: Sequence[Turn], better: dict[str, Any], worse: dict[str, Any]
) -> tuple[list[dict[str, Any]], str]:
    """Put two replies in an order that says nothing, and name the better one's id.

    The order hangs on what is said alone, so that it is the same wherever the pair comes from.
    """
    names = {_name(better): better, _name(worse): worse}
    if len(names) < 2:
        raise MalformedError("has the same reply twice: there is nothing to compare")
    order = deal(_name({"conversation": list(conversation)}), names)
    replies = [{"id": id_, **names[name]} for id_, name in zip("ab", order, strict=True)]
    return replies, "ab"[order.index(_name(better))]


def _name(value: dict[str, Any]) -> str:
    return canonical_json(value).decode()


def _turn(one: Any, what: str) -> Turn:  # noqa: ANN401  # any JSON value
    if not isinstance(one, Mapping):
        raise MalformedError(f"has {json_type(one)} among the messages of {what!r}")
    role = one.get("role", one.get("from"))
    known = _ROLES.get(role) if isinstance(role, str) else None
    if known is None:
        raise MalformedError(f"has a message of the role {shown(role)}, which is not read")
    if one.get("tool_calls") or one.get("function_call"):
        raise MalformedError("has a message that calls a tool, which is not read")
    return {"role": known, "text": _words(one.get("content", one.get("value", one.get("text"))))}


def _words(content: Any) -> str:  # noqa: ANN401  # any JSON value
    """Read a message's text: plain, or in parts that are all texts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise MalformedError(f"has a message whose content is {json_type(content)}, not text")
    texts = []
    for part in content:
        kind = part.get("type") if isinstance(part, Mapping) else None
        if kind != "text" or not isinstance(part.get("text"), str):
            raise MalformedError(f"has a message with a part of the type {shown(kind)}, not text")
        texts.append(part["text"])
    return "".join(texts)
