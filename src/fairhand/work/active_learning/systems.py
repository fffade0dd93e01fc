"""How strategies are registered: one line beside each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from fairhand.core.systems import automated

T = TypeVar("T", bound=Callable[..., object])


def strategy(
    name: str, words: str, parameters: Sequence[tuple[str, object, str]] = ()
) -> Callable[[T], T]:
    """Register a way of choosing which tasks are asked about first."""
    return automated(
        f"choose.{name}",
        title=f"Choosing what to ask: {name}",
        effect="routes",
        purpose=f"Puts tasks in an order, {words}. It orders tasks, never people: everybody gets "
        "the next one they may do.",
        reads=("features of the tasks' content", "a model's guesses", "answers so far, unnamed"),
        parameters=parameters,
        oversight="The owner chooses it, or leaves the order of the import. Pay does not depend "
        "on the order.",
    )
