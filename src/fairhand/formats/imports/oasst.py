"""Trees of messages as Open Assistant published them: whole trees, or message by message.

Where replies are to be put in order, each message with several is a task, and their ranks (0 the
best) are proposed; where pairs are asked for, each two that were told apart; elsewhere each reply
with what came before. Who wrote a message is never read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, groupby
from typing import Any, Final

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.imports.found import Found, Told, as_rows, asks, question_of
from fairhand.formats.imports.rows import read_entries
from fairhand.formats.options import ReadOptions, Row, Source
from fairhand.labels.kind import json_type, shown
from fairhand.labels.replies import CONVERSATION, MAX_REPLIES, REPLIES, deal

_ROLES: Final = ("prompter", "assistant")
_DEEPEST: Final = 100
_MOST_MESSAGES: Final = 10_000

Message = Mapping[str, Any]
Turns = tuple[dict[str, str], ...]


def read_rows(source: Source, options: ReadOptions) -> Iterator[Row | Issue]:
    """Yield tasks tree by tree; one tree is in memory."""
    told = Told()
    entries = read_entries(source, options)
    for _, some in groupby(enumerate(entries), _tree_of):
        rows = [row for _, row in some]
        yield from (row for row in rows if isinstance(row, Issue))
        good = [row for row in rows if isinstance(row, Row)]
        if not good:
            continue
        place = good[0].place
        try:
            prompt = _grown([row.values for row in good])
            for found in _tasks(prompt, (), options):
                yield from as_rows(found, place, options, told)
        except MalformedError as error:
            yield Issue(place, error.message)


def _tree_of(entry: tuple[int, Row | Issue]) -> str:
    """Name the tree of an entry: messages of one tree stand together, a whole tree is alone."""
    number, row = entry
    if isinstance(row, Issue) or "parent_id" not in row.values:
        return f"line {number}"
    return f"tree {row.values.get('message_tree_id')}"


def _grown(entries: list[dict[str, Any]]) -> Message:
    """Give the first message with its replies in it; raises MalformedError where there is none."""
    first = entries[0]
    if isinstance(first.get("prompt"), Mapping):
        return dict(first["prompt"])
    if len(entries) > _MOST_MESSAGES:
        raise MalformedError(f"is a tree of more than {_MOST_MESSAGES} messages")
    known: dict[str, dict[str, Any]] = {}
    for one in entries:
        known[_id(one)] = {**one, "replies": []}
    roots = []
    for name, one in known.items():
        parent = one.get("parent_id")
        if parent is None:
            roots.append(one)
        elif parent in known and parent != name:
            known[parent]["replies"].append(one)
        else:
            raise MalformedError(f"has a message {name[:60]!r} whose parent is not in its tree")
    if len(roots) != 1:
        raise MalformedError(f"is a tree with {len(roots)} first messages; one is wanted")
    return roots[0]


def _tasks(message: Message, before: Turns, options: ReadOptions) -> Iterator[Found]:
    """Walk down a tree; messages that were taken back, and all below them, are left out."""
    if message.get("deleted") is True:
        return
    if len(before) >= _DEEPEST:
        raise MalformedError(f"is a tree deeper than {_DEEPEST} messages")
    path = (*before, _turn(message))
    given = message.get("replies") or []
    if not isinstance(given, list):
        raise MalformedError(f"must have a list in 'replies', not {json_type(given)}")
    replies = [one for one in given if isinstance(one, Mapping) and one.get("deleted") is not True]
    if not replies:
        if not before:
            yield Found({CONVERSATION: list(path)})
        return
    shared: dict[str, Any] = {CONVERSATION: list(path), "message_id": _id(message)}
    if isinstance(message.get("lang"), str):
        shared["lang"] = message["lang"]
    if replies[0].get("role") == "assistant":
        yield from _judged(shared, replies, options)
    for one in replies:
        yield from _tasks(one, path, options)


def _judged(
    shared: dict[str, Any], replies: list[Message], options: ReadOptions
) -> Iterator[Found]:
    ranked = asks(options, "ranking")
    if ranked and len(replies) > 1:
        notes = () if len(replies) <= MAX_REPLIES else (f"has over {MAX_REPLIES} replies; the "
                                                        "first are taken",)  # fmt: skip
        some = replies[:MAX_REPLIES]
        answer = _ranks(some, options)
        yield Found(_shown(shared, some), {"ranking": answer} if answer else {}, notes)
    elif asks(options, "pairwise") and len(replies) > 1:
        for one, other in combinations(replies[:MAX_REPLIES], 2):
            yield _paired(shared, one, other, options)
    elif not ranked and not asks(options, "pairwise"):
        for one in replies:
            if asks(options, "text"):
                yield Found({**shared}, {"text": str(_turn(one)["text"])})
                break
            yield Found(_shown(shared, [one]))


def _paired(shared: dict[str, Any], one: Message, other: Message, options: ReadOptions) -> Found:
    data = _shown(shared, [one, other])
    ranks = one.get("rank"), other.get("rank")
    if not all(_is_rank(rank) for rank in ranks):
        return Found(data)
    asked = question_of(options, "pairwise")
    if ranks[0] == ranks[1]:
        ties = asked is None or asked.config.get("tie", False)
        return Found(data, {"pairwise": {"verdict": "tie"}} if ties else {})
    best = one if ranks[0] < ranks[1] else other  # type: ignore[operator]  # both are numbers
    answer: dict[str, Any] = {"verdict": "better", "better": _id(best)}
    if asked is not None and asked.config.get("strength", 1) > 1:
        note = "says no margin: proposed as better by the least degree"
        return Found(data, {"pairwise": {**answer, "strength": 1}}, (note,))
    return Found(data, {"pairwise": answer})


def _shown(shared: dict[str, Any], replies: list[Message]) -> dict[str, Any]:
    known = {_id(one): str(_turn(one)["text"]) for one in replies}
    order = deal(str(shared["message_id"]), known)
    return {**shared, REPLIES: [{"id": name, "text": known[name]} for name in order]}


def _ranks(replies: list[Message], options: ReadOptions) -> dict[str, Any] | None:
    """Put ids into groups by rank; None where a reply has none."""
    if not all(_is_rank(one.get("rank")) for one in replies):
        return None
    groups: dict[int, list[str]] = {}
    for one in replies:
        groups.setdefault(int(one["rank"]), []).append(_id(one))
    ranks = [sorted(groups[rank]) for rank in sorted(groups)]
    asked = question_of(options, "ranking")
    if asked is not None and asked.config.get("mode") == "best_worst":
        ends = len(ranks) > 1 and len(ranks[0]) == len(ranks[-1]) == 1
        return {"best": ranks[0][0], "worst": ranks[-1][0]} if ends else None
    return {"ranks": ranks}


def _is_rank(rank: object) -> bool:
    return isinstance(rank, int | float) and not isinstance(rank, bool) and float(rank).is_integer()


def _turn(message: Message) -> dict[str, str]:
    role, text = message.get("role"), message.get("text")
    if role not in _ROLES or not isinstance(role, str):
        raise MalformedError(f"has a message of the role {shown(role)}")
    if not isinstance(text, str) or not text.strip():
        raise MalformedError(f"has a message {_id(message)[:60]!r} without text")
    return {"role": role, "text": text}


def _id(message: Message) -> str:
    name = message.get("message_id")
    if not isinstance(name, str) or not name:
        raise MalformedError("has a message without 'message_id'")
    return name
