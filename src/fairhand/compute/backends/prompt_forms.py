"""What a language model is asked to write for each kind of question, and how it is read.

All but `text` are closed: labels and grades of the question, ids of the task's own replies, words
that stand in the task's own text. Whatever else a model writes is no answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairhand.labels.kind import shown
from fairhand.labels.label_set import label_values
from fairhand.labels.spans import COLUMN
from fairhand.model.project import Question

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Form:
    """How a kind is answered: the rule in words, the schema of "answer", and how it is read.

    `read` takes the question, what stands in "answer", and the task's data; ValueError when it is
    no answer.
    """

    rule: Callable[[Question], str]
    schema: Callable[[Question], Json]
    read: Callable[[Question, Any, Mapping[str, Any]], Any]


def can_write(question: Question) -> bool:
    """Say whether a language model can answer a question about a text."""
    if question.kind == "choice":
        return True
    config = question.config
    if "required" in (config.get("reason"), config.get("edit")) or config.get("each") == "reply":
        return False
    return question.kind in FORMS


def kinds() -> tuple[str, ...]:
    """Name the kinds that a language model can answer."""
    return ("choice", *FORMS)


def _rating_rule(question: Question) -> str:
    names = json.dumps([one["name"] for one in question.config["criteria"]], ensure_ascii=False)
    return f'"answer" gives each of {names} a whole number from 1 to {question.config["steps"]}'


def _rating_schema(question: Question) -> Json:
    names = [str(one["name"]) for one in question.config["criteria"]]
    steps = {"type": "integer", "enum": list(range(1, question.config["steps"] + 1))}
    return _object(dict.fromkeys(names, steps))


def _rating(question: Question, answer: object, data: Mapping[str, Any]) -> Json:
    if not isinstance(answer, Mapping):
        raise ValueError(f"the model rated with {shown(answer)}, not with a number for each")
    return {"ratings": dict(answer)}


def _better_rule(question: Question) -> str:
    others = [word for word in ("tie", "both_bad") if question.config.get(word)]
    also = f", or {' or '.join(json.dumps(word) for word in others)}" if others else ""
    rule = f'"answer" is the id of the better of the two "replies" (without ids: "a", "b"){also}'
    degrees = question.config.get("strength", 1)
    if degrees > 1:
        rule += f', and "strength" how much better it is, from 1 to {degrees}'
    return rule


def _words_schema(question: Question) -> Json:
    return {"type": "string"}


def _better(question: Question, answer: object, data: Mapping[str, Any]) -> Json:
    if answer in ("tie", "both_bad"):
        return {"verdict": answer}
    return {"verdict": "better", "better": answer}


def _spans_rule(question: Question) -> str:
    labels = json.dumps(label_values(question.config), ensure_ascii=False)
    return (
        f'"answer" lists what is to be marked in "{COLUMN}", in the order of the text, each as '
        '{"text": the very words, "label": ...} with a label that is exactly one of '
        f"{labels}; words that are to be marked twice are listed twice"
    )


def _spans_schema(question: Question) -> Json:
    label = {"type": "string", "enum": label_values(question.config)}
    return {"type": "array", "items": _object({"text": {"type": "string"}, "label": label})}


def _spans(question: Question, answer: object, data: Mapping[str, Any]) -> Json:
    """Find the words that a model quotes: each time it quotes them again, the next place."""
    text = data.get(COLUMN)
    if not isinstance(text, str) or not isinstance(answer, list):
        raise ValueError(f"the model marked with {shown(answer)}, not with a list of words")
    after: dict[str, int] = {}
    spans = []
    for one in answer:
        words, label = (one.get("text"), one.get("label")) if isinstance(one, Mapping) else ("", "")
        if not isinstance(words, str) or not words:
            raise ValueError(f"the model marked {shown(words)}, which is no words")
        start = text.find(words, after.get(words, 0))
        if start < 0:
            raise ValueError(f"the model marked {shown(words)}, which does not stand there")
        after[words] = end = start + len(words)
        spans.append({"start": start, "end": end, "label": label})
    return {"spans": spans} if spans else {"spans": [], "nothing": True}


def _text_rule(question: Question) -> str:
    return '"answer" is the text that is asked for'


def _text(question: Question, answer: object, data: Mapping[str, Any]) -> str:
    if not isinstance(answer, str):
        raise ValueError(f"the model wrote {shown(answer)}, not a text")
    return answer


def _object(properties: Mapping[str, Any]) -> Json:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


FORMS: Final[Mapping[str, Form]] = {
    "rating": Form(_rating_rule, _rating_schema, _rating),
    "pairwise": Form(_better_rule, _words_schema, _better),
    "spans": Form(_spans_rule, _spans_schema, _spans),
    "text": Form(_text_rule, _words_schema, _text),
}
