"""Every way of joining answers in classes, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from fairhand.core.systems import loaded
from fairhand.quality.aggregation.codes import AnswerCodes
from fairhand.quality.aggregation.dawid_skene import DawidSkene
from fairhand.quality.aggregation.dependent import Dependent
from fairhand.quality.aggregation.difficulty import Difficulty
from fairhand.quality.aggregation.drift import DriftingDawidSkene
from fairhand.quality.aggregation.ibcc import IBCC
from fairhand.quality.aggregation.known import Gold, Past
from fairhand.quality.aggregation.majority import MajorityVote
from fairhand.quality.aggregation.one_coin import OneCoin
from fairhand.quality.aggregation.ordinal import OrdinalDawidSkene
from fairhand.quality.aggregation.result import Aggregation
from fairhand.quality.aggregation.shaped_coin import ShapedCoin
from fairhand.quality.aggregation.spamming import Spamming
from fairhand.quality.aggregation.weighted_majority import WeightedMajority


class Model(Protocol):
    """An aggregator that can be told gold answers and earlier records."""

    def fit_codes(
        self, codes: AnswerCodes, *, gold: Gold | None = None, people: Past | None = None
    ) -> Aggregation:
        """Fit answers that are codes already."""
        ...


@dataclass(frozen=True, slots=True)
class Method:
    """A named aggregator: how to make it, and what it is in a few words.

    One that is in no register of automated systems is refused when methods are gathered.
    """

    make: Callable[[], Model]
    words: str


def gathered(methods: Mapping[str, Method]) -> Mapping[str, Method]:
    """Take methods into use; raises UnregisteredError for one that is not in the register."""
    for name, method in methods.items():
        loaded(f"aggregate.{name}", method.make)
    return methods


METHODS: Mapping[str, Method] = gathered(
    {
        "weighted-majority": Method(WeightedMajority, "votes weighed by agreement with the others"),
        "one-coin": Method(OneCoin, "one accuracy a person, errors spread evenly"),
        "shaped-coin": Method(ShapedCoin, "one skill a person, errors as the crowd's"),
        "dawid-skene": Method(DawidSkene, "a confusion matrix a person, leaning on the crowd's"),
        "ibcc": Method(IBCC, "Dawid-Skene where nothing learned is taken for certain"),
        "spamming": Method(Spamming, "a person looks, or answers from habit"),
        "difficulty": Method(Difficulty, "skill of the person against difficulty of the task"),
        "dependent": Method(Dependent, "kinds of tasks in each class, on which people err alike"),
        "ordinal": Method(OrdinalDawidSkene, "grades in an order, with bias and spread a person"),
        "drift": Method(DriftingDawidSkene, "a confusion matrix a person that changes with time"),
    }
)
"""Methods by name; `majority` and `auto` are methods too."""


def method_names() -> tuple[str, ...]:
    """Give every name that `aggregate` knows, the default first."""
    return ("auto", "majority", *METHODS)


def fit_named(
    name: str,
    codes: AnswerCodes,
    gold: Gold | None,
    people: Past | None,
    order: NDArray[Any] | None,
) -> Aggregation:
    """Fit the named method.

    Raises ValueError for a name that is not known, and for what a method cannot take.
    """
    if name == "majority":
        if gold or people:
            raise ValueError("majority takes neither gold answers nor earlier records")
        return loaded("aggregate.majority", MajorityVote)().fit_codes(codes)
    if name not in METHODS:
        raise ValueError(f"there is no method {name!r}; there are {', '.join(method_names())}")
    model = METHODS[name].make()
    if isinstance(model, DriftingDawidSkene):
        return model.fit_codes(codes, gold=gold, people=people, order=order)
    return model.fit_codes(codes, gold=gold, people=people)
