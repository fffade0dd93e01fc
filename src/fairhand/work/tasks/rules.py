"""What is asked of the task browser: filters and an order, as they stand in an address.

A question is a set of names and texts, so that the same one can be an address, a saved view, the
parameters of an API call and the options of a command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Final

from fairhand.core.clock import DAY_MS, Instant, iso, parse_iso
from fairhand.core.errors import InvalidError, Issue

STATES: Final = {
    "waiting": "waiting",
    "being_done": "being done",
    "answered": "answered",
    "agreed": "agreed",
    "in_doubt": "in doubt",
    "gold": "gold",
    "held": "held back",
    "set_aside": "set aside",
}
"""Every task is in exactly one of these."""
ORDERS: Final = {
    "newest": "newest first",
    "oldest": "oldest first",
    "least_sure": "least sure first",
    "most_answers": "most answers first",
    "longest": "longest taken first",
}
AGREEMENTS: Final = {"same": "everybody said the same", "differ": "people differ"}
MOST_IDS: Final = 1_000
MOST_TEXT: Final = 200
MOST_NAME: Final = 100
_LARGEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """Which tasks, and in which order; what is empty asks nothing.

    `question` is the one whose joint answer `answer`, `sure_from`, `sure_to` and the orders by it
    are about; empty: the project's first. `run` is an import, `aside_at` the very moment of one
    setting aside, so that exactly that can be undone.
    """

    states: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    answers_from: int | None = None
    answers_to: int | None = None
    question: str = ""
    answer: str = ""
    sure_from: float | None = None
    sure_to: float | None = None
    agreement: str = ""
    person: int | None = None
    run: int | None = None
    tier: int | None = None
    assisted: bool | None = None
    remark: bool | None = None
    since: Instant | None = None
    until: Instant | None = None
    aside_at: Instant | None = None
    field: str = ""
    value: str = ""
    text: str = ""
    order: str = "newest"

    @property
    def reads_data(self) -> bool:
        """Say whether the tasks' own data must be looked into."""
        return bool(self.text or self.field)

    @property
    def reads_answers(self) -> bool:
        """Say whether the people's answers must be looked into."""
        return bool(self.agreement or self.assisted is not None or self.remark is not None)


_EMPTY: Final = TaskQuery()
NAMES: Final = {
    "state": "states",
    "id": "ids",
    "answers_from": "answers_from",
    "answers_to": "answers_to",
    "question": "question",
    "answer": "answer",
    "sure_from": "sure_from",
    "sure_to": "sure_to",
    "agreement": "agreement",
    "person": "person",
    "import": "run",
    "tier": "tier",
    "assisted": "assisted",
    "remark": "remark",
    "since": "since",
    "until": "until",
    "aside_at": "aside_at",
    "field": "field",
    "value": "value",
    "q": "text",
    "order": "order",
}
"""What each filter is called in an address, and in `TaskQuery`."""
_BY_FIELD: Final = {own: name for name, own in NAMES.items()}


def parse_query(given: Mapping[str, str]) -> TaskQuery:
    """Read a question from names and texts; empty texts ask nothing.

    Raises InvalidError listing every name that is not known and every text that cannot be.
    """
    issues: list[Issue] = []
    found: dict[str, object] = {}
    for name, typed in given.items():
        text = typed.strip()
        if name not in NAMES:
            issues.append(Issue(name, f"There is no such filter; there are {', '.join(NAMES)}."))
        elif text:
            try:
                found[NAMES[name]] = _READERS[name](text)
            except (ValueError, OverflowError) as error:
                issues.append(Issue(name, str(error)))
    if issues:
        raise InvalidError("These filters cannot be read.", issues=issues)
    return TaskQuery(**found)  # type: ignore[arg-type]  # each reader gives its field's type


def query_texts(query: TaskQuery) -> dict[str, str]:
    """Write a question as names and texts; `parse_query` reads it back."""
    found = {}
    for one in fields(TaskQuery):
        value = getattr(query, one.name)
        if value != getattr(_EMPTY, one.name):
            found[_BY_FIELD[one.name]] = _text(one.name, value)
    return found


def _text(name: str, value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(str(each) for each in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in ("since", "until"):
        return iso(Instant(int(str(value))))[:10]
    return repr(value) if isinstance(value, float) else str(value)


def _one_of(choices: Mapping[str, str], text: str) -> str:
    if text not in choices:
        raise ValueError(f"{text[:40]!r} is none of {', '.join(choices)}.")
    return text


def _states(text: str) -> tuple[str, ...]:
    named = [_one_of(STATES, each.strip()) for each in text.split(",") if each.strip()]
    return tuple(state for state in STATES if state in named)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 19) or int(text) > _LARGEST:
        raise ValueError(f"{text[:40]!r} is not a whole number.")
    return int(text)


def _ids(text: str) -> tuple[int, ...]:
    found = tuple(dict.fromkeys(_number(each) for each in text.replace(",", " ").split()))
    if len(found) > MOST_IDS:
        raise ValueError(f"These are more than {MOST_IDS:,} numbers.")
    return found


def _share(text: str) -> float:
    try:
        found = float(text.rstrip("%").replace(",", ".")) / (100 if text.endswith("%") else 1)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise ValueError(f"{text[:40]!r} is not a number from 0 to 1, as 0.9 or 90%.")
    return found


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(f"{text[:40]!r} is neither yes nor no.")
    return text == "yes"


def _day(text: str) -> Instant:
    try:
        return parse_iso(f"{date.fromisoformat(text).isoformat()}T00:00:00Z")
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not a day, as 2026-11-21.") from None


def _end_of_day(text: str) -> Instant:
    return Instant(_day(text) + DAY_MS - 1)


def _words(text: str) -> str:
    if len(text) > MOST_TEXT or "\x00" in text:
        raise ValueError(f"Give at most {MOST_TEXT} characters.")
    return text


_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "state": _states,
    "id": _ids,
    "answers_from": _number,
    "answers_to": _number,
    "question": _words,
    "answer": _words,
    "sure_from": _share,
    "sure_to": _share,
    "agreement": lambda text: _one_of(AGREEMENTS, text),
    "person": _number,
    "import": _number,
    "tier": _number,
    "assisted": _yes,
    "remark": _yes,
    "since": _day,
    "until": _end_of_day,
    "aside_at": lambda text: Instant(_number(text)),
    "field": _words,
    "value": _words,
    "q": _words,
    "order": lambda text: _one_of(ORDERS, text),
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a list goes on: after this key and task. `low` and `high` frame the answers that an
    order by time taken was made over.
    """

    key: float
    task_id: int
    low: int = 0
    high: int = 0

    def text(self) -> str:
        """Write it for an address."""
        key = repr(int(self.key)) if float(self.key).is_integer() else repr(self.key)
        framed = f"_{self.low}_{self.high}" if self.high else ""
        return f"{key}_{self.task_id}{framed}"


def parse_cursor(text: str) -> Cursor | None:
    """Read where a list goes on; None where it begins. Raises InvalidError for what is none."""
    if not text:
        return None
    parts = text.split("_")
    try:
        if len(parts) not in (2, 4) or len(text) > 100:
            raise ValueError
        key = float(parts[0])
        task_id, *frame = (_number(each) for each in parts[1:])
        if not 0 <= key <= _LARGEST:
            raise ValueError
        return Cursor(int(parts[0]) if parts[0].isdigit() else key, task_id, *frame)
    except ValueError:
        issue = Issue("after", "This does not say where a list goes on; begin again.")
        raise InvalidError(issue.message, issues=[issue]) from None


def check_name(name: str) -> list[Issue]:
    """List what is wrong with the name of a saved view."""
    if not name.strip() or len(name.strip()) > MOST_NAME or not name.strip().isprintable():
        return [Issue("name", f"Give the view a name of 1 to {MOST_NAME} characters.")]
    return []


def is_blind(*, takes_part: bool, has_answered: bool) -> bool:
    """Say whether others' answers to a task are kept from somebody.

    Who takes part judges a task alone first, whatever else they may see by their role: a task that
    has all its answers may be asked again, so its state says nothing of who may still be asked.
    """
    return takes_part and not has_answered
