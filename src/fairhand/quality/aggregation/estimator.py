"""The door of every aggregator of categories: a table or three columns in, a fit out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import AnswerCodes, encode
from fairhand.quality.aggregation.known import Gold, Past
from fairhand.quality.aggregation.people_fit import PeopleFit
from fairhand.quality.frames import answer_columns

F = TypeVar("F", bound=PeopleFit)


class PeopleModel(ABC, Generic[F]):
    """A model of people; deterministic, never NaN, the same whatever the order of the rows.

    Somebody who answers one task several times is taken at their word each time, and the
    result's `warnings` say so: no order of the rows is needed, and none can change the result.
    """

    __slots__ = ()

    def fit(
        self,
        task: object,
        worker: Sequence[Any] | NDArray[Any] | None = None,
        label: Sequence[Any] | NDArray[Any] | None = None,
        *,
        classes: Sequence[Any] | None = None,
        columns: tuple[str, str, str] = ("task", "worker", "label"),
        gold: Gold | None = None,
        people: Past | None = None,
    ) -> F:
        """Fit answers given as one table, or as three columns of one length.

        `gold` maps tasks to their right label: such a task is certain, and teaches the most about
        people. `people` maps a person to counts of earlier answers, true class x given class, in
        the order of the classes. Raises ValueError for a missing value, naming its row, and for
        labels outside `classes`.
        """
        codes = encode(*answer_columns(task, worker, label, columns), classes)
        return self.fit_codes(codes, gold=gold, people=people)

    @abstractmethod
    def fit_codes(
        self, codes: AnswerCodes, *, gold: Gold | None = None, people: Past | None = None
    ) -> F:
        """Fit answers that are codes already."""
