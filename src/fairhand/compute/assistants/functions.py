"""A Python function as an assistant: `@fairhand.assistant("name", version="1")`.

Without a name it is called what the function is: `@fairhand.assistant`.

Functions are code, so they come from the operator alone: from the command line, from the setting
`assistants`, or from an installed package's entry point in the group `fairhand.assistants`. A name
that arrives in any other way is not imported, whatever a database or a page says.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final, TypeVar, overload

from fairhand.compute.assistants.answers import (
    question_of,
    raise_when_all_failed,
    to_proposal,
    unusable,
)
from fairhand.compute.assistants.contract import AssistantError, Item, Proposal
from fairhand.model.project import Question

Function = TypeVar("Function", bound=Callable[..., Any])
ENTRY_POINTS: Final = "fairhand.assistants"
_MARK: Final = "__fairhand_assistant__"
_SEVERAL: Final = ("items", "batch", "tasks")
_allowed: set[str] = set()


@dataclass(frozen=True, slots=True)
class Marked:
    """What the decorator notes on a function."""

    name: str
    version: str
    question: str | None
    several: bool


@overload
def assistant(name: Function) -> Function: ...
@overload
def assistant(
    name: str | None = None,
    *,
    version: str = "1",
    question: str | None = None,
    several: bool | None = None,
) -> Callable[[Function], Function]: ...
def assistant(
    name: Any = None,
    *,
    version: str = "1",
    question: str | None = None,
    several: bool | None = None,
) -> Any:
    """Mark a function as an assistant; the function itself stays as it is.

    `name` is what it is called; left out, or written without parentheses (`@fairhand.assistant`),
    it is the function's own name.

    It is given one `Item` and returns an answer, or many and returns as many answers in their
    order. It takes many when its parameter is called `items` or annotated as a sequence; `several`
    says so outright. An answer is a plain value (`"cat"`), a value and its score (`("cat", 0.9)`),
    for choices a mapping of labels to probabilities, a `Proposal`, or None for no proposal.
    `question` may be left out where a project asks only one.
    """
    if callable(name):
        return assistant()(name)
    for what, text in (("name", "-" if name is None else name), ("version", version)):
        if not isinstance(text, str) or not text.strip() or len(text) > 80 or "@" in text:
            raise ValueError(f"the {what} of an assistant is short text without @, not {text!r}")

    def mark(function: Function) -> Function:
        takes = _takes_several(function) if several is None else several
        called = function.__name__[:80] if name is None else name
        setattr(function, _MARK, Marked(called.strip(), version.strip(), question, takes))
        return function

    return mark


def allow_functions(names: Iterable[str]) -> None:
    """Let this process import these `module:function` names: the operator has given them."""
    _allowed.update(names)


def marked(function: str) -> Marked:
    """Read name, version and question of a function; raises AssistantError as `load` does."""
    return _mark_of(_load(function), function)


def open_function(
    config: Mapping[str, Any], weights: bytes | None, questions: Sequence[Question]
) -> FunctionPredictor:
    """Open the function that `config["function"]` names, as `module:function`.

    Raises AssistantError when the operator has not named it, or it cannot be imported or used.
    """
    named = str(config.get("function", ""))
    function = _load(named)
    about = _mark_of(function, named)
    return FunctionPredictor(function, about, question_of(questions, about.question))


@dataclass(frozen=True, slots=True)
class FunctionPredictor:
    """Asks a function, one call at a time: nobody expects theirs to be called by two threads."""

    function: Callable[..., Any]
    about: Marked
    question: Question
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def model(self) -> str:
        """Name and version, as the decorator gives them."""
        return f"{self.about.name}@{self.about.version}"

    def predict(self, items: Sequence[Item]) -> list[Proposal]:
        """Ask the function; an item that came out badly has no answer but a problem.

        Raises AssistantError when all came out badly, when a function of many items raised, or
        gave too few or too many answers.
        """
        if not items:
            return []
        with self._turn:
            found = self._of_many(items) if self.about.several else self._one_by_one(items)
        raise_when_all_failed(found)
        return found

    def _of_many(self, items: Sequence[Item]) -> list[Proposal]:
        first = f"{self.about.name}, {len(items)} items from task {items[0].task_id} on"
        try:
            said = self.function(list(items))
        except Exception as error:
            raise AssistantError(f"{first}: raised {_told(error)}", code="raised") from error
        if isinstance(said, str | bytes | Mapping) or not isinstance(said, Iterable):
            raise AssistantError(
                f"{first}: gave {type(said).__name__}, not a list of answers", hop="shape"
            )
        answers = list(said)
        if len(answers) != len(items):
            raise AssistantError(f"{first}: gave {len(answers)} answers", hop="shape")
        return [self._read(one, item) for one, item in zip(answers, items, strict=True)]

    def _one_by_one(self, items: Sequence[Item]) -> list[Proposal]:
        return [self._ask(item) for item in items]

    def _ask(self, item: Item) -> Proposal:
        try:
            said = self.function(item)
        except Exception as error:
            return unusable(f"{self.about.name}, task {item.task_id}: raised {_told(error)}")
        return self._read(said, item)

    def _read(self, said: object, item: Item) -> Proposal:
        found = to_proposal(said, self.question, item)
        if found.value is None and "problem" in found.details:
            return unusable(f"{self.about.name}, task {item.task_id}: {found.details['problem']}")
        return found


def _takes_several(function: Callable[..., Any]) -> bool:
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters:
        raise ValueError(f"{function.__name__} takes nothing; it is given an item, or items")
    first = parameters[0]
    written = first.annotation if isinstance(first.annotation, str) else repr(first.annotation)
    lists = ("list[", "Sequence[", "List[", "Iterable[")
    return first.name in _SEVERAL or any(one in written for one in lists)


def _load(named: str) -> Callable[..., Any]:
    """Import a function that the operator has named: `module:function`, or an entry point."""
    installed = {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}
    target = installed.get(named, named)
    module, _, attribute = target.partition(":")
    if not module or not attribute:
        known = f" Installed are: {', '.join(sorted(installed))}." if installed else ""
        raise AssistantError(
            f"{named!r} does not name a function; write module:function.{known}", hop="address"
        )
    if named not in installed and named not in _allowed:
        raise AssistantError(
            f"{named} is not among the functions that this server may run. Its operator can add "
            "it to the setting `assistants`, or run it with `fairhand assist run --with`.",
            hop="address",
            code="not_allowed",
        )
    return _imported(module, attribute)


def _imported(module: str, attribute: str) -> Callable[..., Any]:
    if "" not in sys.path and "." not in sys.path:
        sys.path.insert(0, "")  # the folder where the command was given, as `python -m` has it
    try:
        function = getattr(import_module(module), attribute)
    except AttributeError:
        raise AssistantError(f"{module} has no {attribute}.", hop="address") from None
    except Exception as error:
        raise AssistantError(
            f"{module} cannot be imported: {_told(error)}", hop="address"
        ) from error
    if not callable(function):
        raise AssistantError(f"{module}:{attribute} is not a function.", hop="address")
    return function  # type: ignore[no-any-return]  # whatever the operator's module holds


def _mark_of(function: Callable[..., Any], named: str) -> Marked:
    found = getattr(function, _MARK, None)
    if not isinstance(found, Marked):
        raise AssistantError(
            f'{named} is not an assistant; write @fairhand.assistant("name") above it.',
            hop="address",
        )
    return found


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
