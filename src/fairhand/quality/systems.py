"""How the systems of this wing are registered: in one line each, beside what they describe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Final, TypeVar

from fairhand.core.systems import automated

T = TypeVar("T", bound=Callable[..., object])

ANSWERS: Final = ("answers to the same tasks", "which person gave which answer (by number)")
_WEIGHTS: Final = {
    "strength": "what is believed before any answer; it counts as so many answers",
    "priors": "what is believed before any answer; it counts as so many answers",
    "weights": "what makes an answer weigh more",
    "leave_out_own": "a person's own answer does not confirm itself",
    "kinds": "how often a class's kinds of tasks are answered right at the start",
    "stretch": "answers over which a person is taken to stay the same",
    "steadiness": "how firmly one stretch is taken to be like the next",
}
_COUNTS = ("max_iterations", "iterations", "tolerance")


def aggregator(
    name: str, words: str, parameters: Sequence[tuple[str, object, str]] = ()
) -> Callable[[T], T]:
    """Register a way of joining answers into labels; its settings are told from its own fields."""

    def register(thing: T) -> T:
        return automated(
            f"aggregate.{name}",
            title=f"Joining answers: {name}",
            effect="judges",
            purpose=f"Finds the likeliest label of each task from several people's answers: "
            f"{words}.",
            reads=ANSWERS,
            parameters=(*parameters, *_settings(thing)),
            oversight="Nobody is paid or offered less for what it finds. An owner looks at "
            "doubtful labels, may ask again, and sees how sure it is of each.",
        )(thing)

    return register


def watcher(
    kind: str, words: str, reads: Sequence[str], parameters: Sequence[tuple[str, object, str]]
) -> Callable[[T], T]:
    """Register something that points unusual work out to a human."""
    return automated(
        f"watch.{kind}",
        title=f"Pointing out: {kind.replace('_', ' ')}",
        effect="flags",
        purpose=f"{words} It is evidence for a human and never a verdict: each signal says what "
        "would explain it otherwise.",
        reads=reads,
        parameters=parameters,
        oversight="A person looks at every signal and decides; no signal changes pay, work or "
        "standing by itself.",
        switch="No such signals are made; nothing else changes.",
    )


def consensus_rule(kind: str, words: str) -> Callable[[T], T]:
    """Register how answers of one question kind become a consensus."""
    return automated(
        f"consensus.{kind}",
        title=f"Consensus of {kind} answers",
        effect="judges",
        purpose=f"Joins the answers to a task into one: {words}. Where it is not sure enough one "
        "more person is asked.",
        reads=ANSWERS,
        oversight="Every answer is kept and paid, whatever the consensus is. An owner may ask "
        "again.",
    )


def _settings(thing: object) -> list[tuple[str, object, str]]:
    """Read a model's settings from the defaults of its fields, and of what these hold."""
    if not is_dataclass(thing):
        return []
    found: list[tuple[str, object, str]] = []
    for one in fields(thing):
        if one.name in _COUNTS or (one.default is MISSING and one.default_factory is MISSING):
            continue
        value = one.default if one.default_factory is MISSING else one.default_factory()
        if is_dataclass(value):
            found += [
                (f"{one.name}: {part.name}", getattr(value, part.name), _WEIGHTS[one.name])
                for part in fields(value)
            ]
        else:
            found.append((one.name, value, _WEIGHTS[one.name]))
    return found
