"""What kinds that compare things share: the order they were shown in, and reasons in free text.

An answer may say in `order` how its things stood on the page, first to last. It must then be the
order that was dealt to this person (`labels.replies.deal`): whether the place on the page pulled
people is measured from it. Answers that came in another way (imports, models) leave it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from fairhand.core.errors import Issue
from fairhand.labels.kind import AnswerContext, Config, Json, json_type, shown
from fairhand.labels.replies import deal

MAX_REASON: Final = 5_000
WISHES: Final = ("none", "optional", "required")
"""How much something is wanted: not asked for, welcome, or necessary."""


def wish_issues(config: Config, name: str) -> list[Issue]:
    """Report a wish of the config that is none of the three words; left out means `none`."""
    wish = config.get(name, "none")
    if isinstance(wish, str) and wish in WISHES:
        return []
    return [Issue(f"config.{name}", f"must be one of {', '.join(WISHES)}, not {shown(wish)}")]


def text_issues(config: Config, answer: Mapping[str, Json], name: str, wish: str) -> list[Issue]:
    """Report a free text that is missing, unasked, too long or not text; `wish` names its wish."""
    text, wanted = answer.get(name), config.get(wish, "none")
    place = f"answer.{name}"
    if text is None or text == "":
        return [Issue(place, "is empty; this question asks for it")] if wanted == "required" else []
    if wanted == "none":
        return [Issue(place, "is not asked for by this question")]
    if not isinstance(text, str):
        return [Issue(place, f"must be text, not {json_type(text)}")]
    if len(text) > MAX_REASON:
        return [Issue(place, f"is {len(text)} characters long; {MAX_REASON} are allowed")]
    if not text.strip():
        return [Issue(place, "is blank")]
    if any("\ud800" <= one <= "\udfff" or one == "\0" for one in text):
        return [Issue(place, "holds a character that cannot be stored")]
    return []


def order_issues(answer: Mapping[str, Json], ids: Sequence[str], seed: str | None) -> list[Issue]:
    """Report an order that does not name each thing once, or is not the one that was dealt."""
    order, place = answer.get("order"), "answer.order"
    if order is None:
        return []
    if not isinstance(order, list) or not all(isinstance(one, str) for one in order):
        return [Issue(place, "must be a list of ids, first to last on the page")]
    if sorted(order) != sorted(ids):
        return [Issue(place, "must name each thing of this task once")]
    if seed is not None and order != deal(seed, ids):
        return [Issue(place, "is not the order in which this task was shown to this person")]
    return []


def id_issue(found: Json, ids: Sequence[str], place: str) -> list[Issue]:
    """Report an id that this task does not have."""
    if isinstance(found, str) and found in ids:
        return []
    return [Issue(place, f"{shown(found)} is none of this task's: {_few(ids)}")]


def enough_issues(ids: Sequence[str], least: int, most: int, what: str) -> list[Issue]:
    """Report a task with too few or too many things to answer about."""
    if least <= len(ids) <= most:
        return []
    wanted = str(least) if least == most else f"{least} to {most}"
    return [Issue("answer", f"this task has {len(ids)} {what}; this question needs {wanted}")]


def mapping_issue(answer: Json, like: str) -> list[Issue]:
    """Report an answer that is no mapping."""
    if isinstance(answer, Mapping):
        return []
    return [Issue("answer", f"must be a mapping such as {like}, not {json_type(answer)}")]


def kept_texts(answer: Mapping[str, Json], *names: str) -> dict[str, Json]:
    """Keep free texts that say something, without spaces around them; and the order."""
    kept: dict[str, Json] = {name: answer[name].strip() for name in names if answer.get(name)}
    if answer.get("order") is not None:
        kept["order"] = list(answer["order"])
    return kept


def says_nothing(answer: Json, *names: str) -> bool:
    """True when none of what an answer is made of is there."""
    if not isinstance(answer, Mapping):
        return answer is None or answer == ""
    return not any(answer.get(name) for name in names)


def seed_for(config: Config, context: AnswerContext) -> str | None:
    """Give what the order was dealt from; None where it is shown as the data has it."""
    return None if config.get("shuffled", True) is False else context.seed


def _few(ids: Sequence[str]) -> str:
    named = ", ".join(shown(one, 20) for one in ids[:5])
    return named + (", …" if len(ids) > 5 else "")
