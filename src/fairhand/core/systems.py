"""The register of automated systems: what decides about people by itself says so in code.

A function or class that scores people or answers, hands out work, flags or moves pay carries
`@automated(...)`. Whoever puts such a thing to work goes through `loaded` or `require_registered`,
which refuse what is not registered. So the register is never behind the code (Platform Work
Directive, article 9: which systems there are, what they read, and what counts how much).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal, TypeVar

from fairhand.core.errors import UnavailableError

T = TypeVar("T", bound=Callable[..., object])

Effect = Literal["routes", "judges", "flags", "pays", "suggests", "tells"]
EFFECTS: Final[dict[Effect, str]] = {
    "routes": "decides what work is offered to whom, and when",
    "judges": "decides what an answer counts",
    "flags": "points something out to a human, who decides",
    "pays": "adds to what is owed; it can take nothing away",
    "suggests": "proposes an answer that a person may change",
    "tells": "works out a figure that is shown",
}
"""What a system may do at most. None may suspend, end, fine, or pay less: only people may."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number or choice that sways a system: its value now, and how much it counts, in words."""

    name: str
    value: str
    weight: str


@dataclass(frozen=True, slots=True)
class AutomatedSystem:
    """What is to be known of a system that works by itself.

    `switch` says what happens while it is off; empty where switching it off would do harm, and
    then `oversight` says who can overrule it instead. `code` names where it is.
    """

    name: str
    title: str
    effect: Effect
    purpose: str
    reads: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    oversight: str
    switch: str
    code: str

    @property
    def version(self) -> str:
        """Name this state of the entry: it changes with every word and every parameter."""
        body = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(body.encode()).hexdigest()[:12]


class UnregisteredError(UnavailableError):
    """A system that is in no register was about to decide something; it is not put to work."""

    code = "unregistered_system"


_REGISTER: dict[str, AutomatedSystem] = {}
_CODE: dict[str, object] = {}


def automated(
    name: str,
    *,
    title: str,
    effect: Effect,
    purpose: str,
    reads: Sequence[str],
    oversight: str,
    parameters: Sequence[tuple[str, object, str]] = (),
    switch: str = "",
) -> Callable[[T], T]:
    """Register what is decorated; it is given back as it was, so calling it costs nothing more.

    A parameter is (name, value, weight in words). Raises ValueError when another thing has the
    name already.
    """

    def register(thing: T) -> T:
        code = f"{thing.__module__}.{getattr(thing, '__qualname__', type(thing).__qualname__)}"
        known = _REGISTER.get(name)
        if known is not None and known.code != code:
            raise ValueError(f"the system {name!r} is registered by {known.code} already")
        told = tuple(Parameter(what, str(value), weight) for what, value, weight in parameters)
        _REGISTER[name] = AutomatedSystem(
            name, title, effect, purpose, tuple(reads), told, oversight, switch, code
        )
        _CODE[name] = thing
        return thing

    return register


def require_registered(name: str) -> AutomatedSystem:
    """Find a system in the register; raises UnregisteredError for one that is not there."""
    found = _REGISTER.get(name)
    if found is None:
        raise UnregisteredError(
            f"The automated system {name!r} is not in the register, so it decides nothing. "
            "Whoever maintains it has to register it with its purpose, data and parameters."
        )
    return found


def loaded(name: str, thing: T) -> T:
    """Give a system back to whoever puts it to work, when it is the one registered by this name.

    Raises UnregisteredError for what is not registered, and for something else under its name.
    """
    require_registered(name)
    if _CODE[name] is not thing:
        raise UnregisteredError(
            f"What was to work as {name!r} is not what the register describes; it is not loaded."
        )
    return thing


def registered_systems() -> tuple[AutomatedSystem, ...]:
    """List what has been registered by the modules that are imported, by name."""
    return tuple(_REGISTER[name] for name in sorted(_REGISTER))
