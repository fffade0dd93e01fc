"""Preferences, single judgements and demonstrations, as trainers of language models keep them.

TRL's preferences (with the prompt or without), unpaired preferences (KTO), prompt and completion;
OpenAI's chat and preference lines; Anthropic's pairs in one text each. A known preference becomes a
prediction beside two replies in an order that says nothing; columns that would tell it leave the
data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fairhand.core.errors import MalformedError
from fairhand.formats.imports.found import Found, asks, question_of
from fairhand.formats.imports.turns import (
    Turn,
    as_reply,
    parted,
    parted_texts,
    reply_of,
    spoken_turns,
    turns_of,
    with_ids,
)
from fairhand.formats.options import ReadOptions
from fairhand.labels.kind import json_type, shown
from fairhand.labels.replies import CONVERSATION, REPLIES

PREFERENCE: Final = frozenset({"chosen", "rejected"})
_TELLING: Final = ("chosen", "rejected", "preferred", "margin", "score", "label", "rank", "winner")
_YES: Final = ("true", "yes", "good", "up", "thumbs_up", "desirable", "accept", "1")
_NO: Final = ("false", "no", "bad", "down", "thumbs_down", "undesirable", "reject", "0")


def trl_preference(values: dict[str, Any], options: ReadOptions) -> Iterator[Found]:
    """Read `{prompt?, chosen, rejected, margin?}`; without a prompt it is what both begin with."""
    _must_have(values, "chosen", "rejected")
    chosen, rejected, prompt = values["chosen"], values["rejected"], values.get("prompt")
    if prompt is None and isinstance(chosen, str) and isinstance(rejected, str):
        yield from anthropic_hh(values, options)
        return
    before = [] if prompt is None else turns_of(prompt, "prompt")
    if isinstance(chosen, list) and isinstance(rejected, list):
        both = turns_of(chosen, "chosen"), turns_of(rejected, "rejected")
        shared, one, other = parted(*both)
        if prompt is None or (shared and shared == before):
            before, both = shared, (one, other)
        replies = as_reply(both[0], "chosen"), as_reply(both[1], "rejected")
    else:
        replies = reply_of(chosen, "chosen"), reply_of(rejected, "rejected")
    rest, notes = _others(values, {"prompt", *PREFERENCE, "margin"})
    yield _pair(before, *replies, rest, notes, values.get("margin"), options)


def anthropic_hh(values: dict[str, Any], options: ReadOptions) -> Iterator[Found]:
    """Read `{chosen, rejected}` as one text each, or a `transcript`; `Human:` begins a turn."""
    if isinstance(values.get("transcript"), str):
        told = spoken_turns(values["transcript"])
        if told is None:
            raise MalformedError("has a 'transcript' that does not begin with 'Human:'")
        rest, notes = _others(values, {"transcript", "rating", "task_description"})
        judged = {"rating", "task_description"} & set(values)
        notes += [f"has {name!r}, which is not read: it would tell an answer" for name in judged]
        yield Found({**rest, CONVERSATION: told}, notes=tuple(sorted(notes)))
        return
    _must_have(values, "chosen", "rejected")
    chosen, rejected = _text(values, "chosen"), _text(values, "rejected")
    one, other = spoken_turns(chosen), spoken_turns(rejected)
    if one is None or other is None:
        begun, better, worse = parted_texts(chosen, rejected)
        before = turns_of(begun.strip(), "chosen")
        replies = reply_of(better, "chosen"), reply_of(worse, "rejected")
    else:
        before, left, right = parted(one, other)
        replies = as_reply(left, "chosen"), as_reply(right, "rejected")
    rest, notes = _others(values, {*PREFERENCE, "margin"})
    yield _pair(before, *replies, rest, notes, values.get("margin"), options)


def trl_kto(values: dict[str, Any], options: ReadOptions) -> Iterator[Found]:
    """Read `{prompt, completion, label}`: one reply, and whether it is a good one."""
    _must_have(values, "prompt", "completion", "label")
    label = values["label"]
    if not isinstance(label, bool):
        raise MalformedError(f"must have true or false in 'label', not {json_type(label)}")
    reply = reply_of(values["completion"], "completion")
    rest, notes = _others(values, {"prompt", "completion", "label"})
    data = {CONVERSATION: turns_of(values["prompt"], "prompt"), REPLIES: [{"id": "a", **reply}]}
    word = _judgement(label, options)
    if word is None:
        notes.append(
            "says whether a reply is good; the project has no choice of two such as yes and no, "
            "so that is left out"
        )
    yield Found({**rest, **data}, {} if word is None else {"choice": word}, tuple(notes))


def demonstration(values: dict[str, Any], options: ReadOptions) -> Iterator[Found]:
    """Read `{messages}`, or `{prompt, completion}`: a conversation that ends in a good reply.

    Where a text is asked for, the reply is proposed for it; elsewhere it is shown to be judged.
    """
    if "messages" in values:
        used = {"messages"}
        turns = turns_of(values["messages"], "messages")
        notes = _unweighted(values["messages"])
    else:
        _must_have(values, "prompt", "completion")
        used, notes = {"prompt", "completion"}, []
        reply = reply_of(values["completion"], "completion")
        own = reply.get(CONVERSATION) or [{"role": "assistant", "text": reply["text"]}]
        turns = [*turns_of(values["prompt"], "prompt"), *own]
    rest, told = _others(values, used)
    notes += told
    if not turns or turns[-1]["role"] != "assistant":
        yield Found({**rest, CONVERSATION: _some(turns)}, notes=tuple(notes))
        return
    before, last = turns[:-1], turns[-1]["text"]
    if asks(options, "text"):
        yield Found({**rest, CONVERSATION: before}, {"text": last}, tuple(notes))
    else:
        data = {CONVERSATION: before, REPLIES: [{"id": "a", **as_reply(turns[-1:], "messages")}]}
        yield Found({**rest, **data}, notes=tuple(notes))


def openai_preference(values: dict[str, Any], options: ReadOptions) -> Iterator[Found]:
    """Read `{input: {messages}, preferred_output, non_preferred_output}`."""
    _must_have(values, "input", "preferred_output", "non_preferred_output")
    given = values["input"]
    if not isinstance(given, Mapping):
        raise MalformedError(f"must have an object in 'input', not {json_type(given)}")
    before = turns_of(given.get("messages"), "input")
    better = reply_of(values["preferred_output"], "preferred_output")
    worse = reply_of(values["non_preferred_output"], "non_preferred_output")
    rest, notes = _others(values, {"input", "preferred_output", "non_preferred_output"})
    if given.get("tools"):
        rest["tools"] = given["tools"]
    yield _pair(before, better, worse, rest, notes, None, options)


def _pair(
    before: list[Turn],
    better: dict[str, Any],
    worse: dict[str, Any],
    rest: dict[str, Any],
    notes: list[str],
    margin: Any,  # noqa: ANN401  # any JSON value
    options: ReadOptions,
) -> Found:
    replies, best = with_ids(before, better, worse)
    answer: dict[str, Any] = {"verdict": "better", "better": best}
    strength, told = _strength(margin, options)
    if strength is not None:
        answer["strength"] = strength
    data = {**rest, CONVERSATION: before, REPLIES: replies}
    if not asks(options, "pairwise") and asks(options, "ranking"):
        ranks = [[best], ["b" if best == "a" else "a"]]
        return Found(data, {"ranking": _ranked(ranks, options)}, tuple(notes))
    return Found(data, {"pairwise": answer}, (*notes, *told))


def _ranked(ranks: list[list[str]], options: ReadOptions) -> dict[str, Any]:
    asked = question_of(options, "ranking")
    if asked is not None and asked.config.get("mode") == "best_worst":
        return {"best": ranks[0][0], "worst": ranks[-1][0]}
    return {"ranks": ranks}


def _strength(margin: Any, options: ReadOptions) -> tuple[int | None, list[str]]:  # noqa: ANN401
    """Read how much better: whole degrees of the question; else the least, which is told."""
    degrees = _whole(margin)
    asked = question_of(options, "pairwise")
    if asked is None:
        return degrees, []
    most = asked.config.get("strength", 1)
    if most == 1:
        lost = [] if margin is None else ["has a margin, which the question does not ask for"]
        return None, lost
    if degrees is not None and degrees <= most:
        return degrees, []
    said = "says no margin" if margin is None else f"has a margin that is no degree of 1 to {most}"
    return 1, [f"{said}: proposed as better by the least degree"]


def _whole(margin: Any) -> int | None:  # noqa: ANN401  # any JSON value
    if isinstance(margin, bool) or not isinstance(margin, int | float):
        return None
    return int(margin) if float(margin).is_integer() and margin >= 1 else None


def _judgement(label: bool, options: ReadOptions) -> str | None:
    """Find the label of the choice that says yes or no; None where there is none."""
    asked = question_of(options, "choice")
    if asked is None:
        return ("yes" if label else "no") if options.questions is None else None
    known = {str(one["value"]).casefold(): one["value"] for one in asked.config.get("labels", ())}
    return next((known[word] for word in (_YES if label else _NO) if word in known), None)


def judged_good(label: object) -> bool | None:
    """Say whether a label means yes or no; None for one that means neither."""
    word = str(label).casefold()
    return True if word in _YES else False if word in _NO else None


def _others(values: Mapping[str, Any], used: set[str]) -> tuple[dict[str, Any], list[str]]:
    """Keep the other columns, less those whose name says that they tell an answer."""
    kept, notes = {}, []
    for name, value in values.items():
        if name in used:
            continue
        if any(word in name.casefold() for word in _TELLING):
            notes.append(f"has {name!r}, which is not read: it would tell an answer")
        elif name in (CONVERSATION, REPLIES):
            raise MalformedError(f"has a {name!r} besides the columns of its format")
        else:
            kept[name] = value
    return kept, notes


def _unweighted(messages: Any) -> list[str]:  # noqa: ANN401  # any JSON value
    said = [one for one in messages if isinstance(one, Mapping) and "weight" in one]
    last = [one for one in messages if isinstance(one, Mapping)][-1:]
    if said and last and last[0].get("weight") == 0:
        return ["has a last reply of weight 0: it is proposed like any other"]
    return []


def _some(turns: list[Turn]) -> list[Turn]:
    if not any(turn["text"].strip() for turn in turns):
        raise MalformedError("holds an empty conversation")
    return turns


def _must_have(values: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if values.get(name) is None:
            raise MalformedError(f"has no {name!r}")


def _text(values: Mapping[str, Any], name: str) -> str:
    found = values[name]
    if not isinstance(found, str):
        raise MalformedError(f"must have text in {name!r}, not {shown(found)}")
    return found
