"""Conversation trees as others read them: whole trees, chats to learn from, and preferences.

Nobody's name is in any of them. What somebody wrote who has withdrawn is left out, with all that
hangs on it; so are rejected messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from fairhand.work.conversations.store import Conversation, Written

Form = Literal["trees", "chats", "preferences"]
FORMS: Final[tuple[Form, ...]] = ("trees", "chats", "preferences")
_CHAT_ROLES: Final = {"prompter": "user", "assistant": "assistant"}


def write_tree(
    conversation: Conversation, messages: Sequence[Written], withdrawn: frozenset[int] = frozenset()
) -> dict[str, Any] | None:
    """Write a tree with its replies nested, the best first; None where nothing of it is left."""
    children = _children(messages, withdrawn)
    if not children.get(None):
        return None
    return {
        "conversation": conversation.id,
        "state": conversation.state,
        "language": conversation.language,
        "prompt": _nested(children[None][0], children),
    }


def write_chats(
    conversation: Conversation, messages: Sequence[Written], withdrawn: frozenset[int] = frozenset()
) -> Iterator[dict[str, Any]]:
    """Write each way through the tree that ends with the assistant, in the form that chats have.

    Of several replies to one message only the best goes on; unranked ones all do.
    """
    children = _children(messages, withdrawn)
    for turns in _ways(children.get(None, []), children, ()):
        yield {"conversation": conversation.id, "messages": [_chat_turn(one) for one in turns]}


def write_preferences(
    conversation: Conversation, messages: Sequence[Written], withdrawn: frozenset[int] = frozenset()
) -> Iterator[dict[str, Any]]:
    """Write each pair of ranked replies: what was said before, the better one, the other."""
    children = _children(messages, withdrawn)
    by_id = {one.message.id: one for one in messages}
    for parent_id, siblings in children.items():
        ranked = [one for one in siblings if one.message.rank is not None]
        if parent_id is None or not ranked or ranked[0].message.role != "assistant":
            continue
        prompt = [_chat_turn(one) for one in _way_to(by_id, parent_id)]
        for place, better in enumerate(ranked):
            for worse in ranked[place + 1 :]:
                yield {
                    "conversation": conversation.id,
                    "prompt": prompt,
                    "chosen": [_chat_turn(better)],
                    "rejected": [_chat_turn(worse)],
                }


def _children(
    messages: Sequence[Written], withdrawn: frozenset[int]
) -> dict[int | None, list[Written]]:
    found: dict[int | None, list[Written]] = {}
    kept: set[int | None] = {None}
    for one in messages:
        stays = one.message.state == "accepted" and one.message.author_id not in withdrawn
        if stays and one.message.parent_id in kept:
            kept.add(one.message.id)
            found.setdefault(one.message.parent_id, []).append(one)
    for siblings in found.values():
        siblings.sort(key=lambda one: (one.message.rank is None, one.message.rank, one.message.id))
    return found


def _nested(one: Written, children: Mapping[int | None, list[Written]]) -> dict[str, Any]:
    return {
        "message": one.message.id,
        "role": one.message.role,
        "text": one.text,
        "rank": one.message.rank,
        "quality": None if one.quality is None else round(one.quality, 4),
        "reviews": one.reviews,
        "replies": [_nested(child, children) for child in children.get(one.message.id, [])],
    }


def _ways(
    siblings: Sequence[Written],
    children: Mapping[int | None, list[Written]],
    before: tuple[Written, ...],
) -> Iterator[tuple[Written, ...]]:
    best = [one for one in siblings if one.message.rank in (None, 0)] or list(siblings[:1])
    for one in best:
        way = (*before, one)
        after = children.get(one.message.id, [])
        if after:
            yield from _ways(after, children, way)
        elif one.message.role == "assistant":
            yield way
        elif before:
            yield before


def _way_to(by_id: Mapping[int, Written], message_id: int) -> list[Written]:
    way: list[Written] = []
    at: int | None = message_id
    while at is not None:
        way.append(by_id[at])
        at = by_id[at].message.parent_id
    return way[::-1]


def _chat_turn(one: Written) -> dict[str, str]:
    return {"role": _CHAT_ROLES[one.message.role], "content": one.text}
